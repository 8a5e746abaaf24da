//! Where answers that never change are kept between runs.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use host::capability::Capabilities;
use host::kept::Kept;
use host::store::Store;

/// What all entries have together at most, in bytes: some hundred images with thousands of vulnerabilities each.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Whether and where answers are kept.
#[derive(Debug, Args)]
pub(crate) struct CacheOptions {
    /// Neither read nor write the cache of what digests name
    #[arg(long, conflicts_with = "cache_dir")]
    no_cache: bool,
    /// The cache's folder [default: $XDG_CACHE_HOME/gated-deployment/findings, else ~/.cache/gated-deployment/findings]
    #[arg(long, value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

impl CacheOptions {
    /// In front of whoever answers; `None`: nothing is kept.
    pub(crate) fn in_front_of(&self, inner: &Arc<dyn Capabilities>) -> Option<Arc<Kept>> {
        let folder = if self.no_cache { None } else { self.cache_dir.clone().or_else(default_folder) };
        folder.map(|folder| Arc::new(Kept::new(Arc::clone(inner), Store::new(folder, MOST_BYTES))))
    }
}

/// Source: XDG Base Directory Specification 0.8, which has relative paths ignored.
fn default_folder() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("gated-deployment").join("findings"))
}
