//! The HTTP client for Slack and Alertmanager: no redirects, the system's root certificates, deadlines everywhere.

use super::roots;
use crate::config::HttpAuth;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use rustls::pki_types::CertificateDer;
use std::path::Path;
use std::time::Duration;

/// Until a connection stands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// For a whole request, where the caller does not say less.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// How long an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes a client. Keep it: its clones share their connections.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    install_crypto();
    builder().build().or_else(|_| {
        // A container without certificates: the client refuses to be built, so we bring the usual roots.
        believing(builder(), webpki_root_certs::TLS_SERVER_ROOT_CERTS)
    })
}

/// Makes a client that believes the certificates of this file alone, if there is one.
///
/// # Errors
/// The file can't be read, or holds no certificate.
pub fn trusting(ca_file: Option<&Path>) -> Result<reqwest::Client, String> {
    if ca_file.is_none() {
        return client().map_err(|error| error.to_string());
    }
    install_crypto();
    believing(builder(), &roots::load(ca_file)?).map_err(|error| error.to_string())
}

/// The same, and says with each request who we are: to what stands before a server, and not to the server itself.
///
/// # Errors
/// As above; or user and password can't be sent in a header.
pub fn entering(ca_file: Option<&Path>, auth: &HttpAuth) -> Result<reqwest::Client, String> {
    install_crypto();
    let said = match auth {
        HttpAuth::Bearer(secret) => format!("Bearer {}", secret.expose()),
        HttpAuth::Basic(user, password) => {
            format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose())))
        }
    };
    let mut value = HeaderValue::from_str(&said).map_err(|_| "the password can't be sent in a header".to_owned())?;
    value.set_sensitive(true);
    let builder = builder().default_headers([(AUTHORIZATION, value)].into_iter().collect());
    believing(builder, &roots::load(ca_file)?).map_err(|error| error.to_string())
}

fn believing(
    builder: reqwest::ClientBuilder,
    roots: &[CertificateDer<'static>],
) -> Result<reqwest::Client, reqwest::Error> {
    let roots = roots.iter().map(|root| reqwest::Certificate::from_der(root)).collect::<Result<Vec<_>, _>>()?;
    builder.tls_certs_only(roots).build()
}

/// Says that TLS is done by ring, once; whoever says it again changes nothing.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        // A redirect would carry the token, or an alert, to somebody who was not configured.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .user_agent(concat!("earlybell/", env!("CARGO_PKG_VERSION")))
}
