//! What damaged settings documents are damaged with: the keys and words of the language, and values at and beyond every limit.

use std::collections::BTreeSet;

use policy::limits;
use policy::settings::language as words;
use serde_json::{Value, json};

/// A public key that nobody has the private one of.
pub(crate) const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAZLWzkwyAMr0Z6eZyRbjwP9m/kpp\n\
    NkYlCxcrLAfSTJPAV9RC5WvkeeuFd3shF1kk5XiTPODH30FkguEZ7qVIPQ==\n\
    -----END PUBLIC KEY-----";
/// A certificate of it.
pub(crate) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
    MIIBcjCCARmgAwIBAgIUMhWR4b2luADoKLgfLIZtzepr+7MwCgYIKoZIzj0EAwIw\n\
    DzENMAsGA1UEAwwEc2NhbjAeFw0yNjExMjIwNjI5MzdaFw0zNjExMTkwNjI5Mzda\n\
    MA8xDTALBgNVBAMMBHNjYW4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQBktbO\n\
    TDIAyvRnp5nJFuPA/2b+Smk2RiULFyssB9JMk8BX1ELla+R564V3eyEXWSTleJM8\n\
    4MffQWSC4RnupUg9o1MwUTAdBgNVHQ4EFgQUSCg2wJ/XfXXEtuFCBwH/fYL5qrEw\n\
    HwYDVR0jBBgwFoAUSCg2wJ/XfXXEtuFCBwH/fYL5qrEwDwYDVR0TAQH/BAUwAwEB\n\
    /zAKBggqhkjOPQQDAgNHADBEAiBcTotB05rBN+LUm8T5b61QjSgDfS8AYmFQ5s5x\n\
    v4g2kQIgJasn7gMU9OnONCcLkny1TPn4PE0eajHtEv7JGvXkz/4=\n\
    -----END CERTIFICATE-----";

/// Every key of the language, some that are refused, and one that is none.
pub(crate) fn keys() -> Vec<&'static str> {
    let mut keys: Vec<&str> = Vec::new();
    keys.extend(words::SETTINGS_KEYS.iter().chain(&words::RULE_KEYS));
    keys.extend(words::FINDINGS_KEYS.iter().chain(&words::SOURCE_KEYS).chain(&words::REGISTRY_KEYS));
    keys.extend(words::SBOM_SCANNER_KEYS);
    keys.extend(words::TRUST_KEYS.iter().chain(&words::SIGNER_KEYS).chain(&words::BREAK_GLASS_KEYS));
    keys.extend(["issuer", "subject", "subjectPrefix", "owner", "repository", "chain", "rekorBundle"]);
    keys.extend(words::ABSENCE_KEYS.iter().chain(&words::FLAW_KEYS).chain(&words::SCOPE_KEYS).chain(&words::CONDITION_KEYS));
    keys.extend(words::EXEMPTION_KEYS.iter().chain(&words::EXEMPTION_PREDICATES).chain(&words::EXEMPTION_REFUSED_KEYS));
    keys.push("Rules");
    keys.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Values at and beyond the limits of every kind of value.
pub(crate) fn values() -> Vec<Value> {
    let name = |length: usize| "n".repeat(length);
    let mut values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!(["", "a"]),
        json!([1]),
        json!(-1),
        json!(0),
        json!(-0.0),
        json!(1),
        json!(3.0),
        json!(3.5),
        json!(-0.5),
        json!(0.5),
        json!(1.000_004),
        json!(1.000_005),
        json!(10),
        json!(10.04),
        json!(10.05),
        json!(11),
        json!(u32::MAX),
        json!(u64::from(u32::MAX) + 1),
        json!(1e300),
    ];
    let texts = [
        "",
        " ",
        "\t\n",
        "\u{85}",
        "\u{a0}",
        "\u{feff}",
        "\u{2028}",
        "\u{200b}",
        " a ",
        "a",
        "A",
        "0",
        "-",
        "true",
        "é",
        "a b",
        "a\n",
        "\na",
        "CVE-2021-44228",
        "cve\u{7f}",
        "!~",
        "pkg:",
        "pkg:a",
        "pkg:/",
        "PKG:a",
        "pkg:a b",
        "pkg:a\u{a0}",
        "pkg:a\u{feff}",
        "pkg:a/b@1?c#d",
        "npm/a",
        "/",
        "//",
        "/a",
        "a/",
        "a/\nb",
        "**",
        "7",
        "d",
        "7d",
        "07d",
        "0ms",
        "1 d",
        "7D",
        "-7d",
        "1.5h",
        "7dd",
        "7d\n",
        "2w",
        "418985w",
        "418986w",
        "99999999999999999999s",
        "٧d",
        "2026-12-31",
        "2026-1-1",
        "2026-13-01",
        "2026-00-10",
        "2026-02-30",
        "2026-02-29",
        "2024-02-29",
        "2026-11-31",
        "2026-12-32",
        "2026-12-00",
        "1969-12-31",
        "1970-01-01",
        "9999-12-31",
        "10000-01-01",
        "2026-12-31\n",
        "2026-12-31T",
        "2026-12-31Z",
        "2026-12-31T23:59:59Z",
        "2026-12-31t23:59:59z",
        "2026-12-31 23:59:59Z",
        "2026-12-31\n23:59:59Z",
        "2026-12-31é23:59:59Z",
        "2026-12-31T24:00:00Z",
        "2026-12-31T23:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-12-31T23:00:60Z",
        "2026-12-31T23:59:61Z",
        "2026-12-31T23:59:59",
        "2026-12-31T23:59Z",
        "2026-12-31T23:59:59.Z",
        "2026-12-31T23:59:59.123456789012Z",
        "2026-12-31T23:59:59+23:59",
        "2026-12-31T23:59:59+24:00",
        "2026-12-31T23:59:59-12:60",
        "2026-12-31T23:59:59+1:00",
        "2026-12-31T23:59:59+0100",
        "1969-12-31T23:59:59-01:00",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ];
    values.extend(texts.map(Value::from));
    values.extend([limits::NAME_CHARS, limits::NAME_CHARS + 1, limits::ID_CHARS, limits::ID_CHARS + 1].map(|n| json!(name(n))));
    let glob = |slashes: usize, letter: &str, n: usize| json!("/".repeat(slashes) + &letter.repeat(n));
    let bytes = limits::GLOB_BYTES;
    values.extend([
        glob(0, "a", bytes),
        glob(3, "a", bytes),
        glob(0, "a", bytes + 1),
        glob(0, "é", bytes / 2),
        glob(0, "é", bytes / 2 + 1),
    ]);
    values.extend(pems().into_iter().chain(names()).map(Value::from));
    values.extend(vocabulary().into_iter().map(Value::from));
    values
}

/// Blocks of PEM, whole and damaged.
fn pems() -> Vec<String> {
    let block = |body: &str| format!("-----BEGIN PUBLIC KEY-----{body}-----END PUBLIC KEY-----");
    // Base64 comes in fours, the last of which may end in `=` and has then no bits to spare.
    let bodies = [
        "", "\n", "=", "====", "A", "AA", "AAA", "AAAA", "AAA=", "AAB=", "AAE=", "AA==", "AB==", "Ag==", "A===", "AA=A",
        "AAA=AAAA", "AAAAA", "AAAAAAA=", "AAAAAA==", "AA-_", "AA.A", "-AAA",
    ];
    let blank = ["\nAAAA\r\n", "AA AA", "A\tA\u{85}A\u{3000}=", " A A = = ", "AA\u{feff}AA", "AA\u{200b}AA"];
    let mut pems: Vec<String> = bodies.into_iter().chain(blank).map(block).collect();
    for whole in [PUBLIC_KEY, CERTIFICATE] {
        let other = if whole == PUBLIC_KEY { CERTIFICATE } else { PUBLIC_KEY };
        pems.extend([whole.to_owned(), format!("\u{85} {whole}\n\n"), format!("{whole}\n{whole}"), format!("{whole}\n{other}")]);
        pems.extend([
            format!("x{whole}"),
            format!("{whole}x"),
            whole.replace("END", "BEGIN"),
            whole.replace("-----END", "----END"),
        ]);
        pems.extend([
            whole.replace("KEY", "key"),
            whole.replace(" KEY", "").replace("CERTIFICATE", "CERT"),
            whole.replace('\n', ""),
        ]);
    }
    pems
}

/// Repositories, platforms and keys of annotations, sound and not.
fn names() -> Vec<String> {
    let words = [
        "acme/web",
        "ghcr.io/acme/findings",
        "GHCR.io/acme/web",
        "MYREG/app",
        "ghcr.io/Acme/web",
        "localhost/web",
        "localhost:5000/a/b/c",
        "registry:05000/app",
        "registry:65535/app",
        "registry:65536/app",
        "registry:99999/app",
        "registry:100000/app",
        "registry:6553/app",
        "registry:65529/a",
        "registry:65530/a",
        "registry:65499/a",
        "registry:64999/a",
        "registry:59999/a",
        "registry:00000065535/a",
        "registry:00065536/a",
        "registry:/app",
        "registry:port/app",
        "registry:+80/app",
        "r:1:2/app",
        "-a.b/c",
        "a-.b/c",
        "a--b.c/d",
        "a..b/c",
        ".a/b",
        "a./b",
        "a_b/c",
        "a__b/c",
        "a___b/c",
        "a-/c",
        "a---b/c",
        "A_b/c",
        "a.b_c/d",
        "a/b_c",
        "a/b__c",
        "a/b___c",
        "a/b_-c",
        "a/b--c",
        "a/b.c",
        "a/b..c",
        "a/-b",
        "a/b-",
        "a//b",
        "a/b:c",
        "a/b@c",
        "a:b/c",
        "a/b:c/d",
        "a@b/c",
        "ghcr.io",
        "ghcr.io/",
        "/web",
        "a/é",
        "é.a/b",
        "[::1]:5000/a",
        "linux/amd64",
        "linux/arm/v7",
        "linux/arm64/v8",
        "linux",
        "linux/",
        "/amd64",
        "linux//v7",
        "linux/amd64/v1/x",
        "Linux/amd64",
        "linux/*",
        "linux/x86_64",
        "windows/amd64\n",
        "gated-deployment.io/break-glass",
        "break-glass",
        "a.b/C_d.e",
        "a.b/-c",
        "a.b/c-",
        "a.b/c_",
        ".b/c",
        "a..b/c.d",
        "-a/b.c",
        "a.-b/c",
        "A.b/c",
        "a_b/c.d",
        "a.b/c/d",
        "a.b/",
        "a b/c",
        "a.b/c d",
        "a.b/é",
    ];
    let annotations = [(253, 63), (254, 63), (253, 64), (0, 63), (0, 64), (1, 1)].map(|(prefix, name)| match prefix {
        0 => "n".repeat(name),
        _ => format!("{}/{}", "p".repeat(prefix), "n".repeat(name)),
    });
    // A registry and a repository have 254 characters at most once they are in normal form.
    let long = [("registry.example/", 237), ("registry.example/", 238), ("registry.example:443/", 237), ("docker.io/", 244)];
    let long = long.map(|(host, n)| format!("{host}{}", "a".repeat(n)));
    let padded = [512, 513].map(|length: usize| format!("a.b:{}80/app", "0".repeat(length - 10)));
    let longer = ["a".repeat(495), "a".repeat(496)].map(|path| format!("registry.example/{path}"));
    words.map(str::to_owned).into_iter().chain(annotations).chain(long).chain(padded).chain(longer).collect()
}

/// Every word that a value may be.
fn vocabulary() -> BTreeSet<&'static str> {
    fn first<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
        words.iter().map(|(word, _)| *word).collect()
    }
    let lists = [
        first(&words::EVALUATIONS),
        first(&words::UNKNOWN_SEVERITIES),
        first(&words::VEX),
        first(&words::PIN_DIGESTS),
        first(&words::CONTROLLER_PODS),
        first(&words::REKOR_BUNDLE),
        first(&words::ACTIONS),
        first(&words::TRUSTING_ANSWERS),
        first(&words::COUNTINGS),
        first(&words::UNITS),
        first(&words::OPERATORS),
        first(&words::FIELDS),
    ];
    lists.concat().into_iter().chain(["unknown"]).collect()
}
