//! The formats that are read: what people call them, and who reads them.

use crate::draft::Draft;
use crate::source::At;
use crate::{Refusal, azure_policy, security_artifact_policy};

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The custom resource that Microsoft Defender for Containers compiles its security rules into.
    SecurityArtifactPolicy,
    /// The parameters of the deprecated Azure Policy definition "block vulnerable images".
    AzurePolicy,
}

/// Who reads a format.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) format: Format,
    /// What a person calls it.
    pub(crate) title: &'static str,
    /// Its word for programs.
    word: &'static str,
    /// Whether it is a gate's: there is one in a settings document. The others have exemptions alone.
    pub(crate) is_gate: bool,
    /// The members that say that an object is of the format, to be printed.
    pub(crate) recognise: fn(&At<'_>) -> Option<String>,
    /// Reads all its objects into the draft.
    pub(crate) read: fn(&[At<'_>], &mut Draft) -> Result<(), Refusal>,
    /// What no configuration of the format says.
    pub(crate) notes: &'static [&'static str],
}

/// Every format, in the order in which objects are held against them.
pub(crate) const READERS: &[Reader] = &[
    Reader {
        format: Format::SecurityArtifactPolicy,
        title: "Microsoft Defender's SecurityArtifactPolicy",
        word: "securityArtifactPolicy",
        is_gate: true,
        recognise: security_artifact_policy::recognise,
        read: security_artifact_policy::read,
        notes: security_artifact_policy::NOTES,
    },
    Reader {
        format: Format::AzurePolicy,
        title: "the Azure Policy that blocks vulnerable images",
        word: "azurePolicy",
        is_gate: true,
        recognise: azure_policy::recognise,
        read: azure_policy::read,
        notes: azure_policy::NOTES,
    },
];

impl Format {
    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.reader().map_or("", |reader| reader.title)
    }

    /// Its word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.reader().map_or("", |reader| reader.word)
    }

    fn reader(self) -> Option<&'static Reader> {
        READERS.iter().find(|reader| reader.format == self)
    }
}
