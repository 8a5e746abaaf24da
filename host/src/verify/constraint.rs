//! One thing that a request demands → whether some signature fulfils it, and how the policy server writes it where none does.

use std::collections::BTreeMap;

use url::Url;

use super::VerifyError;
use super::certificate::Subject;
use super::key::PublicKey;
use super::layer::Layer;
use super::request::Request;

/// The issuer of identities in GitHub Actions.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Annotations, where the request names any.
type Annotations<'a> = Option<&'a BTreeMap<String, String>>;

/// One signature that must be there.
pub(super) enum Constraint<'a> {
    /// Made with this key.
    Key { pem: &'a str, annotations: Annotations<'a> },
    /// Made by this identity.
    Identity { issuer: &'a str, subject: Wanted<'a>, annotations: Annotations<'a> },
    /// Made by a workflow of this owner's repositories.
    Github { owner: &'a str, repo: Option<&'a str>, annotations: Annotations<'a> },
}

/// How a signer is named.
pub(super) enum Wanted<'a> {
    /// In full.
    Equal(&'a str),
    /// As the policy server writes it, and what the signer begins with.
    Prefix { written: String, prefix: String },
}

impl<'a> Constraint<'a> {
    /// The constraints of a request, of which all must be satisfied; none of a request by certificate, which is judged by itself.
    pub(super) fn of(request: &'a Request) -> Result<Vec<Self>, VerifyError> {
        Ok(match request {
            Request::PubKeys { pub_keys, annotations, .. } => {
                pub_keys.iter().map(|pem| Self::Key { pem, annotations: annotations.as_ref() }).collect()
            }
            Request::Keyless { keyless, annotations, .. } => {
                let identity = |one: &'a super::Identity| Self::Identity {
                    issuer: &one.issuer,
                    subject: Wanted::Equal(&one.subject),
                    annotations: annotations.as_ref(),
                };
                keyless.iter().map(identity).collect()
            }
            Request::KeylessPrefix { keyless_prefix, annotations, .. } => {
                let mut constraints = Vec::new();
                for one in keyless_prefix {
                    let subject = Wanted::prefix(&one.url_prefix)?;
                    constraints.push(Self::Identity { issuer: &one.issuer, subject, annotations: annotations.as_ref() });
                }
                constraints
            }
            Request::GithubActions { owner, repo, annotations, .. } => {
                vec![Self::Github { owner, repo: repo.as_deref(), annotations: annotations.as_ref() }]
            }
            Request::Certificate { .. } => Vec::new(),
        })
    }

    /// Whether one signature fulfils all of it. A key that cannot be read is fulfilled by none.
    pub(super) fn is_satisfied(&self, layers: &[Layer]) -> bool {
        match self {
            Self::Key { pem, annotations } => PublicKey::from_pem(pem.as_bytes())
                .is_ok_and(|key| layers.iter().any(|layer| layer.is_signed_by(&key) && has(layer, *annotations))),
            Self::Identity { issuer, subject, annotations } => layers.iter().any(|layer| {
                let signer = layer.signer.as_ref().filter(|signer| signer.issuer.as_deref() == Some(issuer));
                signer.is_some_and(|signer| subject.is(signer.subject.text())) && has(layer, *annotations)
            }),
            Self::Github { owner, repo, annotations } => {
                layers.iter().any(|layer| is_workflow(layer, owner, *repo) && has(layer, *annotations))
            }
        }
    }

    /// The constraint as the policy server lists it.
    pub(super) fn to_yaml(&self) -> String {
        let optional = |text: Option<&str>| text.map_or("null".to_owned(), |text| scalar(text, ""));
        let (head, annotations) = match self {
            Self::Key { pem, annotations } => (format!("kind: pubKey\nowner: null\nkey: {}\n", scalar(pem, "")), annotations),
            Self::Identity { issuer, subject, annotations } => {
                let subject = match subject {
                    Wanted::Equal(subject) => format!("!equal {}", scalar(subject, "")),
                    Wanted::Prefix { written, .. } => format!("!urlPrefix {}", scalar(written, "")),
                };
                (format!("kind: genericIssuer\nissuer: {}\nsubject: {subject}\n", scalar(issuer, "")), annotations)
            }
            Self::Github { owner, repo, annotations } => {
                (format!("kind: githubAction\nowner: {}\nrepo: {}\n", scalar(owner, ""), optional(*repo)), annotations)
            }
        };
        let annotations = match annotations {
            None => "annotations: null\n".to_owned(),
            Some(annotations) if annotations.is_empty() => "annotations: {}\n".to_owned(),
            Some(annotations) => {
                let lines = annotations.iter().map(|(key, value)| format!("  {}: {}\n", scalar(key, "  "), scalar(value, "  ")));
                format!("annotations:\n{}", lines.collect::<String>())
            }
        };
        head + &annotations
    }
}

impl Wanted<'_> {
    /// The policy server ends on a prefix that is no URL; here it is an error.
    fn prefix(text: &str) -> Result<Self, VerifyError> {
        let url = Url::parse(text).map_err(|error| VerifyError::text(format!("Cannot build url prefix: {error}")))?;
        let written = url.to_string();
        let prefix = if written.ends_with('/') { written.clone() } else { format!("{written}/") };
        Ok(Self::Prefix { written, prefix })
    }

    fn is(&self, signer: &str) -> bool {
        match self {
            Self::Equal(subject) => *subject == signer,
            Self::Prefix { prefix, .. } => signer.starts_with(prefix),
        }
    }
}

fn has(layer: &Layer, annotations: Annotations<'_>) -> bool {
    annotations.is_none_or(|wanted| layer.has(wanted))
}

/// Whether the signer is a workflow on GitHub, and the repository that its certificate names is the wanted one.
fn is_workflow(layer: &Layer, owner: &str, repo: Option<&str>) -> bool {
    let Some(signer) = layer.signer.as_ref().filter(|signer| signer.issuer.as_deref() == Some(GITHUB)) else { return false };
    let Subject::Uri(uri) = &signer.subject else { return false };
    if repository(uri).is_none() {
        return false;
    }
    let Some(named) = &signer.github_repository else { return false };
    repository(&format!("https://github.com/{named}"))
        .is_some_and(|(found_owner, found)| found_owner == owner && repo.is_none_or(|repo| repo == found))
}

/// Owner and name of a repository on GitHub, from a URL in it.
fn repository(text: &str) -> Option<(String, String)> {
    let url = Url::parse(text).ok().filter(|url| url.host_str() == Some("github.com"))?;
    let mut segments = url.path_segments()?;
    Some((segments.next()?.to_owned(), segments.next()?.to_owned()))
}

/// A text as YAML has it: in a block where it has lines, else plain where nothing else could be meant, else quoted.
fn scalar(text: &str, indent: &str) -> String {
    if text.contains('\n') {
        let ending = match text.len() - text.trim_end_matches('\n').len() {
            0 => "-",
            1 => "",
            _ => "+",
        };
        let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("\n{indent}  {line}") };
        let body: String = text.strip_suffix('\n').unwrap_or(text).split('\n').map(line).collect();
        return format!("|{ending}{body}");
    }
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._/:@+=-".contains(c))
        && !text.ends_with(':')
        && !["null", "true", "false"].contains(&text);
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_listed_as_the_policy_server_lists_them() {
        let annotations = BTreeMap::from([("io.gated-deployment.type".to_owned(), "findings.v1".to_owned())]);
        let key = Constraint::Key { pem: "-----BEGIN X-----\nab\n-----END X-----\n", annotations: Some(&annotations) };
        assert_eq!(
            key.to_yaml(),
            "kind: pubKey\nowner: null\nkey: |\n  -----BEGIN X-----\n  ab\n  -----END X-----\nannotations:\n  io.gated-deployment.type: findings.v1\n"
        );
        let identity = Constraint::Identity {
            issuer: "https://github.com/login/oauth",
            subject: Wanted::Equal("user3@provider.com"),
            annotations: None,
        };
        assert_eq!(
            identity.to_yaml(),
            "kind: genericIssuer\nissuer: https://github.com/login/oauth\nsubject: !equal user3@provider.com\nannotations: null\n"
        );
        let empty = BTreeMap::new();
        let workflow = Constraint::Github { owner: "acme", repo: None, annotations: Some(&empty) };
        assert_eq!(workflow.to_yaml(), "kind: githubAction\nowner: acme\nrepo: null\nannotations: {}\n");
        assert_eq!(scalar("a\nb", ""), "|-\n  a\n  b");
        assert_eq!(scalar("it's", ""), "'it''s'");
    }

    #[test]
    fn a_prefix_ends_at_a_slash() {
        let prefix = |text: &str| Wanted::prefix(text).map(|wanted| wanted.is("https://github.com/acme-evil/x"));
        assert_eq!(prefix("https://github.com/acme"), Ok(false));
        assert_eq!(prefix("https://github.com/"), Ok(true));
        assert_eq!(prefix("https://github.com"), Ok(true));
        assert!(prefix("github.com/acme").is_err_and(|error| error.report().starts_with("Cannot build url prefix: ")));
        assert_eq!(repository("https://github.com/acme/scan/.github"), Some(("acme".to_owned(), "scan".to_owned())));
        assert_eq!(repository("https://gitlab.com/acme/scan"), None);
    }
}
