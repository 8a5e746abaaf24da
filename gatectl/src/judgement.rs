//! The answer to one request and the way to it → what reports tell of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use policy::image::Digest;
use serde_json::Value;

use crate::policy_module::Answer;

/// What the evidence of an image, or of a platform of it, is where it could not be asked for.
const UNAVAILABLE: &str = "\"state\":\"unavailable\"";

/// What became of a workload or an image; the later is the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Admit,
    Audit,
    Deny,
}

impl Verdict {
    pub(crate) const ALL: [Self; 3] = [Self::Deny, Self::Audit, Self::Admit];

    /// The word of the policy's answers.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Audit => "audit",
            Self::Deny => "deny",
        }
    }

    /// Whatever is not known is the worst.
    fn of(word: &str) -> Self {
        match word {
            "admit" => Self::Admit,
            "audit" => Self::Audit,
            _ => Self::Deny,
        }
    }
}

/// What was decided about one workload.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// The deciding rule; none on admit, and where the request itself is refused.
    pub(crate) rule: Option<Arc<str>>,
    /// What the gate says: of a denial its message, of an audit its warnings. Empty on admit.
    pub(crate) says: Arc<str>,
    /// Its images that are not admitted, each once.
    pub(crate) images: Vec<Arc<ImageJudgement>>,
}

/// What was decided about an image that is not admitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ImageJudgement {
    pub(crate) image: String,
    pub(crate) verdict: Verdict,
    pub(crate) violations: Vec<Violation>,
}

/// A rule that denies or audits an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: String,
    pub(crate) verdict: Verdict,
    /// As in docs/codes.md.
    pub(crate) code: String,
    /// What tells the condition from the others of the image: rule, position and platform.
    pub(crate) condition: String,
    /// The condition in words, or why there was nothing to judge by.
    pub(crate) what: String,
    /// How many the condition counts, and how many it allows; none where evidence was wanting.
    pub(crate) counted: Option<Counted>,
}

/// A condition that counts too many.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) limit: u64,
    /// Whether it counts findings, of which a vulnerability may have several.
    pub(crate) is_of_findings: bool,
    pub(crate) vulnerabilities: Vec<Vulnerability>,
}

/// A vulnerability with its first finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vulnerability {
    pub(crate) id: String,
    pub(crate) severity: String,
    /// Its name alone.
    pub(crate) package: String,
    pub(crate) purl: String,
    pub(crate) installed: Option<String>,
    pub(crate) fixed: Vec<String>,
    pub(crate) is_fixable: bool,
}

impl Vulnerability {
    /// `CVE-2026-1 critical openssl 3.0.1, fixed in 3.0.2`.
    pub(crate) fn sentence(&self) -> String {
        let fixed = match self.fixed.as_slice() {
            [] if self.is_fixable => "fixed in a version that is not named".to_owned(),
            [] => "no fixed version".to_owned(),
            fixed => format!("fixed in {}", fixed.join(", ")),
        };
        let installed = self.installed.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        format!("{} {} {}{installed}, {fixed}", self.id, self.severity, self.package)
    }
}

/// Judgements of images that are the same, once.
#[derive(Default)]
pub(crate) struct Interned {
    images: Mutex<BTreeMap<Digest, Arc<ImageJudgement>>>,
    texts: Mutex<BTreeMap<String, Arc<str>>>,
    /// Images whose findings could not be asked for, whatever the rules make of that.
    unavailable: Mutex<BTreeSet<String>>,
}

impl Interned {
    /// `images` is the way to the answer, an element for each image.
    pub(crate) fn judgement(&self, answer: &Answer, images: &[Value]) -> Judgement {
        let evidence = answer.json_annotation("evidence");
        let is_unavailable = |known: &&Value| known.to_string().contains(UNAVAILABLE);
        let unavailable = evidence.as_array().into_iter().flatten().filter(is_unavailable);
        let mut noted = self.unavailable.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(unavailable.map(|known| text(known, "image").to_owned()));
        drop(noted);
        let verdict = match answer.accepted {
            false => Verdict::Deny,
            true => Verdict::of(answer.annotation("verdict").unwrap_or("admit")),
        };
        let said: Vec<&str> = answer.message.iter().chain(answer.warnings.iter().flatten()).map(String::as_str).collect();
        let mut kept: Vec<Arc<ImageJudgement>> = Vec::new();
        for image in images {
            if let Some(image) = self.image(image)
                && !kept.iter().any(|other| Arc::ptr_eq(other, &image))
            {
                kept.push(image);
            }
        }
        Judgement {
            verdict,
            rule: answer.annotation("rule").map(|rule| self.text(rule)),
            says: self.text(&if verdict == Verdict::Admit { String::new() } else { said.join("\n") }),
            images: kept,
        }
    }

    /// How many images there are whose findings could not be asked for.
    pub(crate) fn n_unavailable(&self) -> usize {
        self.unavailable.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn text(&self, text: &str) -> Arc<str> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        texts.insert(text.to_owned(), Arc::clone(&new));
        new
    }

    /// What is decided about an image does not depend on which container it is of.
    fn image(&self, trace: &Value) -> Option<Arc<ImageJudgement>> {
        let verdict = Verdict::of(text(trace, "verdict"));
        if verdict == Verdict::Admit {
            return None;
        }
        let key = Digest::of(format!("{} {} {}", text(trace, "image"), trace["verdict"], trace["platforms"]).as_bytes());
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let judged = images.entry(key).or_insert_with(|| Arc::new(of_trace(trace, verdict)));
        Some(Arc::clone(judged))
    }
}

/// What the trace of an image (`gatectl check --explain`) says against it.
pub(crate) fn of_trace(trace: &Value, verdict: Verdict) -> ImageJudgement {
    let steps = list(trace, "platforms").flat_map(|platform| list(platform, "steps").map(move |step| (platform, step)));
    let mut violations: Vec<Violation> = Vec::new();
    for (platform, step) in steps {
        if let Some(violation) = violation(platform, step)
            && !violations.contains(&violation)
        {
            violations.push(violation);
        }
    }
    ImageJudgement { image: text(trace, "image").to_owned(), verdict, violations }
}

fn violation(platform: &Value, step: &Value) -> Option<Violation> {
    let verdict = match text(step, "answer") {
        "deny" => Verdict::Deny,
        "audit" => Verdict::Audit,
        _ => return None,
    };
    let platform = platform["platform"].as_str().map(|platform| format!("{platform}: ")).unwrap_or_default();
    let rule = text(step, "rule").to_owned();
    let condition = format!("{platform}{rule} {}", step["condition"]);
    if step["state"] == "wanting" {
        let (code, what) = (text(step, "code").to_owned(), format!("{platform}{}", text(step, "why")));
        return Some(Violation { rule, verdict, code, condition, what, counted: None });
    }
    let counted = step["limit"].as_u64().map(|limit| Counted {
        limit,
        is_of_findings: step["unit"] == "findings",
        vulnerabilities: list(step, "vulnerabilities").map(vulnerability).collect(),
    });
    let code = if counted.is_some() { "findings-over-limit" } else { "os-end-of-life" };
    let what = match &counted {
        Some(_) => format!("{platform}{}, {} found", text(step, "text"), step["count"]),
        None => format!("{platform}{}", text(step, "text")),
    };
    Some(Violation { rule, verdict, code: code.to_owned(), condition, what, counted })
}

fn vulnerability(value: &Value) -> Vulnerability {
    let owned = |key: &str| text(value, key).to_owned();
    Vulnerability {
        id: owned("id"),
        severity: owned("severity"),
        package: owned("package"),
        purl: owned("purl"),
        installed: value["installed"].as_str().map(str::to_owned),
        is_fixable: value["fixable"] == true,
        fixed: list(value, "fixed").filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

/// A member's text; empty where there is none.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A member's elements.
pub(crate) fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
