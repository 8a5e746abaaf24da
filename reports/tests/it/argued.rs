//! Samples whose truth is not what the reader makes of them, each with the argument for it.

/// File, and why reader and truth differ. A line that no longer holds makes the test fail.
#[rustfmt::skip]
const ARGUED: &[(&str, &str)] = &[
    ("grype-json/django-DefectDojo__check_all_fields_different_ids_fabricated.json",
     "a GitHub id beside two CVEs covers both: a row for each, where the truth counts the GitHub id once"),
    ("grype-json/django-DefectDojo__anchore_grype_epss_problem.json",
     "cut by hand to `matches` alone: nothing says that Grype wrote it, nor about what, so it is not recognised"),
    ("grype-sarif/trivy-sarif-demo__results.sarif",
     "every result is suppressed from outside (429, which the truth counts apart): a suppression is no VEX statement, so they count"),
    ("sarif-other/trivy-sarif-demo__demo-results.sarif",
     "every result is suppressed from outside (429, which the truth counts apart): a suppression is no VEX statement, so they count"),
    ("sarif-other/django-DefectDojo__dependency_check.sarif",
     "an unknown tool whose results name neither severities nor packages nor always ids: refused"),
    ("grype-cyclonedx/django-DefectDojo__grype.xml", "XML, of which only the JSON form is read: refused by name"),
    ("grype-cyclonedx/django-DefectDojo__grype_dd_1_14_1.xml", "XML, of which only the JSON form is read: refused by name"),
    ("cyclonedx-other/django-DefectDojo__jake.xml", "XML, of which only the JSON form is read: refused by name"),
    ("intoto-vuln/trivy__centos-7-cyclonedx.intoto.jsonl",
     "a statement about a bill of materials (predicate type `https://cyclonedx.org/bom`): refused, where the truth counts an empty list"),
    ("aws-inspector2-findings/django-DefectDojo__aws_inspector2_zero_vul.json",
     "`{\"findings\": []}` belongs to several formats and shows no scan: refused, where the truth counts nothing"),
    ("gcp-artifact-analysis/rode-ui__resources.json",
     "a store of resources of another program, with occurrences of builds somewhere within: refused, where the truth counts nothing"),
    ("gcp-artifact-analysis/sedg__test_gar-4.json",
     "an analysis that did not end well is refused, where the truth counts nothing"),
    ("gcp-artifact-analysis/sedg__test_gar-5.json",
     "an analysis that did not end well is refused, where the truth counts nothing"),
    ("snyk-json/analysis-model__snyk-report-edge-cases.json",
     "a list of vulnerabilities cut out of a report: it shows neither what was scanned nor how it ended, and any scanner could have written it"),
    ("snyk-json/analysis-model__snyk-report.json",
     "a list of vulnerabilities cut out of a report: it shows neither what was scanned nor how it ended, and any scanner could have written it"),
    ("osv-scanner/analysis-model__osv-scanner-no-issues.json",
     "`{\"results\": []}` belongs to several formats and shows no scan: refused, where the truth counts nothing"),
    ("osv-scanner/osv-scanner__empty.json",
     "`{\"results\": []}` belongs to several formats and shows no scan: refused, where the truth counts nothing"),
    ("gitlab-container-scanning/django-DefectDojo__gl-dependency-scanning-report-2-vuln-missing-component_v15.json",
     "`Upgrade to version 2.2.3 or above.`: a fix that the sentence does not name by its last word is known, without its version"),
    ("anchore-engine/analysis-model__anchorectl-app-vuln-list-raw.json",
     "the truth does not read `vulnerability_id`, so that it counts two ids as none"),
    ("anchore-engine/analysis-model__anchorectl-app-vuln-list.json",
     "the truth does not read `fixVersions`, so that it counts a fix that is named as none"),
    ("anchore-engine/analysis-model__anchorectl-empty-envelope.json",
     "`{\"vulnerabilities\": {}}` names neither scanner nor image: refused, where the truth counts nothing"),
    ("anchore-engine/django-DefectDojo__anchorectl_vulns__no_vuln.json",
     "`[]` belongs to several formats and shows no scan: refused, where the truth counts nothing"),
    ("stackrox/stackrox__empty_sarif_report.json", "a SARIF log: not this format"),
    ("stackrox/stackrox__sarif_report.json", "a SARIF log: not this format"),
    ("prisma-twistlock/analysis-model__prisma-cloud-report-edge-cases.json",
     "results within a list of entities, which twistcli does not write: refused; the truth does not look into them and counts nothing"),
    ("jfrog-xray/django-DefectDojo__jfrog_xray_api_summary_artifact__many_vulns.json",
     "the truth takes the artifact for the package and does not read `impact_path`, which names each component: 29 findings of 15 issues"),
    ("jfrog-xray/heimdall2__jfrog_xray_sample.json",
     "counts 30 findings and lists 27: refused as one page of several, where the truth counts what is listed"),
    ("jfrog-xray/jfrog-cli-security__docker_summary.json",
     "only counts, without findings: refused, where the truth counts nothing"),
    ("sbomscanner-cr/sbomscanner__workloadscanreport.yaml", "YAML, and an index of reports without findings"),
    ("trivy-operator-cr/django-DefectDojo__findings_in_list.json",
     "a list of objects of several kinds: refused, since only one report is about one image; the truth counts the reports among them"),
    ("trivy-operator-cr/trivy-operator__vulnerability-report.md.0.yaml", "YAML: objects are read as the JSON that `kubectl -o json` prints"),
    ("kubescape-cr/storage__01-example.yaml", "YAML: objects are read as the JSON that `kubectl -o json` prints"),
];

/// Why a sample differs; `None` where it should not.
pub(crate) fn reason(name: &str) -> Option<&'static str> {
    ARGUED.iter().find(|(file, _)| *file == name).map(|(_, reason)| *reason)
}

/// The samples that differ.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ARGUED.iter().map(|(file, _)| *file)
}
