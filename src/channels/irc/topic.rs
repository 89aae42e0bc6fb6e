//! A channel's topic: marks of incidents, then what people wrote. Pure: what it should be, made of what it is.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest topic where a server does not say, in bytes.
pub const TOPIC_BYTES_MAX: usize = 300;

// So much of what people wrote stays, however many marks stand before it.
const REST_BYTES_MIN: usize = 40;

/// What is remembered of a channel's topic, also across a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Remembered {
    /// Incidents that were marked; whose mark is gone was taken out by somebody, and is not put back.
    #[serde(default)]
    pub marked: BTreeSet<String>,
    /// What people wrote, where it had to be cut: as it was, and as it was left.
    #[serde(default)]
    pub cut: Option<(String, String)>,
}

impl Remembered {
    /// Whether there is anything to remember.
    pub fn is_empty(&self) -> bool {
        self.marked.is_empty() && self.cut.is_none()
    }
}

/// What a topic should be, now that `incident` stands as `mark` says (without brackets; empty once it is over); nothing, if
/// it may stay as it is.
pub fn wanted(now: &str, incident: &str, mark: &str, max: usize, remembered: &mut Remembered) -> Option<String> {
    let (mut marks, mut rest) = marks_of(now);
    let at = marks.iter().position(|known| name_of(known) == incident);
    match (at, mark.is_empty()) {
        (Some(at), true) => drop(marks.remove(at)),
        (Some(at), false) => marks[at] = mark,
        // Somebody took it out, or wrote another topic over it: theirs stays.
        (None, true) => {
            forget(incident, remembered);
            return None;
        }
        (None, false) if remembered.marked.contains(incident) => return None,
        (None, false) => marks.insert(0, mark),
    }
    let whole = remembered.cut.take().filter(|(_, left)| left == rest).map(|(whole, _)| whole);
    if let Some(whole) = &whole {
        rest = whole;
    }
    if mark.is_empty() {
        forget(incident, remembered);
    } else {
        remembered.marked.insert(incident.to_owned());
    }
    let (topic, left) = fitted(&marks, rest, max);
    if left != rest {
        remembered.cut = Some((rest.to_owned(), left));
    }
    (topic != now).then_some(topic)
}

fn forget(incident: &str, remembered: &mut Remembered) {
    remembered.marked.remove(incident);
    if remembered.marked.is_empty() {
        remembered.cut = None;
    }
}

// Marks at the beginning, and the rest.
fn marks_of(topic: &str) -> (Vec<&str>, &str) {
    let (mut marks, mut rest) = (Vec::new(), topic);
    while let Some((mark, after)) = rest.strip_prefix('[').and_then(|text| text.split_once(']')) {
        if !is_mark(mark) {
            break;
        }
        marks.push(mark);
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    (marks, rest)
}

fn is_mark(text: &str) -> bool {
    let number = name_of(text).strip_prefix("INC-");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

// `INC-42` of `INC-42 confirmed (major): title` and of `DRILL INC-42 …`.
fn name_of(mark: &str) -> &str {
    mark.strip_prefix("DRILL ").unwrap_or(mark).split(' ').next().unwrap_or_default()
}

// With the name alone in the marks, and less of the rest, where there is no room.
fn fitted(marks: &[&str], rest: &str, max: usize) -> (String, String) {
    let long = |marks: &[&str], rest: &str| {
        let words = marks.iter().map(|mark| format!("[{mark}]")).chain((!rest.is_empty()).then(|| rest.to_owned()));
        words.collect::<Vec<_>>().join(" ")
    };
    let topic = long(marks, rest);
    if topic.len() <= max {
        return (topic, rest.to_owned());
    }
    let short: Vec<&str> = marks.iter().map(|mark| name_of(mark)).collect();
    // First the marks give way, as far as something stays of what people wrote.
    for marks in [marks, short.as_slice()] {
        let marked = long(marks, "").len() + 1;
        if marked + REST_BYTES_MIN.min(rest.len()) <= max || marks == short {
            let left = cut(rest, max.saturating_sub(marked));
            let topic = long(marks, &left);
            return (topic[..topic.floor_char_boundary(max)].to_owned(), left);
        }
    }
    (topic, rest.to_owned())
}

fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(max.saturating_sub('…'.len_utf8()));
    if end == 0 { String::new() } else { format!("{}…", text[..end].trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_before_the_topic_and_goes_again() {
        let mut remembered = Remembered::default();
        let mut put = |now: &str, incident: &str, mark: &str| wanted(now, incident, mark, 390, &mut remembered);
        let one = put("Welcome!", "INC-42", "INC-42 suspected (major): web").unwrap();
        assert_eq!(one, "[INC-42 suspected (major): web] Welcome!");
        assert_eq!(put(&one, "INC-42", "INC-42 suspected (major): web"), None, "it says so already");
        let two = put(&one, "INC-43", "INC-43 confirmed (minor): db").unwrap();
        assert_eq!(two, "[INC-43 confirmed (minor): db] [INC-42 suspected (major): web] Welcome!");
        let raised = put(&two, "INC-42", "INC-42 confirmed (major): web").unwrap();
        assert_eq!(raised, "[INC-43 confirmed (minor): db] [INC-42 confirmed (major): web] Welcome!");
        let less = put(&raised, "INC-43", "").unwrap();
        assert_eq!(put(&less, "INC-42", "").unwrap(), "Welcome!");
        assert!(remembered.is_empty());
    }

    #[test]
    fn what_somebody_else_wrote_stays() {
        let mut remembered = Remembered::default();
        let mut put = |now: &str, mark: &str| wanted(now, "INC-42", mark, 390, &mut remembered);
        put("old", "INC-42 suspected").unwrap();
        // They wrote behind the mark: only the mark goes.
        assert_eq!(put("[INC-42 suspected] new words", "").unwrap(), "new words");
        put("old", "INC-42 suspected").unwrap();
        // They took it out: it is not put back, and nothing is restored.
        assert_eq!(put("their own topic", "INC-42 confirmed"), None);
        assert_eq!(put("their own topic", ""), None);
        assert_eq!(put("[agenda] at nine", ""), None);
        assert_eq!(put("", "INC-42 x").unwrap(), "[INC-42 x]");
        assert_eq!(put("[INC-42 x]", "").unwrap(), "");
        assert_eq!(put("[DRILL INC-42 x] a", "").unwrap(), "a");
    }

    #[test]
    fn a_topic_that_had_to_be_cut_is_whole_again_afterwards() {
        let old = "ö".repeat(150);
        let mut remembered = Remembered::default();
        let mark = "INC-42 suspected (major): title";
        let put = wanted(&old, "INC-42", mark, 300, &mut remembered).unwrap();
        assert!(put.len() <= 300 && put.starts_with(&format!("[{mark}] öö")) && put.ends_with('…'), "{put}");
        let stored = serde_json::to_string(&remembered).unwrap();
        let mut after_restart: Remembered = serde_json::from_str(&stored).unwrap();
        assert_eq!(wanted(&put, "INC-42", "", 300, &mut after_restart).unwrap(), old);
        assert!(after_restart.is_empty());
        // Unless somebody changed it meanwhile.
        assert_eq!(wanted("[INC-42 x] other", "INC-42", "", 300, &mut remembered).unwrap(), "other");
    }

    #[test]
    fn where_there_is_no_room_marks_are_numbers_alone() {
        let mut remembered = Remembered::default();
        let put =
            wanted(&"w".repeat(100), "INC-42", &format!("INC-42 {}", "x".repeat(90)), 80, &mut remembered).unwrap();
        assert!(put.starts_with("[INC-42] www") && put.len() <= 80, "{put}");
        let put = wanted("", "INC-42", &format!("INC-42 {}", "x".repeat(90)), 5, &mut Remembered::default()).unwrap();
        assert_eq!(put, "[INC-");
    }
}
