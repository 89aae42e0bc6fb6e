//! `earlybell check config --online`: asks each receiver whether notices would arrive, and tells nobody.

use crate::app::delivery::trial;
use crate::channels::console::Console;
use crate::channels::etherpad::Etherpad;
use crate::channels::irc::Networks;
use crate::channels::{self, Deadlines, Finding};
use crate::cli::CliError;
use crate::cli::output::{complain, say};
use crate::config::{Config, EtherpadConfig, Receiver};
use futures_util::future::join_all;
use std::path::{Path, PathBuf};

/// Asks all of them at once; says what was found, and whether everything is as it should be.
pub fn look(config: &Config) -> Result<bool, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::told)?;
    let scratch = Scratch::new().map_err(|error| CliError::told(format!("no folder to work in: {error}")))?;
    Ok(runtime.block_on(look_at_all(config, &scratch.0)))
}

async fn look_at_all(config: &Config, scratch: &Path) -> bool {
    let (networks, heard) = Networks::new();
    let found = join_all(config.receivers.iter().map(|receiver| found(receiver, &networks, scratch))).await;
    let pad = match &config.etherpad {
        Some(etherpad) => pad(etherpad).await,
        None => Vec::new(),
    };
    networks.stop().await;
    drop(heard);
    let names = config.receivers.iter().map(|receiver| receiver.spec.name.as_str());
    let all = names.zip(found).chain([("etherpad", pad)]);
    let told = all.flat_map(|(name, findings)| findings.into_iter().map(move |finding| told(name, &finding)));
    // Each is told, also after one that is wrong.
    told.fold(true, |good, one| good & one)
}

async fn found(receiver: &Receiver, networks: &Networks, scratch: &Path) -> Vec<Finding> {
    let console = match Console::stdout() {
        Ok(console) => console,
        Err(error) => return vec![Finding::Wrong(format!("standard output can't be used: {error}"))],
    };
    match channels::open(receiver, &console, networks, scratch) {
        Ok(channel) => trial::look(channel.as_ref()).await,
        Err(because) => vec![Finding::Wrong(because)],
    }
}

async fn pad(config: &EtherpadConfig) -> Vec<Finding> {
    match Etherpad::new(config, Deadlines::default()) {
        Ok(etherpad) => etherpad.look().await,
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

// What channels keep between their notices is the server's own; here they find a folder with nothing in it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("earlybell-check-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is in the folder for what may be lost at any time.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
