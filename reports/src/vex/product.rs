//! What a VEX statement is about, and whether that is in a report.
//!
//! Source: OpenVEX 0.2.0, "Product" and "Subcomponent"; the package URL specification for what two package URLs have in common. A product
//! is the report's image or one of its packages. With subcomponents a statement is about those inside of the product alone, without them
//! about the whole product: for an image, every package in it. Of a package URL everything that the statement gives must be the same; what
//! it leaves out (version, qualifiers) may be anything.
//!
//! An image is known by its digest, wherever it lies, or by its repository (`repository_url`). A bare `pkg:oci/web` names nobody's image
//! in particular and matches none. Products that are named in other ways (CPE, a name alone) match nothing: the finding stays counted.

use policy::image::{Digest, Reference};

use crate::purl::Purl;
use crate::report::Subject;

/// A product of a statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Product {
    pub(crate) identifiers: Identifiers,
    /// Where there are any, the statement is about these parts alone. One that cannot be compared stays in the list.
    pub(crate) subcomponents: Vec<Identifiers>,
}

/// By what a product or a part of it is known; empty where nothing can be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Identifiers {
    purls: Vec<Purl>,
    /// `sha256:…`
    digests: Vec<String>,
}

impl Identifiers {
    /// Of texts that may be package URLs, and of sha256 sums in hex.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>, sha256: impl IntoIterator<Item = &'a str>) -> Self {
        let sums = sha256.into_iter().map(|hex| format!("sha256:{}", hex.to_ascii_lowercase()));
        Self {
            purls: texts.into_iter().filter_map(Purl::parse).collect(),
            digests: sums.filter(|digest| Digest::parse(digest).is_some()).collect(),
        }
    }

    /// Of one package URL.
    pub(crate) fn of_purl(purl: Purl) -> Self {
        Self { purls: vec![purl], digests: Vec::new() }
    }

    /// Whether there is something to compare.
    pub(crate) fn is_empty(&self) -> bool {
        self.purls.is_empty() && self.digests.is_empty()
    }

    pub(super) fn purls(&self) -> &[Purl] {
        &self.purls
    }

    pub(super) fn is_image(&self, image: &Image<'_>) -> bool {
        self.digests.iter().any(|digest| image.digests.contains(digest)) || self.purls.iter().any(|purl| image.is(purl))
    }

    pub(super) fn is_package(&self, package: Option<&Purl>, installed: Option<&str>) -> bool {
        package.is_some_and(|package| self.purls.iter().any(|purl| covers(purl, package, installed)))
    }
}

impl Product {
    /// How many package URLs are to be held in mind for it.
    pub(super) fn n_identifiers(&self) -> usize {
        self.subcomponents.iter().map(|part| part.purls.len()).fold(self.identifiers.purls.len(), usize::saturating_add)
    }
}

/// The image that a report is about.
#[derive(Debug)]
pub(crate) struct Image<'a> {
    digests: &'a [String],
    reference: Option<Reference>,
    /// `os`, `architecture`
    platform: Option<(String, String)>,
}

impl<'a> Image<'a> {
    pub(crate) fn of(subject: &'a Subject) -> Self {
        let platform = subject.platform.as_deref().and_then(|platform| platform.split_once('/'));
        Self {
            digests: &subject.digests,
            reference: subject.name.as_deref().and_then(|name| Reference::parse(name).ok()),
            platform: platform.map(|(os, rest)| (os.to_owned(), rest.split('/').next().unwrap_or_default().to_owned())),
        }
    }

    fn is(&self, purl: &Purl) -> bool {
        let is_named = match (purl.kind.as_str(), purl.version.as_deref()) {
            ("oci" | "docker", Some(version)) => self.digests.iter().any(|digest| digest == version),
            ("oci", None) => self.is_in_repository(purl),
            _ => false,
        };
        is_named && self.has_qualifiers(purl)
    }

    /// `repository_url` is written with and without the image's own name.
    fn is_in_repository(&self, purl: &Purl) -> bool {
        let (Some(reference), Some(url)) = (&self.reference, purl.qualifiers.get("repository_url")) else { return false };
        let written = [url.clone(), format!("{url}/{}", purl.name)];
        let repositories = written.iter().filter_map(|text| Reference::parse(text).ok());
        let is_last = |repository: &str| repository.rsplit('/').next() == Some(purl.name.as_str());
        repositories.map(|r| r.repository()).any(|repository| is_last(&repository) && repository == reference.repository())
    }

    /// A qualifier that the report says nothing about does not match. Where a digest lies is no matter.
    fn has_qualifiers(&self, purl: &Purl) -> bool {
        purl.qualifiers.iter().all(|(key, value)| match key.as_str() {
            "arch" => self.platform.as_ref().is_some_and(|(_, architecture)| architecture == value),
            "os" => self.platform.as_ref().is_some_and(|(os, _)| os == value),
            "tag" if purl.version.is_none() => self.reference.as_ref().and_then(Reference::tag) == Some(value),
            "tag" | "repository_url" => true,
            _ => false,
        })
    }
}

/// Whether everything that a statement's package URL gives is the same in the package's.
pub(super) fn covers(stated: &Purl, package: &Purl, installed: Option<&str>) -> bool {
    let is_version = |version: &String| package.version.as_ref() == Some(version) || installed == Some(version.as_str());
    stated.kind == package.kind
        && stated.namespace == package.namespace
        && stated.name == package.name
        && stated.version.as_ref().is_none_or(is_version)
        && stated.qualifiers.iter().all(|(key, value)| package.qualifiers.get(key) == Some(value))
        && stated.subpath.as_ref().is_none_or(|subpath| package.subpath.as_ref() == Some(subpath))
}
