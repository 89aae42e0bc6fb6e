//! Whom a notice concerns in person, and why: who gets a role or loses one, who is asked, who is on duty, who follows.

use super::afterwards;
use super::asked::asked_of;
use super::layout::Part;
use super::plan::Scene;
use super::telling::{About, Telling};
use crate::delivery::Addressee;
use crate::directory::Person;
use crate::incident::Fact;
use crate::incident::due::Waits;
use crate::incident::due::roles::tired;
use crate::incident::review::Reminder;
use crate::incident::roles::{COMMUNICATIONS, MANAGER, OfferEnd, RoleName};
use crate::incident::room::Prompt;
use crate::policy::ReceiverKind;

/// Somebody whom a notice concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned<'a> {
    /// Who; always somebody of the directory.
    pub person: &'a Person,
    /// Why they are told, before everything else.
    pub lead: Vec<Part>,
    /// Where they are asked something: which of the questions are theirs.
    pub asked: Vec<Prompt>,
}

/// Where a kind of receiver reaches somebody.
pub fn address(kind: ReceiverKind, person: &Person) -> Option<Addressee> {
    let address = match kind {
        ReceiverKind::Email => person.email.clone(),
        ReceiverKind::Slack => person.slack.clone(),
        ReceiverKind::Console | ReceiverKind::Blog | ReceiverKind::Webhook | ReceiverKind::Obs => None,
        // By a webhook, or into a room that everybody reads.
        ReceiverKind::SlackWebhook | ReceiverKind::Mattermost | ReceiverKind::RocketChat => None,
        ReceiverKind::Discord | ReceiverKind::Teams | ReceiverKind::Matrix | ReceiverKind::Irc => None,
    };
    Some(Addressee { person: person.name.clone(), address: address? })
}

/// Everybody whom a notice concerns in person, each once. Whom nobody knows is named in the notice to the team, as is
/// everybody else.
pub fn concerned<'a>(scene: &Scene<'a>, telling: &Telling<'_>) -> Vec<Concerned<'a>> {
    let mut found = Found { scene: *scene, actor: telling.actor.and_then(|actor| actor.name()), people: Vec::new() };
    match telling.about {
        About::Alarm => found.on_duty("nobody leads this incident yet", How::Missing),
        About::Reopened(_) => {
            if scene.incident.roles.manager().is_none() {
                found.on_duty("nobody leads this incident, which came back", How::Missing);
            }
            found.manager("You lead this incident, which came back.");
            found.followers();
        }
        About::Role(fact) => found.role(fact),
        About::PromiseMissed(_) => found.escalated(),
        About::Asked(prompts) => prompts.iter().for_each(|prompt| found.asked(*prompt)),
        About::MergedInto(into, _) => {
            for (role, holding) in &scene.incident.roles.held {
                let lead = format!("Your role of {} ends here; {into} has its own.", role.words());
                found.tell_other(&holding.person, lead);
            }
            found.followers();
        }
        About::LooksOver(_) => {
            found.manager("You lead this incident: is it over?");
            found.followers();
        }
        About::Confirmed(_)
        | About::Severity { .. }
        | About::Said { .. }
        | About::Alerts(_)
        | About::Flapping(_)
        | About::CalledOff(..)
        | About::Resolved(_)
        | About::Published(_)
        | About::Absorbed { .. }
        | About::SplitOff(..)
        | About::Joined { .. }
        | About::TargetCalledOff(..)
        | About::TargetReopened(..) => found.followers(),
        About::PostMortemDue(whom, _) => found.writes(whom),
        // A loss concerns whoever reads the other receivers; the board repeats what was told.
        About::Lost { .. } | About::Blocked { .. } | About::InPlaceOf { .. } | About::Board => {}
    }
    found.people
}

// Whether the notice itself says how to take the lead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Said,
    Missing,
}

struct Found<'a, 'b> {
    scene: Scene<'a>,
    // Whoever did it knows it.
    actor: Option<&'b str>,
    people: Vec<Concerned<'a>>,
}

impl<'a> Found<'a, '_> {
    fn add(&mut self, name: &str, lead: Vec<Part>) -> Option<&mut Concerned<'a>> {
        let person = self.scene.directory.person(name)?;
        let at = self.people.iter().position(|known| known.person.name == person.name).unwrap_or_else(|| {
            self.people.push(Concerned { person, lead, asked: Vec::new() });
            self.people.len() - 1
        });
        self.people.get_mut(at)
    }

    fn tell(&mut self, name: &str, lead: String) {
        self.add(name, vec![Part::Words(lead)]);
    }

    fn tell_other(&mut self, name: &str, lead: String) {
        if self.actor.is_none_or(|actor| !actor.eq_ignore_ascii_case(name)) {
            self.tell(name, lead);
        }
    }

    fn followers(&mut self) {
        for follower in &self.scene.incident.room.followers {
            self.tell_other(follower, "You follow this incident.".to_owned());
        }
    }

    fn manager(&mut self, lead: &str) {
        if let Some(manager) = self.scene.incident.roles.manager() {
            self.tell_other(manager, lead.to_owned());
        }
    }

    fn writes(&mut self, whom: Reminder) {
        if let Some(name) = afterwards::addressed(self.scene.incident, whom) {
            self.tell(name, "It is on you that its post mortem is written.".to_owned());
        }
    }

    // The squad that was asked; of it, who is on duty now.
    fn on_duty(&mut self, why: &str, how: How) {
        let (directory, incident) = (self.scene.directory, self.scene.incident);
        for shift in directory.on_duty(&incident.roles.asked, self.scene.at) {
            if self.actor.is_some_and(|actor| actor.eq_ignore_ascii_case(&shift.person)) {
                continue;
            }
            let mut lead = vec![Part::Words(format!("You are on duty for {}, and {why}.", shift.squad))];
            if how == How::Missing {
                lead.push(Part::Command(format!("earlybell incident take {} {MANAGER}", incident.id.0)));
            }
            self.add(&shift.person, lead);
        }
    }

    fn escalated(&mut self) {
        let roles = &self.scene.incident.roles;
        // Who sees to it that it comes, and whose word it was.
        for role in [MANAGER, COMMUNICATIONS] {
            if let Some(holder) = roles.holder(role) {
                self.tell(holder, format!("You have the role of {}.", RoleName::from(role).words()));
            }
        }
        if roles.responsible(COMMUNICATIONS).is_none() {
            self.on_duty("nobody leads this incident yet", How::Missing);
        }
    }

    fn role(&mut self, fact: &Fact) {
        match fact {
            Fact::Taken { role, person, from, .. } | Fact::Assigned { role, person, from } => {
                self.changed(role, person, from.as_deref());
            }
            Fact::HandedOver { role, from, to } => self.changed(role, to, Some(from)),
            Fact::Offered { role, from, to, .. } => {
                let role = role.words();
                self.tell(
                    to,
                    format!("You are asked to take the role of {role}. Until you accept, {from} stays responsible."),
                );
            }
            Fact::OfferEnded { role, from, to, end } => match end {
                OfferEnd::Declined | OfferEnd::Expired => {
                    self.tell_other(from, format!("You still have the role of {}.", role.words()));
                }
                OfferEnd::Withdrawn | OfferEnd::Void => {
                    self.tell_other(to, format!("You are not asked to take the role of {} any more.", role.words()));
                }
            },
            Fact::Released { role, person, .. } => {
                self.tell_other(person, format!("You don't have the role of {} any more.", role.words()));
                if role.0 == MANAGER {
                    self.on_duty("nobody leads this incident any more", How::Missing);
                }
            }
            Fact::RoleOpen { role, .. } => self.open(role),
            // No other fact is about a role.
            _ => {}
        }
    }

    fn changed(&mut self, role: &RoleName, to: &str, from: Option<&str>) {
        let words = role.words();
        self.tell(to, format!("You have the role of {words} now."));
        if let Some(from) = from.filter(|from| !from.eq_ignore_ascii_case(to)) {
            self.tell_other(from, format!("You don't have the role of {words} any more."));
        }
    }

    fn open(&mut self, role: &RoleName) {
        match self.scene.incident.roles.holder(&role.0) {
            Some(holder) => {
                let words = role.words();
                self.tell(
                    holder,
                    format!(
                        "You have the role of {words}, and are silent: say something, or somebody else takes over."
                    ),
                );
            }
            None if role.0 == MANAGER => self.on_duty("nobody leads this incident yet", How::Said),
            None => {}
        }
    }

    fn asked(&mut self, prompt: Prompt) {
        let roles = &self.scene.incident.roles;
        let whom: Vec<&str> = match prompt {
            Prompt::HandOver => self.holders_for_long(),
            Prompt::Scope | Prompt::Stale | Prompt::Promise | Prompt::CallOut => {
                asked_of(self.scene.incident, prompt).into_iter().collect()
            }
        };
        for name in whom {
            let held: Vec<String> = roles.of(name).map(RoleName::words).collect();
            let lead = vec![Part::Words(format!("You have the role of {}.", held.join(" and ")))];
            if let Some(concerned) = self.add(name, lead) {
                concerned.asked.push(prompt);
            }
        }
    }

    // Whoever has a role for as long as is asked about, or whose duty ended.
    fn holders_for_long(&self) -> Vec<&'a str> {
        let waits = Waits { source: &self.scene.policy.source, directory: self.scene.directory };
        let tired = tired(self.scene.incident, &waits, self.scene.at);
        let mut people: Vec<&str> =
            tired.iter().filter_map(|tired| self.scene.incident.roles.holder(&tired.role.0)).collect();
        people.sort_unstable();
        people.dedup();
        people
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, receiver};
    use super::super::template::fixture::time;
    use super::*;
    use crate::directory::{Directory, Shift, Squad};
    use crate::incident::{CallOffCode, Severity};
    use crate::policy::ReceiverSpec;
    use chrono::TimeDelta;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn somebody(name: &str, email: Option<&str>, slack: Option<&str>) -> Person {
        Person { name: text(name), email: email.map(text), slack: slack.map(text), ..Person::default() }
    }

    fn directory() -> Directory {
        let on_duty = |person: &str, hours| Shift {
            squad: text("Production-Squad"),
            person: text(person),
            until: time() + TimeDelta::hours(hours),
        };
        Directory {
            people: vec![
                somebody("adrian", Some("adrian@example.org"), None),
                somebody("anna", Some("anna@example.org"), Some("U0ANNA")),
                somebody("bert", None, None),
                somebody("carla", None, Some("U0CARLA")),
            ],
            squads: vec![Squad { name: text("Production-Squad"), members: vec![text("anna"), text("carla")] }],
            // Carla's ended; whom a calendar names without our knowing can't be reached.
            on_duty: vec![on_duty("anna", 9), on_duty("carla", -1), on_duty("Somebody Else", 9)],
        }
    }

    fn story() -> Story {
        let personal = |name, kind| ReceiverSpec { personal: true, ..receiver(name, kind) };
        let receivers = vec![personal("mail", ReceiverKind::Email), personal("chat", ReceiverKind::Slack)];
        let mut story = Story::new(receivers, &[]);
        story.directory = directory();
        story
    }

    fn role(name: &str) -> RoleName {
        RoleName::from(name)
    }

    // Who was told since this was asked last, where, and why.
    fn told(story: &mut Story) -> Vec<String> {
        let transcript = std::mem::take(&mut story.transcript);
        let notices = transcript.split("==================== ").filter(|notice| notice.contains(" Direct "));
        let line = |notice: &str| {
            let key = notice.split(' ').next().unwrap().to_owned();
            let paragraph = notice.split_once("\nYou ").map(|(_, rest)| rest.split("\n\n").next().unwrap()).unwrap();
            let lead = format!("You {}.", paragraph.replace('\n', " ").split('.').next().unwrap());
            format!("{}: {lead}", key.trim_start_matches("inc-42."))
        };
        notices.map(line).collect()
    }

    fn declared() -> Story {
        let mut story = story();
        story.declare("errors", "").transcript.clear();
        story.incident.as_mut().unwrap().roles.asked = text("Production-Squad");
        story
    }

    #[test]
    fn whoever_is_on_duty_hears_of_what_nobody_leads() {
        let mut story = declared();
        let again = Fact::RoleOpen { role: role(MANAGER), because: text("late"), times: 1, again_at: None };
        story.rule(again);
        let on_duty = "You are on duty for Production-Squad, and nobody leads this incident yet.";
        assert_eq!(told(&mut story), [format!("role.2.mail.anna: {on_duty}"), format!("role.2.chat.anna: {on_duty}")]);
    }

    #[test]
    fn a_role_that_changes_hands_concerns_both() {
        let mut story = declared();
        let taken = |person: &str, from: Option<&str>| Fact::Taken {
            role: role(MANAGER),
            person: text(person),
            from: from.map(text),
            because: String::new(),
        };
        story.person(taken("adrian", None));
        assert_eq!(told(&mut story), ["role.2.mail.adrian: You have the role of incident manager now."]);
        story.rule(Fact::Offered { role: role(MANAGER), from: text("adrian"), to: text("carla"), expires_at: time() });
        assert_eq!(told(&mut story), ["role.3.chat.carla: You are asked to take the role of incident manager."]);
        let ended = |end| Fact::OfferEnded { role: role(MANAGER), from: text("adrian"), to: text("carla"), end };
        story.rule(ended(OfferEnd::Expired));
        assert_eq!(told(&mut story), ["role.4.mail.adrian: You still have the role of incident manager."]);
        story.rule(ended(OfferEnd::Void));
        assert_eq!(
            told(&mut story),
            ["role.5.chat.carla: You are not asked to take the role of incident manager any more."]
        );
        story.rule(Fact::HandedOver { role: role(MANAGER), from: text("adrian"), to: text("carla") });
        assert_eq!(
            told(&mut story),
            [
                "role.6.chat.carla: You have the role of incident manager now.",
                "role.6.mail.adrian: You don't have the role of incident manager any more."
            ]
        );
        // He did it himself, and knows it; she had no say.
        story.person(taken("adrian", Some("carla")));
        assert_eq!(
            told(&mut story),
            [
                "role.7.mail.adrian: You have the role of incident manager now.",
                "role.7.chat.carla: You don't have the role of incident manager any more."
            ]
        );
    }

    #[test]
    fn everybody_is_asked_what_is_theirs() {
        let mut story = declared();
        let hold = |name: &str, person: &str| Fact::Assigned { role: role(name), person: text(person), from: None };
        story.rule(hold(MANAGER, "carla")).rule(hold(COMMUNICATIONS, "adrian"));
        story.transcript.clear();
        story.rule(Fact::Prompted { prompts: vec![Prompt::Scope, Prompt::CallOut] });
        let transcript = story.transcript.clone();
        let (to_adrian, to_carla) = transcript.split_once("prompt.4.chat.carla").unwrap();
        assert!(to_adrian.contains("who is affected") && !to_adrian.contains("it goes on for"), "{to_adrian}");
        assert!(to_carla.contains("it goes on for") && !to_carla.contains("who is affected"), "{to_carla}");
        assert_eq!(told(&mut story).len(), 2);
        story.rule(Fact::PromiseMissed { by: time() });
        assert_eq!(
            told(&mut story),
            [
                "prompt.5.chat.carla: You have the role of incident manager.",
                "prompt.5.mail.adrian: You have the role of communications."
            ]
        );
    }

    #[test]
    fn who_follows_hears_what_the_team_hears_but_not_of_what_they_did() {
        let mut story = declared();
        let update = || Fact::Updated { text: text("news"), impact: None, next_by: None, promised: None };
        story.person(Fact::Followed { person: text("adrian") }).person(Fact::Followed { person: text("anna") });
        story.transcript.clear();
        let follows = "You follow this incident.";
        story.person(update());
        assert_eq!(
            told(&mut story),
            [format!("updated.4.mail.anna: {follows}"), format!("updated.4.chat.anna: {follows}")]
        );
        story.rule(Fact::Severity {
            from: Severity::Major,
            to: Severity::Critical,
            because: text("worse"),
            next_by: None,
        });
        assert_eq!(told(&mut story).len(), 3);
        story.person(Fact::Unfollowed { person: text("anna") });
        story.rule(Fact::CalledOff { code: CallOffCode::Other, reason: text("nothing") });
        assert_eq!(told(&mut story), [format!("called_off.7.mail.adrian: {follows}")]);
    }

    #[test]
    fn whom_nobody_can_reach_is_named_to_the_team_only() {
        let mut story = declared();
        let assigned = |person: &str| Fact::Assigned { role: role(MANAGER), person: text(person), from: None };
        story.rule(assigned("bert")).rule(assigned("stranger"));
        assert_eq!(told(&mut story), [] as [String; 0]);
    }
}
