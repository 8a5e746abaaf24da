//! Whatever arrives, `review` answers: valid payloads, settings, references and host answers, damaged at random, natively.
//!
//! The damage is made from a fixed seed, so that a failure repeats. Coverage-guided fuzzing is in `fuzz/`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's failed expectation is its report")]

use host_tests::case::{self, Case};
use host_tests::engine;
use policy::lookup::host::Host;
use policy::time::Timestamp;
use serde_json::Value;

/// Damaged variants of each case.
const ROUNDS: usize = 60;

/// A small generator of numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % most.max(1)
    }

    /// One to four bytes changed, removed, doubled or replaced by one that parsers care about.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match (self.below(5), bytes.is_empty()) {
                (_, true) => bytes.push(b'{'),
                (0, _) => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                (1, _) => drop(bytes.remove(at)),
                (2, _) => bytes.insert(at, b"\"{}[],:\\0-e.\n@/"[self.below(15)]),
                (3, _) => bytes.truncate(at),
                _ => {
                    let end = (at + self.below(40)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        bytes
    }
}

/// Answers every call with the case's answers in turn, damaged or not.
#[derive(Debug)]
struct Damaging(std::cell::RefCell<(Vec<Vec<u8>>, usize)>);

impl Host for Damaging {
    fn call(&self, namespace: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, String> {
        let mut state = self.0.borrow_mut();
        if namespace == "tracing" || state.0.is_empty() {
            return Err("nothing to say".to_owned());
        }
        let at = state.1 % state.0.len();
        state.1 += 1;
        Ok(state.0[at].clone())
    }
}

fn answers(case: &Case) -> Vec<Vec<u8>> {
    let success = |exchange: host::exchange::Exchange| match exchange.response {
        host::exchange::Response::Success(text) if text.len() < 1_000_000 => Some(text.into_bytes()),
        _ => None,
    };
    case.exchanges().into_iter().filter_map(success).collect()
}

#[test]
fn review_always_answers() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut runs = 0;
    for case in case::read_all(&engine::root().join("host-tests/cases")) {
        let (payload, answers) = (case.payload(), answers(&case));
        if payload.len() > 100_000 {
            continue;
        }
        for round in 0..ROUNDS {
            let payload = if round % 3 == 0 { random.damage(&payload) } else { payload.clone() };
            let answers =
                answers.iter().map(|answer| if round % 3 == 1 { random.damage(answer) } else { answer.clone() }).collect();
            let now = if round % 7 == 6 { Timestamp::EPOCH } else { case.now() };
            let answer = policy::review::validate(&payload, now, &Damaging(std::cell::RefCell::new((answers, random.below(3)))));
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert!(answer["accepted"].is_boolean(), "{answer}");
            let verdict = answer["audit_annotations"]["verdict"].as_str().unwrap();
            assert_eq!(verdict == "deny", answer["accepted"] == false, "{answer}");
            runs += 1;
        }
    }
    assert!(runs > 100, "only {runs} runs");
}
