//! `trust` as written → [`Trust`]: whose signature makes findings trusted.
//!
//! Source: the rule language, "Trust"; each signer is a form of the host's `oci/v2/verify`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::language::{REKOR_BUNDLE, SIGNER_KEYS, TRUST_KEYS};
use super::node::{Members, Node};
use crate::limits;

/// Signers of whom any one suffices; at least one.
pub type Trust = Vec<Signer>;

/// Someone whose signature is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Any one of these public keys, in PEM.
    PublicKeys(Vec<String>),
    /// An identity that an OpenID Connect issuer vouched for.
    Keyless {
        /// URL of the issuer.
        issuer: String,
        /// The identity.
        subject: Subject,
    },
    /// A workflow of GitHub Actions.
    GithubAction {
        /// User or organisation.
        owner: String,
        /// One of its repositories; `None`: any.
        repository: Option<String>,
    },
    /// A certificate, in PEM.
    Certificate {
        /// The signer's.
        certificate: String,
        /// Those between it and its root, the root last.
        chain: Vec<String>,
        /// Whether the signature must be in the transparency log while the certificate was valid.
        requires_rekor_bundle: bool,
    },
}

/// The identity of a keyless signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Exactly this.
    Equal(String),
    /// A URL that begins so.
    Prefix(String),
}

impl Signer {
    /// As answers name it.
    pub fn describe(&self) -> String {
        match self {
            Self::PublicKeys(_) => "public key".to_owned(),
            Self::Keyless { subject: Subject::Equal(subject), .. } => subject.clone(),
            Self::Keyless { subject: Subject::Prefix(prefix), .. } => format!("{prefix}…"),
            Self::GithubAction { owner, repository } => match repository {
                Some(repository) => format!("GitHub Actions of {owner}/{repository}"),
                None => format!("GitHub Actions of {owner}"),
            },
            Self::Certificate { .. } => "certificate".to_owned(),
        }
    }
}

pub(super) fn read(node: &Node<'_>) -> Option<Trust> {
    let members = node.object(&TRUST_KEYS, &[], "")?;
    let list = members.require("anyOf")?;
    Some(list.list(limits::SIGNERS)?.filter_map(|signer| read_signer(&signer)).collect())
}

fn read_signer(node: &Node<'_>) -> Option<Signer> {
    let (key, signer) = node.one_of(&SIGNER_KEYS)?;
    match key {
        "publicKeys" => {
            let keys = signer.list(limits::SIGNERS)?.filter_map(|key| read_pem(&key, "PUBLIC KEY"));
            Some(Signer::PublicKeys(keys.collect()))
        }
        "keyless" => read_keyless(&signer),
        "githubAction" => {
            let members = signer.object(&["owner", "repository"], &[], "")?;
            let owner = members.require("owner").and_then(|node| read_name(&node, "the name of a user or organisation"));
            let repository = match members.get("repository") {
                Some(node) => Some(read_name(&node, "the name of a repository without its owner")?),
                None => None,
            };
            Some(Signer::GithubAction { owner: owner?, repository })
        }
        _ => read_certificate(&signer),
    }
}

fn read_keyless(node: &Node<'_>) -> Option<Signer> {
    let members = node.object(&["issuer", "subject", "subjectPrefix"], &[], "")?;
    let issuer = members.require("issuer").and_then(|node| node.text());
    let subject = match (text(&members, "subject"), text(&members, "subjectPrefix")) {
        (Some(subject), None) => Some(Subject::Equal(subject)),
        (None, Some(prefix)) => Some(Subject::Prefix(prefix)),
        (Some(_), Some(_)) => {
            node.problem("expected `subject` or `subjectPrefix`, found both");
            None
        }
        (None, None) if members.has("subject") || members.has("subjectPrefix") => None,
        (None, None) => {
            node.problem("expected `subject` or `subjectPrefix`, found neither: an issuer vouches for anybody");
            None
        }
    };
    Some(Signer::Keyless { issuer: issuer?.to_owned(), subject: subject? })
}

fn read_certificate(node: &Node<'_>) -> Option<Signer> {
    let members = node.object(&["certificate", "chain", "rekorBundle"], &[], "")?;
    let certificate = members.require("certificate").and_then(|node| read_pem(&node, "CERTIFICATE"));
    let chain = members.get("chain").map(|node| {
        let certificates: Vec<String> =
            node.list_or_none(limits::SIGNERS).filter_map(|node| read_pem(&node, "CERTIFICATE")).collect();
        certificates
    });
    let bundle = members.get("rekorBundle").and_then(|node| node.word(&REKOR_BUNDLE));
    Some(Signer::Certificate {
        certificate: certificate?,
        chain: chain.unwrap_or_default(),
        requires_rekor_bundle: bundle.unwrap_or(false),
    })
}

/// The host compares it with one part of a path: with a slash in it, it would be nobody's.
fn read_name(node: &Node<'_>, what: &str) -> Option<String> {
    let is_sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    node.parsed(what, |text| (!text.is_empty() && text.bytes().all(is_sound)).then(|| text.to_owned()))
}

fn text(members: &Members<'_>, key: &'static str) -> Option<String> {
    members.get(key).and_then(|node| node.text().map(str::to_owned))
}

/// One block of PEM with a label: the host would take a malformed one for a signer that never signs.
fn read_pem(node: &Node<'_>, label: &str) -> Option<String> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let is_sound = |text: &str| {
        let body = text.trim().strip_prefix(&begin).and_then(|rest| rest.strip_suffix(&end));
        let body: Option<String> = body.map(|body| body.split_whitespace().collect());
        body.is_some_and(|body| !body.is_empty() && STANDARD.decode(body).is_ok())
    };
    node.parsed(&format!("one block of PEM, `{begin}` to `{end}`"), |text| is_sound(text).then(|| format!("{}\n", text.trim())))
}
