//! `sources`: who may send alerts, and may be asked.

use super::Check;
use crate::config::written::{AuthorizationWritten, BasicAuthWritten, SourceWritten};
use crate::config::{HttpAuth, Source, read};
use domain::alert::OWN_SOURCE;
use domain::alert::drill::DRILL_SOURCE;
use domain::duration::Duration;

/// The source when none is written.
pub const DEFAULT_SOURCE: &str = "default";
// `POST /api/v1/alertmanager/events` is a path of its own.
const NOT_A_SOURCE: &str = "events";
const POLL_EVERY: Duration = Duration::seconds(60);
// Alertmanager learns its alerts from Prometheus: after a start, it lists none for a while.
const SETTLE: Duration = Duration::minutes(5);
const POLL_EVERY_MIN: Duration = Duration::seconds(1);

impl Check<'_> {
    /// All sources; `default` if none is written.
    pub(in crate::config) fn sources(&mut self, written: Option<Vec<SourceWritten>>) -> Vec<Source> {
        let Some(written) = written else { return vec![default_source()] };
        if written.is_empty() {
            self.wrong("sources", "at least one source is needed; leave `sources` out for one named `default`");
        }
        let names: Vec<String> = written.iter().map(|source| source.name.clone()).collect();
        let mut sources = Vec::with_capacity(written.len());
        for (at, source) in written.into_iter().enumerate() {
            let before: Vec<&str> = names[..at].iter().map(String::as_str).collect();
            self.name(&format!("sources[{at}].name"), &source.name, &before);
            if source.name == OWN_SOURCE {
                self.wrong(&format!("sources[{at}].name"), "that is what our own alerts come from: another name");
            }
            if source.name == DRILL_SOURCE {
                self.wrong(&format!("sources[{at}].name"), "that is what alerts of drills come from: another name");
            }
            if source.name == NOT_A_SOURCE {
                self.wrong(
                    &format!("sources[{at}].name"),
                    "that path takes Alertmanager's event recorder: another name",
                );
            }
            sources.push(self.source(&format!("sources[{at}]"), source));
        }
        sources
    }

    fn source(&mut self, path: &str, written: SourceWritten) -> Source {
        let urls = written.alertmanagers.iter().enumerate();
        let alertmanagers =
            urls.filter_map(|(at, url)| self.url(&format!("{path}.alertmanagers[{at}]"), url)).collect();
        let poll_every = written.poll_every.unwrap_or(POLL_EVERY);
        if poll_every < POLL_EVERY_MIN {
            self.wrong(&format!("{path}.poll_every"), format!("at least {POLL_EVERY_MIN}"));
        }
        let auth = self.http_auth(path, written.authorization, written.basic_auth);
        Source {
            name: written.name,
            alertmanagers,
            receiver: written.receiver,
            poll_every: poll_every.to_std(),
            auth,
            settle: written.settle.unwrap_or(SETTLE).delta(),
        }
    }

    pub(super) fn http_auth(
        &mut self,
        path: &str,
        bearer: Option<AuthorizationWritten>,
        basic: Option<BasicAuthWritten>,
    ) -> Option<HttpAuth> {
        match (bearer, basic) {
            (Some(_), Some(_)) => {
                self.wrong(&format!("{path}.basic_auth"), "write `authorization` or `basic_auth`, not both");
                None
            }
            (Some(bearer), None) => self.bearer(&format!("{path}.authorization"), bearer),
            (None, Some(basic)) => self.basic(&format!("{path}.basic_auth"), basic),
            (None, None) => None,
        }
    }

    fn bearer(&mut self, path: &str, written: AuthorizationWritten) -> Option<HttpAuth> {
        if let Some(kind) = written.kind.filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            self.wrong(&format!("{path}.type"), format!("only `Bearer` is known here, not `{kind}`"));
        }
        let file = written.credentials_file.as_deref();
        let secret = read::secret(self.base, "credentials", written.credentials, file);
        self.good(path, secret).map(HttpAuth::Bearer)
    }

    fn basic(&mut self, path: &str, written: BasicAuthWritten) -> Option<HttpAuth> {
        let secret = read::secret(self.base, "password", written.password, written.password_file.as_deref());
        self.good(path, secret).map(|secret| HttpAuth::Basic(written.username, secret))
    }
}

fn default_source() -> Source {
    Source {
        name: DEFAULT_SOURCE.to_owned(),
        alertmanagers: Vec::new(),
        receiver: None,
        poll_every: POLL_EVERY.to_std(),
        auth: None,
        settle: SETTLE.delta(),
    }
}
