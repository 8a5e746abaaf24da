//! The scanner's command line → words for one image. No shell is asked, and nothing that is filled in becomes a second word.

use std::ffi::OsString;
use std::path::Path;

use crate::exit::Failure;

/// A part of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blank {
    Image,
    Report,
    Platform,
}

/// What can be filled in.
const BLANKS: [(&str, Blank); 3] = [("image", Blank::Image), ("report", Blank::Report), ("platform", Blank::Platform)];

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Blank(Blank),
}

/// A scanner's command line with blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scanner {
    program: String,
    words: Vec<Vec<Part>>,
}

impl Scanner {
    /// Splits a command line into words by the rules of POSIX shells: quotes and backslashes, and nothing else.
    ///
    /// # Errors
    /// One sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words = shlex::split(text).ok_or_else(|| format!("expected each quote closed, found `{text}`"))?;
        let mut words = words.into_iter();
        let program = words.next().unwrap_or_default();
        if program.is_empty() || program.contains('{') {
            return Err(format!("expected a program as the first word, found `{program}`"));
        }
        let words = words.map(|word| parts(&word)).collect::<Result<Vec<_>, _>>()?;
        let scanner = Self { program, words };
        match scanner.has(Blank::Image) {
            true => Ok(scanner),
            false => Err(format!("expected {{image}} where the image is to stand, found none in `{text}`")),
        }
    }

    /// Whether each platform of an index is to be scanned by itself.
    pub(super) fn names_platform(&self) -> bool {
        self.has(Blank::Platform)
    }

    /// Whether it writes the report to a file; else to stdout.
    pub(super) fn writes_file(&self) -> bool {
        self.has(Blank::Report)
    }

    /// The program's name or path.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    fn has(&self, blank: Blank) -> bool {
        self.words.iter().flatten().any(|part| *part == Part::Blank(blank))
    }

    /// The words behind the program's for one image.
    ///
    /// # Errors
    /// What is filled in could be taken for an option.
    pub(super) fn words(&self, image: &str, report: &Path, platform: &str) -> Result<Vec<OsString>, Failure> {
        for (what, text) in [("image", image), ("platform", platform)] {
            if text.starts_with('-') {
                return Err(Failure::new(format_args!("expected an {what} that no scanner takes for an option, found `{text}`")));
            }
        }
        let fill = |parts: &Vec<Part>| {
            let mut word = OsString::new();
            for part in parts {
                match part {
                    Part::Text(text) => word.push(text),
                    Part::Blank(Blank::Image) => word.push(image),
                    Part::Blank(Blank::Report) => word.push(report),
                    Part::Blank(Blank::Platform) => word.push(platform),
                }
            }
            word
        };
        Ok(self.words.iter().map(fill).collect())
    }
}

/// A word's parts; braces around anything but a name are text.
fn parts(word: &str) -> Result<Vec<Part>, String> {
    let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), word);
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let name = after.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, behind)) = name else {
            text.push('{');
            rest = after;
            continue;
        };
        let Some((_, blank)) = BLANKS.iter().find(|(known, _)| *known == name) else {
            return Err(format!("expected {{image}}, {{report}} or {{platform}}, found `{{{name}}}`"));
        };
        parts.push(Part::Text(std::mem::take(&mut text)));
        parts.push(Part::Blank(*blank));
        rest = behind;
    }
    text.push_str(rest);
    parts.push(Part::Text(text));
    Ok(parts)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_shells_and_blanks_stay_in_theirs() {
        let scanner =
            Scanner::parse(r#"trivy image --output={report} 'a b' "$(x);{image}" \$HOME {{.X}} --platform {platform} {}"#)
                .unwrap();
        assert_eq!((scanner.program(), scanner.writes_file(), scanner.names_platform()), ("trivy", true, true));
        let words = scanner.words("web@sha256:0 {report} 'x", Path::new("/tmp/a b"), "linux/arm64").unwrap();
        let wanted = [
            "image",
            "--output=/tmp/a b",
            "a b",
            "$(x);web@sha256:0 {report} 'x",
            "$HOME",
            "{{.X}}",
            "--platform",
            "linux/arm64",
            "{}",
        ];
        assert_eq!(words, wanted.map(OsString::from));
    }

    #[test]
    fn a_command_line_that_cannot_be_meant_is_refused() {
        for (text, part) in [
            ("", "expected a program as the first word"),
            ("{image}", "expected a program as the first word, found `{image}`"),
            ("trivy 'image {image}", "expected each quote closed"),
            ("trivy image", "expected {image} where the image is to stand"),
            ("trivy {image} {reprot}", "expected {image}, {report} or {platform}, found `{reprot}`"),
        ] {
            let found = Scanner::parse(text).unwrap_err();
            assert!(found.starts_with(part), "{text}: {found}");
        }
        let scanner = Scanner::parse("trivy {image} {platform}").unwrap();
        for (image, platform) in [("-o", ""), ("web", "--debug")] {
            assert!(scanner.words(image, Path::new("r"), platform).is_err_and(|e| e.message.contains("for an option")));
        }
    }
}
