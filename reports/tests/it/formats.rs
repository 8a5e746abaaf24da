//! The table of formats as a whole.

use std::collections::BTreeSet;

use reports::Format;

#[test]
fn names_and_media_types_are_distinct_and_lead_back() {
    let names: BTreeSet<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let media_types: BTreeSet<&str> = Format::ALL.iter().map(|format| format.reader().media_type).collect();
    assert_eq!((names.len(), media_types.len()), (Format::ALL.len(), Format::ALL.len()));
    for format in Format::ALL {
        assert_eq!(Format::from_name(format.name()), Some(*format));
        assert!(
            format.reader().media_type.starts_with("application/") && format.reader().media_type.ends_with("+json"),
            "{format:?}"
        );
    }
    assert_eq!(Format::from_name("Sarif"), None);
}

/// Who looks for a format looks in the documents.
#[test]
fn every_format_is_documented() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/findings.md")).unwrap();
    let undocumented: Vec<&str> =
        Format::ALL.iter().map(|format| format.name()).filter(|name| !text.contains(&format!("| `{name}` |"))).collect();
    assert!(undocumented.is_empty(), "docs/findings.md: \"Reports\" lacks {undocumented:?}");
}
