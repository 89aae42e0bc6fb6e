//! What a channel on IRC shows: few lines, each short, none of which a client or another robot could take for more.

use domain::delivery::{Content, Lane};
use domain::notice::irc::{LINE_BYTES_MAX, LINES_MAX, MARK_BYTES_MAX};

/// The text of a notice, or of a mark in a topic.
pub fn read(lane: Lane, content: &Content) -> Result<String, String> {
    let lines: Vec<&str> = std::iter::once(content.subject.as_str()).chain(content.body.split('\n')).collect();
    if lane == Lane::Put {
        let whole = content.body.is_empty() && content.subject.len() <= MARK_BYTES_MAX;
        // A bracket would end the mark.
        let ends = content.subject.contains(['[', ']']);
        return if whole && !ends { plain(&content.subject).map(str::to_owned) } else { Err(format!("{content:?}")) };
    }
    if lines.len() > LINES_MAX + 1 {
        return Err(format!("{} lines: {content:?}", lines.len()));
    }
    for line in &lines {
        plain(line)?;
        let called = line.starts_with(['!', '.', '@', '/', '~', '$']) && !line.starts_with("!incident ");
        if line.len() > LINE_BYTES_MAX || called {
            return Err(format!("{line:?}"));
        }
    }
    Ok(lines.join("\n"))
}

fn plain(line: &str) -> Result<&str, String> {
    let odd = |c: char| c.is_control() || ('\u{202A}'..='\u{202E}').contains(&c);
    if line.chars().any(odd) { Err(format!("{line:?}")) } else { Ok(line) }
}
