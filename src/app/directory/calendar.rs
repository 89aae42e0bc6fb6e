//! One calendar that says who is on duty: read again and again, the last good one kept, whatever happens to the next.

use crate::config::{DutyList, DutySource, HttpAuth};
use chrono::{DateTime, TimeDelta, Utc};
use domain::directory::{Person, Shift};
use domain::duty::{CALENDAR_BYTES_MAX, Calendar, OnDuty};
use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Response, Url};
use std::path::Path;
use std::time::Duration;

/// Longest a calendar may take, redirects included.
pub const FETCH_SECONDS_MAX: u64 = 20;

/// Redirects followed, all to the same server: the address is a secret, and stays with whom it was given to.
const REDIRECTS_MAX: usize = 3;

/// After a failure it is tried again sooner.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(1);

/// A calendar, and how it stands.
#[derive(Debug)]
pub struct Rota {
    /// Which, for which squad.
    pub list: DutyList,
    /// The last that could be read.
    pub calendar: Option<Calendar>,
    /// When that was read.
    pub read_at: Option<DateTime<Utc>>,
    /// What went wrong since, if something did.
    pub problem: Option<String>,
    /// When it is read next.
    pub next_read: DateTime<Utc>,
    /// Who was on duty when it was last asked; before the first time, who was when the program ended.
    pub on_duty: OnDuty,
}

impl Rota {
    /// To be read now. Until then, whoever was on duty still is.
    pub fn new(list: DutyList, now: DateTime<Utc>, known: &[Shift]) -> Self {
        let same = known.iter().filter(|shift| shift.squad.eq_ignore_ascii_case(&list.squad));
        let people = same.map(|shift| (shift.person.clone(), shift.until)).collect();
        let on_duty = OnDuty { people, next_change: None };
        Self { list, calendar: None, read_at: None, problem: None, next_read: now, on_duty }
    }

    /// Takes what came of reading it.
    pub fn take(&mut self, fetched: Result<Calendar, String>, now: DateTime<Utc>) {
        let every = TimeDelta::from_std(self.list.refresh_every).unwrap_or(AGAIN_AFTER);
        match fetched {
            Ok(calendar) => {
                self.log_well(&calendar);
                self.calendar = Some(calendar);
                self.read_at = Some(now);
                self.problem = None;
                self.next_read = now + every;
            }
            Err(problem) => self.fail(problem, now + every.min(AGAIN_AFTER)),
        }
    }

    /// Says who is on duty now.
    pub fn ask(&mut self, now: DateTime<Utc>, people: &[Person]) {
        let Some(calendar) = &self.calendar else { return };
        match calendar.on_duty(now, people) {
            Ok(on_duty) => self.on_duty = on_duty,
            Err(problem) => {
                self.calendar = None;
                self.on_duty.next_change = None;
                self.fail(problem.to_string(), self.next_read);
            }
        }
    }

    /// Who is on duty, for the directory.
    pub fn shifts(&self) -> impl Iterator<Item = Shift> {
        let squad = &self.list.squad;
        self.on_duty.people.iter().map(|(person, until)| Shift {
            squad: squad.clone(),
            person: person.clone(),
            until: *until,
        })
    }

    fn fail(&mut self, problem: String, again: DateTime<Utc>) {
        let squad = &self.list.squad;
        // Once when it begins, not every minute of a night.
        if self.problem.is_none() {
            let kept = match self.read_at {
                Some(at) => format!("what it said at {at} counts on"),
                None => "nobody is known to be on duty".to_owned(),
            };
            tracing::warn!(%squad, "the calendar of {squad} can't be used, {kept}: {problem}");
        }
        self.problem = Some(problem);
        self.next_read = again;
    }

    fn log_well(&self, calendar: &Calendar) {
        let squad = &self.list.squad;
        if self.problem.is_some() {
            tracing::info!(%squad, "the calendar of {squad} can be used again");
        }
        let before = self.calendar.as_ref().map(|calendar| calendar.skipped);
        if calendar.skipped > 0 && before != Some(calendar.skipped) {
            let (skipped, because) = (calendar.skipped, calendar.because.join("; "));
            tracing::warn!(%squad, skipped, "{skipped} events in the calendar of {squad} are left out: {because}");
        }
    }
}

/// Reads a calendar, within limits. What went wrong names no address: it would be a password in a log.
pub async fn read(list: &DutyList, client: &reqwest::Client) -> Result<Calendar, String> {
    let limit = Duration::from_secs(FETCH_SECONDS_MAX);
    let text = async {
        match &list.source {
            DutySource::Url { url, auth } => fetch(client, url.expose(), auth.as_ref()).await,
            DutySource::File(path) => open(path.clone()).await,
        }
    };
    let text = tokio::time::timeout(limit, text).await.map_err(|_| format!("no end within {FETCH_SECONDS_MAX}s"))??;
    let zone = list.zone;
    // A large one takes a while, and others have work to do on this thread.
    let read = tokio::task::spawn_blocking(move || Calendar::read(&text, zone)).await;
    read.map_err(|error| error.to_string())?.map_err(|problem| problem.to_string())
}

async fn open(path: std::path::PathBuf) -> Result<String, String> {
    let shown = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || read_file(&path)).await.map_err(|error| error.to_string())?;
    read.map_err(|problem| format!("{shown}: {problem}"))
}

fn read_file(path: &Path) -> Result<String, String> {
    let bytes = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if bytes > CALENDAR_BYTES_MAX as u64 {
        return Err(domain::duty::Unreadable::TooLong.to_string());
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

async fn fetch(client: &reqwest::Client, url: &str, auth: Option<&HttpAuth>) -> Result<String, String> {
    let mut url: Url = url.parse().map_err(|_| "its address is none".to_owned())?;
    for _ in 0..=REDIRECTS_MAX {
        let request = client.get(url.clone()).header(ACCEPT, "text/calendar, text/plain;q=0.5, */*;q=0.1");
        let request = match auth {
            Some(HttpAuth::Bearer(token)) => request.bearer_auth(token.expose()),
            Some(HttpAuth::Basic(user, password)) => request.basic_auth(user, Some(password.expose())),
            None => request,
        };
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        match response.status().as_u16() {
            200 => return body(response).await,
            301 | 302 | 303 | 307 | 308 => url = redirected(&url, &response)?,
            401 | 403 | 404 | 410 => {
                let status = response.status();
                return Err(format!("it answers {status}; is the address still the right one?"));
            }
            _ => return Err(format!("it answers {}", response.status())),
        }
    }
    Err(format!("it redirects more than {REDIRECTS_MAX} times"))
}

fn redirected(from: &Url, response: &Response) -> Result<Url, String> {
    let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| from.join(to).ok());
    let to = to.ok_or("it redirects to nowhere")?;
    if to.origin() != from.origin() {
        // Only the host: the rest may be the new secret, or the page that asks to log in.
        let host = to.host_str().unwrap_or("somewhere else");
        return Err(format!("it redirects to {host}, which was not configured; write that address if it is right"));
    }
    Ok(to)
}

async fn body(mut response: Response) -> Result<String, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > CALENDAR_BYTES_MAX {
            return Err(domain::duty::Unreadable::TooLong.to_string());
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| "it is not UTF-8".to_owned())
}

// The innermost cause says it; those around it name the address.
fn unreachable(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let is_outer = std::ptr::addr_eq(cause, std::ptr::from_ref(error));
    if is_outer { "no answer".to_owned() } else { format!("no answer: {cause}") }
}
