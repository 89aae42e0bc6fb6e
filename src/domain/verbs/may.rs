//! Who may say which verb. The role of access decides, but for one thing: whoever leads an incident may end it.

use super::Verb;
use crate::access::Role;
use crate::incident::roles::same_person;
use crate::incident::{Command, Incident, Refusal};

/// Whether somebody may do this at all, to whatever incident.
///
/// # Errors
/// They may not, whoever leads.
pub fn ever(verb: Verb, access: Role) -> Result<(), Refusal> {
    let needs = verb.spec().access;
    if access >= needs || (needs == Role::Manager && access >= Role::Responder) {
        return Ok(());
    }
    Err(Refusal::NotAllowed { verb, needs, has: access, incident: None })
}

/// Whether they may do it to this incident; `None` if it is to be said of none.
///
/// # Errors
/// They may not; the refusal says what to do instead.
pub fn on(command: &Command, incident: Option<&Incident>) -> Result<(), Refusal> {
    say(Verb::of(&command.act), command.access, command.actor.name(), incident)
}

/// Whether somebody of this name may say a verb of this incident.
///
/// # Errors
/// They may not; the refusal says what to do instead.
pub fn say(verb: Verb, access: Role, name: Option<&str>, incident: Option<&Incident>) -> Result<(), Refusal> {
    ever(verb, access)?;
    let needs = verb.spec().access;
    let leads = || {
        let manager = incident.and_then(|incident| incident.roles.manager());
        manager.zip(name).is_some_and(|(manager, name)| same_person(manager, name))
    };
    if access >= needs || leads() {
        return Ok(());
    }
    Err(Refusal::NotAllowed { verb, needs, has: access, incident: incident.map(|incident| incident.id) })
}

#[cfg(test)]
mod tests {
    use super::{ever, on};
    use crate::access::Role;
    use crate::alert::Pairs;
    use crate::ids::{IncidentId, InputSeq};
    use crate::incident::apply::{apply, declared};
    use crate::incident::{Act, Actor, Command, Entry, Fact, Incident, Refusal, Severity, Surface};
    use crate::verbs::rows::ROWS;
    use crate::verbs::{Spelling, Verb};
    use chrono::DateTime;

    fn led_by(name: &str) -> Incident {
        let entry = |number, fact| Entry {
            incident: IncidentId(42),
            number,
            at: DateTime::UNIX_EPOCH,
            input: InputSeq(1),
            actor: Actor::person(name, Surface::Irc),
            fact,
        };
        let fact = Fact::Declared {
            title: "It hangs".to_owned(),
            impact: String::new(),
            severity: Severity::Major,
            confirmed: true,
            rule: None,
            correlation: Pairs::default(),
            labels: Pairs::default(),
            receivers: Vec::new(),
            first_alert_at: None,
            because: String::new(),
            explanation: None,
            storm: false,
            drill: false,
            squad: String::new(),
            next_by: None,
        };
        let taken = Fact::Taken {
            role: "incident_manager".into(),
            person: name.to_owned(),
            from: None,
            because: String::new(),
        };
        let mut incident = declared(&entry(1, fact)).unwrap();
        apply(&mut incident, &entry(2, taken));
        incident
    }

    fn asks(who: &str, access: Role, act: Act) -> Result<(), Refusal> {
        let command =
            Command { actor: Actor::person(who, Surface::Irc), access, key: None, incident: Some(IncidentId(42)), act };
        on(&command, Some(&led_by("carla")))
    }

    #[test]
    fn whoever_leads_an_incident_may_end_it() {
        let resolve = || Act::Resolve { text: String::new() };
        assert_eq!(asks("bert", Role::Manager, resolve()), Ok(()));
        assert_eq!(asks("carla", Role::Responder, resolve()), Ok(()));
        let refused = asks("bert", Role::Responder, resolve()).unwrap_err();
        assert_eq!(
            refused.words(&Spelling::chat("!incident")),
            "resolve needs the access role manager, and yours is responder; whoever leads it may, too: `!incident take #42 \
             incident_manager`"
        );
        // To lead is not enough for somebody who may only read.
        let refused = asks("carla", Role::Viewer, resolve()).unwrap_err();
        assert_eq!(
            refused.words(&Spelling::cli()),
            "resolve needs the access role manager, and yours is viewer; an admin gives it to you"
        );
        assert_eq!(asks("bert", Role::Responder, Act::Note { text: "x".to_owned() }), Ok(()));
        assert!(asks("carla", Role::Ingest, Act::Follow).is_err());
    }

    #[test]
    fn each_role_may_what_those_before_it_may() {
        let may = |role: Role| -> Vec<Verb> {
            ROWS.iter().map(|row| row.verb).filter(|verb| ever(*verb, role).is_ok()).collect()
        };
        assert_eq!(may(Role::Ingest), []);
        assert_eq!(may(Role::Viewer), [Verb::List, Verb::Show, Verb::Why, Verb::Help]);
        assert_eq!(may(Role::Responder).len(), ROWS.len());
        assert_eq!(may(Role::Manager), may(Role::Admin));
        let needs: Vec<Verb> = ROWS.iter().filter(|row| row.access == Role::Manager).map(|row| row.verb).collect();
        let managers = [
            Verb::Severity,
            Verb::CallOff,
            Verb::Resolve,
            Verb::Reopen,
            Verb::Merge,
            Verb::Split,
            Verb::Waive,
            Verb::Publish,
            Verb::Adopt,
        ];
        assert_eq!(needs, managers);
    }
}
