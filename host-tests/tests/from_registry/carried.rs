//! Platforms of an index that no report is about keep their earlier findings: as old as they are, and as trusted as the new ones.

use gatectl::ExitCode;
use host_tests::world::{Ended, MANIFEST, report};
use serde_json::json;

use crate::artifacts::INDEX;
use crate::place::{Place, ids_of};

const PASSWORD: &str = "of the world's keys";

struct Story {
    place: Place,
    index: String,
}

impl Story {
    fn both() -> impl Iterator<Item = Self> {
        Place::both().map(|place| {
            let repository = &place.repository;
            let manifests = ["amd64", "arm64"].map(|architecture| {
                let (digest, size) = place.world.push(&format!("{repository}:{architecture}"), architecture);
                json!({ "mediaType": MANIFEST, "digest": digest, "size": size, "platform": { "os": "linux", "architecture": architecture } })
            });
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests }).to_string();
            let index = place.world.registry.push_manifest_raw(&format!("{repository}:v1"), index.as_bytes(), INDEX).unwrap();
            for (name, key) in [("scan.key", &place.key), ("other.key", &place.other)] {
                place.world.file(name, &key.seal(PASSWORD.as_bytes()).unwrap());
            }
            Self { place, index }
        })
    }

    /// Attaches a report of one platform, of a day, with vulnerabilities of these severities.
    fn attach(&self, architecture: &str, day: u32, severities: &[&str], more: &[&str]) -> Ended {
        let text = report(severities).replace("2026-11-21T", &format!("2026-11-{day:02}T"));
        let file = self.place.world.file("report.json", &text);
        let image = format!("{}:v1", self.place.repository);
        let platform = format!("linux/{architecture}");
        self.place.world.gatectl(&[&["attach", &image, "--report", &file, "--platform", &platform], more].concat())
    }

    /// How many vulnerabilities each platform has, and when the index counts as scanned.
    fn wants(&self, ended: &Ended, counts: [Option<usize>; 2], day: u32) {
        assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
        let document = self.place.document(&self.index);
        let found: Vec<Option<usize>> = ids_of(&document).iter().map(|ids| ids.as_ref().map(Vec::len)).collect();
        assert_eq!(found, counts, "{ended:?}");
        assert_eq!(document.scanned_at.to_string(), format!("2026-11-{day:02}T10:00:00Z"));
    }
}

#[test]
fn earlier_findings_are_kept_and_keep_their_age() {
    for story in Story::both() {
        story.wants(&story.attach("amd64", 10, &["LOW"], &[]), [Some(1), None], 10);
        let ended = story.attach("arm64", 12, &["LOW", "HIGH"], &[]);
        story.wants(&ended, [Some(1), Some(2)], 10);
        for part in [
            "platform linux/amd64 keeps its earlier findings, scanned 2026-11-10T10:00:00Z or later",
            "the index counts as scanned 2026-11-10T10:00:00Z",
            "nobody's signature of the earlier findings was checked",
        ] {
            assert!(ended.notes.contains(part), "{part}: {}", ended.notes);
        }
        // A later scan of the kept one, too: what is carried over then is no older than the oldest.
        let ended = story.attach("amd64", 14, &["LOW", "LOW", "LOW"], &[]);
        story.wants(&ended, [Some(3), Some(2)], 10);
        let ended = story.attach("arm64", 15, &["HIGH"], &["--no-carry-over"]);
        story.wants(&ended, [None, Some(1)], 15);
        assert!(ended.notes.contains("platform linux/amd64 was not scanned"), "{}", ended.notes);
    }
}

#[test]
fn an_earlier_scan_of_another_platform_loses_nothing() {
    for story in Story::both() {
        story.wants(&story.attach("amd64", 12, &["LOW"], &[]), [Some(1), None], 12);
        story.wants(&story.attach("arm64", 10, &["LOW", "LOW"], &[]), [Some(1), Some(2)], 10);
        // Of the same platform it would.
        let ended = story.attach("amd64", 11, &[], &[]);
        assert!(ended.exit == ExitCode::Failed && ended.notes.contains("expected no findings newer than"), "{ended:?}");
    }
}

#[test]
fn what_is_signed_now_was_signed_by_the_same_key_then() {
    for story in Story::both() {
        let key = |name: &str| story.place.world.path(name);
        let (scan, other) = (key("scan.key"), key("other.key"));
        story.wants(&story.attach("amd64", 10, &["LOW"], &["--sign-key", &scan]), [Some(1), None], 10);
        let ended = story.attach("arm64", 11, &["LOW"], &["--sign-key", &other]);
        story.wants(&ended, [None, Some(1)], 11);
        assert!(ended.notes.contains("the earlier findings of the index are not signed with the same key"), "{}", ended.notes);
        let ended = story.attach("amd64", 12, &["LOW", "LOW"], &["--sign-key", &other]);
        story.wants(&ended, [Some(2), Some(1)], 11);
        assert!(!ended.notes.contains("nobody's signature"), "{}", ended.notes);
        story.wants(&story.attach("amd64", 13, &["LOW"], &[]), [Some(1), Some(1)], 11);
        let ended = story.attach("arm64", 14, &["LOW"], &["--sign-key", &scan]);
        story.wants(&ended, [None, Some(1)], 14);
    }
}

#[test]
fn what_is_no_findings_artifact_of_the_index_is_left_out() {
    for story in Story::both() {
        story.wants(&story.attach("amd64", 10, &["LOW"], &[]), [Some(1), None], 10);
        let (tag, registry) = (story.place.findings_of(&story.index), &story.place.world.registry);
        let raw = registry.pull_manifest_raw(&tag).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&raw.bytes).unwrap();
        // Of another subject, and with another config.
        let mut foreign = manifest.clone();
        foreign["subject"]["digest"] = json!(format!("sha256:{}", "5".repeat(64)));
        let mut empty = manifest.clone();
        let digest = registry.push_blob(&tag, b"{}").unwrap();
        empty["config"]["digest"] = json!(digest);
        for (changed, part) in
            [(foreign, "is no findings artifact of it"), (empty, "cannot be read: missing field `schemaVersion`")]
        {
            registry.push_manifest_raw(&tag, changed.to_string().as_bytes(), MANIFEST).unwrap();
            let ended = story.attach("arm64", 12, &["LOW"], &["--replace-newer"]);
            story.wants(&ended, [None, Some(1)], 12);
            assert!(ended.notes.contains("nothing is carried over") && ended.notes.contains(part), "{part}: {}", ended.notes);
        }
    }
}
