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

/// Kubernetes requests as kwctl writes them.
#[test]
fn kwctls_kubernetes_requests_are_read() {
    let text = r#"
- type: Exchange
  request: |
    !KubernetesListResourceNamespace
    api_version: aquasecurity.github.io/v1alpha1
    kind: VulnerabilityReport
    namespace: prod
    label_selector: null
    field_selector: null
    field_masks:
    - report.summary
  response:
    type: Success
    payload: '{"items":[]}'
- type: Exchange
  request: |
    !KubernetesGetResource
    api_version: v1
    kind: Namespace
    name: prod
    namespace: null
    disable_cache: false
    field_masks: null
  response: { type: Error, message: "Cannot find v1/Namespace named 'prod' inside of namespace 'None'" }
"#;
    let exchanges = parse(text).expect("a valid file");
    let calls: [(&str, &[u8]); 2] = [
        (
            "list_resources_by_namespace",
            br#"{"api_version":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReport","namespace":"prod","field_masks":["report.summary"]}"#,
        ),
        ("get_resource", br#"{"api_version":"v1","kind":"Namespace","name":"prod","disable_cache":false}"#),
    ];
    for (exchange, (operation, call)) in exchanges.iter().zip(calls) {
        assert_eq!(Request::of_call("kubewarden", "kubernetes", operation, call).as_ref(), Some(&exchange.request));
    }
    assert_eq!(parse(&write(&exchanges)).expect("what was written"), exchanges);
    assert_eq!(Request::of_call("kubewarden", "kubernetes", "can_i", b"{}"), None);
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
            "`/0/request`: expected a request tagged one of !OciManifestDigest, !OciManifest, !OciManifestAndConfig, {KUBERNETES}, {VERIFICATIONS}, found !DNSLookupHost",
        ),
        (
            entry("'image: x'", "{}"),
            "`/0/request`: expected a request tagged one of !OciManifestDigest, !OciManifest, !OciManifestAndConfig, {KUBERNETES}, {VERIFICATIONS}, found no tag",
        ),
        (entry("\"!OciManifest\\nimage: 1\"", "{}"), "`/0/request/image`: expected a string, found `1`"),
        (
            entry("\"!SigstorePubKeyVerify\\nkeys: []\"", "{}"),
            "`/0/request`: expected one of image, pub_keys, annotations, found key `keys`",
        ),
        (entry(good, "{}"), "`/0/response/type`: expected `Success` or `Error`, found nothing"),
        (entry(good, "{type: Success, message: x}"), "`/0/response`: expected one of type, payload, found key `message`"),
    ] {
        let kinds = KUBERNETES.map(|(kind, ..)| format!("!{kind}")).join(", ");
        let expected = expected.replace("{VERIFICATIONS}", VERIFICATIONS).replace("{KUBERNETES}", &kinds);
        assert_eq!(parse(&text).expect_err(&text).to_string(), format!("recorded host calls: {expected}"), "{text}");
    }
}
