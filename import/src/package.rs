//! Package URLs and paths of foreign exemptions → those of the rule language, where they cover no more there.

use policy::limits;

/// Types whose names have one component, or two.
const ONE: [&str; 11] = ["bitnami", "cargo", "cocoapods", "conda", "cran", "gem", "hackage", "hex", "nuget", "pub", "pypi"];
const TWO: [&str; 6] = ["alpm", "apk", "composer", "deb", "maven", "rpm"];

/// A package URL that stands for one package, with or without a version: other gates compare its parts, the rule language compares
/// beginnings, which is the same where nothing can follow a name but a version.
pub(crate) fn of_purl(text: &str) -> Result<&str, &'static str> {
    let rest = text.strip_prefix("pkg:").filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
    let (kind, path) = rest.and_then(|rest| rest.split_once('/')).ok_or("not the URL of a package")?;
    if text.contains(char::is_whitespace) || path.split('/').any(str::is_empty) {
        return Err("not the URL of a package");
    }
    if text.contains(['?', '#']) {
        return Err("qualifiers and subpaths are not compared one by one");
    }
    let lower = path.to_ascii_lowercase();
    if lower.contains("%2f") {
        return Err("a component with an encoded slash is not told from two");
    }
    let version = path.rsplit_once('@').filter(|(name, version)| !name.is_empty() && !version.contains('/'));
    if let Some((_, version)) = version {
        return if version.is_empty() { Err("its version is empty") } else { Ok(text) };
    }
    let components = path.split('/').count();
    let is_scoped = lower.starts_with('@') || lower.starts_with("%40");
    let is_one = match kind.to_ascii_lowercase().as_str() {
        "npm" => components == if is_scoped { 2 } else { 1 },
        kind if ONE.contains(&kind) => components == 1,
        kind if TWO.contains(&kind) => components == 2,
        _ => return Err("without a version it would cover the packages whose names go on behind it, too"),
    };
    if is_one { Ok(text) } else { Err("its name has not the components of this type, so that it would cover other packages") }
}

/// A glob of paths with `*`, `?` and `**` alone.
pub(crate) fn of_path(glob: &str) -> Result<&str, &'static str> {
    if glob.contains(['{', '}', '[', ']', '\\']) {
        return Err("a path has `*`, `?` and `**` alone");
    }
    let is_sound = !glob.trim_start_matches('/').is_empty() && glob.len() <= limits::GLOB_BYTES;
    if is_sound { Ok(glob) } else { Err("not a path of at most 1024 characters") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_url_is_taken_over_where_it_stands_for_one_package() {
        for (purl, is_one) in [
            ("pkg:deb/debian/openssl", true),
            ("pkg:deb/debian/openssl@3.0.1", true),
            ("pkg:deb/debian", false),
            ("pkg:deb/debian/openssl/extra", false),
            ("pkg:deb/debian/openssl?arch=amd64", false),
            ("pkg:npm/lodash", true),
            ("pkg:npm/@babel/core", true),
            ("pkg:npm/%40babel/core@7.0.0", true),
            ("pkg:npm/@babel", false),
            ("pkg:npm/babel/core", false),
            ("pkg:pypi/django", true),
            ("pkg:maven/org.apache.logging.log4j/log4j-core", true),
            ("pkg:maven/org.apache.logging.log4j", false),
            ("pkg:golang/github.com/gin-gonic/gin", false),
            ("pkg:golang/github.com/gin-gonic/gin@v1.9.0", true),
            ("pkg:gem/rails#lib", false),
            ("pkg:pypi/a%2Fb", false),
            ("pkg:gem/rails@", false),
            ("pkg:gem//", false),
            ("pkg:gem", false),
            ("gem/rails", false),
            ("pkg:gem/ra ils", false),
        ] {
            assert_eq!(of_purl(purl).is_ok(), is_one, "{purl}");
        }
    }
}
