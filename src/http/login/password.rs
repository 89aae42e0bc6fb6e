//! Passwords of local logins: which will do, and how they are kept.

use crate::http::error::Failure;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

/// Shortest password, in characters.
pub const CHARS_MIN: usize = 15;

/// Longest password, in bytes: bcrypt looks at no more.
pub const BYTES_MAX: usize = 71;

/// How slow a password is to check: 2^12 rounds, a quarter of a second.
pub const COST: u32 = 12;

/// Passwords that are checked at the same time.
const AT_ONCE_MAX: usize = 2;

/// Passwords that wait to be checked.
const WAITING_MAX: usize = 20;

/// Different letters and digits that must be left when all that is easily guessed is taken away.
const OWN_CHARS_MIN: usize = 6;

/// Shortest run like `aaa`, `abc` or `321`.
const RUN_CHARS_MIN: usize = 3;

static COMMON: LazyLock<Vec<Vec<char>>> =
    LazyLock::new(|| include_str!("common.txt").lines().map(|word| word.chars().collect()).collect());

/// Makes and checks hashes, a few at a time.
pub struct Hasher {
    cost: u32,
    at_once: Semaphore,
    waiting: Semaphore,
    checked: AtomicU64,
}

/// Whether a password will do for somebody of this name.
///
/// # Errors
/// It won't, with the reason.
pub fn good(password: &str, name: &str) -> Result<(), String> {
    if password.chars().count() < CHARS_MIN {
        return Err(format!("a password has at least {CHARS_MIN} characters: a few words in a row, for example"));
    }
    if password.len() > BYTES_MAX {
        return Err(format!("a password has at most {BYTES_MAX} bytes"));
    }
    if password.chars().any(char::is_control) {
        return Err("a password has no control characters".to_owned());
    }
    if own_chars(password, name) < OWN_CHARS_MIN {
        return Err("this password is made of common passwords, names and sequences: it would be guessed".to_owned());
    }
    Ok(())
}

// How many different letters and digits stand outside of what guessing begins with.
fn own_chars(password: &str, name: &str) -> usize {
    let text: Vec<char> = password.chars().map(lower).collect();
    let plain: Vec<char> = text.iter().copied().map(without_tricks).collect();
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() >= RUN_CHARS_MIN);
    let names: Vec<Vec<char>> = parts.map(|part| part.chars().map(lower).collect()).collect();
    let (mut own, mut at) = (BTreeSet::new(), 0);
    while at < text.len() {
        let words = COMMON.iter().chain(&names);
        let words = words.filter(|word| text[at..].starts_with(word) || plain[at..].starts_with(word));
        let word = words.map(Vec::len).max().unwrap_or(0);
        let length = word.max(run(&text[at..])).max(year(&text[at..]));
        if length == 0 && text[at].is_alphanumeric() {
            own.insert(text[at]);
        }
        at += length.max(1);
    }
    own.len()
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn without_tricks(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

fn run(text: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    let Some(first) = text.windows(2).next().map(step).filter(|step| step.abs() <= 1) else { return 0 };
    let length = 1 + text.windows(2).take_while(|pair| step(pair) == first).count();
    if length >= RUN_CHARS_MIN { length } else { 0 }
}

fn year(text: &[char]) -> usize {
    let digits: String = text.iter().take(4).filter(|c| c.is_ascii_digit()).collect();
    if digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")) { 4 } else { 0 }
}

impl Hasher {
    /// With this cost.
    pub fn new(cost: u32) -> Self {
        let semaphore = Semaphore::new;
        Self { cost, at_once: semaphore(AT_ONCE_MAX), waiting: semaphore(WAITING_MAX), checked: AtomicU64::new(0) }
    }

    /// What is kept of a password.
    ///
    /// # Errors
    /// Too many wait, or there are no random bytes.
    pub async fn hash(&self, password: &str) -> Result<String, Failure> {
        let (password, cost) = (password.to_owned(), self.cost);
        self.slowly(move || bcrypt::non_truncating_hash(password, cost)).await
    }

    /// Whether this is the password. Without a hash it is not, and it takes as long to find that out.
    ///
    /// # Errors
    /// Too many wait.
    pub async fn is_password(&self, password: &str, hash: Option<String>) -> Result<bool, Failure> {
        let hash = hash.unwrap_or_else(|| nobody(self.cost));
        self.checked.fetch_add(1, Ordering::Relaxed);
        // bcrypt itself compares in a time that does not depend on where the difference is (`subtle`).
        let password = password.to_owned();
        let checked = self.slowly(move || Ok(bcrypt::non_truncating_verify(password, &hash).unwrap_or(false)));
        checked.await
    }

    /// How many passwords were checked so far.
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    async fn slowly<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, Failure> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Failure::Busy)?;
        let _one = self.at_once.acquire().await.map_err(|_| Failure::Busy)?;
        let done = tokio::task::spawn_blocking(work).await.map_err(|error| Failure::Internal(error.to_string()))?;
        done.map_err(|error| Failure::Internal(format!("the password can't be hashed: {error}")))
    }
}

// A hash that no password has.
fn nobody(cost: u32) -> String {
    format!("$2b${cost:02}${}", ".".repeat(53))
}

#[cfg(test)]
mod tests {
    use super::{Hasher, good, nobody};

    #[test]
    fn long_passwords_will_do_unless_they_are_easily_guessed() {
        for password in ["correct horse battery staple", "Wolken ziehen übers Feld", "x7Kq-9pLm-2vRt-8w"] {
            assert_eq!(good(password, "ada"), Ok(()), "{password}");
        }
        for password in [
            "short but good",
            "passwordpassword",
            "P@ssw0rd P@ssw0rd!",
            "qwertyuiopasdfghjkl",
            "123456789012345678",
            "aaaaaaaaaaaaaaaaaaaa",
            "Summer2026!Summer2026!",
            "ada.lovelace ada.lovelace",
            "earlybell-earlybell-1",
            "letmein letmein letmein",
            "tab\tin the middle of it",
            &"correct horse battery ".repeat(4),
        ] {
            assert!(good(password, "ada.lovelace").is_err(), "{password}");
        }
    }

    #[tokio::test]
    async fn whose_name_is_not_known_is_refused_as_slowly() {
        let hasher = Hasher::new(4);
        let hash = hasher.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$2b$04$"));
        assert!(hasher.is_password("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!hasher.is_password("correct horsf", Some(hash)).await.unwrap());
        assert!(!hasher.is_password(&"x".repeat(100), None).await.unwrap());
        // It is read as a hash: all rounds are done, and none of them is saved.
        assert!(!bcrypt::non_truncating_verify("correct horse", &nobody(4)).unwrap());
        assert!(!hasher.is_password("correct horse", None).await.unwrap());
        assert_eq!(hasher.checked(), 4);
    }
}
