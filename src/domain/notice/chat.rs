//! Notices for chats that write in Markdown: Mattermost, Rocket.Chat, Discord; and what fits where room is scarce.

use super::escape::{escape, markdown, safe_url};
use super::layout::{BODY_BYTES_MAX, Message, Part, one_line};
use crate::delivery::Content;
use crate::policy::ReceiverKind;
use crate::text::clean_line;

/// Longest message of Discord, in UTF-16 units; what is longer it refuses.
pub const DISCORD_UNITS_MAX: usize = 2_000;

/// Longest message of Rocket.Chat, unless its administrators say otherwise.
pub const ROCKETCHAT_UNITS_MAX: usize = 5_000;

/// Longest message of Mattermost; what is longer it cuts into several.
pub const MATTERMOST_UNITS_MAX: usize = 16_000;

// Room for a word of how many notices had to wait before it.
const JOINED_UNITS: usize = 80;

const HEADLINE_BYTES_MAX: usize = 400;
const CUT: &str = " … (cut; the page has all of it)";

/// Headline and parts, within what one of them takes.
pub fn show(kind: ReceiverKind, message: &Message) -> Content {
    let headline = markdown(&clean_line(&message.headline, HEADLINE_BYTES_MAX));
    let subject = format!("{} **{headline}**", emoji(message.icon));
    let units_max = match kind {
        ReceiverKind::Discord => DISCORD_UNITS_MAX,
        ReceiverKind::RocketChat => ROCKETCHAT_UNITS_MAX,
        _ => MATTERMOST_UNITS_MAX,
    };
    let room = units_max.saturating_sub(units(&subject) + 1 + JOINED_UNITS);
    let fits = |body: &String| units(body) <= room && body.len() <= BODY_BYTES_MAX;
    Content { subject, body: fitted(&message.parts, |parts| body(kind, parts), fits) }
}

fn body(kind: ReceiverKind, parts: &[Part]) -> String {
    let mut shown = String::new();
    for (at, part) in parts.iter().enumerate() {
        // What follows a quote would be taken for a part of it.
        let ends = |part: &Part| matches!(part, Part::Said(_) | Part::Ready(_));
        let gap = match at.checked_sub(1).map(|before| &parts[before]) {
            None => "",
            Some(before) if ends(before) => "\n\n",
            Some(_) => "\n",
        };
        shown.push_str(gap);
        shown.push_str(&words(kind, part));
    }
    shown
}

fn words(kind: ReceiverKind, part: &Part) -> String {
    let lines = |text: &str, line: &dyn Fn(&str) -> String| text.lines().map(line).collect::<Vec<_>>().join("\n");
    match part {
        Part::Words(text) => markdown(text),
        Part::Said(text) => lines(text, &|line| format!("> {}", markdown(line))),
        Part::Field(name, value) => format!("**{name}:** {}", markdown(&one_line(value))),
        Part::List(items) => items.iter().map(|item| format!("• {}", markdown(item))).collect::<Vec<_>>().join("\n"),
        // The address itself: where it leads is seen.
        Part::Link(name, url) => match safe_url(url).filter(|url| !url.contains(['*', '`', '[', ']'])) {
            Some(url) => format!("**{name}:** {url}"),
            None => format!("**{name}:** {}", escape(kind, url)),
        },
        Part::Command(text) => format!("`{}`", markdown(text)),
        Part::Ready(text) => text.clone(),
    }
}

/// The picture itself, where its name says nothing.
pub fn emoji(icon: &str) -> &'static str {
    match icon {
        "eyes" => "👀",
        "warning" => "⚠️",
        "no_entry_sign" => "🚫",
        "white_check_mark" => "✅",
        "twisted_rightwards_arrows" => "🔀",
        "mailbox_with_no_mail" => "📭",
        "memo" => "📝",
        "busts_in_silhouette" => "👥",
        "question" => "❓",
        "hourglass" => "⌛",
        _ => "ℹ️",
    }
}

/// What is made of the parts, where there is room for all of it; else with shorter lists and texts. Where to read on is never
/// left out.
pub fn fitted<T>(parts: &[Part], make: impl Fn(&[Part]) -> T, fits: impl Fn(&T) -> bool) -> T {
    let mut parts = parts.to_vec();
    loop {
        let made = make(&parts);
        let longest = parts.iter_mut().filter(|part| length(part) > SHORT_BYTES).max_by_key(|part| length(part));
        match longest {
            Some(longest) if !fits(&made) => shorten(longest),
            _ => return made,
        }
    }
}

// Nothing is gained by cutting less than this.
const SHORT_BYTES: usize = 80;

fn length(part: &Part) -> usize {
    match part {
        Part::Words(text) | Part::Said(text) | Part::Field(_, text) | Part::Command(text) | Part::Ready(text) => {
            text.len()
        }
        Part::List(items) => items.iter().map(|item| item.len() + 1).sum(),
        Part::Link(..) => 0,
    }
}

fn shorten(part: &mut Part) {
    match part {
        Part::List(items) if items.len() > 2 => {
            let kept = items.len() / 2;
            // The last line may count others already.
            let counted = items.last().and_then(|last| last.strip_prefix("and ")?.strip_suffix(" more")?.parse().ok());
            let more = items.len() - kept + counted.map_or(0, |more: usize| more.saturating_sub(1));
            items.truncate(kept);
            items.push(format!("and {more} more"));
        }
        Part::List(items) => items.iter_mut().for_each(halve),
        Part::Words(text) | Part::Said(text) | Part::Field(_, text) | Part::Command(text) | Part::Ready(text) => {
            halve(text);
        }
        Part::Link(..) => {}
    }
}

fn halve(text: &mut String) {
    let whole = text.strip_suffix(CUT).unwrap_or(text);
    let end = whole.floor_char_boundary(whole.len() / 2);
    let at = whole[..end].rfind(['\n', ' ']).unwrap_or(end);
    *text = format!("{}{CUT}", whole[..at].trim_end());
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(parts: Vec<Part>) -> Message {
        Message { headline: "INC-42 declared: *x*".to_owned(), icon: "eyes", parts }
    }

    #[test]
    fn what_is_too_long_is_shorter_and_says_where_the_rest_is() {
        let items: Vec<String> = (1..=20).map(|at| format!("Alert{at} on web{at}: {}", "x".repeat(300))).collect();
        let all = [items, vec!["and 80 more".to_owned()]].concat();
        let link = Part::Link("Follow it here", "https://bell.example.org/incidents/42".to_owned());
        let parts = vec![Part::Field("What we know", "100 alerts fire".to_owned()), Part::List(all), link];
        let shown = show(ReceiverKind::Discord, &message(parts));
        assert!(units(&format!("{}\n{}", shown.subject, shown.body)) <= DISCORD_UNITS_MAX, "{shown:?}");
        assert!(shown.body.starts_with("**What we know:** 100 alerts fire\n• Alert1 on web1: "), "{shown:?}");
        assert!(
            shown.body.ends_with("• and 95 more\n**Follow it here:** https://bell.example.org/incidents/42"),
            "{shown:?}"
        );
        assert_eq!(shown.subject, "👀 **INC-42 declared: ∗x***");
        let long = vec![Part::Said("word 😀 ".repeat(5_000)), Part::Words("Next update by 12:00 UTC.".to_owned())];
        for (kind, most) in
            [(ReceiverKind::Discord, 2_000), (ReceiverKind::RocketChat, 5_000), (ReceiverKind::Mattermost, 16_000)]
        {
            let shown = show(kind, &message(long.clone()));
            assert!(units(&shown.body) + units(&shown.subject) < most, "{kind:?}");
            assert!(shown.body.ends_with(" … (cut; the page has all of it)\n\nNext update by 12:00 UTC."), "{kind:?}");
        }
    }
}
