//! The policy module's host: it loads `policy.wasm` as Kubewarden's policy server does and answers its host calls.
//!
//! In the order a call travels: [`module`] runs the guest, [`capability`] says what it may call, [`kept`] gives answers that never
//! change from a [`store`] on disk, [`live`] sends a call to the [`registry`] (reached as [`sources`] and [`credentials`] say) or to
//! [`kubernetes`] (a cluster, or objects from files), [`verify`] judges the signatures that are found in a registry, [`record`] and
//! [`replay`] write and read kwctl's file of such calls ([`exchange`]). [`signing`] makes such signatures. [`limits`] are the caps of what is read, [`embedded`] is a registry for demonstrations and tests. [`annotate`] and
//! [`policy_artifact`] make of a module what policy servers pull.
//!
//! Every function blocks. Nothing here knows rules, findings or verdicts.

pub mod module;

pub mod capability;

pub mod kubernetes;
pub mod live;
pub mod registry;
pub mod signing;
pub mod verify;

pub mod credentials;
pub mod sources;

pub mod kept;
pub mod store;

pub mod exchange;
pub mod record;
pub mod replay;

pub mod annotate;
pub mod embedded;
pub mod files;
pub mod limits;
pub mod policy_artifact;

mod cache;
mod threads;
