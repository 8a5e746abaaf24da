//! Links lead somewhere, and the book's summary leads to every page.

use std::collections::BTreeSet;

use host_tests::engine::root;

use crate::pages::Page;

#[test]
fn links_lead_somewhere() {
    for page in Page::all() {
        for link in page.links().iter().filter(|link| !link.starts_with("https://")) {
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let folder = root().join(&page.name).parent().unwrap().to_path_buf();
            let path = if file.is_empty() { root().join(&page.name) } else { folder.join(file) };
            let path = path.canonicalize().unwrap_or_else(|e| panic!("{}: `{link}`: {e}", page.name));
            let name = path.strip_prefix(root().canonicalize().unwrap()).unwrap().to_str().unwrap().to_owned();
            assert!(
                !page.is_of_the_book() || name.starts_with("docs/"),
                "{}: `{link}` leads out of the book: name the file without a link",
                page.name
            );
            if let Some(anchor) = anchor {
                let anchors = Page::read(&name).anchors();
                assert!(anchors.iter().any(|found| found == anchor), "{}: `{link}`: no such heading: {anchors:?}", page.name);
            }
        }
    }
}

#[test]
fn the_summary_names_every_page_once() {
    let summary = Page::read("docs/SUMMARY.md").links();
    let named: BTreeSet<String> = summary.iter().map(|link| format!("docs/{link}")).collect();
    assert_eq!(named.len(), summary.len(), "a page is named twice");
    let pages = Page::all().into_iter().filter(Page::is_of_the_book).map(|page| page.name);
    let pages: BTreeSet<String> = pages.filter(|name| name != "docs/SUMMARY.md").collect();
    assert_eq!(named, pages);
}

/// Files of this repository that documents name in code spans.
#[test]
fn files_that_are_named_exist() {
    const FOLDERS: [&str; 14] = [
        "deploy/",
        "docs/",
        "scripts/",
        "policy/src",
        "reports/src",
        "host/src",
        "provider/src",
        "gatectl/src",
        "documents/src",
        "import/src",
        "playground/src",
        "playground/page",
        "host-tests/",
        "fuzz/",
    ];
    let mut named = 0;
    for page in Page::all() {
        let prose = page.prose();
        let spans = prose.split('`').skip(1).step_by(2);
        for span in
            spans.filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)) && !span.contains(['<', '*', ' ', '…']))
        {
            let made = ["fuzz/artifacts/", "fuzz/corpus/TARGET/"];
            assert!(made.contains(&span) || root().join(span).exists(), "{}: `{span}` does not exist", page.name);
            named += 1;
        }
    }
    assert!(named > 5, "only {named} files are named");
}
