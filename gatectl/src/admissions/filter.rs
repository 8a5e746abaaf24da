//! Which answers, and which of their entries, are asked for.

use clap::Args;
use policy::diagnostic::Code;
use policy::time::Timestamp;

use super::event::{Action, Answer, Entry};

/// The filters: all of them have to hold; of one that is given several times, one.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct Filter {
    /// Only what was answered at or after this instant
    #[arg(long, value_name = "RFC 3339", value_parser = from)]
    since: Option<Timestamp>,
    /// Only what was answered at or before this instant
    #[arg(long, value_name = "RFC 3339", value_parser = until)]
    until: Option<Timestamp>,
    /// Only this namespace; with a `*` in it, those that are like this
    #[arg(long, value_name = "NAME|GLOB")]
    namespace: Vec<String>,
    /// Only workloads of this kind; what a controller created is of its owner's kind
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Only images that begin with this; with a `*` in it, that are like this
    #[arg(long, value_name = "PREFIX|GLOB")]
    image: Vec<String>,
    /// Only what the gate answered in this way
    #[arg(long, value_enum, value_name = "ACTION")]
    action: Vec<Action>,
    /// Only what this rule decided
    #[arg(long, value_name = "NAME")]
    rule: Vec<String>,
    /// Only what has this code (docs/codes.md)
    #[arg(long, value_name = "CODE", value_parser = code)]
    code: Vec<String>,
}

impl Filter {
    /// The answer with those of its entries that are asked for; `None` where none is.
    pub(super) fn apply(&self, mut answer: Answer) -> Option<Answer> {
        let is_in_time =
            self.since.is_none_or(|since| since <= answer.time) && self.until.is_none_or(|until| answer.time <= until);
        let shape = &mut answer.shape;
        let kind = &shape.workload.kind;
        let is_of = any(&self.namespace, |name| is_named(name, &shape.namespace))
            && any(&self.kind, |wanted| wanted.eq_ignore_ascii_case(kind));
        if !is_in_time || !is_of {
            return None;
        }
        shape.entries.retain(|entry| self.wants(entry));
        answer.vulnerabilities.retain(|entry, _| self.wants(entry));
        (!shape.entries.is_empty()).then_some(answer)
    }

    fn wants(&self, entry: &Entry) -> bool {
        any(&self.image, |pattern| is_like(pattern, &entry.image))
            && any(&self.action, |action| *action == entry.action)
            && any(&self.rule, |rule| *rule == entry.rule)
            && any(&self.code, |code| *code == entry.code)
    }

    /// A mistake that no single filter has.
    pub(super) fn mistake(&self) -> Option<String> {
        let (since, until) = (self.since?, self.until?);
        (since > until).then(|| format!("expected --since before --until, found {since} and {until}"))
    }
}

fn any<T>(wanted: &[T], is_it: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(is_it)
}

/// Whether a name is this one, or is like one with `*`.
fn is_named(pattern: &str, name: &str) -> bool {
    if pattern.contains('*') { is_like(pattern, name) } else { pattern == name }
}

/// Whether a text begins with a pattern without `*`, or is like one with: each `*` stands for any text, an empty one too.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return true };
    // Each piece as early as possible leaves the most for those that follow.
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn from(text: &str) -> Result<Timestamp, String> {
    instant(text, Timestamp::start_of_date(text))
}

fn until(text: &str) -> Result<Timestamp, String> {
    instant(text, Timestamp::end_of_date(text))
}

fn instant(text: &str, of_date: Option<Timestamp>) -> Result<Timestamp, String> {
    let instant = Timestamp::parse(text).or(of_date);
    instant.ok_or_else(|| "expected an instant such as 2026-11-08T00:00:00Z, or a date such as 2026-11-08".to_owned())
}

fn code(text: &str) -> Result<String, String> {
    let known = Code::ALL.map(Code::text);
    if known.contains(&text) { Ok(text.to_owned()) } else { Err(format!("expected one of {}", known.join(", "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_prefixes_until_they_have_a_star() {
        for (pattern, text, is) in [
            ("ghcr.io/acme/", "ghcr.io/acme/web:1", true),
            ("ghcr.io/acme/", "docker.io/acme/web:1", false),
            ("*", "", true),
            ("*/web:*", "ghcr.io/acme/web:1", true),
            ("*/web:*", "ghcr.io/acme/web2:1", false),
            ("*:1", "ghcr.io/acme/web:1", true),
            ("ghcr.io/*:1", "ghcr.io/a:12", false),
            ("a*b*a", "aba", true),
            ("a*a", "a", false),
            ("**", "x", true),
            ("*ab*ab", "xabyab", true),
            ("*ab*ab", "xab", false),
        ] {
            assert_eq!(is_like(pattern, text), is, "{pattern} {text}");
        }
    }

    #[test]
    fn names_are_whole_until_they_have_a_star() {
        for (pattern, name, is) in
            [("shop", "shop", true), ("shop", "shop-2", false), ("shop*", "shop-2", true), ("*-2", "shop", false)]
        {
            assert_eq!(is_named(pattern, name), is, "{pattern} {name}");
        }
    }

    #[test]
    fn dates_are_whole_days() {
        assert_eq!(from("2026-11-08").unwrap().to_string(), "2026-11-08T00:00:00Z");
        assert_eq!(until("2026-11-08").unwrap().to_string(), "2026-11-08T23:59:59Z");
        assert_eq!(until("2026-11-08T10:00:00+01:00").unwrap().to_string(), "2026-11-08T09:00:00Z");
        assert!(from("yesterday").is_err() && code("evidence-mising").unwrap_err().contains("evidence-missing"));
    }
}
