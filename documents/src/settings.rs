//! The text of settings, alone or in the policy or constraint that carries them → the document with its places, and each problem at its own.

use policy::settings::{Problem, Settings, advice};
use policy::time::Timestamp;
use serde_json::{Value, json};

use crate::yaml::{self, Document, Span};

/// A settings document with its places.
#[derive(Clone, Debug)]
pub struct Loaded {
    document: Document,
    /// JSON pointer of the settings in the document.
    prefix: &'static str,
    /// The settings.
    pub value: Value,
}

/// Something that is wrong, or an operator should look at, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Its place in the text; empty where none is known.
    pub at: Span,
    /// Its place in the settings, as `rules[0].scope`; empty for the text as a whole.
    pub path: String,
    /// What was expected and what was found. One line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Located {
    /// Something about the text as a whole.
    #[must_use]
    pub fn of_text(at: Span, message: String) -> Self {
        Self { at, path: String::new(), message, hint: None }
    }

    /// `path`, `line`, `column` (counted from 1, 0 where unknown), `message` and `hint`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "path": self.path, "line": self.at.line, "column": self.at.column, "message": self.message, "hint": self.hint })
    }

    /// The path and the message.
    #[must_use]
    pub fn title(&self) -> String {
        match self.path.as_str() {
            "" => self.message.clone(),
            path => format!("`{path}`: {}", self.message),
        }
    }
}

/// Reads a settings document: bare, or in a ClusterAdmissionPolicy, an AdmissionPolicy or a constraint. It may have [`Loaded::problems`].
///
/// # Errors
/// What is no YAML, or not one document, with its place.
pub fn read(text: &str) -> Result<Loaded, Box<Located>> {
    let mut documents = yaml::read(text).map_err(|e| {
        let message = format!("expected {}, found {}", e.expected, e.found);
        Box::new(Located { at: e.at, path: String::new(), message, hint: e.hint })
    })?;
    let n = documents.len();
    let one = if n == 1 { documents.pop() } else { None };
    let none = || Box::new(Located::of_text(Span::default(), format!("expected one document, found {n}")));
    let document = one.ok_or_else(none)?;
    let prefix = match document.value.get("apiVersion").and_then(Value::as_str) {
        Some(version) if version.starts_with("policies.kubewarden.io/") => "/spec/settings",
        Some(version) if version.starts_with("constraints.gatekeeper.sh/") => "/spec/parameters",
        _ => "",
    };
    let value = document.value.pointer(prefix).cloned().unwrap_or(Value::Null);
    Ok(Loaded { document, prefix, value })
}

impl Loaded {
    /// The settings; or all that is wrong with them.
    ///
    /// # Errors
    /// Each problem at its place.
    pub fn settings(&self) -> Result<Settings, Vec<Located>> {
        Settings::read(&self.value).map_err(|problems| problems.into_iter().map(|problem| self.locate(problem)).collect())
    }

    /// All that is wrong; empty for settings that the policy accepts.
    #[must_use]
    pub fn problems(&self) -> Vec<Located> {
        self.settings().err().unwrap_or_default()
    }

    /// What an operator should look at in settings without problems.
    #[must_use]
    pub fn advice(&self, now: Timestamp) -> Vec<Located> {
        let advice = self.settings().map(|settings| advice::advise(&settings, now)).unwrap_or_default();
        advice.into_iter().map(|problem| self.locate(problem)).collect()
    }

    fn locate(&self, problem: Problem) -> Located {
        let pointer = format!("{}{}", self.prefix, problem.pointer);
        // What is wrong with a key is shown at the key.
        let key = self.document.keys.get(&pointer).filter(|_| problem.message.contains("unknown key"));
        let at = key.copied().unwrap_or_else(|| self.document.span(&pointer));
        Located { at, path: problem.path, message: problem.message, hint: problem.hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_stand_where_they_are_in_whatever_carries_the_settings() {
        for (text, line) in [
            ("rules:\n- name: a\n  action: no\n", 3),
            ("apiVersion: policies.kubewarden.io/v1\nspec:\n  settings:\n    rules:\n    - name: a\n      action: no\n", 6),
            ("apiVersion: constraints.gatekeeper.sh/v1beta1\nspec:\n  parameters:\n    rules: [{name: a, action: no}]\n", 4),
        ] {
            let problems = read(text).unwrap().problems();
            let found = problems.iter().find(|problem| problem.path == "rules[0].action").unwrap();
            assert_eq!(found.at.line, line, "{text}");
        }
    }

    #[test]
    fn what_is_not_one_document_is_refused_with_its_place() {
        assert_eq!(read("a: [").unwrap_err().at.line, 2);
        assert_eq!(read("{}\n---\n{}\n").unwrap_err().message, "expected one document, found 2");
        assert_eq!(read("").unwrap_err().message, "expected one document, found 0");
    }
}
