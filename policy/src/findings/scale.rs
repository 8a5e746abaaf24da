//! The scales of a findings document (severity, CVSS, EPSS, fix state, VEX status), each a word or decimal in JSON and a small whole
//! number when packed, and its lists with their caps.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Field;
use crate::limits;

/// A closed scale: JSON has the word, the packed form the position in the table.
macro_rules! scale {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$item:meta])* $variant:ident = $number:literal, $word:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$item])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the packed numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of the JSON form and of messages.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value of a packed number.
            pub fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The value of a word, compared exactly.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(self.word())
                } else {
                    serializer.serialize_u8(match self { $(Self::$variant => $number),+ })
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let word = Cow::<'de, str>::deserialize(deserializer)?;
                    Self::from_word(&word).ok_or_else(|| {
                        let words: Vec<&str> = Self::ALL.iter().map(|value| value.word()).collect();
                        de::Error::custom(format_args!(concat!("expected a ", $what, " ({}), found `{}`"), words.join(", "), word))
                    })
                } else {
                    let number = u32::deserialize(deserializer)?;
                    Self::from_number(number)
                        .ok_or_else(|| de::Error::custom(format_args!(concat!("expected the number of a ", $what, ", found {}"), number)))
                }
            }
        }
    };
}

scale! {
    /// How bad a vulnerability is. `Unknown` is off the scale: it sorts lowest here and is placed by `unknownSeverity`.
    Severity, "severity", {
        /// The scanner states none.
        Unknown = 0, "unknown";
        /// A theoretical problem.
        Negligible = 1, "negligible";
        /// Low.
        Low = 2, "low";
        /// Medium.
        Medium = 3, "medium";
        /// High.
        High = 4, "high";
        /// Critical.
        Critical = 5, "critical";
    }
}

impl Severity {
    /// The worse of what two rows say of one vulnerability. Unknown stands between low and medium: a milder one must not hide it.
    pub fn worse(self, other: Self) -> Self {
        let rank = |severity| if severity == Self::Unknown { (Self::Low, true) } else { (severity, false) };
        if rank(other) > rank(self) { other } else { self }
    }
}

scale! {
    /// What the publisher of a package does about a vulnerability.
    FixState, "fix state", {
        /// Not said.
        Unknown = 0, "unknown";
        /// A fix exists.
        Fixed = 1, "fixed";
        /// There is none yet.
        NotFixed = 2, "not_fixed";
        /// There will be none.
        WontFix = 3, "wont_fix";
    }
}

scale! {
    /// VEX status (OpenVEX 0.2.0, "Status Labels").
    VexStatus, "VEX status", {
        /// Not known yet.
        UnderInvestigation = 0, "under_investigation";
        /// The product is affected.
        Affected = 1, "affected";
        /// The product is not affected.
        NotAffected = 2, "not_affected";
        /// The product contains a fix.
        Fixed = 3, "fixed";
    }
}

/// A decimal with a fixed number of places: a JSON number, a whole number of the smallest unit when packed and inside.
macro_rules! decimal {
    ($(#[$doc:meta])* $name:ident, $places:literal, $max:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $name {
            /// From the whole number of the packed form; `None` above the scale.
            pub fn new(units: u32) -> Option<Self> {
                (units <= $max).then_some(Self(units))
            }

            /// From a decimal, rounded to the scale's places; `None` outside the scale or where it is not a number.
            pub fn from_decimal(value: f64) -> Option<Self> {
                to_units(value, $places).and_then(Self::new)
            }

            /// The decimal, as near as a float comes.
            pub fn value(self) -> f64 {
                serde_json::from_str(&self.to_string()).unwrap_or_default()
            }

            /// The whole number of the packed form.
            pub fn units(self) -> u32 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&from_units(self.0, $places))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_f64(self.value())
                } else {
                    serializer.serialize_u32(self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let value = f64::deserialize(deserializer)?;
                    Self::from_decimal(value).ok_or_else(|| de::Error::custom(format_args!(concat!("expected ", $what, ", found {}"), value)))
                } else {
                    let units = u32::deserialize(deserializer)?;
                    Self::new(units)
                        .ok_or_else(|| de::Error::custom(format_args!(concat!("expected ", $what, " as a whole number up to {}, found {}"), $max, units)))
                }
            }
        }
    };
}

decimal! {
    /// A CVSS base score in tenths, 0 to 100.
    CvssScore, 1, 100, "a CVSS score from 0.0 to 10.0"
}

decimal! {
    /// An EPSS probability in hundred-thousandths, 0 to 100 000.
    Epss, 5, 100_000, "a probability from 0 to 1"
}

/// A decimal: `7.5`, also `+7.5`, `07.5`, `.5`, `7.` or `75e-1`; `None` of any other text, and beyond the largest float. By the reader of JSON:
/// that of the standard library would be code, and tables, of its own for the same.
#[must_use]
pub fn decimal(text: &str) -> Option<f64> {
    let is_of_decimals = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !text.bytes().all(is_of_decimals) {
        return None;
    }
    serde_json::from_str(text).ok().or_else(|| {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => ("-", unsigned),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if unsigned.starts_with(['+', '-']) || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let or_zero = |digits: &'_ str| if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
        let (whole, fraction) = (or_zero(whole.trim_start_matches('0')), or_zero(fraction));
        serde_json::from_str(&format!("{sign}{whole}.{fraction}e{power}")).ok()
    })
}

/// A decimal as a whole number of units with so many places, rounded half up, by its digits: no float arithmetic.
fn to_units(value: f64, places: usize) -> Option<u32> {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut units: u32 = whole.parse().ok()?;
    let mut digits = fraction.bytes().map(|b| u32::from(b.wrapping_sub(b'0')));
    for _ in 0..places {
        units = units.checked_mul(10)?.checked_add(digits.next().unwrap_or(0))?;
    }
    if digits.next().is_some_and(|digit| digit >= 5) { units.checked_add(1) } else { Some(units) }
}

fn from_units(units: u32, places: usize) -> String {
    let digits = format!("{units:0width$}", width = places.saturating_add(1));
    let (whole, fraction) = digits.split_at_checked(digits.len().saturating_sub(places)).unwrap_or((&digits, ""));
    let fraction = fraction.trim_end_matches('0');
    format!("{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
}

/// A list of at most `MAX` elements; the excess is an error, before memory is taken for it.
pub(super) fn list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_seq(ListVisitor::<T, MAX>(PhantomData))
}

/// The same, or nil.
pub(super) fn optional_list<'de, D, T, const MAX: usize>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<Capped<T, MAX>>::deserialize(deserializer).map(|list| list.map(|capped| capped.0))
}

/// The fields of `provides`.
pub(super) fn short_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Field>, D::Error> {
    list::<_, _, 16>(deserializer)
}

/// A list of texts, borrowed where the format allows it.
pub(super) fn texts<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cow<'a, str>>, D::Error> {
    let texts: Vec<Text<'a>> = list::<_, _, { limits::LIST_ITEMS }>(deserializer)?;
    Ok(texts.into_iter().map(|text| text.0).collect())
}

/// A text or nil, borrowed where the format allows it.
pub(super) fn optional_text<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Option::<Text<'a>>::deserialize(deserializer).map(|text| text.map(|text| text.0))
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Capped<T, const MAX: usize>(Vec<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for Capped<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list::<D, T, MAX>(deserializer).map(Self)
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        while items.len() < MAX {
            match seq.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(items),
            }
        }
        match seq.next_element::<IgnoredAny>()? {
            None => Ok(items),
            Some(_) => Err(de::Error::custom(format_args!("expected a list of at most {MAX} elements, found more"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_as_people_and_programs_write_them() {
        for (text, expected) in [
            ("7.5", 7.5),
            ("0", 0.0),
            ("+7.5", 7.5),
            ("07.5", 7.5),
            ("012", 12.0),
            (".5", 0.5),
            ("7.", 7.0),
            ("-.5e-3", -0.0005),
            ("75e-1", 7.5),
            ("1E+2", 100.0),
            ("7.449999999999999", 7.449_999_999_999_999),
            ("-0", 0.0),
            ("000", 0.0),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ] {
            assert_eq!(decimal(text), Some(expected), "{text}");
            assert_eq!(text.parse(), Ok(expected), "{text}: as the standard library reads it");
        }
        for text in [
            "", ".", "+", "-", "e5", ".e5", "1e", "1e+", "1.2.3", "--1", "+-1", "1e1e1", "7,5", " 7", "7 ", "1_000", "0x10",
            "inf", "NaN", "1e999", "٧",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_read_by_their_digits() {
        for (value, tenths) in [(9.8, 98), (10.0, 100), (0.0, 0), (7.0, 70), (9.85, 99), (0.04, 0)] {
            assert_eq!(CvssScore::from_decimal(value).unwrap().units(), tenths, "{value}");
        }
        for wrong in [10.1, -0.1, f64::NAN, f64::INFINITY, 1e30, -0.0_f64 - 1.0] {
            assert_eq!(CvssScore::from_decimal(wrong), None, "{wrong}");
        }
        assert_eq!(Epss::from_decimal(0.943_21).unwrap().units(), 94_321);
        assert_eq!(Epss::from_decimal(0.000_004).unwrap().units(), 0);
        assert_eq!(Epss::from_decimal(1.0).unwrap().to_string(), "1.0");
        assert_eq!(Epss::from_decimal(0.5).unwrap().to_string(), "0.5");
    }

    #[test]
    fn words_and_numbers_name_the_same_values() {
        for severity in Severity::ALL {
            assert_eq!(Severity::from_word(severity.word()), Some(*severity));
            let packed = rmp_serde::to_vec(severity).unwrap();
            assert_eq!(rmp_serde::from_slice::<Severity>(&packed).unwrap(), *severity);
        }
        assert!(serde_json::from_str::<Severity>("\"Critical\"").unwrap_err().to_string().contains("found `Critical`"));
        assert!(rmp_serde::from_slice::<Severity>(&[6]).is_err());
    }

    #[test]
    fn a_milder_severity_hides_none_that_is_not_known() {
        use Severity::{Critical, Low, Medium, Negligible, Unknown};
        for (a, b, worst) in [
            (Unknown, Low, Unknown),
            (Unknown, Negligible, Unknown),
            (Unknown, Medium, Medium),
            (Critical, Unknown, Critical),
            (Low, Negligible, Low),
        ] {
            assert_eq!((a.worse(b), b.worse(a)), (worst, worst));
        }
    }

    #[test]
    fn scores_are_decimals_for_people_and_whole_numbers_when_packed() {
        let score = CvssScore::new(98).unwrap();
        assert_eq!(serde_json::from_str::<CvssScore>("9.8").unwrap(), score);
        let packed = rmp_serde::to_vec(&score).unwrap();
        assert_eq!(packed, [98]);
        assert_eq!(rmp_serde::from_slice::<CvssScore>(&packed).unwrap(), score);
        let error = rmp_serde::from_slice::<CvssScore>(&[101]).unwrap_err().to_string();
        assert!(error.contains("as a whole number up to 100, found 101"), "{error}");
    }

    #[test]
    fn lists_are_read_up_to_their_cap() {
        let read = |text: &str| serde_json::from_str::<Capped<u8, 3>>(text).map(|list| list.0).map_err(|error| error.to_string());
        assert_eq!(read("[1,2,3]").unwrap(), [1, 2, 3]);
        assert!(read("[1,2,3,4]").unwrap_err().contains("expected a list of at most 3 elements, found more"));
        assert!(read("{}").unwrap_err().contains("expected a list of at most 3 elements"));
    }
}
