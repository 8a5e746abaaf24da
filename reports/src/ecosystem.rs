//! A scanner's word for a kind of package → the type of its package URL and, for packages of a distribution, the namespace.
//!
//! Source: the package URL specification, "purl-types"; the words are the scanners' own (`dpkg`, `APKG`, `GO_STDLIB`, `RubyGems`, …).

use crate::{distro, purl, words};

/// Where packages of a kind come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ecosystem {
    kind: &'static str,
    namespace: Option<&'static str>,
}

impl Ecosystem {
    /// Packages of which nothing is known but the name.
    pub(crate) const GENERIC: Self = Self { kind: "generic", namespace: None };

    /// The ecosystem of a scanner's word, with the family of the image's operating system where it is known. A word that is not known
    /// is `generic`.
    pub(crate) fn of(word: &str, family: Option<&str>) -> Self {
        let of_family = || family.map_or(Self::GENERIC, Self::of_distro);
        match Meaning::of(word) {
            Meaning::Ecosystem(ecosystem) => ecosystem,
            Meaning::System(None) => of_family(),
            Meaning::System(Some(kind)) => match of_family() {
                own if own.kind == kind => own,
                _ => Self { kind, namespace: None },
            },
        }
    }

    /// Whether a word names packages of the operating system, so that its family tells the ecosystem.
    pub(crate) fn is_of_system(word: &str) -> bool {
        matches!(Meaning::of(word), Meaning::System(_))
    }

    fn of_distro(family: &str) -> Self {
        distro::packages(family).map_or(Self::GENERIC, |(namespace, kind)| Self { kind, namespace: Some(namespace) })
    }

    /// The package URL of a package.
    pub(crate) fn purl(self, name: &str, version: Option<&str>) -> String {
        purl::make(self.kind, self.namespace, name, version)
    }
}

/// What a scanner's word for a kind of package means.
enum Meaning {
    /// An ecosystem.
    Ecosystem(Ecosystem),
    /// Packages of the operating system, of this type where the word says one.
    System(Option<&'static str>),
}

impl Meaning {
    fn of(word: &str) -> Self {
        let mut lower = [0; words::LONGEST];
        let kind = match words::lower_case(word, &mut lower).unwrap_or_default() {
            "dpkg" | "deb" => return Self::System(Some("deb")),
            "rpm" => return Self::System(Some("rpm")),
            "apk" | "apkg" => return Self::System(Some("apk")),
            "os" | "linux" | "package" => return Self::System(None),
            "npm" | "node-pkg" | "nodejs" | "node" | "javascript" | "js" | "nodepkg" | "yarn" | "pnpm" | "bun" => "npm",
            "pypi" | "pip" | "python" | "python-pkg" | "pipenv" | "poetry" | "pythonpkg" | "uv" => "pypi",
            "go" | "golang" | "gobinary" | "gomod" | "gomodules" | "go stdlib" | "go_stdlib" | "go-module" => "golang",
            "maven" | "java" | "jar" | "gav" | "gradle" | "pom" | "java-archive" | "war" => "maven",
            "gem" | "gemspec" | "rubygems" | "ruby" | "bundler" => "gem",
            "nuget" | "dotnet" | "dotnet-core" | ".net" | "dotnetpkg" => "nuget",
            "composer" | "packagist" | "php" | "php-composer" => "composer",
            "cargo" | "crates.io" | "rust" | "rust-crate" | "rustbinary" => "cargo",
            "hex" => "hex",
            "pub" => "pub",
            "conan" | "conancenter" => "conan",
            "conda" => "conda",
            "swift" | "swifturl" => "swift",
            "cocoapods" => "cocoapods",
            "cran" => "cran",
            "hackage" => "hackage",
            // `debian:12`, `Alpine:v3.18`, `sles:15.3` name the distribution itself.
            _ => return Self::Ecosystem(distro::family(word).map_or(Ecosystem::GENERIC, Ecosystem::of_distro)),
        };
        Self::Ecosystem(Ecosystem { kind, namespace: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_scanners_become_package_urls() {
        for (word, family, expected) in [
            ("dpkg", Some("debian"), "pkg:deb/debian/a@1"),
            ("dpkg", Some("alpine"), "pkg:deb/a@1"),
            ("APKG", None, "pkg:apk/a@1"),
            ("Alpine:v3.18", None, "pkg:apk/alpine/a@1"),
            ("OS", Some("redhat"), "pkg:rpm/redhat/a@1"),
            ("OS", None, "pkg:generic/a@1"),
            ("GO_STDLIB", None, "pkg:golang/a@1"),
            ("RubyGems", Some("debian"), "pkg:gem/a@1"),
            ("something", Some("debian"), "pkg:generic/a@1"),
        ] {
            assert_eq!(Ecosystem::of(word, family).purl("a", Some("1")), expected, "{word}");
        }
    }
}
