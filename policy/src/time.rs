//! Instants and durations: RFC 3339 text and plain numbers in, whole seconds inside. Reads no clock.

use std::fmt;

use ::time::format_description::well_known::Rfc3339;
use ::time::{Date, Month, OffsetDateTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant in whole seconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// Years 1970 to 9999: what RFC 3339 can write and nothing overflows in.
const LATEST: i64 = 253_402_300_799;
const DAY: i64 = 86_400;

impl Timestamp {
    /// The first instant; a host without a clock is here, where every scan lies in the future and is not believed.
    pub const EPOCH: Self = Self(0);

    /// Seconds since the Unix epoch; `None` before 1970 and after 9999.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        (0..=LATEST).contains(&seconds).then_some(Self(seconds))
    }

    /// An RFC 3339 instant; fractions of a second are cut off. `None` where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        // The library takes any separator.
        let has_separator = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
        has_separator
            .then(|| OffsetDateTime::parse(text, &Rfc3339).ok())
            .flatten()
            .and_then(|t| Self::from_unix(t.unix_timestamp()))
    }

    /// The first second of a date `YYYY-MM-DD`, UTC.
    pub fn start_of_date(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !plain(year, 4) || !plain(month, 2) || !plain(day, 2) {
            return None;
        }
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
        Self::from_unix(date.midnight().assume_utc().unix_timestamp())
    }

    /// The last second of a date `YYYY-MM-DD`, UTC.
    pub fn end_of_date(text: &str) -> Option<Self> {
        Self::start_of_date(text).map(|start| Self(start.0.saturating_add(DAY).saturating_sub(1)))
    }

    /// Seconds since the Unix epoch.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Seconds from `earlier` to here; negative where `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OffsetDateTime::from_unix_timestamp(self.0).ok().and_then(|t| t.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "@{}", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_i64(self.0) }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            Self::parse(&text).ok_or_else(|| de::Error::custom(format_args!("expected an RFC 3339 instant, found `{text}`")))
        } else {
            let seconds = i64::deserialize(deserializer)?;
            Self::from_unix(seconds)
                .ok_or_else(|| de::Error::custom(format_args!("expected Unix seconds from 1970 to 9999, found {seconds}")))
        }
    }
}

/// A length of time in milliseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

/// The units of a duration with their milliseconds, largest first.
pub const DURATION_UNITS: [(&str, i64); 6] =
    [("w", 7 * DAY * 1000), ("d", DAY * 1000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl Duration {
    /// A whole number and a unit: `800ms`, `90s`, `15m`, `36h`, `7d`, `2w`. `None` where it is not one or exceeds 8 000 years.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits)?;
        let (_, factor) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
        let millis = number.parse::<i64>().ok()?.checked_mul(*factor)?;
        (millis <= LATEST.saturating_mul(1000)).then_some(Self(millis))
    }

    /// Whether a length of time in seconds is longer than this.
    pub fn is_exceeded_by(self, seconds: i64) -> bool {
        seconds.saturating_mul(1000) > self.0
    }

    /// Whether a length of time in seconds is at least this.
    pub fn is_reached_by(self, seconds: i64) -> bool {
        seconds.saturating_mul(1000) >= self.0
    }

    /// Milliseconds.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Seconds as people read them: the two largest units, `6d 4h`.
    pub fn describe(seconds: i64) -> String {
        let (days, hours) = (seconds / DAY, seconds % DAY / 3600);
        let (minutes, rest) = (seconds % 3600 / 60, seconds % 60);
        match (days, hours, minutes) {
            (0, 0, 0) => format!("{rest}s"),
            (0, 0, _) => format!("{minutes}m"),
            (0, _, 0) => format!("{hours}h"),
            (0, _, _) => format!("{hours}h {minutes}m"),
            (_, 0, _) => format!("{days}d"),
            _ => format!("{days}d {hours}h"),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, factor) in DURATION_UNITS {
            if self.0.checked_rem(factor) == Some(0) {
                return write!(f, "{}{unit}", self.0.checked_div(factor).unwrap_or_default());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_a_first_and_a_last_second() {
        assert_eq!(Timestamp::start_of_date("2026-11-01").unwrap().to_string(), "2026-11-01T00:00:00Z");
        assert_eq!(Timestamp::end_of_date("2026-12-31").unwrap().to_string(), "2026-12-31T23:59:59Z");
        for wrong in
            ["2026-02-30", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T", "", "2026-01-01-01", "1969-12-31", "+026-01-01"]
        {
            assert_eq!(Timestamp::start_of_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_are_rfc_3339() {
        assert_eq!(Timestamp::parse("2026-11-21T10:00:00.9+01:00").unwrap().to_string(), "2026-11-21T09:00:00Z");
        for wrong in ["2026-11-21", "2026-11-21T10:00:00", "now", "1960-01-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_name_a_unit() {
        for (text, millis) in [("800ms", 800), ("7d", 604_800_000), ("2w", 1_209_600_000), ("0s", 0), ("15m", 900_000)] {
            assert_eq!(Duration::parse(text).unwrap().millis(), millis, "{text}");
        }
        for wrong in ["7", "d", "-1d", "1.5h", "1y", "1 d", "99999999999999999999d", "9999999999w", "7D", "٧d"] {
            assert_eq!(Duration::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Duration::parse("168h").unwrap().to_string(), "1w");
        assert_eq!(Duration::parse("90m").unwrap().to_string(), "90m");
    }

    #[test]
    fn lengths_of_time_are_told_in_their_two_largest_units() {
        for (seconds, words) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (3_660, "1h 1m"),
            (86_399, "23h 59m"),
            (86_400, "1d"),
            (86_459, "1d"),
            (90_000, "1d 1h"),
        ] {
            assert_eq!(Duration::describe(seconds), words, "{seconds}");
        }
    }

    #[test]
    fn instants_are_text_for_people_and_seconds_when_packed() {
        let instant = Timestamp::from_unix(LATEST).unwrap();
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"9999-12-31T23:59:59Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>("\"9999-12-31T23:59:59Z\"").unwrap(), instant);
        assert_eq!(rmp_serde::from_slice::<Timestamp>(&rmp_serde::to_vec(&instant).unwrap()).unwrap(), instant);
        for wrong in [-1, LATEST + 1] {
            let error = rmp_serde::from_slice::<Timestamp>(&rmp_serde::to_vec(&wrong).unwrap()).unwrap_err();
            assert!(error.to_string().contains("expected Unix seconds from 1970 to 9999"), "{error}");
        }
        assert!(serde_json::from_str::<Timestamp>("0").is_err());
    }
}
