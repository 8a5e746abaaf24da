//! What must go, and what each upgrade takes along → a smallest set of upgrades.

use std::collections::{BTreeMap, BTreeSet};

/// Sets that are looked at before the best one so far is taken.
const STEPS: usize = 20_000;
/// Packages up to which the smallest set is looked for.
const PACKAGES: usize = 100;

/// So many of these vulnerabilities have to go at least.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Demand {
    pub(super) vulnerabilities: BTreeSet<String>,
    pub(super) at_least: usize,
}

/// What is known of an image.
#[derive(Debug, Default)]
pub(super) struct Problem {
    pub(super) demands: BTreeSet<Demand>,
    /// The packages that a vulnerability is in, all of which must be upgraded for it to go; those that cannot go are not here.
    pub(super) packages: BTreeMap<String, BTreeSet<String>>,
}

/// A set of packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Solution {
    pub(super) packages: BTreeSet<String>,
    /// No smaller set was left to look at.
    pub(super) is_smallest: bool,
}

/// The search for one problem.
struct Search<'p> {
    problem: &'p Problem,
    best: Option<BTreeSet<String>>,
    steps: usize,
}

impl Problem {
    /// A smallest set of packages that meets every demand; `None` where there is none.
    pub(super) fn solve(&self) -> Option<Solution> {
        let all: BTreeSet<String> = self.packages.values().flatten().cloned().collect();
        if self.open(&all, &BTreeSet::new()).is_some() {
            return None;
        }
        let forced = self.forced();
        if all.len().saturating_sub(forced.len()) > PACKAGES {
            return Some(self.greedy(forced));
        }
        let mut search = Search { problem: self, best: None, steps: 0 };
        search.extend(&mut forced.clone(), &mut BTreeSet::new());
        let is_smallest = search.steps < STEPS;
        search.best.map(|packages| Solution { packages, is_smallest })
    }

    /// What every set has: the packages of a demand of which all that can go has to.
    fn forced(&self) -> BTreeSet<String> {
        let mut forced = BTreeSet::new();
        for demand in &self.demands {
            let can_go: Vec<_> = demand.vulnerabilities.iter().filter_map(|one| self.packages.get(one)).collect();
            if can_go.len() <= demand.at_least {
                forced.extend(can_go.into_iter().flatten().cloned());
            }
        }
        forced
    }

    /// A set, package by package that of most vulnerabilities which still have to go.
    fn greedy(&self, mut chosen: BTreeSet<String>) -> Solution {
        let none = BTreeSet::new();
        while let Some((_, candidates)) = self.open(&chosen, &none) {
            let mut useful: BTreeMap<&String, usize> = BTreeMap::new();
            for package in candidates.into_iter().flatten().filter(|package| !chosen.contains(*package)) {
                let count = useful.entry(package).or_default();
                *count = count.saturating_add(1);
            }
            let Some((package, _)) = useful.into_iter().max_by_key(|(_, count)| *count) else { break };
            chosen.insert(package.clone());
        }
        Solution { packages: chosen, is_smallest: false }
    }

    fn is_gone(&self, vulnerability: &str, chosen: &BTreeSet<String>) -> bool {
        self.packages.get(vulnerability).is_some_and(|packages| packages.is_subset(chosen))
    }

    /// Of the first demand that is not met, how many are missing, and who could still go without the excluded packages.
    fn open(&self, chosen: &BTreeSet<String>, excluded: &BTreeSet<String>) -> Option<(usize, Vec<&BTreeSet<String>>)> {
        self.demands.iter().find_map(|demand| {
            let (gone, rest): (Vec<&String>, Vec<&String>) =
                demand.vulnerabilities.iter().partition(|vulnerability| self.is_gone(vulnerability, chosen));
            let missing = demand.at_least.checked_sub(gone.len()).filter(|missing| *missing > 0)?;
            let can_go = |packages: &&BTreeSet<String>| packages.is_disjoint(excluded);
            Some((
                missing,
                rest.into_iter().filter_map(|vulnerability| self.packages.get(vulnerability)).filter(can_go).collect(),
            ))
        })
    }
}

impl Search<'_> {
    /// Tries every way to meet the first open demand, the most useful package first.
    fn extend(&mut self, chosen: &mut BTreeSet<String>, excluded: &mut BTreeSet<String>) {
        self.steps = self.steps.saturating_add(1);
        if self.steps >= STEPS && self.best.is_some() {
            return;
        }
        let Some((missing, candidates)) = self.problem.open(chosen, excluded) else {
            if self.best.as_ref().is_none_or(|best| chosen.len() < best.len()) {
                self.best = Some(chosen.clone());
            }
            return;
        };
        let bound = self.best.as_ref().map_or(usize::MAX, BTreeSet::len);
        // At least one more package is needed.
        if chosen.len().saturating_add(1) >= bound || candidates.len() < missing {
            return;
        }
        let mut useful: BTreeMap<&String, usize> = BTreeMap::new();
        for package in candidates.iter().flat_map(|packages| packages.iter()).filter(|package| !chosen.contains(*package)) {
            let count = useful.entry(package).or_default();
            *count = count.saturating_add(1);
        }
        let mut useful: Vec<(&String, usize)> = useful.into_iter().collect();
        useful.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        // A set without any of the packages that were tried before has to meet the demand by the others.
        let mut tried = Vec::new();
        for (package, _) in useful {
            if self.steps >= STEPS && self.best.is_some() {
                break;
            }
            chosen.insert(package.clone());
            self.extend(chosen, excluded);
            chosen.remove(package);
            excluded.insert(package.clone());
            tried.push(package);
        }
        for package in tried {
            excluded.remove(package);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(demands: &[(usize, &[&str])], packages: &[(&str, &[&str])]) -> Problem {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        Problem {
            demands: demands.iter().map(|(at_least, of)| Demand { vulnerabilities: set(of), at_least: *at_least }).collect(),
            packages: packages.iter().map(|(id, of)| ((*id).to_owned(), set(of))).collect(),
        }
    }

    /// Every subset, the smallest first.
    fn by_hand(problem: &Problem) -> Option<usize> {
        let all: Vec<&String> = problem.packages.values().flatten().collect::<BTreeSet<_>>().into_iter().collect();
        let chosen = |mask: u32| -> BTreeSet<String> {
            all.iter().enumerate().filter(|(nth, _)| mask & (1 << nth) != 0).map(|(_, package)| (*package).clone()).collect()
        };
        (0..1_u32 << all.len())
            .map(chosen)
            .filter(|chosen| problem.open(chosen, &BTreeSet::new()).is_none())
            .map(|chosen| chosen.len())
            .min()
    }

    #[test]
    fn sets_are_as_small_as_can_be() {
        for (demands, packages, wanted) in [
            (&[(1, &["a", "b"][..])][..], &[("a", &["p"][..]), ("b", &["q"])][..], Some(1)),
            (&[(2, &["a", "b", "c"])], &[("a", &["p"]), ("b", &["q"]), ("c", &["q"])], Some(1)),
            (&[(1, &["a"]), (1, &["b"])], &[("a", &["p", "q"]), ("b", &["q"])], Some(2)),
            (&[(2, &["a", "b"])], &[("a", &["p"])], None),
            (&[], &[], Some(0)),
            // The package that is in most is not in the smallest set.
            (
                &[(1, &["a", "b", "c"]), (1, &["d", "e", "f"]), (1, &["a", "d", "x"]), (1, &["b", "e", "y"])],
                &[
                    ("a", &["p"]),
                    ("b", &["q"]),
                    ("c", &["m"]),
                    ("d", &["r"]),
                    ("e", &["q"]),
                    ("f", &["m"]),
                    ("x", &["p"]),
                    ("y", &["s"]),
                ],
                Some(2),
            ),
        ] {
            let problem = problem(demands, packages);
            let found = problem.solve();
            assert_eq!(found.as_ref().map(|solution| solution.packages.len()), wanted, "{problem:?}");
            assert_eq!(by_hand(&problem), wanted, "{problem:?}");
            assert!(found.is_none_or(|solution| solution.is_smallest));
        }
    }

    #[test]
    fn drawn_problems_are_solved_as_by_hand() {
        // A small generator of numbers, the same in every run.
        let mut state = 7_u64;
        let mut below = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for _ in 0..300 {
            let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for id in 0..8 {
                for _ in 0..below(3) {
                    packages.entry(format!("v{id}")).or_default().insert(format!("p{}", below(7)));
                }
            }
            let mut demands = BTreeSet::new();
            for _ in 0..=below(3) {
                let mut vulnerabilities: BTreeSet<String> = (0..8).map(|id| format!("v{id}")).collect();
                vulnerabilities.retain(|_| below(2) > 0);
                let at_least = usize::try_from(below(4)).unwrap().min(vulnerabilities.len());
                demands.insert(Demand { vulnerabilities, at_least });
            }
            let problem = Problem { demands, packages };
            assert_eq!(problem.solve().map(|solution| solution.packages.len()), by_hand(&problem), "{problem:?}");
        }
    }

    #[test]
    fn a_large_problem_ends() {
        let packages: Vec<String> = (0..60).map(|n| format!("p{n}")).collect();
        let ids: Vec<String> = (0..60).map(|n| format!("v{n}")).collect();
        let problem = Problem {
            demands: BTreeSet::from([Demand { vulnerabilities: ids.iter().cloned().collect(), at_least: 30 }]),
            packages: ids.iter().cloned().zip(packages.into_iter().map(|package| BTreeSet::from([package]))).collect(),
        };
        assert_eq!(problem.solve().unwrap().packages.len(), 30);
        // And one that is far larger, whether everything has to go or the half.
        let ids: Vec<String> = (0..3_000).map(|n| format!("v{n}")).collect();
        let packages: BTreeMap<String, BTreeSet<String>> =
            ids.iter().map(|id| (id.clone(), BTreeSet::from([format!("p of {id}")]))).collect();
        for at_least in [3_000, 40] {
            let demand = Demand { vulnerabilities: ids.iter().cloned().collect(), at_least };
            let problem = Problem { demands: BTreeSet::from([demand]), packages: packages.clone() };
            assert_eq!(problem.solve().unwrap().packages.len(), at_least);
        }
    }
}
