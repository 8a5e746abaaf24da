//! Pages that are made of the code say what the code says.

use host_tests::engine::root;
use host_tests::reference;

#[test]
fn the_reference_is_as_the_code_makes_it() {
    for (name, text) in reference::pages() {
        let written = std::fs::read_to_string(root().join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(written == text, "{name} is behind the code: run `./just derived`");
    }
}
