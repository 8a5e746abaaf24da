//! The members of a Grype report that are read, as they are written. Unknown members are passed over: the format grows.

use crate::json::{Anything, members};
use crate::text::Text;

members! {
    /// A report, or what another program keeps of one.
    pub(crate) struct Document<'a> {
        pub(crate) matches: Vec<Match<'a>>,
        pub(super) ignored: Vec<Match<'a>> = "ignoredMatches",
        pub(super) source: Source,
        pub(super) distro: Distro,
        pub(super) descriptor: Descriptor,
    }

    pub(super) struct Distro {
        pub(super) name: String,
        pub(super) version: String,
    }

    pub(super) struct Descriptor {
        pub(super) version: String,
        pub(super) timestamp: String,
        pub(super) db: Database,
    }

    pub(super) struct Database {
        pub(super) built: String,
        pub(super) status: Status,
    }

    pub(super) struct Status {
        pub(super) schema_version: String = "schemaVersion",
        pub(super) built: String,
    }

    pub(super) struct Source {
        pub(super) kind: String = "type",
        pub(super) target: Image,
    }

    /// An image, or the path of what else was scanned.
    pub(super) struct Image or user_input {
        pub(super) user_input: String = "userInput",
        pub(super) image_id: String = "imageID",
        pub(super) manifest_digest: String = "manifestDigest",
        pub(super) repo_digests: Vec<String> = "repoDigests",
        pub(super) architecture: String,
        pub(super) variant: String = "architectureVariant",
        pub(super) os: String,
    }

    pub(crate) struct Match<'a> {
        pub(super) vulnerability: Vulnerability<'a> = "vulnerability" required,
        pub(super) related: Vec<Related<'a>> = "relatedVulnerabilities",
        pub(super) artifact: Artifact<'a> = "artifact" required,
        pub(super) rules: Vec<Rule> = "appliedIgnoreRules",
    }

    pub(super) struct Vulnerability<'a> {
        pub(super) id: Text<'a>,
        pub(super) severity: Text<'a>,
        pub(super) cvss: Vec<Score<'a>>,
        pub(super) epss: Vec<EpssEntry>,
        pub(super) known_exploited: Vec<Anything> = "knownExploited",
        pub(super) fix: Fix<'a>,
        pub(super) advisories: Vec<Related<'a>>,
    }

    /// A record of the same vulnerability elsewhere, or an advisory.
    pub(super) struct Related<'a> {
        pub(super) id: Text<'a>,
        pub(super) cvss: Vec<Score<'a>>,
        pub(super) epss: Vec<EpssEntry>,
        pub(super) known_exploited: Vec<Anything> = "knownExploited",
    }

    pub(super) struct Score<'a> {
        version: Text<'a>,
        vector: Text<'a>,
        pub(super) metrics: Metrics,
    }
}

impl Score<'_> {
    /// Of a score without a version, the vector tells: those of version 2 carry no prefix.
    pub(super) fn is_version_2(&self) -> bool {
        match self.version.as_deref().filter(|v| !v.is_empty()) {
            Some(version) => version.starts_with('2'),
            None => self.vector.as_deref().is_some_and(|vector| !vector.starts_with("CVSS:")),
        }
    }
}

members! {
    pub(super) struct Metrics {
        pub(super) base: f64 = "baseScore",
    }

    pub(super) struct EpssEntry {
        pub(super) epss: f64,
    }

    pub(super) struct Fix<'a> {
        pub(super) versions: Vec<Text<'a>>,
        pub(super) state: Text<'a>,
        pub(super) available: Vec<Available<'a>>,
    }

    pub(super) struct Available<'a> {
        pub(super) date: Text<'a>,
    }

    pub(super) struct Artifact<'a> {
        pub(super) name: Text<'a>,
        pub(super) version: Text<'a>,
        pub(super) kind: Text<'a> = "type",
        pub(super) purl: Text<'a>,
        pub(super) locations: Vec<Location<'a>>,
    }

    pub(super) struct Location<'a> {
        pub(super) path: Text<'a>,
        annotations: Annotations<'a>,
    }
}

impl Location<'_> {
    /// Whether the package was found by this file, not merely mentioned in it.
    pub(super) fn is_primary(&self) -> bool {
        self.annotations.as_ref().and_then(|a| a.evidence.as_deref()) == Some("primary")
    }
}

members! {
    struct Annotations<'a> {
        evidence: Text<'a>,
    }

    pub(super) struct Rule {
        pub(super) vex_status: String = "vex-status",
        pub(super) reason: String,
    }
}
