//! Loads the configuration, at start and again: all of it or nothing.

use super::flags::Serve;
use crate::app::delivery::{Deliveries, Served};
use crate::app::directory::Keeper;
use crate::app::inbox::Inbox;
use crate::app::pads::{Pads, Setup};
use crate::app::reconcile::Reconcile;
use crate::channels;
use crate::channels::Deadlines;
use crate::channels::console::Console;
use crate::channels::etherpad::Etherpad;
use crate::channels::irc::Networks;
use crate::clock::Clock;
use crate::config::{self, Config, Overrides};
use crate::metrics::Metrics;
use arc_swap::ArcSwap;
use domain::audit::AdminAct;
use domain::incident::Actor;
use domain::policy::PolicySource;
use std::sync::Arc;
use tracing::{error, info, warn};

/// A configuration and what was opened for it.
pub struct Fresh {
    /// Checked.
    pub config: Config,
    /// One per receiver.
    pub channels: Vec<Served>,
}

/// Reads the configuration the flags name. Nothing changes yet.
pub fn read(flags: &Serve, external_url: &str, console: &Console, networks: &Networks) -> Result<Fresh, String> {
    let overrides = Overrides { external_url: external_url.to_owned() };
    let config = config::load(flags.config_file.as_deref(), &overrides).map_err(|errors| errors.to_string())?;
    for warning in &config.warnings {
        warn!("{warning}");
    }
    let open = |receiver: &config::Receiver| {
        let channel = channels::open(receiver, console, networks, &flags.storage_path)?;
        Ok(Served { spec: receiver.spec.clone(), channel, pacing: receiver.pacing.clone() })
    };
    let channels = config.receivers.iter().map(open).collect::<Result<Vec<_>, String>>()?;
    Ok(Fresh { config, channels })
}

/// The server that incidents are mirrored to, if one is configured.
pub fn pads(config: &Config) -> Result<Option<Setup>, String> {
    let Some((etherpad, pads)) = config.etherpad.as_ref().zip(config.policy.pads.as_ref()) else { return Ok(None) };
    let etherpad = Etherpad::new(etherpad, Deadlines::default())?;
    Ok(Some(Setup { etherpad: Arc::new(etherpad), pads: pads.clone() }))
}

/// Appends the policy, if it is not the one in force.
pub async fn tell_engine(inbox: &Inbox, new: &PolicySource, old: &PolicySource) -> Result<(), String> {
    if new == old {
        return Ok(());
    }
    inbox.policy(new).await.map(drop).map_err(|error| error.to_string())
}

/// What a reload touches.
pub struct Reloader {
    /// Which file.
    pub flags: Serve,
    /// Where people find the pages.
    pub external_url: String,
    /// Where notices to the terminal go.
    pub console: Console,
    /// Connections to IRC, which outlive a configuration that names them again.
    pub networks: Networks,
    /// In force.
    pub config: Arc<ArcSwap<Config>>,
    /// Where the policy goes.
    pub inbox: Arc<Inbox>,
    /// Delivery loops.
    pub deliveries: Arc<Deliveries>,
    /// Loops that ask Alertmanagers.
    pub reconcile: Reconcile,
    /// The loop that keeps pads.
    pub pads: Arc<Pads>,
    /// What makes names of pads hard to guess.
    pub pad_seed: String,
    /// Who is there.
    pub directory: Arc<Keeper>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Two reloads at once would mix two files.
    pub turn: tokio::sync::Mutex<()>,
}

impl Reloader {
    /// Loads the configuration again. A mistake leaves the old one in force, and is told and counted.
    pub async fn reload(&self) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        match self.try_reload().await {
            Ok(()) => {
                info!(hash = self.config.load().hash, "the configuration was reloaded");
                Ok(())
            }
            Err(problem) => {
                self.metrics.config_refused();
                error!("the configuration was not reloaded, the old one stays in force: {problem}");
                Err(problem)
            }
        }
    }

    /// The same, on a signal: nobody knows whose.
    pub async fn reload_on_signal(&self) -> Result<(), String> {
        let hash = || format!("{:016x}", self.config.load().hash);
        let before = hash();
        let done = self.reload().await;
        let refused = done.as_ref().err().map(|_| "the file has mistakes".to_owned());
        let what = "configuration read again, on a signal".to_owned();
        let act = AdminAct { actor: Actor::Rule, access: None, what, before, after: hash(), refused, effect: None };
        if let Err(error) = self.inbox.acted(&act).await {
            error!("the reload is missing in the audit log: {error}");
        }
        done
    }

    async fn try_reload(&self) -> Result<(), String> {
        let (flags, url) = (self.flags.clone(), self.external_url.clone());
        let (console, networks) = (self.console.clone(), self.networks.clone());
        let read = tokio::task::spawn_blocking(move || read(&flags, &url, &console, &networks)).await;
        let Fresh { config, channels } = read.map_err(|error| error.to_string())??;
        let config = config.with_pad_seed(&self.pad_seed);
        let pads = pads(&config)?;
        // First what can fail; after it everything follows.
        tell_engine(&self.inbox, &config.policy, &self.config.load().policy).await?;
        self.directory.replace(&config).await.map_err(|error| error.to_string())?;
        self.deliveries.replace(channels).await;
        // A network that is new is listened to from now on.
        self.networks.start();
        self.reconcile.replace(&config.sources, config.policy.timing.alert_timeout.delta());
        self.metrics.config_loaded(&config, self.clock.now());
        self.config.store(Arc::new(config));
        self.pads.replace(pads);
        Ok(())
    }
}
