//! All parts put together: started in order, stopped in the other.

use super::banner::Access;
use super::flags::Serve;
use super::reload::{Fresh, Reloader, pads, read, tell_engine};
use super::{facts, upkeep};
use crate::app::chat::irc::{IrcListener, IrcParts};
use crate::app::delivery::{self, Deliveries};
use crate::app::desk::Desk;
use crate::app::directory::{self, Keeper, Shown};
use crate::app::engine_loop::{Decided, EngineLoop};
use crate::app::inbox::Inbox;
use crate::app::pads::{self as pad_loop, Pads};
use crate::app::questions::Questions;
use crate::app::reconcile::{self, Polled, Reconcile};
use crate::app::slack;
use crate::app::speakers::Speakers;
use crate::channels::console::Console;
use crate::channels::http_client;
use crate::channels::irc::Networks;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::http;
use crate::http::token::random_key;
use crate::metrics::Metrics;
use crate::store::sqlite::SqliteStore;
use crate::store::{Held, HoldStore, Store};
use arc_swap::ArcSwap;
use domain::directory::Directory;
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tracing::warn;

/// A server that runs.
pub struct Running {
    /// For signals.
    pub reloader: Arc<Reloader>,
    /// For the banner.
    pub server: http::Running,
    /// Whether it sends nothing.
    pub held: Option<Held>,
    store: Arc<SqliteStore>,
    engine: JoinHandle<()>,
    engine_stop: watch::Sender<bool>,
    upkeep: JoinSet<()>,
}

// What the engine's observer rings.
type Bell = Arc<OnceLock<(Arc<Deliveries>, Arc<Pads>)>>;

// What most parts share.
#[derive(Clone)]
struct Base {
    store: Arc<SqliteStore>,
    inbox: Arc<Inbox>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl Running {
    /// Starts everything; the HTTP server last, when whatever it takes can be decided.
    pub async fn start(flags: &Serve) -> Result<Self, String> {
        let console = Console::stdout().map_err(|error| format!("standard output can't be used: {error}"))?;
        let bound = http::Bound::bind(&flags.listen).map_err(|error| error.to_string())?;
        let external_url = flags.external_url(&bound.addresses);
        let (networks, heard) = Networks::new();
        let Fresh { config, channels } = read(flags, &external_url, &console, &networks)?;
        let base = Base::open(flags)?;
        let held = base.store.held().await.map_err(|error| error.to_string())?;
        // Before the engine is started: what is refused at once should leave no trace of having begun.
        let protected = http::refuse_unprotected(base.store.as_ref(), &bound.addresses).await;
        protected.map_err(|error| error.to_string())?;
        base.metrics.config_loaded(&config, base.clock.now());
        let pad_seed = base.pad_seed().await?;
        let config = config.with_pad_seed(&pad_seed);
        let setup = pads(&config)?;

        // The engine's observer rings the delivery loops, which are started after it.
        let bell: Bell = Arc::default();
        let (questions, asked) = Questions::new();
        base.inbox.started().await.map_err(|error| error.to_string())?;
        let engine = base.engine(bell.clone()).await?.answering(asked);
        tell_engine(&base.inbox, &config.policy, &engine.state().policy().source).await?;
        let directory = base.directory(&config, &engine)?;
        directory.tell().await.map_err(|error| error.to_string())?;
        let (engine_stop, stopped) = watch::channel(false);
        let engine = tokio::spawn(engine.run(stopped));

        let deliveries = Deliveries::spawn(base.delivery_parts(), channels);
        // The engine may be ahead of us: what it has already decided is looked for once the bell hangs.
        let reconcile = base.reconcile(&config)?;
        let config = Arc::new(ArcSwap::from_pointee(config));
        let pads = Pads::spawn(base.pad_parts(&config), setup);
        let _ = bell.set((deliveries.clone(), pads.clone()));
        deliveries.ring_all();
        let reloader = Arc::new(Reloader {
            flags: flags.clone(),
            external_url,
            console,
            networks,
            config,
            inbox: base.inbox.clone(),
            deliveries,
            reconcile,
            pads,
            pad_seed,
            directory,
            metrics: base.metrics.clone(),
            clock: base.clock.clone(),
            turn: tokio::sync::Mutex::default(),
        });
        let server = http::serve(base.http_parts(flags, &reloader, questions)?, bound)
            .await
            .map_err(|error| error.to_string())?;
        let mut upkeep = JoinSet::new();
        let listener = base.irc_listener(&reloader, server.site.desk.clone());
        upkeep.spawn(listener.run(heard));
        // Whoever sends nothing has no business to be seen anywhere.
        if held.is_none() {
            reloader.networks.start();
        }
        upkeep.spawn(upkeep::run(base.store.clone(), base.clock.clone(), flags.into()));
        upkeep.spawn(upkeep::tell(base.store.clone()));
        let metrics = base.metrics.clone();
        upkeep.spawn(slack::socket::run(server.site.slack.clone(), move |line| metrics.slack_socket(line)));
        upkeep.spawn(upkeep::watchdog());
        upkeep.spawn(upkeep::say_held(base.store.clone()));
        let metrics = base.metrics.clone();
        let told = move |shown: &Shown| metrics.duty(&shown.calendars);
        upkeep.spawn(directory::keep_running(reloader.directory.clone(), base.clock.clone(), told));
        Ok(Self { reloader, server, held, store: base.store, engine, engine_stop, upkeep })
    }

    /// Who is let in.
    pub fn access(&self) -> Access {
        if self.server.site.is_open() { Access::Open } else { Access::Tokens }
    }

    /// Waits until a part ends that should not.
    pub async fn failed(&mut self) -> String {
        tokio::select! {
            ended = &mut self.engine => format!("the engine ended: {ended:?}"),
            ended = self.server.ended() => format!("the HTTP server ended: {ended:?}"),
        }
    }

    /// Takes nothing more, decides what was taken, lets deliveries under way end, closes the store.
    pub async fn stop(mut self) {
        self.server.stop().await;
        self.reloader.reconcile.stop().await;
        self.reloader.pads.stop().await;
        self.upkeep.shutdown().await;
        self.engine_stop.send_replace(true);
        if !self.engine.is_finished()
            && let Err(error) = (&mut self.engine).await
        {
            warn!("the engine ended badly: {error}");
        }
        self.reloader.deliveries.stop().await;
        self.reloader.networks.stop().await;
        let store = self.store;
        if let Err(error) = tokio::task::spawn_blocking(move || store.close()).await {
            warn!("the store was not closed well: {error}");
        }
    }
}

impl Base {
    fn open(flags: &Serve) -> Result<Self, String> {
        let store = Arc::new(SqliteStore::open(&flags.storage_path).map_err(|error| error.to_string())?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let inbox = Arc::new(Inbox::new(store.clone(), clock.clone()));
        let metrics = Arc::new(Metrics::new().map_err(|error| error.to_string())?);
        Ok(Self { store, inbox, clock, metrics })
    }

    // Made once, and kept: names of pads survive restarts, and backups.
    async fn pad_seed(&self) -> Result<String, String> {
        let fresh = random_key().map_err(|_| "this machine has no random numbers".to_owned())?;
        let key = self.store.access().key("pads", fresh).await.map_err(|error| error.to_string())?;
        Ok(key.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    async fn engine(&self, bell: Bell) -> Result<EngineLoop, String> {
        let metrics = self.metrics.clone();
        let observer = move |decided: &Decided<'_>| {
            metrics.decided(decided);
            decided.changes.entries.iter().for_each(facts::log);
            if let Some((deliveries, pads)) = bell.get() {
                pads.touch(decided.changes.incidents.keys().copied());
                deliveries.ring(decided.changes.deliveries.iter().map(|delivery| delivery.receiver.as_str()));
            }
        };
        let (store, inbox, clock) = (self.store.clone(), self.inbox.clone(), self.clock.clone());
        EngineLoop::load(store, inbox, clock, Box::new(observer)).await.map_err(|error| error.to_string())
    }

    // Who is there by the configuration is known before anything is decided; calendars are read meanwhile.
    fn directory(&self, config: &Config, engine: &EngineLoop) -> Result<Arc<Keeper>, String> {
        let shared = directory::Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            client: http_client::client().map_err(|error| error.to_string())?,
        };
        let told = Directory::clone(engine.state().directory());
        Ok(Arc::new(Keeper::new(shared, config, told)))
    }

    fn irc_listener(&self, reloader: &Reloader, desk: Desk) -> IrcListener {
        let config = &reloader.config;
        IrcListener::new(IrcParts {
            desk,
            speakers: Speakers::new(self.store.clone(), config.clone()),
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            config: config.clone(),
            networks: reloader.networks.clone(),
        })
    }

    fn reconcile(&self, config: &Config) -> Result<Reconcile, String> {
        let shared = reconcile::Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            client: http_client::client().map_err(|error| error.to_string())?,
        };
        let metrics = self.metrics.clone();
        let told = move |polled: &Polled| metrics.polled(&polled.source.0, polled.result(), polled.at);
        let alert_timeout = config.policy.timing.alert_timeout.delta();
        Ok(Reconcile::spawn(shared, &config.sources, alert_timeout, told))
    }

    fn pad_parts(&self, config: &Arc<ArcSwap<Config>>) -> pad_loop::Shared {
        let metrics = self.metrics.clone();
        pad_loop::Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            config: config.clone(),
            told: Box::new(move |event| metrics.pad(event)),
        }
    }

    fn delivery_parts(&self) -> delivery::Shared {
        let metrics = self.metrics.clone();
        delivery::Shared {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            clock: self.clock.clone(),
            observer: delivery::Observer::new(move |event| metrics.delivery(event)),
            limits: delivery::Limits::default(),
        }
    }

    fn http_parts(&self, flags: &Serve, reloader: &Arc<Reloader>, questions: Questions) -> Result<http::Parts, String> {
        let client = http_client::client().map_err(|error| error.to_string())?;
        let again = reloader.clone();
        Ok(http::Parts {
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            questions,
            clock: self.clock.clone(),
            client,
            metrics: self.metrics.clone(),
            config: reloader.config.clone(),
            reload: Arc::new(move || {
                let reloader = again.clone();
                Box::pin(async move { reloader.reload().await })
            }),
            deliveries: Some(reloader.deliveries.clone()),
            directory: reloader.directory.clone(),
            listen: flags.listen.clone(),
            socket: Some(flags.socket()),
            limits: http::Limits { body_bytes_max: flags.max_body, ..http::Limits::default() },
        })
    }
}
