//! Values that scanners write now as a text, now as a number: read as either, judged by what is asked for.

use policy::findings::{CvssScore, Epss};
use policy::time::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::ReportError;
use crate::report::Notes;

/// A text or a number; whatever else stands in its place is neither.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Text(String),
    Number(f64),
    Other(IgnoredAny),
}

impl Scalar {
    /// As text; `None` where it is empty.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(_) => None,
        }
    }

    /// As a number; `None` where it is none.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.trim().parse().ok(),
            Self::Number(number) => Some(*number),
            Self::Other(_) => None,
        }
    }

    /// An instant: Unix seconds with fractions, or RFC 3339, also with a space between date and time as Python writes it.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Text(text) => Timestamp::parse(text).or_else(|| Timestamp::parse(&text.replacen(' ', "T", 1))),
            #[expect(clippy::as_conversions, reason = "saturates, and what is outside the years is refused")]
            Self::Number(seconds) => Timestamp::from_unix(seconds.floor() as i64),
            Self::Other(_) => None,
        }
    }
}

/// Reads a whole report. `what` names it in the error.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, ReportError> {
    serde_json::from_str(text).map_err(|e| ReportError::new(format!("the {what} cannot be read: {e}"), None))
}

/// A CVSS base score. What is empty, `N/A` or negative says that there is none; what is above the scale is noted.
pub(crate) fn score(value: Option<&Scalar>, notes: &mut Notes) -> Option<CvssScore> {
    let value = value.filter(|value| !is_absent(value))?;
    let number = value.number().filter(|number| *number >= 0.0);
    let score = number.and_then(CvssScore::from_decimal);
    if score.is_none() && value.number().is_none_or(|number| number >= 0.0) {
        notes.add("CVSS score outside 0.0 to 10.0");
    }
    score
}

/// An EPSS probability.
pub(crate) fn epss(value: Option<&Scalar>, notes: &mut Notes) -> Option<Epss> {
    let value = value.filter(|value| !is_absent(value))?;
    let epss = value.number().and_then(Epss::from_decimal);
    if epss.is_none() {
        notes.add("EPSS probability outside 0 to 1");
    }
    epss
}

/// An instant. The zero of Go's clock (`0001-01-01`) and of a database (`0000-…`) says that there is none; what cannot be read is noted.
pub(crate) fn time(value: Option<&Scalar>, what: &str, notes: &mut Notes) -> Option<Timestamp> {
    let value = value.filter(|value| !is_absent(value))?;
    let time = value.time();
    if time.is_none() {
        notes.add(format!("{what} that is not a time"));
    }
    time
}

fn is_absent(value: &Scalar) -> bool {
    match value {
        Scalar::Text(text) => {
            let text = text.trim();
            text.is_empty()
                || text.eq_ignore_ascii_case("n/a")
                || text.eq_ignore_ascii_case("none")
                || text.starts_with("0001-01-01")
                || text.starts_with("0000-")
        }
        Scalar::Number(_) | Scalar::Other(_) => false,
    }
}

/// A text that says something.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A text that says something; scanners written in Python also write `None` for nothing.
pub(crate) fn stated(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text != "None")
}

/// A path without a leading slash.
pub(crate) fn path(text: Option<String>) -> Option<String> {
    stated(text).map(|path| path.trim_start_matches('/').to_owned()).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_read_in_every_writing() {
        let mut notes = Notes::default();
        let read = |json: &str| serde_json::from_str::<Scalar>(json).unwrap();
        let expected = Timestamp::parse("2020-01-24T04:11:45Z");
        for json in ["1579839105.5", r#""2020-01-24T04:11:45Z""#, r#""2020-01-24 04:11:45.742000+00:00""#] {
            assert_eq!(time(Some(&read(json)), "x", &mut notes), expected, "{json}");
        }
        for json in [r#""""#, r#""0001-01-01T00:00:00Z""#, r#""0000-12-31T18:09:10-05:50""#] {
            assert_eq!(time(Some(&read(json)), "x", &mut notes), None, "{json}");
        }
        for json in [r#""""#, "-1.0", r#""N/A""#] {
            assert_eq!(score(Some(&read(json)), &mut notes), None, "{json}");
        }
        assert!(notes.is_empty());
        assert_eq!(score(Some(&read(r#""7.5""#)), &mut notes).unwrap().to_string(), "7.5");
        assert_eq!(epss(Some(&read("0.25")), &mut notes).unwrap().to_string(), "0.25");
        for json in ["true", r#""soon""#, "1e300", "[{}]"] {
            assert_eq!(time(Some(&read(json)), "date", &mut notes), None, "{json}");
            assert_eq!(score(Some(&read(json)), &mut notes), None, "{json}");
            assert_eq!(epss(Some(&read(json)), &mut notes), None, "{json}");
        }
        let notes: Vec<(&str, usize)> = notes.iter().collect();
        assert_eq!(
            notes,
            [("CVSS score outside 0.0 to 10.0", 4), ("EPSS probability outside 0 to 1", 4), ("date that is not a time", 4)]
        );
    }
}
