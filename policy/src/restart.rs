//! Pods that Kubernetes' own controllers create: restarts, scaling and jobs of what was judged when it came.
//!
//! Source: the rule language, "Restarts". They are known by who asks, never by owner references, which any user can write.

use crate::image::Reference;
use crate::request::Request;
use crate::settings::ControllerPods;
use crate::workload::Shape;

const CONTROLLERS: [&str; 5] =
    ["replicaset-controller", "replication-controller", "statefulset-controller", "daemon-set-controller", "job-controller"];

/// Controllers that create workloads of workloads, by the kind that they create: they copy annotations too.
const COPIERS: [(&str, &str); 2] = [("ReplicaSet", "deployment-controller"), ("Job", "cronjob-controller")];

/// Whether one of the controllers creates a pod.
pub fn is_created_by_controller(request: &Request<'_>, shape: Shape) -> bool {
    let is_whole = request.sub_resource.as_deref().is_none_or(str::is_empty);
    shape == Shape::Pod && is_whole && request.is("CREATE") && controller(request).is_some_and(|name| CONTROLLERS.contains(&name))
}

/// Whether a controller writes what it copies from an object that somebody else wrote: a pod, or what lies between it and that object.
pub fn is_copied_by_controller(request: &Request<'_>, shape: Shape) -> bool {
    let copies = |name: &str| COPIERS.iter().any(|(kind, copier)| *kind == request.kind.kind && *copier == name);
    is_created_by_controller(request, shape) || controller(request).is_some_and(copies)
}

fn controller<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    request.user().and_then(|user| user.strip_prefix("system:serviceaccount:kube-system:"))
}

/// What becomes of the images of one request.
#[derive(Clone, Copy, Debug)]
pub struct Restarts(ControllerPods);

impl Restarts {
    /// As the settings say of pods that controllers create; every other object is judged.
    pub fn of(mode: ControllerPods, request: &Request<'_>, shape: Shape) -> Self {
        Self(if is_created_by_controller(request, shape) { mode } else { ControllerPods::Judge })
    }

    /// Behind a tag there may be a new image: only a digest names what ran before.
    pub fn of_image(self, reference: Option<&Reference>) -> ControllerPods {
        let has_digest = reference.is_some_and(|reference| reference.digest().is_some());
        if has_digest { self.0 } else { ControllerPods::Judge }
    }
}
