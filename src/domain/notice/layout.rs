//! From parts of a notice to the words of one kind of receiver: wrapped, marked and escaped for it.

use super::escape::{escape, mrkdwn, safe_url};
use super::{chat, irc, matrix, obs, teams};
use crate::delivery::Content;
use crate::delivery::together::BRIEF_BYTES_MAX;
use crate::incident::Incident;
use crate::policy::{ReceiverKind, ReceiverSpec, Subject};
use crate::text::clean_line;
use crate::verbs::Spelling;

/// Longest line of a mail, in characters.
pub const MAIL_COLUMNS: usize = 72;
/// Longest body of a notice, in bytes: under Slack's 40,000 characters, and a mail that people still read.
pub const BODY_BYTES_MAX: usize = 30_000;

const TITLE_BYTES_MAX: usize = 200;
const CUT: &str = "… (cut; the page has all of it)";

/// A notice before it is shown: plain text, with what kind of text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What happened to which incident, in one line.
    pub headline: String,
    /// A picture for the headline, where the receiver knows it: Slack's name of it.
    pub icon: &'static str,
    /// Everything else.
    pub parts: Vec<Part>,
}

impl Message {
    /// With its commands as they are typed where it is read.
    pub fn spell(&mut self, spelling: &Spelling) {
        for part in &mut self.parts {
            if let Part::Command(text) = part {
                *text = spelling.of_cli(text);
            }
        }
    }
}

/// A part of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A paragraph of ours.
    Words(String),
    /// What a person said, line by line.
    Said(String),
    /// A name and its value.
    Field(&'static str, String),
    /// Lines of a list.
    List(Vec<String>),
    /// A page.
    Link(&'static str, String),
    /// Something to type.
    Command(String),
    /// From a template: escaped already.
    Ready(String),
}

/// Shows a message of a thread to a receiver.
pub fn show(spec: &ReceiverSpec, message: &Message, thread: &Thread<'_>) -> Content {
    if spec.kind == ReceiverKind::Irc && thread.place == Place::Board {
        return irc::mark(thread.incident);
    }
    shown(spec.kind, message, || subject(spec.subject, thread))
}

/// The same of what is about no incident; a mail has its headline as its subject.
pub fn show_plainly(kind: ReceiverKind, message: &Message) -> Content {
    shown(kind, message, || clean_line(&message.headline, 2 * TITLE_BYTES_MAX))
}

fn shown(kind: ReceiverKind, message: &Message, mail_subject: impl FnOnce() -> String) -> Content {
    let body = match kind {
        ReceiverKind::Mattermost | ReceiverKind::RocketChat | ReceiverKind::Discord => {
            return chat::show(kind, message);
        }
        ReceiverKind::Teams => return teams::show(message),
        ReceiverKind::Matrix => return matrix::show(message),
        // A blog is sent posts, and no notices; whatever it might be shown is plain lines. What a program reads is made of them.
        ReceiverKind::Console | ReceiverKind::Blog | ReceiverKind::Webhook => bounded(&message.parts, plain),
        ReceiverKind::Irc => return irc::show(message),
        ReceiverKind::Email => {
            let headline = Part::Words(message.headline.clone());
            bounded(&[&[headline], message.parts.as_slice()].concat(), email)
        }
        ReceiverKind::Slack | ReceiverKind::SlackWebhook => bounded(&message.parts, slack),
        ReceiverKind::Obs => bounded(&message.parts, obs::paragraphs),
    };
    let subject = match kind {
        ReceiverKind::Email => mail_subject(),
        ReceiverKind::Slack | ReceiverKind::SlackWebhook => {
            format!(":{}: *{}*", message.icon, mrkdwn(&clean_line(&message.headline, 2 * TITLE_BYTES_MAX)))
        }
        _ => clean_line(&message.headline, 2 * TITLE_BYTES_MAX),
    };
    Content { subject, body }
}

/// A message in one line, for where it is told late, together with newer ones.
pub fn brief(kind: ReceiverKind, message: &Message) -> String {
    let said = message.parts.iter().find_map(|part| match part {
        Part::Said(text) => Some(format!("{}: “{}”", message.headline, one_line(text))),
        _ => None,
    });
    let line = said.unwrap_or_else(|| message.headline.clone());
    escape(kind, &clean_line(&line, BRIEF_BYTES_MAX)).into_owned()
}

/// What a message belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    /// Which incident.
    pub incident: &'a Incident,
    /// How that stands, in the language of the receiver.
    pub stage: &'a str,
    /// Where in it.
    pub place: Place,
}

/// Where in its thread a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It starts the thread.
    Root,
    /// It replies.
    Reply,
    /// It is no message of its own: it shows how things stand now.
    Board,
}

/// Subject of a mail. What goes by subjects (RFC 5256, Gmail) leaves out `Re:` and what stands in brackets at the front: how
/// the incident stands may change there, and the thread stays one. Its number must not stand there: two incidents with one
/// title would become one thread.
fn subject(form: Subject, thread: &Thread<'_>) -> String {
    let incident = thread.incident;
    let again = match thread.place {
        Place::Root => "",
        Place::Reply | Place::Board => "Re: ",
    };
    let stage = match form {
        Subject::Stage => format!("[{}] ", thread.stage),
        Subject::Frozen => String::new(),
    };
    format!("{again}{stage}{}: {}", incident.name(), clean_line(&incident.title, TITLE_BYTES_MAX))
}

/// Parts as plain lines.
pub fn plain(parts: &[Part]) -> String {
    let lines = parts.iter().flat_map(|part| match part {
        Part::Words(text) => vec![text.clone()],
        Part::Said(text) | Part::Ready(text) => text.lines().map(str::to_owned).collect(),
        Part::Field(name, value) => vec![format!("{name}: {}", one_line(value))],
        Part::List(items) => items.iter().map(|item| format!("- {item}")).collect(),
        Part::Link(name, url) => vec![format!("{name}: {url}")],
        Part::Command(text) => vec![format!("$ {text}")],
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn email(parts: &[Part]) -> String {
    let paragraphs = parts.iter().map(|part| match part {
        Part::Words(text) => wrap(text, ""),
        Part::Said(text) | Part::Ready(text) => text.lines().map(|line| wrap(line, "")).collect::<Vec<_>>().join("\n"),
        Part::Field(name, value) => wrap(&format!("{name}: {}", one_line(value)), ""),
        Part::List(items) => items.iter().map(|item| wrap(&format!("- {item}"), "  ")).collect::<Vec<_>>().join("\n"),
        // Not wrapped: a broken address leads nowhere.
        Part::Link(name, url) => format!("{name}:\n{url}"),
        Part::Command(text) => format!("  {text}"),
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn slack(parts: &[Part]) -> String {
    let lines = parts.iter().map(|part| match part {
        Part::Words(text) => mrkdwn(text),
        Part::Said(text) => text.lines().map(|line| format!("> {}", mrkdwn(line))).collect::<Vec<_>>().join("\n"),
        Part::Field(name, value) => format!("*{name}:* {}", mrkdwn(&one_line(value))),
        Part::List(items) => items.iter().map(|item| format!("• {}", mrkdwn(item))).collect::<Vec<_>>().join("\n"),
        Part::Link(name, url) => match safe_url(url) {
            Some(url) => format!("*{name}:* <{}>", url.replace('&', "&amp;")),
            None => format!("*{name}:* {}", escape(ReceiverKind::Slack, url)),
        },
        Part::Command(text) => format!("`{}`", mrkdwn(text)),
        Part::Ready(text) => text.clone(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Words in one line, with one blank between them.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

// Breaks between words only; a word longer than the line, an address mostly, stays whole on its own line.
fn wrap(line: &str, indent: &str) -> String {
    if line.chars().count() <= MAIL_COLUMNS {
        return line.trim_end_matches(' ').to_owned();
    }
    let mut wrapped = String::with_capacity(line.len() + 16);
    let mut column = 0;
    for word in line.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > MAIL_COLUMNS {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            wrapped.push_str(indent);
            column = indent.len();
        } else if column > 0 || !wrapped.is_empty() {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += width;
    }
    wrapped.truncate(wrapped.trim_end_matches(' ').len());
    wrapped
}

/// A body that people still read. What is cut off is said to be, and the links at its end, which lead to all of it, stay.
pub(super) fn bounded(parts: &[Part], body: impl Fn(&[Part]) -> String) -> String {
    let whole = body(parts);
    if whole.len() <= BODY_BYTES_MAX {
        return whole;
    }
    let links = parts.iter().rev().take_while(|part| matches!(part, Part::Link(..))).count();
    let (words, links) = parts.split_at(parts.len() - links);
    let links = if links.is_empty() { String::new() } else { format!("\n\n{}", body(links)) };
    let words = body(words);
    // At a line break if there is one near, so that no entity or mark is cut in two; else before the last space.
    let end = words.floor_char_boundary(BODY_BYTES_MAX.saturating_sub(links.len()));
    let at = words[..end].rfind('\n').or_else(|| words[..end].rfind(' ')).unwrap_or(end);
    format!("{}\n{CUT}{links}", &words[..at])
}

#[cfg(test)]
mod tests {
    use super::{Part, bounded, email, plain, wrap};

    #[test]
    fn wraps_between_words() {
        let text =
            "All users of build.opensuse.org may be affected, because the frontend answers slowly or not at all.";
        assert_eq!(
            wrap(text, ""),
            "All users of build.opensuse.org may be affected, because the frontend\nanswers slowly or not at all."
        );
        let url = format!("see https://x.example/{} now", "a".repeat(80));
        assert_eq!(wrap(&url, "  "), format!("see\n  https://x.example/{}\n  now", "a".repeat(80)));
        assert_eq!(wrap("", ""), "");
    }

    #[test]
    fn cuts_long_bodies_at_a_line_and_keeps_the_links_at_their_end() {
        let link = |name, url: &str| Part::Link(name, url.to_owned());
        let long = Part::Said("line of words\n".repeat(5_000));
        let parts = [
            link("What to do", "https://x.example/runbook"),
            long,
            link("Follow it here", "https://x.example/1"),
            link("Pad", "https://x.example/p"),
        ];
        let cut = "line of words\n… (cut; the page has all of it)";
        for (body, links) in [
            (plain as fn(&[Part]) -> String, "Follow it here: https://x.example/1\nPad: https://x.example/p"),
            (email, "Follow it here:\nhttps://x.example/1\n\nPad:\nhttps://x.example/p"),
        ] {
            let shown = bounded(&parts, body);
            assert!((29_000..30_100).contains(&shown.len()), "{}", shown.len());
            assert!(shown.ends_with(&format!("\n{cut}\n\n{links}")), "{}", &shown[shown.len() - 200..]);
            let without = bounded(&parts[..2], body);
            assert!(without.ends_with(&format!("\n{cut}")), "{}", &without[without.len() - 80..]);
            assert_eq!(bounded(&parts[2..], body), links, "short: as it is");
        }
    }
}
