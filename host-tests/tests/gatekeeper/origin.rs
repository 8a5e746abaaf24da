//! Where the module of a provider is from: a registry, by its digest, and of a key where one is named.

use std::collections::BTreeMap;

use host::signing::{self, KeyPair};
use host_tests::engine::root;
use host_tests::serving::process::{Process, key, settings};
use host_tests::world::World;
use serde_json::json;

#[test]
fn the_module_is_pulled_by_digest_and_its_signature_checked() {
    for world in World::both() {
        let (repository, sources) = (world.image("acme/policy"), world.path("sources.yaml"));
        let module = root().join("dist/policy.wasm").display().to_string();
        let pushed = world.gatectl_plain(&["module", "push", &module, &format!("{repository}:v1"), "--sources", &sources]);
        let digest = pushed.results.trim().rsplit_once('@').unwrap().1.to_owned();
        let (signer, stranger) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        signing::sign(&world.registry, &repository, &digest, &signer, &BTreeMap::new()).unwrap();
        let (own, other) = (world.file("own.pub", &signer.public_pem()), world.file("other.pub", &stranger.public_pem()));
        let policy = format!("registry://{repository}@{digest}");

        for keys in [vec![], vec!["--policy-key", &own], vec!["--policy-key", &other, "--policy-key", &own]] {
            let process = Process::start(&[&["--policy", &policy, "--sources", &sources], keys.as_slice()].concat());
            let answer = process.validate(&key(&settings(&json!({})), "web", &world.image("acme/web:1")));
            assert_eq!(answer["items"][0]["value"]["allowed"], false, "{answer}");
            assert_eq!(process.events()[0]["fields"]["policy"], policy.as_str());
        }
        let refused = Process::refused(&["--policy", &policy, "--sources", &sources, "--policy-key", &other]);
        assert!(refused.contains("no key of --policy-key signed it") && refused.contains("other.pub"), "{refused}");
        let none = format!("registry://{repository}@sha256:{}", "a".repeat(64));
        assert!(Process::refused(&["--policy", &none, "--sources", &sources]).contains("acme/policy@sha256:aaaa"));
        let tag = format!("registry://{repository}:v1");
        assert!(Process::refused(&["--policy", &tag, "--sources", &sources]).contains("expected a reference by digest"));
    }
}
