//! Laws of pinning, restarts and break-glass, and of what nobody trusted signed.

use super::*;

fn set(input: &mut Input, path: &str, value: Value) {
    *input.request.pointer_mut(path).expect("a place in the request") = value;
}

/// The pod's specification, or its template's.
fn spec(input: &mut Input) -> &mut Value {
    let spec = &mut input.request["object"]["spec"];
    if spec["template"].is_null() { spec } else { &mut spec["template"]["spec"] }
}

#[test]
fn what_is_pinned_is_not_pinned_again() {
    let pinned = std::cell::Cell::new(0_u32);
    law(|mut input| {
        without_exceptions(&mut input);
        create(&mut input);
        input.settings["pinDigests"] = "always".into();
        let containers = spec(&mut input)["containers"].as_array_mut().expect("containers");
        containers.push(json!({ "name": "c9", "image": "nginx:1.27" }));
        // What is pinned has another name.
        let members = ["rules", "exemptions"].map(|key| input.settings[key].as_array_mut().map(std::mem::take));
        for (key, list) in ["rules", "exemptions"].into_iter().zip(members) {
            let Some(mut list) = list else { continue };
            for entry in list.iter_mut().filter_map(|with_scope| with_scope.get_mut("scope")) {
                for entry in entry.as_array_mut().expect("a scope") {
                    if ["image", "tag", "digest"].iter().any(|field| entry["field"] == *field) {
                        *entry = json!({ "field": "registry", "operator": "equals", "values": ["ghcr.io"] });
                    }
                }
            }
            input.settings[key] = list.into();
        }
        let first = answer(&input);
        if first["mutated_object"].is_object() {
            pinned.set(pinned.get() + 1);
            prop_assert!(first["accepted"] == true, "{}", first);
            input.request["object"] = first["mutated_object"].clone();
            let second = answer(&input);
            prop_assert!(second["mutated_object"].is_null(), "{}", second);
            prop_assert_eq!(judgement(&second), judgement(&first));
        }
        Ok(())
    });
    assert!(pinned.get() > 40, "{} objects pinned", pinned.get());
}

#[test]
fn a_controllers_pod_of_digests_is_never_denied_where_it_is_audited() {
    let audited = std::cell::Cell::new(0_u32);
    law(|mut input| {
        without_exceptions(&mut input);
        input.settings["controllerPods"] = "audit".into();
        let object = &mut input.request["object"];
        if !object["spec"]["template"].is_null() {
            object["spec"] = object["spec"]["template"]["spec"].take();
        }
        set(&mut input, "/kind", json!({ "group": "", "version": "v1", "kind": "Pod" }));
        create(&mut input);
        set(&mut input, "/userInfo/username", generate::CONTROLLERS[0].into());
        for containers in ["initContainers", "containers"] {
            let containers = spec(&mut input)[containers].as_array_mut().expect("containers");
            containers.retain(|container| container["image"].as_str().is_some_and(|image| image.contains("@sha256:")));
        }
        let found = verdict(&input);
        prop_assert!(found < Verdict::Deny);
        set(&mut input, "/userInfo/username", "alice".into());
        audited.set(audited.get() + u32::from(found == Verdict::Audit && verdict(&input) == Verdict::Deny));
        Ok(())
    });
    assert!(audited.get() > 40, "{} pods audited that would be denied", audited.get());
}

fn break_glass(input: &mut Input) {
    input.settings["breakGlass"] = json!({ "annotation": generate::BREAK_GLASS, "users": ["carol"] });
    input.request["object"]["metadata"]["annotations"] = json!({ generate::BREAK_GLASS: "incident 9" });
}

#[test]
fn whoever_is_listed_breaks_the_glass_unseen() {
    law(|mut input| {
        break_glass(&mut input);
        set(&mut input, "/userInfo/username", "carol".into());
        if input.request["operation"] == "" {
            create(&mut input);
        }
        let registry = input.registry(true);
        let answer = policy::review::validate(&input.payload(), Input::now(), &registry);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        prop_assert!(answer["accepted"] == true && answer["mutated_object"].is_null(), "{}", answer);
        prop_assert_eq!(registry.calls(), Vec::<String>::new());
        Ok(())
    });
}

#[test]
fn whoever_is_not_listed_gains_nothing_by_the_annotation() {
    let refused = std::cell::Cell::new(0_u32);
    law(|mut input| {
        let mut with = input.clone();
        break_glass(&mut with);
        set(&mut with, "/userInfo/username", "alice".into());
        set(&mut input, "/userInfo/username", "alice".into());
        input.settings["breakGlass"] = with.settings["breakGlass"].clone();
        for metadata in ["/object/metadata", "/object/spec/template/metadata"] {
            let metadata = input.request.pointer_mut(metadata).and_then(Value::as_object_mut);
            drop(metadata.and_then(|metadata| metadata.remove("annotations")));
        }
        let (with, without) = (verdict(&with), verdict(&input));
        refused.set(refused.get() + u32::from(with > without));
        prop_assert!(with >= without, "{:?} with it, {:?} without", with, without);
        Ok(())
    });
    assert!(refused.get() > 40, "{} requests refused", refused.get());
}

fn uses_untrusted(input: &mut Input) -> bool {
    rules(input).iter().any(|rule| rule["evidence"]["untrusted"] == "use")
}

#[test]
fn under_trust_nothing_is_read_by_its_tag_unless_a_table_says_use() {
    let read = std::cell::Cell::new(0_u32);
    law(|mut input| {
        input.settings["trust"] = generate::trust(&mut input.draws);
        let registry = input.registry(true);
        policy::review::validate(&input.payload(), Input::now(), &registry);
        let calls = registry.calls();
        let reads = calls.iter().filter(|call| call.starts_with("oci v1/oci_manifest"));
        let by_tag = reads.clone().filter(|call| call.contains(":sha256-")).count();
        read.set(read.get() + u32::from(by_tag > 0));
        prop_assert!(by_tag == 0 || uses_untrusted(&mut input), "{:?}", calls);
        // What is read by its own digest was verified to have it; where nothing is kept in registries, the image alone is read.
        let sources = &input.settings["findings"]["sources"];
        let is_kept_there = sources.is_null() || sources.to_string().contains("registry\":");
        prop_assert!(
            reads.count() == 0 || !is_kept_there || calls.iter().any(|call| call.starts_with("oci v2/verify")),
            "{:?}",
            calls
        );
        Ok(())
    });
    assert!(read.get() > 10, "{} inputs where something is read by its tag", read.get());
}

#[test]
fn what_nobody_signed_does_not_matter_unless_a_table_says_use() {
    let untrusted = std::cell::Cell::new(0_u32);
    law(|mut input| {
        input.settings["trust"] = generate::trust(&mut input.draws);
        for rule in rules(&mut input) {
            let table = rule.get_mut("evidence").and_then(Value::as_object_mut);
            if let Some(answer) = table.and_then(|table| table.get_mut("untrusted")).filter(|answer| *answer == "use") {
                *answer = "audit".into();
            }
        }
        let before = answer(&input);
        for ((_, digest), state) in &mut input.evidence {
            if matches!(state, Evidence::Untrusted(_)) {
                let other = generate::signed(&mut input.draws, digest, None);
                *state = Evidence::Untrusted(Box::new(other));
            }
        }
        prop_assert_eq!(answer(&input), before.clone());
        untrusted.set(untrusted.get() + u32::from(before.to_string().contains("evidence-untrusted")));
        Ok(())
    });
    assert!(untrusted.get() > 40, "{} inputs with untrusted findings", untrusted.get());
}
