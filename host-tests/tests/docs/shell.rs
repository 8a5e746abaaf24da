//! Lines of a shell, and of a pipeline's steps, that run gatectl.

use serde_json::Value;

/// The commands of a block: lines that a backslash continues are one, comments and blank lines are none.
pub(crate) fn commands(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// The words of `gatectl …` within a command, up to a pipe, a redirection or a comment; `None` where it runs something else.
pub(crate) fn words(command: &str) -> Option<Vec<String>> {
    let words = shlex::split(command).unwrap_or_else(|| panic!("quotes in `{command}`"));
    let mut words = words.into_iter().skip_while(|word| is_assignment(word));
    let program = words.next()?;
    if program != "gatectl" && program != "dist/gatectl" {
        return None;
    }
    let ends = |word: &String| ["|", "||", "&&", ";"].contains(&word.as_str()) || word.starts_with(['>', '<', '#']);
    Some(words.take_while(|word| !ends(word)).collect())
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

/// Panics where the command line of `gatectl` does not take a command.
pub(crate) fn assert_parses(place: &str, command: &str) {
    // A pipeline's variables stand for words.
    let command = command.replace("${{ ", "${{").replace(" }}", "}}");
    let Some(words) = words(&command) else { return };
    let arguments = [vec!["gatectl".to_owned()], words].concat();
    if let Err(error) = gatectl::command().try_get_matches_from(arguments) {
        assert!(!error.use_stderr(), "{place}: `{command}`: {error}");
    }
}

/// The commands in the steps of a workflow (`run`) or the jobs of a pipeline (`script`).
pub(crate) fn of_pipeline(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("run", Value::String(script)) => commands(script),
                ("script", Value::Array(lines)) => lines.iter().filter_map(Value::as_str).flat_map(commands).collect(),
                _ => of_pipeline(value),
            })
            .filter(|command| words(command).is_some())
            .collect(),
        Value::Array(items) => items.iter().flat_map(of_pipeline).collect(),
        _ => Vec::new(),
    }
}
