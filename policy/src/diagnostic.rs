//! Every code that an answer can carry, whose fault it is, and the fixed hint. Prose around them is made in [`crate::render`].

/// Who can mend it, so that an operator can route it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The workload as it was submitted.
    Request,
    /// The settings document.
    Settings,
    /// The findings of an image, or their absence.
    Evidence,
    /// Network, registry, permissions.
    Environment,
    /// A rule's condition is fulfilled: the images are at fault.
    Rule,
}

/// A reason for an answer. Its text is part of the interface: it never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A condition counts more than its limit.
    FindingsOverLimit,
    /// The image's operating system is no longer maintained.
    OsEndOfLife,
    /// No findings exist for the image.
    EvidenceMissing,
    /// The findings could not be asked for.
    EvidenceUnavailable,
    /// The findings are there but not usable.
    EvidenceUnreadable,
    /// The findings have no signature that the settings accept.
    EvidenceUntrusted,
    /// The findings are older than the rule allows.
    EvidenceStale,
    /// The findings lack a field that a condition needs.
    EvidenceIncomplete,
    /// The image reference is not of the grammar.
    ReferenceMalformed,
    /// The policy was not granted a host capability that it needs.
    CapabilityNotGranted,
    /// The admission request cannot be read.
    RequestInvalid,
    /// An object of a known workload kind cannot be read.
    WorkloadInvalid,
    /// A workload has more images than the module looks at.
    WorkloadTooLarge,
    /// The settings cannot be used.
    SettingsInvalid,
    /// An exemption that was used ends within seven days.
    ExemptionEnding,
    /// Somebody who may broke the glass.
    BreakGlass,
    /// Somebody who may not tried to, or gave no reason.
    BreakGlassRefused,
}

impl Code {
    /// Every code, in the order of this list.
    pub const ALL: [Self; 17] = [
        Self::FindingsOverLimit,
        Self::OsEndOfLife,
        Self::EvidenceMissing,
        Self::EvidenceUnavailable,
        Self::EvidenceUnreadable,
        Self::EvidenceUntrusted,
        Self::EvidenceStale,
        Self::EvidenceIncomplete,
        Self::ReferenceMalformed,
        Self::CapabilityNotGranted,
        Self::RequestInvalid,
        Self::WorkloadInvalid,
        Self::WorkloadTooLarge,
        Self::SettingsInvalid,
        Self::ExemptionEnding,
        Self::BreakGlass,
        Self::BreakGlassRefused,
    ];

    /// The text between brackets at the end of a message.
    pub fn text(self) -> &'static str {
        match self {
            Self::FindingsOverLimit => "findings-over-limit",
            Self::OsEndOfLife => "os-end-of-life",
            Self::EvidenceMissing => "evidence-missing",
            Self::EvidenceUnavailable => "evidence-unavailable",
            Self::EvidenceUnreadable => "evidence-unreadable",
            Self::EvidenceUntrusted => "evidence-untrusted",
            Self::EvidenceStale => "evidence-stale",
            Self::EvidenceIncomplete => "evidence-incomplete",
            Self::ReferenceMalformed => "reference-malformed",
            Self::CapabilityNotGranted => "capability-not-granted",
            Self::RequestInvalid => "request-invalid",
            Self::WorkloadInvalid => "workload-invalid",
            Self::WorkloadTooLarge => "workload-too-large",
            Self::SettingsInvalid => "settings-invalid",
            Self::ExemptionEnding => "exemption-ending",
            Self::BreakGlass => "break-glass",
            Self::BreakGlassRefused => "break-glass-refused",
        }
    }

    /// Who can mend it.
    pub fn fault(self) -> Fault {
        match self {
            Self::FindingsOverLimit | Self::OsEndOfLife => Fault::Rule,
            Self::EvidenceMissing
            | Self::EvidenceUnreadable
            | Self::EvidenceUntrusted
            | Self::EvidenceStale
            | Self::EvidenceIncomplete => Fault::Evidence,
            Self::EvidenceUnavailable | Self::CapabilityNotGranted => Fault::Environment,
            Self::ReferenceMalformed
            | Self::RequestInvalid
            | Self::WorkloadInvalid
            | Self::WorkloadTooLarge
            | Self::BreakGlass
            | Self::BreakGlassRefused => Fault::Request,
            Self::SettingsInvalid | Self::ExemptionEnding => Fault::Settings,
        }
    }

    /// What the reader can do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::FindingsOverLimit => "deploy an image with the fixed versions, or ask the owner of the rule for an exemption",
            Self::OsEndOfLife => "rebuild on a maintained base image, or ask the owner of the rule for an exemption",
            Self::EvidenceMissing => "scan the image and attach the findings: gatectl attach IMAGE --report FILE",
            Self::EvidenceUnavailable => {
                "try again; if it lasts, check that the image exists and that the policy server reaches its registry"
            }
            Self::EvidenceUnreadable => "scan the image again and replace the findings: gatectl attach IMAGE --report FILE",
            Self::EvidenceUntrusted => {
                "attach the findings with a signature that is trusted: gatectl attach IMAGE --report FILE --sign-key KEY"
            }
            Self::EvidenceStale => "scan the image again with a current database and attach the findings",
            Self::EvidenceIncomplete => "attach a report of a scanner that states the field, or enrich it",
            Self::ReferenceMalformed => "write the image as registry/repository:tag or registry/repository@sha256:digest",
            Self::CapabilityNotGranted => "the cluster's administrator must grant this host capability to the policy",
            Self::RequestInvalid => "this is not an admission request as the API server sends it",
            Self::WorkloadInvalid => "correct the object's fields",
            Self::WorkloadTooLarge => "split the workload",
            Self::SettingsInvalid => "check the settings: gatectl settings check FILE",
            Self::BreakGlass => "look after what was admitted unseen, and take the annotation away",
            Self::BreakGlassRefused => "take the annotation away, or ask one of those whom `breakGlass` lists",
            Self::ExemptionEnding => "fix what it covers, or renew it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_kebab_case_and_in_order() {
        for (i, code) in Code::ALL.into_iter().enumerate() {
            assert!(code.text().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", code.text());
            assert_eq!(Code::ALL.iter().position(|other| other.text() == code.text()), Some(i), "{} twice", code.text());
        }
    }

    #[test]
    fn hints_are_one_lower_case_line_without_a_full_stop() {
        for code in Code::ALL {
            let hint = code.hint();
            let is_plain =
                !hint.is_empty() && !hint.contains('\n') && !hint.ends_with('.') && !hint.starts_with(char::is_uppercase);
            assert!(is_plain, "{}: {hint}", code.text());
        }
    }
}
