//! Bytes → the summary annotation of a findings artifact.

use policy::findings::summary;
use policy::time::Timestamp;

/// A summary that is read has a time that can be told, and is written and read again as the same one.
pub fn run(data: &[u8]) {
    let Some(summary) = std::str::from_utf8(data).ok().and_then(summary::read) else { return };
    assert!(Timestamp::from_unix(summary.scanned_at).is_some(), "{summary:?}");
    let text = serde_json::to_string(&summary).expect("a summary is JSON");
    if text.len() <= policy::limits::SUMMARY_BYTES {
        assert_eq!(summary::read(&text).as_ref(), Some(&summary));
    }
}
