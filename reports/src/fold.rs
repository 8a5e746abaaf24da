//! Ids and aliases of all rows → one name for each vulnerability.
//!
//! Names that rows state to be the same vulnerability are folded, with one bound: two CVE ids are never folded. A name that would
//! join several CVEs (a GitHub advisory about two of them) is an advisory to each instead. The order of rows never matters.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::Row;
use crate::words;

/// What each name of the report stands for. Names are compared without regard to case.
#[derive(Debug)]
pub(crate) struct Names {
    /// Name in upper case → the id of its vulnerability, as written; absent for names that only cover vulnerabilities.
    ids: BTreeMap<String, String>,
}

impl Names {
    /// Folds the names of all rows.
    pub(crate) fn of(rows: &[Row]) -> Self {
        let graph = Graph::of(rows);
        let mut ids = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for start in graph.links.keys() {
            if !seen.contains(start) {
                let component = graph.component(start);
                graph.name(&component, &mut ids);
                seen.extend(component);
            }
        }
        Self { ids }
    }

    /// The vulnerability's id for a row's own id.
    pub(crate) fn id<'a>(&'a self, id: &'a str) -> &'a str {
        self.ids.get(&key(id)).map_or(id, String::as_str)
    }

    /// Whether a name is another name of the vulnerability `id`, not merely a bulletin that covers it.
    pub(crate) fn is_alias(&self, name: &str, id: &str) -> bool {
        self.ids.get(&key(name)).is_some_and(|of| of == id)
    }
}

fn key(name: &str) -> String {
    name.to_ascii_uppercase()
}

#[derive(Default)]
struct Graph {
    links: BTreeMap<String, BTreeSet<String>>,
    /// Key → the smallest spelling that occurs.
    spelling: BTreeMap<String, String>,
    /// Keys that are some row's own id.
    own: BTreeSet<String>,
}

impl Graph {
    fn of(rows: &[Row]) -> Self {
        let mut graph = Self::default();
        for row in rows {
            let id = graph.node(&row.id);
            graph.own.insert(id.clone());
            for alias in &row.aliases {
                let alias = graph.node(alias);
                graph.links.entry(id.clone()).or_default().insert(alias.clone());
                graph.links.entry(alias).or_default().insert(id.clone());
            }
        }
        graph
    }

    fn node(&mut self, name: &str) -> String {
        let key = key(name);
        let spelling = self.spelling.entry(key.clone()).or_insert_with(|| name.to_owned());
        if name < spelling.as_str() {
            name.clone_into(spelling);
        }
        self.links.entry(key.clone()).or_default();
        key
    }

    fn component(&self, start: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![start.to_owned()];
        while let Some(name) = open.pop() {
            open.extend(self.links.get(&name).into_iter().flatten().filter(|next| !found.contains(*next)).cloned());
            found.insert(name);
        }
        found
    }

    fn name(&self, component: &BTreeSet<String>, ids: &mut BTreeMap<String, String>) {
        let cves: Vec<&String> = component.iter().filter(|name| words::is_cve(name)).collect();
        let mut fold = |name: &String, into: &String| ids.insert(name.clone(), self.spelling.get(into).unwrap_or(into).clone());
        if let [] | [_] = cves.as_slice() {
            let main = cves.first().copied().or_else(|| component.iter().find(|name| self.own.contains(*name)));
            for name in component {
                fold(name, main.unwrap_or(name));
            }
            return;
        }
        for name in component {
            let linked: Vec<&String> = self.links.get(name).into_iter().flatten().filter(|next| words::is_cve(next)).collect();
            match linked.as_slice() {
                _ if words::is_cve(name) => fold(name, name),
                [only] => fold(name, only),
                _ if self.own.contains(name) => fold(name, name),
                _ => None,
            };
        }
    }
}
