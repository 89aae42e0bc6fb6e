//! What can be said: short in a chat, a page in the manual. Both are written from the table.

use super::rows::ROWS;
use super::spelling::Numbers;
use super::table::{About, Back, Group, Opt, Spec};
use super::{Spelling, Verb};
use crate::incident::CallOffCode;
use std::fmt::Write;

/// All verbs, in a few lines.
pub fn all(spelling: &Spelling) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let words: Vec<&str> = ROWS.iter().filter(|row| row.group == group).map(|row| row.word).collect();
        let _ = writeln!(text, "{}: {}", group.heading(), words.join(", "));
    }
    let _ = write!(
        text,
        "{} may be left out where one incident is open, or in its thread. More about one: `{}`",
        spelling.number(crate::ids::IncidentId(42)),
        spelling.written("help take")
    );
    text
}

/// One verb.
pub fn one(verb: Verb, spelling: &Spelling) -> String {
    let spec = verb.spec();
    let mut text = format!("`{}`: {}", spelling.written(usage(spec).trim_end()), spec.help);
    if !spec.more.is_empty() {
        let _ = write!(text, ". {}", spec.more.trim_end_matches('.'));
    }
    text.push('.');
    for option in spec.options {
        let _ = write!(text, "\n{}: {}", written(option), option.help);
    }
    let _ = write!(text, "\nNeeds: {}.", needs(spec));
    match back(spec) {
        Some(back) => drop(write!(text, " Taken back by `{back}`.")),
        None if spec.back == Back::Never => text.push_str(" It can't be taken back."),
        None => {}
    }
    for example in spec.examples {
        let _ = write!(text, "\n`{}`", spelling.written(example));
    }
    text
}

/// What stands below the options of a verb on a command line: more about it, who may say it, how it is taken back.
pub fn below(spec: &Spec, spelling: &Spelling) -> String {
    let mut text = String::new();
    if !spec.more.is_empty() {
        let more = spec.more.trim_end_matches('.');
        let _ = writeln!(
            text,
            "{}.",
            if spelling.numbers == Numbers::Bare { more.replace('#', "") } else { more.to_owned() }
        );
    }
    if spec.about == About::Incident {
        let number = spelling.number(crate::ids::IncidentId(42));
        let _ = match spec.verb {
            Verb::Reopen => writeln!(text, "{number} is the number of the incident; it must be said."),
            Verb::Undo => writeln!(text, "{number} may be left out: then it is where you did something last."),
            _ => writeln!(text, "{number} may be left out while exactly one incident is open; nothing is guessed."),
        };
    }
    let _ = write!(text, "Needs: {}.", needs(spec));
    match back(spec) {
        Some(back) => drop(write!(text, " Taken back by `{}`.", spelling.written(back))),
        None if spec.back == Back::Never => text.push_str(" It can't be taken back."),
        None => {}
    }
    let title = if spec.examples.len() == 1 { "Example" } else { "Examples" };
    let examples: String = spec.examples.iter().map(|example| format!("\n  {}", spelling.written(example))).collect();
    let _ = write!(text, "\n\n{title}:{examples}");
    text
}

/// `take [#42] [role]`.
pub fn usage(spec: &Spec) -> String {
    format!("{} {}", spec.word, spec.arguments)
}

fn written(option: &Opt) -> String {
    if option.value.is_empty() { format!("--{}", option.name) } else { format!("{}={}", option.name, option.value) }
}

fn needs(spec: &Spec) -> String {
    match (spec.access, spec.about) {
        (crate::access::Role::Manager, About::Incident) => "manager, or to lead the incident".to_owned(),
        (role, _) => role.word().to_owned(),
    }
}

fn back(spec: &Spec) -> Option<&'static str> {
    match spec.back {
        Back::Nothing | Back::Never => None,
        Back::Undo => Some(Verb::Undo.word()),
        Back::By(verb) => Some(verb.word()),
    }
}

/// `docs/verbs.md`.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for group in Group::ALL {
        let _ =
            write!(page, "\n## {}\n\n| | | needs | taken back by | API |\n|---|---|---|---|---|\n", group.heading());
        for row in ROWS.iter().filter(|row| row.group == group) {
            let back = back(row).map_or_else(|| "–".to_owned(), |back| format!("`{back}`"));
            let path = row.path().map_or_else(|| "–".to_owned(), |path| format!("`POST {path}`"));
            let usage = usage(row).trim_end().replace('|', "\\|");
            let _ = writeln!(page, "| `{usage}` | {} | {} | {back} | {path} |", row.help, needs(row));
        }
        for row in ROWS.iter().filter(|row| row.group == group) {
            section(&mut page, row);
        }
    }
    let codes: Vec<String> = CallOffCode::ALL.iter().map(|code| format!("`{code}`")).collect();
    let _ = write!(page, "\nCodes of `calloff`: {}.\n", codes.join(", "));
    page
}

fn section(page: &mut String, row: &Spec) {
    let _ = write!(page, "\n### {}\n\n", row.word);
    if !row.more.is_empty() {
        let _ = writeln!(page, "{}", row.more);
    }
    if !row.aliases.is_empty() {
        let aliases: Vec<String> = row.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = writeln!(page, "Also written {}.", aliases.join(", "));
    }
    if !row.more.is_empty() || !row.aliases.is_empty() {
        page.push('\n');
    }
    for option in row.options {
        let _ = writeln!(page, "- `{}`: {}", written(option), option.help);
    }
    if !row.options.is_empty() {
        page.push('\n');
    }
    let _ = writeln!(page, "```\n{}\n```", row.examples.join("\n"));
}

const INTRODUCTION: &str = "\
# Verbs

What people type. The words are the same everywhere; what stands before them is not:

| where | how |
|---|---|
| command line | `earlybell incident take 42 operations` |
| Slack | `/incident take #42 operations`, in the thread of the incident `@earlybell take operations` |
| IRC | `!incident take #42 operations` |
| HTTP | `POST /api/v1/incidents/42/take` with `{\"role\": \"operations\"}`, or `POST /api/v1/command` with `{\"line\": \"take #42 operations\"}` |

**Which incident.** `#42`, `INC-42` or, where nothing else can stand there, `42`. It comes first (`#42 take operations` does it, too), and may be
left out in the thread of an incident, or while exactly one is open. While several are open, the answer is a list of what to
type; nothing is guessed. In front of a text a bare number may be the beginning of a sentence, so that is asked back, too; on
a command line, where `#` begins a comment, it is the number of the incident, and a text that begins with a number stands in quotes.

**Text.** What is left of the line, as it was typed. In quotes (`\"…\"`, `“…”`, `„…“`, `«…»`, `'…'`, `‘…’`) it is taken as it
stands, without being looked through for options; `\\\"` is a quote within.

**Options** come last: `next=20m`, or `--next 20m`.

**What is wrong** is told to whoever typed it, with what to type instead: the nearest verb, severity or code, what is missing, and an example.

**Taking back.** `undo` takes back what you did last on an incident, within ten minutes (`rituals.undo_within`). What was said in public was heard: correct it
with another update.

**Who may.** The access role of whoever types: viewer, responder, manager or admin. Whoever leads an incident may do to it what
otherwise a manager may.
";

#[cfg(test)]
mod tests {
    use super::{all, one, page};
    use crate::verbs::rows::ROWS;
    use crate::verbs::{Spelling, Verb};

    #[test]
    fn help_fits_into_a_chat() {
        let irc = Spelling::chat("!incident");
        assert_eq!(
            all(&irc),
            "Look: list, show, why, help\n\
             Say where it stands: declare, confirm, severity, calloff, resolve, reopen, merge, split, adopt\n\
             Share the work: take, assign, handover, accept, decline\n\
             Tell and keep: update, note, edit, todo, done\n\
             Learn from it: section, mark, correct, action, action-edit, action-done, action-drop, postmortem, waive, publish\n\
             For yourself: ack, follow, unfollow, undo\n\
             #42 may be left out where one incident is open, or in its thread. More about one: `!incident help take`"
        );
        assert_eq!(
            one(Verb::Update, &irc),
            "`!incident update [#42] text…`: Tells the public something; with it goes the promise of the next update.\n\
             next=20m: when the next update comes; if left out, as the severity asks\n\
             impact=\"…\": who is affected, in words\n\
             Needs: responder. It can't be taken back.\n\
             `!incident update We restarted the frontends`\n\
             `!incident update #42 Half of the users are back next=20m`"
        );
        for row in ROWS {
            let text = one(row.verb, &irc);
            assert!(text.lines().all(|line| line.len() <= 350) && text.lines().count() <= 10, "{text}");
        }
    }

    /// `UPDATE=1 cargo test -p domain help` writes it anew.
    #[test]
    fn the_page_of_the_manual_is_written_from_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verbs.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, page()).unwrap();
        }
        assert!(std::fs::read_to_string(path).unwrap_or_default() == page(), "docs/verbs.md is not current; UPDATE=1");
    }
}
