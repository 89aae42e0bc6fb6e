//! What every handler can reach, and the limits it works within.

use super::api::stats;
use super::auth::Denied;
use super::body::{Allowance, Budget};
use super::csrf::Forms;
use super::login::limit::Attempts;
use super::login::password::{self, Hasher};
use super::logins::Logins;
use super::oidc::provider::Provider;
use super::oidc::sealed::Seal;
use super::tokens::Tokens;
use crate::app::delivery::Deliveries;
use crate::app::desk::Desk;
use crate::app::directory::Keeper;
use crate::app::explain::Explainer;
use crate::app::inbox::Inbox;
use crate::app::questions::Questions;
use crate::app::slack::SlackApp;
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// Largest body of an API request, in bytes.
pub const API_BODY_BYTES_MAX: usize = 256 * 1024;

/// Loads the configuration again; the text says what is wrong with it.
pub type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What the server is made of.
#[derive(Clone)]
pub struct Parts {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// The way in.
    pub inbox: Arc<Inbox>,
    /// What the engine knows.
    pub questions: Questions,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What asks the identity provider.
    pub client: reqwest::Client,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The configuration in force.
    pub config: Arc<ArcSwap<Config>>,
    /// What `POST /-/reload` does.
    pub reload: Reload,
    /// The delivery loops, to be rung and asked how they stand.
    pub deliveries: Option<Arc<Deliveries>>,
    /// Who is there.
    pub directory: Arc<Keeper>,
    /// TCP addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Unix socket to listen on, for the command line on this machine.
    pub socket: Option<PathBuf>,
    /// What it works within.
    pub limits: Limits,
}

/// Named limits of the server; the defaults are those of the documentation.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest body with alerts, in bytes (`--web.max-body`).
    pub body_bytes_max: usize,
    /// Bodies held in memory at once, in bytes; over it the answer is 503.
    pub in_flight_bytes_max: usize,
    /// How long a body may take from its first byte to its last.
    pub body_deadline: Duration,
    /// How long the head of a request may take.
    pub head_deadline: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests that run may go on when the server stops.
    pub stop_seconds: u64,
    /// Threads that serve.
    pub workers: usize,
    /// Connections per thread.
    pub connections_max: usize,
    /// How slow passwords are to check: the cost of bcrypt.
    pub password_cost: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 * 1024 * 1024,
            in_flight_bytes_max: 64 * 1024 * 1024,
            body_deadline: Duration::from_secs(10),
            head_deadline: Duration::from_secs(5),
            keep_alive: Duration::from_secs(30),
            stop_seconds: 10,
            workers: 2,
            // Two threads of these stay below the 1,024 open files that most shells allow.
            connections_max: 400,
            password_cost: password::COST,
        }
    }
}

/// What every handler can reach, as `web::Data<Site>`.
pub struct Site {
    /// What the server is made of.
    pub parts: Parts,
    /// Who may do what.
    pub tokens: Tokens,
    /// Who may log in.
    pub logins: Logins,
    /// How often signing in was tried.
    pub attempts: Attempts,
    /// What checks passwords.
    pub hasher: Hasher,
    /// Who vouches for people.
    pub provider: Provider,
    /// What browsers keep for us.
    pub seal: Seal,
    /// Tokens of forms.
    pub forms: Forms,
    /// How much may be held in memory.
    pub budget: Budget,
    /// Who answers why something happened, or did not.
    pub explainer: Explainer,
    /// Who answers lines as people type them.
    pub desk: Desk,
    /// Who answers Slack.
    pub slack: Arc<SlackApp>,
    /// What past incidents taught, as it was counted last.
    pub statistics: stats::Kept,
    /// When the server began.
    pub started_at: DateTime<Utc>,
    // Minute in which a refusal was logged last: every one is counted, one a minute is told.
    denied_logged: AtomicI64,
    // Whether alerts were refused last: it is logged when that begins and when it ends, not each time.
    refuses_alerts: AtomicBool,
}

impl Site {
    /// A site of these parts, without tokens yet; the key is what everything in pages is signed with.
    pub fn new(parts: Parts, key: &[u8; 32]) -> Self {
        // A single body of the allowed size must always fit.
        let held_max = parts.limits.in_flight_bytes_max.max(parts.limits.body_bytes_max);
        let budget = Budget::new(held_max, parts.metrics.body_bytes().clone());
        let started_at = parts.clock.now();
        let provider = Provider::new(parts.client.clone());
        let hasher = Hasher::new(parts.limits.password_cost);
        let explainer = Explainer::new(parts.questions.clone());
        let (clock, config) = (parts.clock.clone(), parts.config.clone());
        let desk =
            Desk::new(parts.store.clone(), parts.inbox.clone(), explainer.clone(), clock.clone(), config.clone());
        let slack = SlackApp::new(desk.clone(), parts.store.clone(), config, parts.client.clone(), clock);
        Self {
            parts,
            tokens: Tokens::default(),
            logins: Logins::default(),
            attempts: Attempts::default(),
            hasher,
            provider,
            seal: Seal::new(key),
            forms: Forms::new(key),
            budget,
            explainer,
            desk,
            slack: Arc::new(slack),
            statistics: stats::Kept::default(),
            started_at,
            denied_logged: AtomicI64::new(0),
            refuses_alerts: AtomicBool::new(false),
        }
    }

    /// Whether everything is allowed: nobody made a token or a login, nobody else vouches for people, and only this
    /// machine can connect.
    pub fn is_open(&self) -> bool {
        let access = &self.parts.config.load().access;
        let nobody = self.tokens.is_empty() && self.logins.is_empty();
        nobody && access.oidc.is_none() && access.proxy.is_none() && self.serves_loopback_only()
    }

    /// Whether no other machine can connect.
    pub fn serves_loopback_only(&self) -> bool {
        self.parts.listen.iter().all(|address| address.ip().is_loopback())
    }

    /// Whether the configuration has a source of this name.
    pub fn knows_source(&self, name: &str) -> bool {
        self.parts.config.load().sources.iter().any(|source| source.name == name)
    }

    /// What an API request may send.
    pub fn small_body(&self) -> Allowance {
        Allowance { bytes_max: API_BODY_BYTES_MAX, deadline: self.parts.limits.body_deadline }
    }

    /// What a sender of alerts may send.
    pub fn alerts_body(&self) -> Allowance {
        let limits = &self.parts.limits;
        Allowance { bytes_max: limits.body_bytes_max, deadline: limits.body_deadline }
    }

    /// Logs a refusal, at most one a minute.
    pub fn log_denied(&self, denied: &Denied) {
        let minute = self.now().timestamp().div_euclid(60);
        if self.denied_logged.swap(minute, Ordering::Relaxed) != minute {
            tracing::warn!(source = %denied.name, reason = denied.reason, "not let in: {}", denied.failure);
        }
    }

    /// Logs that alerts can't be kept, when it begins.
    pub fn log_refused(&self, error: &StoreError) {
        if !self.refuses_alerts.swap(true, Ordering::Relaxed) {
            tracing::error!("alerts are refused, to be sent again: {error}");
        }
    }

    /// Logs that alerts are kept again, once.
    pub fn log_taken(&self) {
        if self.refuses_alerts.load(Ordering::Relaxed) && self.refuses_alerts.swap(false, Ordering::Relaxed) {
            tracing::info!("alerts are taken again");
        }
    }

    /// What time it is.
    pub fn now(&self) -> DateTime<Utc> {
        self.parts.clock.now()
    }

    /// Where people find the pages, without a trailing slash.
    pub fn external_url(&self) -> String {
        self.parts.config.load().policy.external_url.clone()
    }

    /// The path in front of every link, when a proxy serves us below one.
    pub fn prefix(&self) -> String {
        prefix(&self.external_url()).to_owned()
    }
}

// The path of the address people use: `/bell` of `https://x.example/bell`.
fn prefix(external_url: &str) -> &str {
    let after_scheme = external_url.split_once("://").map_or(external_url, |(_, rest)| rest);
    after_scheme.find('/').map_or("", |at| after_scheme[at..].trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn links_stand_below_the_path_of_the_external_url() {
        assert_eq!(prefix("https://x.example"), "");
        assert_eq!(prefix("https://x.example/"), "");
        assert_eq!(prefix("https://x.example:8443/ops/bell/"), "/ops/bell");
    }
}
