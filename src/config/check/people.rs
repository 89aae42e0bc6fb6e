//! `people` and `squads`: who is there, and where it is written who is on duty.

use super::Check;
use crate::config::written::{OnDutyWritten, SquadWritten};
use crate::config::{DutyList, DutySource, Secret, read};
use domain::directory::check::check;
use domain::directory::{Directory, Person, Squad};
use domain::duration::Duration;
use domain::interval::Location;

const REFRESH_EVERY: Duration = Duration::minutes(5);
// Calendars of others are read politely.
const REFRESH_EVERY_MIN: Duration = Duration::seconds(30);
const REFRESH_EVERY_MAX: Duration = Duration::hours(24);

impl Check<'_> {
    /// Everybody, and the calendars that say who is on duty.
    pub(in crate::config) fn people(
        &mut self,
        people: Vec<Person>,
        squads: Vec<SquadWritten>,
    ) -> (Directory, Vec<DutyList>) {
        let mut directory = Directory { people, ..Directory::default() };
        let mut lists = Vec::new();
        for (at, squad) in squads.into_iter().enumerate() {
            let path = format!("squads[{at}].on_duty");
            if let Some(written) = squad.on_duty {
                lists.extend(self.duty_list(&path, &squad.name, written));
            }
            directory.squads.push(Squad { name: squad.name, members: squad.members });
        }
        for wrong in check(&directory) {
            self.wrong(&wrong.path, wrong.problem);
        }
        (directory, lists)
    }

    fn duty_list(&mut self, path: &str, squad: &str, written: OnDutyWritten) -> Option<DutyList> {
        let refresh_every = written.refresh_every.unwrap_or(REFRESH_EVERY);
        if !(REFRESH_EVERY_MIN..=REFRESH_EVERY_MAX).contains(&refresh_every) {
            let problem = format!("between {REFRESH_EVERY_MIN} and {REFRESH_EVERY_MAX}");
            self.wrong(&format!("{path}.refresh_every"), problem);
        }
        let zone = written.time_zone.as_deref().map(Location::parse).transpose();
        let zone = self.good(&format!("{path}.time_zone"), zone).flatten();
        let has_auth = written.authorization.is_some() || written.basic_auth.is_some();
        let auth = self.http_auth(path, written.authorization, written.basic_auth);
        let has_url = written.url.is_some() || written.url_file.is_some();
        let source = match (has_url, written.file) {
            (true, None) => {
                let secret = read::secret(self.base, "url", written.url, written.url_file.as_deref());
                let secret = self.good(path, secret)?;
                let url = self.good(&format!("{path}.url"), calendar_url(secret.expose()))?;
                DutySource::Url { url, auth }
            }
            (false, Some(file)) => {
                if has_auth {
                    self.wrong(path, "a file needs no `authorization` nor `basic_auth`");
                }
                // It may be written later, by a job of its own: that it is missing is said while we run.
                DutySource::File(self.base.join(file))
            }
            (true, Some(_)) => {
                self.wrong(path, "write a `url` or a `file`, not both");
                return None;
            }
            (false, None) => {
                self.wrong(path, "`url`, `url_file` or `file` is missing: where the calendar is");
                return None;
            }
        };
        Some(DutyList { squad: squad.to_owned(), source, refresh_every: refresh_every.to_std(), zone })
    }
}

// The address of a private calendar is its password: no message repeats it.
fn calendar_url(text: &str) -> Result<Secret, String> {
    let problem = "is no http, https or webcal URL; write for example https://calendar.example.org/duty.ics";
    let text = text.strip_prefix("webcal://").map_or_else(|| text.to_owned(), |rest| format!("https://{rest}"));
    let url = reqwest::Url::parse(&text).map_err(|_| problem.to_owned())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(problem.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL must not hold a user or password; write `basic_auth`".to_owned());
    }
    Ok(Secret::new(text))
}
