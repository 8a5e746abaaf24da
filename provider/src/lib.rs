//! Gatekeeper's external data → the policy module's verdicts.
//!
//! A request's keys travel in this order: [`wire`] reads them, [`flight`] joins those that are asked for at the same time and keeps
//! within the time and room there is, [`judge`] asks the module, whose look-ups [`lookups`] remembers, and [`wire`] writes the answer.
//! [`pin`] answers the mutation's keys. [`server`] is the edge, with [`tls`] and [`metrics`].

pub mod flight;
pub mod judge;
mod key;
pub mod limits;
pub mod lookups;
pub mod metrics;
pub mod pin;
pub mod server;
pub mod tls;
pub mod wire;
