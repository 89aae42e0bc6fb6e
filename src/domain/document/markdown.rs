//! The state document as Markdown, for pads, mails and people who read files. What alerts and people wrote stays text.

use super::roles::{RoleLine, Standing};
use super::room::{LinkLine, Pointer, SeenLine, TodoLine};
use super::{AlertLine, Document, Line, Told};
use crate::delivery::DeliveryState;
use crate::drill::Score;
use crate::duration::Duration;
use crate::incident::Explanation;
use crate::postmortem::ActionLine;
use chrono::{DateTime, Utc};
use std::fmt::Write;

/// Writes the document as Markdown.
pub fn markdown(document: &Document) -> String {
    let (drill, practice) = match document.drill {
        true => ("DRILL ", "This is a drill. Nothing is wrong.\n\n"),
        false => ("", ""),
    };
    let mut text = format!("# {drill}{}: {}\n\n{practice}", document.id, escaped(&document.title));
    head(document, &mut text);
    section(&mut text, "How the drill went", &score(document));
    section(&mut text, "Summary", &paragraphs(&document.summary));
    let unknown = "Not known yet.".to_owned();
    let impact = if document.impact.is_empty() { unknown } else { paragraphs(&document.impact) };
    section(&mut text, "Who is affected", &impact);
    section(&mut text, "Who does what", &lines(&document.roles, role));
    section(&mut text, "To do", &lines(&document.room.todos, todo));
    section(&mut text, "Action items", &lines(&document.actions, action));
    section(&mut text, "It is over when", &paragraphs(&document.room.exit_criteria));
    section(&mut text, "Links", &lines(&document.room.links, link));
    section(&mut text, "From the pad", &pad(document));
    section(&mut text, "Alerts", &alerts(document));
    section(&mut text, "Notices", &lines(&document.notices, notice));
    section(&mut text, "Why it was declared", &reasons(document));
    let cut = if document.timeline_cut { "\n- older entries: see the page" } else { "" };
    section(&mut text, "Timeline (UTC, newest first)", &format!("{}{cut}", lines(&document.timeline, entry)));
    text
}

fn pad(document: &Document) -> String {
    let Some(pad) = &document.pad else { return String::new() };
    let said = match &pad.age {
        Some(age) => format!("\n\nAs it was {age} ago:\n\n{}", paragraphs(&pad.people)),
        None => String::new(),
    };
    format!("Write along: {}{said}", pad.url)
}

fn score(document: &Document) -> String {
    let lines = document.score.as_ref().map(Score::lines).unwrap_or_default();
    let line = |(name, words): &(&str, String)| format!("- {name}: {}", escaped(words));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// One line of data as text: no markup, no HTML, no link, nothing that a site generator would run.
pub fn escaped(data: &str) -> String {
    let line = data.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = String::with_capacity(line.len() + line.len() / 4);
    let dashes = line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
    for (at, c) in line.char_indices() {
        let rest = &line[at..];
        // At the start of a line these make lists, headings and quotes.
        let leads = at == 0 && matches!(c, '-' | '+' | '=' | '#' | '>' | ':');
        // Bare addresses become links by themselves.
        let address = rest.starts_with("://") || (c == '.' && line[..at].to_ascii_lowercase().ends_with("www"));
        // `{% … %}` runs in Jekyll, before it is Markdown.
        let runs = c == '%' && (line[..at].ends_with('{') || rest.starts_with("%}"));
        // A terminal shows this text too: what means nothing where it stands is left as it is. `a_b` is no emphasis, a
        // `~` before a blank opens nothing, and without a row of dashes there is no table.
        let next = rest.chars().nth(1);
        let in_word = line[..at].ends_with(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric);
        let means = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '{' | '}' => true,
            '_' => !in_word,
            '~' => next.is_some_and(|next| !next.is_whitespace()),
            '|' => dashes,
            _ => false,
        };
        if leads || address || runs || means {
            text.push('\\');
        }
        // `1.` and `1)` make numbered lists.
        if matches!(c, '.' | ')') && at > 0 && at <= 9 && line[..at].bytes().all(|byte| byte.is_ascii_digit()) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn head(document: &Document, text: &mut String) {
    let mut line = |name: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "- {name}: {value}");
    };
    line("Status", format!("**{}**, {}", document.stage, document.severity));
    if let Some(called_off) = &document.called_off {
        line("Called off", format!("{} ({})", escaped(&called_off.reason), called_off.code));
    }
    if let Some(at) = document.first_alert_at {
        line("First alert", utc(at));
    }
    line("Declared", format!("{} by {}", utc(document.declared_at), escaped(&document.declared_by)));
    if let Some(at) = document.confirmed_at {
        line("Confirmed", utc(at));
    }
    if let Some(at) = document.closed_at {
        line("Over", format!("{}, after {}", utc(at), lasted(document)));
    }
    if let Some(update) = &document.last_update {
        line("Last update", format!("{} ({})", escaped(&update.text), utc(update.at)));
    }
    let so_far = &document.promises.so_far;
    if let Some(by) = document.next_update_by {
        let so_far = if so_far.is_empty() { String::new() } else { format!(" ({so_far})") };
        let by = if document.promises.overdue {
            format!("was due by {}, and is late", utc(by))
        } else {
            format!("by {}", utc(by))
        };
        line("Next update", format!("{by}{so_far}"));
    } else if !so_far.is_empty() {
        line("Promised updates", so_far.clone());
    }
    let room = &document.room;
    let pointers = [
        ("Goes on in", named(room.part_of.as_ref())),
        ("Parts of it", named(&room.parts)),
        ("Split off", named(room.split_from.as_ref())),
        ("Split into", named(&room.split_into)),
    ];
    for (name, value) in pointers {
        if !value.is_empty() {
            line(name, value);
        }
    }
    if !room.seen_by.is_empty() {
        line("Seen by", room.seen_by.iter().map(seen).collect::<Vec<_>>().join(", "));
    }
    if !room.followers.is_empty() {
        line("Followed by", room.followers.iter().map(|name| escaped(name)).collect::<Vec<_>>().join(", "));
    }
    line("Page", document.url.clone());
    if let Some(record) = &document.record {
        line("Record", record.clone());
    }
}

fn section(text: &mut String, name: &str, content: &str) {
    if !content.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {name}\n\n{content}\n");
    }
}

fn paragraphs(data: &str) -> String {
    data.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

fn lines<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    items.iter().map(|item| format!("- {}", show(item))).collect::<Vec<_>>().join("\n")
}

fn role(line: &RoleLine) -> String {
    let since = line.since.filter(|_| line.standing != Standing::WithManager);
    let since = since.map(|at| format!(" (since {})", utc(at))).unwrap_or_default();
    let until = line.claim_until.map(|at| format!("; unless somebody takes it by {}, anyone may", utc(at)));
    format!("{}: {}{since}{}", escaped(&line.name), escaped(&line.text), until.unwrap_or_default())
}

fn action(line: &ActionLine) -> String {
    let sign = if line.state == "open" { "[ ]" } else { "[x]" };
    let due = line.due.map(|due| format!("by {due}"));
    let ended = (line.state != "open").then(|| line.state.to_owned());
    let about: Vec<String> = line.owner.iter().map(|owner| escaped(owner)).chain(due).chain(ended).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    format!("{sign} {}. {}{about}", line.number, escaped(&line.text))
}

// GitHub, GitLab and pads make boxes of these.
fn todo(line: &TodoLine) -> String {
    let sign = if line.done_at.is_some() { "[x]" } else { "[ ]" };
    let owner = line.owner.as_ref().map(|owner| format!(" ({})", escaped(owner))).unwrap_or_default();
    let done = line.done_by.as_ref().zip(line.done_at);
    let done = done.map(|(by, at)| format!(", done by {} {}", escaped(by), utc(at))).unwrap_or_default();
    format!("{sign} {}. {}{owner}{done}", line.number, escaped(&line.text))
}

// The address in words: a reader of the text sees where it leads.
fn link(line: &LinkLine) -> String {
    format!("{}: {}", escaped(&line.label), escaped(&line.url))
}

fn named<'a>(pointers: impl IntoIterator<Item = &'a Pointer>) -> String {
    let named = pointers.into_iter().map(|pointer| format!("{} {}", pointer.id, pointer.url));
    named.collect::<Vec<_>>().join(", ")
}

fn seen(line: &SeenLine) -> String {
    format!("{} ({})", escaped(&line.person), utc(line.at))
}

fn alerts(document: &Document) -> String {
    let Some(counts) = &document.counts else { return String::new() };
    let more = (document.alerts_total as usize).saturating_sub(document.alerts.len());
    let more = if more > 0 { format!("\n- and {more} more") } else { String::new() };
    format!("{counts}\n\n{}{more}", lines(&document.alerts, alert))
}

fn alert(alert: &AlertLine) -> String {
    let over = alert.ends_at.map(|at| format!(" to {}", utc(at))).unwrap_or_default();
    let detail = if alert.detail.is_empty() { String::new() } else { format!(", {}", escaped(&alert.detail)) };
    let when = format!("{}, {}{over}{detail}", alert.state, utc(alert.starts_at));
    // Which one of several, where the words don't say it.
    let instance = Some(alert.labels.value("instance")).filter(|at| !at.is_empty() && !alert.summary.contains(at));
    let on = instance.map(|at| format!(" on {}", escaped(at))).unwrap_or_default();
    if alert.summary == alert.name {
        return format!("{}{on} ({when})", escaped(&alert.name));
    }
    format!("{}{on}: {} ({when})", escaped(&alert.name), escaped(&alert.summary))
}

fn notice(told: &Told) -> String {
    let error = told.last_error.as_ref().filter(|_| told.state != DeliveryState::Sent);
    let error = error.map(|error| format!(": {}", escaped(error))).unwrap_or_default();
    format!(
        "{} {} to {}: {}{error}",
        utc(told.decided_at),
        told.notice.replace('_', " "),
        escaped(&told.receiver),
        state_word(told.state)
    )
}

fn reasons(document: &Document) -> String {
    let mut tree = String::new();
    if let Some(explanation) = &document.explanation {
        branch(explanation, 0, &mut tree);
    }
    [escaped(&document.because), tree].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

// A list in a list for every level, not a code block: there nothing could be escaped.
fn branch(explanation: &Explanation, depth: usize, tree: &mut String) {
    let line =
        format!("{:indent$}- {} {}", "", explanation.verdict.sign(), escaped(&explanation.text), indent = depth * 2);
    if !tree.is_empty() {
        tree.push('\n');
    }
    tree.push_str(&line);
    explanation.parts.iter().for_each(|part| branch(part, depth + 1, tree));
}

fn entry(line: &Line) -> String {
    let mark = if line.private { " (team only)" } else { "" };
    let text = match &line.corrected {
        Some(words) if line.text.is_empty() => format!("{} (corrected)", escaped(words)),
        Some(words) => format!("~~{}~~ {} (corrected)", escaped(&line.text), escaped(words)),
        None => escaped(&line.text),
    };
    format!("{} {}{mark}: {text}", line.at.format("%Y-%m-%d %H:%M"), escaped(&line.by))
}

/// How a notice stands, for people.
pub fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "waiting",
        DeliveryState::Leased => "being sent",
        DeliveryState::Sent => "sent",
        DeliveryState::Unsure => "perhaps sent",
        DeliveryState::Dead => "given up",
        DeliveryState::Superseded => "replaced by a newer one",
        DeliveryState::Joined => "told together with a newer one",
    }
}

fn lasted(document: &Document) -> String {
    Duration::seconds(u32::try_from(document.lasted_seconds).unwrap_or(u32::MAX)).rough()
}

fn utc(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
