//! A webhook as written: where it is, and what it is signed with.

use super::written::{AuthorizationWritten, BasicAuthWritten, SecretWritten};
use serde::Deserialize;
use std::path::PathBuf;

/// A program that is sent JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookWritten {
    /// Where it is.
    #[serde(default)]
    pub url: Option<SecretWritten>,
    /// A file with the address.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
    /// What notices are signed with.
    #[serde(default)]
    pub secret: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// What they were signed with before, and still are.
    #[serde(default)]
    pub old_secret: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub old_secret_file: Option<PathBuf>,
    /// Bearer token, as Prometheus writes it.
    #[serde(default)]
    pub authorization: Option<AuthorizationWritten>,
    /// User and password, as Prometheus writes them.
    #[serde(default)]
    pub basic_auth: Option<BasicAuthWritten>,
}
