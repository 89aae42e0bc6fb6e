//! What a newcomer reads first: where things are, what to put into alertmanager.yml, how to try it.

use super::flags::{Serve, host_name, reachable};
use crate::cli::client::DEFAULT_SOCKET;
use crate::store::Held;
use domain::text::counted;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

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
    /// Whether nothing is sent, after a restore.
    pub held: Option<&'a Held>,
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
No token exists yet: only this machine is served, and everyone on it may do everything. To let others in, make a token
(earlybell token new --role ingest --name default), then start with --web.listen-address=:9797";

const TOKENS: &str =
    "Access over the network needs a token (earlybell token new); this user on this machine needs none.";

impl Banner<'_> {
    /// As text.
    pub fn text(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let config = self.config.map_or("built-in default".to_owned(), |file| file.display().to_string());
        let data = self.flags.storage_path.display();
        let page = self.flags.external_url(self.addresses);
        let page = page.trim_end_matches('/');
        let program = program();
        let access = if self.access == Access::Open { OPEN } else { TOKENS };
        let server = self.server();
        let ready = [
            format!("Earlybell {version} is ready. Configuration: {config}; data: {data}; stop with Ctrl-C."),
            access.to_owned(),
            self.alertmanager(),
            format!(
                "The page:          {page}/\n\
                 Send a test alert: {program} alert add alertname=SiteDown severity=critical{server}\n\
                 See what happened: {program} incident list{server}"
            ),
        ];
        ready.into_iter().chain(self.held.map(|held| self.held(held))).collect::<Vec<_>>().join("\n\n")
    }

    fn held(&self, held: &Held) -> String {
        format!(
            "NOTHING IS SENT. This store was restored from a backup of {} UTC.\n\
             Alerts are taken and decided; {} held. When you have looked at what is open:\n  \
             {} deliveries release{}",
            held.backup_at.format("%Y-%m-%d %H:%M"),
            counted(held.before + held.since, "notice"),
            program(),
            self.server()
        )
    }

    fn alertmanager(&self) -> String {
        let address = self.addresses.first().map(|address| reachable(address, &host_name()));
        let address = address.unwrap_or_default();
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

// How this program was started (`cargo run` starts target/release/earlybell), unless the shell finds it by its name.
fn program() -> String {
    let name = || "earlybell".to_owned();
    let Some(started) = std::env::args_os().next().map(PathBuf::from) else { return name() };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let by_name = std::env::split_paths(&path).any(|folder| folder.join("earlybell") == started);
    if by_name { name() } else { started.display().to_string() }
}
