//! More products and rows than can be compared one by one.

use std::sync::Arc;

use reports::{Report, vex};
use serde_json::json;

use super::openvex::openvex;
use super::{NET, read, web};

/// Ten thousand rows and ten thousand products, one statement or one each: what covers them is found, and nothing else.
#[test]
fn many_products_are_held_against_many_rows() {
    const MANY: usize = 10_000;
    let product = |n: usize| json!({ "@id": format!("pkg:deb/debian/lib{n}@1.{n}?arch=amd64") });
    let mut one = openvex(&json!("pkg:npm/none"), &json!({}));
    one["statements"][0]["products"] = (0..MANY).step_by(2).map(product).collect();
    let mut each = openvex(&json!("pkg:npm/none"), &json!({}));
    let statement = each["statements"][0].clone();
    let with = |n: usize| {
        let mut statement = statement.clone();
        statement["products"] = json!([product(n)]);
        statement
    };
    each["statements"] = (0..MANY).step_by(2).map(with).collect();
    for document in [one, each] {
        let mut report = many_rows(MANY, |n| format!("pkg:deb/debian/lib{n}@1.{n}?arch=amd64&distro=debian-12"));
        vex::apply(&mut report, &[read(&document)]);
        assert!(report.rows.iter().enumerate().all(|(n, row)| row.vex.is_some() == (n % 2 == 0)));
        assert!(report.notes.is_empty(), "{:?}", report.notes);
    }
}

/// Products that differ in what is compared last of all: the rows for which there is no time stay counted, and that is said.
#[test]
fn products_without_end_end() {
    let product = |n: usize| json!(format!("pkg:deb/debian/a@1?q={n}"));
    let mut document = openvex(&json!("pkg:npm/none"), &json!({}));
    document["statements"][0]["products"] = (0..10_000).map(product).collect();
    let mut report = many_rows(10_000, |n| format!("pkg:deb/debian/a@1?q={n}"));
    vex::apply(&mut report, &[read(&document)]);
    let n_set = report.rows.iter().filter(|row| row.vex.is_some()).count();
    assert!(n_set > 500 && n_set < 10_000, "{n_set}");
    let left = report.notes.iter().find(|(note, _)| note.contains("no VEX statement was held against")).map(|(_, times)| times);
    assert_eq!(left, Some(10_000 - n_set));

    let mut statement = document["statements"][0].clone();
    statement["vulnerability"]["aliases"] = (0..1_000).map(|n| format!("X-{n}")).collect();
    document["statements"] = json!([statement]);
    let mut report = many_rows(1, |_| "pkg:deb/debian/a@1?q=0".to_owned());
    vex::apply(&mut report, &[read(&document)]);
    assert_eq!(report.rows[0].vex, None);
    let notes: Vec<(&str, usize)> = report.notes.iter().collect();
    assert_eq!(notes, [("VEX statements that do not count, since all together list too many products: 1", 1)]);
}

/// A report with rows of one vulnerability, each in a package of its own.
fn many_rows(n_rows: usize, purl: impl Fn(usize) -> String) -> Report {
    let mut report = web();
    let row = report.rows.iter().find(|row| row.id == NET).unwrap().clone();
    report.rows = (0..n_rows)
        .map(|n| {
            let mut row = row.clone();
            row.vex = None;
            Arc::make_mut(&mut row.package).purl = purl(n);
            row
        })
        .collect();
    report
}
