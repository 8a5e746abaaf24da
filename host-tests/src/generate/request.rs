//! Requests: of whom, to create or update what, with which images.

use serde_json::{Value, json};

use super::{BREAK_GLASS, CONTROLLERS, Draws, IMAGES, digest};

/// Any request; one that exceptions in the settings are about where there are any.
pub(super) fn request(draws: &mut Draws, settings: &Value) -> Value {
    let is_restart = draws.chance(if settings["controllerPods"].is_null() { 8 } else { 60 });
    let mut count = 0;
    let mut containers = |draws: &mut Draws, most: usize| -> Vec<Value> {
        let many = draws.below(most + 1);
        let one = |draws: &mut Draws, count: &mut usize| {
            let place = if draws.chance(4) { 3 } else { draws.below(3) };
            let image = IMAGES[place];
            let image = if image.ends_with('@') { format!("{image}{}", digest(place)) } else { image.to_owned() };
            *count += 1;
            json!({ "name": format!("c{count}"), "image": image })
        };
        (0..many).map(|_| one(draws, &mut count)).collect()
    };
    let mut own = containers(draws, 2);
    own.extend(containers(draws, 1));
    let spec =
        json!({ "initContainers": containers(draws, 1), "containers": own, "serviceAccountName": draws.pick(&["", "robot"]) });
    let labels = |draws: &mut Draws| draws.pick(&[json!({}), json!({ "tier": "a" }), json!({ "tier": "b" })].each_ref()).clone();
    let mut object = json!({ "metadata": { "name": "web", "labels": labels(draws) } });
    let kind = if draws.chance(if is_restart { 80 } else { 40 }) {
        object["spec"] = spec;
        json!({ "group": "", "version": "v1", "kind": "Pod" })
    } else {
        object["spec"] = json!({ "template": { "metadata": { "labels": labels(draws) }, "spec": spec } });
        json!({ "group": "apps", "version": "v1", "kind": if is_restart { "ReplicaSet" } else { "Deployment" } })
    };
    let user = if is_restart { draws.pick(&CONTROLLERS) } else { draws.pick(&["alice", "alice", "bob"]) };
    let mut request = json!({
        "uid": "1", "kind": kind, "operation": "CREATE", "namespace": draws.pick(&["prod", "dev"]), "name": "web",
        "userInfo": { "username": user, "groups": ["developers", "admins"] },
    });
    if !settings["breakGlass"].is_null() && draws.chance(60) {
        annotate(draws, &mut object);
    }
    if draws.chance(3) {
        request["operation"] = "".into();
    } else if draws.chance(20) {
        request["operation"] = "UPDATE".into();
        request["oldObject"] = old(draws, settings, &object);
    }
    request["object"] = object;
    request
}

/// What the object was: without one of the images, with other labels or another annotation, or what cannot be read.
fn old(draws: &mut Draws, settings: &Value, object: &Value) -> Value {
    let mut old = object.clone();
    if draws.chance(60) {
        let spec = if old["spec"]["template"].is_null() { &mut old["spec"] } else { &mut old["spec"]["template"]["spec"] };
        drop(spec["containers"].as_array_mut().expect("containers").pop());
    }
    if draws.chance(20) {
        old["metadata"]["labels"] = json!({ "tier": "b" });
    }
    if !settings["breakGlass"].is_null() && draws.chance(50) {
        annotate(draws, &mut old);
    }
    if draws.chance(5) { json!({ "metadata": old["metadata"] }) } else { old }
}

/// Puts the annotation there, or another value, or takes it away.
fn annotate(draws: &mut Draws, object: &mut Value) {
    let values =
        [json!({ BREAK_GLASS: "incident 7" }), json!({ BREAK_GLASS: "incident 8" }), json!({ BREAK_GLASS: "" }), json!({})];
    let value = |draws: &mut Draws| draws.pick(&values.each_ref()).clone();
    let has_template = !object["spec"]["template"].is_null();
    if !has_template || draws.chance(70) {
        object["metadata"]["annotations"] = value(draws);
    }
    if has_template && draws.chance(50) {
        object["spec"]["template"]["metadata"]["annotations"] = value(draws);
    }
}
