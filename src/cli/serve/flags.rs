//! The flags of `earlybell serve`, spelled as Prometheus and Alertmanager spell theirs.

use clap::{Args, ValueEnum};
use domain::duration::Duration;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Takes alerts, declares incidents, tells people
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Needs no configuration: without --config.file and without ./earlybell.yml, the built-in default
declares a suspected incident for any alert with severity critical or page, and tells this terminal.

Examples:
  earlybell serve
  earlybell serve --config.file=/etc/earlybell/earlybell.yml --storage.path=/var/lib/earlybell \\
      --web.listen-address=:9797 --web.external-url=https://earlybell.example.com

Reload the configuration with SIGHUP or `POST /-/reload`; stop with SIGTERM or SIGINT.")]
pub struct Serve {
    /// Configuration file [default: ./earlybell.yml, or the built-in one]
    #[arg(long = "config.file", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// Folder for the databases and the socket of the command line
    #[arg(long = "storage.path", value_name = "FOLDER", default_value = "./data")]
    pub storage_path: PathBuf,
    /// How long messages and refused requests are kept as they came
    #[arg(long = "data.retention", value_name = "DURATION", default_value = "30d", value_parser = retention)]
    pub retention: Duration,
    /// How long closed incidents are kept [default: until somebody deletes them]
    #[arg(long = "data.incident-retention", value_name = "AGE", value_parser = incident_retention)]
    pub incident_retention: Option<Duration>,
    /// Address to listen on; may be repeated; `:9797` is every interface
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:9797", value_parser = address)]
    pub listen: Vec<SocketAddr>,
    /// Where people find the pages; links in notices begin with it [default: the first address listened on]
    #[arg(long = "web.external-url", value_name = "URL")]
    pub external_url: Option<String>,
    /// Largest request with alerts
    #[arg(long = "web.max-body", value_name = "BYTES", default_value = "16MiB", value_parser = bytes)]
    pub max_body: usize,
    /// Least important lines that are logged
    #[arg(long = "log.level", value_name = "LEVEL", default_value = "info", value_parser = LEVELS)]
    pub log_level: String,
    /// How lines are logged, on standard error
    #[arg(long = "log.format", value_name = "FORMAT", value_enum, default_value = "logfmt")]
    pub log_format: LogFormat,
}

/// How lines are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    // `level=info incident=INC-1 message="declared …"`
    Logfmt,
    // One JSON object a line.
    Json,
}

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// Below this, the engine would forget what it still decides by.
const RETENTION_MIN: Duration = Duration::hours(24);

/// The same for incidents: for a week they may be reopened.
const INCIDENT_RETENTION_MIN: Duration = Duration::hours(8 * 24);

impl Serve {
    /// Where the command line of this machine connects to.
    pub fn socket(&self) -> PathBuf {
        socket_in(&self.storage_path)
    }

    /// Where people find the pages of a server that listens on these addresses.
    pub fn external_url(&self, addresses: &[SocketAddr]) -> String {
        let first = || addresses.first().map(|address| format!("http://{}", reachable(address, &host_name())));
        // Without an address there is no server.
        self.external_url.clone().or_else(first).unwrap_or_default()
    }
}

/// An address to connect to: `0.0.0.0` is where we listen, not where anybody can connect to.
pub fn reachable(address: &SocketAddr, host_name: &str) -> String {
    if address.ip().is_unspecified() { format!("{host_name}:{}", address.port()) } else { address.to_string() }
}

/// What this machine calls itself.
pub fn host_name() -> String {
    // A hardened service sees no /proc/sys.
    let read = |file| std::fs::read_to_string(file).ok().map(|name| name.trim().to_owned());
    let names = ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().filter_map(read);
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// Where the command line of this machine connects to.
pub fn socket_in(storage: &Path) -> PathBuf {
    storage.join("earlybell.sock")
}

fn retention(text: &str) -> Result<Duration, String> {
    let retention = Duration::parse(text).map_err(|error| error.to_string())?;
    if retention < RETENTION_MIN { Err(format!("at least {RETENTION_MIN}")) } else { Ok(retention) }
}

fn incident_retention(text: &str) -> Result<Duration, String> {
    let retention = Duration::parse(text).map_err(|error| error.to_string())?;
    if retention < INCIDENT_RETENTION_MIN { Err(format!("at least {INCIDENT_RETENTION_MIN}")) } else { Ok(retention) }
}

// `:9797` is every interface, as with Prometheus; `localhost` is IPv4, where Alertmanager looks first.
fn address(text: &str) -> Result<SocketAddr, String> {
    let full = match text.rsplit_once(':') {
        Some(("", port)) => format!("0.0.0.0:{port}"),
        Some(("localhost", port)) => format!("127.0.0.1:{port}"),
        _ => text.to_owned(),
    };
    full.parse().map_err(|_| "write ADDRESS:PORT, for example 127.0.0.1:9797, [::1]:9797 or :9797".to_owned())
}

fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || "write a number of bytes, or for example 16MiB".to_owned();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit: usize = match unit {
        "" | "B" => 1,
        "KiB" | "KB" | "K" => 1024,
        "MiB" | "MB" | "M" => 1024 * 1024,
        "GiB" | "GB" | "G" => 1024 * 1024 * 1024,
        _ => return Err(wrong()),
    };
    let bytes = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
    if bytes == 0 { Err(wrong()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{address, bytes, incident_retention, reachable, retention};

    #[test]
    fn links_begin_with_what_can_be_connected_to() {
        let link = |listen| reachable(&address(listen).unwrap(), "bell");
        assert_eq!(
            [":9700", "[::]:1", "127.0.0.1:9700", "[::1]:2"].map(link),
            ["bell:9700", "bell:1", "127.0.0.1:9700", "[::1]:2"]
        );
    }

    #[test]
    fn addresses_are_read_as_prometheus_reads_them() {
        let read = |text| address(text).map(|address| address.to_string());
        assert_eq!(read(":9797").unwrap(), "0.0.0.0:9797");
        assert_eq!(read("localhost:1").unwrap(), "127.0.0.1:1");
        assert_eq!(read("[::1]:9797").unwrap(), "[::1]:9797");
        assert!(read("9797").is_err() && read("example.com:1").is_err() && read(":x").is_err());
    }

    #[test]
    fn sizes_and_times_have_bounds() {
        assert_eq!((bytes("16MiB"), bytes("1000")), (Ok(16 * 1024 * 1024), Ok(1000)));
        assert!(bytes("0").is_err() && bytes("5 apples").is_err() && bytes("99999999999GiB").is_err());
        assert!(incident_retention("400d").is_ok() && incident_retention("7d").is_err());
        assert!(retention("30d").is_ok() && retention("1h").is_err() && retention("soon").is_err());
    }
}
