//! What each verb asks for. The names of the fields are those of the API's bodies, which read what comes back.

use super::typed::Typed;
use domain::incident::room::Part;
use domain::incident::{CallOffCode, Severity};
use domain::verbs::Verb;
use serde::Serialize;

/// What choices are made from.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Roles: name and words.
    pub roles: Vec<(String, String)>,
    /// Those of them that whoever looks is asked to take over.
    pub offered: Vec<(String, String)>,
    /// People by name.
    pub people: Vec<String>,
    /// Other incidents that are open: number and title.
    pub others: Vec<(u64, String)>,
    /// Alerts of this incident: row and words.
    pub alerts: Vec<(u64, String)>,
}

/// One field of a verb.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    name: &'static str,
    label: &'static str,
    kind: Kind,
    required: bool,
    hint: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One line.
    Line,
    /// A line that names somebody.
    Person,
    /// A few lines.
    Text,
    /// Yes or no.
    Tick,
    /// One of several.
    Choice(Of),
    /// Any of several.
    Ticks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Severities,
    Codes,
    Roles,
    Offered,
    Others,
    Parts,
}

/// One field as a browser shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    required: bool,
    hint: &'static str,
    value: String,
    options: Vec<Choice>,
}

#[derive(Debug, Clone, Serialize)]
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

const fn field(name: &'static str, label: &'static str, kind: Kind) -> Spec {
    Spec { name, label, kind, required: false, hint: "" }
}

impl Spec {
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// Whether there is anything to ask: of one offer, everybody knows which is meant.
    pub fn is_asked(&self, around: &Around) -> bool {
        self.kind != Kind::Choice(Of::Offered) || around.offered.len() > 1
    }

    /// The field, with what was typed before.
    pub fn shown(&self, around: &Around, typed: &Typed) -> Field {
        let value = typed.text(self.name).unwrap_or_default().to_owned();
        let choices: Vec<(String, String)> = match self.kind {
            Kind::Line | Kind::Text | Kind::Tick => Vec::new(),
            Kind::Person => around.people.iter().map(|name| (name.clone(), name.clone())).collect(),
            Kind::Ticks => numbered(&around.alerts),
            Kind::Choice(of) => of.choices(around),
        };
        let choice = |(value, text): (String, String)| {
            let chosen = typed.has(self.name, &value);
            Choice { value, text, chosen }
        };
        Field {
            name: self.name,
            label: self.label,
            kind: self.kind.word(),
            required: self.required,
            hint: self.hint,
            value,
            options: choices.into_iter().map(choice).collect(),
        }
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Person => "person",
            Self::Text => "text",
            Self::Tick => "tick",
            Self::Choice(_) => "choice",
            Self::Ticks => "ticks",
        }
    }
}

impl Of {
    fn choices(self, around: &Around) -> Vec<(String, String)> {
        let words =
            |words: Vec<&str>| words.into_iter().map(|word| (word.to_owned(), word.replace('-', " "))).collect();
        match self {
            Self::Severities => words(Severity::ALL.map(Severity::word).to_vec()),
            Self::Codes => words(CallOffCode::ALL.map(CallOffCode::word).to_vec()),
            Self::Parts => words(Part::ALL.map(Part::word).to_vec()),
            Self::Roles => around.roles.clone(),
            Self::Offered => around.offered.clone(),
            Self::Others => numbered(&around.others),
        }
    }
}

fn numbered(rows: &[(u64, String)]) -> Vec<(String, String)> {
    rows.iter().map(|(number, text)| (number.to_string(), text.clone())).collect()
}

const SAID: Spec = field("text", "In words, if you like", Kind::Line);
const ROLE: Spec = field("role", "Role", Kind::Choice(Of::Roles)).required();
const PERSON: Spec = field("person", "Who", Kind::Person).required();
const SEVERITY: Spec = field("severity", "Severity", Kind::Choice(Of::Severities));
const IMPACT: Spec = field("impact", "Who is affected", Kind::Line);

const DECLARE: &[Spec] = &[
    field("title", "What is going on, in one line", Kind::Line).required(),
    SEVERITY,
    IMPACT,
    field("labels", "Labels, for routing", Kind::Line).hint("as team=web; may stay empty"),
    field("drill", "This is a drill: nothing is wrong, we practise", Kind::Tick),
];
const UPDATE: &[Spec] = &[
    field("text", "What everyone should know", Kind::Text).required(),
    IMPACT.hint("only if it changed"),
    field("next_in", "Next update in", Kind::Line).hint("as 20m or 1h; empty: as the severity asks"),
];
const CALL_OFF: &[Spec] = &[
    field("code", "Why it was nothing", Kind::Choice(Of::Codes)).required(),
    field("reason", "In words: told to everyone who saw the alarm", Kind::Text).required(),
];
const PUBLISH: &[Spec] = &[
    field("text", "The file, as it is to stand there", Kind::Text).required(),
    field("anyway", "Even if sections are not filled in yet", Kind::Tick),
];
const ACTION: &[Spec] = &[
    field("text", "What will be done so that it does not happen again", Kind::Line).required(),
    field("owner", "By whom", Kind::Person).hint("may stay empty"),
    field("due", "Until which day", Kind::Line).hint("as 2026-12-01; may stay empty"),
    field("link", "Where more of it is", Kind::Line).hint("https://…; may stay empty"),
];
const ACTION_EDIT: &[Spec] = &[
    field("action", "Its number", Kind::Line).required(),
    field("text", "What will be done", Kind::Line).hint("empty: as it is"),
    field("owner", "By whom", Kind::Person),
    field("due", "Until which day", Kind::Line).hint("as 2026-12-01"),
    field("link", "Where more of it is", Kind::Line),
];
const SECTION: &[Spec] =
    &[field("section", "Section", Kind::Line).required(), field("text", "Text, in Markdown", Kind::Text)];
const SPLIT: &[Spec] = &[
    field("title", "What they are instead, in one line", Kind::Line).required(),
    field("alerts", "Alerts that leave", Kind::Ticks),
];

/// What a verb asks for.
pub fn fields(verb: Verb) -> &'static [Spec] {
    match verb {
        Verb::Declare => DECLARE,
        Verb::Ack | Verb::Confirm | Verb::Resolve | Verb::Reopen => &[SAID],
        Verb::Take => &[ROLE],
        Verb::Accept | Verb::Decline => const { &[field("role", "Which role", Kind::Choice(Of::Offered)).required()] },
        Verb::Assign | Verb::HandOver => &[ROLE, PERSON],
        Verb::Update => UPDATE,
        Verb::Note => const { &[field("text", "Only the team sees this", Kind::Text).required()] },
        Verb::Edit => {
            const { &[field("part", "Part", Kind::Choice(Of::Parts)).required(), field("text", "Text", Kind::Text)] }
        }
        Verb::Todo => {
            const {
                &[
                    field("text", "What is to be done", Kind::Line).required(),
                    field("owner", "By whom", Kind::Person).hint("may stay empty"),
                ]
            }
        }
        Verb::Severity => const { &[field("to", "Severity", Kind::Choice(Of::Severities)).required(), SAID] },
        Verb::CallOff => CALL_OFF,
        Verb::Merge => const { &[field("into", "It goes on in", Kind::Choice(Of::Others)).required(), SAID] },
        Verb::Split => SPLIT,
        Verb::Publish => PUBLISH,
        Verb::Section => SECTION,
        Verb::Action => ACTION,
        Verb::ActionEdit => ACTION_EDIT,
        Verb::ActionDone => const { &[field("action", "Its number", Kind::Line).required()] },
        Verb::ActionDrop => {
            const {
                &[
                    field("action", "Its number", Kind::Line).required(),
                    field("because", "Why it will not be done", Kind::Line).required(),
                ]
            }
        }
        Verb::Mark => {
            const {
                &[
                    field("entry", "Number of the entry", Kind::Line).required(),
                    field("shown", "public, private or default", Kind::Line).required(),
                ]
            }
        }
        Verb::Correct => {
            const {
                &[
                    field("entry", "Number of the entry", Kind::Line).required(),
                    field("text", "Its words", Kind::Text).hint("empty: its own"),
                ]
            }
        }
        Verb::Waive => const { &[field("because", "Why nobody has to write it", Kind::Text).required()] },
        Verb::Done
        | Verb::Postmortem
        | Verb::Follow
        | Verb::Unfollow
        | Verb::Undo
        | Verb::Adopt
        | Verb::List
        | Verb::Show
        | Verb::Why
        | Verb::Help => &[],
    }
}
