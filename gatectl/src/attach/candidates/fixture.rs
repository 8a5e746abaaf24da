//! Candidates for the tests of the choice.

use policy::image::Digest;
use policy::time::Timestamp;

use super::find::{Found, Held, Layer, Way};
use super::judge::{Candidate, Readable, State};
use super::trust::Trust;
use crate::attach::input::Read;
use crate::attach::subject::Scanned;

const REPORT: &str = r#"{ "SchemaVersion": 2, "ArtifactType": "container_image", "Metadata": { "OS": { "Family": "alpine", "Name": "3.20.1" } },
    "Results": [{ "Class": "os-pkgs", "Type": "alpine" }] }"#;

/// A digest of one hex digit.
pub(super) fn digest(of: char) -> Digest {
    Digest::parse(&format!("sha256:{}", of.to_string().repeat(64))).expect("a digest")
}

/// An hour of a day.
fn at(hour: i64) -> Timestamp {
    Timestamp::parse(&format!("2026-11-21T{hour:02}:00:00Z")).expect("a time")
}

fn found(of: char, made_at: Option<i64>) -> Found {
    let layer = Layer { digest: digest('f').to_string(), media_type: "application/sarif+json".to_owned() };
    Found {
        way: Way::Referrer,
        of: Scanned { digest: digest(of), platform: None },
        artifact: digest('e').to_string(),
        kind: layer.media_type.clone(),
        made_at: made_at.map(at),
        held: Held::Layer(layer),
    }
}

/// A report of an image that was scanned at an hour.
pub(super) fn readable(of: char, hour: i64, trust: Trust) -> Candidate {
    let report = (reports::Format::Trivy.reader().read)(REPORT).expect("a report");
    let read = Read { report, bytes: REPORT.as_bytes().to_vec(), carried: None };
    let image = Scanned { digest: digest(of), platform: None };
    let readable = Readable { read, image, scanned_at: at(hour), is_stand_in: false, document: b"{}".to_vec() };
    Candidate { found: found(of, Some(hour)), trust, state: State::Readable(Box::new(readable)) }
}

/// Something about an image that cannot be read.
pub(super) fn broken(of: char, made_at: Option<i64>, trust: Trust) -> Candidate {
    Candidate { found: found(of, made_at), trust, state: State::Broken("it is broken".to_owned()) }
}
