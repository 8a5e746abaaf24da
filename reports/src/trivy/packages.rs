//! Where Trivy found a package, and what it is called: the result's class, type and target → package URL and path.

use crate::purl;

/// The result that a row belongs to.
#[derive(Debug)]
pub(super) struct Place {
    /// `os-pkgs`, `lang-pkgs`, …; absent before Trivy 0.21.
    pub(super) class: Option<String>,
    /// `debian`, `npm`, `gobinary`, …
    pub(super) kind: Option<String>,
    /// A file for most language packages; a heading such as `Node.js` for packages that are spread over the image.
    pub(super) target: Option<String>,
}

/// Types whose results gather packages of many files under a heading; each row then has a path of its own.
const GATHERED: [&str; 6] = ["node-pkg", "python-pkg", "gemspec", "jar", "conda-pkg", "conda-environment"];

/// The package's own path, else the file that lists it, without a leading slash.
pub(super) fn path(place: &Place, own: Option<String>) -> Option<String> {
    let is_file = place.class.as_deref() == Some("lang-pkgs") && !GATHERED.contains(&place.kind.as_deref().unwrap_or_default());
    let path = own.or_else(|| place.target.clone().filter(|_| is_file))?;
    Some(path.trim_start_matches('/').to_owned()).filter(|path| !path.is_empty())
}

/// A package URL for a row without one (reports before Trivy 0.49): the type by the result's type, `generic` where it is not known.
pub(super) fn purl(place: &Place, name: &str, version: Option<&str>) -> String {
    let (purl_type, namespace) = purl_type(place.kind.as_deref().unwrap_or_default()).unwrap_or(("generic", None));
    purl::make(purl_type, namespace, name, version)
}

/// The type and namespace of the package URLs of a result's type; `None` for a type that is not one of packages.
pub(super) fn purl_type(kind: &str) -> Option<(&'static str, Option<&str>)> {
    Some(match kind {
        "debian" | "ubuntu" | "echo" => ("deb", Some(kind)),
        "alpine" | "wolfi" | "chainguard" | "minimos" => ("apk", Some(kind)),
        "suse linux enterprise server" | "sles" | "slem" | "suse linux enterprise micro" => ("rpm", Some("suse")),
        "redhat"
        | "centos"
        | "rocky"
        | "alma"
        | "amazon"
        | "oracle"
        | "fedora"
        | "photon"
        | "cbl-mariner"
        | "azurelinux"
        | "opensuse"
        | "opensuse.leap"
        | "opensuse.tumbleweed"
        | "opensuse-leap"
        | "opensuse-tumbleweed" => ("rpm", Some(kind)),
        "npm" | "yarn" | "pnpm" | "bun" | "node-pkg" | "javascript" => ("npm", None),
        "pip" | "pipenv" | "poetry" | "uv" | "pylock" | "python-pkg" => ("pypi", None),
        "gobinary" | "gomod" => ("golang", None),
        "jar" | "pom" | "gradle" | "gradle-lockfile" | "sbt" | "sbt-lockfile" => ("maven", None),
        "gemspec" | "bundler" => ("gem", None),
        "nuget" | "dotnet-core" | "packages-props" => ("nuget", None),
        "composer" | "composer-vendor" => ("composer", None),
        "cargo" | "rustbinary" | "rust-binary" => ("cargo", None),
        "hex" => ("hex", None),
        "pub" => ("pub", None),
        "conan" => ("conan", None),
        "conda-pkg" | "conda-environment" => ("conda", None),
        "swift" => ("swift", None),
        "cocoapods" => ("cocoapods", None),
        "julia" => ("julia", None),
        _ => return None,
    })
}
