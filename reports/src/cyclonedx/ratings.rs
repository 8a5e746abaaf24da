//! Ratings of a vulnerability → its severity, score and EPSS probability.

use policy::findings::{CvssScore, Epss, Severity};

use super::raw::{Rating, Vulnerability};
use crate::report::Notes;
use crate::{scalar, words};

/// What the ratings of a vulnerability come to.
#[derive(Debug)]
pub(super) struct Rated {
    pub(super) severity: Severity,
    pub(super) cvss: Option<CvssScore>,
    pub(super) epss: Option<Epss>,
}

/// The rating of the vulnerability's own source counts, else the worst: which one the scanner chose is not written. A probability of
/// EPSS stands among the ratings too, with a severity that means nothing.
pub(super) fn rated(vulnerability: &Vulnerability<'_>, notes: &mut Notes) -> Rated {
    let all = vulnerability.ratings.as_deref().unwrap_or_default();
    let (epss, ratings): (Vec<&Rating<'_>>, Vec<&Rating<'_>>) = all.iter().partition(|rating| is_epss(rating));
    let own = vulnerability.source.as_ref().and_then(|s| s.name.as_deref()).filter(|name| !name.is_empty());
    let scores: Vec<(&str, bool, CvssScore)> = ratings
        .iter()
        .filter(|rating| matches!(rating.method.as_deref(), Some("CVSSv2" | "CVSSv3" | "CVSSv31" | "CVSSv4")))
        .filter_map(|rating| Some((source(rating), is_version_2(rating), scalar::score(rating.score.as_ref(), notes)?)))
        .collect();
    let newer = || scores.iter().filter(|(_, is_old, _)| !is_old);
    let of = |name: &str| newer().filter(|(source, ..)| source.eq_ignore_ascii_case(name)).map(|(.., score)| *score).max();
    let newest = newer().map(|(.., score)| *score).max();
    let oldest = scores.iter().map(|(.., score)| *score).max();
    let cvss = own.and_then(of).or_else(|| of("nvd")).or(newest).or(oldest);
    let probability = epss.iter().filter_map(|rating| rating.score.and_then(Epss::from_decimal)).max();
    Rated { severity: severity(&ratings, own, newest, notes), cvss, epss: probability }
}

fn source<'a>(rating: &'a Rating<'_>) -> &'a str {
    rating.source.as_ref().and_then(|s| s.name.as_deref()).unwrap_or_default()
}

fn is_epss(rating: &Rating<'_>) -> bool {
    let source = source(rating);
    source.eq_ignore_ascii_case("EPSS") || source.eq_ignore_ascii_case("FIRST") && rating.method.as_deref() == Some("other")
}

fn is_version_2(rating: &Rating<'_>) -> bool {
    rating.method.as_deref() == Some("CVSSv2")
}

fn severity(ratings: &[&Rating<'_>], own: Option<&str>, score: Option<CvssScore>, notes: &mut Notes) -> Severity {
    let worded: Vec<(&str, &str)> = ratings
        .iter()
        .filter_map(|rating| Some((source(rating), rating.severity.as_deref().filter(|word| !word.is_empty())?)))
        .collect();
    if let Some((_, word)) = own.and_then(|own| worded.iter().find(|(source, _)| source.eq_ignore_ascii_case(own))) {
        return scalar::severity(Some(word), notes);
    }
    let classes: Vec<Option<Severity>> = worded.iter().map(|(_, word)| words::severity(word)).collect();
    match classes.iter().copied().flatten().max() {
        Some(worst) => {
            if classes.iter().any(|class| *class != Some(worst)) {
                notes.add("ratings differ and none is of the vulnerability's own source: the worst counts");
            }
            worst
        }
        None if worded.is_empty() => match score {
            Some(score) => {
                notes.add("row without a severity word: the class of its CVSS score");
                scalar::band(score)
            }
            None => scalar::severity(None, notes),
        },
        None => scalar::severity(worded.first().map(|(_, word)| *word), notes),
    }
}
