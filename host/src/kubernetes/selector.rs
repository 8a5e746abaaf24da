//! Label and field selectors as an API server reads them, for objects that no API server selects.
//!
//! Labels: `k=v`, `k==v`, `k!=v`, `k in (v,w)`, `k notin (v,w)`, `k`, `!k`, joined by commas
//! (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>). Fields: `path=value`, `path==value`,
//! `path!=value`, joined by commas, where a path may be that of any member; an API server knows a few for each kind only.

use kube::core::{DynamicObject, Expression, Selector as Labels, SelectorExt as _};
use serde_json::Value;

/// Both selectors of a list.
#[derive(Debug, Default)]
pub(super) struct Selector {
    labels: Labels,
    fields: Vec<Field>,
}

/// One requirement on a member.
#[derive(Debug)]
struct Field {
    path: String,
    value: String,
    is_equal: bool,
}

impl Selector {
    /// Reads both selectors; absent and empty ones choose everything.
    ///
    /// # Errors
    /// One sentence with the part that is not understood.
    pub(super) fn new(labels: Option<&str>, fields: Option<&str>) -> Result<Self, String> {
        let labels = requirements(labels.unwrap_or_default()).map(label).collect::<Result<Labels, _>>()?;
        let fields = requirements(fields.unwrap_or_default()).map(field).collect::<Result<_, _>>()?;
        Ok(Self { labels, fields })
    }

    /// Whether an object is chosen.
    ///
    /// # Errors
    /// A field selector's path leads to something that is no single value.
    pub(super) fn chooses(&self, object: &DynamicObject) -> Result<bool, String> {
        let is_chosen = match &object.metadata.labels {
            Some(labels) => self.labels.matches(labels),
            None => self.labels.matches(&Default::default()),
        };
        for field in self.fields.iter().filter(|_| is_chosen) {
            if !field.chooses(object)? {
                return Ok(false);
            }
        }
        Ok(is_chosen)
    }
}

/// The parts between commas, but for those in parentheses.
fn requirements(selector: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    let parts = selector.split(move |c| {
        is_inside = (is_inside || c == '(') && c != ')';
        c == ',' && !is_inside
    });
    // An empty selector has no part; in any other an empty part is a mistake, which is complained of where it is read.
    parts.map(str::trim).filter(move |_| !selector.trim().is_empty())
}

fn label(part: &str) -> Result<Expression, String> {
    let refused = || {
        let forms = "`k=v`, `k==v`, `k!=v`, `k in (v,w)`, `k notin (v,w)`, `k` and `!k`";
        format!("label selector: expected requirements of the forms {forms}, found `{part}`")
    };
    let word = |text: &str, or_empty: bool| {
        let text = text.trim();
        let is_word = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
        if is_word && (or_empty || !text.is_empty()) { Ok(text.to_owned()) } else { Err(refused()) }
    };
    if let Some((key, value)) = part.split_once("!=") {
        return Ok(Expression::NotEqual(word(key, false)?, word(value, true)?));
    }
    if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Ok(Expression::Equal(word(key, false)?, word(value, true)?));
    }
    if let Some(key) = part.strip_prefix('!') {
        return Ok(Expression::DoesNotExist(word(key, false)?));
    }
    let Some((before, values)) = part.split_once('(') else { return Ok(Expression::Exists(word(part, false)?)) };
    let values = values.strip_suffix(')').ok_or_else(refused)?;
    let values = values.split(',').map(|value| word(value, true)).collect::<Result<_, _>>()?;
    match before.trim().rsplit_once(char::is_whitespace) {
        Some((key, "in")) => Ok(Expression::In(word(key, false)?, values)),
        Some((key, "notin")) => Ok(Expression::NotIn(word(key, false)?, values)),
        _ => Err(refused()),
    }
}

fn field(part: &str) -> Result<Field, String> {
    let (path, value, is_equal) = match part.split_once("!=") {
        Some((path, value)) => (path, value, false),
        None => match part.split_once("==").or_else(|| part.split_once('=')) {
            Some((path, value)) => (path, value, true),
            None => ("", "", true),
        },
    };
    let path = path.trim();
    // An API server reads `\` as the beginning of a comma, `=` or `\` that is part of a value.
    if path.is_empty() || part.contains('\\') || value.contains('=') {
        let forms = "`path=value`, `path==value` and `path!=value` without a `\\`";
        return Err(format!("field selector: expected requirements of the forms {forms}, found `{part}`"));
    }
    Ok(Field { path: path.to_owned(), value: value.trim().to_owned(), is_equal })
}

impl Field {
    /// What is absent is the empty text, as for an API server.
    fn chooses(&self, object: &DynamicObject) -> Result<bool, String> {
        let metadata = &object.metadata;
        let found = match self.path.as_str() {
            "metadata.name" => metadata.name.clone().unwrap_or_default(),
            "metadata.namespace" => metadata.namespace.clone().unwrap_or_default(),
            path => {
                let object = serde_json::to_value(object).map_err(|error| error.to_string())?;
                let member = path.split('.').try_fold(&object, |value, member| value.get(member));
                match member {
                    None | Some(Value::Null) => String::new(),
                    Some(Value::String(text)) => text.clone(),
                    Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
                    Some(_) => return Err(format!("field selector: expected a single value at `{path}`, found several")),
                }
            }
        };
        Ok((found == self.value) == self.is_equal)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(labels: Option<&str>, fields: Option<&str>) -> Result<bool, String> {
        let object = serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "n", "namespace": "s", "labels": { "app": "web", "empty": "", "example.com/tier": "1" } },
            "spec": { "nodeName": "x", "replicas": 2, "on": true, "list": [1] },
        }))
        .expect("an object");
        Selector::new(labels, fields)?.chooses(&object)
    }

    #[test]
    fn labels_choose() {
        for (selector, is_chosen) in [
            ("", true),
            ("app=web", true),
            ("app==web", true),
            ("app=db", false),
            ("app!=db", true),
            ("app!=web", false),
            ("absent!=web", true),
            ("app = web , example.com/tier = 1", true),
            ("app=web,example.com/tier=2", false),
            ("app in (db, web)", true),
            ("app in (db),empty", false),
            ("app notin (db,web)", false),
            ("absent notin (db)", true),
            ("app", true),
            ("absent", false),
            ("!absent", true),
            ("!app", false),
            ("empty=", true),
            ("empty in ()", true),
        ] {
            assert_eq!(chosen(Some(selector), None), Ok(is_chosen), "{selector}");
        }
    }

    #[test]
    fn fields_choose() {
        for (selector, is_chosen) in [
            ("", true),
            ("metadata.name=n", true),
            ("metadata.name==n,metadata.namespace=s", true),
            ("metadata.name!=n", false),
            ("spec.nodeName=x", true),
            ("spec.replicas=2,spec.on=true", true),
            ("spec.absent=", true),
            ("spec.absent!=x", true),
            ("metadata.labels.app=web,kind=Pod", true),
            ("metadata.name=m,metadata.namespace=s", false),
        ] {
            assert_eq!(chosen(None, Some(selector)), Ok(is_chosen), "{selector}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for selector in ["a>1", "a in b", "a in (b", "=b", "a,,b", "a b", "a=b c", "a=(b)", "!", "a is (b)", "a=b=c"] {
            let found = chosen(Some(selector), None).expect_err(selector);
            assert!(found.starts_with("label selector: expected requirements of the forms `k=v`, "), "{found}");
        }
        for selector in ["a", "=b", "a=b\\,c", "a=b,", "a=b=c"] {
            let found = chosen(None, Some(selector)).expect_err(selector);
            assert!(found.starts_with("field selector: expected requirements of the forms `path=value`, "), "{found}");
        }
        assert_eq!(
            chosen(None, Some("spec.list=1")),
            Err("field selector: expected a single value at `spec.list`, found several".to_owned())
        );
        // What the labels leave out is not looked at.
        assert_eq!(chosen(Some("app=db"), Some("spec.list=1")), Ok(false));
    }
}
