//! Secrets that are planted, each known by the place it was put in, and how they are looked for.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;

/// All that were planted so far.
#[derive(Default)]
pub struct Planted(Vec<(String, String)>);

impl Planted {
    /// A new secret for this place. It looks like nothing that the program could know by its looks.
    pub fn plant(&mut self, place: &str) -> String {
        let number = self.0.len();
        let digest = ring::digest::digest(&ring::digest::SHA256, format!("{number} {place}").as_bytes());
        let text: String = digest.as_ref().iter().take(9).map(|byte| format!("{byte:02x}")).collect();
        self.keep(place, format!("canary{number:02}{text}"))
    }

    /// One that somebody else made.
    pub fn keep(&mut self, place: &str, secret: String) -> String {
        assert!(secret.len() >= 16, "{place}: {secret} is too short to be looked for");
        self.0.push((place.to_owned(), secret.clone()));
        secret
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Those that stand in a text, in any form, with what is around them.
    pub fn found_in(&self, what: &str, text: &str) -> Vec<String> {
        let leaks = self.0.iter().flat_map(|(place, secret)| forms(secret).into_iter().map(move |form| (place, form)));
        leaks
            .filter_map(|(place, form)| Some(format!("{place} in {what}: …{}…", around(text, text.find(&form)?))))
            .collect()
    }

    /// Whether the secret of this place was heard by somebody.
    pub fn is_in(&self, place: &str, heard: &str) -> bool {
        let (_, secret) = self.0.iter().find(|(known, _)| known == place).unwrap_or_else(|| panic!("no {place}"));
        forms(secret).iter().any(|form| heard.contains(form))
    }
}

fn around(text: &str, at: usize) -> String {
    let near = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[near(at.saturating_sub(120))..near(at + 80)].replace('\n', "⏎")
}

// As it is; without its first or last part, as when it is cut; and inside of base64, wherever it begins there.
fn forms(secret: &str) -> Vec<String> {
    let half = secret.len() * 2 / 3;
    let mut forms = vec![secret[..half].to_owned(), secret[secret.len() - half..].to_owned()];
    for before in 0..3_usize {
        let padded = [vec![0; before], secret.as_bytes().to_vec()].concat();
        let encoded = BASE64_STANDARD_NO_PAD.encode(&padded);
        // The first and the last of its letters also hold bits of what is around it.
        forms.push(encoded[(before * 4).div_ceil(3)..encoded.len() - 1].to_owned());
    }
    forms
}
