//! The findings documents of a case, written short, and the findings artifacts made of them.
//!
//! A vulnerability is a line: `ID SEVERITY PURL[@VERSION] [-> FIXED[,FIXED]] [key=value …]` with the keys `state`, `cvss`, `epss`, `kev`,
//! `published`, `fixAt`, `path`, `alias`, `advisory`, `vex` and `vexSource`. Lines with one id are findings of one vulnerability.
//! Order, `provides` and the summary follow from the lines, unless the case writes them itself.

use std::collections::BTreeSet;

use policy::findings::{self, Document, json, packed, summary};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// A findings document of a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CaseDocument {
    /// The repository that keeps image and artifact.
    #[serde(default = "default_repository")]
    pub repository: String,
    /// Default: the sha256 of the document's name in the case.
    pub subject: Option<String>,
    /// RFC 3339; default an hour before the default `now`.
    #[serde(default = "default_scanned_at")]
    scanned_at: String,
    /// RFC 3339; default none.
    database_updated_at: Option<String>,
    /// Fields spoken about besides those that a line has.
    #[serde(default)]
    provides: Vec<String>,
    /// `family version`, with ` eol` or ` maintained` behind it where the scanner says so.
    os: Option<String>,
    /// The lines of a single image.
    vulnerabilities: Option<Vec<String>>,
    /// The lines of a single image are there so many times, `{i}` in them standing for the number of the copy, from 1000.
    copies: Option<usize>,
    /// The platforms of an index, instead: name → lines, or null where it was not scanned.
    platforms: Option<Map<String, Value>>,
    /// Members of the document to be replaced.
    #[serde(default)]
    document: Map<String, Value>,
    /// Members of the artifact's manifest to be replaced (null: removed).
    #[serde(default)]
    manifest: Map<String, Value>,
    /// What to write as the summary annotation instead of the true one; null: none.
    #[serde(default, deserialize_with = "present")]
    summary: Option<Value>,
    /// Pads the summary with so many bytes of blanks.
    #[serde(default)]
    summary_padding: usize,
    /// Members of the flat config to be replaced.
    #[serde(default)]
    config: Map<String, Value>,
    /// Leave the document's laws unchecked, as a foreign publisher might.
    #[serde(default)]
    unchecked: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn default_repository() -> String {
    "ghcr.io/acme/web".to_owned()
}

fn default_scanned_at() -> String {
    "2026-11-22T11:00:00Z".to_owned()
}

/// `sha256:` and the hash of a text.
pub fn digest_of(text: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut digest = String::from("sha256:");
    for byte in Sha256::digest(text) {
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

/// What a registry answers about a findings artifact.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// `repository:sha256-<hex>.findings`.
    pub reference: String,
    /// `repository@` and the digest of the artifact itself.
    pub by_digest: String,
    /// The digest of the artifact itself.
    pub digest: String,
    /// The answer of `oci/v1/oci_manifest`.
    pub manifest: String,
    /// The answer of `oci/v1/oci_manifest_config`.
    pub with_config: String,
}

impl CaseDocument {
    /// The subject's digest.
    pub fn subject(&self, name: &str) -> String {
        self.subject.clone().unwrap_or_else(|| digest_of(name.as_bytes()))
    }

    /// The artifact as `gatectl attach` would publish it, with the case's replacements.
    pub fn artifact(&self, name: &str) -> Artifact {
        let subject = self.subject(name);
        let text = self.to_json(&subject).to_string();
        let document: Document<'_> = if self.unchecked {
            serde_json::from_str(&text).expect("a document")
        } else {
            json::read(&text).unwrap_or_else(|e| panic!("document `{name}`: {e}"))
        };
        let flat = if self.unchecked { pack_unchecked(&document) } else { packed::pack(&document).expect("packs") };
        let mut config = serde_json::to_value(&flat).expect("JSON");
        replace(&mut config, &self.config);
        let config_digest = digest_of(config.to_string().as_bytes());
        let summary = match &self.summary {
            None => Some(serde_json::to_string(&summary::summarize(&document, &config_digest)).expect("JSON")),
            Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(changes) => {
                let mut value = serde_json::to_value(summary::summarize(&document, &config_digest)).expect("JSON");
                replace(&mut value, changes.as_object().expect("an object of members to replace"));
                Some(value.to_string())
            }
        };
        let summary = summary.map(|summary| format!("{summary}{}", " ".repeat(self.summary_padding)));
        let annotations = summary.map(|summary| json!({ findings::SUMMARY_ANNOTATION: summary })).unwrap_or(json!({}));
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": findings::MEDIA_TYPE,
            "config": { "mediaType": findings::MEDIA_TYPE, "digest": config_digest, "size": config.to_string().len() },
            "layers": [],
            "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": subject, "size": 1000 },
            "annotations": annotations,
        });
        replace(&mut manifest, &self.manifest);
        let hex = subject.trim_start_matches("sha256:");
        let digest = digest_of(manifest.to_string().as_bytes());
        Artifact {
            reference: format!("{}:{}", self.repository, findings::tag(hex)),
            by_digest: format!("{}@{digest}", self.repository),
            digest: digest.clone(),
            with_config: json!({ "manifest": manifest, "digest": digest, "config": config }).to_string(),
            manifest: manifest.to_string(),
        }
    }

    /// The JSON form of the document.
    pub fn to_json(&self, subject: &str) -> Value {
        let mut provides: BTreeSet<String> = self.provides.iter().cloned().collect();
        let image = |digest: String, platform: Value, lines: Option<Vec<String>>, provides: &mut BTreeSet<String>| {
            let vulnerabilities = lines.map(|lines| read_lines(&lines, provides));
            json!({ "digest": digest, "platform": platform, "os": self.os.as_deref().map(read_os), "vulnerabilities": vulnerabilities })
        };
        let images: Vec<Value> = match &self.platforms {
            None => vec![image(subject.to_owned(), json!("linux/amd64"), Some(self.copied_lines()), &mut provides)],
            Some(platforms) => platforms
                .iter()
                .map(|(platform, lines)| {
                    let lines = serde_json::from_value(lines.clone()).expect("lines or null");
                    image(digest_of(platform.as_bytes()), json!(platform), lines, &mut provides)
                })
                .collect(),
        };
        let mut document = json!({
            "schemaVersion": 1,
            "subject": subject,
            "scanner": { "name": "trivy", "version": "0.66.0", "databaseUpdatedAt": self.database_updated_at },
            "scannedAt": self.scanned_at,
            "provides": provides,
            "images": images,
        });
        replace(&mut document, &self.document);
        document
    }

    fn copied_lines(&self) -> Vec<String> {
        let lines = self.vulnerabilities.as_deref().unwrap_or_default();
        let copy = |i: usize| lines.iter().map(move |line| line.replace("{i}", &(1000 + i).to_string()));
        (0..self.copies.unwrap_or(1)).flat_map(copy).collect()
    }
}

fn pack_unchecked<'a>(document: &Document<'a>) -> packed::Flat<'a> {
    use base64::Engine as _;
    let deflated = miniz_oxide::deflate::compress_to_vec(&rmp_serde::to_vec(document).expect("packs"), 9);
    let findings = base64::engine::general_purpose::STANDARD.encode(deflated);
    packed::Flat {
        schema_version: document.schema_version,
        subject: document.subject.clone(),
        encoding: packed::ENCODING.into(),
        findings: findings.into(),
    }
}

fn replace(value: &mut Value, changes: &Map<String, Value>) {
    let members = value.as_object_mut().expect("an object");
    for (key, change) in changes {
        match change {
            Value::Null => drop(members.remove(key)),
            change => drop(members.insert(key.clone(), change.clone())),
        }
    }
}

fn read_os(text: &str) -> Value {
    let words: Vec<&str> = text.split(' ').collect();
    let end_of_life = match words.last().copied() {
        Some("eol") => Some(true),
        Some("maintained") => Some(false),
        _ => None,
    };
    let version = words.get(1).filter(|word| !matches!(**word, "eol" | "maintained"));
    json!({ "family": words[0], "version": version, "endOfLife": end_of_life })
}

fn read_lines(lines: &[String], provides: &mut BTreeSet<String>) -> Vec<Value> {
    let mut vulnerabilities: Vec<Value> = Vec::new();
    for line in lines {
        let (vulnerability, finding) = read_line(line, provides);
        match vulnerabilities.iter_mut().find(|known| known["id"] == vulnerability["id"]) {
            Some(known) => known["findings"].as_array_mut().expect("findings").push(finding),
            None => {
                let mut vulnerability = vulnerability;
                vulnerability["findings"] = json!([finding]);
                vulnerabilities.push(vulnerability);
            }
        }
    }
    let rank = |value: &Value| {
        let severity = value["severity"].as_str().and_then(findings::Severity::from_word).expect("a severity");
        (std::cmp::Reverse(severity), value["id"].as_str().expect("an id").to_owned())
    };
    vulnerabilities.sort_by_key(rank);
    vulnerabilities
}

fn read_line(line: &str, provides: &mut BTreeSet<String>) -> (Value, Value) {
    let mut words = line.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("`{line}`: expected ID SEVERITY PURL"));
    let (id, severity, purl) = (next(), next(), next());
    let mut vulnerability = json!({ "id": id, "severity": severity });
    let version = purl.rsplit_once('@').map(|(_, version)| version.split('?').next().unwrap_or_default());
    let mut finding = json!({ "purl": purl, "installed": version, "fixState": "unknown" });
    while let Some(word) = words.next() {
        let (key, value) = if word == "->" {
            ("fixed", words.next().unwrap_or_default())
        } else {
            word.split_once('=').unwrap_or((word, "true"))
        };
        let mut spoken = |field: &str| {
            provides.insert(field.to_owned());
        };
        match key {
            "fixed" => {
                finding["fixed"] = value.split(',').collect();
                finding["fixState"] = json!("fixed");
            }
            "state" => finding["fixState"] = json!(value),
            "cvss" | "epss" => {
                spoken(key);
                vulnerability[key] = json!(value.parse::<f64>().expect("a number"));
            }
            "kev" => {
                spoken("knownExploited");
                vulnerability["knownExploited"] = json!(value == "true");
            }
            "published" => {
                spoken("publishedAt");
                vulnerability["publishedAt"] = json!(value);
            }
            "fixAt" => {
                spoken("fixAvailableAt");
                finding["fixAvailableAt"] = json!(value);
            }
            "path" => {
                spoken("path");
                finding["path"] = json!(value);
            }
            "alias" => {
                spoken("aliases");
                vulnerability["aliases"] = value.split(',').collect();
            }
            "advisory" => vulnerability["advisories"] = value.split(',').collect(),
            "vex" | "vexSource" => {
                spoken("vex");
                finding[key] = json!(value);
            }
            other => panic!("`{line}`: unknown key `{other}`"),
        }
    }
    (vulnerability, finding)
}
