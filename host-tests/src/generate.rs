//! Small settings, requests and findings documents whose words are few, so that they meet: what the laws are tested on.
//!
//! An [`Input`] is drawn from a list of numbers, in which zero stands for the plainest choice: shrinking a counter-example is making numbers
//! smaller. [`Registry`] is the host that answers as the input says.

mod documents;
mod registry;
mod reports;
mod request;
mod rules;

use std::collections::BTreeMap;

use policy::image::Reference;
use policy::time::Timestamp;
use proptest::strategy::Strategy;
use serde_json::{Value, json};

use crate::document::digest_of;
use crate::model::{Evidence, Labels, Manifest, World};

pub use self::documents::{FUTURE, signed, sort, vulnerability};
pub use self::registry::Registry;
use self::reports::Cluster;
pub use self::rules::{exemption, trust};

/// When inputs are judged: 2026-11-22T12:00:00Z.
pub const NOW: i64 = 1_795_348_800;
/// Numbers that an input is drawn from; there are zeros behind them.
const DRAWS: usize = 900;
/// Where findings of all images can be kept.
pub const FINDINGS: &str = "ghcr.io/acme/findings";
/// The annotation that breaks the glass.
pub const BREAK_GLASS: &str = "gated-deployment.io/break-glass";
/// Who creates pods for others, and two who do not.
pub const CONTROLLERS: [&str; 4] = [
    "system:serviceaccount:kube-system:replicaset-controller",
    "system:serviceaccount:kube-system:job-controller",
    "system:serviceaccount:kube-system:deployment-controller",
    "system:serviceaccount:prod:replicaset-controller",
];
const REPOSITORIES: [&str; 3] = ["ghcr.io/acme/web", "ghcr.io/acme/api", "docker.io/library/nginx"];
/// As written; the third resolves to a digest, the last is malformed.
const IMAGES: [&str; 4] = ["ghcr.io/acme/web@", "ghcr.io/acme/api@", "nginx:1.27", "ghcr.io/Acme/web"];

/// Choices, one after the other.
#[derive(Clone, Debug)]
pub struct Draws {
    left: std::vec::IntoIter<u32>,
}

impl Draws {
    /// The next number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.left.next().unwrap_or(0)).unwrap_or(0) % n
    }

    /// Holds in so many of a hundred cases; not where the numbers are used up.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Vec<T> {
        let more = self.below(2);
        (0..=more).map(|_| self.pick(of)).collect()
    }
}

/// What a law is tested on.
#[derive(Clone)]
pub struct Input {
    /// The settings document.
    pub settings: Value,
    /// The admission request.
    pub request: Value,
    /// What is kept about images and platforms, by the repository where it is kept and their digest; all else is missing. `Untrusted` is
    /// what nobody signed.
    pub evidence: BTreeMap<(String, String), Evidence>,
    /// By `repository@digest`, platforms and digests of the images that are indexes.
    pub indexes: BTreeMap<String, Vec<(Option<String>, String)>>,
    /// What is known of the namespace.
    pub labels: Labels,
    /// The reports in the cluster.
    cluster: Cluster,
    /// Further choices, for what a law changes.
    pub draws: Draws,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "settings {}\nrequest {}\nlabels {:?}", self.settings, self.request, self.labels)?;
        write!(f, "\nindexes {:?}\ncluster {:?}", self.indexes, self.cluster)?;
        self.evidence.iter().try_for_each(|((repository, digest), state)| match state {
            Evidence::Scanned(document) => write!(f, "\n{repository}@{digest} {document}"),
            other => write!(f, "\n{repository}@{digest} {other:?}"),
        })
    }
}

/// Inputs.
pub fn inputs() -> impl Strategy<Value = Input> {
    proptest::collection::vec(proptest::num::u32::ANY, DRAWS).prop_map(|numbers| input(&mut Draws { left: numbers.into_iter() }))
}

fn digest(place: usize) -> String {
    digest_of(IMAGES[place].as_bytes())
}

fn input(draws: &mut Draws) -> Input {
    // The image that most things are about comes first: numbers do not run out there.
    let (mut evidence, mut indexes) = (BTreeMap::new(), BTreeMap::new());
    for (place, repository) in REPOSITORIES.into_iter().enumerate() {
        let digest = digest(place);
        // An index without an artifact of its own, or whatever else.
        if draws.chance(20) {
            let platforms = [Some("linux/amd64"), draws.pick(&[Some("linux/arm64/v8"), Some("linux/arm64"), None])];
            let entries = platforms.map(|platform| (platform, digest_of(format!("{repository} {platform:?}").as_bytes())));
            for (platform, digest) in &entries {
                evidence.insert((repository.to_owned(), digest.clone()), documents::evidence(draws, digest, Some(*platform)));
            }
            let entries = entries.map(|(platform, digest)| (platform.map(str::to_owned), digest));
            indexes.insert(format!("{repository}@{digest}"), entries[usize::from(draws.chance(20))..].to_vec());
        } else {
            evidence.insert((repository.to_owned(), digest.clone()), documents::evidence(draws, &digest, None));
        }
    }
    let settings = rules::settings(draws);
    if !settings["findings"]["sources"].is_null() {
        spread(draws, &mut evidence);
    }
    let request = request::request(draws, &settings);
    let labels = match draws.below(20) {
        0..=15 => Labels::Known([("tier".to_owned(), draws.pick(&["a", "b"]).to_owned())].into()),
        16..=18 => Labels::Unavailable,
        _ => Labels::NotGranted,
    };
    let sources = settings["findings"]["sources"].to_string();
    let mut cluster = Cluster::default();
    if reports::SOURCES.into_iter().any(|source| sources.contains(source)) {
        let of_indexes = indexes.values().flatten().map(|(_, digest): &(_, String)| digest.clone());
        let digests: Vec<String> = of_indexes.chain((0..REPOSITORIES.len()).map(digest)).collect();
        cluster = Cluster::drawn(draws, digests.iter().map(String::as_str));
    }
    Input { settings, request, evidence, indexes, labels, cluster, draws: draws.clone() }
}

/// Moves evidence to the second repository, or leaves it, and something else in its old place or in the new one.
fn spread(draws: &mut Draws, evidence: &mut BTreeMap<(String, String), Evidence>) {
    for ((repository, digest), state) in std::mem::take(evidence) {
        let others = [&Evidence::Missing, &Evidence::Unavailable, &Evidence::Unreadable];
        let other = if draws.chance(30) { state.clone() } else { draws.pick(&others).clone() };
        let (here, there) = if draws.chance(50) { (state, other) } else { (other, state) };
        evidence.insert((repository, digest.clone()), here);
        evidence.insert((FINDINGS.to_owned(), digest), there);
    }
}

impl Input {
    /// The payload of `validate`.
    pub fn payload(&self) -> Vec<u8> {
        json!({ "request": self.request, "settings": self.settings }).to_string().into_bytes()
    }

    /// When it is judged.
    ///
    /// # Panics
    /// Never: the instant is a constant.
    pub fn now() -> Timestamp {
        Timestamp::from_unix(NOW).expect("an instant")
    }

    /// As the model sees it.
    pub fn world(&self) -> World {
        let images: Vec<String> =
            REPOSITORIES.iter().enumerate().map(|(place, repository)| format!("{repository}@{}", digest(place))).collect();
        let mut evidence = self.evidence.clone();
        for image in &images {
            let (repository, digest) = image.split_once('@').expect("a digest");
            let entries = self.indexes.get(image).into_iter().flatten().map(|(_, digest)| digest.as_str());
            for digest in entries.chain([digest]) {
                for place in [repository, FINDINGS] {
                    evidence.entry((place.to_owned(), digest.to_owned())).or_insert(Evidence::Missing);
                }
                for source in reports::SOURCES {
                    evidence.insert((source.to_owned(), digest.to_owned()), self.cluster.evidence(source, digest));
                }
            }
        }
        let manifest = |image: String| {
            let manifest = self.indexes.get(&image).cloned().map_or(Manifest::Single, Manifest::Index);
            (image, manifest)
        };
        let nginx = Reference::parse(IMAGES[2]).expect("a reference");
        World {
            now: Self::now(),
            digests: [(nginx.to_string(), Ok(digest(2)))].into(),
            evidence,
            manifests: images.into_iter().map(manifest).collect(),
            labels: Some(self.labels.clone()),
        }
    }

    /// The host that answers so; without summaries, where the documents shall be read.
    pub fn registry(&self, with_summary: bool) -> Registry {
        Registry::new(&self.world(), self.cluster.clone(), with_summary)
    }
}
