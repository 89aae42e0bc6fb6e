//! What a newcomer reads first: where things are, what to put into alertmanager.yml, how to try it.

use super::flags::Serve;
use crate::cli::client::DEFAULT_SOCKET;
use std::net::SocketAddr;
use std::path::Path;

/// What there is to say.
pub struct Banner<'a> {
    /// The flags.
    pub flags: &'a Serve,
    /// Addresses that are listened on.
    pub addresses: &'a [SocketAddr],
    /// The configuration file, if it is not the built-in one.
    pub config: Option<&'a Path>,
    /// Whether nobody has made a token.
    pub access: Access,
}

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody on this machine: there is no token.
    Open,
    /// Owners of tokens.
    Tokens,
}

const OPEN: &str = "\
No token was made yet, so this machine only is served, and everybody on it may do everything. To open it to others:
  earlybell token new --role ingest --name default     then start with --web.listen-address=:9797";

const TOKENS: &str =
    "Access over the network needs a token (earlybell token new); this user on this machine needs none.";

impl Banner<'_> {
    /// As text.
    pub fn text(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let config = self.config.map_or("built-in default".to_owned(), |file| file.display().to_string());
        let data = self.flags.storage_path.display();
        let page = self.flags.external_url.trim_end_matches('/');
        let access = if self.access == Access::Open { OPEN } else { TOKENS };
        let server = self.server();
        [
            format!("Earlybell {version} is ready. Configuration: {config}; data: {data}; stop with Ctrl-C."),
            access.to_owned(),
            self.alertmanager(),
            format!(
                "The page:          {page}/\n\
                 Send a test alert: earlybell alert add alertname=SiteDown severity=critical{server}\n\
                 See what happened: earlybell incident list{server}"
            ),
        ]
        .join("\n\n")
    }

    fn alertmanager(&self) -> String {
        let address = self.addresses.first().map_or_else(|| "127.0.0.1:9797".to_owned(), reachable);
        let mut lines = vec![
            "In alertmanager.yml (with `receiver: earlybell` in its route):".to_owned(),
            "  receivers:".to_owned(),
            "    - name: earlybell".to_owned(),
            "      webhook_configs:".to_owned(),
            format!("        - url: http://{address}/api/v1/alertmanager"),
            "          send_resolved: true".to_owned(),
        ];
        if self.access == Access::Tokens {
            lines.push("          http_config: { authorization: { credentials_file: earlybell.token } }".to_owned());
        }
        lines.join("\n")
    }

    // The command line looks for the socket where a server without flags puts it.
    fn server(&self) -> String {
        let socket = self.flags.socket();
        if socket == Path::new(DEFAULT_SOCKET) { String::new() } else { format!(" --server {}", socket.display()) }
    }
}

// `0.0.0.0` is where we listen, not where anybody can connect to.
fn reachable(address: &SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("THIS-HOST:{}", address.port()) } else { address.to_string() }
}
