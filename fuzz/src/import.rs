//! Bytes → the files of another gate's configuration → settings, exemptions alone, or one refusal.
//!
//! Files follow one another behind a byte that no text has.

use documents::yaml;
use import::{File, Imported};
use policy::settings::Settings;
use serde_json::json;

/// What stands between two files: no byte of UTF-8.
const SEPARATOR: u8 = 0xff;

/// What is handed out can be used, is said on one line each, and its YAML is what it says; what is refused says where and why.
pub fn run(data: &[u8]) {
    let texts: Vec<String> =
        data.split(|byte| *byte == SEPARATOR).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let names: Vec<String> = (0..texts.len()).map(|i| format!("{i}.yaml")).collect();
    let files: Vec<File<'_>> = texts.iter().zip(&names).map(|(text, name)| File { name, text }).collect();
    match import::import(&files) {
        Ok(imported) => hold(&imported),
        Err(refusal) => {
            let line = refusal.to_string();
            assert!(!refusal.expected.is_empty() && !refusal.found.is_empty() && !line.contains('\n'), "{line:?}");
        }
    }
}

fn hold(imported: &Imported) {
    let mut settings = imported.settings.clone();
    if !imported.has_rules() {
        settings["rules"] = json!([{ "name": "any", "action": "deny", "conditions": [{ "severity": "low" }] }]);
    }
    let read = Settings::read(&settings);
    assert!(read.is_ok(), "{settings}: {:?}", read.err());
    for loss in &imported.losses {
        let line = loss.to_string();
        assert!(!loss.what.is_empty() && !loss.why.is_empty() && !line.contains('\n'), "a loss is one line: {line:?}");
    }
    let written = yaml::read(&imported.to_yaml(&["a"])).expect("the YAML can be read");
    assert!(
        matches!(&written[..], [document] if document.value == imported.settings),
        "the YAML is the settings: {}",
        imported.settings
    );
}
