//! A second opinion: the same templates in OPA itself, by its Python bindings. Where they do not install there is none, and a line says so.

use std::io::Write as _;
use std::process::{Command, Stdio};

use host_tests::engine::root;
use host_tests::template::Template;
use serde_json::{Value, json};

use crate::engine::rego;

/// An evaluation, and what the other engine made of it.
pub(crate) struct Asked {
    name: String,
    line: Value,
    key: Value,
    messages: Vec<String>,
}

impl Asked {
    /// `data` is what `external_data` returned to the other engine, with `KEY` for the key that it asked for.
    pub(crate) fn new(name: &str, template: &Template, input: &Value, data: &Value, key: &str, messages: &[String]) -> Self {
        let line = json!({ "rego": rego(template), "package": template.package(), "input": input, "data": data });
        let key = serde_json::from_str(key).unwrap_or(Value::Null);
        Self { name: format!("{}: {name}", template.kind), line, key, messages: messages.to_vec() }
    }
}

/// What OPA makes otherwise. How keys are written differs from engine to engine, what they say does not.
pub(crate) fn deviations(asked: &[Asked]) -> Vec<String> {
    let Some(answers) = answers(asked) else { return Vec::new() };
    assert_eq!(answers.len(), asked.len());
    let deviation = |(asked, answer): (&Asked, &Value)| {
        let keys: Vec<Value> = answer["keys"].as_array().into_iter().flatten().map(read).collect();
        let is_same = answer["messages"] == json!(asked.messages)
            && keys.first().is_some_and(|key| same(key, &asked.key))
            && keys.len() == 1;
        (!is_same).then(|| format!("{}\n  wanted {:?} for {}\n  found  {answer}", asked.name, asked.messages, asked.key))
    };
    asked.iter().zip(&answers).filter_map(deviation).collect()
}

fn read(key: &Value) -> Value {
    serde_json::from_str(key.as_str().unwrap()).unwrap()
}

/// 7 and 7.0 are one number.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r)),
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

fn answers(asked: &[Asked]) -> Option<Vec<Value>> {
    let tool = Command::new(root().join("scripts/tool")).arg("opa-python").output().unwrap();
    if !tool.status.success() {
        let why = format!("no second opinion: {}\n", String::from_utf8_lossy(&tool.stderr).trim());
        std::io::stderr().write_all(why.as_bytes()).unwrap();
        return None;
    }
    let python = String::from_utf8(tool.stdout).unwrap();
    let script = root().join("host-tests/tests/gatekeeper/opa.py");
    let mut process = Command::new(python.trim()).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let lines: String = asked.iter().map(|asked| format!("{}\n", asked.line)).collect();
    let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = process.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "OPA ended with {}", output.status);
    Some(String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}
