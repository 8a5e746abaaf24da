//! Scores as texts → tenths, without arithmetic on fractions.

use serde_json::Value;

/// The smallest score of one decimal that is at least, or more than, what is written; in tenths.
pub(crate) fn tenths(text: &str, is_more_than: bool) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let (tenth, rest) = fraction.split_at(fraction.len().min(1));
    let has_rest = rest.bytes().any(|b| b != b'0');
    let digits = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u32>().ok() };
    let tenths = digits(whole)?.checked_mul(10)?.checked_add(digits(tenth)?)?;
    tenths.checked_add(u32::from(has_rest || is_more_than))
}

/// Tenths as a number of the settings.
pub(crate) fn score(tenths: u32) -> Value {
    let text = format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10));
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_the_next_one_of_one_decimal() {
        for (text, at_least, more_than) in [
            ("7", Some(70), Some(71)),
            ("7.0", Some(70), Some(71)),
            ("7.000000", Some(70), Some(71)),
            ("7.25", Some(73), Some(73)),
            (".5", Some(5), Some(6)),
            ("10", Some(100), Some(101)),
            ("", None, None),
            (".", None, None),
            ("-1", None, None),
            ("7,5", None, None),
            ("9999999999", None, None),
        ] {
            assert_eq!((tenths(text, false), tenths(text, true)), (at_least, more_than), "{text}");
        }
        assert_eq!(score(75), serde_json::json!(7.5));
    }
}
