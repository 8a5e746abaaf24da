//! The name of what a controller created → the workload that it was created of.
//!
//! Source: Kubernetes, the controllers' own names: a pod is called after its controller and five characters (`names.SimpleNameGenerator`), a
//! ReplicaSet after its Deployment and the hash of the template, a pod of a StatefulSet and a Job of a CronJob after it and a number. Who asks
//! says that a controller did: by the name alone nothing is concluded, and owner references, which anybody can write, are not read.

use super::event::Workload;

/// The letters and digits of generated names (`k8s.io/apimachinery/pkg/util/rand`).
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The workload behind an object; the object itself where nobody's controller created it.
pub(super) fn owner(user: &str, kind: &str, name: &str) -> Workload {
    let controller = user.strip_prefix("system:serviceaccount:kube-system:").unwrap_or_default();
    let owner = match (kind, controller) {
        ("Pod", "replicaset-controller") => without_suffix(name, is_random).map(|set| {
            // A template's hash is long and has no vowels: a ReplicaSet that somebody named does not end like that.
            without_suffix(set, is_hash).map_or(("ReplicaSet", set), |deployment| ("Deployment", deployment))
        }),
        ("Pod", "replication-controller") => without_suffix(name, is_random).map(|owner| ("ReplicationController", owner)),
        ("Pod", "daemon-set-controller") => without_suffix(name, is_random).map(|owner| ("DaemonSet", owner)),
        ("Pod", "statefulset-controller") => without_suffix(name, is_number).map(|owner| ("StatefulSet", owner)),
        ("Pod", "job-controller") => without_suffix(name, is_random).map(|job| ("Job", job)),
        ("ReplicaSet", "deployment-controller") => without_suffix(name, is_hash).map(|owner| ("Deployment", owner)),
        ("Job", "cronjob-controller") => without_suffix(name, is_number).map(|owner| ("CronJob", owner)),
        _ => None,
    };
    let (kind, name) = match owner {
        // The minute of a CronJob's run, in the name of its Job.
        Some(("Job", job)) => without_suffix(job, is_minute).map_or(("Job", job), |cron| ("CronJob", cron)),
        Some(owner) => owner,
        None => (kind, name),
    };
    Workload { kind: super::event::text(kind), name: super::event::text(name) }
}

/// A name without its last part, where that is as it should be; one that is yet to be generated ends with the dash.
fn without_suffix(name: &str, is_suffix: fn(&str) -> bool) -> Option<&str> {
    let (owner, suffix) = name.rsplit_once('-')?;
    (!owner.is_empty() && (suffix.is_empty() || is_suffix(suffix))).then_some(owner)
}

fn is_random(suffix: &str) -> bool {
    suffix.len() == 5 && is_generated(suffix)
}

fn is_hash(suffix: &str) -> bool {
    (7..=10).contains(&suffix.len()) && is_generated(suffix)
}

fn is_number(suffix: &str) -> bool {
    suffix.bytes().all(|byte| byte.is_ascii_digit())
}

/// Minutes since the epoch: eight digits until the year 2160.
fn is_minute(suffix: &str) -> bool {
    suffix.len() == 8 && is_number(suffix)
}

fn is_generated(suffix: &str) -> bool {
    suffix.bytes().all(|byte| ALPHABET.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_controller_creates_is_its_owners() {
        for (user, kind, name, wanted) in [
            ("replicaset-controller", "Pod", "web-6d4b75cb6d-x2x4z", "Deployment/web"),
            ("replicaset-controller", "Pod", "web-6d4b75cb6d-", "Deployment/web"),
            ("replicaset-controller", "Pod", "front-end-x2x4z", "ReplicaSet/front-end"),
            ("deployment-controller", "ReplicaSet", "web-6d4b75cb6d", "Deployment/web"),
            ("daemon-set-controller", "Pod", "node-exporter-x2x4z", "DaemonSet/node-exporter"),
            ("statefulset-controller", "Pod", "db-10", "StatefulSet/db"),
            ("job-controller", "Pod", "migrate-x2x4z", "Job/migrate"),
            ("job-controller", "Pod", "nightly-29393280-x2x4z", "CronJob/nightly"),
            ("cronjob-controller", "Job", "nightly-29393280", "CronJob/nightly"),
            ("replication-controller", "Pod", "old-x2x4z", "ReplicationController/old"),
            ("replicaset-controller", "Pod", "strange", "Pod/strange"),
            ("replicaset-controller", "Pod", "-x2x4z", "Pod/-x2x4z"),
        ] {
            let user = format!("system:serviceaccount:kube-system:{user}");
            assert_eq!(owner(&user, kind, name).to_string(), wanted);
        }
    }

    #[test]
    fn a_name_alone_says_nothing() {
        for user in ["jane", "system:serviceaccount:shop:replicaset-controller", ""] {
            assert_eq!(owner(user, "Pod", "web-6d4b75cb6d-x2x4z").to_string(), "Pod/web-6d4b75cb6d-x2x4z");
        }
    }
}
