//! The formats that are read: what people call them, and who reads them.

use crate::draft::Draft;
use crate::inspector::filters;
use crate::source::At;
use crate::stackrox::deferrals;
use crate::{
    Refusal, azure_policy, binary_authorization, grype, harbor, image_cve_policy, inspector, kritis, kubescape, neuvector,
    security_artifact_policy, stackrox, trivy_ignore,
};

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The custom resource that Microsoft Defender for Containers compiles its security rules into.
    SecurityArtifactPolicy,
    /// The parameters of the deprecated Azure Policy definition "block vulnerable images".
    AzurePolicy,
    /// Google's Binary Authorization: the platform policy of continuous validation.
    BinaryAuthorization,
    /// Kritis: the `ImageSecurityPolicy` of its admission webhook, the `VulnzSigningPolicy` of its signer.
    Kritis,
    /// Kubewarden's `image-cve-policy`.
    ImageCvePolicy,
    /// The thresholds of Amazon Inspector's GitHub action.
    InspectorThresholds,
    /// Amazon Inspector's suppression filters.
    InspectorFilters,
    /// The rules of NeuVector's admission control.
    NeuVector,
    /// Policies of Red Hat Advanced Cluster Security.
    StackRox,
    /// A project of Harbor that prevents vulnerable images from being pulled.
    HarborProject,
    /// Grype's configuration with what fails a scan.
    Grype,
    /// Grype's configuration with nothing but what is ignored.
    GrypeIgnore,
    /// `.trivyignore` and `.trivyignore.yaml`.
    TrivyIgnore,
    /// Harbor's list of CVEs that are let through.
    HarborAllowlist,
    /// Kubescape's exceptions.
    SecurityException,
    /// Vulnerabilities that Red Hat Advanced Cluster Security defers.
    StackRoxExceptions,
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
    pub(crate) read: fn(&[At<'_>], &mut Draft) -> Result<(), Box<Refusal>>,
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
    Reader {
        format: Format::BinaryAuthorization,
        title: "a policy of Google's Binary Authorization",
        word: "binaryAuthorization",
        is_gate: true,
        recognise: binary_authorization::recognise,
        read: binary_authorization::read,
        notes: binary_authorization::NOTES,
    },
    Reader {
        format: Format::Kritis,
        title: "a policy of Kritis",
        word: "kritis",
        is_gate: true,
        recognise: kritis::recognise,
        read: kritis::read,
        notes: kritis::NOTES,
    },
    Reader {
        format: Format::ImageCvePolicy,
        title: "Kubewarden's image-cve-policy",
        word: "imageCvePolicy",
        is_gate: true,
        recognise: image_cve_policy::recognise,
        read: image_cve_policy::read,
        notes: image_cve_policy::NOTES,
    },
    Reader {
        format: Format::InspectorThresholds,
        title: "thresholds of Amazon Inspector's action",
        word: "inspectorThresholds",
        is_gate: true,
        recognise: inspector::recognise,
        read: inspector::read,
        notes: inspector::NOTES,
    },
    Reader {
        format: Format::InspectorFilters,
        title: "suppression filters of Amazon Inspector",
        word: "inspectorFilters",
        is_gate: false,
        recognise: filters::recognise,
        read: filters::read,
        notes: filters::NOTES,
    },
    Reader {
        format: Format::NeuVector,
        title: "NeuVector's admission rules",
        word: "neuVector",
        is_gate: true,
        recognise: neuvector::recognise,
        read: neuvector::read,
        notes: neuvector::NOTES,
    },
    Reader {
        format: Format::StackRox,
        title: "policies of Red Hat Advanced Cluster Security",
        word: "stackRox",
        is_gate: true,
        recognise: stackrox::recognise,
        read: stackrox::read,
        notes: stackrox::NOTES,
    },
    Reader {
        format: Format::HarborProject,
        title: "a project of Harbor",
        word: "harborProject",
        is_gate: true,
        recognise: harbor::recognise,
        read: harbor::read,
        notes: harbor::NOTES,
    },
    Reader {
        format: Format::Grype,
        title: "Grype's configuration",
        word: "grype",
        is_gate: true,
        recognise: grype::recognise,
        read: grype::read,
        notes: grype::NOTES,
    },
    Reader {
        format: Format::GrypeIgnore,
        title: "Grype's ignore rules",
        word: "grypeIgnore",
        is_gate: false,
        recognise: grype::recognise_ignore,
        read: grype::read,
        notes: grype::IGNORE_NOTES,
    },
    Reader {
        format: Format::TrivyIgnore,
        title: "Trivy's ignore file",
        word: "trivyIgnore",
        is_gate: false,
        recognise: trivy_ignore::recognise,
        read: trivy_ignore::read,
        notes: trivy_ignore::NOTES,
    },
    Reader {
        format: Format::HarborAllowlist,
        title: "Harbor's CVE allow-list",
        word: "harborAllowlist",
        is_gate: false,
        recognise: harbor::recognise_list,
        read: harbor::read_lists,
        notes: harbor::LIST_NOTES,
    },
    Reader {
        format: Format::SecurityException,
        title: "Kubescape's exceptions",
        word: "securityException",
        is_gate: false,
        recognise: kubescape::recognise,
        read: kubescape::read,
        notes: kubescape::NOTES,
    },
    Reader {
        format: Format::StackRoxExceptions,
        title: "vulnerability exceptions of Red Hat Advanced Cluster Security",
        word: "stackRoxExceptions",
        is_gate: false,
        recognise: deferrals::recognise,
        read: deferrals::read,
        notes: deferrals::NOTES,
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
