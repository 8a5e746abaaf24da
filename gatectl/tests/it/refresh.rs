//! `gatectl refresh` as a process: killed and begun again, its password, its stdin.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use gatectl::{ExitCode, Passwords};
use policy::findings;

use crate::attach::{hex, stating};
use crate::world::{World, gatectl_with};

/// A scanner that notes each call and what it knows of the password.
fn scanner(world: &World, seconds: &str) -> String {
    world.file("template.json", &stating("DIGEST"));
    let script = format!(
        "#!/bin/sh\necho \"$1 ${{COSIGN_PASSWORD-unset}} $(cat)\" >>{}\nsleep {seconds}\nsed \"s/DIGEST/${{1##*@}}/\" {} >\"$2\"\n",
        world.path("calls.log"),
        world.path("template.json")
    );
    let path = world.file("scanner", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{path} {{image}} {{report}}")
}

fn command(world: &World, scanner: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatectl"));
    command.args(["refresh", "--sources", &world.path("sources.yaml"), "--now", "2026-11-21T12:00:00Z", "--scanner", scanner]);
    command
}

#[test]
fn what_was_killed_is_resumed() {
    let world = World::new();
    let scanner = scanner(&world, "0.2");
    let n = 8;
    let digests: Vec<String> =
        (0..n).map(|nth| world.push_image(&world.image(&format!("app{nth}:1")), &format!("a{nth}")).0).collect();
    let list: String = (0..n).map(|nth| format!("{}\n", world.image(&format!("app{nth}:1")))).collect();
    let list = world.file("images.txt", &list);
    let tag = |nth: usize| format!("{}:{}", world.image(&format!("app{nth}")), findings::tag(hex(&digests[nth])));
    let done = || (0..n).filter(|nth| world.registry.exists(&tag(*nth)).unwrap()).count();
    let mut process = command(&world, &scanner)
        .args(["--images", &list, "--jobs", "2"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while done() < 2 {
        assert!(process.try_wait().unwrap().is_none_or(|status| status.success()));
        std::thread::sleep(Duration::from_millis(5));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let before = done();
    assert!((2..n).contains(&before));
    let output = command(&world, &scanner).args(["--images", &list]).output().unwrap();
    let notes = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && notes.contains(&format!("{before} fresh, {} refreshed, 0 failed", n - before)), "{notes}");
    assert_eq!(notes.lines().filter(|line| line.contains(&format!("/{n}: "))).count(), n, "{notes}");
    assert_eq!(done(), n);
}

#[test]
fn the_scanner_gets_no_password_and_no_stdin() {
    let world = World::new();
    let scanner = scanner(&world, "0");
    let (digest, _) = world.push_image(&world.image("app:1"), "amd64");
    let prefix = world.path("scan");
    let keys = ["keys", "generate", "--output", &prefix];
    assert_eq!(gatectl_with(&keys, &Passwords::given("secret")).exit, ExitCode::Admitted);
    let pods = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","spec":{{"containers":[{{"name":"a","image":"{}"}}]}}}}"#,
        world.image("app:1")
    );
    let pods = world.file("pods.json", &pods);
    let output = command(&world, &scanner)
        .args(["--objects", "-", "--sign-key", &world.path("scan.key")])
        .env("COSIGN_PASSWORD", "secret")
        .stdin(std::fs::File::open(pods).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let calls = std::fs::read_to_string(world.path("calls.log")).unwrap();
    assert_eq!(calls, format!("{} unset \n", world.image(&format!("app@{digest}"))));
    assert!(String::from_utf8_lossy(&output.stdout).contains("refreshed"), "{output:?}");
}

/// What stops this program stops the scanners with it, and leaves nothing behind.
#[test]
fn an_interrupt_ends_the_scanners() {
    let world = World::new();
    world.push_image(&world.image("app:1"), "amd64");
    let list = world.file("images.txt", &world.image("app:1"));
    let script = format!("#!/bin/sh\nsleep 600 &\necho $! >{0}.new\nmv {0}.new {0}\nwait\n", world.path("child"));
    let path = world.file("scanner", &script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(world.path("temporary")).unwrap();
    let mut process = command(&world, &format!("{path} {{image}}"))
        .args(["--images", &list])
        .env("TMPDIR", world.path("temporary"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let child = loop {
        assert!(process.try_wait().unwrap().is_none(), "it waits for the scanner");
        match std::fs::read_to_string(world.path("child")) {
            Ok(child) => break child,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let sent = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(process.wait().unwrap().code(), Some(130));
    let runs = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).is_ok_and(|state| !state.contains(") Z "));
    let is_over = || {
        std::thread::sleep(Duration::from_millis(5));
        !runs()
    };
    assert!((0..400).any(|_| is_over()), "what the scanner began still runs");
    assert_eq!(std::fs::read_dir(world.path("temporary")).unwrap().count(), 0);
}
