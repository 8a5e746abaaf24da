//! The scope of a check set, less the scopes of those before it → scopes of rules, of which at most one holds.

use serde_json::Value;

use crate::Refusal;
use crate::draft::Draft;
use crate::pattern::entry;
use crate::source::At;

/// Which pods a check set has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pods {
    All,
    Namespace(String),
    Account(String, String),
    /// It cannot be said which: none of them is taken from the sets behind it.
    Unknown,
}

impl Pods {
    pub(super) fn read(set: &At<'_>, draft: &mut Draft) -> Result<Self, Box<Refusal>> {
        let Some(scope) = set.get("scope") else { return Ok(Self::All) };
        let known = ["kubernetesNamespace", "kubernetesServiceAccount"];
        draft.lose_others(&scope, &known)?;
        if !scope.others(&known)?.is_empty() {
            return Ok(Self::Unknown);
        }
        match (scope.get("kubernetesNamespace"), scope.get("kubernetesServiceAccount")) {
            (Some(namespace), None) => Ok(Self::Namespace(namespace.text()?.to_owned())),
            (None, Some(account)) => {
                let parts = account.text()?.split_once(':').filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
                let (namespace, name) = parts.ok_or_else(|| account.expected("`NAMESPACE:SERVICE_ACCOUNT`"))?;
                Ok(Self::Account(namespace.to_owned(), name.to_owned()))
            }
            (None, None) => Ok(Self::All),
            (Some(_), Some(_)) => Err(scope.expected("a namespace or a service account")),
        }
    }
}

/// The pods that are left by those before: scopes of which at most one holds; `None` where none is left.
pub(super) fn parts(pods: &Pods, earlier: &[&Pods]) -> Option<Vec<Vec<Value>>> {
    let accounts_of = |wanted: &str| -> Vec<&str> {
        let mut names = Vec::new();
        for pods in earlier {
            if let Pods::Account(namespace, name) = pods
                && namespace == wanted
            {
                names.push(name.as_str());
            }
        }
        names
    };
    let has_namespace =
        |wanted: &str| earlier.iter().any(|pods| matches!(pods, Pods::Namespace(namespace) if namespace == wanted));
    if earlier.contains(&&Pods::All) {
        return None;
    }
    match pods {
        Pods::Unknown => Some(vec![Vec::new()]),
        Pods::Account(namespace, name) if has_namespace(namespace) || accounts_of(namespace).contains(&name.as_str()) => None,
        Pods::Account(namespace, name) => {
            Some(vec![vec![entry("namespace", "equals", &[namespace]), entry("serviceAccount", "equals", &[name])]])
        }
        Pods::Namespace(namespace) if has_namespace(namespace) => None,
        Pods::Namespace(namespace) => Some(vec![rest_of(namespace, &accounts_of(namespace))]),
        Pods::All => {
            let mut namespaces: Vec<&str> = earlier
                .iter()
                .filter_map(|pods| match pods {
                    Pods::Namespace(namespace) | Pods::Account(namespace, _) => Some(namespace.as_str()),
                    Pods::All | Pods::Unknown => None,
                })
                .collect();
            namespaces.sort_unstable();
            namespaces.dedup();
            if namespaces.is_empty() {
                return Some(vec![Vec::new()]);
            }
            let mut parts = vec![vec![entry("namespace", "notEquals", &namespaces)]];
            let of_some = namespaces.iter().filter(|namespace| !has_namespace(namespace));
            parts.extend(of_some.map(|namespace| rest_of(namespace, &accounts_of(namespace))));
            Some(parts)
        }
    }
}

/// A namespace without some of its accounts.
fn rest_of(namespace: &str, accounts: &[&str]) -> Vec<Value> {
    let mut scope = vec![entry("namespace", "equals", &[namespace])];
    scope.extend((!accounts.is_empty()).then(|| entry("serviceAccount", "notEquals", accounts)));
    scope
}
