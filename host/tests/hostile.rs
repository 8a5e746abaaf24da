//! Files that others wrote, damaged in every way that a small generator thinks of: an error each time, never a panic.

#![expect(clippy::unwrap_used, reason = "a test's failed expectation is its report")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::signing::KeyPair;
use host::verify::TrustRoot;

/// What a change puts in: structure, numbers at the limits of their types, and what is no text.
const TOKENS: [&str; 14] =
    ["\"", "{", "}", "[", "]", ",", ":", "null", "-1", "18446744073709551616", "1e999", "\\u0000", "AAAA", "\u{fffd}"];

/// A small generator of numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % n.max(1)
    }
}

/// One to three changes: a range taken out, doubled or overwritten, or a token put in.
fn damaged(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let start = random.below(characters.len());
        let end = (start + random.below(12)).min(characters.len());
        let token: Vec<char> = TOKENS.get(random.below(TOKENS.len())).unwrap().chars().collect();
        let doubled: Vec<char> = characters.get(start..end).unwrap().to_vec();
        match random.below(4) {
            0 => drop(characters.drain(start..end)),
            1 => drop(characters.splice(start..start, doubled)),
            2 => drop(characters.splice(start..end, token)),
            _ => drop(characters.splice(start..start, token)),
        }
    }
    characters.into_iter().collect()
}

#[test]
fn a_damaged_trust_root_is_an_error() {
    let root = r#"{ "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json", "trustedRoot": {
        "tlogs": [{ "logId": { "keyId": "AAAA" }, "publicKey": { "rawBytes": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAZLWzkwyAMr0Z6eZyRbjwP9m/kppNkYlCxcrLAfSTJPAV9RC5WvkeeuFd3shF1kk5XiTPODH30FkguEZ7qVIPQ==",
            "validFor": { "start": "2021-01-12T11:53:27.000Z", "end": "2999-01-01T00:00:00Z" } } }],
        "certificateAuthorities": [{ "certChain": { "certificates": [{ "rawBytes": "MIIBcjCCARmgAwIBAgIUMhWR4b2luADoKLgfLIZtzepr+7MwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEc2NhbjAeFw0yNjExMjIwNjI5MzdaFw0zNjExMTkwNjI5MzdaMA8xDTALBgNVBAMMBHNjYW4wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQBktbOTDIAyvRnp5nJFuPA/2b+Smk2RiULFyssB9JMk8BX1ELla+R564V3eyEXWSTleJM84MffQWSC4RnupUg9o1MwUTAdBgNVHQ4EFgQUSCg2wJ/XfXXEtuFCBwH/fYL5qrEwHwYDVR0jBBgwFoAUSCg2wJ/XfXXEtuFCBwH/fYL5qrEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBcTotB05rBN+LUm8T5b61QjSgDfS8AYmFQ5s5xv4g2kQIgJasn7gMU9OnONCcLkny1TPn4PE0eajHtEv7JGvXkz/4=" }] },
            "validFor": { "start": "2021-03-07T03:20:29Z" } }] } }"#;
    TrustRoot::parse(root, None).expect("a sound trust root");
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let refused = (0..20_000).filter(|_| TrustRoot::parse(&damaged(root, &mut random), None).is_err()).count();
    assert!(refused > 10_000, "{refused} of 20 000 are refused");
}

#[test]
fn a_damaged_key_file_opens_no_other_key() {
    let pair = KeyPair::generate().expect("a key pair");
    let sealed = pair.seal(b"").expect("a key file");
    let body: String = sealed.lines().filter(|line| !line.starts_with("-----")).collect();
    let inner = String::from_utf8(STANDARD.decode(body).unwrap()).unwrap();
    let (begin, end) = (sealed.lines().next().unwrap(), sealed.lines().last().unwrap());
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    // Each that is still a key file costs what guessing a password is meant to cost.
    for i in 0..60 {
        let text = match i % 3 {
            0 => damaged(&sealed, &mut random),
            _ => format!("{begin}\n{}\n{end}\n", STANDARD.encode(damaged(&inner, &mut random))),
        };
        if let Ok(opened) = KeyPair::open(&text, b"") {
            assert_eq!(opened.public_pem(), pair.public_pem(), "{text}");
        }
    }
}
