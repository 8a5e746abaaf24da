//! A place in the settings as written: reads a value of the expected shape or notes a problem with its path. All problems are kept.

use std::cell::RefCell;
use std::fmt;

use serde_json::{Map, Value};

use crate::limits;

/// One thing that is wrong with a settings document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer of the place: `/rules/0/name`; empty for the whole document.
    pub pointer: String,
    /// The same for people: `rules[0].name`.
    pub path: String,
    /// What was expected and what was found. One line.
    pub message: String,
    /// What the writer probably meant.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "settings: {}", self.message)?
        } else {
            write!(f, "settings: `{}`: {}", self.path, self.message)?
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// The problems found so far; the excess is counted.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<(Vec<Problem>, usize)>);

impl Problems {
    /// The problems in the order they were found, the last one saying how many more there are.
    pub(crate) fn into_inner(self) -> Vec<Problem> {
        let (mut problems, more) = self.0.into_inner();
        if more > 0 {
            let message = format!("and {more} more problems");
            problems.push(Problem { pointer: String::new(), path: String::new(), message, hint: None });
        }
        problems
    }
}

/// The way from the document's root to a value.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Key(&'a Node<'a>, &'a str),
    Index(&'a Node<'a>, usize),
}

/// A value with its path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    step: Step<'a>,
    problems: &'a Problems,
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value, problems: &'a Problems) -> Self {
        Self { value, step: Step::Root, problems }
    }

    /// The value as written.
    pub(crate) fn value(&self) -> &'a Value {
        self.value
    }

    /// Notes a problem here.
    pub(crate) fn problem(&self, message: impl Into<String>) {
        self.problem_with_hint(message, None);
    }

    /// Notes a problem here, with a hint.
    pub(crate) fn problem_with_hint(&self, message: impl Into<String>, hint: Option<String>) {
        let mut problems = self.problems.0.borrow_mut();
        if problems.0.len() >= limits::SETTINGS_PROBLEMS {
            problems.1 = problems.1.saturating_add(1);
            return;
        }
        let (mut pointer, mut path) = (String::new(), String::new());
        self.write_path(&mut pointer, &mut path);
        problems.0.push(Problem { pointer, path, message: message.into(), hint });
    }

    fn write_path(&self, pointer: &mut String, path: &mut String) {
        match self.step {
            Step::Root => {}
            Step::Key(parent, key) => {
                parent.write_path(pointer, path);
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&crate::text::quote(key));
            }
            Step::Index(parent, index) => {
                parent.write_path(pointer, path);
                pointer.push_str(&format!("/{index}"));
                path.push_str(&format!("[{index}]"));
            }
        }
    }

    /// The members of an object all of whose keys are `known`. What is `refused` gets a sentence of its own instead of "unknown key".
    pub(crate) fn object(&'a self, known: &[&str], refused: &[&str], why: &str) -> Option<Members<'a>> {
        let Value::Object(members) = self.value else {
            self.expected("an object");
            return None;
        };
        for (key, value) in members {
            let here = Node { value, step: Step::Key(self, key), problems: self.problems };
            if refused.contains(&key.as_str()) {
                here.problem(why);
            } else if !known.contains(&key.as_str()) {
                let known_keys = if known.is_empty() { "none".to_owned() } else { format!("one of {}", known.join(", ")) };
                here.problem_with_hint(format!("unknown key, expected {known_keys}"), did_you_mean(key, known));
            }
        }
        Some(Members { node: self, members })
    }

    /// The one member of an object that has exactly one of the `known` keys.
    pub(crate) fn one_of(&'a self, known: &[&'static str]) -> Option<(&'static str, Node<'a>)> {
        let members = self.object(known, &[], "")?;
        let mut written = known.iter().filter(|key| members.has(key));
        let (Some(key), None) = (written.next(), written.next()) else {
            self.problem(format!("expected exactly one of {}", known.join(", ")));
            return None;
        };
        members.get(key).map(|node| (*key, node))
    }

    /// The members of an object with keys of the writer's choice, at least one and at most `max`.
    pub(crate) fn entries(&'a self, max: usize) -> Option<impl Iterator<Item = (&'a str, Node<'a>)>> {
        match self.value {
            Value::Object(members) if members.is_empty() => self.problem("expected at least one key, found none"),
            Value::Object(members) if members.len() > max => {
                self.problem(format!("expected at most {max} keys, found {}", members.len()))
            }
            Value::Object(members) => {
                let node = |(key, value): (&'a String, &'a Value)| {
                    (key.as_str(), Node { value, step: Step::Key(self, key), problems: self.problems })
                };
                return Some(members.iter().map(node));
            }
            _ => self.expected("an object"),
        }
        None
    }

    /// The elements of a list that may be empty: templates write such lists.
    pub(crate) fn list_or_none(&'a self, max: usize) -> impl Iterator<Item = Node<'a>> {
        let is_empty = self.value.as_array().is_some_and(Vec::is_empty);
        (!is_empty).then(|| self.list(max)).flatten().into_iter().flatten()
    }

    /// The elements of a list that has at least one and at most `max`.
    pub(crate) fn list(&'a self, max: usize) -> Option<impl Iterator<Item = Node<'a>>> {
        match self.value {
            Value::Array(items) if items.is_empty() => self.problem("expected at least one element, found an empty list"),
            Value::Array(items) if items.len() > max => {
                self.problem(format!("expected at most {max} elements, found {}", items.len()))
            }
            Value::Array(items) => {
                let node = |(index, value)| Node { value, step: Step::Index(self, index), problems: self.problems };
                return Some(items.iter().enumerate().map(node));
            }
            _ => self.expected("a list"),
        }
        None
    }

    /// A non-empty text.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self.value {
            Value::String(text) if text.trim().is_empty() => self.problem("expected a text, found an empty one"),
            Value::String(text) => return Some(text),
            _ => self.expected("a text"),
        }
        None
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => return Some(*value),
            _ => self.expected("true or false"),
        }
        None
    }

    /// A whole number from 0 to 4 294 967 295.
    pub(crate) fn whole_number(&self) -> Option<u32> {
        let number = self.value.as_u64().and_then(|n| u32::try_from(n).ok());
        if number.is_none() {
            self.expected("a whole number from 0 to 4294967295");
        }
        number
    }

    /// A decimal that `read` accepts.
    pub(crate) fn decimal<T>(&self, what: &str, read: impl Fn(f64) -> Option<T>) -> Option<T> {
        let value = self.value.as_f64().and_then(read);
        if value.is_none() {
            self.expected(what);
        }
        value
    }

    /// A text that `read` accepts.
    pub(crate) fn parsed<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = self.value.as_str().and_then(read);
        if value.is_none() {
            self.expected(what);
        }
        value
    }

    /// One of a closed list of words.
    pub(crate) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let found = self.value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let hint = self.value.as_str().and_then(|text| did_you_mean(text, &names));
            self.problem_with_hint(format!("expected one of {}, found {}", names.join(", "), describe(self.value)), hint);
        }
        found.map(|(_, value)| *value)
    }

    /// Notes that something else was expected here.
    pub(crate) fn expected(&self, what: &str) {
        self.problem(format!("expected {what}, found {}", describe(self.value)));
    }
}

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'a> {
    node: &'a Node<'a>,
    members: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    /// The member, if it is there.
    pub(crate) fn get(&self, key: &'a str) -> Option<Node<'a>> {
        let value = self.members.get(key)?;
        Some(Node { value, step: Step::Key(self.node, key), problems: self.node.problems })
    }

    /// The member; its absence is a problem.
    pub(crate) fn require(&self, key: &'a str) -> Option<Node<'a>> {
        let member = self.get(key);
        if member.is_none() {
            self.node.problem(format!("expected the key `{key}`, found none"));
        }
        member
    }

    /// Whether the member is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }
}

/// A value as a message quotes it.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("`{}`", crate::text::quote(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

fn did_you_mean(found: &str, known: &[&str]) -> Option<String> {
    let found = found.to_ascii_lowercase();
    let near = known.iter().map(|word| (strsim::osa_distance(&found, &word.to_ascii_lowercase()), word));
    let (distance, word) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2 && distance < word.len()).then(|| format!("did you mean `{word}`?"))
}
