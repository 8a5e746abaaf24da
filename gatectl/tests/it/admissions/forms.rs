//! The forms of the result: nothing in them is more than text, and who stops reading them is content.

use gatectl::ExitCode;
use serde_json::json;

use super::{log, record, run};

#[test]
fn what_others_wrote_is_text_everywhere() {
    let evil = "=cmd|'/c calc'!A1</td><script>alert(1)</script>\u{1b}[2J\u{202e}\",x";
    let log = record(0, "deny", &json!({ "image": evil, "namespace": "@SUM(1)", "name": "<img src=x>" }));
    let page = run(log.as_bytes(), &["--format", "html"]).results;
    assert!(page.matches("<script").count() == 1 && !page.contains("<img") && page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src=\"") && !page.contains("href="));
    assert!(page.contains("default-src 'none'") && page.ends_with("</html>\n"));
    let csv = run(log.as_bytes(), &["--format", "csv"]).results;
    assert!(csv.contains(",'@SUM(1),") && csv.contains(",\"'=cmd|"), "{csv}");
    for format in ["table", "csv", "html", "json", "jsonl"] {
        let ended = run(log.as_bytes(), &["--format", format]);
        assert!(!ended.results.contains('\u{1b}') && !ended.results.contains('\u{202e}'), "{format}: {}", ended.results);
    }
}

/// A pipe whose reader has gone away.
struct Gone;

impl std::io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), log()).unwrap();
    for format in ["table", "jsonl", "csv"] {
        let mut notes = Vec::new();
        let mut output =
            gatectl::output::Output { results: &mut Gone, notes: &mut notes, is_coloured: false, is_interactive: false };
        let path = file.path().display().to_string();
        let exit = gatectl::run(["gatectl", "admissions", &path, "--format", format].map(Into::into), &mut output);
        assert_eq!((exit, String::from_utf8(notes).unwrap()), (ExitCode::Admitted, String::new()), "{format}");
    }
}
