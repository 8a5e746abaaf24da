//! Writes the pages of the book that are made of the code.

use std::error::Error;

use host_tests::engine::root;
use host_tests::reference;

fn main() -> Result<(), Box<dyn Error>> {
    for (name, text) in reference::pages() {
        let path = root().join(name);
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(path, text)?;
        }
    }
    Ok(())
}
