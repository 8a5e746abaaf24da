//! The file's shape, both ways, and the sentence for each refusal.

use super::*;

fn manifest(image: &str, response: Response) -> Exchange {
    Exchange { request: Request::Manifest { image: image.to_owned() }, response }
}

#[test]
fn kwctls_file_is_read() {
    let text = r#"
- type: Exchange
  request: |
    !OciManifestAndConfig
    image: localhost:5000/app:sha256-abc
  response:
    type: Success
    payload: '{"digest":"sha256:1"}'
- type: Exchange
  request: |
    !OciManifestDigest
    image: a/b
  response: { type: Error, message: "Registry error: gone" }
"#;
    let image = |image: &str| image.to_owned();
    assert_eq!(
        parse(text).expect("a valid file"),
        [
            Exchange {
                request: Request::ManifestAndConfig { image: image("localhost:5000/app:sha256-abc") },
                response: Response::Success(r#"{"digest":"sha256:1"}"#.to_owned()),
            },
            Exchange {
                request: Request::ManifestDigest { image: image("a/b") },
                response: Response::Error("Registry error: gone".to_owned()),
            },
        ]
    );
    assert_eq!(parse("").expect("none"), []);
    assert_eq!(parse("[]").expect("none"), []);
}

#[test]
fn what_is_written_is_read_back() {
    let exchanges: Vec<Exchange> = [
        "a/b",
        "localhost:5000/app@sha256:0",
        "123",
        "it's",
        "",
        "A: b",
        "x:",
        "ünï\u{85}\u{2028}\u{7f}",
        "a\nb\\\"",
        "- x",
        "true",
        "\u{feff}😀\t",
    ]
    .into_iter()
    .flat_map(|text| [manifest(text, Response::Success(text.to_owned())), manifest(text, Response::Error(text.to_owned()))])
    .collect();
    let written = write(&exchanges);
    assert_eq!(parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}")), exchanges);
    assert_eq!(write(&[]), "[]\n");
    assert_eq!(
        write(&[manifest("localhost:5000/app:v1", Response::Success("{}".to_owned()))]),
        "- type: Exchange\n  request: |\n    !OciManifest\n    image: localhost:5000/app:v1\n  response:\n    type: Success\n    payload: '{}'\n"
    );
}

const VERIFICATIONS: &str = "!SigstorePubKeyVerify, !SigstoreKeylessVerify, !SigstoreKeylessPrefixVerify, !SigstoreGithubActionsVerify, !SigstoreCertificateVerify";

/// The file as kwctl writes it: nulls, blocks of lines, lists in the block style.
#[test]
fn kwctls_verifications_are_read() {
    let text = r#"
- type: Exchange
  request: |
    !SigstorePubKeyVerify
    image: localhost:5000/app@sha256:0
    pub_keys:
    - |
      -----BEGIN PUBLIC KEY-----
      AAAA
      -----END PUBLIC KEY-----
    annotations:
      io.gated-deployment.type: findings.v1
  response:
    type: Success
    payload: '{"is_trusted":true,"digest":"sha256:0"}'
- type: Exchange
  request: |
    !SigstoreGithubActionsVerify
    image: a/b
    owner: acme
    repo: null
    annotations: null
  response: { type: Error, message: "no signatures found for image: a/b " }
"#;
    let exchanges = parse(text).expect("a valid file");
    let calls: [&[u8]; 2] = [
        br#"{"type":"SigstorePubKeyVerify","image":"localhost:5000/app@sha256:0","pub_keys":["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"],"annotations":{"io.gated-deployment.type":"findings.v1"}}"#,
        br#"{"type":"SigstoreGithubActionsVerify","image":"a/b","owner":"acme","repo":null,"annotations":null}"#,
    ];
    for (exchange, call) in exchanges.iter().zip(calls) {
        assert_eq!(Request::of_call("kubewarden", "oci", "v2/verify", call).as_ref(), Some(&exchange.request));
    }
    assert_eq!(parse(&write(&exchanges)).expect("what was written"), exchanges);
    assert_eq!(exchanges[1].request.to_string(), r#"!SigstoreGithubActionsVerify {image: "a/b", owner: "acme"}"#);
    assert_eq!(Request::of_call("kubewarden", "oci", "v2/verify", br#"{"type":"Other","image":"a/b"}"#), None);
}

/// The file as kwctl writes it: nulls, and masks in the order of a set.
#[test]
fn kwctls_requests_for_kubernetes_are_read() {
    let text = r#"
- type: Exchange
  request: |
    !KubernetesGetResource
    api_version: v1
    kind: Namespace
    name: prod
    namespace: null
    disable_cache: false
    field_masks:
    - a.b
    - metadata.labels
  response: { type: Success, payload: '{}' }
- type: Exchange
  request: |
    !KubernetesListResourceNamespace
    api_version: example.com/v1
    kind: Report
    namespace: prod
    label_selector: a=b
    field_selector: null
    field_masks: null
  response: { type: Error, message: "Cannot find resource example.com/v1/Report" }
- type: Exchange
  request: |
    !KubernetesListResourceAll
    api_version: v1
    kind: Pod
    label_selector: null
    field_selector: spec.nodeName=n
    field_masks: []
  response: { type: Success, payload: '{}' }
"#;
    let exchanges = parse(text).expect("a valid file");
    let calls = [
        (
            "get_resource",
            r#"{"api_version":"v1","kind":"Namespace","name":"prod","disable_cache":false,"field_masks":["metadata.labels","a.b","a.b"]}"#,
        ),
        (
            "list_resources_by_namespace",
            r#"{"api_version":"example.com/v1","kind":"Report","namespace":"prod","label_selector":"a=b","disable_cache":true}"#,
        ),
        ("list_resources_all", r#"{"api_version":"v1","kind":"Pod","field_selector":"spec.nodeName=n","field_masks":[]}"#),
    ];
    assert_eq!(exchanges.len(), calls.len());
    for (exchange, (operation, payload)) in exchanges.iter().zip(calls) {
        let asked = Request::of_call("kubewarden", "kubernetes", operation, payload.as_bytes());
        assert_eq!(asked.as_ref(), Some(&exchange.request), "{operation}");
        // One is not the other.
        let other = payload.replace("\"kind\":\"", "\"kind\":\"X");
        assert_ne!(Request::of_call("kubewarden", "kubernetes", operation, other.as_bytes()).as_ref(), Some(&exchange.request));
    }
    assert_eq!(parse(&write(&exchanges)).expect("what was written"), exchanges);
    assert_eq!(
        exchanges[2].request.to_string(),
        r#"!KubernetesListResourceAll {api_version: "v1", field_masks: [], field_selector: "spec.nodeName=n", kind: "Pod"}"#
    );
    assert_eq!(Request::of_call("kubewarden", "kubernetes", "can_i", b"{}"), None);
    assert_eq!(Request::of_call("kubewarden", "kubernetes", "get_resource", br#"{"api_version":"v1","kind":"Pod"}"#), None);
    let unknown = text.replace("    disable_cache: false\n", "    cache: false\n");
    assert_eq!(
        parse(&unknown).expect_err("an unknown key").to_string(),
        "recorded host calls: `/0/request`: expected one of api_version, kind, name, namespace, disable_cache, field_masks, found key `cache`"
    );
}

#[test]
fn each_refusal_has_a_place() {
    let entry = |request: &str, response: &str| format!("- type: Exchange\n  request: {request}\n  response: {response}\n");
    let good = "\"!OciManifest\\nimage: x\"";
    for (text, expected) in [
        ("a: b".to_owned(), "`/`: expected a sequence, found a mapping"),
        ("- type: Note".to_owned(), "`/0/type`: expected `Exchange`, found `Note`"),
        ("- type: Exchange\n  when: now".to_owned(), "`/0`: expected one of type, request, response, found key `when`"),
        ("- type: Exchange".to_owned(), "`/0/request`: expected a string, found nothing"),
        (
            entry("\"!DNSLookupHost\\nhost: x\"", "{}"),
            "`/0/request`: expected a request tagged one of !OciManifestDigest, !OciManifest, !OciManifestAndConfig, !KubernetesGetResource, !KubernetesListResourceNamespace, !KubernetesListResourceAll, {VERIFICATIONS}, found !DNSLookupHost",
        ),
        (
            entry("'image: x'", "{}"),
            "`/0/request`: expected a request tagged one of !OciManifestDigest, !OciManifest, !OciManifestAndConfig, !KubernetesGetResource, !KubernetesListResourceNamespace, !KubernetesListResourceAll, {VERIFICATIONS}, found no tag",
        ),
        (entry("\"!OciManifest\\nimage: 1\"", "{}"), "`/0/request/image`: expected a string, found `1`"),
        (
            entry("\"!SigstorePubKeyVerify\\nkeys: []\"", "{}"),
            "`/0/request`: expected one of image, pub_keys, annotations, found key `keys`",
        ),
        (entry(good, "{}"), "`/0/response/type`: expected `Success` or `Error`, found nothing"),
        (entry(good, "{type: Success, message: x}"), "`/0/response`: expected one of type, payload, found key `message`"),
    ] {
        let expected = expected.replace("{VERIFICATIONS}", VERIFICATIONS);
        assert_eq!(parse(&text).expect_err(&text).to_string(), format!("recorded host calls: {expected}"), "{text}");
    }
}
