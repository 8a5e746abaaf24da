//! The predicate of cosign's vulnerability attestations (`https://cosign.sigstore.dev/attestation/vuln/v1`), as it is handed to
//! `cosign attest --type vuln` and found inside of statements → [`Report`].
//!
//! Source: sigstore's `COSIGN_VULN_ATTESTATION_SPEC.md`; Trivy's `pkg/report/predicate/vuln.go`. What the scanner found stands in
//! `scanner.result`, in whatever format the scanner writes: it is recognised and read as if it stood alone, and provides what that
//! format provides. Of the predicate itself come the scanner's version, where the report has none, and the end of the scan: of that and
//! the report's own time the earlier counts.

use serde_json::value::RawValue;

use crate::json::{self, members};
use crate::purl::Purl;
use crate::report::Report;
use crate::scalar::{self, filled};
use crate::{Begun, Format, Outline, Reader, ReportError, foreign};

/// The reader of this format.
pub static READER: Reader = Reader { media_type: "application/vnd.dev.cosign.vuln+json", recognise, read };

/// What it is called in errors.
const PREDICATE: &str = "cosign vulnerability predicate";

fn recognise(outline: &Outline<'_>) -> Option<String> {
    let is_predicate = |o: &Outline<'_>| o.has("metadata") && o.has_within("scanner", "result");
    if is_predicate(outline) {
        return Some("`scanner.result` beside `metadata`: a vulnerability predicate of cosign".to_owned());
    }
    let is_wrapped = !outline.has("_type") && is_predicate(&outline.member("predicate")?);
    is_wrapped.then(|| "`predicate.scanner.result`: a vulnerability predicate of cosign".to_owned())
}

fn read(text: &str) -> Result<Report, ReportError> {
    // What is not wrapped is taken as it is read; of everything else the wrapping is looked at first.
    let report = match json::read::<Bare<'_>>(text) {
        Ok(Bare { predicate: Some(inner), .. }) => predicate(inner.get())?,
        Ok(Bare { predicate: None, scanner: Some(scanner), metadata }) => result(scanner, metadata)?,
        _ => {
            let wrapped: Wrapped<'_> = json::parse(text, PREDICATE)?;
            predicate(wrapped.predicate.map_or(text, RawValue::get))?
        }
    };
    Ok(Report { format: Format::CosignVuln, ..report })
}

/// A predicate whose beginning shows its result: `metadata` stands behind it.
pub(crate) const BEGUN: Begun = Begun {
    format: Format::CosignVuln,
    is_begun: |head| head.has_within("scanner", "result"),
    read: |text| match json::read(text) {
        Ok(Bare { predicate: None, scanner: Some(scanner), metadata: Some(metadata) }) => {
            let report = result(scanner, Some(metadata)).ok()?;
            Some(Report { format: Format::CosignVuln, ..report })
        }
        _ => None,
    },
};

/// Reads a predicate; the report's format is that of its result.
pub(crate) fn predicate(text: &str) -> Result<Report, ReportError> {
    let raw: Raw<'_> = json::parse(text, PREDICATE)?;
    result(raw.scanner.0, raw.metadata)
}

fn result(scanner: RawScanner<'_>, metadata: Option<RawMetadata>) -> Result<Report, ReportError> {
    let Some(result) = scanner.result else {
        return Err(ReportError::new("the cosign vulnerability predicate has no `scanner.result`", None));
    };
    let result = result.get();
    let by_whole = || crate::recognise(&Outline::of(result)).map(|(format, _)| format);
    // Reports in reports would be read without end.
    let format = crate::by_head(result).or_else(by_whole).filter(|format| !format.is_envelope());
    let Some(format) = format else {
        return Err(foreign::refuse(
            &Outline::of(result),
            "the `scanner.result` of the cosign vulnerability predicate cannot be read",
        ));
    };
    let mut report = (format.reader().read)(result)?;
    let finished = metadata.and_then(|m| m.scan_finished_on);
    let finished = scalar::time(finished.as_deref(), "`scanFinishedOn`", &mut report.notes);
    report.scanned_at = report.scanned_at.into_iter().chain(finished).min();
    report.scanner.version = report.scanner.version.or(filled(scanner.version));
    if report.scanner.name == "unknown" {
        report.scanner.name = scanner_name(scanner.uri.as_deref()).unwrap_or(report.scanner.name);
    }
    Ok(report)
}

/// `pkg:github/aquasecurity/trivy@0.69.0` → `trivy`; other URIs as they stand.
pub(crate) fn scanner_name(uri: Option<&str>) -> Option<String> {
    let uri = uri.filter(|uri| !uri.is_empty())?;
    Some(Purl::parse(uri).map_or_else(|| uri.to_owned(), |purl| purl.name))
}

members! {
    struct Wrapped<'a> {
        predicate: &'a RawValue,
    }

    /// A predicate, or what has the members of one beside a wrapped one.
    struct Bare<'a> {
        predicate: &'a RawValue,
        scanner: RawScanner<'a>,
        metadata: RawMetadata,
    }

    struct Raw<'a> {
        scanner: RawScanner<'a> = "scanner" required,
        metadata: RawMetadata,
    }

    struct RawScanner<'a> {
        uri: String,
        version: String,
        result: &'a RawValue,
    }

    struct RawMetadata {
        scan_finished_on: String = "scanFinishedOn",
    }
}
