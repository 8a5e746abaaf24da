//! Parser events → documents: values, keys and their places, within the cap on nesting.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, ScanError, Span as Parsed, Tag};
use serde_json::{Map, Value};

use super::alias::{self, Anchors, Refusal};
use super::position::Positions;
use super::scalar::{self, Known};
use super::{Document, MAX_DEPTH, Span, YamlError};

/// A mapping or sequence whose end has not come yet.
struct Open {
    content: Content,
    anchor: usize,
    start: Marker,
    /// Length of the pointer of this value inside `Builder::pointer`.
    pointer: usize,
}

enum Content {
    Sequence(Vec<Value>),
    Mapping { entries: Map<String, Value>, key: Option<Key>, merges: Vec<Value> },
}

/// A key whose value has not come yet.
struct Key {
    text: String,
    span: Span,
    /// A plain `<<`.
    merge: bool,
}

/// Builds documents from events, in the order they come.
pub(super) struct Builder<'a> {
    /// What has been finished.
    pub(super) documents: Vec<Document>,
    positions: Positions<'a>,
    with_spans: bool,
    current: Document,
    open: Vec<Open>,
    pointer: String,
    anchors: Anchors,
    /// End of the last scalar, alias or flow collection: where a block collection ends as a reader sees it.
    last_end: Marker,
}

impl<'a> Builder<'a> {
    pub(super) fn new(positions: Positions<'a>, with_spans: bool) -> Self {
        Self {
            documents: Vec::new(),
            positions,
            with_spans,
            current: empty(),
            open: Vec::new(),
            pointer: String::new(),
            anchors: Anchors::default(),
            last_end: Marker::new(0, 1, 0),
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: Parsed) -> Result<(), YamlError> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
            Event::DocumentStart(_) => {
                self.current = empty();
                self.anchors = Anchors::default();
                self.pointer.clear();
            }
            Event::DocumentEnd => self.documents.push(std::mem::replace(&mut self.current, empty())),
            Event::Scalar(text, style, anchor, tag) => {
                self.last_end = span.end;
                let tag = self.tag(tag.as_deref(), &span)?;
                let plain = style == saphyr_parser::ScalarStyle::Plain;
                let found = || format!("`{}`", shown(&text));
                let value = scalar::resolve(&text, style, &tag).map_err(|expected| self.error(&span, expected, found()))?;
                if self.wants_key() {
                    return self.key(value, &text, plain, anchor, &span);
                }
                self.enter(&span)?;
                self.finish(value, anchor, span.start, span.end)?;
            }
            Event::Alias(anchor) => {
                self.last_end = span.end;
                self.alias(anchor, &span)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(Content::Sequence(Vec::new()), anchor, tag.as_deref(), "seq", &span)?;
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Mapping { entries: Map::new(), key: None, merges: Vec::new() };
                self.start(content, anchor, tag.as_deref(), "map", &span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span)?,
        }
        Ok(())
    }

    /// What the parser itself complains about.
    pub(super) fn malformed(&self, error: &ScanError) -> YamlError {
        let at = self.positions.between(error.marker(), error.marker());
        YamlError { at, pointer: "".into(), expected: "well-formed YAML".to_owned(), found: error.info().to_owned(), hint: None }
    }

    fn error(&self, span: &Parsed, expected: impl Into<String>, found: impl Into<String>) -> YamlError {
        let at = self.positions.span(span);
        YamlError { at, pointer: self.pointer.as_str().into(), expected: expected.into(), found: found.into(), hint: None }
    }

    fn refused(&self, span: &Parsed, (expected, found): Refusal) -> YamlError {
        self.error(span, expected, found)
    }

    fn wants_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { content: Content::Mapping { key: None, .. }, .. }))
    }

    /// Notes the root's own tag and refuses one anywhere below it.
    fn tag(&mut self, tag: Option<&Tag>, span: &Parsed) -> Result<Known, YamlError> {
        let known = scalar::sort(tag);
        if let Known::Custom(name) = &known {
            if !self.open.is_empty() {
                return Err(self.error(span, "no tag other than those of the core schema", format!("`{name}`")));
            }
            self.current.tag = Some(name.clone());
        }
        Ok(known)
    }

    fn start(&mut self, content: Content, anchor: usize, tag: Option<&Tag>, core: &str, span: &Parsed) -> Result<(), YamlError> {
        if let Known::Core(name) = self.tag(tag, span)?
            && name != core
        {
            return Err(self.error(span, format!("`!!{core}`"), format!("`!!{name}`")));
        }
        if self.wants_key() {
            return Err(self.error(span, "a string as key", "a collection"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(span, format!("at most {MAX_DEPTH} levels of nesting"), "one more"));
        }
        self.enter(span)?;
        self.open.push(Open { content, anchor, start: span.start, pointer: self.pointer.len() });
        Ok(())
    }

    /// Sets the pointer to the value that begins now.
    fn enter(&mut self, span: &Parsed) -> Result<(), YamlError> {
        let key = match self.open.last() {
            None => return Ok(()),
            Some(Open { content: Content::Sequence(values), .. }) => values.len().to_string(),
            Some(Open { content: Content::Mapping { key: Some(key), .. }, .. }) => escaped(&key.text),
            Some(_) => return Err(self.error(span, "a key", "a value")),
        };
        self.pointer.push('/');
        self.pointer.push_str(&key);
        Ok(())
    }

    fn key(&mut self, value: Value, text: &str, plain: bool, anchor: usize, span: &Parsed) -> Result<(), YamlError> {
        let Value::String(name) = value else {
            let mut error = self.error(span, "a string as key", format!("`{}`", shown(text)));
            error.hint = Some("quote it".to_owned());
            return Err(error);
        };
        if anchor != 0 {
            let name = Value::String(name.clone());
            self.anchors.keep(anchor, &name).map_err(|refusal| self.refused(span, refusal))?;
        }
        let at = self.positions.span(span);
        let Some(Open { content: Content::Mapping { entries, key, .. }, .. }) = self.open.last_mut() else { return Ok(()) };
        if entries.contains_key(&name) {
            let first = self.current.keys.get(&format!("{}/{}", self.pointer, escaped(&name))).map(|first| first.line);
            let mut error = self.error(span, "each key once", format!("duplicate key `{}`", shown(&name)));
            error.hint = first.map(|line| format!("the first is in line {line}"));
            return Err(error);
        }
        *key = Some(Key { merge: plain && name == "<<", text: name, span: at });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: &Parsed) -> Result<(), YamlError> {
        let value = self.anchors.resolve(anchor, self.open.len()).map_err(|refusal| self.refused(span, refusal))?;
        if self.wants_key() {
            let text = value.to_string();
            return self.key(value, &text, false, 0, span);
        }
        self.enter(span)?;
        self.finish(value, 0, span.start, span.end)
    }

    fn end(&mut self, span: &Parsed) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.pointer.truncate(open.pointer);
        let end = if span.is_empty() { self.last_end } else { span.end };
        self.last_end = end;
        let value = match open.content {
            Content::Sequence(values) => Value::Array(values),
            Content::Mapping { mut entries, merges, .. } => {
                for merge in merges {
                    alias::merge(&mut entries, merge).map_err(|refusal| self.refused(&Parsed::new(open.start, end), refusal))?;
                }
                Value::Object(entries)
            }
        };
        self.finish(value, open.anchor, open.start, end)
    }

    /// Puts a finished value into what is open around it.
    fn finish(&mut self, value: Value, anchor: usize, start: Marker, end: Marker) -> Result<(), YamlError> {
        if anchor != 0 {
            self.anchors.keep(anchor, &value).map_err(|refusal| self.refused(&Parsed::new(start, end), refusal))?;
        }
        if self.with_spans {
            self.current.spans.insert(self.pointer.clone(), self.positions.between(&start, &end));
        }
        let Some(parent) = self.open.last_mut() else {
            self.current.value = value;
            return Ok(());
        };
        match &mut parent.content {
            Content::Sequence(values) => values.push(value),
            Content::Mapping { entries, key, merges } => match key.take() {
                Some(key) if key.merge => merges.push(value),
                Some(key) => {
                    if self.with_spans {
                        self.current.keys.insert(self.pointer.clone(), key.span);
                    }
                    entries.insert(key.text, value);
                }
                None => {}
            },
        }
        self.pointer.truncate(parent.pointer);
        Ok(())
    }
}

fn empty() -> Document {
    Document { value: Value::Null, tag: None, spans: BTreeMap::new(), keys: BTreeMap::new() }
}

/// A key as a segment of a JSON pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// At most the first 40 characters, on one line.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
