//! What JavaScript calls: texts in, texts out.

use wasm_bindgen::prelude::wasm_bindgen;

/// See [`crate::judge`].
#[wasm_bindgen]
pub fn judge(question: &str) -> String {
    crate::judge(question)
}

/// See [`crate::review`].
#[wasm_bindgen]
pub fn review(question: &str) -> String {
    crate::review(question)
}

/// See [`crate::import`].
#[wasm_bindgen(js_name = "importSettings")]
pub fn import(question: &str) -> String {
    crate::import(question)
}

/// See [`crate::export`].
#[wasm_bindgen(js_name = "exportSettings")]
pub fn export(question: &str) -> String {
    crate::export(question)
}

/// See [`crate::version`].
#[wasm_bindgen]
pub fn version() -> String {
    crate::version()
}
