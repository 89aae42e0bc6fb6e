//! A server that misbehaves in one way, for protocols in which we speak first (HTTP) and in which it does (SMTP, IRC).

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Refused,
    NoSuchName,
    Expired,
    WrongHost,
    Silent,
    Drip,
    CutInTheMiddle,
    CutAtTheEnd,
    Garbage,
    Huge,
    Status(u16),
}

impl Fault {
    pub const OF_ALL: [Self; 10] = [
        Self::Refused,
        Self::NoSuchName,
        Self::Expired,
        Self::WrongHost,
        Self::Silent,
        Self::Drip,
        Self::CutInTheMiddle,
        Self::CutAtTheEnd,
        Self::Garbage,
        Self::Huge,
    ];

    pub fn words(self) -> String {
        match self {
            Self::Refused => "nobody listens".to_owned(),
            Self::NoSuchName => "the name is gone from the DNS".to_owned(),
            Self::Expired => "its certificate has expired".to_owned(),
            Self::WrongHost => "its certificate is somebody else's".to_owned(),
            Self::Silent => "takes the connection, and says nothing".to_owned(),
            Self::Drip => "answers a byte at a time, without end".to_owned(),
            Self::CutInTheMiddle => "cuts in the middle of our words".to_owned(),
            Self::CutAtTheEnd => "takes all, and cuts before it answers".to_owned(),
            Self::Garbage => "answers in noise".to_owned(),
            Self::Huge => "answers without end".to_owned(),
            Self::Status(status) => format!("answers {status}"),
        }
    }

    fn speaks_tls(self) -> bool {
        matches!(self, Self::Expired | Self::WrongHost)
    }
}

/// Where the certificates lie.
pub fn tls(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// Whether the server speaks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Smtp,
    Irc,
}

/// A server, for as long as this stands. `host:port`.
pub struct Server {
    pub authority: String,
    _task: Option<tokio::task::JoinSet<()>>,
}

impl Server {
    pub async fn start(protocol: Protocol, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        match fault {
            // Its port was free, and nobody else takes it within this test.
            Fault::Refused => return Self { authority: address.to_string(), _task: None },
            Fault::NoSuchName => return Self { authority: format!("gone.invalid:{}", address.port()), _task: None },
            _ => {}
        }
        let mut task = tokio::task::JoinSet::new();
        task.spawn(serve(listener, protocol, fault));
        // By name: that is what certificates are for.
        Self { authority: format!("localhost:{}", address.port()), _task: Some(task) }
    }
}

async fn serve(listener: TcpListener, protocol: Protocol, fault: Fault) {
    let acceptor = fault.speaks_tls().then(|| acceptor(fault));
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((socket, _)) = listener.accept().await else { return };
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            match acceptor {
                // Whoever comes does not get further than this.
                Some(acceptor) => drop(acceptor.accept(socket).await),
                None => misbehave(socket, protocol, fault).await,
            }
        });
    }
}

fn acceptor(fault: Fault) -> TlsAcceptor {
    let name = if fault == Fault::Expired { "expired" } else { "elsewhere" };
    let chain = vec![CertificateDer::from_pem_file(tls(&format!("{name}.pem"))).unwrap()];
    let key = PrivateKeyDer::from_pem_file(tls(&format!("{name}.key"))).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn misbehave(mut socket: TcpStream, protocol: Protocol, fault: Fault) {
    let reset = match protocol {
        Protocol::Http => over_http(&mut socket, fault).await,
        Protocol::Smtp => over_smtp(&mut socket, fault).await,
        Protocol::Irc => over_irc(&mut socket, fault).await,
    };
    if reset {
        // A reset, not an end: what was sent may be lost on the way.
        let _ = socket.set_zero_linger();
    }
}

async fn over_http(socket: &mut TcpStream, fault: Fault) -> bool {
    match fault {
        Fault::CutInTheMiddle => {
            let _ = socket.read(&mut [0; 16]).await;
            return true;
        }
        Fault::CutAtTheEnd => {
            request(socket).await;
            return true;
        }
        Fault::Status(status) => {
            request(socket).await;
            let wait = if status == 429 { "Retry-After: 7\r\n" } else { "" };
            let head = format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n{wait}Connection: close\r\n\r\nno");
            let _ = socket.write_all(head.as_bytes()).await;
        }
        fault => {
            request(socket).await;
            noise(socket, fault, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n").await;
        }
    }
    false
}

// Reads a whole request.
async fn request(socket: &mut TcpStream) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return;
            }
        }
        match socket.read(&mut buffer).await {
            Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
}

async fn over_smtp(socket: &mut TcpStream, fault: Fault) -> bool {
    let refused = match fault {
        Fault::CutInTheMiddle | Fault::CutAtTheEnd => None,
        Fault::Status(status) => Some(status),
        fault => {
            noise(socket, fault, b"220 ").await;
            return false;
        }
    };
    let _ = socket.write_all(b"220 here\r\n").await;
    let mut told = String::new();
    let mut in_data = false;
    while let Some(line) = line(socket).await {
        let answer = match (in_data, line.as_str()) {
            (true, ".") if fault == Fault::CutAtTheEnd => return true,
            (true, _) if fault == Fault::CutInTheMiddle => return true,
            (true, _) => continue,
            (_, line) if line.starts_with("RCPT") && refused.is_some() => {
                told.clear();
                format!("{} no", refused.unwrap())
            }
            (_, line) if line.starts_with("DATA") => {
                in_data = true;
                "354 go on".to_owned()
            }
            _ => "250 well".to_owned(),
        };
        let _ = socket.write_all(format!("{answer}\r\n").as_bytes()).await;
    }
    false
}

async fn over_irc(socket: &mut TcpStream, fault: Fault) -> bool {
    if !matches!(fault, Fault::CutInTheMiddle | Fault::CutAtTheEnd | Fault::Status(_)) {
        noise(socket, fault, b":here NOTICE * :").await;
        return false;
    }
    while let Some(line) = line(socket).await {
        let mut words = line.split(' ');
        let answer = match (words.next().unwrap_or_default(), fault) {
            ("NICK", _) => ":here 001 bell :Welcome\r\n:here 422 bell :No MOTD\r\n".to_owned(),
            ("CAP", _) if line.contains("LS") => ":here CAP * LS :\r\n".to_owned(),
            ("JOIN", _) => {
                let channel = words.next().unwrap_or_default();
                format!(
                    ":bell!b@h JOIN {channel}\r\n:here 353 bell = {channel} :bell\r\n:here 366 bell {channel} :End\r\n"
                )
            }
            ("NOTICE" | "PRIVMSG", Fault::CutInTheMiddle) => return true,
            ("NOTICE" | "PRIVMSG", Fault::Status(number)) => {
                let channel = words.next().unwrap_or_default();
                format!(":here {number} bell {channel} :no\r\n")
            }
            // The question that proves that our words were taken.
            ("PING", Fault::CutAtTheEnd) if line.len() > 5 => return true,
            ("PING", _) => format!(":here PONG here :{}\r\n", words.next().unwrap_or_default().trim_start_matches(':')),
            _ => continue,
        };
        let _ = socket.write_all(answer.as_bytes()).await;
    }
    false
}

async fn line(socket: &mut TcpStream) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match socket.read_u8().await {
            Ok(b'\n') => break,
            Ok(byte) => line.push(byte),
            Err(_) => return None,
        }
    }
    Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned())
}

// Says nothing, or too slowly, or nonsense, or too much, until the other side has enough of it.
async fn noise<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S, fault: Fault, begin: &[u8]) {
    match fault {
        Fault::Drip => {
            for byte in begin.iter().chain(std::iter::repeat(&b'x')) {
                if socket.write_all(&[*byte]).await.is_err() {
                    return;
                }
                // How slow it is, not what the test waits for.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Fault::Garbage => {
            let _ = socket.write_all(b"\0\xff\x16\x03\x01 \r\n\r\n{<\"\r\n\r\n").await;
        }
        Fault::Huge => {
            let _ = socket.write_all(begin).await;
            while socket.write_all(&[b'x'; 65_536]).await.is_ok() {}
        }
        _ => {}
    }
    // Until it hangs up.
    let mut buffer = [0; 1024];
    while matches!(socket.read(&mut buffer).await, Ok(read) if read > 0) {}
}
