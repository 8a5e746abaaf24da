//! Every reader against damaged reports: an error or a report, never a panic, and never a report that no document can be made of.

use reports::{Format, Leniency, Outline};
use serde_json::{Value, json};

use crate::{aws, clair, common, google, objects, registries, snyk, trivy, xray};

const ALL: Leniency = Leniency { any_subject: true, unclear_claim: true };

/// A small report of every format, and of every shape of it.
fn reports() -> Vec<(&'static str, Value)> {
    let own = |text: &str| serde_json::from_str(text).unwrap();
    vec![
        ("trivy-json", own(trivy::WEB)),
        ("grype-json", own(include_str!("../fixtures/web.grype.json"))),
        ("cyclonedx", own(include_str!("../fixtures/web.cdx.json"))),
        ("ecr", aws::basic()),
        ("inspector", aws::listing()),
        ("artifact-analysis", google::occurrences()),
        ("harbor", clair::harbor()),
        ("clair", clair::clair()),
        ("quay", clair::quay()),
        ("snyk", snyk::snyk()),
        ("osv-scanner", snyk::osv()),
        ("gitlab", registries::gitlab()),
        ("anchore", registries::anchore()),
        ("stackrox", registries::stackrox()),
        ("stackrox", registries::roxctl()),
        ("prisma", registries::prisma()),
        ("xray", xray::summary()),
        ("xray", xray::scan()),
        ("xray", xray::rows()),
        ("xray", xray::data()),
        ("xray", xray::docker()),
        ("sbomscanner", objects::sbomscanner()),
        ("trivy-operator", objects::operator()),
        ("kubescape", objects::kubescape()),
    ]
}

/// The places of all values within.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    let mut inner = |key: &str, value: &Value| {
        let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
        found.push(place.clone());
        places(value, &place, found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| inner(key, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| inner(&i.to_string(), value)),
        _ => {}
    }
}

#[test]
fn each_report_is_claimed_by_its_format_alone() {
    for (name, report) in reports() {
        let text = report.to_string();
        let outline = Outline::read(&text).unwrap();
        let claims: Vec<&str> =
            Format::ALL.iter().filter(|f| (f.reader().recognise)(&outline).is_some()).map(|f| f.name()).collect();
        assert_eq!(claims, [name], "{text}");
    }
}

#[test]
fn a_value_of_another_kind_anywhere_is_an_error_or_a_report() {
    for (name, report) in reports() {
        let mut all = Vec::new();
        places(&report, "", &mut all);
        assert!(all.len() > 10, "{name}");
        for place in &all {
            for value in
                [json!(null), json!([]), json!({}), json!("x"), json!(""), json!(1e308), json!(-1), json!(true), json!([[null]])]
            {
                let mut damaged = report.clone();
                *damaged.pointer_mut(place).unwrap() = value;
                match reports::read_with(damaged.to_string().as_bytes(), None, ALL) {
                    Ok(report) => common::document(&report),
                    Err(error) => assert!(!error.to_string().contains('\n'), "{place}: {error}"),
                }
            }
        }
    }
}

/// What a terminal would obey or not show, in any text and any key of a report, is in no error and no note.
#[test]
fn what_is_said_of_a_report_is_visible() {
    let hostile = "\u{1b}[2J\u{7}\u{9b}\u{202e}\u{2066}\u{61c}\u{200b}\u{e0041}\r\n";
    let visible = |text: &str| assert!(!text.contains(policy::text::is_invisible), "{text:?}");
    for (_, report) in reports() {
        let mut all = Vec::new();
        places(&report, "", &mut all);
        for place in &all {
            let mut damaged = report.clone();
            let value = damaged.pointer_mut(place).unwrap();
            *value = match value {
                Value::Object(members) => members.iter().map(|(key, value)| (format!("{hostile}{key}"), value.clone())).collect(),
                Value::String(text) => json!(format!("{text}{hostile}")),
                _ => json!(hostile),
            };
            match reports::read_with(damaged.to_string().as_bytes(), None, ALL) {
                Ok(report) => report.notes.iter().for_each(|(note, _)| visible(note)),
                Err(error) => visible(&error.to_string()),
            }
        }
    }
}

#[test]
fn nesting_without_end_is_an_error_or_passed_over() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for (name, report) in reports() {
        let mut all = vec![String::new()];
        places(&report, "", &mut all);
        for place in all.iter().step_by(7) {
            let mut damaged = report.clone();
            *damaged.pointer_mut(place).unwrap() = json!("DEEP");
            let text = damaged.to_string().replace("\"DEEP\"", &deep);
            match reports::read_with(text.as_bytes(), None, ALL) {
                Ok(report) => common::document(&report),
                Err(error) => assert!(!error.to_string().contains('\n'), "{name}{place}: {error}"),
            }
        }
    }
}

#[test]
fn the_beginning_of_a_report_shows_what_the_whole_does() {
    for (name, report) in reports() {
        let text = report.to_string();
        let of = |outline: &Outline<'_>| reports::recognise(outline).map(|(format, _)| format);
        assert_eq!(of(&Outline::head(&text)), of(&Outline::read(&text).unwrap()), "{name}");
        // The same with the members that tell at the end, far behind the beginning.
        if !report.is_object() {
            continue;
        }
        let long = format!("\"aaa\":\"{}\"", "x".repeat(100_000));
        let late = text.replacen('{', &format!("{{{long},"), 1);
        let read = |text: &str| reports::read_with(text.as_bytes(), None, ALL).unwrap();
        assert_eq!(read(&text), read(&late), "{name}");
    }
}

#[test]
fn reports_cut_anywhere_are_errors() {
    for (name, report) in reports() {
        let text = report.to_string();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(3) {
            assert!(reports::read_with(&text.as_bytes()[..end], None, ALL).is_err(), "{name} cut at {end}");
        }
    }
}

#[test]
fn the_order_of_rows_changes_no_document() {
    for (name, report) in reports() {
        let report = common::read_leniently(&report);
        let mut turned = report.clone();
        turned.rows.reverse();
        let digest = || policy::image::Digest::parse(&format!("sha256:{}", "1".repeat(64))).unwrap();
        let make = |report: &reports::Report| {
            let target = reports::document::Target::image(digest(), None, report);
            reports::document::make(&target, policy::time::Timestamp::from_unix(0)).unwrap().0
        };
        assert_eq!(make(&report), make(&turned), "{name}");
    }
}
