//! What a branch holds, and what must change on it for a post to stand there: somebody else's work is never undone.

use super::fault::Fault;
use domain::delivery::post::Post;
use domain::ids::IncidentId;

/// The line of a commit message by which we know what we published: the incident, the file as git counts it, its path.
pub const TRAILER: &str = "Earlybell-Post";

/// Something at a path in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `100644` for a file, `040000` for a folder, `120000` for a link.
    pub mode: String,
    /// What it holds.
    pub object: String,
    /// Where it is.
    pub path: String,
}

impl Found {
    fn is_folder(&self) -> bool {
        self.mode == "040000"
    }

    fn is_file(&self) -> bool {
        matches!(self.mode.as_str(), "100644" | "100755")
    }
}

/// What we published on this branch before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// What the file held.
    pub object: String,
    /// Where it was.
    pub path: String,
}

/// Reads `git ls-tree -z`.
pub fn read_tree(listed: &[u8]) -> Vec<Found> {
    let entry = |entry: &[u8]| {
        let text = String::from_utf8_lossy(entry).into_owned();
        let (about, path) = text.split_once('\t')?;
        let mut words = about.split(' ');
        let (mode, _kind, object) = (words.next()?, words.next()?, words.next()?);
        Some(Found { mode: mode.to_owned(), object: object.to_owned(), path: path.to_owned() })
    };
    listed.split(|byte| *byte == 0).filter_map(entry).collect()
}

/// Reads values of [`TRAILER`], the newest first, up to the first about this incident.
pub fn read_earlier(logged: &str, incident: IncidentId) -> Option<Earlier> {
    let earlier = |line: &str| {
        let mut words = line.trim().splitn(3, ' ');
        let (of, object, path) = (words.next()?, words.next()?, words.next()?);
        (of == incident.to_string()).then(|| Earlier { object: object.to_owned(), path: path.to_owned() })
    };
    logged.lines().find_map(earlier)
}

/// What must change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It stands there already.
    None,
    /// The file is put at its path; where it stood before under another path, it goes from there.
    Write {
        /// The old path.
        remove: Option<String>,
    },
}

/// Says what must change for this post to stand on a branch, or why it can't without undoing what a person did.
pub fn change(post: &Post, object: &str, found: &[Found], earlier: Option<&Earlier>) -> Result<Change, Fault> {
    let path = post.path.as_str();
    let at = |path: &str| found.iter().find(|found| found.path == path);
    if let Some(odd) = post.path.folders().filter_map(at).find(|found| !found.is_folder()) {
        return Err(Fault::Never(format!(
            "`{}` is no folder in that repository: `{path}` can't stand there",
            odd.path
        )));
    }
    let there = at(path);
    if let Some(odd) = there.filter(|found| !found.is_file()) {
        return Err(Fault::Never(format!(
            "`{path}` is no file in that repository (mode {}): it stays as it is",
            odd.mode
        )));
    }
    if there.is_some_and(|found| found.object == object) {
        return Ok(Change::None);
    }
    let untouched = |earlier: &&Earlier| at(&earlier.path).is_some_and(|found| found.object == earlier.object);
    match (there, earlier) {
        (None, None) => Ok(Change::Write { remove: None }),
        (Some(_), Some(earlier)) if earlier.path == path && untouched(&earlier) => Ok(Change::Write { remove: None }),
        (None, Some(earlier)) if untouched(&earlier) => Ok(Change::Write { remove: Some(earlier.path.clone()) }),
        (Some(_), _) => Err(edited(path)),
        (None, Some(earlier)) if at(&earlier.path).is_some() => Err(edited(&earlier.path)),
        (None, Some(earlier)) => Err(Fault::Never(format!(
            "somebody moved or removed `{}` after it was published: change it where it is now",
            earlier.path
        ))),
    }
}

fn edited(path: &str) -> Fault {
    Fault::Never(format!(
        "somebody else wrote `{path}` there: their text stays. Take what they wrote over into the draft and publish that, or \
         change it there"
    ))
}

#[cfg(test)]
mod tests {
    use super::{Change, Earlier, Found, change, read_earlier, read_tree};
    use crate::channels::blog::fault::Fault;
    use domain::delivery::post::{Post, PostPath};
    use domain::ids::IncidentId;

    const PATH: &str = "_posts/deployments/2026-11-29-inc-42.md";
    const OLD: &str = "_posts/deployments/2026-11-28-inc-42.md";

    fn post() -> Post {
        let (title, text, subject) = ("t".to_owned(), "text".to_owned(), "s".to_owned());
        Post { path: PostPath::parse(PATH).unwrap(), title, author: None, subject, text }
    }

    fn entry(mode: &str, object: &str, path: &str) -> Found {
        Found { mode: mode.into(), object: object.into(), path: path.into() }
    }

    fn decided(found: &[Found], earlier: Option<(&str, &str)>) -> Result<Change, Fault> {
        let earlier = earlier.map(|(object, path)| Earlier { object: object.into(), path: path.into() });
        let folders = [entry("040000", "f", "_posts"), entry("040000", "f", "_posts/deployments")];
        change(&post(), "new", &[folders.as_slice(), found].concat(), earlier.as_ref())
    }

    #[test]
    fn a_post_is_added_replaced_moved_or_left() {
        let write = |remove: Option<&str>| Ok(Change::Write { remove: remove.map(str::to_owned) });
        assert_eq!(decided(&[], None), write(None));
        assert_eq!(decided(&[entry("100644", "new", PATH)], None), Ok(Change::None));
        assert_eq!(decided(&[entry("100644", "a", PATH)], Some(("a", PATH))), write(None));
        assert_eq!(decided(&[entry("100644", "a", OLD)], Some(("a", OLD))), write(Some(OLD)));
    }

    #[test]
    fn what_a_person_did_is_never_undone() {
        for (found, earlier) in [
            (vec![entry("100644", "theirs", PATH)], None),
            (vec![entry("100644", "theirs", PATH)], Some(("a", PATH))),
            (vec![entry("100644", "theirs", OLD)], Some(("a", OLD))),
            (vec![entry("100644", "other", PATH), entry("100644", "a", OLD)], Some(("a", OLD))),
            (vec![], Some(("a", PATH))),
            (vec![], Some(("a", OLD))),
            (vec![entry("120000", "a", PATH)], Some(("a", PATH))),
            (vec![entry("160000", "a", PATH)], None),
            (vec![entry("040000", "a", PATH)], None),
        ] {
            assert!(matches!(decided(&found, earlier), Err(Fault::Never(_))), "{found:?} {earlier:?}");
        }
        let linked = [entry("120000", "x", "_posts")];
        assert!(matches!(change(&post(), "new", &linked, None), Err(Fault::Never(_))));
    }

    #[test]
    fn what_git_says_is_read() {
        let listed = b"040000 tree aa\t_posts\x00100644 blob bb\t_posts/a\xC3\xA4.md\x00";
        assert_eq!(read_tree(listed), [entry("040000", "aa", "_posts"), entry("100644", "bb", "_posts/aä.md")]);
        let logged = "\nINC-7 cc x.md\nINC-42 bb a/b.md\nINC-42 aa a.md\n";
        let earlier = Earlier { object: "bb".into(), path: "a/b.md".into() };
        assert_eq!(read_earlier(logged, IncidentId(42)), Some(earlier));
        assert_eq!(read_earlier(logged, IncidentId(4)), None);
    }
}
