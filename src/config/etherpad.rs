//! An Etherpad server, checked.

use super::{HttpAuth, Secret, Sent};
use std::path::PathBuf;

/// Where pads are, and how we get in beyond what every visitor may.
#[derive(Debug, Clone)]
pub struct EtherpadConfig {
    /// Where the server is, without a slash at its end.
    pub url: String,
    /// What opens its API; pads are written without it.
    pub api: Option<ApiAccess>,
    /// How we get past what stands before it.
    pub auth: Option<HttpAuth>,
    /// Whose certificates are believed, in the place of the system's.
    pub ca_file: Option<PathBuf>,
}

/// What opens the API of an Etherpad.
#[derive(Debug, Clone)]
pub enum ApiAccess {
    /// The key in its APIKEY.txt.
    Key(Secret),
    /// A client of its single sign-on (`authenticationMethod: sso`).
    Client {
        /// Its name.
        id: String,
        /// Its secret.
        secret: Secret,
    },
}

impl ApiAccess {
    /// What the server gets to know.
    pub fn sent(&self) -> Sent {
        match self {
            Self::Key(key) => Sent::new([key.expose()]),
            Self::Client { secret, .. } => Sent::new([secret.expose()]),
        }
    }
}
