//! `etherpad` as written: where incidents are mirrored to pads.

use super::written::{BasicAuthWritten, SecretWritten};
use domain::policy::pads::{From, Readers};
use serde::Deserialize;
use std::path::PathBuf;

/// An Etherpad server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EtherpadWritten {
    /// Where it is.
    pub url: String,
    /// What names of pads begin with.
    #[serde(default)]
    pub prefix: Option<String>,
    /// From when on an incident has a pad.
    #[serde(default)]
    pub from: From,
    /// Who may read pads.
    #[serde(default)]
    pub readers: Readers,
    /// The key of its API.
    #[serde(default)]
    pub api_key: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub api_key_file: Option<PathBuf>,
    /// A client of its single sign-on.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub client_secret: Option<SecretWritten>,
    /// A file with it.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// User and password, where something before it wants them.
    #[serde(default)]
    pub basic_auth: Option<BasicAuthWritten>,
    /// Whose certificates are believed, in the place of the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}
