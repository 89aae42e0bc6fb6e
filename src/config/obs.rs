//! An Open Build Service, checked: where its API is, how we get in, and what its users see.

use super::Secret;
use domain::policy::status_messages::StatusMessages;
use std::path::PathBuf;

/// An Open Build Service that shows status messages.
#[derive(Debug, Clone)]
pub struct ObsConfig {
    /// Where its API is, without a slash at its end.
    pub api_url: String,
    /// Who we are.
    pub username: String,
    /// How we prove it.
    pub proof: ObsProof,
    /// Whose certificates are believed, in the place of the system's.
    pub ca_file: Option<PathBuf>,
    /// What its users see.
    pub messages: StatusMessages,
}

/// How we prove who we are.
#[derive(Debug, Clone)]
pub enum ObsProof {
    /// HTTP Basic.
    Password(Secret),
    /// A signature by this private key, as the login proxy of build.opensuse.org takes it.
    SshKey(PathBuf),
}
