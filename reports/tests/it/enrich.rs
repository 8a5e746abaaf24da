//! EPSS scores and the KEV catalogue beside a report.

use policy::findings::{Epss, Field};
use policy::time::Timestamp;
use reports::Report;
use reports::enrich::{epss, kev};

use crate::trivy::WEB;

const SCORES: &str = "#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\n\
    CVE-2026-1001,0.91234,0.99\nCVE-2026-2001,0.00043,0.1\nCVE-1999-0001,0.5,0.9\n";
const CATALOGUE: &str = r#"{ "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.20",
    "dateReleased": "2026-11-20T16:00:00.000Z", "count": 2,
    "vulnerabilities": [{ "cveID": "CVE-2026-2001", "vendorProject": "x" }, { "cveID": "CVE-1999-0001" }] }"#;

fn web() -> Report {
    reports::read(WEB.as_bytes(), None).unwrap()
}

fn scores(text: &str, report: &Report) -> Result<epss::Scores, String> {
    epss::read(text.as_bytes(), &epss::asked([report])).map_err(|e| e.to_string())
}

#[test]
fn scores_are_found_by_id_and_alias() {
    let mut report = web();
    let own = report.rows.iter_mut().find(|row| row.id == "CVE-2026-1002").unwrap();
    own.epss = Epss::from_decimal(0.7);
    let read = scores(SCORES, &report).unwrap();
    assert_eq!((read.model_version.as_deref(), read.n_listed), (Some("v2025.03.14"), 3));
    assert_eq!(read.score_date, Timestamp::parse("2026-11-20T12:55:00Z"));
    read.apply(&mut report);
    assert!(report.provides.contains(&Field::Epss));
    let of = |name: &str| {
        let row = report.rows.iter().find(|row| row.id == name || row.aliases.iter().any(|alias| alias == name)).unwrap();
        row.epss.map(|epss| epss.to_string())
    };
    assert_eq!(of("CVE-2026-1001").as_deref(), Some("0.91234"));
    assert_eq!(of("GHSA-aaaa-bbbb-cccc").as_deref(), Some("0.00043"), "by its alias");
    assert_eq!(of("CVE-2026-1002").as_deref(), Some("0.7"), "the report's own, where the list has none");
    let notes: Vec<&str> = report.notes.iter().map(|(note, _)| note).collect();
    assert!(notes.contains(&"CVE that the EPSS list has no score for"), "{notes:?}");
    assert!(notes.contains(&"vulnerability without a CVE id: the EPSS list knows nothing about it"), "{notes:?}");
}

#[test]
fn the_higher_of_two_scores_counts() {
    let mut report = web();
    for row in &mut report.rows {
        row.epss = Epss::from_decimal(0.5);
    }
    scores(SCORES, &report).unwrap().apply(&mut report);
    let mut of_rows: Vec<String> = report.rows.iter().filter_map(|row| row.epss).map(|epss| epss.to_string()).collect();
    of_rows.sort();
    of_rows.dedup();
    assert_eq!(of_rows, ["0.5", "0.91234"]);
}

#[test]
fn what_is_no_list_of_scores_is_refused_with_its_line() {
    let long = format!("{SCORES}{}", "x".repeat(2000));
    for (text, part) in [
        ("", "expected EPSS scores, found none"),
        ("cve,epss,percentile\n", "found none"),
        ("CVE-2026-1001,0.9,0.9\n", "line 1 of the EPSS list: expected the columns"),
        ("cve,epss,percentile\nCVE-2026-1,1.5,0.9\n", "line 2 of the EPSS list: expected a CVE id, a probability"),
        ("cve,epss,percentile\nGHSA-1,0.5,0.9\n", "found `GHSA-1,0.5,0.9`"),
        ("cve,epss,percentile\nCVE-2026-1\n", "line 2"),
        ("cve,epss,percentile\nCVE-2026-1,0.0", "found `CVE-2026-1,0.0`"),
        (&long, "line 6 of the EPSS list: expected lines of at most 1024 bytes"),
        ("\u{1f}", "line 1"),
    ] {
        let error = scores(text, &web()).expect_err(part);
        assert!(error.contains(part) && !error.contains('\n'), "{part}: {error}");
    }
    let error = epss::read(&[0x1f, 0x8b, 8, 0][..], &epss::asked([&web()])).unwrap_err().to_string();
    assert!(error.contains("compressed with gzip") && error.contains("gunzip"), "{error}");
    let error = epss::read(&[b'#', 0xff, b'\n'][..], &epss::asked([&web()])).unwrap_err().to_string();
    assert!(error.contains("expected UTF-8"), "{error}");
}

#[test]
fn the_catalogue_says_yes_or_no_of_every_row() {
    let mut report = web();
    report.rows[0].known_exploited = Some(true);
    let first = report.rows[0].id.clone();
    let catalogue = kev::read(CATALOGUE.as_bytes()).unwrap();
    assert_eq!((catalogue.version.as_deref(), catalogue.n_listed()), (Some("2026.11.20"), 2));
    assert_eq!(catalogue.released_at, Timestamp::parse("2026-11-20T16:00:00Z"));
    catalogue.apply(&mut report);
    assert!(report.provides.contains(&Field::KnownExploited));
    for row in &report.rows {
        let is_listed = row.id == "CVE-2026-2001" || row.aliases.iter().any(|alias| alias == "CVE-2026-2001") || row.id == first;
        assert_eq!(row.known_exploited, Some(is_listed), "{}", row.id);
    }
    assert!(report.rows.iter().any(|row| row.known_exploited == Some(true) && row.id != first));
}

#[test]
fn what_is_not_the_whole_catalogue_is_refused() {
    for (text, part) in [
        (CATALOGUE.replace("\"count\": 2", "\"count\": 3"), "with 3 vulnerabilities as it counts itself, found 2"),
        (r#"{"catalogVersion":"1","vulnerabilities":[]}"#.to_owned(), "found 0"),
        (CATALOGUE.replace("CVE-1999-0001", "GHSA-1"), "found `GHSA-1`"),
        (CATALOGUE.replace("\"cveID\"", "\"id\""), "missing field `cveID`"),
        (WEB.to_owned(), "expected CISA's KEV catalogue, found a readable report of another format"),
        ("cve,epss,percentile\n".to_owned(), "expected JSON"),
    ] {
        let error = kev::read(text.as_bytes()).expect_err(part).to_string();
        assert!(error.contains(part) && !error.contains('\n'), "{part}: {error}");
    }
}
