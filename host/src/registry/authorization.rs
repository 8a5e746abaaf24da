//! A registry's challenge → what it asks for, and what a request says of who asks.
//!
//! Source: "Token Authentication Specification" of the `distribution` project; RFC 9110, "HTTP Authentication".

use oci_client::secrets::RegistryAuth;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// How a request says who asks.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Authorization {
    /// A token.
    Bearer(String),
    /// User and password.
    Basic(String, String),
}

impl Authorization {
    /// The credentials themselves, where there are any.
    pub(super) fn given(auth: &RegistryAuth) -> Option<Self> {
        match auth {
            RegistryAuth::Anonymous => None,
            RegistryAuth::Basic(user, password) => Some(Self::Basic(user.clone(), password.clone())),
            RegistryAuth::Bearer(token) => Some(Self::Bearer(token.clone())),
        }
    }
}

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token, which `realm` gives.
    Token { realm: String, service: Option<String>, scope: Option<String> },
    /// User and password.
    Password,
}

impl Challenge {
    /// The one of an answer: a token rather than a password. `None` where it is of another kind, or cannot be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let all: Vec<_> = texts.filter_map(|text| http_auth::parse_challenges(text).ok()).flatten().collect();
        let of = |scheme: &str| all.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case(scheme));
        let Some(challenge) = of("Bearer") else { return of("Basic").map(|_| Self::Password) };
        let parameter = |name: &str| {
            let found = challenge.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.to_unescaped())
        };
        Some(Self::Token { realm: parameter("realm")?, service: parameter("service"), scope: parameter("scope") })
    }

    /// The same for any scope.
    pub(super) fn without_scope(self) -> Self {
        match self {
            Self::Token { realm, service, .. } => Self::Token { realm, service, scope: None },
            Self::Password => Self::Password,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn a_token_is_asked_for_rather_than_a_password() {
        let token = |service: Option<&str>, scope: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            Some(Challenge::Token { realm: "https://t/x".to_owned(), service: own(service), scope: own(scope) })
        };
        assert_eq!(of(&[r#"Basic realm="x""#, r#"bearer Realm="https://t/x",service="a b""#]), token(Some("a b"), None));
        let both = of(&[r#"Basic realm="x", Bearer realm="https://t/x",scope="repository:app:pull,push""#]);
        assert_eq!(both, token(None, Some("repository:app:pull,push")));
        assert_eq!(both.map(Challenge::without_scope), token(None, None));
        assert_eq!(of(&[r#"BASIC realm="x""#]), Some(Challenge::Password));
        for none in [&[][..], &["Negotiate"], &[r#"Bearer realm=""#], &[r#"Bearer service="x""#]] {
            assert_eq!(of(none), None, "{none:?}");
        }
    }
}
