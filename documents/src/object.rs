//! The YAML of one object of a cluster, as `kubectl get REPORT --output yaml` writes it → the JSON that readers of reports take.

use crate::yaml;

/// The longest YAML that is read as a report, in bytes (16 MiB): as a tree it takes many times as much, and a cluster keeps no larger object.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Whether a text is the YAML of an object: a line that begins with `apiVersion:`, and nothing that JSON or XML begin with.
#[must_use]
pub fn is_yaml(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_ascii_start();
    !text.starts_with(['{', '[', '<']) && text.lines().take(1000).any(|line| line.starts_with("apiVersion:"))
}

/// The one object of a stream as JSON.
///
/// # Errors
/// A sentence: the text is too long, no YAML, or has not one object.
pub fn as_json(text: &str) -> Result<String, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("expected YAML of at most {MAX_BYTES} bytes, found {}; hint: write it as JSON", text.len()));
    }
    let mut documents = yaml::read(text).map_err(|e| e.to_string())?;
    documents.retain(|document| !document.value.is_null());
    match documents.as_slice() {
        [one] => serde_json::to_string(&one.value).map_err(|e| e.to_string()),
        all => {
            Err(format!("expected one Kubernetes object, found {}; hint: each report belongs into a file of its own", all.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_yaml_of_one_object_is_its_json() {
        let object =
            "apiVersion: aquasecurity.github.io/v1alpha1\nkind: VulnerabilityReport\nreport:\n  artifact: {tag: \"1.0\"}\n";
        let json = r#"{"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReport","report":{"artifact":{"tag":"1.0"}}}"#;
        for text in
            [object.to_owned(), format!("# exported\n---\n{object}"), format!("{object}---\n"), format!("\u{feff}{object}")]
        {
            assert!(is_yaml(&text), "{text}");
            assert_eq!(as_json(&text).unwrap(), json, "{text}");
        }
        for (text, part) in [
            (format!("{object}---\n{object}"), "expected one Kubernetes object, found 2"),
            (format!("{object}kind: Other\n"), "duplicate key"),
            (format!("{object}a: &a [*a]\n"), "line 5"),
            (format!("{object}{}", "# x\n".repeat(5_000_000)), "expected YAML of at most 16777216 bytes"),
        ] {
            let error = as_json(&text).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
        for other in ["{\"apiVersion:\": 1}", "<a/>\napiVersion: 1", "a: apiVersion", "\u{0}"] {
            assert!(!is_yaml(other), "{other}");
        }
    }
}
