//! The section `access` as written.

use super::written::SecretWritten;
use domain::access::Role;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How people are known.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessWritten {
    /// Logins of ours.
    pub local: Option<LocalWritten>,
    /// Who vouches for people.
    pub oidc: Option<OidcWritten>,
    /// A proxy that has asked them already.
    pub proxy: Option<ProxyWritten>,
    /// What people may do in a chat.
    pub chat: Option<ChatWritten>,
}

/// What people may do by what they type in a chat.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatWritten {
    /// By name of a person or a squad.
    #[serde(default)]
    pub roles: BTreeMap<String, RoleWritten>,
    /// Everybody else whose account is known.
    #[serde(default)]
    pub default_role: Option<RoleWritten>,
}

/// Logins of ours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalWritten {
    /// Whether they are let in.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// An OpenID Connect provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcWritten {
    /// As it calls itself.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// How we show that it is us.
    #[serde(default)]
    pub client_secret: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for, beside `openid`.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// Where it says what somebody is called.
    #[serde(default)]
    pub name_claim: Option<String>,
    /// Where it says which groups they are in.
    #[serde(default)]
    pub groups_claim: Option<String>,
    /// Ways of logging in there that are strong enough.
    #[serde(default)]
    pub acr: Vec<String>,
    /// What groups may do.
    #[serde(default)]
    pub roles: BTreeMap<String, RoleWritten>,
    /// What everybody else may do.
    #[serde(default)]
    pub default_role: Option<RoleWritten>,
}

/// A proxy that says who asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyWritten {
    /// The header in which it does.
    pub header: String,
    /// Where it connects from.
    pub trusted: Vec<String>,
    /// The header with their groups.
    #[serde(default)]
    pub groups_header: Option<String>,
    /// What groups may do.
    #[serde(default)]
    pub roles: BTreeMap<String, RoleWritten>,
    /// What everybody else may do.
    #[serde(default)]
    pub default_role: Option<RoleWritten>,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleWritten {
    /// Read.
    Viewer,
    /// And act.
    Responder,
    /// And decide.
    Manager,
    /// And say who may.
    Admin,
}

impl From<RoleWritten> for Role {
    fn from(written: RoleWritten) -> Self {
        match written {
            RoleWritten::Viewer => Self::Viewer,
            RoleWritten::Responder => Self::Responder,
            RoleWritten::Manager => Self::Manager,
            RoleWritten::Admin => Self::Admin,
        }
    }
}

fn yes() -> bool {
    true
}
