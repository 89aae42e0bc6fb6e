//! Title and text of a pull request: a block of ours between two marks; what people write around it, and a title they
//! changed, stay.

use domain::delivery::post::Post;
use domain::ids::IncidentId;
use domain::text::clean_line;
use ring::digest::{SHA256, digest};

/// Longest title, in bytes: what forges take.
const TITLE_BYTES_MAX: usize = 240;

const BEGIN: &str = "<!-- earlybell ";
const END: &str = "<!-- /earlybell -->";

/// The title that a post asks for.
pub fn title(post: &Post, incident: IncidentId) -> String {
    let title = clean_line(&post.title, TITLE_BYTES_MAX);
    if title.is_empty() { format!("Post mortem of {incident}") } else { title }
}

/// Our block. It knows the title that we gave, so that one that a person gave is seen.
pub fn block(post: &Post, incident: IncidentId, titled: &str) -> String {
    format!(
        "{BEGIN}{incident} title:{titled} -->\nThe post mortem of {incident} is `{}`. Read it, complete it, and merge it to publish \
         it; commits of yours on this branch stay.\n{END}",
        post.path.as_str()
    )
}

/// What a title is known by.
pub fn mark(title: &str) -> String {
    digest(&SHA256, title.as_bytes()).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Where our block stands in a text, and the title that it knows.
pub fn ours(body: &str) -> Option<(std::ops::Range<usize>, &str)> {
    let begin = body.find(BEGIN)?;
    let end = begin + body[begin..].find(END)? + END.len();
    let head = body[begin..end].split("-->").next()?;
    let titled = head.split("title:").nth(1)?.trim();
    Some((begin..end, titled))
}

/// A text with this block in the place of ours, or after what is there.
pub fn with_block(body: &str, block: &str) -> String {
    match ours(body) {
        Some((range, _)) => format!("{}{block}{}", &body[..range.start], &body[range.end..]),
        None if body.trim().is_empty() => block.to_owned(),
        None => format!("{}\n\n{block}", body.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::{mark, ours, with_block};

    #[test]
    fn what_people_write_around_our_block_stays() {
        let block =
            |title: &str| format!("<!-- earlybell INC-42 title:{} -->\nwords\n<!-- /earlybell -->", mark(title));
        let body = with_block("See also #3\r\n", &block("a"));
        assert_eq!(body, format!("See also #3\n\n{}", block("a")));
        let added = format!("{body}\n\nI read it.");
        assert_eq!(with_block(&added, &block("b")), format!("See also #3\n\n{}\n\nI read it.", block("b")));
        assert_eq!(ours(&added).unwrap().1, mark("a"));
        assert_eq!(with_block(" ", &block("a")), block("a"));
        assert!(ours("<!-- earlybell INC-42 title:x -->").is_none(), "no end");
    }
}
