//! Ctrl-C in the middle of a drill: what it fires must end, so it is heard between two steps and not obeyed at once.

use crate::cli::CliError;
use crate::cli::client::Client;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Whoever wants it to end.
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Listens from now on.
    pub fn listen(client: &Client) -> Result<Self, CliError> {
        client.block_on(async {
            let listen = |kind| signal(kind).map_err(CliError::told);
            Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
        })
    }

    /// Waits; `true` if somebody wants it to end.
    pub fn pause(&mut self, client: &Client, wait: Duration) -> bool {
        client.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => true,
                _ = self.terminate.recv() => true,
                () = tokio::time::sleep(wait) => false,
            }
        })
    }
}
