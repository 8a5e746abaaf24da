//! Trivy's ignore files, judged as Trivy filters: "Filtering" of its documentation, and how it reads them (`pkg/result/ignore.go`).

use import::{File, Format, Imported};
use serde_json::{Value, json};

use crate::given;
use crate::judge::Judge;

const IMAGE: &str = "ghcr.io/acme/web:v1";

fn text(text: &str) -> Imported {
    import::import(&[File { name: ".trivyignore", text }]).unwrap()
}

fn yaml(vulnerabilities: Value) -> Imported {
    given::documents(&[json!({ "vulnerabilities": vulnerabilities })]).unwrap()
}

/// A rule on any vulnerability, with the exemptions.
fn with_rule(imported: &Imported) -> Judge {
    assert!(given::is_usable(imported) && !imported.has_rules());
    let rule = json!({ "name": "any", "action": "deny", "conditions": [{ "severity": "low" }] });
    Judge::by(&json!({ "rules": [rule], "exemptions": imported.settings["exemptions"] }))
}

#[test]
fn the_text_form_ignores_what_it_lists_until_its_date_begins() {
    for (lines, finding, now, wanted) in [
        ("CVE-2022-40897", "CVE-2022-40897 high", "2026-11-22T12:00:00Z", "admit"),
        ("CVE-2022-40897", "CVE-2023-2650 high", "2026-11-22T12:00:00Z", "deny"),
        ("# Accept the risk\nCVE-2018-14618\n", "CVE-2018-14618 high", "2026-11-22T12:00:00Z", "admit"),
        ("#CVE-2018-14618", "CVE-2018-14618 high", "2026-11-22T12:00:00Z", "deny"),
        ("  CVE-2018-14618  # why not", "CVE-2018-14618 high", "2026-11-22T12:00:00Z", "admit"),
        // The date is its first instant, and over behind it.
        ("CVE-2019-14697 exp:2026-12-01", "CVE-2019-14697 high", "2026-11-30T23:59:59Z", "admit"),
        ("CVE-2019-14697 exp:2026-12-01", "CVE-2019-14697 high", "2026-12-01T00:00:00Z", "admit"),
        ("CVE-2019-14697 exp:2026-12-01", "CVE-2019-14697 high", "2026-12-01T00:00:01Z", "deny"),
        // A line with a date that is none is skipped.
        ("CVE-2019-14697 exp:soon", "CVE-2019-14697 high", "2026-11-22T12:00:00Z", "deny"),
        ("\u{feff}CVE-2019-14697\r\nCVE-2019-14698\r\n", "CVE-2019-14698 high", "2026-11-22T12:00:00Z", "admit"),
    ] {
        let judge = with_rule(&text(lines)).at(now).found_at(IMAGE, &[finding], "2026-11-22T11:00:00Z");
        assert_eq!(judge.verdict(), wanted, "{lines} {finding} {now}");
    }
}

#[test]
fn the_yaml_form_ignores_by_id_path_and_package() {
    let ignored = |more: Value| {
        let mut entry = json!({ "id": "CVE-2022-40897" });
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([entry])
    };
    for (vulnerabilities, finding, wanted) in [
        (ignored(json!({})), "CVE-2022-40897 high", "admit"),
        (ignored(json!({})), "CVE-2022-40898 high", "deny"),
        (
            ignored(json!({ "paths": ["usr/local/lib/**/METADATA"] })),
            "CVE-2022-40897 high path=usr/local/lib/python3/METADATA",
            "admit",
        ),
        (ignored(json!({ "paths": ["usr/local/lib/**/METADATA"] })), "CVE-2022-40897 high path=opt/METADATA", "deny"),
        (ignored(json!({ "paths": ["usr/local/lib/**/METADATA"] })), "CVE-2022-40897 high", "deny"),
        (ignored(json!({ "purls": ["pkg:deb/debian/openssl"] })), "CVE-2022-40897 high", "admit"),
        (ignored(json!({ "purls": ["pkg:deb/debian/openssl@3.0.2"] })), "CVE-2022-40897 high", "deny"),
        (ignored(json!({ "purls": ["pkg:deb/debian/curl", "pkg:deb/debian/openssl"] })), "CVE-2022-40897 high", "admit"),
        (ignored(json!({ "expired_at": "2026-11-22" })), "CVE-2022-40897 high", "deny"),
        (ignored(json!({ "expired_at": "2026-11-23" })), "CVE-2022-40897 high", "admit"),
        // A package of which another goes on behind the name.
        (
            ignored(json!({ "purls": ["pkg:golang/github.com/acme/lib"] })),
            "CVE-2022-40897 high package=pkg:golang/github.com/acme/lib/sub@v1",
            "deny",
        ),
        (ignored(json!({ "purls": ["pkg:deb/debian"] })), "CVE-2022-40897 high", "deny"),
        (ignored(json!({ "purls": ["pkg:deb/debian/openssl?arch=amd64"] })), "CVE-2022-40897 high", "deny"),
        (ignored(json!({ "paths": ["usr/{a,b}"] })), "CVE-2022-40897 high path=usr/a", "deny"),
        (ignored(json!({ "images": ["a"] })), "CVE-2022-40897 high", "deny"),
    ] {
        let judge = with_rule(&yaml(vulnerabilities.clone())).found(IMAGE, &[finding]);
        assert_eq!(judge.verdict(), wanted, "{vulnerabilities} {finding}");
    }
}

#[test]
fn what_is_not_taken_over_is_said() {
    for (imported, wanted) in [
        (text("CVE-2024-1 exp:2026-13-01"), "line 1: `exp:` wants a date such as 2026-12-31"),
        (text("# a\nCVE-2024-1 because of this"), "line 2: Trivy reads an id and `exp:` of a line"),
        (text("AVD-AWS-0175"), "line 1: no CVE or GHSA: taken over as written"),
        (
            yaml(json!([{ "id": "CVE-1", "paths": ["usr/[ab]"] }])),
            "vulnerabilities[0].paths[0]: a path has `*`, `?` and `**` alone",
        ),
        (
            yaml(json!([{ "id": "CVE-1", "paths": ["/usr/a"] }])),
            "vulnerabilities[0].paths[0]: Trivy's paths begin without a slash",
        ),
        (
            yaml(json!([{ "id": "CVE-1", "purls": ["pkg:swift/a/b/c"] }])),
            "vulnerabilities[0].purls[0]: without a version it would cover",
        ),
        (yaml(json!([{ "id": "CVE-1", "owner": "me" }])), "vulnerabilities[0].owner: this member is not known, and may narrow"),
    ] {
        let losses = given::losses(&imported);
        assert!(matches!(&losses[..], [loss] if loss.starts_with(wanted)), "{wanted}: {losses:?}");
    }
    let others = json!({ "vulnerabilities": [{ "id": "CVE-1" }], "misconfigurations": [{ "id": "AVD-1" }], "secrets": [{ "id": "aws" }],
        "licenses": [{ "id": "GPL-3.0" }] });
    let losses = given::losses(&given::documents(&[others]).unwrap());
    let places: Vec<&str> = losses.iter().filter_map(|loss| loss.split(": ").next()).collect();
    assert_eq!(places, ["misconfigurations", "secrets", "licenses"]);
}

#[test]
fn a_list_of_ids_is_one_whatever_it_is_called_and_its_statement_is_the_reason() {
    let imported =
        import::import(&[File { name: "-", text: "# of ours\nCVE-2024-1\nGHSA-xxxx-yyyy-zzzz exp:2027-01-01\n" }]).unwrap();
    assert_eq!(imported.recognised.format, Format::TrivyIgnore);
    assert_eq!(
        imported.settings,
        json!({ "exemptions": [{ "name": "trivyignore", "reason": "ignored in Trivy", "ids": ["CVE-2024-1"] },
            { "name": "trivyignore-2", "reason": "ignored in Trivy", "ids": ["GHSA-xxxx-yyyy-zzzz"], "until": "2027-01-01T00:00:00Z" }] })
    );
    let imported = yaml(json!([{ "id": "CVE-2024-1", "statement": "Accept the risk" }]));
    assert_eq!(imported.settings["exemptions"][0]["reason"], "Accept the risk");
    let none = import::import(&[File { name: "-", text: "CVE-2024-1\nwords that are no id\n" }]);
    assert!(none.unwrap_err().to_string().contains("expected one of"));
}

#[test]
fn an_ignore_file_beside_a_gate_is_for_all_of_its_rules() {
    let gate = crate::recognise::policy(
        json!([{ "name": "a", "action": "deny", "configuration": { "maxAllowedSeverities": { "high": 0 } } }]),
    )
    .to_string();
    let files = [File { name: "policy.json", text: &gate }, File { name: "ci/.trivyignore", text: "CVE-2024-1\nnonsense" }];
    let imported = import::import(&files).unwrap();
    assert_eq!(imported.beside.len(), 1);
    assert_eq!(given::losses(&imported)[0].split(": no CVE").next(), Some("ci/.trivyignore: line 2"));
    let judge = |finding| Judge::by(&imported.settings).found(IMAGE, &[finding]).verdict();
    assert_eq!((judge("CVE-2024-1 high"), judge("CVE-2024-2 high")), ("admit", "deny"));
}
