//! Single values of a report: severities, scores, times, texts. What scanners write now as a text, now as a number, is read as either,
//! and whatever is not taken as it stands is noted.

use std::borrow::Cow;

use policy::findings::{CvssScore, Epss, Severity, decimal};
use policy::time::Timestamp;

use crate::json::{self, Read, Refused};
use crate::report::Notes;
use crate::text::{is_blank, trim};
use crate::words;

/// A text or a number; whatever else stands in its place is neither. A text is borrowed from the report where `T` is
/// [`Text`](crate::text::Text).
#[derive(Clone, Debug)]
pub(crate) enum Scalar<T = String> {
    Text(T),
    Number(f64),
    Other,
}

impl<'de, T: From<Cow<'de, str>>> Read<'de> for Scalar<T> {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "as JSON's numbers are read everywhere else")]
    fn read(value: json::Value<'_, 'de>, place: &mut Option<Self>) -> Result<(), Refused> {
        *place = Some(match value {
            json::Value::Text(text) => Self::Text(T::from(text)),
            json::Value::Float(number) => Self::Number(number),
            json::Value::Unsigned(number) => Self::Number(number as f64),
            json::Value::Signed(number) => Self::Number(number as f64),
            _ => Self::Other,
        });
        Ok(())
    }
}

impl<T: AsRef<str>> Scalar<T> {
    /// As text; `None` where it is empty.
    pub(crate) fn text(&self) -> Option<String> {
        self.shown().map(Cow::into_owned)
    }

    /// Like [`Scalar::text`], not copied where it is one.
    pub(crate) fn shown(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(text.as_ref()).filter(|text| !text.is_empty()).map(Cow::Borrowed),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::Other => None,
        }
    }
}

/// A single value as a report writes it.
pub(crate) trait Value {
    /// Whether it says that there is none: empty, `N/A`, `none`, the zero of Go's clock (`0001-01-01`) or of a database (`0000-…`).
    fn is_absent(&self) -> bool;

    /// As a number; `None` where it is none.
    fn number(&self) -> Option<f64>;

    /// An instant: Unix seconds with fractions, RFC 3339, also with a space between date and time as Python writes it, or a date alone,
    /// which is its first second.
    fn time(&self) -> Option<Timestamp>;
}

impl Value for str {
    fn is_absent(&self) -> bool {
        let text = trim(self);
        text.is_empty()
            || text.eq_ignore_ascii_case("n/a")
            || text.eq_ignore_ascii_case("none")
            || text.starts_with("0001-01-01")
            || text.starts_with("0000-")
    }

    fn number(&self) -> Option<f64> {
        decimal(self.trim())
    }

    fn time(&self) -> Option<Timestamp> {
        let spaced = || Timestamp::parse(&self.replacen(' ', "T", 1));
        Timestamp::parse(self).or_else(|| Timestamp::start_of_date(self)).or_else(spaced)
    }
}

impl Value for f64 {
    fn is_absent(&self) -> bool {
        false
    }

    fn number(&self) -> Option<f64> {
        Some(*self)
    }

    #[expect(clippy::as_conversions, reason = "saturates, and what is outside the years is refused")]
    fn time(&self) -> Option<Timestamp> {
        Timestamp::from_unix(self.floor() as i64)
    }
}

impl<T: AsRef<str>> Value for Scalar<T> {
    fn is_absent(&self) -> bool {
        matches!(self, Self::Text(text) if text.as_ref().is_absent())
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Text(text) => text.as_ref().number(),
            Self::Number(number) => Some(*number),
            Self::Other => None,
        }
    }

    fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Text(text) => text.as_ref().time(),
            Self::Number(seconds) => seconds.time(),
            Self::Other => None,
        }
    }
}

/// A CVSS base score. A negative one says that there is none; what is above the scale is noted.
pub(crate) fn score(value: Option<&(impl Value + ?Sized)>, notes: &mut Notes) -> Option<CvssScore> {
    let value = value.filter(|value| !value.is_absent())?;
    let number = value.number().filter(|number| *number >= 0.0);
    let score = number.and_then(|number| tenths(number).or_else(|| CvssScore::from_decimal(number)));
    if score.is_none() && value.number().is_none_or(|number| number >= 0.0) {
        notes.add("CVSS score outside 0.0 to 10.0");
    }
    score
}

/// A score with one decimal, as nearly all have: without writing it out.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number up to 100")]
fn tenths(number: f64) -> Option<CvssScore> {
    let tenths = (number * 10.0).round();
    let is_exact = number.is_sign_positive() && tenths <= 100.0 && (tenths / 10.0).to_bits() == number.to_bits();
    is_exact.then(|| CvssScore::new(tenths as u32)).flatten()
}

/// An EPSS probability.
pub(crate) fn epss(value: Option<&(impl Value + ?Sized)>, notes: &mut Notes) -> Option<Epss> {
    let value = value.filter(|value| !value.is_absent())?;
    let epss = value.number().and_then(Epss::from_decimal);
    if epss.is_none() {
        notes.add("EPSS probability outside 0 to 1");
    }
    epss
}

/// An instant; `what` names the field in the note on what is none.
pub(crate) fn time(value: Option<&(impl Value + ?Sized)>, what: &str, notes: &mut Notes) -> Option<Timestamp> {
    let value = value.filter(|value| !value.is_absent())?;
    let time = value.time();
    if time.is_none() {
        notes.add(format!("{what} that is not a time"));
    }
    time
}

/// The severity of a word; without one, or of one that nobody knows, unknown, which is noted.
pub(crate) fn severity(word: Option<&str>, notes: &mut Notes) -> Severity {
    let Some(word) = word.filter(|w| !is_blank(w)) else {
        notes.add("row without a severity: unknown");
        return Severity::Unknown;
    };
    words::severity(word).unwrap_or_else(|| {
        notes.add(format!("severity word `{word}`: unknown"));
        Severity::Unknown
    })
}

/// The class of a CVSS base score of version 3 or 4, where a report has a number and no word (CVSS 3.1 specification, section 5).
pub(crate) fn band(score: CvssScore) -> Severity {
    match score.units() {
        90.. => Severity::Critical,
        70..=89 => Severity::High,
        40..=69 => Severity::Medium,
        1..=39 => Severity::Low,
        0 => Severity::Negligible,
    }
}

/// A text that says something.
pub(crate) fn filled<T: AsRef<str> + Into<String>>(text: Option<T>) -> Option<String> {
    text.filter(|text| !is_blank(text.as_ref())).map(Into::into)
}

/// A text that says something; scanners written in Python also write `None` for nothing.
pub(crate) fn stated<T: AsRef<str> + Into<String>>(text: Option<T>) -> Option<String> {
    filled(text.filter(|text| text.as_ref() != "None"))
}

/// A location in the image, without a leading slash.
pub(crate) fn path<T: AsRef<str>>(text: Option<T>) -> Option<String> {
    let path = text.as_ref()?.as_ref().trim_start_matches('/');
    (!path.is_empty() && path != "None").then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_read_in_every_writing() {
        let mut notes = Notes::default();
        let read = |json: &str| json::read::<Scalar>(json).unwrap();
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
