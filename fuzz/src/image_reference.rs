//! Bytes → image reference.

use policy::image::Reference;

/// The normal form of a reference parses to the same normal form, and its digest is where a digest was written.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Reference::parse(text) {
        Ok(reference) => {
            let normal = reference.to_string();
            let again = Reference::parse(&normal).map(|reference| reference.to_string());
            assert_eq!(again.as_ref(), Ok(&normal), "{text:?} is {normal:?}");
            assert!(reference.comment().is_none_or(|tag| text.contains(&format!(":{tag}@"))), "{text:?}");
            assert!(normal.is_ascii() && !normal.contains(char::is_whitespace), "{normal:?}");
            assert!(normal.starts_with(&reference.repository()), "{normal:?}");
            assert!(reference.repository().starts_with(reference.registry()), "{normal:?}");
            assert_ne!(reference.tag().is_some(), reference.digest().is_some(), "{normal:?}");
            assert_eq!(text.contains('@'), reference.digest().is_some(), "{normal:?}");
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
