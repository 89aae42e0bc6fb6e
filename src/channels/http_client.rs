//! The HTTP client for Slack and Alertmanager: no redirects, the system's root certificates, deadlines everywhere.

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
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
        let roots = roots.iter().map(|root| reqwest::Certificate::from_der(root)).collect::<Result<Vec<_>, _>>()?;
        builder().tls_certs_only(roots).build()
    })
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
