//! Hand-over: offered, and accepted or not. Until it is accepted, whoever offered it stays responsible.

use super::desk::Desk;
use crate::incident::decide::words;
use crate::incident::roles::{Offer, OfferEnd, RoleName, same_person};
use crate::incident::{Fact, Refusal};
use crate::notice::phrase::clock;
use crate::verbs::{Next, Verb};
use chrono::{DateTime, TimeDelta, Utc};

// Where offers don't expire: longer than any incident.
const FOREVER: TimeDelta = TimeDelta::days(365);

impl Desk<'_> {
    /// I want them to go on with my role.
    pub fn hand_over(&self, role: &RoleName, person: &str) -> Result<Vec<Fact>, Refusal> {
        let role = self.role(role)?;
        let person = self.person(person)?;
        self.may_hand_over(&role, &person)?;
        if same_person(&person, self.who) {
            return Err(words("person", "is yourself; name somebody else"));
        }
        let before = self.incident.roles.offers.get(&role);
        if before.is_some_and(|offer| same_person(&offer.to, &person)) {
            return Err(self.already(format!("offered to {person}")));
        }
        let withdrawn = before.map(|offer| ended(&role, offer, OfferEnd::Withdrawn));
        let offered = Fact::Offered { role, from: self.me(), to: person, expires_at: self.expires_at() };
        Ok(withdrawn.into_iter().chain([offered]).collect())
    }

    /// I go on with what was offered to me.
    pub fn accept(&self, role: Option<&RoleName>) -> Result<Vec<Fact>, Refusal> {
        let (role, offer) = self.offered(Verb::Accept, role)?;
        // Those that end with it, but for the one that is accepted.
        let mut facts = self.voided(role);
        facts.retain(|fact| !matches!(fact, Fact::OfferEnded { role: other, .. } if other == role));
        facts.push(Fact::HandedOver { role: role.clone(), from: offer.from.clone(), to: self.me() });
        Ok(facts)
    }

    /// I can't.
    pub fn decline(&self, role: Option<&RoleName>) -> Result<Vec<Fact>, Refusal> {
        let (role, offer) = self.offered(Verb::Decline, role)?;
        Ok(vec![ended(role, offer, OfferEnd::Declined)])
    }

    // Only who answers for it: its holder; the manager, where nobody else has it.
    fn may_hand_over(&self, role: &RoleName, person: &str) -> Result<(), Refusal> {
        let roles = &self.incident.roles;
        let (problem, next) = match (roles.responsible(&role.0), roles.held.get(role)) {
            (Some(responsible), _) if same_person(responsible, self.who) => return Ok(()),
            (_, Some(holding)) => {
                let problem = format!("{}, so it is theirs to hand over", self.has(role, holding));
                let next = if self.may_give(holding) {
                    self.next("you can give it away", Verb::Assign, role, person)
                } else {
                    self.next(format!("ask {} to say", holding.person), Verb::HandOver, role, person)
                };
                (problem, next)
            }
            (_, None) => {
                let problem = format!(
                    "you do not have {} of {}, so it is not yours to hand over",
                    role.words(),
                    self.incident.id
                );
                (problem, self.next("nobody has it; give it away", Verb::Assign, role, person))
            }
        };
        Err(Refusal::RoleNotYours { incident: self.incident.id, role: role.clone(), problem, next })
    }

    fn expires_at(&self) -> DateTime<Utc> {
        let within = self.source.rituals.offer_within.delta();
        self.at + if within > TimeDelta::zero() { within } else { FOREVER }
    }

    // What is offered to who asks: the one they name, or the only one.
    fn offered(&self, verb: Verb, role: Option<&RoleName>) -> Result<(&RoleName, &Offer), Refusal> {
        let incident = self.incident.id;
        let mine = self.incident.roles.offers.iter().filter(|(_, offer)| same_person(&offer.to, self.who));
        let mine: Vec<_> = mine.collect();
        if let Some(role) = role {
            let role = self.role(role)?;
            let named = mine.into_iter().find(|(offered, _)| **offered == role);
            return named.ok_or_else(|| self.not_offered(&role));
        }
        match mine.as_slice() {
            [one] => Ok(*one),
            [] => {
                let problem = format!("nothing of {incident} is offered to you, or not any more");
                let next = Next::on("who does what", Verb::Show, incident);
                Err(Refusal::NoOffer { incident, problem, next: Some(next) })
            }
            [(first, _), ..] => {
                let roles: Vec<RoleName> = mine.iter().map(|(role, _)| (*role).clone()).collect();
                let names: Vec<String> = roles.iter().map(RoleName::words).collect();
                let problem = format!("{} of {incident} are offered to you", names.join(" and "));
                let next = self.next("say which", verb, first, "");
                Err(Refusal::WhichRole { incident, roles, problem, next })
            }
        }
    }

    fn not_offered(&self, role: &RoleName) -> Refusal {
        let incident = self.incident.id;
        let not_any_more = format!("{} of {incident} is not offered to you, or not any more", role.words());
        let (problem, next) = match self.incident.roles.held.get(role) {
            Some(holding) if same_person(&holding.person, self.who) => {
                (format!("{not_any_more}: it is yours since {}", clock(holding.since, self.at)), None)
            }
            Some(holding) => {
                let next = self.next(format!("ask {} to say", holding.person), Verb::HandOver, role, self.who);
                (format!("{not_any_more}; {}", self.has(role, holding)), Some(next))
            }
            None => (not_any_more, Some(self.next("nobody has it; to take it", Verb::Take, role, ""))),
        };
        Refusal::NoOffer { incident, problem, next }
    }
}

/// An offer that ended.
pub(super) fn ended(role: &RoleName, offer: &Offer, end: OfferEnd) -> Fact {
    Fact::OfferEnded { role: role.clone(), from: offer.from.clone(), to: offer.to.clone(), end }
}
