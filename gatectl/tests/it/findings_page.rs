//! `gatectl findings --format html`: one page, whole, that trusts no text.

use gatectl::ExitCode;

use crate::findings::{scanned, show};
use crate::world::World;

/// Where the golden page lies; `GATECTL_GOLDEN=write` writes it anew.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden/findings.html");

fn page(world: &World, image: &str) -> String {
    let ended = show(world, &[image, "--format", "html"]);
    assert_eq!(ended.exit, ExitCode::Admitted, "{ended:?}");
    ended.results
}

#[test]
fn a_small_page_is_the_golden_one() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", |report| report);
    let mut found = page(&world, &image).replace(&world.embedded.address(), "registry.example");
    // These are files of their own.
    for (start, end) in [("<style>", "</style>"), ("<script>", "</script>"), ("Content-Security-Policy\" content=\"", "\"")] {
        found = found.replace(between(&found, start, end), "…");
    }
    if std::env::var_os("GATECTL_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(GOLDEN, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(GOLDEN).unwrap(), "GATECTL_GOLDEN=write writes the page anew");
}

/// What stands between two marks, once.
fn between<'p>(page: &'p str, start: &str, end: &str) -> &'p str {
    assert_eq!(page.matches(start).count(), 1, "{start}");
    page.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn nothing_is_loaded_and_only_the_pages_own_script_is_run() {
    let world = World::new();
    let (image, _) = scanned(&world, "app:1", |report| {
        let evil = r#"<script>alert(1)</script><img src=x onerror=\"alert(2)\">' onclick='alert(3)"#;
        report.replace("1.2.5-r1", evil).replace("CVE-2026-2", "CVE-</td><style>*{}</style>").replace("0.69.3", "<b>&amp;")
    });
    let page = page(&world, &image);
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    for markup in ["<img", "<b>", "<link", "<iframe", "<object", "<base", "<form", "src=", "href=", "style=", "url(", "@import"] {
        let outside = page.replace("&lt;img src=x", "");
        assert!(!outside.contains(markup), "{markup}");
    }
    assert!(!page.contains("' onclick='") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("http:") && !page.contains("https:"), "no address at all");

    let policy = between(&page, "<meta http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let directives: Vec<&str> = policy.split("; ").collect();
    let of = |text: &str| {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(text);
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest)
    };
    let style = format!("style-src 'sha256-{}'", of(between(&page, "<style>", "</style>")));
    let script = format!("script-src 'sha256-{}'", of(between(&page, "<script>", "</script>")));
    assert_eq!(directives, ["default-src 'none'", &style, &script, "base-uri 'none'", "form-action 'none'"]);
    let (before, _) = page.split_once("<meta http-equiv").unwrap();
    assert!(!before.contains("<style") && !before.contains("<script"), "the policy holds from the start");
}

#[test]
fn a_page_says_what_there_is_not() {
    let world = World::new();
    let image = world.image("bare:1");
    world.push_image(&image, "amd64");
    let ended = show(&world, &[&image, "--format", "html"]);
    assert_eq!(ended.exit, ExitCode::Failed);
    assert!(ended.results.contains("<dd class=\"state\">missing: no findings for this image</dd>"), "{}", ended.results);
    assert!(ended.results.ends_with("</html>\n"));
}
