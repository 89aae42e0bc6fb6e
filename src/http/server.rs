//! Listens, serves, stops.

use super::auth::Peer;
use super::cookie::Transport;
use super::routes;
use super::site::{Parts, Site};
use super::token::{NoRandomness, random_key};
use super::tokens::REFRESH_EVERY;
use crate::store::{Store, StoreError};
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::http::header::STRICT_TRANSPORT_SECURITY;
use actix_web::middleware::DefaultHeaders;
use actix_web::rt::net::UnixStream;
use actix_web::{App, HttpServer, web};
use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// How long a client may take to hang up.
const DISCONNECT_DEADLINE: Duration = Duration::from_secs(2);

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";

/// Who reached us by https once comes by https for a year.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// Why it can't serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No token exists, and other machines could connect.
    #[error(
        "{0} can be reached from other machines, and there is no token yet: make one with \
         `earlybell token new --role ingest --name default`, then start again"
    )]
    Unprotected(SocketAddr),
    /// An address is taken or forbidden.
    #[error("can't listen on {0}: {1}")]
    Listen(String, io::Error),
    /// Tokens can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing could be signed.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

/// A server that runs.
pub struct Running {
    /// Where it listens, with the port it was given.
    pub addresses: Vec<SocketAddr>,
    /// What its handlers reach.
    pub site: web::Data<Site>,
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
    refreshing: JoinHandle<()>,
    socket: Option<PathBuf>,
}

/// Addresses that are ours, though nobody can connect yet: what links begin with is known before anything is started.
pub struct Bound {
    /// With the ports that were given.
    pub addresses: Vec<SocketAddr>,
    sockets: Vec<TcpSocket>,
}

impl Bound {
    /// Takes these addresses.
    ///
    /// # Errors
    /// One of them is taken or forbidden.
    pub fn bind(wanted: &[SocketAddr]) -> Result<Self, ServeError> {
        let (mut addresses, mut sockets) = (Vec::new(), Vec::new());
        for address in wanted {
            let (socket, bound) = bind(*address).map_err(|error| ServeError::Listen(address.to_string(), error))?;
            addresses.push(bound);
            sockets.push(socket);
        }
        Ok(Self { addresses, sockets })
    }

    fn listen(self) -> Result<Vec<TcpListener>, ServeError> {
        let listen = |(socket, address): (TcpSocket, SocketAddr)| {
            let listener = socket.listen(BACKLOG.unsigned_abs()).and_then(tokio::net::TcpListener::into_std);
            listener.map_err(|error| ServeError::Listen(address.to_string(), error))
        };
        self.sockets.into_iter().zip(self.addresses).map(listen).collect()
    }
}

/// Begins to serve; returns when every address is listened on.
///
/// # Errors
/// An address can't be listened on, tokens can't be read, or it would be open to other machines.
pub async fn serve(parts: Parts, bound: Bound) -> Result<Running, ServeError> {
    let fresh = random_key()?;
    let key = parts.store.access().key("pages", fresh).await?;
    let site = web::Data::new(Site::new(parts, &key));
    site.tokens.refresh(site.parts.store.as_ref()).await?;
    site.logins.refresh(site.parts.store.as_ref()).await?;
    refuse_unprotected(site.parts.store.as_ref(), &site.parts.listen).await?;
    let addresses = bound.addresses.clone();
    let listeners = bound.listen()?;
    let socket = site.parts.socket.clone();
    let unix = socket.as_deref().map(listen_unix).transpose()?;
    let server =
        build(&site, listeners, unix).map_err(|error| ServeError::Listen("its addresses".to_owned(), error))?;
    let handle = server.handle();
    let serving = tokio::spawn(server);
    let refreshing = tokio::spawn(refresh(site.clone()));
    Ok(Running { addresses, site, handle, serving, refreshing, socket })
}

impl Running {
    /// Waits until it ends by itself, which it should not.
    pub async fn ended(&mut self) -> io::Result<()> {
        match (&mut self.serving).await {
            Ok(ended) => ended,
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// Takes no more connections, lets requests that run go on for a while, writes last uses of tokens.
    pub async fn stop(self) {
        self.handle.stop(true).await;
        self.refreshing.abort();
        let _ = self.refreshing.await;
        // One that has ended by itself was waited for in `ended`.
        if !self.serving.is_finished() {
            let _ = self.serving.await;
        }
        self.site.slack.stop().await;
        if let Some(path) = &self.socket {
            // The next start removes it too; a leftover file does no harm.
            let _ = std::fs::remove_file(path);
        }
        if let Err(error) = self.site.tokens.write_uses(self.site.parts.store.as_ref()).await {
            tracing::warn!("last uses of tokens were not written: {error}");
        }
    }
}

/// Refuses to be open to other machines while there is no token.
///
/// # Errors
/// It would be, or tokens can't be read.
pub async fn refuse_unprotected(store: &dyn Store, listen: &[SocketAddr]) -> Result<(), ServeError> {
    match listen.iter().find(|address| !address.ip().is_loopback()) {
        Some(address) if store.tokens().await?.is_empty() => Err(ServeError::Unprotected(*address)),
        _ => Ok(()),
    }
}

fn build(
    site: &web::Data<Site>,
    listeners: Vec<TcpListener>,
    unix: Option<(UnixListener, u32)>,
) -> io::Result<actix_web::dev::Server> {
    let shared = site.clone();
    let owner = unix.as_ref().map(|(_, owner)| *owner);
    let limits = site.parts.limits;
    let transport = Transport::of(&site.external_url());
    let mut server = HttpServer::new(move || {
        let site = shared.clone();
        App::new().app_data(site.clone()).wrap(headers(transport)).configure(|cfg| routes::configure(cfg, &site))
    })
    .workers(limits.workers)
    .max_connections(limits.connections_max)
    .keep_alive(limits.keep_alive)
    .client_request_timeout(limits.head_deadline)
    .client_disconnect_timeout(DISCONNECT_DEADLINE)
    .tcp_nodelay(true)
    .shutdown_timeout(limits.stop_seconds)
    .disable_signals()
    .on_connect(move |io: &dyn Any, data: &mut Extensions| {
        data.insert(peer(io, owner));
    });
    for listener in listeners {
        server = server.listen(listener)?;
    }
    if let Some((listener, _)) = unix {
        server = server.listen_uds(listener)?;
    }
    Ok(server.run())
}

fn headers(transport: Transport) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add(("Content-Security-Policy", POLICY))
        .add(("X-Content-Type-Options", "nosniff"))
        // Not `no-referrer`: with that, browsers say `Origin: null` when our own forms are sent.
        .add(("Referrer-Policy", "same-origin"))
        .add(("Cache-Control", "no-store"));
    match transport {
        Transport::Secure => headers.add((STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT)),
        Transport::Here | Transport::Readable => headers,
    }
}

// The kernel says who connects to a unix socket; nothing a client sends can change that.
fn peer(io: &dyn Any, owner: Option<u32>) -> Peer {
    let user = io.downcast_ref::<UnixStream>().and_then(|stream| stream.peer_cred().ok()).map(|peer| peer.uid());
    match user {
        Some(0) => Peer::Owner,
        Some(user) if Some(user) == owner => Peer::Owner,
        _ => Peer::Stranger,
    }
}

fn bind(address: SocketAddr) -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for connections of the process before to time out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let bound = socket.local_addr()?;
    Ok((socket, bound))
}

// Returns the user who owns the new socket: the one this program runs as.
fn listen_unix(path: &Path) -> Result<(UnixListener, u32), ServeError> {
    let failed = |error| ServeError::Listen(path.display().to_string(), error);
    match std::fs::symlink_metadata(path) {
        // The store's lock makes sure that no other Earlybell runs on this folder: it was left behind.
        Ok(found) if found.file_type().is_socket() => std::fs::remove_file(path).map_err(failed)?,
        Ok(_) => return Err(failed(io::Error::other("there is a file that is no socket"))),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let owner = std::fs::metadata(path).map_err(failed)?.uid();
    Ok((listener, owner))
}

async fn refresh(site: web::Data<Site>) {
    let mut every = tokio::time::interval(REFRESH_EVERY);
    loop {
        every.tick().await;
        let store = site.parts.store.as_ref();
        let written = site.tokens.write_uses(store).await;
        let read = site.tokens.refresh(store).await.and(site.logins.refresh(store).await);
        if let Err(error) = written.and(read) {
            tracing::warn!("tokens were not refreshed: {error}");
        }
    }
}
