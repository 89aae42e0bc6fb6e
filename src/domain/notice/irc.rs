//! A notice on IRC: a few short lines of plain text, then the page that says everything. And what stands in a channel's topic.

use super::layout::{Message, Part};
use crate::delivery::Content;
use crate::incident::Incident;
use crate::text::clean_line;
use crate::verbs::Spelling;

// What stands before a verb in a channel.
const COMMAND: &str = "!incident";

/// Longest line, in bytes: 512 with what servers put before it.
pub const LINE_BYTES_MAX: usize = 400;

/// Most lines before the link: more is a flood, and servers end those.
pub const LINES_MAX: usize = 5;

/// Longest mark in a topic, in bytes: the topic's own words must still be seen.
pub const MARK_BYTES_MAX: usize = 120;

// Of what one person said; the page has all of it.
const SAID_LINES_MAX: usize = 3;

// How a value that is longer goes on.
const VALUE_BYTES_MAX: usize = 300;

/// Shows a message.
pub fn show(message: &Message) -> Content {
    // The last address is that of the page; words about a template that failed stand after it.
    let page = message.parts.iter().rposition(|part| matches!(part, Part::Link(..)));
    let parts = message.parts.iter().enumerate().filter(|(at, _)| Some(*at) != page).map(|(_, part)| part);
    let subject = line(&message.headline);
    let room = LINES_MAX - 1;
    let mut pieces = pieces(parts);
    let page = page.and_then(|at| match &message.parts[at] {
        Part::Link(name, url) => Some((*name, word(url))),
        _ => None,
    });
    // A template that says it itself says it last, in its own words.
    let own = page.as_ref().and_then(|(_, url)| {
        let says = |piece: &Piece| piece.kind == Kind::Alone && piece.text.ends_with(url.as_str());
        pieces.iter().rposition(says).map(|at| pieces.remove(at).text)
    });
    let mut pieces = closer(pieces, room);
    let cut = pieces.len() > room;
    if cut {
        // What comes next stands last: people wait for it.
        let last = pieces.pop();
        pieces.truncate(room - 1);
        pieces.extend(last);
    }
    let mut lines: Vec<String> = pieces.into_iter().map(|piece| piece.text).collect();
    let all = |(name, url)| format!("{}: {url}", if cut { "All of it" } else { name });
    lines.extend(own.or_else(|| page.map(all)));
    Content { subject, body: lines.join("\n") }
}

/// What the topic of a channel says of an incident; nothing once it is over.
pub fn mark(incident: &Incident) -> Content {
    if !incident.stage.is_open() {
        return Content { subject: String::new(), body: String::new() };
    }
    // A bracket in a title would end the mark too early.
    let title = incident.title.replace(['[', ']'], "|");
    let mark = format!("{} {} ({}): {title}", incident.name(), incident.stage.word(), incident.severity);
    Content { subject: cut(&clean_line(&mark, usize::MAX), MARK_BYTES_MAX), body: String::new() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    // Sentences of ours.
    Words,
    Field,
    // Stands alone: what a person said, an address, a line of a template.
    Alone,
}

struct Piece {
    kind: Kind,
    text: String,
}

impl Piece {
    // Joined to the one before it, if there is room.
    fn join(&mut self, between: &str, text: &str) -> bool {
        let fits = self.text.len() + between.len() + text.len() <= LINE_BYTES_MAX;
        if fits {
            self.text.push_str(between);
            self.text.push_str(text);
        }
        fits
    }
}

fn pieces<'a>(parts: impl Iterator<Item = &'a Part>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for part in parts {
        let last = pieces.last_mut();
        match part {
            Part::Words(text) => {
                let text = line(text);
                let joined = last.is_some_and(|last| last.kind == Kind::Words && last.join(" ", &text));
                if !joined {
                    pieces.push(Piece { kind: Kind::Words, text });
                }
            }
            Part::Command(text) => {
                let text = line(&Spelling::chat(COMMAND).of_cli(text));
                let joined = last.is_some_and(|last| last.kind == Kind::Words && last.join(" ", &text));
                if !joined {
                    pieces.push(Piece { kind: Kind::Words, text });
                }
            }
            Part::Field(name, value) => {
                let text = line(&format!("{name}: {}", cut(&clean_line(value, usize::MAX), VALUE_BYTES_MAX)));
                pieces.push(Piece { kind: Kind::Field, text });
            }
            Part::List(items) => {
                let room = LINE_BYTES_MAX - last.as_ref().map_or(0, |last| last.text.len() + 2);
                let items = list(items, room);
                let joined = last.is_some_and(|last| last.kind == Kind::Field && last.join(": ", &items));
                if !joined {
                    pieces.push(Piece { kind: Kind::Field, text: line(&items) });
                }
            }
            Part::Link(name, url) => {
                pieces.push(Piece { kind: Kind::Alone, text: line(&format!("{name}: {}", word(url))) });
            }
            Part::Said(text) => pieces.extend(said(text)),
            Part::Ready(text) => {
                let lines = text.lines().filter(|text| !text.trim().is_empty());
                pieces.extend(lines.map(|text| Piece { kind: Kind::Alone, text: line(text) }));
            }
        }
    }
    pieces
}

// What would be too many lines shares some: the shortest neighbours first, as long as there are too many.
fn closer(mut pieces: Vec<Piece>, room: usize) -> Vec<Piece> {
    while pieces.len() > room {
        let joint = |pair: &[Piece]| pair[0].text.len() + between(&pair[0].text).len() + pair[1].text.len();
        let fits = |pair: &[Piece]| pair.iter().all(|piece| piece.kind != Kind::Alone) && joint(pair) <= LINE_BYTES_MAX;
        let pairs = pieces.windows(2).enumerate().filter(|(_, pair)| fits(pair));
        let Some((at, _)) = pairs.min_by_key(|(_, pair)| joint(pair)) else { break };
        let next = pieces.remove(at + 1);
        let before = &mut pieces[at];
        let between = between(&before.text);
        before.join(between, &next.text);
    }
    pieces
}

fn between(text: &str) -> &'static str {
    if text.ends_with(['.', ':', '?', '!', '…']) { " " } else { ". " }
}

fn list(items: &[String], room: usize) -> String {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        let item = cut(&clean_line(item, usize::MAX), VALUE_BYTES_MAX);
        let left = items.len() - at;
        let more = format!("; and {left} more");
        let between = match text.as_str() {
            "" => "",
            whole if whole.ends_with('.') => " ",
            _ => "; ",
        };
        let after = if left == 1 { 0 } else { more.len() };
        if !text.is_empty() && text.len() + between.len() + item.len() + after > room {
            text.push_str(&more);
            break;
        }
        text.push_str(between);
        text.push_str(&item);
    }
    text
}

// Told from words of ours, and no command to anybody else in the channel.
fn said(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let shown = lines.iter().take(SAID_LINES_MAX).enumerate().map(|(at, said)| {
        let more = if at + 1 == SAID_LINES_MAX && lines.len() > SAID_LINES_MAX { " …" } else { "" };
        Piece { kind: Kind::Alone, text: line(&format!("> {said}{more}")) }
    });
    shown.collect()
}

// No control code, no line break; and no first sign that other robots listen to.
fn line(text: &str) -> String {
    let text = cut(&clean_line(text, usize::MAX), LINE_BYTES_MAX - 1);
    let heard = text.starts_with(['!', '.', '@', '/', '?', '~', '$', '%', '+', '-'])
        && !text.starts_with(&format!("{COMMAND} "));
    if heard { format!(" {text}") } else { text }
}

fn word(url: &str) -> String {
    url.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

// Between words, if there is a space near the end.
fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max - '…'.len_utf8());
    let at = text[..end].rfind(' ').filter(|at| *at > end / 2).unwrap_or(end);
    format!("{}…", text[..at].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_clean;

    fn shown(parts: Vec<Part>) -> Content {
        show(&Message { headline: "INC-42 update: title".to_owned(), icon: "", parts })
    }

    fn page() -> Part {
        Part::Link("Follow it here", "https://bell.example.org/incidents/42".to_owned())
    }

    #[test]
    fn few_parts_are_few_lines_and_then_the_page() {
        let content = shown(vec![
            Part::Words("It is real.".to_owned()),
            Part::Words("We work on it.".to_owned()),
            Part::Field("What we know", "2 alerts fire".to_owned()),
            Part::List(vec!["A: one".to_owned(), "B: two".to_owned()]),
            Part::Words("If it is over:".to_owned()),
            Part::Command("earlybell incident resolve 42".to_owned()),
            page(),
        ]);
        assert_eq!(
            content.body,
            "It is real. We work on it.\nWhat we know: 2 alerts fire: A: one; B: two\nIf it is over: !incident resolve \
             #42\nFollow it here: https://bell.example.org/incidents/42"
        );
    }

    #[test]
    fn nothing_is_longer_than_five_lines_and_a_link() {
        let long = "ä word of many ".repeat(200);
        let mut parts: Vec<Part> = (0..9).map(|_| Part::Field("Why", long.clone())).collect();
        parts.push(Part::List(vec![long.clone(); 30]));
        parts.push(Part::Said(format!("{long}\n!op me\n\x01VERSION\x01\n{long}")));
        parts.push(Part::Ready(format!("{long}\n{long}\r\nQUIT")));
        parts.push(Part::Words("Next update by 13:30 UTC.".to_owned()));
        parts.push(page());
        let content = shown(parts);
        let lines: Vec<&str> = content.body.lines().collect();
        assert_eq!(lines.len(), LINES_MAX, "and the headline");
        assert_eq!(lines[3..], ["Next update by 13:30 UTC.", "All of it: https://bell.example.org/incidents/42"]);
        assert!(lines.iter().all(|line| is_clean(line, LINE_BYTES_MAX)), "{lines:?}");
    }

    #[test]
    fn what_people_say_is_quoted_and_calls_no_other_robot() {
        let content =
            shown(vec![Part::Said("!op me\n\n  /quit\r\nthree\nfour".to_owned()), Part::Ready("!kick x".to_owned())]);
        assert_eq!(content.body, "> !op me\n> /quit\n> three …\n !kick x");
    }
}
