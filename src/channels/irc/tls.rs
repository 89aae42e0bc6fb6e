//! The socket of a connection: TCP, with TLS around it where it is configured.

use super::fault::{Fault, FaultKind};
use crate::channels::email::socket;
use crate::channels::{refused_certificate, roots};
use crate::config::{IrcLogin, IrcNetwork};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// Until a connection stands, and again until TLS does.
const CONNECT_WAIT: Duration = Duration::from_secs(15);

/// Bytes in and out.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// Connects.
pub async fn connect(network: &IrcNetwork) -> Result<Box<dyn Socket>, Fault> {
    let (host, port) = address(network).map_err(|problem| Fault::new(FaultKind::Setup, problem))?;
    // Read anew each time: certificates are renewed.
    let tls = client_config(network).map_err(|problem| Fault::new(FaultKind::Setup, problem))?;
    let unreached = |error: &std::io::Error| Fault::unreached(format!("connecting to {}: {error}", network.server));
    let socket = socket::connect(&host, port, CONNECT_WAIT).await.map_err(|error| unreached(&error))?;
    let Some(tls) = tls else { return Ok(Box::new(socket)) };
    let name = ServerName::try_from(host).map_err(|error| Fault::new(FaultKind::Setup, error.to_string()))?;
    let shaken = timeout(CONNECT_WAIT, TlsConnector::from(Arc::new(tls)).connect(name, socket)).await;
    let shaken = shaken.map_err(|_| Fault::unreached(format!("TLS with {}: no answer in time", network.server)))?;
    match shaken {
        Ok(socket) => Ok(Box::new(socket)),
        Err(error) => Err(match refused_certificate(&error) {
            Some(refused) => Fault::new(FaultKind::Setup, format!("TLS with {}: {refused}", network.server)),
            None => unreached(&error),
        }),
    }
}

/// Checks what of it can be checked without connecting.
pub fn check(network: &IrcNetwork) -> Result<(), String> {
    address(network)?;
    client_config(network).map(drop)
}

fn address(network: &IrcNetwork) -> Result<(String, u16), String> {
    let wrong = || format!("server `{}` is not host:port", network.server);
    let (host, port) = network.server.rsplit_once(':').ok_or_else(wrong)?;
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(host).map_err(|_| wrong())?;
    Ok((host.to_owned(), port.parse().map_err(|_| wrong())?))
}

fn client_config(network: &IrcNetwork) -> Result<Option<ClientConfig>, String> {
    if !network.tls {
        return Ok(None);
    }
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots::load(network.ca_file.as_deref())?);
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(ring);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let builder = builder.with_root_certificates(store);
    let IrcLogin::External { cert_file, key_file } = &network.login else {
        return Ok(Some(builder.with_no_client_auth()));
    };
    let of_cert = |error: String| format!("cert_file {}: {error}", cert_file.display());
    let chain = CertificateDer::pem_file_iter(cert_file)
        .and_then(|found| found.collect::<Result<Vec<_>, _>>())
        .map_err(|error| of_cert(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_file(key_file).map_err(|error| format!("key_file {}: {error}", key_file.display()))?;
    builder.with_client_auth_cert(chain, key).map(Some).map_err(|error| of_cert(error.to_string()))
}
