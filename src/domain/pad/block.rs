//! Our block inside of a pad that people write in: one splice puts the new one in the place of the old one, and nothing that
//! people wrote goes with it.

use crate::ids::IncidentId;
use std::collections::HashMap;
use std::ops::Range;

/// How both lines of the frame begin; no line of ours in between does.
pub const FRAME: &str = "----";

/// How what was moved is announced.
pub const MOVED: &str = "Moved out of the block above, which Earlybell keeps:";

/// One change: these bytes of the pad's text, and what stands there from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte that goes.
    pub from: usize,
    /// First byte that stays.
    pub to: usize,
    /// What comes.
    pub text: String,
}

/// What a pad holds, and what to change about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// What to change; none if it is as it should be.
    pub edit: Option<Edit>,
    /// What people wrote, as it will stand after that.
    pub people: String,
    /// Lines that they had written inside of our block: where each stands on the pad.
    pub moved: Vec<Range<usize>>,
    // First byte after our block.
    end: usize,
}

impl Merged {
    /// What one message changes, in the order of the text: all of it, if what it inserts is no longer than this; else a part
    /// that loses nothing. Whoever then looks at the pad again finds out what is left to do.
    pub fn within(&self, pad: &str, bytes_max: usize) -> Vec<Edit> {
        let Some(edit) = self.edit.as_ref().map(|edit| edit.trimmed(pad)) else { return Vec::new() };
        if edit.text.len() <= bytes_max {
            return vec![edit];
        }
        if !self.moved.is_empty() {
            return self.moves(pad, bytes_max);
        }
        // Whole lines, as far as possible: a piece of a line would count as somebody else's.
        let fits = up_to(&edit.text, bytes_max);
        let text = fits.rfind('\n').map_or(fits, |at| &fits[..=at]).to_owned();
        vec![Edit { text, ..edit }]
    }

    // Takes lines of people out of our block, and puts them below it, in one change: they are never nowhere.
    fn moves(&self, pad: &str, bytes_max: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut below = format!("\n\n{MOVED}");
        for line in &self.moved {
            let room = bytes_max.saturating_sub(below.len() + 1);
            let part = up_to(&pad[line.clone()], room);
            // Only a line that no message holds is cut.
            if part.len() < line.len() && !edits.is_empty() {
                break;
            }
            below.push('\n');
            below.push_str(part);
            edits.push(Edit { from: line.start, to: line.start + part.len(), text: String::new() });
            if part.len() < line.len() {
                break;
            }
        }
        // Nothing may come after the last newline of a pad, so it goes before that of our block.
        let at = self.end.saturating_sub(1);
        edits.push(Edit { from: at, to: at, text: below });
        edits
    }
}

// At most so many bytes, and at least one character.
fn up_to(text: &str, bytes_max: usize) -> &str {
    let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= bytes_max).last();
    &text[..end.unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8))]
}

/// Where our block stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    from: usize,
    to: usize,
}

/// What is known of a pad beside its text.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Whose block.
    pub incident: IncidentId,
    /// Nobody has written in it yet: what stands there came with the server.
    pub untouched: bool,
    /// Blocks that we wrote, or may have written: each with its frame. What is in none of them was written by people.
    pub ours: &'a [&'a str],
}

/// First line of a block.
pub fn first_line(incident: IncidentId) -> String {
    format!("{FRAME} {incident}: Earlybell keeps this block. Please write below it. {FRAME}")
}

/// Last line of a block.
pub fn last_line(incident: IncidentId) -> String {
    format!("{FRAME} {incident}: end of the block. What follows is yours. {FRAME}")
}

/// A block with its frame, of a content whose lines never begin as the frame does.
pub fn framed(incident: IncidentId, content: &str) -> String {
    let mut block = first_line(incident);
    block.push('\n');
    for line in content.lines() {
        if line.trim_start().starts_with(FRAME) {
            block.push_str("| ");
        }
        block.push_str(line.trim_end());
        block.push('\n');
    }
    block.push_str(&last_line(incident));
    block.push('\n');
    block
}

/// Whether a pad holds our block, or what is left of it.
pub fn is_there(pad: &str, known: Known<'_>) -> bool {
    place(pad, known).is_some()
}

/// Puts this block in the place of the one on the pad. Lines that people wrote inside of it move below it; everything
/// outside of it stays, byte for byte.
pub fn merge(pad: &str, block: &str, known: Known<'_>) -> Merged {
    let place = match place(pad, known) {
        Some(place) => place,
        // A greeting of the server, before anybody wrote: no words of people.
        None if known.untouched => Place { from: 0, to: pad.len() },
        None => Place { from: 0, to: 0 },
    };
    let is_found = place.to > 0 && !(known.untouched && known.ours.is_empty());
    let moved = if is_found { foreign(pad, place, block, known) } else { Vec::new() };
    let mut text = block.to_owned();
    if !moved.is_empty() {
        text.push('\n');
        text.push_str(MOVED);
        text.push('\n');
        moved.iter().for_each(|line| {
            text.push_str(&pad[line.clone()]);
            text.push('\n');
        });
    }
    // People begin on a line of their own, with air above it.
    let is_new = !is_found && (place.to > 0 || pad.trim().is_empty());
    if is_new || (place.to == 0 && !pad.trim().is_empty()) {
        text.push('\n');
    }
    let people = [&pad[..place.from], &text[block.len()..], &pad[place.to..]].concat();
    let edit = (pad[place.from..place.to] != text).then_some(Edit { from: place.from, to: place.to, text });
    Merged { edit, people: people.trim().to_owned(), moved, end: place.to }
}

impl Edit {
    /// The same without what stays at both ends.
    #[must_use]
    pub fn trimmed(&self, pad: &str) -> Self {
        let (old, new) = (&pad[self.from..self.to], self.text.as_str());
        let alike = |(a, b): &(char, char)| a == b;
        let prefix: usize = old.chars().zip(new.chars()).take_while(alike).map(|(c, _)| c.len_utf8()).sum();
        let (old, new) = (&old[prefix..], &new[prefix..]);
        let suffix: usize = old.chars().rev().zip(new.chars().rev()).take_while(alike).map(|(c, _)| c.len_utf8()).sum();
        let text = new[..new.len() - suffix].to_owned();
        Self { from: self.from + prefix, to: self.to - suffix, text }
    }

    /// The pad's text after it.
    pub fn apply(&self, pad: &str) -> String {
        [&pad[..self.from], &self.text, &pad[self.to..]].concat()
    }
}

// Both lines of the frame, or one of them and what stands beside it of ours.
fn place(pad: &str, known: Known<'_>) -> Option<Place> {
    let (first, last) = (first_line(known.incident), last_line(known.incident));
    let lines = lines(pad);
    let begin = lines.iter().position(|line| is(line.text, &first));
    let end = lines.iter().enumerate().skip(begin.unwrap_or(0)).find(|(_, line)| is(line.text, &last));
    let end = end.map(|(at, _)| at);
    // Those that we wrote in this block, of which one line of the frame is gone.
    let ours = |line: &Line<'_>| {
        let line = line.text.trim_end();
        line.is_empty() || known.ours.iter().any(|block| block.lines().any(|ours| ours == line))
    };
    let (begin, end) = match (begin, end) {
        (Some(begin), Some(end)) => (begin, end),
        (Some(begin), None) => (begin, begin + lines[begin..].iter().take_while(|line| ours(line)).count().max(1) - 1),
        (None, Some(end)) => (end + 1 - lines[..=end].iter().rev().take_while(|line| ours(line)).count().max(1), end),
        (None, None) => return None,
    };
    Some(Place { from: lines[begin].from, to: lines[end].to })
}

fn is(line: &str, frame: &str) -> bool {
    line.trim() == frame
}

// What stands in the block, and in none of ours: as often as it stands there more often than in any of ours.
fn foreign(pad: &str, place: Place, block: &str, known: Known<'_>) -> Vec<Range<usize>> {
    // Without memory of what we wrote there is no telling: all of it counts as ours.
    if known.ours.is_empty() {
        return Vec::new();
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for ours in known.ours.iter().copied().chain([block]) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        ours.lines().for_each(|line| *counts.entry(line.trim_end()).or_default() += 1);
        for (line, count) in counts {
            let most = left.entry(line).or_default();
            *most = (*most).max(count);
        }
    }
    let mut is_foreign = |line: &&Line<'_>| {
        let text = line.text.trim_end();
        match left.get_mut(text) {
            _ if text.trim().is_empty() => false,
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    };
    let lines = lines(&pad[place.from..place.to]);
    let range = |line: &Line<'_>| place.from + line.from..place.from + line.from + line.text.len();
    lines.iter().filter(|line| is_foreign(line)).map(range).collect()
}

struct Line<'a> {
    text: &'a str,
    from: usize,
    to: usize,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut from = 0;
    let line = |whole: &'_ str| {
        let line = (from, from + whole.len());
        from = line.1;
        line
    };
    let places: Vec<(usize, usize)> = text.split_inclusive('\n').map(line).collect();
    places.into_iter().map(|(from, to)| Line { text: text[from..to].trim_end_matches('\n'), from, to }).collect()
}

#[cfg(test)]
mod tests;
