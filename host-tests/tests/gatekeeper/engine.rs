//! A committed template, evaluated as Gatekeeper does.

use std::sync::Arc;

use documents::yaml;
use host_tests::engine::root;
use host_tests::template::Template;
use regorus::{Engine, Value as Rego};
use serde_json::{Value, json};

/// What answers `external_data`: the keys that are asked for → what Rego sees.
pub(crate) type Data = Arc<dyn Fn(&[String]) -> Value + Send + Sync>;

/// The messages of the violations, sorted, or the text of an error of the whole evaluation.
pub(crate) fn violations(template: &Template, parameters: &Value, review: &Value, data: &Data) -> Result<Vec<String>, String> {
    evaluate(template, &json!({ "parameters": parameters, "review": review }), data)
}

/// The same of any input.
pub(crate) fn evaluate(template: &Template, input: &Value, data: &Data) -> Result<Vec<String>, String> {
    let mut engine = prepared(template, data);
    engine.set_input_json(&input.to_string()).map_err(|error| error.to_string())?;
    let rule = format!("data.{}.violation", template.package());
    let found = engine.eval_rule(rule).map_err(|error| error.to_string())?;
    let found: Value = serde_json::from_str(&found.to_json_str().map_err(|error| error.to_string())?).unwrap();
    let mut messages: Vec<String> = Vec::new();
    for violation in found.as_array().into_iter().flatten() {
        // Anything else is an error of the whole review in Gatekeeper.
        messages.push(violation["msg"].as_str().ok_or_else(|| format!("a message that is no text: {violation}"))?.to_owned());
    }
    messages.sort();
    Ok(messages)
}

fn prepared(template: &Template, data: &Data) -> Engine {
    let mut engine = Engine::new();
    // Gatekeeper's own default.
    engine.set_rego_v0(true);
    engine.add_policy(template.file(), rego(template)).unwrap_or_else(|e| panic!("{}: {e}", template.kind));
    let data = Arc::clone(data);
    let extension = move |arguments: Vec<Rego>| {
        let asked: Value = serde_json::from_str(&arguments[0].to_json_str()?).unwrap();
        assert_eq!(asked["provider"], "gated-deployment");
        let keys: Vec<String> = serde_json::from_value(asked["keys"].clone()).unwrap();
        Rego::from_json_str(&data(&keys).to_string())
    };
    engine.add_extension("external_data".to_owned(), 1, Box::new(extension)).unwrap();
    engine
}

/// The Rego of the committed manifest.
pub(crate) fn rego(template: &Template) -> String {
    let text = std::fs::read_to_string(root().join(template.file())).unwrap();
    let manifest = yaml::read(&text).unwrap_or_else(|e| panic!("{}: {e}", template.file())).remove(0).value;
    manifest["spec"]["targets"][0]["rego"].as_str().unwrap().to_owned()
}

/// What Rego sees of a response with one value for the one key.
pub(crate) fn answered(key: &str, value: &Value) -> Value {
    json!({ "responses": [[key, value]], "errors": [], "status_code": 200, "system_error": "" })
}
