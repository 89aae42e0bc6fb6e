//! The configured SMTP server, checked: where it is, how to say hello, how TLS is used, who we are.

use crate::channels::{http_client, roots};
use crate::config::{EmailConfig, SmtpTls};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// An SMTP server and how to talk to it.
pub struct Server {
    /// Name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What EHLO says.
    pub hello: ClientId,
    /// How TLS is used.
    pub security: Security,
    /// Who we are.
    pub credentials: Option<Credentials>,
}

/// How TLS is used, with what it needs.
pub enum Security {
    /// STARTTLS or nothing is sent.
    StartTls(TlsParameters),
    /// From the first byte.
    Implicit(TlsConnector, ServerName<'static>),
    /// None.
    Plain,
}

impl Server {
    /// Checks the configuration; connects nowhere.
    pub fn new(config: &EmailConfig) -> Result<Self, String> {
        let (host, port) = host_and_port(&config.smarthost)?;
        let security = security(config, &host)?;
        let credentials =
            config.auth.as_ref().map(|(user, password)| Credentials::new(user.clone(), password.expose().to_owned()));
        let has_password = credentials.is_some() || config.approved.is_some();
        if has_password && matches!(security, Security::Plain) && !is_this_machine(&host) {
            return Err(
                "a password without TLS would be sent for everyone to read; use STARTTLS or implicit TLS".into()
            );
        }
        Ok(Self { hello: hello(config.hello.as_deref())?, host, port, security, credentials })
    }
}

fn host_and_port(smarthost: &str) -> Result<(String, u16), String> {
    let wrong = || format!("smarthost `{smarthost}` is not host:port, like mail.example.org:587");
    let (host, port) = smarthost.rsplit_once(':').ok_or_else(wrong)?;
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host = bare.unwrap_or(host);
    let is_host = ServerName::try_from(host).is_ok() && (bare.is_some() == host.contains(':'));
    match port.parse() {
        Ok(port) if port > 0 && is_host => Ok((host.to_owned(), port)),
        _ => Err(wrong()),
    }
}

fn hello(configured: Option<&str>) -> Result<ClientId, String> {
    let Some(name) = configured else { return Ok(ClientId::default()) };
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(ClientId::Domain(name.to_owned()));
    }
    Err(format!("hello `{}` is not a host name", name.escape_debug()))
}

fn security(config: &EmailConfig, host: &str) -> Result<Security, String> {
    match config.tls {
        SmtpTls::None => Ok(Security::Plain),
        SmtpTls::StartTls => {
            let mut parameters = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
            for root in roots::load(config.ca_file.as_deref())? {
                let root = Certificate::from_der(root.to_vec()).map_err(|error| error.to_string())?;
                parameters = parameters.add_root_certificate(root);
            }
            http_client::install_crypto();
            Ok(Security::StartTls(parameters.build().map_err(|error| error.to_string())?))
        }
        SmtpTls::Implicit => {
            let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
            let tls = client_config(roots::load(config.ca_file.as_deref())?)?;
            Ok(Security::Implicit(TlsConnector::from(Arc::new(tls)), name))
        }
    }
}

fn client_config(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, String> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(ring);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn config(smarthost: &str) -> EmailConfig {
        EmailConfig {
            smarthost: smarthost.into(),
            from: "a@example.test".into(),
            envelope_from: None,
            archive: None,
            approved: None,
            to: vec!["b@example.test".into()],
            hello: None,
            auth: None,
            tls: SmtpTls::None,
            ca_file: None,
        }
    }

    #[test]
    fn a_smarthost_is_a_host_and_a_port() {
        for (smarthost, host, port) in [
            ("mail.example.org:587", "mail.example.org", 587),
            ("127.0.0.1:25", "127.0.0.1", 25),
            ("[::1]:25", "::1", 25),
        ] {
            let server = Server::new(&config(smarthost)).ok().unwrap();
            assert_eq!((server.host.as_str(), server.port), (host, port));
        }
        for smarthost in
            ["", "mail.example.org", ":25", "mail:0", "mail:66000", "::1:25", "[mail]:25", "a b:25", "a\r\n:25"]
        {
            let expected = format!("smarthost `{smarthost}` is not host:port, like mail.example.org:587");
            assert_eq!(Server::new(&config(smarthost)).err(), Some(expected));
        }
    }

    #[test]
    fn a_password_travels_encrypted_or_stays_on_this_machine() {
        let with_password = |smarthost| EmailConfig { auth: Some(("u".into(), Secret::new("p"))), ..config(smarthost) };
        assert!(Server::new(&with_password("127.0.0.1:25")).is_ok());
        let approved = EmailConfig { approved: Some(Secret::new("p")), ..config("mail.example.org:25") };
        assert!(Server::new(&approved).is_err());
        assert_eq!(
            Server::new(&with_password("mail.example.org:25")).err().unwrap(),
            "a password without TLS would be sent for everyone to read; use STARTTLS or implicit TLS"
        );
    }

    #[test]
    fn a_ca_file_must_hold_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let load = || {
            let private = EmailConfig { ca_file: Some(path.clone()), tls: SmtpTls::StartTls, ..config("mail:587") };
            Server::new(&private).err().unwrap().replace(&path.display().to_string(), "CA")
        };
        assert!(load().starts_with("ca_file CA: "), "{}", load());
        std::fs::write(&path, "nothing").unwrap();
        assert_eq!(load(), "ca_file CA: holds no certificate");
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert_eq!(load(), "ca_file CA: holds a certificate that can't be read");
    }

    #[test]
    fn hello_is_one_word() {
        let says = |hello: &str| Server::new(&EmailConfig { hello: Some(hello.into()), ..config("mail:25") }).err();
        assert_eq!(says("earlybell.example.org"), None);
        assert_eq!(says("a\r\nMAIL FROM:<x>"), Some("hello `a\\r\\nMAIL FROM:<x>` is not a host name".into()));
    }
}
