//! Configurations as files, and what becomes of them.

use import::{File, Imported, Refusal};
use policy::settings::Settings;
use serde_json::{Value, json};

/// Imports a YAML stream or JSON.
pub(crate) fn text(text: &str) -> Result<Imported, Box<Refusal>> {
    import::import(&[File { name: "given.yaml", text }])
}

/// Imports documents of one file.
pub(crate) fn documents(documents: &[Value]) -> Result<Imported, Box<Refusal>> {
    text(&documents.iter().map(|document| format!("---\n{document}\n")).collect::<String>())
}

/// What is handed out is as promised: settings that can be used, or exemptions that can be put into some.
pub(crate) fn is_usable(imported: &Imported) -> bool {
    let mut settings = imported.settings.clone();
    if !imported.has_rules() {
        settings["rules"] = json!([{ "name": "any", "action": "deny", "conditions": [{ "severity": "low" }] }]);
    }
    Settings::read(&settings).is_ok()
}

/// The losses, of which each is a place and why.
pub(crate) fn losses(imported: &Imported) -> Vec<String> {
    imported.losses.iter().map(|loss| format!("{}: {}", loss.place, loss.why)).collect()
}
