//! What is added, changed and removed by hand: what a change writes, or why it is refused. What the configuration says is
//! changed there, and nowhere else.

use super::check::{PEOPLE_MAX, SQUADS_MAX, check};
use super::{Directory, Person, Squad};
use crate::nearest::unknown;
use crate::text::clean_line;

/// A change that somebody makes by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Somebody new, and the squads they are in from now on.
    AddPerson {
        /// Who.
        person: Person,
        /// Names of squads that were made by hand.
        squads: Vec<String>,
    },
    /// Somebody is reached elsewhere.
    ChangePerson {
        /// Who.
        name: String,
        /// What is different.
        edit: Edit,
    },
    /// Somebody leaves, and all squads with them.
    RemovePerson {
        /// Who.
        name: String,
    },
    /// A new squad.
    AddSquad(Squad),
    /// A squad is no more.
    RemoveSquad {
        /// Which.
        name: String,
    },
    /// People join a squad.
    Join {
        /// Which.
        squad: String,
        /// Who.
        people: Vec<String>,
    },
    /// People leave a squad.
    Leave {
        /// Which.
        squad: String,
        /// Who.
        people: Vec<String>,
    },
}

/// What is different of a person. `None` leaves it as it is, an empty text takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// Their name in full.
    pub full_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// Where they live.
    pub time_zone: Option<String>,
    /// Their Slack user id.
    pub slack: Option<String>,
    /// Their account with IRC services.
    pub irc: Option<String>,
}

/// Who is there before a change.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// In the configuration.
    pub written: &'a Directory,
    /// People added by hand.
    pub people: &'a [Person],
    /// Squads added by hand.
    pub squads: &'a [Squad],
}

/// What is to be written: all of it, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// This person, new or anew.
    Person(Person),
    /// Nobody of this name.
    NoPerson(String),
    /// This squad, new or anew.
    Squad(Squad),
    /// No squad of this name.
    NoSquad(String),
}

/// A change that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What is to be written; nothing, if everything is so already.
    pub writes: Vec<Write>,
    /// The name of the person or squad, as it is written.
    pub name: String,
    /// As it was, for the audit log; empty where there was nothing.
    pub before: String,
    /// As it is.
    pub after: String,
    /// What whoever asked is told.
    pub text: String,
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Something is wrong with it.
    #[error("{0}")]
    Wrong(String),
    /// Not now, or not here.
    #[error("{0}")]
    Conflict(String),
    /// There is none.
    #[error("{0}")]
    Missing(String),
}

impl Change {
    /// What is asked for, in a line, for the audit log.
    pub fn what(&self) -> String {
        let named = |name: &str| clean_line(name, 80);
        match self {
            Self::AddPerson { person, .. } => format!("person {} added", named(&person.name)),
            Self::ChangePerson { name, .. } => format!("person {} changed", named(name)),
            Self::RemovePerson { name } => format!("person {} removed", named(name)),
            Self::AddSquad(squad) => format!("squad {} added", named(&squad.name)),
            Self::RemoveSquad { name } => format!("squad {} removed", named(name)),
            Self::Join { squad, people } => format!("{} joined squad {}", named(&people.join(", ")), named(squad)),
            Self::Leave { squad, people } => format!("{} left squad {}", named(&people.join(", ")), named(squad)),
        }
    }
}

impl Before<'_> {
    /// Decides a change.
    ///
    /// # Errors
    /// It can't be made; the text says why, and what to do instead.
    pub fn decide(&self, change: Change) -> Result<Decided, Refused> {
        match change {
            Change::AddPerson { person, squads } => self.add_person(person, &squads),
            Change::ChangePerson { name, edit } => self.change_person(&name, edit),
            Change::RemovePerson { name } => self.remove_person(&name),
            Change::AddSquad(squad) => self.add_squad(squad),
            Change::RemoveSquad { name } => self.remove_squad(&name),
            Change::Join { squad, people } => self.join(&squad, &people),
            Change::Leave { squad, people } => self.leave(&squad, &people),
        }
    }

    fn add_person(&self, person: Person, squads: &[String]) -> Result<Decided, Refused> {
        let name = person.name.clone();
        self.free("person", &name, self.written.person(&name).map(|person| person.name.as_str()))?;
        if let Some(known) = self.people.iter().find(|known| known.name.eq_ignore_ascii_case(&name)) {
            let known = &known.name;
            let hint = format!("`earlybell person change {known}` changes what is known of them");
            return Err(Refused::Conflict(format!("{known} is there already; {hint}")));
        }
        let mut people = self.people.to_vec();
        people.push(person.clone());
        self.good_person(&people, people.len() - 1)?;
        let mut writes = vec![Write::Person(person.clone())];
        for squad in squads {
            let mut squad = without(self.squad(squad)?, std::slice::from_ref(&name));
            squad.members.push(name.clone());
            let write = Write::Squad(squad);
            if !writes.contains(&write) {
                writes.push(write);
            }
        }
        let text = format!("added {name}");
        Ok(Decided { writes, name, before: String::new(), after: of_person(&person), text })
    }

    fn change_person(&self, name: &str, edit: Edit) -> Result<Decided, Refused> {
        let at = self.person(name)?;
        let mut people = self.people.to_vec();
        let before = people[at].clone();
        edit.apply(&mut people[at]);
        self.good_person(&people, at)?;
        let (name, after) = (before.name.clone(), people.swap_remove(at));
        let is_same = before == after;
        let text = if is_same { format!("{name} is known like that already") } else { format!("changed {name}") };
        let (before, known) = (of_person(&before), of_person(&after));
        let writes = if is_same { Vec::new() } else { vec![Write::Person(after)] };
        Ok(Decided { writes, name, before, after: known, text })
    }

    fn remove_person(&self, name: &str) -> Result<Decided, Refused> {
        let person = &self.people[self.person(name)?];
        let name = person.name.clone();
        let mut writes = vec![Write::NoPerson(name.clone())];
        // Whoever is added under this name one day does not inherit the squads of somebody else.
        for squad in self.squads.iter().filter(|squad| squad.members.contains(&name)) {
            writes.push(Write::Squad(without(squad, std::slice::from_ref(&name))));
        }
        let text = format!("removed {name}");
        Ok(Decided { writes, name, before: of_person(person), after: String::new(), text })
    }

    fn add_squad(&self, squad: Squad) -> Result<Decided, Refused> {
        let name = squad.name.clone();
        self.free("squad", &name, self.written.squad(&name).map(|squad| squad.name.as_str()))?;
        if let Some(known) = self.squads.iter().find(|known| known.name.eq_ignore_ascii_case(&name)) {
            let known = &known.name;
            let hint = format!("`earlybell squad join {known} NAME` adds people");
            return Err(Refused::Conflict(format!("squad {known} is there already; {hint}")));
        }
        let squad = Squad { name: squad.name, members: self.known(&squad.members)? };
        self.good_squad(&squad)?;
        let text = format!("added squad {name}");
        Ok(Decided { name, before: String::new(), after: of_squad(&squad), text, writes: vec![Write::Squad(squad)] })
    }

    fn remove_squad(&self, name: &str) -> Result<Decided, Refused> {
        let squad = self.squad(name)?;
        let (name, before) = (squad.name.clone(), of_squad(squad));
        let text = format!("removed squad {name}");
        Ok(Decided { writes: vec![Write::NoSquad(name.clone())], name, before, after: String::new(), text })
    }

    fn join(&self, squad: &str, people: &[String]) -> Result<Decided, Refused> {
        let before = self.squad(squad)?;
        let mut after = before.clone();
        // Somebody who left the configuration is nobody who could be checked.
        let names = self.names();
        after.members.retain(|member| names.contains(&member.as_str()));
        let joined: Vec<String> =
            self.known(people)?.into_iter().filter(|person| !after.members.contains(person)).collect();
        after.members.extend(joined.iter().cloned());
        let text = match joined.as_slice() {
            [] => format!("{} {} in {} already", people.join(", "), are(people.len()), before.name),
            joined => format!("{} {} in {} now", joined.join(", "), are(joined.len()), before.name),
        };
        self.good_squad(&after)?;
        Ok(squad_changed(before, after, text))
    }

    fn leave(&self, squad: &str, people: &[String]) -> Result<Decided, Refused> {
        let before = self.squad(squad)?;
        for person in people {
            if !before.members.iter().any(|member| member.eq_ignore_ascii_case(person)) {
                let problem = unknown("member", person, &before.members);
                return Err(Refused::Missing(format!("squad {}: {problem}", before.name)));
            }
        }
        let text = format!("{} {} no longer in {}", people.join(", "), are(people.len()), before.name);
        Ok(squad_changed(before, without(before, people), text))
    }

    // As the directory writes them, each once.
    fn known(&self, people: &[String]) -> Result<Vec<String>, Refused> {
        let names = self.names();
        let mut found: Vec<String> = Vec::new();
        for person in people {
            let known = names.iter().find(|known| known.eq_ignore_ascii_case(person));
            let known = *known.ok_or_else(|| Refused::Wrong(unknown("person", person, &names)))?;
            if !found.iter().any(|other| other == known) {
                found.push(known.to_owned());
            }
        }
        Ok(found)
    }

    // A name that the configuration does not use.
    fn free(&self, what: &str, name: &str, written: Option<&str>) -> Result<(), Refused> {
        let Some(written) = written else { return Ok(()) };
        let shown = if written == name { written.to_owned() } else { format!("{written}, and so {name},") };
        Err(Refused::Conflict(in_config(what, &shown)))
    }

    // Where somebody added by hand stands.
    fn person(&self, name: &str) -> Result<usize, Refused> {
        let found = self.people.iter().position(|person| person.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| match self.written.person(name) {
            Some(written) => Refused::Conflict(in_config("person", &written.name)),
            None => Refused::Missing(unknown("person", name, &self.names())),
        })
    }

    fn squad(&self, name: &str) -> Result<&Squad, Refused> {
        let found = self.squads.iter().find(|squad| squad.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| match self.written.squad(name) {
            Some(written) => Refused::Conflict(in_config("squad", &written.name)),
            None => {
                let names: Vec<&str> =
                    self.written.squads.iter().chain(self.squads).map(|squad| squad.name.as_str()).collect();
                Refused::Missing(unknown("squad", name, &names))
            }
        })
    }

    fn names(&self) -> Vec<&str> {
        self.written.people.iter().chain(self.people).map(|person| person.name.as_str()).collect()
    }

    // Only what is wrong with this one: what is wrong with others is not its fault.
    fn good_person(&self, people: &[Person], at: usize) -> Result<(), Refused> {
        if self.written.people.len() + people.len() > PEOPLE_MAX {
            return Err(Refused::Conflict(format!("there are {PEOPLE_MAX} people already; remove some first")));
        }
        let others = people.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
        let people: Vec<Person> = self.written.people.iter().chain(others).chain([&people[at]]).cloned().collect();
        let place = format!("people[{}].", people.len() - 1);
        refuse(&Directory { people, ..Directory::default() }, &place)
    }

    fn good_squad(&self, squad: &Squad) -> Result<(), Refused> {
        let others = self.squads.iter().filter(|other| other.name != squad.name);
        let squads: Vec<Squad> = self.written.squads.iter().chain(others).chain([squad]).cloned().collect();
        if squads.len() > SQUADS_MAX {
            return Err(Refused::Conflict(format!("there are {SQUADS_MAX} squads already; remove some first")));
        }
        let people = self.written.people.iter().chain(self.people).cloned().collect();
        let place = format!("squads[{}].", squads.len() - 1);
        refuse(&Directory { people, squads, ..Directory::default() }, &place)
    }
}

impl Edit {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn apply(self, person: &mut Person) {
        let put = |field: &mut Option<String>, said: Option<String>| {
            if let Some(text) = said {
                *field = (!text.is_empty()).then_some(text);
            }
        };
        put(&mut person.email, self.email);
        put(&mut person.time_zone, self.time_zone);
        put(&mut person.slack, self.slack);
        put(&mut person.irc, self.irc);
        person.full_name = self.full_name.unwrap_or(std::mem::take(&mut person.full_name));
    }
}

fn refuse(directory: &Directory, place: &str) -> Result<(), Refused> {
    let wrong = check(directory).into_iter().find_map(|wrong| {
        let key = wrong.path.strip_prefix(place)?.to_owned();
        Some(format!("{key}: {}", wrong.problem))
    });
    wrong.map_or(Ok(()), |problem| Err(Refused::Wrong(problem)))
}

fn squad_changed(before: &Squad, after: Squad, text: String) -> Decided {
    let words = (of_squad(before), of_squad(&after));
    let writes = if *before == after { Vec::new() } else { vec![Write::Squad(after)] };
    Decided { writes, name: before.name.clone(), before: words.0, after: words.1, text }
}

fn without(squad: &Squad, people: &[String]) -> Squad {
    let goes = |member: &String| people.iter().any(|person| person.eq_ignore_ascii_case(member));
    Squad { name: squad.name.clone(), members: squad.members.iter().filter(|member| !goes(member)).cloned().collect() }
}

fn in_config(what: &str, name: &str) -> String {
    let key = if what == "person" { "people" } else { "squads" };
    format!("{what} {} stands in the configuration; change `{key}:` there, then reload", clean_line(name, 160))
}

fn are(people: usize) -> &'static str {
    if people == 1 { "is" } else { "are" }
}

// In a line, for the audit log.
fn of_person(person: &Person) -> String {
    let Person { name, full_name, email, time_zone, slack, irc } = person;
    let full_name = Some(full_name.clone()).filter(|full_name| !full_name.is_empty());
    let known = [("full name", &full_name), ("email", email), ("time zone", time_zone), ("slack", slack), ("irc", irc)];
    let known = known.into_iter().filter_map(|(key, value)| Some(format!("{key} {}", value.as_deref()?)));
    [name.clone()].into_iter().chain(known).collect::<Vec<_>>().join(", ")
}

fn of_squad(squad: &Squad) -> String {
    let members = if squad.members.is_empty() { "nobody".to_owned() } else { squad.members.join(", ") };
    format!("{}: {members}", squad.name)
}

#[cfg(test)]
mod tests;
