//! A pod-bearing object → every image it runs, each with the JSON path of its place.
//!
//! Source: the rule language, "What is judged"; Kubernetes API reference, `PodSpec`, `PodTemplateSpec`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::request::Request;
use crate::{limits, place};

/// An object with a pod in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Workload {
    /// `metadata.name`, or else `metadata.generateName`.
    pub name: Option<String>,
    /// The object's own labels and annotations.
    pub object: Metadata,
    /// Those of its pod template; `None` for a pod.
    pub template: Option<Metadata>,
    /// `default` where none is written.
    pub service_account: String,
    /// Init containers, containers, ephemeral containers, image volumes, in this order.
    pub images: Vec<WorkloadImage>,
}

/// Labels and annotations.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as Kubernetes names them")]
pub struct Metadata {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// An image of a workload.
#[derive(Debug, PartialEq, Eq)]
pub struct WorkloadImage {
    /// `spec.template.spec.containers[0]`.
    pub path: String,
    /// Name of the container or volume.
    pub name: String,
    /// The reference as written; empty where there is none.
    pub image: String,
}

/// Why an object cannot be judged.
#[derive(Debug, PartialEq, Eq)]
pub enum WorkloadError {
    /// It is of a known kind and does not parse: the place, what was expected and what was found.
    Invalid(String),
    /// It has more than [`limits::WORKLOAD_IMAGES`] images.
    TooLarge(usize),
}

/// Where a kind keeps its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The object is the pod.
    Pod,
    /// `spec.template`.
    Template,
    /// `spec.jobTemplate.spec.template`.
    JobTemplate,
    /// `template`, beside the metadata.
    PodTemplate,
}

/// The kinds that are judged, by group and kind.
pub const KINDS: [(&str, &str, Shape); 9] = [
    ("", "Pod", Shape::Pod),
    ("", "PodTemplate", Shape::PodTemplate),
    ("", "ReplicationController", Shape::Template),
    ("apps", "DaemonSet", Shape::Template),
    ("apps", "Deployment", Shape::Template),
    ("apps", "ReplicaSet", Shape::Template),
    ("apps", "StatefulSet", Shape::Template),
    ("batch", "CronJob", Shape::JobTemplate),
    ("batch", "Job", Shape::Template),
];
/// Subresources of pods that are judged: they carry the whole pod.
pub const POD_SUBRESOURCES: [&str; 2] = ["ephemeralcontainers", "resize"];

/// Where the request's object keeps its pod; `None`: it is not judged.
pub fn shape(request: &Request<'_>) -> Option<Shape> {
    if !request.operation().is_none_or(|operation| matches!(operation, "CREATE" | "UPDATE")) {
        return None;
    }
    let kind = KINDS.iter().find(|(group, kind, _)| *group == request.kind.group && *kind == request.kind.kind);
    let (_, _, shape) = kind?;
    match request.sub_resource.as_deref() {
        None | Some("") => Some(*shape),
        Some(sub) => (*shape == Shape::Pod && POD_SUBRESOURCES.contains(&sub)).then_some(*shape),
    }
}

impl Workload {
    /// Reads an object whose pod is where `shape` says.
    ///
    /// # Errors
    /// The object does not parse, or is too large.
    pub fn read(object: &RawValue, shape: Shape) -> Result<Self, WorkloadError> {
        match shape {
            Shape::Pod => {
                let pod: PodObject = parse(object)?;
                Self::new(pod.metadata, None, pod.spec, "spec")
            }
            Shape::Template => {
                let object: WithTemplate = parse(object)?;
                let template = object.spec.template;
                Self::new(object.metadata, Some(template.metadata), template.spec, "spec.template.spec")
            }
            Shape::JobTemplate => {
                let object: WithJobTemplate = parse(object)?;
                let template = object.spec.job_template.spec.template;
                Self::new(object.metadata, Some(template.metadata), template.spec, "spec.jobTemplate.spec.template.spec")
            }
            Shape::PodTemplate => {
                let object: PodTemplate = parse(object)?;
                Self::new(object.metadata, Some(object.template.metadata), object.template.spec, "template.spec")
            }
        }
    }

    fn new(object: ObjectMeta, template: Option<ObjectMeta>, spec: PodSpec, path: &str) -> Result<Self, WorkloadError> {
        let volumes = spec.volumes.unwrap_or_default();
        let image_volumes =
            volumes.iter().enumerate().filter_map(|(i, volume)| volume.image.as_ref().map(|image| (i, volume, image)));
        let containers = [
            ("initContainers", spec.init_containers.unwrap_or_default()),
            ("containers", spec.containers),
            ("ephemeralContainers", spec.ephemeral_containers.unwrap_or_default()),
        ];
        let mut images = Vec::new();
        for (list, containers) in containers {
            for (i, container) in containers.into_iter().enumerate() {
                let (path, image) = (format!("{path}.{list}[{i}]"), container.image.unwrap_or_default());
                images.push(WorkloadImage { path, name: container.name, image });
            }
        }
        for (i, volume, image) in image_volumes {
            let (path, image) = (format!("{path}.volumes[{i}].image"), image.reference.clone().unwrap_or_default());
            images.push(WorkloadImage { path, name: volume.name.clone(), image });
        }
        if images.len() > limits::WORKLOAD_IMAGES {
            return Err(WorkloadError::TooLarge(images.len()));
        }
        Ok(Self {
            name: object.name.clone().filter(|name| !name.is_empty()).or_else(|| object.generate_name.clone()),
            object: object.into(),
            template: template.map(Into::into),
            service_account: named(spec.service_account_name)
                .or_else(|| named(spec.service_account))
                .unwrap_or_else(|| "default".to_owned()),
            images,
        })
    }
}

fn named(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.is_empty())
}

impl From<ObjectMeta> for Metadata {
    fn from(meta: ObjectMeta) -> Self {
        Self { labels: meta.labels.unwrap_or_default(), annotations: meta.annotations.unwrap_or_default() }
    }
}

fn parse<T: DeserializeOwned>(object: &RawValue) -> Result<T, WorkloadError> {
    serde_json::from_str(object.get()).map_err(|error| WorkloadError::Invalid(place::name(object.get(), &error)))
}

#[derive(Deserialize)]
struct PodObject {
    #[serde(default)]
    metadata: ObjectMeta,
    spec: PodSpec,
}

#[derive(Deserialize)]
struct WithTemplate {
    #[serde(default)]
    metadata: ObjectMeta,
    spec: TemplateSpec,
}

#[derive(Deserialize)]
struct TemplateSpec {
    template: Template,
}

#[derive(Deserialize)]
struct Template {
    #[serde(default)]
    metadata: ObjectMeta,
    spec: PodSpec,
}

#[derive(Deserialize)]
struct WithJobTemplate {
    #[serde(default)]
    metadata: ObjectMeta,
    spec: JobTemplateSpec,
}

#[derive(Deserialize)]
struct JobTemplateSpec {
    #[serde(rename = "jobTemplate")]
    job_template: JobTemplate,
}

#[derive(Deserialize)]
struct JobTemplate {
    spec: TemplateSpec,
}

#[derive(Deserialize)]
struct PodTemplate {
    #[serde(default)]
    metadata: ObjectMeta,
    template: Template,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectMeta {
    name: Option<String>,
    generate_name: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodSpec {
    service_account_name: Option<String>,
    /// Deprecated; the API server fills the other one from it.
    service_account: Option<String>,
    init_containers: Option<Vec<Container>>,
    containers: Vec<Container>,
    ephemeral_containers: Option<Vec<Container>>,
    volumes: Option<Vec<Volume>>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    name: String,
    image: Option<String>,
}

#[derive(Deserialize)]
struct Volume {
    #[serde(default)]
    name: String,
    image: Option<ImageSource>,
}

#[derive(Deserialize)]
struct ImageSource {
    reference: Option<String>,
}
