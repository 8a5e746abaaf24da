//! The folders of real reports, `shared/samples` beside the repository: which format each is of. Without them there is nothing to
//! compare and the tests on them pass.

use std::path::{Path, PathBuf};

use reports::Format;
use reports::report::Row;

/// A folder of samples, the format of its files, and how they are compared with what is counted independently.
pub(crate) struct Folder {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    /// How a row's id is written in the files.
    pub(crate) listed: fn(&Row) -> &str,
    /// What is made of a file before it is read, where the folder keeps only a part of each document.
    pub(crate) whole: fn(Vec<u8>) -> Vec<u8>,
    /// Whether the truth counts fixes as the format states them. SARIF's, CycloneDX' and attestations' are not in a field of their own.
    pub(crate) has_fixes: bool,
}

const fn folder(name: &'static str, format: Format) -> Folder {
    Folder { name, format, listed: own, whole: std::convert::identity, has_fixes: true }
}

/// Of a format that is not of one scanner.
const fn shared(name: &'static str, format: Format) -> Folder {
    Folder { has_fixes: false, ..folder(name, format) }
}

/// In the order of the table of formats.
pub(crate) const FOLDERS: &[Folder] = &[
    folder("trivy-json", Format::Trivy),
    folder("trivy-legacy-json", Format::TrivyLegacy),
    folder("trivy-k8s-json", Format::TrivyKubernetes),
    folder("grype-json", Format::Grype),
    shared("trivy-sarif", Format::Sarif),
    shared("grype-sarif", Format::Sarif),
    shared("snyk-sarif", Format::Sarif),
    shared("sarif-other", Format::Sarif),
    shared("trivy-cyclonedx", Format::CycloneDx),
    shared("grype-cyclonedx", Format::CycloneDx),
    shared("cyclonedx-other", Format::CycloneDx),
    shared("cyclonedx-vex", Format::CycloneDx),
    shared("intoto-vuln", Format::InToto),
    shared("trivy-cosign-vuln", Format::CosignVuln),
    shared("cosign-vuln-spec", Format::CosignVuln),
    folder("aws-ecr-scan-findings", Format::Ecr),
    folder("aws-inspector2-findings", Format::Inspector),
    folder("gcp-artifact-analysis", Format::ArtifactAnalysis),
    folder("harbor", Format::Harbor),
    Folder { listed: bulletin, ..folder("clair-v4", Format::Clair) },
    Folder { listed: bulletin, ..folder("quay-secscan", Format::Quay) },
    Folder { listed: bulletin, ..folder("snyk-json", Format::Snyk) },
    Folder { listed: bulletin, ..folder("osv-scanner", Format::OsvScanner) },
    folder("gitlab-container-scanning", Format::Gitlab),
    Folder { listed: bulletin, ..folder("anchore-engine", Format::Anchore) },
    folder("stackrox", Format::Stackrox),
    folder("prisma-twistlock", Format::Prisma),
    folder("jfrog-xray", Format::Xray),
    Folder { whole: vulnerability_report, ..folder("sbomscanner-cr", Format::Sbomscanner) },
    folder("trivy-operator-cr", Format::TrivyOperator),
    Folder { whole: vulnerability_manifest, ..folder("kubescape-cr", Format::Kubescape) },
];

/// The id as the reader gives it; a finding without one has none in the file.
fn own(row: &Row) -> &str {
    if row.id.starts_with("unidentified in ") { "" } else { &row.id }
}

/// The bulletin, or the scanner's own id, that the file names instead of the CVEs, which the reader gives a row each.
fn bulletin(row: &Row) -> &str {
    row.advisories.first().filter(|_| row.id.starts_with("CVE-")).map_or(&row.id, String::as_str)
}

/// The object around a bare `report` of SBOMscanner.
fn vulnerability_report(report: Vec<u8>) -> Vec<u8> {
    let before = r#"{"apiVersion":"storage.sbomscanner.kubewarden.io/v1alpha1","kind":"VulnerabilityReport","report":"#;
    [before.as_bytes(), &report, b"}"].concat()
}

/// The object around a bare payload of Kubescape.
fn vulnerability_manifest(payload: Vec<u8>) -> Vec<u8> {
    let before =
        r#"{"apiVersion":"spdx.softwarecomposition.kubescape.io/v1beta1","kind":"VulnerabilityManifest","spec":{"payload":"#;
    [before.as_bytes(), &payload, b"}}"].concat()
}

pub(crate) fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

/// The files of a folder with their names, sorted.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().filter(|path| path.is_file()).map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}
