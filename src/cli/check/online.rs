//! `earlybell check config --online`: asks each receiver whether notices would arrive, and tells nobody.

use crate::app::delivery::trial;
use crate::channels::console::Console;
use crate::channels::{self, Finding};
use crate::cli::CliError;
use crate::cli::output::{complain, say};
use crate::config::{Config, Receiver};
use futures_util::future::join_all;
use std::path::Path;

/// Asks all of them at once; says what was found, and whether everything is as it should be.
pub fn look(config: &Config) -> Result<bool, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::told)?;
    let console = Console::stdout().map_err(CliError::told)?;
    // What a channel keeps between its notices; nothing of that is touched here.
    let storage = std::env::temp_dir();
    let found = runtime.block_on(join_all(config.receivers.iter().map(|receiver| found(receiver, &console, &storage))));
    let mut good = true;
    for (receiver, findings) in config.receivers.iter().zip(found) {
        for finding in findings {
            good &= told(&receiver.spec.name, &finding);
        }
    }
    Ok(good)
}

async fn found(receiver: &Receiver, console: &Console, storage: &Path) -> Vec<Finding> {
    match channels::open(receiver, console, storage) {
        Ok(channel) => trial::look(channel.as_ref()).await,
        Err(because) => vec![Finding::Wrong(because)],
    }
}

fn told(name: &str, finding: &Finding) -> bool {
    match finding {
        Finding::Well(text) => {
            say(&format!("  {name}: ok: {text}"));
            true
        }
        Finding::Wrong(text) => {
            complain(&format!("  {name}: WRONG: {text}"));
            false
        }
    }
}
