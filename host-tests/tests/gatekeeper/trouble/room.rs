//! What is too much for a provider: slow clients, large ones, and many at once.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use host_tests::odd_registry::Answer;
use host_tests::serving::client::request;
use host_tests::serving::process::{Process, key, settings};
use host_tests::world::World;
use serde_json::{Value, json};

use super::{connect, is_refused, serving, value};

#[test]
fn who_is_slow_is_told_so_and_holds_up_nobody() {
    let process = Process::start(&[]);
    let mut tls = connect(&process);
    tls.write_all(b"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let mut silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(&process.address).unwrap()).collect();
    assert!(is_refused(&process.validate(&key(&settings(&json!({})), "web", "localhost:1/acme/web:1"))), "others are answered");
    let mut answer = String::new();
    let _ = tls.read_to_string(&mut answer);
    assert!(answer.contains("200 OK") && answer.contains("took longer than 10 s to arrive"), "{answer}");
    // A connection without a word is closed.
    let mut rest = Vec::new();
    silent[0].set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let ended = silent[0].read_to_end(&mut rest);
    assert!(ended.is_ok() && rest.is_empty(), "{ended:?}");
}

/// What is announced and does not come takes no room.
#[test]
fn who_announces_much_and_sends_little_holds_up_nobody() {
    let process = Process::start(&[]);
    let mut slow: Vec<_> = (0..8).map(|_| connect(&process)).collect();
    for tls in &mut slow {
        tls.write_all(b"POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777216\r\n\r\n{").unwrap();
    }
    assert!(is_refused(&process.validate(&key(&settings(&json!({})), "web", "localhost:1/acme/web:1"))));
    for tls in &mut slow {
        tls.sock.set_nonblocking(true).unwrap();
        let found = tls.read(&mut [0; 1]).unwrap_err();
        assert_eq!(found.kind(), std::io::ErrorKind::WouldBlock, "they are still waited for");
    }
}

/// Many images that cannot be looked up are nobody else's trouble: what is not tried is no evidence.
#[test]
fn one_workload_does_not_use_up_the_look_ups_of_others() {
    let hangs = Answer::new(200, "{}").after(Duration::from_secs(60));
    let world = World::odd((0..400).map(|i| (format!("/v2/acme/web{i}/manifests/1"), hangs.clone())).collect());
    let [good, _] = World::both();
    let image = good.image("acme/web:1");
    good.push(&image, "amd64");
    good.attach(&image, &["CRITICAL"], &[]);
    let sources = world.file("both.yaml", &format!("insecure_sources: ['{}', '{}']\n", world.address, good.address));
    let process = Process::start(&["--sources", &sources, "--patience", "6000"]);
    let rules = settings(&json!({ "unavailable": "audit" }));
    let mut many: Value = serde_json::from_str(&key(&rules, "many", &image)).unwrap();
    let containers: Vec<Value> =
        (0..400).map(|i| json!({ "name": format!("c{i}"), "image": world.image(&format!("acme/web{i}:1")) })).collect();
    many["request"]["object"]["spec"]["containers"] = containers.into();
    let (url, client, body) = (format!("https://{}/validate", process.address), process.client(), request(&[many.to_string()]));
    let asking = process.runtime().spawn(async move { client.post(url).body(body).send().await.unwrap().text().await.unwrap() });
    while process.metric("gated_deployment_workloads_in_flight") < 1.0 {}
    let other = process.validate(&key(&rules, "web", &image));
    assert_eq!(value(&other)["allowed"], false, "the findings were there to be had: {other}");
    process.runtime().block_on(asking).unwrap();
    let other = process.validate(&key(&rules, "web-2", &image));
    assert_eq!(value(&other)["allowed"], false, "{other}");
}

/// As many as there is room for are judged; the rest is told to come again, at once.
#[test]
fn what_is_too_much_is_refused_at_once() {
    let hangs = Answer::new(200, "{}").after(Duration::from_secs(60));
    let answers = (0..50).map(|i| (format!("/v2/acme/web{i}/manifests/1"), hangs.clone())).collect();
    let world = World::odd(answers);
    let process = serving(&world, &["--workers", "2", "--waiting", "3"]);
    let rules = settings(&json!({ "unavailable": "audit" }));
    let (url, client) = (format!("https://{}/validate", process.address), process.client());
    let asking: Vec<_> = (0..50)
        .map(|i| {
            let body = request(&[key(&rules, "web", &world.image(&format!("acme/web{i}:1")))]);
            let asked = client.post(&url).body(body);
            process.runtime().spawn(async move { asked.send().await.unwrap().text().await.unwrap() })
        })
        .collect();
    let (mut judged, mut refused) = (0, 0);
    for answer in asking {
        let answer: Value = serde_json::from_str(&process.runtime().block_on(answer).unwrap()).unwrap();
        match answer["response"]["systemError"].as_str() {
            Some("") => judged += 1,
            Some(error) if error.contains("too many workloads") => refused += 1,
            _ => panic!("{answer}"),
        }
    }
    assert!(judged >= 2 && refused >= 10, "{judged} judged, {refused} refused");
}

/// Two thousand requests, two hundred at a time: all are answered, and memory does not grow with their number.
#[test]
fn two_hundred_at_once_are_answered() {
    let [world, _] = World::both();
    let image = world.image("acme/web:1");
    world.push(&image, "amd64");
    world.attach(&image, &["CRITICAL"], &[]);
    let process = serving(&world, &["--patience", "30000"]);
    let rules = settings(&json!({}));
    let mut memory = Vec::new();
    for round in 0..10 {
        let asking: Vec<_> = (0..200)
            .map(|i| {
                let body = request(&[key(&rules, &format!("web-{round}-{i}"), &image)]);
                let asked = process.client().post(format!("https://{}/validate", process.address)).body(body);
                process.runtime().spawn(async move { asked.send().await.unwrap().text().await.unwrap() })
            })
            .collect();
        for answer in asking {
            let answer: Value = serde_json::from_str(&process.runtime().block_on(answer).unwrap()).unwrap();
            assert_eq!(value(&answer["response"])["allowed"], false, "{answer}");
        }
        memory.push(process.memory("VmRSS:"));
    }
    assert!(memory[9] < memory[2] + 32 * 1024 * 1024, "{memory:?}");
}
