//! One directory of three sources. The configuration wins over what was added by hand, and both say what they lost.

use crate::store::ByHand;
use chrono::{DateTime, Utc};
use domain::directory::check::{Wrong, check, clashes};
use domain::directory::{Directory, Person, Shift, Squad};

/// A directory, and what could not be in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Composed {
    /// Everybody.
    pub directory: Directory,
    /// What was left out, in words.
    pub left_out: Vec<String>,
}

/// Puts it together. `shifts` are what calendars say now.
pub fn compose(written: &Directory, by_hand: &ByHand, shifts: Vec<Shift>, now: DateTime<Utc>) -> Composed {
    let mut composed = Composed {
        directory: Directory { people: written.people.clone(), squads: written.squads.clone(), on_duty: Vec::new() },
        left_out: Vec::new(),
    };
    by_hand.people.iter().for_each(|added| composed.add_person(&added.what));
    by_hand.squads.iter().for_each(|added| composed.add_squad(&added.what));
    let Directory { people, squads, on_duty } = &mut composed.directory;
    on_duty.extend(shifts.into_iter().filter(|shift| shift.until > now));
    people.sort_by(|a, b| a.name.cmp(&b.name));
    squads.sort_by(|a, b| a.name.cmp(&b.name));
    on_duty.sort_by(|a, b| (&a.squad, &a.person).cmp(&(&b.squad, &b.person)));
    composed
}

impl Composed {
    fn add_person(&mut self, person: &Person) {
        let mut person = person.clone();
        let name = person.name.clone();
        for (key, other) in clashes(&person.clone(), &self.directory.people) {
            match key {
                "name" => {
                    self.left_out
                        .push(format!("{name}, added by hand, stands in the configuration too: that one counts"));
                    return;
                }
                "email" => person.email = None,
                "slack" => person.slack = None,
                _ => person.irc = None,
            }
            self.left_out.push(format!("{key} of {name} is left out: {} has the same", other.name));
        }
        // An older version may have taken what this one does not.
        let alone = Directory { people: vec![person.clone()], ..Directory::default() };
        match check(&alone).first() {
            Some(Wrong { path, problem }) => self.left_out.push(format!("{name} is left out: {path} {problem}")),
            None => self.directory.people.push(person),
        }
    }

    fn add_squad(&mut self, squad: &Squad) {
        let name = &squad.name;
        if self.directory.squad(name).is_some() {
            self.left_out
                .push(format!("squad {name}, added by hand, stands in the configuration too: that one counts"));
            return;
        }
        let (members, gone): (Vec<String>, Vec<String>) =
            squad.members.iter().cloned().partition(|member| self.directory.person(member).is_some());
        if !gone.is_empty() {
            self.left_out.push(format!("squad {name} has members that are not there: {}", gone.join(", ")));
        }
        self.directory.squads.push(Squad { name: name.clone(), members });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Added;

    fn person(name: &str, slack: Option<&str>) -> Person {
        Person { name: name.to_owned(), slack: slack.map(str::to_owned), ..Person::default() }
    }

    fn squad(name: &str, members: &[&str]) -> Squad {
        Squad { name: name.to_owned(), members: members.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn by_hand(people: Vec<Person>, squads: Vec<Squad>) -> ByHand {
        fn added<T>(what: T) -> Added<T> {
            Added { what, by: "henne".to_owned(), at: DateTime::UNIX_EPOCH }
        }
        ByHand { people: people.into_iter().map(added).collect(), squads: squads.into_iter().map(added).collect() }
    }

    #[test]
    fn the_configuration_wins_and_says_so() {
        let written = Directory {
            people: vec![person("carla", Some("U0CARLA")), person("anna", None)],
            squads: vec![squad("Production-Squad", &["anna"])],
            ..Directory::default()
        };
        let hand = by_hand(
            vec![person("anna", Some("U0ANNA")), person("bert", Some("U0CARLA"))],
            vec![squad("production-squad", &["bert"]), squad("Web", &["bert", "carla", "gone"])],
        );
        let composed = compose(&written, &hand, Vec::new(), DateTime::UNIX_EPOCH);
        assert_eq!(
            composed.directory,
            Directory {
                people: vec![person("anna", None), person("bert", None), person("carla", Some("U0CARLA"))],
                squads: vec![squad("Production-Squad", &["anna"]), squad("Web", &["bert", "carla"])],
                ..Directory::default()
            }
        );
        assert_eq!(
            composed.left_out,
            [
                "anna, added by hand, stands in the configuration too: that one counts",
                "slack of bert is left out: carla has the same",
                "squad production-squad, added by hand, stands in the configuration too: that one counts",
                "squad Web has members that are not there: gone",
            ]
        );
    }

    #[test]
    fn shifts_that_are_over_are_forgotten() {
        let shift = |person: &str, seconds| Shift {
            squad: "S".to_owned(),
            person: person.to_owned(),
            until: DateTime::from_timestamp(seconds, 0).unwrap_or_default(),
        };
        let now = DateTime::from_timestamp(100, 0).unwrap_or_default();
        let composed = compose(
            &Directory::default(),
            &ByHand::default(),
            vec![shift("b", 101), shift("a", 200), shift("c", 100)],
            now,
        );
        assert_eq!(composed.directory.on_duty, [shift("a", 200), shift("b", 101)]);
    }
}
