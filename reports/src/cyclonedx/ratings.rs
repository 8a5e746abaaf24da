//! Ratings of a vulnerability → its severity, score and EPSS probability.

use policy::findings::{CvssScore, Epss, Severity};

use super::raw::{Rating, Vulnerability};
use crate::report::Notes;
use crate::{fields, words};

/// What the ratings of a vulnerability come to.
#[derive(Debug)]
pub(super) struct Rated {
    pub(super) severity: Severity,
    pub(super) cvss: Option<CvssScore>,
    pub(super) epss: Option<Epss>,
}

/// The rating of the vulnerability's own source counts, else the worst: which one the scanner chose is not written. A probability of
/// EPSS stands among the ratings too, with a severity that means nothing.
pub(super) fn rated(vulnerability: &Vulnerability, notes: &mut Notes) -> Rated {
    let all = vulnerability.ratings.as_deref().unwrap_or_default();
    let (epss, ratings): (Vec<&Rating>, Vec<&Rating>) = all.iter().partition(|rating| is_epss(rating));
    let own = vulnerability.source.as_ref().and_then(|s| s.name.as_deref()).filter(|name| !name.is_empty());
    let is_of = |rating: &Rating, name: &str| source(rating).eq_ignore_ascii_case(name);
    let cvss = score(&ratings, |rating| own.is_some_and(|own| is_of(rating, own)), notes)
        .or_else(|| score(&ratings, |rating| is_of(rating, "nvd"), notes))
        .or_else(|| score(&ratings, |_| true, notes))
        .or_else(|| {
            ratings.iter().filter_map(|rating| fields::score(rating.score.filter(|_| is_version_2(rating)), notes)).max()
        });
    let probability = epss.iter().filter_map(|rating| rating.score.and_then(Epss::from_decimal)).max();
    Rated { severity: severity(&ratings, own, notes), cvss, epss: probability }
}

fn source(rating: &Rating) -> &str {
    rating.source.as_ref().and_then(|s| s.name.as_deref()).unwrap_or_default()
}

fn is_epss(rating: &Rating) -> bool {
    let source = source(rating);
    source.eq_ignore_ascii_case("EPSS") || source.eq_ignore_ascii_case("FIRST") && rating.method.as_deref() == Some("other")
}

fn is_version_2(rating: &Rating) -> bool {
    rating.method.as_deref() == Some("CVSSv2")
}

/// The highest score of version 3 or 4 among some of the ratings.
fn score(ratings: &[&Rating], is_wanted: impl Fn(&Rating) -> bool, notes: &mut Notes) -> Option<CvssScore> {
    let newer =
        |rating: &&&Rating| matches!(rating.method.as_deref(), Some("CVSSv3" | "CVSSv31" | "CVSSv4")) && is_wanted(rating);
    ratings.iter().filter(newer).filter_map(|rating| fields::score(rating.score, notes)).max()
}

fn severity(ratings: &[&Rating], own: Option<&str>, notes: &mut Notes) -> Severity {
    let worded: Vec<(&str, &str)> = ratings
        .iter()
        .filter_map(|rating| Some((source(rating), rating.severity.as_deref().filter(|word| !word.is_empty())?)))
        .collect();
    if let Some((_, word)) = own.and_then(|own| worded.iter().find(|(source, _)| source.eq_ignore_ascii_case(own))) {
        return fields::severity(Some(word), notes);
    }
    let classes: Vec<Option<Severity>> = worded.iter().map(|(_, word)| words::severity(word)).collect();
    match classes.iter().copied().flatten().max() {
        Some(worst) => {
            if classes.iter().any(|class| *class != Some(worst)) {
                notes.add("ratings differ and none is of the vulnerability's own source: the worst counts");
            }
            worst
        }
        None if worded.is_empty() => match score(ratings, |_| true, &mut Notes::default()) {
            Some(score) => {
                notes.add("row without a severity word: the class of its CVSS score");
                fields::band(score)
            }
            None => fields::severity(None, notes),
        },
        None => fields::severity(worded.first().map(|(_, word)| *word), notes),
    }
}
