//! `earlybell serve`: the one place that puts real things together.

mod banner;
mod facts;
mod flags;
mod logs;
mod reload;
mod running;
mod upkeep;

pub use flags::Serve;
pub use running::Running;

use super::CliError;
use super::output::say;
use crate::config::DEFAULT_PATH;
use banner::Banner;
use sd_notify::NotifyState;
use std::path::Path;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};
use upkeep::tell_systemd;

impl Serve {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        logs::start(&self.log_level, self.log_format);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::told)?;
        runtime.block_on(self.serve())
    }

    async fn serve(self) -> Result<(), CliError> {
        // Before anything is started: a signal in the first second must not kill half of it.
        let mut signals = Signals::catch().map_err(CliError::told)?;
        let mut running = Running::start(&self).await.map_err(CliError::Told)?;
        self.tell(&running);
        let ended = loop {
            tokio::select! {
                because = running.failed() => break Err(CliError::Told(because)),
                Some(()) = signals.reload.recv() => reload(&running).await,
                () = signals.stop.wait() => break Ok(()),
            }
        };
        tell_systemd(&[NotifyState::Stopping]);
        info!("stopping");
        tokio::select! {
            () = running.stop() => info!("stopped"),
            () = signals.stop.wait() => warn!("stopped at once; what was under way goes on at the next start"),
        }
        ended
    }

    fn tell(&self, running: &Running) {
        let default = Path::new(DEFAULT_PATH);
        let config = self.config_file.as_deref().or_else(|| default.exists().then_some(default));
        let addresses = &running.server.addresses;
        let held = running.held.as_ref();
        say(&Banner { flags: self, addresses, config, access: running.access(), held }.text());
        say("");
        for address in addresses {
            info!(%address, version = env!("CARGO_PKG_VERSION"), "listening on {address}");
        }
        tell_systemd(&[NotifyState::Ready]);
    }
}

struct Signals {
    stop: Stop,
    reload: Signal,
}

struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        let stop = Stop { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        Ok(Self { stop, reload: signal(SignalKind::hangup())? })
    }
}

impl Stop {
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn reload(running: &Running) {
    // systemd kills a service that says RELOADING without saying since when.
    if let Ok(since) = NotifyState::monotonic_usec_now() {
        tell_systemd(&[NotifyState::Reloading, since]);
    }
    // Told and counted where it happens; whoever sent the signal waits for no answer.
    let _ = running.reloader.reload_on_signal().await;
    tell_systemd(&[NotifyState::Ready]);
}
