//! Where incidents are mirrored to pads: which address each has, and who may read it.

use crate::document::Audience;
use crate::ids::IncidentId;
use crate::incident::Incident;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Signs in a pad's name that nobody can guess: 80 bits.
const NAME_SIGNS: usize = 16;

/// Letters and digits that nobody confuses; all of them a pad's name may hold.
const SIGNS: [u8; 32] = *b"abcdefghijkmnpqrstuvwxyz23456789";

/// Pads of incidents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pads {
    /// Where the server is, without a slash at its end.
    pub url: String,
    /// What names of pads begin with.
    pub prefix: String,
    /// From when on an incident has one.
    pub from: From,
    /// Who may read them.
    pub readers: Readers,
    /// What makes their names hard to guess: made once by the store, the same for ever.
    #[serde(default)]
    pub seed: String,
}

/// From when on an incident has a pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// As soon as it is declared.
    #[default]
    Declared,
    /// Once it is confirmed.
    Confirmed,
}

/// Who may read a pad: how much it shows, and whose notices name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readers {
    /// Everyone: it shows what the public document does, and every notice names it.
    #[default]
    Public,
    /// The team: it shows all, and public notices don't name it.
    Team,
}

impl Pads {
    /// Whether this incident has a pad.
    pub fn has(&self, incident: &Incident) -> bool {
        match self.from {
            From::Declared => true,
            From::Confirmed => incident.confirmed_at.is_some(),
        }
    }

    /// The name of an incident's pad: the same in every replay and after every restart.
    pub fn name(&self, incident: IncidentId) -> String {
        let mut hash = Sha256::new();
        hash.update(self.seed.as_bytes());
        hash.update(b"\0pad\0");
        hash.update(incident.0.to_be_bytes());
        let hash = hash.finalize();
        let sign = |byte: &u8| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]);
        let end: String = hash.iter().take(NAME_SIGNS).map(sign).collect();
        format!("{}inc-{}-{end}", self.prefix, incident.0)
    }

    /// Where people find the pad of an incident, if it has one and they may read it.
    pub fn address(&self, incident: &Incident, reader: Audience) -> Option<String> {
        let may = reader == Audience::Team || self.readers == Readers::Public;
        (may && self.has(incident)).then(|| format!("{}/p/{}", self.url, self.name(incident.id)))
    }

    /// How much a pad shows.
    pub fn audience(&self) -> Audience {
        match self.readers {
            Readers::Public => Audience::Public,
            Readers::Team => Audience::Team,
        }
    }
}

/// Whether pads are called so without trouble: no sign that a server would change or refuse.
pub fn is_prefix(text: &str) -> bool {
    text.len() <= 20 && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::{From, Pads, Readers, is_prefix};
    use crate::ids::IncidentId;

    fn pads(seed: &str) -> Pads {
        let (from, readers) = (From::Declared, Readers::Public);
        Pads { url: "https://pad.example".into(), prefix: "obs-".into(), from, readers, seed: seed.into() }
    }

    #[test]
    fn a_name_is_the_same_for_ever_and_nobody_can_guess_it() {
        let name = pads("seed").name(IncidentId(7));
        assert_eq!(name, "obs-inc-7-v4n9n9n7cnaqqz42");
        assert_ne!(pads("seed").name(IncidentId(8))[10..], name[10..]);
        assert_ne!(pads("other").name(IncidentId(7)), name);
    }

    #[test]
    fn a_prefix_survives_every_server() {
        assert!(is_prefix("") && is_prefix("obs-"));
        assert!(!is_prefix("OBS ") && !is_prefix("a/b") && !is_prefix("g.$x") && !is_prefix("a:b"));
    }
}
