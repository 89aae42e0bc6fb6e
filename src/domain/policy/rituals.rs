//! How people work on an incident: roles with their duties, and the clocks that remind them. `0` turns one off.

use crate::duration::Duration;
use crate::incident::roles::{COMMUNICATIONS, MANAGER, OPERATIONS, RoleName};
use crate::nearest::unknown;
use serde::{Deserialize, Serialize};

/// A role and what whoever takes it has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSpec {
    /// Its name: `incident_manager`.
    pub name: RoleName,
    /// Its duties, in words; sent to whoever takes it.
    #[serde(default)]
    pub duties: Vec<String>,
}

/// Waits of the rituals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rituals {
    /// Who is asked to lead, where the rule does not say.
    pub squad: String,
    /// Unclaimed for this long, anyone may take it; said again after twice the wait, and so on.
    pub claim_within: Duration,
    /// The longest wait between two times that is said.
    pub claim_again_max: Duration,
    /// Without a sign for this long while promises are missed, a role may be taken from its holder.
    pub silent_after: Duration,
    /// An offered hand-over ends after this.
    pub offer_within: Duration,
    /// Who had a role for this long is asked to hand it over.
    pub hand_over_after: Duration,
    /// Whether promised updates that don't come are told and counted.
    pub watch_promises: bool,
    /// Communications is reminded so long before a promise.
    pub remind_before: Duration,
    /// "Who is affected?", so long after it was declared.
    pub scope_after: Duration,
    /// The state document is stale after this.
    pub stale_after: Duration,
    /// The manager is told how long it goes on, this often.
    pub call_out_every: Duration,
    /// An act can be undone for this long.
    pub undo_within: Duration,
}

impl Default for Rituals {
    fn default() -> Self {
        Self {
            squad: "Production-Squad".to_owned(),
            claim_within: Duration::minutes(5),
            claim_again_max: Duration::hours(24),
            silent_after: Duration::minutes(30),
            offer_within: Duration::minutes(15),
            hand_over_after: Duration::hours(4),
            watch_promises: true,
            remind_before: Duration::minutes(5),
            scope_after: Duration::minutes(5),
            stale_after: Duration::minutes(30),
            call_out_every: Duration::minutes(10),
            undo_within: Duration::minutes(10),
        }
    }
}

impl Rituals {
    /// None at all: where nobody is there to be reminded, as when a history is played.
    pub fn none() -> Self {
        let off = Duration::seconds(0);
        Self {
            squad: String::new(),
            claim_within: off,
            claim_again_max: off,
            silent_after: off,
            offer_within: off,
            hand_over_after: off,
            watch_promises: false,
            remind_before: off,
            scope_after: off,
            stale_after: off,
            call_out_every: off,
            undo_within: off,
        }
    }
}

// What people type for the roles of the protocol.
const SHORT: [(&str, &str); 5] =
    [("manager", MANAGER), ("im", MANAGER), ("comms", COMMUNICATIONS), ("ops", OPERATIONS), ("operator", OPERATIONS)];

/// The role that somebody means: one of these by name or short word, or of the protocol if these are none; else a sentence
/// that says which there are.
pub fn role_named(given: &str, specs: &[RoleSpec]) -> Result<RoleName, String> {
    let name = given.trim().to_lowercase().replace([' ', '-'], "_");
    let protocol = if specs.is_empty() { default_roles() } else { Vec::new() };
    let known = |name: &str| specs.iter().chain(&protocol).find(|spec| spec.name.0.eq_ignore_ascii_case(name));
    let short = || SHORT.into_iter().find(|(short, _)| *short == name).and_then(|(_, role)| known(role));
    if let Some(spec) = known(&name).or_else(short) {
        return Ok(spec.name.clone());
    }
    let names: Vec<&str> = specs.iter().chain(&protocol).map(|spec| spec.name.0.as_str()).collect();
    Err(unknown("role", given, &names))
}

/// The roles of the protocol, with their duties.
pub fn default_roles() -> Vec<RoleSpec> {
    let role = |name: &str, duties: &[&str]| RoleSpec {
        name: RoleName::from(name),
        duties: duties.iter().map(|duty| (*duty).to_owned()).collect(),
    };
    vec![
        role(
            MANAGER,
            &[
                "See that the state document exists, and that the team knows where it is.",
                "Do the work of every other role, or give it to somebody.",
                "Don't repair anything yourself while you can find somebody who does.",
                "Say when it is over.",
            ],
        ),
        role(
            COMMUNICATIONS,
            &[
                "Keep the state document up to date.",
                "Tell the users what is known, and when they hear more; keep that promise.",
                "Write the post mortem.",
            ],
        ),
        role(
            OPERATIONS,
            &["Stop the bleeding and bring the service back.", "Find the cause.", "Note what you change."],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{RoleSpec, default_roles, role_named};
    use crate::incident::roles::RoleName;

    #[test]
    fn roles_are_known_by_name_and_by_short_words() {
        let scribe = RoleSpec { name: RoleName::from("scribe"), duties: Vec::new() };
        let specs: Vec<RoleSpec> = default_roles().into_iter().chain([scribe]).collect();
        for (given, means) in [
            ("incident_manager", "incident_manager"),
            (" Incident Manager ", "incident_manager"),
            ("incident-manager", "incident_manager"),
            ("IM", "incident_manager"),
            ("manager", "incident_manager"),
            ("comms", "communications"),
            ("ops", "operations"),
            ("Scribe", "scribe"),
        ] {
            assert_eq!(role_named(given, &specs), Ok(RoleName::from(means)), "{given}");
        }
        let refused = role_named("comunications", &specs).unwrap_err();
        assert_eq!(refused, "unknown role `comunications`; did you mean `communications`?");
        let refused = role_named("captain\n!", &specs).unwrap_err();
        assert_eq!(refused, "unknown role `captain !`; known: incident_manager, communications, operations, scribe");
        // Where none are configured, those of the protocol are.
        assert_eq!(role_named("ops", &[]), Ok(RoleName::from("operations")));
        assert!(role_named("scribe", &[]).is_err());
    }
}
