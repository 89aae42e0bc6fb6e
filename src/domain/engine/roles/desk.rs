//! Where roles are given out: who may take one, and who may give it to whom.

use crate::access::Role;
use crate::directory::Directory;
use crate::incident::decide::required;
use crate::incident::roles::{Holding, MANAGER, NOBODY_HAD_IT, OfferEnd, RoleName, same_person};
use crate::incident::{Fact, Incident, Refusal};
use crate::nearest::unknown;
use crate::notice::phrase::clock;
use crate::policy::PolicySource;
use crate::policy::rituals::role_named;
use crate::text::clean_line;
use crate::verbs::{Next, Verb};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

/// Longest name of somebody, in bytes.
pub const PERSON_BYTES_MAX: usize = 100;

/// What a decision about roles looks at.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// Which roles there are.
    pub source: &'a PolicySource,
    /// Who is there.
    pub directory: &'a Directory,
    /// Who asks.
    pub who: &'a str,
    /// What they may do here.
    pub access: Role,
    /// When.
    pub at: DateTime<Utc>,
}

impl Desk<'_> {
    /// I do this.
    pub fn take(&self, role: &RoleName) -> Result<Vec<Fact>, Refusal> {
        let role = self.role(role)?;
        let opened = self.incident.roles.open.get(&role);
        let from = match (self.incident.roles.held.get(&role), opened) {
            (Some(holding), Some(_)) if same_person(&holding.person, self.who) => {
                // They were missed, and it is theirs again with any sign of them: this is one.
                return Ok(vec![Fact::Acknowledged { text: String::new() }]);
            }
            (Some(holding), None) if same_person(&holding.person, self.who) => {
                return Err(self.already(format!("yours as {}", role.words())));
            }
            (Some(holding), None) => return Err(self.held(&role, holding)),
            (Some(holding), Some(_)) => Some(holding.person.clone()),
            (None, _) => None,
        };
        let because = opened.map_or_else(|| NOBODY_HAD_IT.to_owned(), |opened| opened.because.clone());
        let mut facts = self.voided(&role);
        facts.push(Fact::Taken { role, person: self.me(), from, because });
        Ok(facts)
    }

    /// They do this.
    pub fn assign(&self, role: &RoleName, person: &str) -> Result<Vec<Fact>, Refusal> {
        let role = self.role(role)?;
        let person = self.person(person)?;
        let roles = &self.incident.roles;
        let holding = roles.held.get(&role);
        let anyones = holding.is_none() || roles.open.contains_key(&role);
        if anyones && same_person(&person, self.who) {
            return self.take(&role);
        }
        if let Some(holding) = holding {
            if same_person(&holding.person, &person) {
                return Err(self.already(format!("{person}'s as {}", role.words())));
            }
            if !self.may_give(holding) {
                let problem =
                    format!("{}, and only they{} can give it away", self.has(&role, holding), self.or_lead(holding));
                let next = self.next(format!("ask {} to say", holding.person), Verb::Assign, &role, &person);
                return Err(Refusal::RoleNotYours { incident: self.incident.id, role, problem, next });
            }
        }
        let from = holding.map(|holding| holding.person.clone());
        let mut facts = self.voided(&role);
        facts.push(Fact::Assigned { role, person, from });
        Ok(facts)
    }

    /// Offers that end when this role changes hands: those of the role, and of those that its holder held by it.
    pub(super) fn voided(&self, role: &RoleName) -> Vec<Fact> {
        let roles = &self.incident.roles;
        let with_it = |offered: &RoleName| offered == role || (role.0 == MANAGER && !roles.held.contains_key(offered));
        let offers = roles.offers.iter().filter(|(offered, _)| with_it(offered));
        let end = OfferEnd::Void;
        let void = offers.map(|(role, offer)| Fact::OfferEnded {
            role: role.clone(),
            from: offer.from.clone(),
            to: offer.to.clone(),
            end,
        });
        void.collect()
    }

    /// Which role was meant.
    pub(super) fn role(&self, given: &RoleName) -> Result<RoleName, Refusal> {
        role_named(&given.0, &self.source.roles).map_err(|problem| Refusal::UnknownName {
            what: "role".to_owned(),
            name: clean_line(&given.0, PERSON_BYTES_MAX),
            problem,
        })
    }

    /// Who was meant, as the directory writes it. While it knows nobody, anybody may be.
    pub(super) fn person(&self, given: &str) -> Result<String, Refusal> {
        let given = required("person", &clean_line(given, usize::MAX), PERSON_BYTES_MAX)?;
        if given.eq_ignore_ascii_case("me") {
            return Ok(self.me());
        }
        if let Some(person) = self.directory.person(&given) {
            return Ok(person.name.clone());
        }
        if self.directory.people.is_empty() {
            return Ok(given);
        }
        let names: Vec<&str> = self.directory.people.iter().map(|person| person.name.as_str()).collect();
        let problem = unknown("person", &given, &names);
        Err(Refusal::UnknownName { what: "person".to_owned(), name: given, problem })
    }

    /// Who asks, as the directory writes it.
    pub(super) fn me(&self) -> String {
        self.directory.person(self.who).map_or(self.who, |person| person.name.as_str()).to_owned()
    }

    pub(super) fn leads(&self) -> bool {
        self.incident.roles.manager().is_some_and(|manager| same_person(manager, self.who))
    }

    /// What to type, and what for: `assign #7 operations bert`.
    pub(super) fn next(&self, why: impl Into<Cow<'static, str>>, verb: Verb, role: &RoleName, person: &str) -> Next {
        // More than one word is one word of a command only in quotes.
        let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
        let quoted = || format!("\"{}\"", person.replace(['"', '\\', '`', '$'], ""));
        let person = if person.chars().all(plain) { person.to_owned() } else { quoted() };
        let rest = format!("{role} {person}").trim_end().to_owned();
        Next { why: why.into(), verb, incident: Some(self.incident.id), rest: rest.into() }
    }

    pub(super) fn already(&self, what: String) -> Refusal {
        Refusal::Already { incident: self.incident.id, what }
    }

    /// `bert is operations of INC-7 since 12:40 UTC`.
    pub(super) fn has(&self, role: &RoleName, holding: &Holding) -> String {
        let since = clock(holding.since, self.at);
        format!("{} is {} of {} since {since}", holding.person, role.words(), self.incident.id)
    }

    fn held(&self, role: &RoleName, holding: &Holding) -> Refusal {
        let next = if self.may_give(holding) {
            self.next("to take it from them", Verb::Assign, role, self.who)
        } else {
            self.next(format!("ask {} to say", holding.person), Verb::HandOver, role, self.who)
        };
        Refusal::RoleHeld {
            incident: self.incident.id,
            role: role.clone(),
            holder: holding.person.clone(),
            since: holding.since,
            problem: self.has(role, holding),
            next,
        }
    }

    pub(super) fn may_give(&self, holding: &Holding) -> bool {
        same_person(&holding.person, self.who) || self.leads() || self.access >= Role::Manager
    }

    // Who else could, by name.
    fn or_lead(&self, holding: &Holding) -> String {
        let manager = self.incident.roles.manager().filter(|manager| !same_person(manager, &holding.person));
        manager.map(|manager| format!(", or {manager}, who leads,")).unwrap_or_default()
    }
}
