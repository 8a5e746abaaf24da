//! The command line as a whole, called as a function.

#[cfg(test)]
mod admissions;
#[cfg(test)]
mod attach;
#[cfg(test)]
mod attach_batch;
#[cfg(test)]
mod attach_index;
#[cfg(test)]
mod attach_several;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod findings_diff;
#[cfg(test)]
mod findings_page;
#[cfg(test)]
mod flaky;
#[cfg(test)]
mod import;
#[cfg(test)]
mod refresh;
#[cfg(test)]
mod signing;
#[cfg(test)]
mod world;
