//! Who is there, as the API and pages show it: people, their squads and duties, and what they do in open incidents.

use super::error::Failure;
use super::site::Site;
use crate::app::directory::{Shown, Standing};
use crate::store::{ByHand, IncidentFilter};
use chrono::{DateTime, Utc};
use domain::directory::{Person, Shift, Squad};
use domain::incident::Incident;
use serde::Serialize;

/// Open incidents that are looked at for who does what in them, newest first.
pub const OPEN_MAX: usize = 200;

/// Everybody.
#[derive(Debug, Serialize)]
pub struct Everybody {
    /// People, by name.
    pub people: Vec<PersonShape>,
    /// Squads, by name.
    pub squads: Vec<SquadShape>,
}

/// Somebody.
#[derive(Debug, Serialize)]
pub struct PersonShape {
    /// What they are called.
    pub name: String,
    /// Their name in full; may be empty.
    pub full_name: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Where they live.
    pub time_zone: Option<String>,
    /// Their Slack user id.
    pub slack: Option<String>,
    /// Their account with IRC services.
    pub irc: Option<String>,
    /// Squads they are in.
    pub squads: Vec<String>,
    /// Where they are on duty now.
    pub on_duty: Vec<Duty>,
    /// What they do in open incidents.
    pub holds: Vec<Hold>,
    /// Where they come from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// People who share a duty.
#[derive(Debug, Serialize)]
pub struct SquadShape {
    /// What it is called.
    pub name: String,
    /// Names of its people.
    pub members: Vec<String>,
    /// Who is on duty now.
    pub on_duty: Vec<OnDuty>,
    /// The calendar that says so.
    pub calendar: Option<CalendarShape>,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// Where somebody is on duty.
#[derive(Debug, Serialize)]
pub struct Duty {
    /// For which squad.
    pub squad: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// Who is on duty.
#[derive(Debug, Serialize)]
pub struct OnDuty {
    /// Who; a name of the directory, or as the calendar says.
    pub person: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// A role in an open incident.
#[derive(Debug, Serialize)]
pub struct Hold {
    /// In which.
    pub incident: u64,
    /// Its number, as people write it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Which role.
    pub role: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// How a calendar stands.
#[derive(Debug, Serialize)]
pub struct CalendarShape {
    /// When it was read last.
    pub read_at: Option<DateTime<Utc>>,
    /// What went wrong since.
    pub problem: Option<String>,
    /// Events left out.
    pub skipped: usize,
}

/// Where somebody comes from.
#[derive(Debug, Serialize)]
pub struct Origin {
    /// From the configuration; what stands there is changed there.
    pub in_config: bool,
    /// Who added them by hand, or changed them last.
    pub added_by: Option<String>,
    /// When.
    pub added_at: Option<DateTime<Utc>>,
}

/// Reads who is there.
///
/// # Errors
/// The store can't be read.
pub async fn everybody(site: &Site) -> Result<Everybody, Failure> {
    let by_hand = site.parts.directory.by_hand().await?;
    let filter = IncidentFilter { open: Some(true), max: OPEN_MAX, ..IncidentFilter::default() };
    let open = site.parts.store.incidents(filter).await?;
    let shown = site.parts.directory.shown();
    let now = site.now();
    let people = shown.directory.people.iter().map(|person| person_shape(person, &shown, &by_hand, &open, now));
    let squads = shown.directory.squads.iter().map(|squad| squad_shape(squad, &shown, &by_hand, now));
    Ok(Everybody { people: people.collect(), squads: squads.collect() })
}

impl Everybody {
    /// Somebody by name.
    ///
    /// # Errors
    /// There is nobody of this name.
    pub fn person(self, name: &str) -> Result<PersonShape, Failure> {
        let names: Vec<String> = self.people.iter().map(|person| person.name.clone()).collect();
        let mut people = self.people.into_iter();
        let found = people.find(|person| person.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| Failure::NotFound(domain::nearest::unknown("person", name, &names)))
    }

    /// A squad by name.
    ///
    /// # Errors
    /// There is no squad of this name.
    pub fn squad(self, name: &str) -> Result<SquadShape, Failure> {
        let names: Vec<String> = self.squads.iter().map(|squad| squad.name.clone()).collect();
        let mut squads = self.squads.into_iter();
        let found = squads.find(|squad| squad.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| Failure::NotFound(domain::nearest::unknown("squad", name, &names)))
    }
}

impl PersonShape {
    /// What is free when they leave, to be said after what was done; empty if nothing is.
    pub fn leaves_behind(&self) -> String {
        let roles: Vec<String> = self.holds.iter().map(|hold| format!("{} of {}", hold.role, hold.id)).collect();
        match roles.len() {
            0 => String::new(),
            1 => format!("; {} is free now", roles.join(", ")),
            _ => format!("; {} are free now", roles.join(", ")),
        }
    }
}

fn person_shape(
    person: &Person,
    shown: &Shown,
    by_hand: &ByHand,
    open: &[Incident],
    now: DateTime<Utc>,
) -> PersonShape {
    let Person { name, full_name, email, time_zone, slack, irc } = person.clone();
    let is_me = |other: &str| other.eq_ignore_ascii_case(&name);
    let mine = |squad: &&Squad| squad.members.iter().any(|member| is_me(member));
    let squads = shown.directory.squads.iter().filter(mine).map(|squad| squad.name.clone()).collect();
    let shifts = shown.directory.on_duty.iter().filter(|shift| is_me(&shift.person) && shift.until > now);
    let on_duty = shifts.map(|Shift { squad, until, .. }| Duty { squad: squad.clone(), until: *until }).collect();
    let holds = open.iter().flat_map(|incident| held(incident, &name)).collect();
    let added = by_hand.people.iter().find(|added| added.what.name == name);
    let origin = origin(&shown.written_people, &name, added.map(|added| (&added.by, added.at)));
    PersonShape { name, full_name, email, time_zone, slack, irc, squads, on_duty, holds, origin }
}

fn held<'a>(incident: &'a Incident, name: &str) -> impl Iterator<Item = Hold> + use<'a> {
    let roles: Vec<_> = incident.roles.of(name).cloned().collect();
    roles.into_iter().filter_map(|role| {
        let since = incident.roles.held.get(&role)?.since;
        let (number, id, title) = (incident.id.0, incident.id.to_string(), incident.title.clone());
        Some(Hold { incident: number, id, title, role: role.to_string(), since })
    })
}

fn squad_shape(squad: &Squad, shown: &Shown, by_hand: &ByHand, now: DateTime<Utc>) -> SquadShape {
    let Squad { name, members } = squad.clone();
    let on_duty = shown.directory.on_duty(&name, now).into_iter();
    let on_duty = on_duty.map(|shift| OnDuty { person: shift.person.clone(), until: shift.until }).collect();
    let calendar = shown.calendars.iter().find(|calendar| calendar.squad.eq_ignore_ascii_case(&name));
    let calendar =
        calendar.cloned().map(|Standing { read_at, problem, skipped, .. }| CalendarShape { read_at, problem, skipped });
    let added = by_hand.squads.iter().find(|added| added.what.name == name);
    let origin = origin(&shown.written_squads, &name, added.map(|added| (&added.by, added.at)));
    SquadShape { name, members, on_duty, calendar, origin }
}

// Who stands in both is who the configuration says.
fn origin(written: &[String], name: &str, added: Option<(&String, DateTime<Utc>)>) -> Origin {
    let in_config = written.iter().any(|written| written == name);
    let added = added.filter(|_| !in_config);
    Origin { in_config, added_by: added.map(|(by, _)| by.clone()), added_at: added.map(|(_, at)| at) }
}
