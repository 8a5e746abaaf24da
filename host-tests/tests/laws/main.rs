//! One file because the laws are read side by side. Laws that hold of every input, on inputs drawn by a fixed seed.
//!
//! Adding a finding never makes a verdict milder, and adding an exemption or raising a limit never makes one stricter, under `strictest` or
//! where all rules have one action: elsewhere an audit rule may shadow a deny rule. What is not judged as everything else is has its laws in
//! [`exceptions`].

#![expect(clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test's failed expectation is its report")]

mod exceptions;

use std::sync::Arc;

use host::capability::Capabilities;
use host::module::CallOptions;
use host_tests::engine;
use host_tests::generate::{self, Input};
use host_tests::model::{self, Evidence, Verdict};
use policy::findings::{json, packed};
use policy::image::Reference;
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

type Outcome = Result<(), TestCaseError>;
type Change = fn(&mut Input);

fn law_of(cases: u32, test: impl Fn(Input) -> Outcome) {
    let config = ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4000, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    if let Err(error) = runner.run(&generate::inputs(), test) {
        panic!("{error}");
    }
}

fn law(test: impl Fn(Input) -> Outcome) {
    law_of(384, test);
}

fn answer_with(input: &Input, with_summary: bool) -> Value {
    let registry = input.registry(with_summary);
    let answer = policy::review::validate(&input.payload(), Input::now(), &registry);
    serde_json::from_slice(&answer).expect("the answer is JSON")
}

fn answer(input: &Input) -> Value {
    answer_with(input, true)
}

fn judgement(answer: &Value) -> model::Judgement {
    let annotations = &answer["audit_annotations"];
    let verdict = match annotations["verdict"].as_str() {
        Some("deny") => Verdict::Deny,
        Some("audit") => Verdict::Audit,
        _ => Verdict::Admit,
    };
    (verdict, annotations["rule"].as_str().map(str::to_owned))
}

fn verdict(input: &Input) -> Verdict {
    judgement(&answer(input)).0
}

fn rules(input: &mut Input) -> &mut Vec<Value> {
    input.settings["rules"].as_array_mut().expect("rules")
}

/// The document, signed or not.
fn document(state: &Evidence) -> Option<&Value> {
    match state {
        Evidence::Scanned(document) => Some(document),
        Evidence::Untrusted(state) => document(state),
        _ => None,
    }
}

fn document_mut(state: &mut Evidence) -> Option<&mut Value> {
    match state {
        Evidence::Scanned(document) => Some(document),
        Evidence::Untrusted(state) => document_mut(state),
        _ => None,
    }
}

/// The platforms that were scanned in the documents about an image: in its own, or in those of an index' platforms.
fn scanned<'a>(input: &'a Input, digest: &str) -> Vec<&'a Value> {
    let of_index = input.indexes.iter().find(|(image, _)| image.ends_with(digest)).map(|(_, entries)| entries);
    let entries = of_index.into_iter().flatten().map(|(_, digest)| digest.as_str());
    let digests: Vec<&str> = if of_index.is_some() { entries.collect() } else { vec![digest] };
    let is_of = |place: &str, digest: &str| place != generate::FINDINGS && digests.contains(&digest);
    let states = input.evidence.iter().filter(|((place, digest), _)| is_of(place, digest)).map(|(_, state)| state);
    // One that is scanned in the future is not usable.
    let documents = states.filter_map(document).filter(|document| document["scannedAt"] != generate::FUTURE);
    let images = documents.flat_map(|document| document["images"].as_array().into_iter().flatten());
    images.filter(|image| image["vulnerabilities"].is_array()).collect()
}

/// Every platform of every document.
fn platforms(input: &mut Input) -> Vec<(Vec<String>, &mut Vec<Value>)> {
    let mut all = Vec::new();
    for state in input.evidence.values_mut() {
        let Some(document) = document_mut(state) else { continue };
        let provides: Vec<String> = serde_json::from_value(document["provides"].clone()).expect("provides");
        for image in document["images"].as_array_mut().expect("images") {
            if let Some(vulnerabilities) = image["vulnerabilities"].as_array_mut() {
                all.push((provides.clone(), vulnerabilities));
            }
        }
    }
    all
}

/// Leaves nothing in the settings that keeps workloads from being judged by their rules.
fn without_exceptions(input: &mut Input) {
    for key in ["breakGlass", "controllerPods"] {
        input.settings.as_object_mut().expect("settings").remove(key);
    }
}

/// Makes the request one that creates the object: an update is judged or not by what scopes read.
fn create(input: &mut Input) {
    input.request["operation"] = "CREATE".into();
    input.request["oldObject"] = Value::Null;
}

/// Makes the input one where every document is read whole.
fn without_choice(input: &mut Input) {
    without_exceptions(input);
    for key in ["trust", "findings"] {
        input.settings.as_object_mut().expect("settings").remove(key);
    }
}

/// Makes the input one where no rule shadows another. The evidence tables then say what the rules say.
fn without_shadows(input: &mut Input) {
    let one_action = input.draws.chance(50);
    let action = input.draws.pick(&["deny", "audit"]);
    if !one_action {
        input.settings["evaluation"] = "strictest".into();
    }
    for rule in rules(input) {
        if one_action {
            rule["action"] = action.into();
        }
        rule.as_object_mut().expect("a rule").remove("evidence");
    }
}

#[test]
fn the_generator_denies_and_admits() {
    let (denied, admitted, all) = (std::cell::Cell::new(0), std::cell::Cell::new(0), 512);
    law_of(all, |input| {
        match verdict(&input) {
            Verdict::Deny => denied.set(denied.get() + 1),
            Verdict::Admit => admitted.set(admitted.get() + 1),
            Verdict::Audit => {}
        }
        Ok(())
    });
    let (denied, admitted) = (denied.get(), admitted.get());
    assert!(denied * 5 >= all && admitted * 5 >= all, "{denied} denied and {admitted} admitted of {all}");
}

#[test]
fn the_model_judges_alike() {
    law_of(512, |input| {
        let answer = answer(&input);
        let message = answer["message"].as_str().unwrap_or_default();
        prop_assert!(!message.contains("settings-invalid") && !message.contains("an unexpected call"), "{message}");
        let found = model::judge(&input.settings, &input.request, &input.world()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(found, judgement(&answer), "model and {}", answer);
        Ok(())
    });
}

#[test]
fn the_module_answers_alike() {
    let module = engine::module();
    law_of(200, |input| {
        let native = policy::review::validate(&input.payload(), Input::now(), &input.registry(true));
        let registry: Arc<dyn Capabilities> = Arc::new(input.registry(true));
        let options = CallOptions { now: Some(generate::NOW) };
        let built = module.call_with("validate", &input.payload(), &registry, options);
        let built = built.map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(String::from_utf8_lossy(&built), String::from_utf8_lossy(&native));
        Ok(())
    });
}

#[test]
fn the_summary_gives_the_verdict_of_the_document() {
    law(|input| {
        prop_assert_eq!(judgement(&answer_with(&input, true)), judgement(&answer_with(&input, false)));
        Ok(())
    });
}

#[test]
fn what_is_packed_is_unpacked() {
    law(|input| {
        for document in input.evidence.values().filter_map(document) {
            let text = document.to_string();
            let document = json::read(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let flat = packed::pack(&document).expect("it packs");
            let bytes = packed::inflate(&flat).expect("it inflates");
            prop_assert_eq!(packed::read(&bytes).expect("it is read"), document);
        }
        Ok(())
    });
}

#[test]
fn the_order_of_containers_does_not_change_the_verdict() {
    law(|mut input| {
        let before = verdict(&input);
        let object = &mut input.request["object"]["spec"];
        let spec = if object["template"].is_null() { object } else { &mut object["template"]["spec"] };
        spec["containers"].as_array_mut().expect("containers").reverse();
        prop_assert_eq!(verdict(&input), before);
        Ok(())
    });
}

fn add_a_finding(input: &mut Input) {
    let mut draws = input.draws.clone();
    for (provides, vulnerabilities) in platforms(input) {
        let provides: Vec<&str> = provides.iter().map(String::as_str).collect();
        let mut added = generate::vulnerability(&mut draws, "CVE-2024-0009", &provides);
        let place = draws.below(vulnerabilities.len() + 1);
        match vulnerabilities.get_mut(place) {
            Some(known) => {
                let findings = added["findings"].as_array_mut().expect("findings");
                known["findings"].as_array_mut().expect("findings").append(findings);
            }
            None => vulnerabilities.push(added),
        }
        generate::sort(vulnerabilities);
    }
}

fn add_an_exemption(input: &mut Input) {
    let names: Vec<String> = rules(input).iter().map(|rule| rule["name"].as_str().expect("a name").to_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let added = generate::exemption(&mut input.draws, 9, &names);
    match input.settings["exemptions"].as_array_mut() {
        Some(exemptions) => exemptions.push(added),
        None => input.settings["exemptions"] = json!([added]),
    }
}

fn raise_limits(input: &mut Input) {
    for rule in rules(input) {
        for condition in rule["conditions"].as_array_mut().expect("conditions") {
            if condition["osEndOfLife"] != true {
                condition["moreThan"] = (condition["moreThan"].as_u64().unwrap_or(0) + 1).into();
            }
        }
    }
}

/// A change that never makes the verdict milder, or never stricter, where no rule shadows another.
fn law_without_shadows(change: Change, keeps: fn(&Verdict, &Verdict) -> bool) {
    law(|mut input| {
        create(&mut input);
        without_shadows(&mut input);
        let before = verdict(&input);
        change(&mut input);
        prop_assert!(keeps(&verdict(&input), &before), "was {:?}", before);
        Ok(())
    });
}

#[test]
fn a_further_finding_never_makes_the_verdict_milder() {
    law_without_shadows(add_a_finding, Verdict::ge);
}

#[test]
fn a_further_exemption_never_makes_the_verdict_stricter() {
    law_without_shadows(add_an_exemption, Verdict::le);
}

#[test]
fn a_higher_limit_never_makes_the_verdict_stricter() {
    law_without_shadows(raise_limits, Verdict::le);
}

/// Under the orders in which one rule can shadow another, each exception from the three laws is such a shadow: the milder verdict is that of a
/// fulfilled audit rule, never an admission, and `strictest` denies.
#[test]
fn every_exception_is_a_shadow() {
    let changes: [(Change, bool); 3] = [(add_a_finding, true), (add_an_exemption, false), (raise_limits, false)];
    for (change, is_stricter) in changes {
        let exceptions = std::cell::Cell::new(0_u32);
        law_of(3072, |mut input| {
            create(&mut input);
            without_exceptions(&mut input);
            // Rules that can shadow one another: about the same workloads, of both actions.
            for (i, rule) in rules(&mut input).iter_mut().enumerate() {
                rule["action"] = if i % 2 == 0 { "audit" } else { "deny" }.into();
                let rule = rule.as_object_mut().expect("a rule");
                rule.retain(|key, _| key != "evidence" && key != "scope");
            }
            let (mut first, mut second) = (input.clone(), input);
            change(&mut second);
            if !is_stricter {
                std::mem::swap(&mut first, &mut second);
            }
            let ((most, _), (least, rule)) = (judgement(&answer(&first)), judgement(&answer(&second)));
            if least < most {
                exceptions.set(exceptions.get() + 1);
                let is_audit = rules(&mut second).iter().any(|r| r["name"].as_str() == rule.as_deref() && r["action"] == "audit");
                prop_assert!(second.settings["evaluation"] != "strictest" && least == Verdict::Audit && is_audit, "{:?}", rule);
                second.settings["evaluation"] = "strictest".into();
                prop_assert_eq!(verdict(&second), Verdict::Deny);
            }
            Ok(())
        });
        assert!(exceptions.get() > 0, "no input shows a shadow");
    }
}

#[test]
fn rules_that_audit_never_deny_and_name_the_same_rules() {
    let named = |answer: &Value| {
        let violations = answer["audit_annotations"]["violations"].as_str().unwrap_or("[]");
        let violations: Vec<Value> = serde_json::from_str(violations).expect("JSON");
        let name = |violation: &Value| ["container", "rule", "code", "platform"].map(|key| violation[key].to_string());
        let is_cut = violations.iter().any(|violation| violation["more"].is_number());
        (!is_cut).then(|| violations.iter().map(name).collect::<std::collections::BTreeSet<_>>())
    };
    let compared = std::cell::Cell::new(0_u32);
    law(|mut input| {
        without_exceptions(&mut input);
        let before = named(&answer(&input));
        for rule in rules(&mut input) {
            rule["action"] = "audit".into();
            let table = rule.get_mut("evidence").and_then(Value::as_object_mut);
            for answer in table.into_iter().flat_map(|table| table.values_mut()) {
                if answer == "deny" {
                    *answer = "audit".into();
                }
            }
        }
        let answer = answer(&input);
        prop_assert!(answer["accepted"] == true && judgement(&answer).0 < Verdict::Deny, "{}", answer);
        if let (Some(before), Some(after)) = (before, named(&answer)) {
            compared.set(compared.get() + u32::from(!after.is_empty()));
            prop_assert_eq!(before, after);
        }
        Ok(())
    });
    assert!(compared.get() > 100, "{} answers compared", compared.get());
}

/// The trace is the same judgement: every condition of a rule that takes part is one step on every platform, the deciding step is the deciding
/// rule's, and the answer is the same.
#[test]
fn traces_tell_of_every_condition_and_decide_alike() {
    law(|mut input| {
        without_exceptions(&mut input);
        let (bytes, images) = policy::review::explain(&input.payload(), Input::now(), &input.registry(true));
        let answer = answer(&input);
        prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), answer.clone());
        let (verdict, rule) = judgement(&answer);
        let settings = rules(&mut input).clone();
        let mut deciding = Vec::new();
        for image in &images {
            let steps = |platform: &Value| platform["steps"].as_array().expect("steps").clone();
            let platforms = image["platforms"].as_array().expect("platforms");
            let of_image: Vec<Value> = platforms.iter().flat_map(steps).filter(|step| step["decides"] == true).collect();
            prop_assert_eq!(of_image.len(), usize::from(image["verdict"] != "admit"), "{}", image);
            deciding.extend(of_image.into_iter().map(|step| (image["verdict"].clone(), step)));
            for (rule, part) in settings.iter().zip(image["rules"].as_array().expect("rules")) {
                let told = |step: &Value| step["rule"] == rule["name"];
                for platform in platforms {
                    let passes_on = |step: &Value| step["condition"].is_null() && step["answer"] == "use";
                    let steps: Vec<Value> = steps(platform).into_iter().filter(|step| told(step) && !passes_on(step)).collect();
                    let whole = steps.iter().any(|step| step["condition"].is_null());
                    let conditions = rule["conditions"].as_array().expect("conditions").len();
                    let held =
                        |i: &usize| steps.iter().filter(|step| step["condition"] == *i && step["state"] != "wanting").count();
                    let lacking = |i: &usize| steps.iter().any(|step| step["condition"] == *i && step["state"] == "wanting");
                    let is_told = match part["part"].as_str() {
                        Some("judged") => {
                            whole && steps.len() == 1
                                || !whole && (0..conditions).all(|i| held(&i) == 1 || held(&i) == 0 && lacking(&i))
                        }
                        Some("scope-unknown") => whole && steps.len() == 1,
                        _ => steps.is_empty(),
                    };
                    prop_assert!(is_told, "{} {}", rule, image);
                }
            }
        }
        let of_verdict = deciding.iter().find(|(of, _)| {
            of == match verdict {
                Verdict::Deny => "deny",
                _ => "audit",
            }
        });
        prop_assert_eq!(of_verdict.map(|(_, step)| step["rule"].as_str().unwrap_or_default().to_owned()), rule);
        Ok(())
    });
}

#[test]
fn a_finding_below_every_condition_changes_totals_only() {
    law(|mut input| {
        without_choice(&mut input);
        input.settings["unknownSeverity"] = "low".into();
        input.settings.as_object_mut().expect("settings").remove("exemptions");
        for rule in rules(&mut input) {
            for condition in rule["conditions"].as_array_mut().expect("conditions") {
                if condition["osEndOfLife"] != true && matches!(condition["severity"].as_str(), None | Some("negligible")) {
                    condition["severity"] = "low".into();
                }
            }
        }
        let rest = |input: &Input| {
            let mut answer = answer_with(input, false);
            let evidence = answer["audit_annotations"]["evidence"].take();
            let evidence: Value = serde_json::from_str(evidence.as_str().unwrap_or("[]")).expect("JSON");
            let below =
                |image: &Value| (image["digest"].as_str().map(str::to_owned), image["findings"]["belowEveryCondition"].as_u64());
            (answer, evidence.as_array().into_iter().flatten().map(below).collect::<Vec<_>>())
        };
        let (before, below) = rest(&input);
        for (_, vulnerabilities) in platforms(&mut input) {
            let finding = json!({ "purl": "pkg:npm/a@1", "installed": "1", "fixState": "unknown" });
            vulnerabilities.push(json!({ "id": "CVE-2024-0009", "severity": "negligible", "findings": [finding] }));
            generate::sort(vulnerabilities);
        }
        let (after, now_below) = rest(&input);
        prop_assert_eq!(after, before);
        for ((digest, before), (_, after)) in below.iter().zip(&now_below) {
            let scanned = digest.as_ref().map_or(0, |digest| scanned(&input, digest).len());
            prop_assert_eq!(before.map(|count| count + u64::try_from(scanned).expect("small")), *after);
        }
        Ok(())
    });
}

#[test]
fn totals_add_up() {
    law(|mut input| {
        without_choice(&mut input);
        let answer = answer_with(&input, false);
        let evidence: Value =
            serde_json::from_str(answer["audit_annotations"]["evidence"].as_str().unwrap_or("[]")).expect("JSON");
        for image in evidence.as_array().into_iter().flatten().filter(|image| image["findings"].is_object()) {
            let platforms = scanned(&input, image["digest"].as_str().unwrap_or_default());
            prop_assert!(!platforms.is_empty(), "totals without a document: {}", image);
            let total = |platform: &Value| {
                let findings = platform["vulnerabilities"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|v| v["findings"].as_array().map_or(0, Vec::len));
                u64::try_from(findings.sum::<usize>()).expect("small")
            };
            let totals = &image["findings"];
            let sum: u64 = ["counted", "setAside", "belowEveryCondition"].iter().filter_map(|key| totals[*key].as_u64()).sum();
            prop_assert_eq!(sum, platforms.into_iter().map(total).sum::<u64>(), "{}", image);
        }
        Ok(())
    });
}

#[test]
fn what_is_out_of_scope_costs_no_call() {
    law(|mut input| {
        without_exceptions(&mut input);
        for rule in rules(&mut input) {
            rule["scope"] = json!([{ "field": "namespace", "operator": "equals", "values": ["nowhere"] }]);
        }
        let registry = input.registry(true);
        let answer = policy::review::validate(&input.payload(), Input::now(), &registry);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        prop_assert_eq!((registry.calls(), judgement(&answer).0), (Vec::new(), Verdict::Admit));
        Ok(())
    });
}

#[test]
fn nothing_is_asked_twice() {
    law(|input| {
        let registry = input.registry(true);
        policy::review::validate(&input.payload(), Input::now(), &registry);
        let calls = registry.calls();
        let distinct: std::collections::BTreeSet<&String> = calls.iter().collect();
        prop_assert_eq!(distinct.len(), calls.len(), "{:?}", calls);
        Ok(())
    });
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    law(|input| {
        let once = || policy::review::validate(&input.payload(), Input::now(), &input.registry(true));
        prop_assert_eq!(once(), once());
        Ok(())
    });
}

#[test]
fn an_exemption_ends_with_its_last_second() {
    law_of(256, |mut input| {
        without_exceptions(&mut input);
        let before = verdict(&input);
        let names: Vec<String> = rules(&mut input).iter().map(|rule| rule["name"].as_str().expect("a name").to_owned()).collect();
        let exempted = |ends: i64| {
            let until = policy::time::Timestamp::from_unix(generate::NOW + ends).expect("an instant").to_string();
            let everywhere = json!([{ "field": "user", "operator": "notEquals", "values": ["nobody"] }]);
            let exemption = json!({ "name": "ends", "reason": "reviewed", "until": until, "scope": everywhere, "rules": names });
            let mut with = input.clone();
            match with.settings["exemptions"].as_array_mut() {
                Some(exemptions) => exemptions.push(exemption),
                None => with.settings["exemptions"] = json!([exemption]),
            }
            verdict(&with)
        };
        // T is now; the exemption ends a second after it, with it, and a second before it.
        prop_assert_eq!((exempted(1), exempted(0), exempted(-1)), (Verdict::Admit, Verdict::Admit, before));
        Ok(())
    });
}

#[test]
fn normalising_twice_changes_nothing() {
    let hex = "0".repeat(64);
    let text = (
        prop::sample::select(vec![
            "",
            "docker.io/",
            "index.docker.io/",
            "GHCR.io:443/",
            "localhost:5000/",
            "a.b:0443/",
            "[::1]:5000/",
            "library/",
        ]),
        prop::sample::select(vec!["nginx", "acme/web", "library/nginx", "a__b/c-d.e", "Acme"]),
        prop::sample::select(vec![
            String::new(),
            ":latest".to_owned(),
            ":V1".to_owned(),
            format!("@sha256:{hex}"),
            format!(":v1@sha256:{hex}"),
        ]),
    );
    let config = ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&text, |(host, path, version)| {
        if let Ok(reference) = Reference::parse(&format!("{host}{path}{version}")) {
            let normal = reference.to_string();
            prop_assert_eq!(Reference::parse(&normal).map(|again| again.to_string()), Ok(normal));
        }
        Ok(())
    });
    assert_eq!(outcome, Ok(()));
}
