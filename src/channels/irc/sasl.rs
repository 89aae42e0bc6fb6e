//! SASL: what we answer, in the pieces that the protocol wants.

use crate::config::{IrcLogin, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longest piece of an answer, in bytes; a piece that long says that more follows.
const PIECE_BYTES: usize = 400;

/// A login before the welcome.
#[derive(Debug)]
pub enum Sasl {
    /// User and password.
    Plain(String, Secret),
    /// The certificate of the connection says it.
    External,
}

impl Sasl {
    /// What is configured, if it is SASL.
    pub fn of(login: &IrcLogin) -> Option<Self> {
        match login {
            IrcLogin::Plain { username, password } => Some(Self::Plain(username.clone(), password.clone())),
            IrcLogin::External { .. } => Some(Self::External),
            IrcLogin::NickServ(_) | IrcLogin::None => None,
        }
    }

    /// Its name.
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::Plain(..) => "PLAIN",
            Self::External => "EXTERNAL",
        }
    }

    /// The answer to an empty challenge, in base64.
    pub fn answer(&self) -> String {
        match self {
            Self::Plain(user, password) => STANDARD.encode(plain(user, password.expose())),
            Self::External => String::new(),
        }
    }
}

/// What PLAIN says: whom we act for, who we are, the password.
pub fn plain(user: &str, password: &str) -> String {
    format!("{user}\0{user}\0{password}")
}

/// An answer in pieces; what is empty, or ends with a full piece, is followed by `+`.
pub fn chunks(answer: &str) -> Vec<String> {
    let mut pieces: Vec<String> =
        answer.as_bytes().chunks(PIECE_BYTES).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect();
    if answer.len().is_multiple_of(PIECE_BYTES) {
        pieces.push("+".to_owned());
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::chunks;

    #[test]
    fn answers_are_sent_in_pieces() {
        let lengths = |bytes: usize| chunks(&"a".repeat(bytes)).iter().map(String::len).collect::<Vec<_>>();
        assert_eq!(chunks(""), ["+"]);
        assert_eq!(lengths(399), [399]);
        assert_eq!(lengths(400), [400, 1]);
        assert_eq!(lengths(401), [400, 1]);
        assert_eq!(lengths(800), [400, 400, 1]);
    }
}
