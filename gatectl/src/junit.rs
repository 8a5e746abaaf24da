//! Judgements → JUnit's XML, which build servers show as tests: a suite for each namespace, a case for each object. A denied object fails,
//! an audited one says so in its output.
//!
//! Source: the form that Jenkins and GitLab read (<https://docs.gitlab.com/ci/testing/unit_test_reports/>).

use std::collections::BTreeMap;

use crate::judgement::Verdict;
use crate::page;
use crate::sarif::Judged;

/// Foreign text: what XML 1.0 has no characters for is a blank.
fn escape(text: &str) -> String {
    page::escape(text).replace(['\u{fffe}', '\u{ffff}'], " ")
}

/// The document.
pub(crate) fn document<'j>(judged: impl Iterator<Item = (&'j str, Judged<'j>)>) -> String {
    let mut suites: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
    for (namespace, one) in judged {
        suites.entry(namespace).or_default().push(one);
    }
    let failed = |suite: &[Judged<'_>]| suite.iter().filter(|one| one.judgement.verdict == Verdict::Deny).count();
    let (tests, failures) = suites.values().fold((0_usize, 0_usize), |(tests, failures), suite| {
        (tests.saturating_add(suite.len()), failures.saturating_add(failed(suite)))
    });
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gatectl\" tests=\"{tests}\" failures=\"{failures}\">\n"
    );
    for (namespace, suite) in suites {
        let name = if namespace.is_empty() { "without namespace" } else { namespace };
        let (name, tests, failures) = (escape(name), suite.len(), failed(&suite));
        xml.push_str(&format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">\n"));
        for one in suite {
            xml.push_str(&case(&name, one));
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(class: &str, one: Judged<'_>) -> String {
    let head = format!(
        "    <testcase classname=\"{class}\" name=\"{}\" file=\"{}\"",
        escape(one.name),
        escape(one.place.rsplit_once(':').map_or(one.place, |(file, _)| file))
    );
    let lines: Vec<String> = one.judgement.says.lines().map(escape).collect();
    let rule = escape(one.judgement.rule.as_deref().unwrap_or("request refused"));
    match one.judgement.verdict {
        Verdict::Admit => format!("{head}/>\n"),
        Verdict::Audit => {
            format!("{head}>\n      <system-out>audit: {rule}\n{}</system-out>\n    </testcase>\n", lines.join("\n"))
        }
        Verdict::Deny => {
            format!("{head}>\n      <failure type=\"deny\" message=\"{rule}\">{}</failure>\n    </testcase>\n", lines.join("\n"))
        }
    }
}
