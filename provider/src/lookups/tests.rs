//! Each kind of answer is remembered as long as it may be, asked once, bounded, and waited for no longer than somebody can wait.

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use super::*;
use crate::limits;

const MANIFEST: &str = "v1/oci_manifest";

type Answering = dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync;

/// Counts what it is asked, and answers as it is told.
struct Inner {
    asked: AtomicUsize,
    answer: Box<Answering>,
}

impl Capabilities for Inner {
    fn call(&self, _: &str, _: &str, _: &str, payload: &[u8]) -> Result<Vec<u8>, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (self.answer)(std::str::from_utf8(payload).expect("text"))
    }
}

fn lookups(
    lifetimes: Lifetimes,
    answer: impl Fn(&str) -> Result<Vec<u8>, String> + Send + Sync + 'static,
) -> (Lookups, Arc<Inner>) {
    let inner = Arc::new(Inner { asked: AtomicUsize::new(0), answer: Box::new(answer) });
    (Lookups::new(Arc::clone(&inner) as Arc<dyn Capabilities>, lifetimes, Arc::new(|_, _| {})), inner)
}

fn soon() -> Instant {
    later(now(), Duration::from_secs(60))
}

fn ask(lookups: &Lookups, operation: &str, payload: &str) -> Result<Vec<u8>, String> {
    lookups.until(soon()).call("kubewarden", "oci", operation, payload.as_bytes())
}

#[test]
fn each_kind_of_answer_has_its_lifetime() {
    let hour = Duration::from_secs(3600);
    for (digest, tag, failure, asked) in [(hour, hour, hour, 3), (hour, Duration::ZERO, hour, 4), (hour, hour, Duration::ZERO, 4)]
    {
        let lifetimes = Lifetimes { digest, tag, failure, ..Lifetimes::default() };
        let (lookups, inner) =
            lookups(lifetimes, |image| if image.contains("absent") { Err("unknown".to_owned()) } else { Ok(image.into()) });
        for _ in 0..2 {
            assert_eq!(ask(&lookups, MANIFEST, "web@sha256:0"), Ok(b"web@sha256:0".to_vec()));
            assert_eq!(ask(&lookups, MANIFEST, "web:1"), Ok(b"web:1".to_vec()));
            assert_eq!(ask(&lookups, MANIFEST, "absent:1"), Err("unknown".to_owned()));
        }
        assert_eq!(inner.asked.load(Ordering::SeqCst), asked);
    }
}

/// The digest of a signed artifact may lose its signature's trust: only manifests are for ever.
#[test]
fn a_signature_is_not_remembered_as_long_as_a_manifest() {
    let (lookups, inner) = lookups(Lifetimes { tag: Duration::ZERO, ..Lifetimes::default() }, |_| Ok(Vec::new()));
    for _ in 0..2 {
        ask(&lookups, "v2/verify", "web@sha256:0").expect("an answer");
    }
    assert_eq!(inner.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_hundred_who_ask_at_once_ask_once() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (lookups, inner) = lookups(Lifetimes { tag: Duration::ZERO, ..Lifetimes::default() }, move |_| {
        gate.lock().expect("one asks").recv().expect("it opens");
        Ok(b"yes".to_vec())
    });
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let lookups = lookups.clone();
            thread::spawn(move || ask(&lookups, MANIFEST, "web:1"))
        })
        .collect();
    // Each holds the question that is being asked; and so do whoever asks it, the memory, and this look at it.
    let waits = || lookups.0.memory().asked("kubewarden/oci/v1/oci_manifest web:1").map_or(0, |asked| Arc::strong_count(&asked));
    while waits() < 103 {
        thread::yield_now();
    }
    open.send(()).expect("somebody asks");
    for answer in asking {
        assert_eq!(answer.join().expect("no panic"), Ok(b"yes".to_vec()));
    }
    assert_eq!(inner.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn who_cannot_wait_is_told_and_the_look_up_goes_on() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (lookups, inner) = lookups(Lifetimes::default(), move |_| {
        gate.lock().expect("one asks").recv().expect("it opens");
        Ok(b"yes".to_vec())
    });
    let waiting = lookups.until(later(now(), Duration::from_millis(5)));
    let answer = waiting.call("kubewarden", "oci", MANIFEST, b"web:1");
    assert!(answer.is_err_and(|error| error.contains("in the time that the request has")));
    assert_eq!(waiting.fell_short(), Some(Shortage::Time));
    open.send(()).expect("it is still being asked");
    assert_eq!(ask(&lookups, MANIFEST, "web:1"), Ok(b"yes".to_vec()));
    assert_eq!(inner.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_is_an_answer() {
    let (lookups, _) = lookups(Lifetimes::default(), |_| panic!("of the test"));
    let waiting = lookups.until(soon());
    assert!(waiting.call("kubewarden", "oci", MANIFEST, b"web:1").is_err());
    assert_eq!(waiting.fell_short(), Some(Shortage::Room), "that is no evidence");
    assert_eq!(lookups.bytes(), 0);
}

#[test]
fn memory_is_bounded() {
    let (lookups, inner) = lookups(Lifetimes { bytes: 10_000, ..Lifetimes::default() }, |_| Ok(vec![0; 1_000]));
    for i in 0..100 {
        ask(&lookups, MANIFEST, &format!("web:{i}")).expect("an answer");
        assert!(lookups.bytes() <= 10_000);
    }
    assert!(lookups.bytes() > 8_000);
    ask(&lookups, MANIFEST, "web:99").expect("an answer");
    assert_eq!(inner.asked.load(Ordering::SeqCst), 100, "the newest is remembered");
}

#[test]
fn too_many_questions_are_refused() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let (lookups, _) = lookups(Lifetimes::default(), move |_| {
        let _ = gate.lock().map(|gate| gate.recv());
        Ok(Vec::new())
    });
    let fill = |host: &str, count: usize| {
        for i in 0..count {
            let payload = format!("\"{host}/web:{i}\"");
            let _ = lookups.until(later(now(), Duration::from_millis(1))).call("kubewarden", "oci", MANIFEST, payload.as_bytes());
        }
    };
    let refused = |payload: &str| {
        let waiting = lookups.until(later(now(), Duration::from_millis(1)));
        let _ = waiting.call("kubewarden", "oci", MANIFEST, payload.as_bytes());
        waiting.fell_short() == Some(Shortage::Room)
    };
    fill("hangs.example", limits::LOOKUPS_OF_A_HOST);
    assert!(refused("\"hangs.example/web\"") && refused("{\"image\":\"hangs.example/web\"}"));
    assert!(!refused("\"well.example/web\""), "a registry that hangs takes no other's room");
    for i in 0..limits::LOOKUPS / limits::LOOKUPS_OF_A_HOST {
        fill(&format!("{i}.example"), limits::LOOKUPS_OF_A_HOST);
    }
    assert!(refused("\"well.example/other\""));
    let late = lookups.until(now());
    assert!(late.call("kubewarden", "oci", MANIFEST, b"late").is_err());
    assert_eq!(late.fell_short(), Some(Shortage::Time), "what comes too late asks nothing any more");
    drop(open);
}
