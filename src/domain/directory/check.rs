//! What may be wrong with people and squads, wherever they are written: in the configuration, by API, on the command line.

use super::{Directory, Person};
use crate::interval::Location;
use crate::nearest::unknown;
use crate::text::is_clean;

/// Most people.
pub const PEOPLE_MAX: usize = 1000;
/// Most squads.
pub const SQUADS_MAX: usize = 100;
/// Longest name of a person or a squad.
pub const NAME_BYTES_MAX: usize = 64;

const FULL_NAME_BYTES_MAX: usize = 200;
// RFC 5321.
const EMAIL_BYTES_MAX: usize = 254;
const ACCOUNT_BYTES_MAX: usize = 64;
// Words that mean somebody else where a person is named: whoever speaks, whoever types on this machine, and what chats take
// for everybody in the room.
const RESERVED: [&str; 10] =
    ["me", "nobody", "earlybell", "local", "all", "anyone", "channel", "everybody", "everyone", "here"];
// What chats read as a mention or a link, and what looks like it.
const NOT_IN_A_NAME: [char; 5] = ['@', '\u{FF20}', '\u{FE6B}', '<', '>'];

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where: `people[0].email`.
    pub path: String,
    /// What, and what to write instead.
    pub problem: String,
}

/// Everything that is wrong with people and squads.
pub fn check(directory: &Directory) -> Vec<Wrong> {
    let mut found = Vec::new();
    let mut wrong = |path: String, problem: String| found.push(Wrong { path, problem });
    if directory.people.len() > PEOPLE_MAX {
        wrong("people".to_owned(), format!("are {}; at most {PEOPLE_MAX} fit", directory.people.len()));
    }
    if directory.squads.len() > SQUADS_MAX {
        wrong("squads".to_owned(), format!("are {}; at most {SQUADS_MAX} fit", directory.squads.len()));
    }
    for (at, person) in directory.people.iter().enumerate().take(PEOPLE_MAX) {
        let path = |key: &str| format!("people[{at}].{key}");
        of_person(person).into_iter().for_each(|(key, problem)| wrong(path(key), problem));
        for (key, other) in clashes(person, &directory.people[..at]) {
            wrong(path(key), taken(key, person, other));
        }
    }
    for at in 0..directory.squads.len().min(SQUADS_MAX) {
        of_squad(directory, at).into_iter().for_each(|(key, problem)| wrong(format!("squads[{at}].{key}"), problem));
    }
    found
}

/// Keys of a person that another one has too; they must not, or nobody knows who is meant.
pub fn clashes<'a>(person: &Person, others: &'a [Person]) -> Vec<(&'static str, &'a Person)> {
    let same = |mine: &Option<String>, theirs: &Option<String>| match (mine, theirs) {
        (Some(mine), Some(theirs)) => mine.eq_ignore_ascii_case(theirs),
        _ => false,
    };
    let find = |is: &dyn Fn(&Person) -> bool| others.iter().find(|other| is(other));
    let found = [
        ("name", find(&|other| other.name.eq_ignore_ascii_case(&person.name))),
        ("email", find(&|other| same(&person.email, &other.email))),
        ("slack", find(&|other| same(&person.slack, &other.slack))),
        ("irc", find(&|other| same(&person.irc, &other.irc))),
    ];
    found.into_iter().filter_map(|(key, other)| Some((key, other?))).collect()
}

fn taken(key: &str, person: &Person, other: &Person) -> String {
    match key {
        "name" => format!("another person is named `{}`", person.name),
        _ => format!("`{}` has the same; each belongs to one person", other.name),
    }
}

fn of_person(person: &Person) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut note = |key, problem: Option<String>| found.extend(problem.map(|problem| (key, problem)));
    note("name", person_name(&person.name).err());
    note("full_name", full_name(&person.full_name).err());
    note("email", person.email.as_deref().and_then(|text| email(text).err()));
    note("time_zone", person.time_zone.as_deref().and_then(|zone| time_zone(zone).err()));
    note("slack", person.slack.as_deref().and_then(|id| slack(id).err()));
    note("irc", person.irc.as_deref().and_then(|account| irc(account).err()));
    found
}

fn of_squad(directory: &Directory, at: usize) -> Vec<(String, String)> {
    let squad = &directory.squads[at];
    let mut found = Vec::new();
    if let Err(problem) = squad_name(&squad.name) {
        found.push(("name".to_owned(), problem));
    }
    if directory.squads[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&squad.name)) {
        found.push(("name".to_owned(), format!("another squad is named `{}`", squad.name)));
    }
    let names: Vec<&str> = directory.people.iter().map(|person| person.name.as_str()).collect();
    for (ix, member) in squad.members.iter().enumerate() {
        let path = format!("members[{ix}]");
        if !names.contains(&member.as_str()) {
            found.push((path, unknown("person", member, &names)));
        } else if squad.members[..ix].contains(member) {
            found.push((path, format!("`{member}` is written twice")));
        }
    }
    found
}

/// A person's name: one word that everybody can type.
pub fn person_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
    let says = format!("a name is one word of a-z, 0-9, `.`, `_` and `-`, at most {NAME_BYTES_MAX} of them");
    if RESERVED.contains(&name) {
        return Err(format!("`{name}` means somebody else wherever a person is named; another name"));
    }
    if !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(fits) {
        return Ok(());
    }
    let meant: String =
        name.to_lowercase().chars().map(|c| if c == ' ' { '.' } else { c }).filter(|c| fits(*c)).collect();
    let meant = (!meant.is_empty() && meant.len() <= NAME_BYTES_MAX).then(|| format!("; write for example `{meant}`"));
    Err(format!("{says}{}", meant.unwrap_or_default()))
}

fn squad_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if RESERVED.iter().any(|word| word.eq_ignore_ascii_case(name)) {
        return Err(format!("`{name}` means somebody else wherever a squad is named; another name"));
    }
    if !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.chars().all(fits) {
        return Ok(());
    }
    let says = format!("is one word of letters, digits, `.`, `_` and `-`, at most {NAME_BYTES_MAX} of them");
    Err(format!("a squad's name {says}; write for example `Production-Squad`"))
}

// Stricter than mail itself is: nothing that a header or an envelope could take for more than one address.
fn email(text: &str) -> Result<(), String> {
    let local = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
        !part.is_empty()
            && part.chars().all(fits)
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
    };
    let label = |part: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !part.is_empty() && part.chars().all(fits) && !part.starts_with('-') && !part.ends_with('-')
    };
    let is_one = text.len() <= EMAIL_BYTES_MAX
        && text.rsplit_once('@').is_some_and(|(name, host)| local(name) && host.split('.').all(label));
    let problem = || format!("`{}` is no mail address; write for example adrian@example.org", shown(text));
    is_one.then_some(()).ok_or_else(problem)
}

fn time_zone(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("is empty; write for example Europe/Berlin".to_owned());
    }
    Location::parse(name).map(drop)
}

fn slack(id: &str) -> Result<(), String> {
    let is_id = id.len() >= 3
        && id.len() <= ACCOUNT_BYTES_MAX
        && id.starts_with(['U', 'W'])
        && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let problem = || {
        format!("`{}` is no Slack user id; in the profile choose “Copy member ID”, it looks like U012AB3CD", shown(id))
    };
    is_id.then_some(()).ok_or_else(problem)
}

fn irc(account: &str) -> Result<(), String> {
    let is_one = !account.is_empty()
        && account.len() <= ACCOUNT_BYTES_MAX
        && is_clean(account, ACCOUNT_BYTES_MAX)
        && account.chars().all(|c| !c.is_whitespace() && !NOT_IN_A_NAME.contains(&c))
        && !account.starts_with([':', '#']);
    let problem = || format!("`{}` is no account of IRC services: one word, as /whois shows it", shown(account));
    is_one.then_some(()).ok_or_else(problem)
}

fn full_name(text: &str) -> Result<(), String> {
    if !is_clean(text, FULL_NAME_BYTES_MAX) || text.contains(['\n', '\t']) {
        return Err(format!(
            "is more than one line of {FULL_NAME_BYTES_MAX} bytes, or has characters that can't be seen"
        ));
    }
    if let Some(found) = text.chars().find(|c| NOT_IN_A_NAME.contains(c)) {
        return Err(format!("holds `{found}`, which chats take for more than a letter; write the name alone"));
    }
    Ok(())
}

fn shown(text: &str) -> String {
    crate::text::clean_line(text, 80)
}

#[cfg(test)]
mod tests {
    use super::super::Squad;
    use super::*;

    fn person(name: &str) -> Person {
        Person { name: name.to_owned(), ..Person::default() }
    }

    fn said(directory: &Directory) -> Vec<String> {
        check(directory).into_iter().map(|Wrong { path, problem }| format!("{path}: {problem}")).collect()
    }

    #[test]
    fn people_and_squads_as_they_should_be() {
        let adrian = Person {
            full_name: "Adrian S.".to_owned(),
            email: Some("adrian+bell@mail.example.org".to_owned()),
            time_zone: Some("Europe/Berlin".to_owned()),
            slack: Some("U012AB3CD".to_owned()),
            irc: Some("adrianS".to_owned()),
            ..person("adrian")
        };
        let squad =
            Squad { name: "Production-Squad".to_owned(), members: vec!["adrian".to_owned(), "a.b-c_1".to_owned()] };
        let directory =
            Directory { people: vec![adrian, person("a.b-c_1")], squads: vec![squad], ..Directory::default() };
        assert_eq!(said(&directory), [] as [String; 0]);
    }

    #[test]
    fn each_identity_belongs_to_one_person() {
        let two = |change: fn(&mut Person, &str)| {
            let (mut first, mut second) = (person("anna"), person("bert"));
            change(&mut first, "x");
            change(&mut second, "X");
            said(&Directory { people: vec![first, second], ..Directory::default() })
        };
        let same = "`anna` has the same; each belongs to one person";
        assert_eq!(two(|p, _| p.email = Some("a@b.c".to_owned())), [format!("people[1].email: {same}")]);
        assert_eq!(two(|p, _| p.slack = Some("U123".to_owned())), [format!("people[1].slack: {same}")]);
        assert_eq!(two(|p, account| p.irc = Some(account.to_owned())), [format!("people[1].irc: {same}")]);
        assert_eq!(two(|p, _| p.name = "eve".to_owned()), ["people[1].name: another person is named `eve`"]);
    }

    #[test]
    fn mail_addresses_hold_nothing_but_one_address() {
        for good in ["a@b", "first.last@example.org", "o'neil+x@a-b.example"] {
            assert_eq!(email(good), Ok(()), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        let bad = [
            "",
            "a",
            "@b",
            "a@",
            "a b@c",
            "a@b,c@d",
            "a@b c",
            "<a@b>",
            "a@b\r\nBcc: x@y",
            ".a@b",
            "a..b@c",
            "a@-b",
            "a@b.",
            "\"a b\"@c",
            "a@[127.0.0.1]",
            "ä@b",
            &long,
        ];
        for bad in bad {
            assert!(email(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_are_words_that_everybody_can_type() {
        let problem = |name: &str| person_name(name).unwrap_err();
        assert!(problem("Adrian S").ends_with("; write for example `adrian.s`"), "{}", problem("Adrian S"));
        assert!(problem("").ends_with("at most 64 of them"));
        assert!(problem("me").starts_with("`me` means somebody else"));
        for bad in ["a/b", "a@b", "<b>", "ä", "a\nb", &"a".repeat(65)] {
            assert!(person_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nobody_is_called_what_a_chat_takes_for_everybody() {
        let cyrillic = "h\u{435}r\u{435}";
        for bad in
            ["everyone", "@everyone", "here", "channel", "<!channel>", cyrillic, "\u{FF20}here", "a\u{202E}b", "a\0"]
        {
            assert!(person_name(bad).is_err(), "person {bad}");
            assert!(squad_name(bad).is_err(), "squad {bad}");
        }
        assert!(squad_name("Everyone").is_err());
        for bad in [
            "Anna @everyone",
            "<!channel>",
            "\u{FF20}here",
            "Anna\nBcc: x",
            "\u{202E}annA",
            "A\x1b[2J",
            &"a".repeat(201),
        ] {
            assert!(full_name(bad).is_err(), "full name {bad}");
        }
        assert_eq!(full_name("Ánna Müller-O'Neil (on call), 安娜"), Ok(()));
        for bad in ["", "a b", "#room", ":x", "@here", "<x>", "a\u{202E}b", "a\x03b", &"a".repeat(65)] {
            assert!(irc(bad).is_err(), "account {bad}");
        }
    }

    #[test]
    fn members_must_be_there() {
        let squad = |members: &[&str]| Squad {
            name: "S".to_owned(),
            members: members.iter().map(|name| (*name).to_owned()).collect(),
        };
        let people = vec![person("adrian"), person("anna")];
        let directory =
            Directory { people, squads: vec![squad(&["adriann", "anna", "anna"]), squad(&[])], ..Directory::default() };
        assert_eq!(
            said(&directory),
            [
                "squads[0].members[0]: unknown person `adriann`; did you mean `adrian`?",
                "squads[0].members[2]: `anna` is written twice",
                "squads[1].name: another squad is named `S`",
            ]
        );
    }
}
