//! Dashboard and alert rules ask for what there is: metrics and labels of docs/observability.md, fields of docs/alerts.md.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's failed expectation is its report")]

use std::collections::{BTreeMap, BTreeSet};

use documents::yaml;
use host_tests::engine::root;
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The cells of a table's rows, without their backquotes, of the rows that begin with a backquoted one.
fn rows(text: &str) -> Vec<Vec<Vec<String>>> {
    let names = |cell: &str| cell.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect::<Vec<_>>();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")).map(|line| format!("`{line}"));
    rows.map(|line| line.trim_end_matches('|').split(" | ").map(names).collect()).collect()
}

/// The documented metrics of policy servers and the API server, with their labels; those of the provider for Gatekeeper are their own test's.
fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let text = read("docs/observability.md");
    let section = text.split("\n## Metrics\n").nth(1).unwrap().split("\n## ").next().unwrap();
    rows(section).into_iter().map(|row| (row[0][0].clone(), row[1].iter().cloned().collect())).collect()
}

/// The documented fields of an alert, and of its images as `images[0].field`.
fn fields() -> BTreeSet<String> {
    let text = read("docs/alerts.md");
    let (of_event, of_image) = text.split_once("Of each image").unwrap();
    let first = |text: &str| rows(text).into_iter().flat_map(|row| row[0].clone()).collect::<Vec<_>>();
    let images = first(of_image).into_iter().map(|field| format!("images[0].{field}"));
    first(of_event).into_iter().chain(images).collect()
}

/// Queries, each with where it stands.
type Queries = Vec<(String, String)>;

/// Every query: PromQL and LogQL.
fn queries() -> (Queries, Queries) {
    let (mut prometheus, mut loki) = (Queries::new(), Queries::new());
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/dashboard.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let (title, expr) = (panel["title"].as_str().unwrap().to_owned(), target["expr"].as_str().unwrap().to_owned());
            match target["datasource"]["type"].as_str().unwrap() {
                "prometheus" => prometheus.push((title, expr)),
                "loki" => loki.push((title, expr)),
                other => panic!("{title}: {other}"),
            }
        }
    }
    for (file, queries) in [("alerts.yaml", &mut prometheus), ("loki-alerts.yaml", &mut loki)] {
        let document = yaml::read(&read(&format!("deploy/grafana/{file}"))).unwrap().remove(0).value;
        for group in document["groups"].as_array().unwrap() {
            for rule in group["rules"].as_array().unwrap() {
                for text in [&rule["alert"], &rule["labels"]["severity"], &rule["annotations"]["summary"]] {
                    assert!(text.is_string(), "{file}: {rule}");
                }
                queries.push((rule["alert"].as_str().unwrap().to_owned(), rule["expr"].as_str().unwrap().to_owned()));
            }
        }
    }
    (prometheus, loki)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What a query says outside of quotes: `"…"` becomes `""`.
fn unquoted(query: &str) -> String {
    query.split('"').enumerate().map(|(nth, piece)| if nth % 2 == 0 { piece } else { "\"\"" }).collect()
}

/// The text between each pair of brackets that follows a mark.
fn within<'q>(query: &'q str, mark: &'q str, close: char) -> impl Iterator<Item = &'q str> {
    query.split(mark).skip(1).map(move |rest| rest.split(close).next().unwrap())
}

/// The names of matchers: `a` and `b` of `a="x",b=~"y"`.
fn names_of(matchers: &str) -> Vec<String> {
    let matchers = matchers.split(',').map(str::trim).filter(|matcher| !matcher.is_empty());
    matchers.map(|matcher| matcher.chars().take_while(|c| is_word(*c)).collect()).collect()
}

#[test]
fn metrics_and_labels_are_documented() {
    let metrics = metrics();
    assert_eq!(metrics.len(), 4, "{metrics:?}");
    let (queries, _) = queries();
    assert!(queries.len() > 12, "{}", queries.len());
    let mut used = BTreeSet::new();
    for (place, query) in queries {
        let query = unquoted(&query);
        let mut labels = BTreeSet::new();
        let words = query.split(|c| !is_word(c)).filter(|word| word.starts_with("kubewarden_") || word.starts_with("apiserver_"));
        for metric in words {
            let known = metrics.get(metric).unwrap_or_else(|| panic!("{place}: the metric `{metric}` is not documented"));
            used.insert(metric.to_owned());
            labels.extend(known.iter().cloned());
        }
        assert!(!labels.is_empty(), "{place}: no metric in {query}");
        for matchers in within(&query, "{", '}') {
            for name in names_of(matchers) {
                assert!(labels.contains(&name), "{place}: `{name}` is no label of its metric");
            }
        }
        for by in within(&query, " by (", ')') {
            for name in by.split(',').map(str::trim) {
                assert!(labels.contains(name), "{place}: `{name}` is no label of its metric");
            }
        }
    }
    assert_eq!(used, metrics.into_keys().collect(), "what is documented is used");
}

#[test]
fn fields_of_alerts_are_documented() {
    let fields = fields();
    assert!(fields.contains("verdict") && fields.contains("images[0].code"), "{fields:?}");
    let (_, queries) = queries();
    assert!(queries.len() > 8, "{}", queries.len());
    for (place, query) in queries {
        assert!(
            query.contains("| json data=\"fields.data\" | line_format \"{{.data}}\" | json event=\"event\""),
            "{place}: {query}"
        );
        let mut aliases = BTreeSet::new();
        for stage in query.split(" | json ").skip(1).map(|rest| rest.split(" | ").next().unwrap()) {
            for pair in stage.split(", ") {
                let (alias, field) = pair.trim().split_once('=').unwrap();
                let field = field.split('"').nth(1).unwrap();
                assert!(field == "fields.data" || fields.contains(field), "{place}: `{field}` is no field of an alert");
                aliases.insert(alias.to_owned());
            }
        }
        let query = unquoted(&query);
        for by in within(&query, " by (", ')') {
            for name in by.split(',').map(str::trim) {
                assert!(aliases.contains(name), "{place}: `{name}` is not taken out of the event");
            }
        }
        // ` | code=~"…"`: the stages after the last `json`.
        for stage in query.split(" | ").filter(|stage| !stage.starts_with("json") && !stage.starts_with("line_format")).skip(1) {
            let name: String = stage.chars().take_while(|c| is_word(*c)).collect();
            if !name.is_empty() {
                assert!(aliases.contains(&name), "{place}: `{name}` is not taken out of the event: {stage}");
            }
        }
    }
}

#[test]
fn codes_in_rules_exist() {
    let (_, queries) = queries();
    let known = policy::diagnostic::Code::ALL.map(|code| code.text());
    let mut found = 0;
    for (place, query) in queries {
        for (_, rest) in query.match_indices("| code=").map(|(at, mark)| query.split_at(at + mark.len())) {
            for code in rest.split('"').nth(1).unwrap().split('|') {
                let exists = code
                    .strip_suffix(".*")
                    .map_or(known.contains(&code), |prefix| known.iter().any(|code| code.starts_with(prefix)));
                assert!(exists, "{place}: no code `{code}`");
                found += 1;
            }
        }
    }
    assert!(found > 5, "{found}");
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    let variables: BTreeSet<&str> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    let text = dashboard["panels"].to_string();
    for (_, rest) in text.match_indices('$').map(|(at, _)| text.split_at(at + 1)) {
        let name: String = rest.trim_start_matches('{').chars().take_while(|c| is_word(*c)).collect();
        assert!(name.starts_with("__") || variables.contains(name.as_str()), "the variable `{name}` is not there");
    }
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(panel["description"].as_str().is_some_and(|text| text.len() > 10), "{}", panel["title"]);
        let place = &panel["gridPos"];
        assert!(place["x"].as_u64().unwrap() + place["w"].as_u64().unwrap() <= 24, "{}", panel["title"]);
    }
}
