//! A position in a JSON text → the path of the value there, so that a parser's error names the place as people know it.

use serde_json::Error;

/// What encloses the position.
enum Frame<'t> {
    Object(Option<&'t str>),
    Array(usize),
}

/// The error without its line and column, behind the path of the place: `` `spec.containers[0].image`: invalid type … ``.
pub fn name(text: &str, error: &Error) -> String {
    let message = error.to_string();
    let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    // A missing member is noticed at the end of its object, another mistake at the end of its value.
    let is_behind = message.starts_with("missing field");
    let before = text
        .lines()
        .take(error.line().saturating_sub(1))
        .fold(0_usize, |sum, line| sum.saturating_add(line.len()).saturating_add(1));
    let offset = before.saturating_add(error.column()).saturating_sub(usize::from(!is_behind));
    format!("`{}`: {message}", path_at(text, offset))
}

fn path_at(text: &str, offset: usize) -> String {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut string_from: Option<usize> = None;
    let (mut is_escaped, mut is_key) = (false, false);
    for (i, byte) in text.bytes().enumerate().take(offset) {
        if let Some(from) = string_from {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => {
                    string_from = None;
                    if let (true, Some(Frame::Object(key))) = (is_key, frames.last_mut()) {
                        *key = text.get(from..i);
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string_from = Some(i.saturating_add(1)),
            b'{' => frames.push(Frame::Object(None)),
            b'[' => frames.push(Frame::Array(0)),
            b'}' | b']' => drop(frames.pop()),
            b',' => match frames.last_mut() {
                Some(Frame::Array(index)) => *index = index.saturating_add(1),
                Some(Frame::Object(key)) => *key = None,
                None => {}
            },
            _ => {}
        }
        is_key = match byte {
            b'{' => true,
            b',' => matches!(frames.last(), Some(Frame::Object(_))),
            b':' | b'[' => false,
            _ => is_key,
        };
    }
    let mut path = String::new();
    for frame in frames {
        match frame {
            Frame::Object(Some(key)) if path.is_empty() => path.push_str(key),
            Frame::Object(Some(key)) => {
                path.push('.');
                path.push_str(key);
            }
            Frame::Object(None) => {}
            Frame::Array(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Pod {
        #[serde(rename = "spec")]
        _spec: Spec,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Spec {
        #[serde(rename = "containers")]
        _containers: Vec<Container>,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Container {
        #[serde(rename = "image")]
        _image: String,
    }

    #[test]
    fn the_path_is_the_mistakes() {
        for (text, wanted) in [
            (r#"{"spec":{"containers":[{"image":"a"},{"image":5}]}}"#, "`spec.containers[1].image`: invalid type: integer `5`"),
            (r#"{"x":"]}\"{","spec":{"containers":[{"image":{}}]}}"#, "`spec.containers[0].image`: invalid type: map"),
            (
                r#"{"spec":{"containers":[{"image":"a"},{"name":"b","y":[1,{"z":2}]}]}}"#,
                "`spec.containers[1]`: missing field `image`",
            ),
            ("{\n \"spec\": {\n  \"containers\": \"none\"\n }\n}", "`spec.containers`: invalid type: string \"none\""),
            (r#"{"spec":{"replicas":1}}"#, "`spec`: missing field `containers`"),
            (r#"{"metadata":{}}"#, "``: missing field `spec`"),
        ] {
            let found = name(text, &serde_json::from_str::<Pod>(text).unwrap_err());
            assert!(found.starts_with(wanted), "{text}: {found}");
        }
    }

    #[test]
    fn the_path_ends_where_the_text_stops_making_sense() {
        for (text, wanted) in
            [("1,2", "``: "), (r#"{"spec":{"a\"b":[0,1,{"#, "`spec.a\\\"b[2]`: EOF"), ("", "``: EOF"), ("]", "``: ")]
        {
            let found = name(text, &serde_json::from_str::<serde_json::Value>(text).unwrap_err());
            assert!(found.starts_with(wanted), "{text}: {found}");
        }
    }
}
