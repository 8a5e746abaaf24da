//! What a package is called for which Grype wrote no package URL (before 0.30, and files without a package manager).

use crate::purl;

/// Makes a package URL by Grype's package type and the distribution's name; `generic` where the type has none of its own.
pub(crate) fn purl(kind: &str, family: &str, name: &str, version: Option<&str>) -> String {
    let family = Some(family).filter(|f| !f.is_empty());
    let (kind, namespace) = match kind {
        "deb" | "dpkg" => ("deb", family),
        "apk" | "apkg" => ("apk", family),
        "rpm" => ("rpm", family),
        "npm" => ("npm", None),
        "python" => ("pypi", None),
        "go-module" => ("golang", None),
        "gem" => ("gem", None),
        "rust-crate" => ("cargo", None),
        "dotnet" => ("nuget", None),
        "php-composer" => ("composer", None),
        "conan" => ("conan", None),
        "dart-pub" => ("pub", None),
        "hex" => ("hex", None),
        "swift" => ("swift", None),
        "cocoapods" => ("cocoapods", None),
        // A jar's group is not known here, and a Maven package has one.
        _ => ("generic", None),
    };
    purl::make(kind, namespace, name, version)
}
