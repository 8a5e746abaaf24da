//! Judged workloads → what would become of them, by namespace, rule, image and vulnerability, as sheets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::request::Request;
use super::upgrades::Clearing;
use crate::judgement::{ImageJudgement, Judgement, Verdict};
use crate::sheet::{Cell, Column, Sheet, shown, wide};

/// A workload with what becomes of it.
#[derive(Debug)]
pub(super) struct Row<'r> {
    pub(super) request: &'r Request,
    pub(super) after: Judgement,
    /// By the baseline, where there is one.
    pub(super) before: Option<Judgement>,
}

/// How a workload fares against the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    Worse,
    Better,
    /// The verdict is the same, by another rule.
    OtherRule,
}

impl Change {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::OtherRule => "other-rule",
        }
    }
}

impl Row<'_> {
    pub(super) fn change(&self) -> Option<Change> {
        let before = self.before.as_ref()?;
        match self.after.verdict.cmp(&before.verdict) {
            std::cmp::Ordering::Greater => Some(Change::Worse),
            std::cmp::Ordering::Less => Some(Change::Better),
            std::cmp::Ordering::Equal => (self.after.rule != before.rule).then_some(Change::OtherRule),
        }
    }
}

/// What clears each denied image, in the order of the images' judgements.
pub(super) type Clearings = BTreeMap<*const ImageJudgement, Clearing>;

/// All that is known in the end.
#[derive(Debug)]
pub(super) struct Report<'r> {
    /// By namespace and name.
    pub(super) rows: Vec<Row<'r>>,
    pub(super) clearings: Clearings,
    pub(super) has_baseline: bool,
}

/// How many workloads have each verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts([u64; 3]);

impl Counts {
    pub(super) fn add(&mut self, verdict: Verdict) {
        for (of, count) in Verdict::ALL.into_iter().zip(&mut self.0) {
            *count = count.saturating_add(u64::from(of == verdict));
        }
    }

    pub(super) fn of(&self, verdict: Verdict) -> u64 {
        Verdict::ALL.into_iter().zip(self.0).find(|(of, _)| *of == verdict).map_or(0, |(_, count)| count)
    }

    pub(super) fn all(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    fn cells(&self) -> [Cell; 3] {
        self.0.map(Cell::Number)
    }
}

impl Report<'_> {
    pub(super) fn counts(&self) -> Counts {
        self.rows.iter().fold(Counts::default(), |mut counts, row| {
            counts.add(row.after.verdict);
            counts
        })
    }

    pub(super) fn n_changed(&self, change: Change) -> usize {
        self.rows.iter().filter(|row| row.change() == Some(change)).count()
    }

    /// Every workload, the worst first.
    pub(super) fn workloads(&self) -> Sheet {
        let mut rows: Vec<&Row<'_>> = self.rows.iter().collect();
        rows.sort_by_key(|row| Reverse(row.after.verdict));
        let cells = |row: &Row<'_>| {
            let images = row.after.images.iter().map(|image| image.image.clone()).collect();
            let mut cells = vec![text(&row.request.name), text(row.after.verdict.word())];
            if self.has_baseline {
                cells.push(text(row.before.as_ref().map_or("", |before| before.verdict.word())));
            }
            cells.extend([
                text(row.after.rule.as_deref().unwrap_or("")),
                Cell::List(images),
                text(&row.request.place),
                text(&row.after.says),
            ]);
            cells
        };
        let mut columns = vec![shown("workload"), shown("verdict")];
        columns.extend(self.has_baseline.then_some(shown("before")));
        columns.extend([shown("rule"), shown("images"), wide("place"), wide("says")]);
        Sheet { name: "workloads", columns, rows: rows.into_iter().map(cells).collect() }
    }

    /// Workloads with another verdict or rule than by the baseline, what is worse first.
    pub(super) fn changes(&self) -> Sheet {
        let mut rows: Vec<(Change, &Row<'_>)> = self.rows.iter().filter_map(|row| Some((row.change()?, row))).collect();
        rows.sort_by_key(|(change, _)| *change);
        let cells = |(change, row): (Change, &Row<'_>)| {
            let (word, rule) = (
                |judgement: Option<&Judgement>| text(judgement.map_or("", |judgement| judgement.verdict.word())),
                |judgement: Option<&Judgement>| text(judgement.and_then(|judgement| judgement.rule.as_deref()).unwrap_or("")),
            );
            let (before, after) = (row.before.as_ref(), Some(&row.after));
            vec![
                text(&row.request.name),
                text(change.word()),
                word(before),
                word(after),
                rule(before),
                rule(after),
                text(&row.after.says),
            ]
        };
        let columns = vec![
            shown("workload"),
            shown("change"),
            shown("before"),
            shown("verdict"),
            shown("ruleBefore"),
            shown("rule"),
            wide("says"),
        ];
        Sheet { name: "changes", columns, rows: rows.into_iter().map(cells).collect() }
    }

    /// Namespaces, that with the most denials first; and what would clear each.
    pub(super) fn namespaces(&self) -> Sheet {
        #[derive(Default)]
        struct Group<'r> {
            counts: Counts,
            worse: u64,
            better: u64,
            images: BTreeSet<&'r str>,
            upgrades: BTreeSet<(&'r str, &'r str)>,
            is_stuck: bool,
            is_larger: bool,
        }
        let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
        for row in &self.rows {
            let group = groups.entry(&row.request.namespace).or_default();
            group.counts.add(row.after.verdict);
            group.worse = group.worse.saturating_add(u64::from(row.change() == Some(Change::Worse)));
            group.better = group.better.saturating_add(u64::from(row.change() == Some(Change::Better)));
            group.is_stuck |= row.after.verdict == Verdict::Deny && row.after.images.is_empty();
            for image in denied(&row.after) {
                match self.clearings.get(&std::ptr::from_ref(image)) {
                    Some(Clearing::By(upgrades, is_smallest)) => {
                        group.is_larger |= !is_smallest;
                        group.images.insert(&image.image);
                        group.upgrades.extend(upgrades.keys().map(|package| (image.image.as_str(), package.as_str())));
                    }
                    _ => group.is_stuck = true,
                }
            }
        }
        let mut groups: Vec<(&str, Group<'_>)> = groups.into_iter().collect();
        groups.sort_by_key(|(_, group)| (Reverse(group.counts.of(Verdict::Deny)), Reverse(group.counts.of(Verdict::Audit))));
        let cells = |(namespace, group): (&str, Group<'_>)| {
            let mut cells = vec![text(namespace), Cell::Number(group.counts.all())];
            cells.extend(group.counts.cells());
            if self.has_baseline {
                cells.extend([Cell::Number(group.worse), Cell::Number(group.better)]);
            }
            cells.push(text(&cleared(
                group.counts.of(Verdict::Deny),
                [group.images.len(), group.upgrades.len()],
                group.is_stuck,
                group.is_larger,
            )));
            cells
        };
        let mut columns = ["namespace", "workloads", "deny", "audit", "admit"].map(shown).to_vec();
        if self.has_baseline {
            columns.extend(["worse", "better"].map(shown));
        }
        columns.push(shown("cleared"));
        Sheet { name: "namespaces", columns, rows: groups.into_iter().map(cells).collect() }
    }

    /// Rules that are against something, by how many workloads.
    pub(super) fn rules(&self) -> Sheet {
        let mut groups: BTreeMap<(&str, Verdict, &str), Group<'_>> = BTreeMap::new();
        for (row, image) in self.images_of_rows() {
            for violation in &image.violations {
                groups.entry((&violation.rule, violation.verdict, &violation.code)).or_default().add(row, image);
            }
        }
        let columns = ["rule", "verdict", "code", "workloads", "images", "namespaces"].map(shown).to_vec();
        let cells = |((rule, verdict, code), group): ((&str, Verdict, &str), Group<'_>)| {
            let [workloads, images, namespaces] = group.cells();
            vec![text(rule), text(verdict.word()), text(code), workloads, images, namespaces]
        };
        Sheet { name: "rules", columns, rows: most_first(groups).into_iter().map(cells).collect() }
    }

    /// Images that are not admitted, by how many workloads.
    pub(super) fn images(&self) -> Sheet {
        type Found<'r> = (Group<'r>, BTreeSet<&'r str>, BTreeSet<&'r str>, &'r ImageJudgement);
        let mut groups: BTreeMap<(&str, Verdict), Found<'_>> = BTreeMap::new();
        for (row, image) in self.images_of_rows() {
            let (group, rules, ids, _) = groups
                .entry((&image.image, image.verdict))
                .or_insert_with(|| (Group::default(), BTreeSet::new(), BTreeSet::new(), image));
            group.add(row, image);
            rules.extend(image.violations.iter().map(|violation| violation.rule.as_str()));
            ids.extend(ids_of(image));
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|((_, verdict), (group, ..))| (Reverse(*verdict), Reverse(group.workloads.len())));
        let columns = ["image", "verdict", "workloads", "namespaces", "rules", "vulnerabilities", "upgrades"].map(shown).to_vec();
        let rows = groups.into_iter().map(|((name, verdict), (group, rules, ids, image))| {
            let [workloads, _, namespaces] = group.cells();
            let upgrades = self.clearings.get(&std::ptr::from_ref(image)).map(said).unwrap_or_default();
            let rules = Cell::List(rules.into_iter().map(str::to_owned).collect());
            vec![text(name), text(verdict.word()), workloads, namespaces, rules, number(ids.len()), text(&upgrades)]
        });
        Sheet { name: "images", columns, rows: rows.collect() }
    }

    /// Vulnerabilities that rules count, by how many workloads.
    pub(super) fn vulnerabilities(&self) -> Sheet {
        type Found<'r> = (Group<'r>, BTreeSet<&'r str>, BTreeSet<&'r str>);
        let mut groups: BTreeMap<(&str, &str, Verdict), Found<'_>> = BTreeMap::new();
        for (row, image) in self.images_of_rows() {
            for violation in &image.violations {
                for one in violation.counted.iter().flat_map(|counted| &counted.vulnerabilities) {
                    let (group, packages, fixed) = groups.entry((&one.id, &one.severity, violation.verdict)).or_default();
                    group.add(row, image);
                    packages.insert(&one.package);
                    fixed.extend(one.fixed.iter().map(String::as_str));
                }
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|((.., verdict), (group, ..))| (Reverse(*verdict), Reverse(group.workloads.len())));
        let list = |texts: BTreeSet<&str>| Cell::List(texts.into_iter().map(str::to_owned).collect());
        let columns = ["vulnerability", "severity", "verdict", "workloads", "images", "namespaces", "packages", "fixed"]
            .map(shown)
            .to_vec();
        let rows = groups.into_iter().map(|((id, severity, verdict), (group, packages, fixed))| {
            let [workloads, images, namespaces] = group.cells();
            vec![text(id), text(severity), text(verdict.word()), workloads, images, namespaces, list(packages), list(fixed)]
        });
        Sheet { name: "vulnerabilities", columns, rows: rows.collect() }
    }

    /// For each namespace the upgrades that clear it; where there are none, why.
    pub(super) fn upgrades(&self) -> Sheet {
        let mut rows: BTreeSet<[Vec<String>; 7]> = BTreeSet::new();
        let one = |text: &str| vec![text.to_owned()];
        for (row, image) in self.images_of_rows().filter(|(_, image)| image.verdict == Verdict::Deny) {
            let (namespace, name) = (one(&row.request.namespace), one(&image.image));
            match self.clearings.get(&std::ptr::from_ref(image)) {
                Some(Clearing::By(upgrades, _)) => {
                    for upgrade in upgrades.values() {
                        let installed = upgrade.installed.iter().cloned().collect();
                        let [fixed, ids] = [&upgrade.fixed, &upgrade.ids].map(|texts| texts.iter().cloned().collect());
                        rows.insert([namespace.clone(), name.clone(), one(&upgrade.package), installed, fixed, ids, Vec::new()]);
                    }
                }
                Some(Clearing::Not(why)) => {
                    rows.insert([namespace, name, Vec::new(), Vec::new(), Vec::new(), Vec::new(), one(why)]);
                }
                None => {}
            }
        }
        let columns: Vec<Column> = ["namespace", "image", "package", "installed", "fixed"].map(shown).into_iter().collect();
        let columns = [columns, vec![wide("vulnerabilities"), shown("why")]].concat();
        let cells = |row: [Vec<String>; 7]| {
            let is_list = [false, false, false, false, true, true, false];
            row.into_iter()
                .zip(is_list)
                .map(|(texts, is_list)| if is_list { Cell::List(texts) } else { text(&texts.concat()) })
                .collect()
        };
        Sheet { name: "upgrades", columns, rows: rows.into_iter().map(cells).collect() }
    }

    fn images_of_rows(&self) -> impl Iterator<Item = (&Row<'_>, &ImageJudgement)> {
        self.rows.iter().flat_map(|row| row.after.images.iter().map(move |image| (row, image.as_ref())))
    }
}

/// The images for which a workload is denied.
pub(super) fn denied(judgement: &Judgement) -> impl Iterator<Item = &ImageJudgement> {
    judgement.images.iter().map(AsRef::as_ref).filter(|image: &&ImageJudgement| image.verdict == Verdict::Deny)
}

/// What has something in common.
#[derive(Default)]
struct Group<'r> {
    workloads: BTreeSet<(&'r str, &'r str)>,
    images: BTreeSet<&'r str>,
    namespaces: BTreeSet<&'r str>,
}

impl<'r> Group<'r> {
    fn add(&mut self, row: &'r Row<'_>, image: &'r ImageJudgement) {
        self.workloads.insert((&row.request.place, &row.request.name));
        self.images.insert(&image.image);
        self.namespaces.insert(&row.request.namespace);
    }

    fn cells(&self) -> [Cell; 3] {
        [self.workloads.len(), self.images.len(), self.namespaces.len()].map(number)
    }
}

fn most_first<'r, K: Ord>(groups: BTreeMap<K, Group<'r>>) -> Vec<(K, Group<'r>)> {
    let mut groups: Vec<(K, Group<'r>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.workloads.len()));
    groups
}

fn ids_of(image: &ImageJudgement) -> impl Iterator<Item = &str> {
    let counted = image.violations.iter().filter_map(|violation| violation.counted.as_ref());
    counted.flat_map(|counted| counted.vulnerabilities.iter().map(|one| one.id.as_str()))
}

/// What clears an image, in words.
fn said(clearing: &Clearing) -> String {
    match clearing {
        Clearing::Not(why) => format!("none: {why}"),
        Clearing::By(upgrades, _) => {
            let names: BTreeSet<&str> = upgrades.values().map(|upgrade| upgrade.package.as_str()).collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        }
    }
}

/// What clears a namespace, in words.
fn cleared(denied: u64, [images, packages]: [usize; 2], is_stuck: bool, is_larger: bool) -> String {
    let plural = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    match (denied, packages, is_stuck) {
        (0, ..) => String::new(),
        (_, 0, _) => "not by upgrades".to_owned(),
        (.., is_stuck) => {
            let partly = if is_stuck { "in part by" } else { "by" };
            let at_most = if is_larger { " at most" } else { "" };
            format!("{partly}{at_most} {} in {}", plural(packages, "package"), plural(images, "image"))
        }
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn number(number: usize) -> Cell {
    Cell::Number(u64::try_from(number).unwrap_or(u64::MAX))
}
