//! What went wrong on the way to a blog, and what it means for the post.

pub use crate::channels::fault::Fault;
use domain::text;

/// Longest answer that is quoted, in bytes.
const QUOTE_BYTES_MAX: usize = 400;

/// Whether a push was under way when git failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum During {
    /// It only asked.
    Reading,
    /// It may have been taken.
    Pushing,
}

// What git, ssh and curl say (in English, by `LC_ALL`) when somebody has to act.
const SETUP: [&str; 24] = [
    "permission denied",
    "host key verification failed",
    "remote host identification has changed",
    "terminal prompts disabled",
    "authentication failed",
    "invalid username or",
    "returned error: 401",
    "returned error: 403",
    "returned error: 404",
    "repository not found",
    "does not appear to be a git repository",
    "not a git repository",
    "unprotected private key",
    "bad owner or permissions",
    "dubious ownership",
    "write access to repository not granted",
    "access denied",
    "you are not allowed",
    "redirect",
    "ssl certificate problem",
    "server certificate verification failed",
    "transport '",
    "unable to find remote helper",
    "bad configuration option",
];

/// What it means that git failed with these words.
pub fn of_git(said: &str, during: During) -> Fault {
    let words = words(said);
    let lower = said.to_ascii_lowercase();
    if lower.contains("signal 25") || lower.contains("file too large") {
        return Fault::Setup(format!("the repository is larger than we take: {words}"));
    }
    if SETUP.iter().any(|known| lower.contains(known)) {
        return Fault::Setup(words);
    }
    match during {
        During::Reading => Fault::not_done(words),
        During::Pushing => Fault::Unknown(words),
    }
}

/// The lines of an answer that say why, in one.
pub fn words(said: &str) -> String {
    let telling = |line: &&str| {
        let line = line.trim();
        // Pictures and advice around the sentence that says it.
        let advice = ["hint:", "Please make sure", "@", "Someone could", "It is also possible", "Please contact"];
        !line.is_empty() && !advice.iter().any(|start| line.starts_with(start))
    };
    let lines: Vec<&str> = said.lines().filter(telling).map(str::trim).collect();
    let said = if lines.is_empty() { "git failed without a word".to_owned() } else { lines.join("; ") };
    text::clean_line(&said, QUOTE_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::{During, Fault, of_git};

    #[test]
    fn who_has_to_act_is_told_apart_from_a_bad_day() {
        for setup in [
            "git@127.0.0.1: Permission denied (publickey).\nfatal: Could not read from remote repository.",
            "Host key verification failed.",
            "fatal: could not read Username for 'https://example.org': terminal prompts disabled",
            "fatal: unable to access 'https://x/': The requested URL returned error: 403",
            "fatal: '/srv/none.git' does not appear to be a git repository",
            "error: index-pack died of signal 25",
            "fatal: transport 'ext' not allowed",
        ] {
            assert!(matches!(of_git(setup, During::Reading), Fault::Setup(_)), "{setup}");
        }
        for later in [
            "ssh: connect to host 127.0.0.1 port 2: Connection refused",
            "fatal: unable to access 'https://x/': Could not resolve host: x",
            "fatal: unable to access 'https://x/': The requested URL returned error: 502",
            "fatal: early EOF",
            "",
        ] {
            assert!(matches!(of_git(later, During::Reading), Fault::NotDone { .. }), "{later}");
            assert!(matches!(of_git(later, During::Pushing), Fault::Unknown(_)), "{later}");
        }
    }
}
