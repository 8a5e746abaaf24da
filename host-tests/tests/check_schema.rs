//! `docs/check.schema.json` describes what `gatectl check --format json` writes: the way to the verdict of every case;
//! `docs/simulate.schema.json` what `gatectl simulate --format json` does.

#![expect(clippy::expect_used, clippy::panic, reason = "a test's failed expectation is its report")]

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use host::capability::Capabilities;
use host::replay::Replay;
use host_tests::case;
use host_tests::engine::root;
use host_tests::world::{NOW, World, deployment};
use policy::lookup::host::Host;
use serde_json::{Value, json};

#[derive(Debug)]
struct Scripted(Replay);

impl Host for Scripted {
    fn call(&self, namespace: &str, operation: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        self.0.call("kubewarden", namespace, operation, payload)
    }
}

fn compile(schemas: &mut Schemas, name: &str) -> SchemaIndex {
    let text = std::fs::read_to_string(root().join("docs").join(name)).expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource(name, schema).expect("a schema");
    compiler.compile(name, schemas).unwrap_or_else(|e| panic!("{e:#}"))
}

/// What `gatectl` writes about one result.
fn document(answer: &Value, images: &[Value]) -> Value {
    let annotation = |key: &str| {
        let text = answer.pointer(&format!("/audit_annotations/{key}")).and_then(Value::as_str);
        text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_default())
    };
    let verdict = answer.pointer("/audit_annotations/verdict").expect("a verdict");
    let result = json!({
        "place": "case.yaml", "object": "Pod a/b", "verdict": verdict, "rule": answer.pointer("/audit_annotations/rule"),
        "code": answer.get("code"), "message": answer.get("message"), "warnings": answer.get("warnings").unwrap_or(&json!([])),
        "violations": annotation("violations"), "setAside": annotation("setAside"), "evidence": annotation("evidence"), "images": images,
    });
    json!({ "schemaVersion": 1, "verdict": verdict, "results": [result] })
}

#[test]
fn the_way_to_every_verdict_is_of_the_schema() {
    let mut schemas = Schemas::new();
    let schema = compile(&mut schemas, "check.schema.json");
    let mut seen = std::collections::BTreeSet::new();
    for case in case::read_all(&root().join("host-tests/cases")) {
        let host = Scripted(Replay::new(case.exchanges(), std::sync::Arc::new(|_| ())));
        let (answer, images) = policy::review::explain(&case.payload(), case.now(), &host);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let document = document(&answer, &images);
        if let Err(error) = schemas.validate(&document, schema) {
            panic!("{}: {}: {error:#}\n{document:#}", case.file.display(), case.note);
        }
        for step in images.iter().flat_map(|image| image.pointer("/platforms").and_then(Value::as_array).into_iter().flatten()) {
            for step in step.pointer("/steps").and_then(Value::as_array).into_iter().flatten() {
                seen.insert(format!("state {}", step["state"].as_str().unwrap_or_default()));
            }
        }
        for rule in images.iter().flat_map(|image| image.pointer("/rules").and_then(Value::as_array).into_iter().flatten()) {
            seen.insert(format!("part {}", rule["part"].as_str().unwrap_or_default()));
        }
    }
    let states = ["fulfilled", "not-fulfilled", "not-reached", "wanting"].map(|state| format!("state {state}"));
    let parts =
        ["controller-pod", "disabled", "excused", "judged", "out-of-scope", "scope-unknown"].map(|part| format!("part {part}"));
    assert!(seen.iter().eq(parts.iter().chain(&states)), "{seen:?}");
}

#[test]
fn the_schema_refuses_what_it_does_not_describe() {
    let mut schemas = Schemas::new();
    let schema = compile(&mut schemas, "check.schema.json");
    for wrong in [
        json!({}),
        json!({ "schemaVersion": 2, "verdict": "deny", "results": [] }),
        json!({ "schemaVersion": 1, "verdict": "allow", "results": [] }),
        json!({ "schemaVersion": 1, "verdict": "deny", "results": [{}] }),
    ] {
        assert!(schemas.validate(&wrong, schema).is_err(), "{wrong}");
    }
}

#[test]
fn what_a_simulation_writes_is_of_its_schema() {
    let [world, _] = World::both();
    let image = world.image("acme/web:1");
    world.push(&image, "amd64");
    world.attach(&image, &["CRITICAL", "LOW"], &[]);
    let unscanned = world.image("acme/unscanned:1");
    world.push(&unscanned, "amd64");
    let workloads = world.file("workloads.yaml", &[deployment(&image), deployment(&unscanned)].join("---\n"));
    let settings = |action: &str| {
        let text = format!("rules:\n- {{ name: block, action: {action}, conditions: [{{ severity: critical }}] }}\n");
        world.file(&format!("{action}.yaml"), &text)
    };
    let (new, old) = (settings("deny"), settings("audit"));
    let module = root().join("dist/policy.wasm").display().to_string();
    let mut schemas = Schemas::new();
    let schema = compile(&mut schemas, "simulate.schema.json");
    for baseline in [&[][..], &["--baseline", &old]] {
        let arguments =
            ["simulate", &workloads, "--settings", &new, "--policy", &module, "--now", NOW, "--no-cache", "--format", "json"];
        let ended = world.gatectl(&[&arguments, baseline].concat());
        let document: Value = serde_json::from_str(&ended.results).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
        if let Err(error) = schemas.validate(&document, schema) {
            panic!("{error:#}\n{document:#}");
        }
        assert_eq!(document["upgrades"].as_array().map(Vec::len), Some(2), "{document:#}");
        assert_eq!(document["changes"].is_array(), !baseline.is_empty());
    }
}
