//! What needs neither registry nor module: settings, help, completions, manual pages, exit codes.

use crate::world::gatectl;
use gatectl::ExitCode;

#[test]
fn exit_codes_tell_mistakes_from_answers() {
    assert_eq!(gatectl(&["--version"]).exit, ExitCode::Admitted);
    assert_eq!(gatectl(&["check", "--help"]).exit, ExitCode::Admitted);
    for arguments in [&[][..], &["unknown"], &["check", "x.yaml"], &["check", "x.yaml", "--settings", "/no/such/file"]] {
        let ended = gatectl(arguments);
        assert_eq!(ended.exit, ExitCode::Failed, "{ended:?}");
        assert!(!ended.notes.is_empty());
    }
    for (code, number) in
        [(ExitCode::Admitted, 0), (ExitCode::Failed, 1), (ExitCode::Denied, 2), (ExitCode::Worse, 2), (ExitCode::Settings, 3)]
    {
        assert_eq!(code.number(), number);
    }
}

#[test]
fn every_command_has_examples() {
    for command in [
        &["attach"][..],
        &["refresh"],
        &["prune"],
        &["findings"],
        &["findings", "diff"],
        &["keys", "generate"],
        &["check"],
        &["import"],
        &["settings", "check"],
        &["settings", "schema"],
        &["module", "annotate"],
        &["module", "inspect"],
        &["module", "push"],
        &["module", "pull"],
        &["module", "artifacthub"],
        &["admissions"],
        &["demo"],
        &["completions"],
        &["man"],
    ] {
        let help = gatectl(&[command, &["--help"]].concat()).results;
        assert!(help.contains("Example"), "{command:?}");
    }
}

/// What help shows of these commands is taken as it stands there.
#[test]
fn examples_are_taken() {
    for command in ["attach", "refresh", "prune", "import"] {
        let help = gatectl(&[command, "--help"]).results;
        // A long line goes on in the next, which begins as no example does.
        let is_first = |line: &&str| {
            let words = line.trim_start();
            line.is_empty()
                || ["gatectl", "kubectl", "trivy", "grype", "cosign", "COSIGN_PASSWORD"]
                    .iter()
                    .any(|word| words.starts_with(word))
        };
        let lines: Vec<&str> = help.lines().filter(|line| !line.starts_with("Usage: ")).collect();
        let mut whole: Vec<String> = Vec::new();
        for line in lines {
            match whole.last_mut().filter(|_| !is_first(&line)) {
                Some(last) => last.push_str(&format!(" {}", line.trim_start())),
                None => whole.push(line.to_owned()),
            }
        }
        let shown =
            whole.iter().filter_map(|line| line.trim().split_once("gatectl ").map(|(before, rest)| (before, rest.trim())));
        let mut checked = 0;
        for (_, example) in
            shown.filter(|(before, rest)| (before.is_empty() || before.ends_with(['|', ' '])) && rest.starts_with(command))
        {
            let words = shlex::split(example).unwrap_or_else(|| panic!("{example}"));
            let words = words.into_iter().take_while(|word| word != ">");
            let arguments = std::iter::once("gatectl".to_owned()).chain(words).map(Into::into);
            gatectl::check_arguments(arguments).unwrap_or_else(|error| panic!("{example}: {error}"));
            checked += 1;
        }
        assert!(checked >= 3, "{command}: only {checked} examples were found");
    }
}

#[test]
fn completions_and_manual_pages_are_written() {
    assert!(gatectl(&["completions", "bash"]).results.contains("gatectl"));
    assert!(gatectl(&["man"]).results.contains(".TH"));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(gatectl(&["man", &folder.path().display().to_string()]).exit, ExitCode::Admitted);
    assert!(folder.path().join("gatectl-attach.1").is_file());
}

#[test]
fn problems_are_shown_in_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.yaml");
    let check = |text: &str| {
        std::fs::write(&path, text).unwrap();
        gatectl(&["settings", "check", &path.display().to_string()])
    };
    let good = "rules:\n- name: a\n  action: deny\n  conditions: [{ severity: critical }]\n";
    assert_eq!(check(good).exit, ExitCode::Admitted);
    let ended = check(&good.replace("critical", "crtical"));
    assert_eq!(ended.exit, ExitCode::Settings);
    let line = "4 |   conditions: [{ severity: crtical }]\n  |                            ^^^^^^^\n";
    assert!(ended.results.contains(line), "{}", ended.results);
    assert!(ended.results.contains("settings.yaml:4:28"), "{}", ended.results);
    let ended = check(&good.replace("action", "acton"));
    assert!(ended.results.contains("3 |   acton: deny\n  |   ^^^^^\n"), "{}", ended.results);
    let policy = format!(
        "apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nspec:\n  settings:\n{}",
        good.replace("deny", "dny").lines().map(|line| format!("    {line}\n")).collect::<String>()
    );
    let ended = check(&policy);
    assert!(ended.results.contains("7 |       action: dny\n  |               ^^^\n"), "{}", ended.results);
    for broken in ["", "a: [b\n", "a: 1\n---\nb: 2\n", "- a\n"] {
        assert_eq!(check(broken).exit, ExitCode::Settings, "{broken}");
    }
}
