//! What the page relies on, natively: each function, whatever it is given.

#[cfg(test)]
mod bad;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod export;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod import;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod places;
#[cfg(test)]
mod review;
#[cfg(test)]
mod typed;
