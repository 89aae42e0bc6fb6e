//! A post for a site that is made from files: what is published, and where; as the words of a delivery.

use super::Content;
use crate::text::{clean, clean_line};

/// Longest path of a post, in bytes.
pub const PATH_BYTES_MAX: usize = 300;

/// Longest part of a path, in bytes: what file systems take.
pub const PART_BYTES_MAX: usize = 200;

/// Longest title or author, in bytes.
pub const LINE_BYTES_MAX: usize = 300;

/// Longest text of a post, in bytes.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// A file to publish, fully written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where it stands in the repository: `_posts/deployments/2026-11-29-post-mortem.md`.
    pub path: PostPath,
    /// Its title: that of a pull request, too.
    pub title: String,
    /// Who publishes it, `Name <mail>`; the receiver's own author if not said.
    pub author: Option<String>,
    /// The first line of the commit.
    pub subject: String,
    /// The file, byte for byte.
    pub text: String,
}

/// A path inside a repository that can't lead out of it, nor into git's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostPath(String);

impl PostPath {
    /// Reads one, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |because: &str| Err(format!("`{}` is no path of a post: {because}", text.escape_debug()));
        if text.is_empty() || text.len() > PATH_BYTES_MAX {
            return wrong("it has 1 to 300 bytes");
        }
        // A colon and a backslash are separators elsewhere; the others mean something to a shell or a URL.
        let odd = |c: char| c.is_control() || c.is_whitespace() || "\\:*?\"<>|'`$;&#%{}()[]~^!".contains(c);
        if text.chars().any(odd) {
            return wrong("letters, digits, `-`, `_`, `.` and `/` only");
        }
        for part in text.split('/') {
            if part.is_empty() || part.len() > PART_BYTES_MAX {
                return wrong("between two `/` stand 1 to 200 bytes, and none begins it");
            }
            // `.git` and what other systems take for it; `.github` runs programs.
            if part.starts_with(['.', '-']) || part.to_ascii_lowercase().starts_with("git~") || part.ends_with('.') {
                return wrong("no part begins with `.` or `-`, or ends with `.`");
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders above it, the outermost first.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(at, _)| &self.0[..at])
    }
}

// The heads of a post in a delivery, in this order, before an empty line and the text.
const PATH: &str = "Path: ";
const TITLE: &str = "Title: ";
const AUTHOR: &str = "Author: ";

impl Post {
    /// As it stands in the outbox: a few heads, an empty line, and the file.
    pub fn content(&self) -> Content {
        let line = |text: &str| clean_line(text, LINE_BYTES_MAX);
        let mut body = format!("{PATH}{}\n{TITLE}{}\n", self.path.0, line(&self.title));
        if let Some(author) = &self.author {
            body.push_str(&format!("{AUTHOR}{}\n", line(author)));
        }
        body.push('\n');
        body.push_str(&clean(&self.text, TEXT_BYTES_MAX));
        Content { subject: line(&self.subject), body }
    }

    /// Reads it back.
    pub fn read(content: &Content) -> Result<Self, String> {
        let mut rest = content.body.as_str();
        let mut head = |name: &str| {
            let (line, after) = rest.split_once('\n')?;
            let value = line.strip_prefix(name)?;
            rest = after;
            Some(value.to_owned())
        };
        let missing = |name: &str| format!("this is no post: `{}` is missing", name.trim_end());
        let path = PostPath::parse(&head(PATH).ok_or_else(|| missing(PATH))?)?;
        let title = head(TITLE).ok_or_else(|| missing(TITLE))?;
        let author = head(AUTHOR);
        let text = rest.strip_prefix('\n').ok_or("this is no post: no empty line before its text")?;
        Ok(Self { path, title, author, subject: content.subject.clone(), text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Post, PostPath};

    fn post(author: Option<&str>, title: &str, text: &str) -> Post {
        Post {
            path: PostPath::parse("_posts/deployments/2026-11-29-inc-42.md").unwrap(),
            title: title.to_owned(),
            author: author.map(str::to_owned),
            subject: "Add post mortem of INC-42".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_post_is_read_back_as_it_was_written() {
        let texts = ["", "---\ntitle: x\n---\n\nPath: a\nTitle: b\n\nAuthor: c\n", "\n\nAuthor: none", "no end\n\n\n"];
        for text in texts {
            for author in [None, Some("Anna A. <anna@example.org>")] {
                let post = post(author, "A day without builds", text);
                assert_eq!(Post::read(&post.content()).unwrap(), post);
            }
        }
    }

    #[test]
    fn a_title_adds_no_head() {
        let read = Post::read(&post(None, "a\nAuthor: Mallory <m@example.org>", "text").content()).unwrap();
        assert_eq!(read.title, "a Author: Mallory <m@example.org>");
        assert_eq!((read.author, read.text.as_str()), (None, "text"));
    }

    #[test]
    fn paths_stay_inside_the_repository_and_out_of_gits_own() {
        for good in ["a.md", "_posts/2026-11-29-post-mortem.md", "content/post/ä/x_y.md"] {
            assert_eq!(PostPath::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(301);
        let bad = [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".git/config",
            "a/.GIT/hooks/x",
            ".github/workflows/x.yml",
            "GIT~1/config",
            "a b.md",
            "a\nb.md",
            "a\\b",
            "c:x",
            "-x.md",
            "a/-x",
            "a.",
            "a;b",
            "$(x)",
            &long,
        ];
        for bad in bad {
            assert!(PostPath::parse(bad).is_err(), "{bad:?} is taken");
        }
        let path = PostPath::parse("a/b/c.md").unwrap();
        assert_eq!(path.folders().collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
