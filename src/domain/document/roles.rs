//! Who does what, as data and in words: the same in notices, pages, Markdown and JSON.

use super::Audience;
use crate::directory::Directory;
use crate::incident::Incident;
use crate::incident::due::roles::claim_until;
use crate::incident::roles::{Holding, MANAGER, Offer, Opened, RoleName};
use crate::notice::phrase::clock;
use crate::policy::PolicySource;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Who does what in an incident, is asked at.
#[derive(Debug, Clone, Copy)]
pub struct Cast<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Which roles there are, and how long the squad has time.
    pub source: &'a PolicySource,
    /// Who is on duty.
    pub directory: &'a Directory,
    /// When.
    pub at: DateTime<Utc>,
}

/// A role, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleLine {
    /// `incident_manager`.
    pub role: RoleName,
    /// `incident manager`.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// Who does it; for the team.
    pub person: Option<String>,
    /// Since when they have the role; the manager, where nobody else has it.
    pub since: Option<DateTime<Utc>>,
    /// Until when whoever was asked has time; then anyone may take it. For the team.
    pub claim_until: Option<DateTime<Utc>>,
    /// The same in words.
    pub text: String,
    /// Its duties; for the team.
    pub duties: Vec<String>,
}

/// How a role stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Somebody has it.
    Held,
    /// Nobody was given it: the manager does it.
    WithManager,
    /// Nobody has it yet.
    Unclaimed,
    /// Anyone may take it: nobody has it, or whoever has it is silent.
    Open,
}

impl Cast<'_> {
    /// Every role that there is something to say of.
    pub fn lines(&self, audience: Audience) -> Vec<RoleLine> {
        let roles = &self.incident.roles;
        let specs = &self.source.roles;
        let more = roles.held.keys().filter(|role| specs.iter().all(|spec| spec.name != **role));
        let named =
            specs.iter().map(|spec| (&spec.name, spec.duties.as_slice())).chain(more.map(|role| (role, &[][..])));
        // Of what ended before anybody did anything there is nothing to say.
        let said = self.incident.stage.is_open() || !roles.held.is_empty();
        named.filter(|_| said).map(|(role, duties)| self.line(role, duties, audience)).collect()
    }

    /// Those of a notice to the team, in one line; nothing where nobody was asked and nobody has one.
    pub fn in_one_line(&self) -> Option<String> {
        let lines = self.lines(Audience::Team);
        let of = |standing: Standing| lines.iter().filter(move |line| line.standing == standing);
        let rest: Vec<&str> = of(Standing::WithManager).map(|line| line.name.as_str()).collect();
        let nobody_asked = self.incident.roles.asked.is_empty() && lines.iter().all(|line| line.claim_until.is_none());
        let said = lines.iter().filter_map(|line| match (line.standing, &line.person) {
            (Standing::WithManager, _) => None,
            (Standing::Unclaimed, _) if line.role.0 != MANAGER || nobody_asked => None,
            (_, Some(person)) if line.role.0 == MANAGER && !rest.is_empty() => {
                let more = line.text.strip_prefix(person.as_str()).unwrap_or_default();
                Some(format!("{}: {person} ({} too){more}", line.name, all(&rest)))
            }
            _ => Some(format!("{}: {}", line.name, line.text)),
        });
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    fn line(&self, role: &RoleName, duties: &[String], audience: Audience) -> RoleLine {
        let roles = &self.incident.roles;
        let holding = roles.held.get(role);
        let with_manager = roles.held.get(MANAGER).filter(|_| holding.is_none());
        let standing = match (roles.open.get(role), holding, with_manager) {
            (Some(_), _, _) => Standing::Open,
            (None, Some(_), _) => Standing::Held,
            (None, None, Some(_)) => Standing::WithManager,
            (None, None, None) => Standing::Unclaimed,
        };
        let who = holding.or(with_manager);
        let team = audience == Audience::Team;
        RoleLine {
            role: role.clone(),
            name: role.words(),
            standing,
            person: who.filter(|_| team).map(|holding| holding.person.clone()),
            since: who.map(|holding| holding.since),
            claim_until: claim_until(self.incident, &self.source.rituals).filter(|_| team && role.0 == MANAGER),
            text: if team { self.for_team(role, standing, who) } else { for_public(standing, who) },
            duties: if team { duties.to_vec() } else { Vec::new() },
        }
    }

    fn for_team(&self, role: &RoleName, standing: Standing, who: Option<&Holding>) -> String {
        let roles = &self.incident.roles;
        let who = who.map(|holding| holding.person.as_str());
        let text = match (standing, roles.open.get(role)) {
            (Standing::Open, Some(Opened { because, .. })) => match who {
                Some(who) => format!("{who}, but anyone may take it ({because})"),
                None => format!("nobody; anyone may take it ({because})"),
            },
            (Standing::WithManager, _) => format!("{}, as incident manager", who.unwrap_or("nobody")),
            (Standing::Unclaimed, _) if role.0 == MANAGER => self.asked(),
            _ => who.unwrap_or("nobody yet").to_owned(),
        };
        match roles.offers.get(role) {
            Some(Offer { to, expires_at, .. }) => {
                format!("{text}, offered to {to} until {}", clock(*expires_at, self.at))
            }
            None => text,
        }
    }

    // Who should take it.
    fn asked(&self) -> String {
        let squad = &self.incident.roles.asked;
        if squad.is_empty() || !self.incident.stage.is_open() {
            return "nobody yet".to_owned();
        }
        let on_duty: Vec<&str> =
            self.directory.on_duty(squad, self.at).into_iter().map(|shift| shift.person.as_str()).collect();
        let on_duty = if on_duty.is_empty() { String::new() } else { format!(" (on duty: {})", on_duty.join(", ")) };
        format!("nobody yet, {squad} was asked{on_duty}")
    }
}

fn for_public(standing: Standing, who: Option<&Holding>) -> String {
    match (standing, who) {
        (Standing::Held | Standing::Open, Some(_)) => "somebody of the team",
        (Standing::WithManager, _) => "the incident manager",
        (Standing::Held | Standing::Open | Standing::Unclaimed, _) => "nobody yet",
    }
    .to_owned()
}

// `communications and operations`.
fn all(names: &[&str]) -> String {
    match names {
        [before @ .., last] if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.join(""),
    }
}
