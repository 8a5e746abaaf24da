//! Metadata, questions and changes → the entries of `artifacthub-pkg.yml`.
//!
//! The shape is that of `kwctl scaffold artifacthub` (`policy-evaluator`, `policy_artifacthub.rs`), with two differences: the provider is
//! the publisher, and what Artifact Hub knows beyond kwctl is added (category, changes, pre-release, security updates).
//! Source of the fields: Artifact Hub, "artifacthub-pkg.yml" and "Kubewarden policies repositories".

use host::annotate::Metadata;
use policy::time::Timestamp;
use serde_json::{Value, json};

use super::changes::Change;
use super::text;

/// The file's first lines.
pub(super) const HEADER: &str = "\
# Made of metadata.yml, questions-ui.yml and CHANGELOG.md by `./just derived`: change those.
";
/// The chart that a cluster needs before this policy.
const CONTROLLER: &str = "https://artifacthub.io/packages/helm/kubewarden/kubewarden-controller";

/// Pictures of the pages that the command line makes: title, and file in `docs/screenshots`.
pub(super) const SCREENSHOTS: [(&str, &str); 2] =
    [("What the gate sees of an image", "findings.png"), ("What the gate answered, and what it would deny", "admissions.png")];

/// The version of the metadata.
pub(super) fn version(metadata: &Metadata) -> Result<&str, String> {
    needed(metadata, "io.kubewarden.policy.version")
}

/// The entries of the package file, in their order.
///
/// # Errors
/// A sentence about the annotation that is absent or not of its form.
pub(super) fn make(
    metadata: &Metadata,
    created_at: Timestamp,
    questions: &str,
    changes: &[Change],
) -> Result<Vec<(&'static str, Value)>, String> {
    let version = version(metadata)?;
    let of = |name: &str| needed(metadata, &format!("io.kubewarden.policy.{name}"));
    let image = format!("{}:v{version}", of("ociUrl")?);
    let maintainers = maintainers(of("author")?)?;
    let provider = maintainers.first().and_then(|first| first.get("name")).cloned().unwrap_or_default();
    let list = |key: &str| needed(metadata, key).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let mut package = vec![
        ("version", json!(version)),
        ("name", json!(of("title")?)),
        ("displayName", json!(needed(metadata, "io.artifacthub.displayName")?)),
        ("createdAt", json!(created_at.to_string())),
        ("description", json!(of("description")?)),
        ("license", json!(of("license")?)),
        ("category", json!("security")),
        ("keywords", json!(list("io.artifacthub.keywords")?)),
        ("homeURL", json!(of("url")?)),
        ("containersImages", json!([{ "name": "policy", "image": image }])),
        ("links", links(of("source")?, version)),
        ("install", json!(install(&image))),
        ("maintainers", Value::Array(maintainers)),
        ("provider", json!({ "name": provider })),
        ("recommendations", json!([{ "url": CONTROLLER }])),
        ("prerelease", json!(version.contains('-'))),
    ];
    if !changes.is_empty() {
        package.push(("containsSecurityUpdates", json!(changes.iter().any(|change| change.kind == "security"))));
        let entry = |change: &Change| json!({ "kind": change.kind, "description": change.description });
        package.push(("changes", changes.iter().map(entry).collect()));
    }
    let screenshots = screenshots(of("source")?, version);
    if !screenshots.is_empty() {
        package.push(("screenshots", Value::Array(screenshots)));
    }
    package.push(("annotations", annotations(metadata, questions)?));
    Ok(package)
}

fn needed<'m>(metadata: &'m Metadata, key: &str) -> Result<&'m str, String> {
    let text = metadata.annotations.get(key).map(|text| text.trim()).filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("annotation `{key}`: expected a text, found none"))
}

/// `Name <mail>, Name <mail>`, the part of RFC 5322's mailbox lists that names of people need.
fn maintainers(authors: &str) -> Result<Vec<Value>, String> {
    let one = |author: &str| {
        let (name, rest) = author.trim().split_once('<')?;
        let email = rest.strip_suffix('>')?;
        let (local, domain) = email.split_once('@')?;
        let is_mail = !local.is_empty() && !domain.is_empty() && !email.contains([' ', '<', '>']) && !domain.contains('@');
        (is_mail && !name.trim().is_empty()).then(|| json!({ "name": name.trim(), "email": email }))
    };
    let wrong =
        |author: &str| format!("annotation `io.kubewarden.policy.author`: expected `Name <mail>, …`, found `{}`", author.trim());
    authors.split(',').map(|author| one(author).ok_or_else(|| wrong(author))).collect()
}

fn links(source: &str, version: &str) -> Value {
    let mut links = Vec::new();
    // Only there is known where a release's files lie.
    if source.starts_with("https://github.com/") {
        links.push(json!({ "name": "policy", "url": format!("{source}/releases/download/v{version}/policy.wasm") }));
    }
    links.push(json!({ "name": "source", "url": source }));
    Value::Array(links)
}

/// As they were when the version was released; only there is known where a file of the source lies.
fn screenshots(source: &str, version: &str) -> Vec<Value> {
    let of = |(title, file): (&str, &str)| json!({ "title": title, "url": format!("{source}/raw/v{version}/docs/screenshots/{file}") });
    SCREENSHOTS.into_iter().filter(|_| source.starts_with("https://github.com/")).map(of).collect()
}

fn install(image: &str) -> String {
    format!(
        "Fetch the policy with [kwctl](https://docs.kubewarden.io/howtos/install-kwctl):
```console
kwctl pull registry://{image}
```
and write a manifest to begin with:
```console
kwctl scaffold manifest -t ClusterAdmissionPolicy registry://{image}
```
Complete manifests, from a first audit to strict production, are in `deploy/kubewarden` of the source repository.
"
    )
}

fn annotations(metadata: &Metadata, questions: &str) -> Result<Value, String> {
    let document = metadata.to_value().map_err(|error| error.to_string())?;
    let part = |key: &str| document.get(key).map(text::document).unwrap_or_default();
    let mut annotations = json!({
        "kubewarden/mutation": metadata.mutating.to_string(),
        "kubewarden/questions-ui": questions,
        "kubewarden/resources": needed(metadata, "io.artifacthub.resources")?,
        "kubewarden/rules": part("rules"),
    });
    if let Some(entries) = annotations.as_object_mut() {
        if !metadata.context_aware_resources.is_empty() {
            entries.insert("kubewarden/contextAwareResources".to_owned(), part("contextAwareResources").into());
        }
        if let Some(hidden) = metadata.annotations.get("io.kubewarden.hidden-ui") {
            entries.insert("kubewarden/hidden-ui".to_owned(), hidden.as_str().into());
        }
    }
    Ok(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_are_people_with_mail() {
        assert_eq!(
            maintainers("A B <a@b.example>, C <c@d.example>"),
            Ok(vec![json!({ "name": "A B", "email": "a@b.example" }), json!({ "name": "C", "email": "c@d.example" })])
        );
        for wrong in ["", "A", "a@b", "<a@b>", "A <a>", "A <a@b", "A <@b>", "A <a@>", "A <a@b>,", "A <a@b@c>", "A <a b@c>"] {
            assert!(maintainers(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_of_a_release_are_linked_where_they_are_known() {
        assert_eq!(
            links("https://github.com/a/b", "1.0.0"),
            json!([{ "name": "policy", "url": "https://github.com/a/b/releases/download/v1.0.0/policy.wasm" },
                { "name": "source", "url": "https://github.com/a/b" }])
        );
        assert_eq!(links("https://git.example/b", "1.0.0"), json!([{ "name": "source", "url": "https://git.example/b" }]));
        assert!(screenshots("https://git.example/b", "1.0.0").is_empty());
        for (screenshot, (title, file)) in screenshots("https://github.com/a/b", "1.0.0").iter().zip(SCREENSHOTS) {
            let url = format!("https://github.com/a/b/raw/v1.0.0/docs/screenshots/{file}");
            assert_eq!(screenshot, &json!({ "title": title, "url": url }));
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/screenshots/").to_owned() + file;
            assert!(std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG")), "{path}");
        }
    }
}
