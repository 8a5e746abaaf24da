//! Bytes → image reference.

use policy::image::Reference;

/// The normal form of a reference parses to the same reference, and its digest is where a digest was written.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Reference::parse(text) {
        Ok(reference) => {
            let normal = reference.to_string();
            assert_eq!(Reference::parse(&normal).as_ref(), Ok(&reference), "{text:?} is {normal:?}");
            assert!(normal.is_ascii() && !normal.contains(char::is_whitespace), "{normal:?}");
            assert!(normal.starts_with(&reference.repository()), "{normal:?}");
            assert!(reference.repository().starts_with(reference.registry()), "{normal:?}");
            assert_ne!(reference.tag().is_some(), reference.digest().is_some(), "{normal:?}");
            assert_eq!(text.contains('@'), reference.digest().is_some(), "{normal:?}");
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
