//! `gatectl attach --from-registry`: what scanners have put beside an image, found, held against keys, chosen and published, on Debian's
//! `docker-registry`, which has no list of referrers, and on the embedded one, which has.

#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod carried;
#[cfg(test)]
mod chosen;
#[cfg(test)]
mod found;
#[cfg(test)]
mod index;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod place;
