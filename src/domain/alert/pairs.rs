//! Label and annotation sets: sorted, and packed so that 100,000 of them fit in memory.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A sorted set of name and value. All text stands in one allocation, the ends of each piece in another: a set of
/// eight labels takes about 250 bytes instead of the 900 of a map of strings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pairs {
    text: Box<str>,
    // End of name 0, end of value 0, end of name 1, …
    ends: Box<[u32]>,
}

impl Pairs {
    /// Sorts by name; of two values for one name the last stays.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut pairs: Vec<(N, V)> = pairs.into_iter().collect();
        pairs.sort_by(|a, b| a.0.as_ref().cmp(b.0.as_ref()));
        let bytes = pairs.iter().map(|(name, value)| name.as_ref().len() + value.as_ref().len()).sum();
        let mut text = String::with_capacity(bytes);
        let mut ends = Vec::with_capacity(pairs.len() * 2);
        for (at, (name, value)) in pairs.iter().enumerate() {
            // The sort is stable, so the last of equal names is the one that was written last.
            if pairs.get(at + 1).is_some_and(|next| next.0.as_ref() == name.as_ref()) {
                continue;
            }
            text.push_str(name.as_ref());
            ends.push(end_of(&text));
            text.push_str(value.as_ref());
            ends.push(end_of(&text));
        }
        Self { text: text.into_boxed_str(), ends: ends.into_boxed_slice() }
    }

    /// Labels: as [`Pairs::new`], without the empty values, which mean "no such label" to Prometheus.
    pub fn labels<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::new(pairs.into_iter().filter(|(_, value)| !value.as_ref().is_empty()))
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// In the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.len()).map(|at| (self.piece(at * 2), self.piece(at * 2 + 1)))
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The value under this name; a missing one is empty, as matchers see it.
    pub fn value(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// Only the named pairs: the correlation key of a rule.
    pub fn only<S: AsRef<str>>(&self, names: &[S]) -> Self {
        Self::new(self.iter().filter(|(name, _)| names.iter().any(|wanted| wanted.as_ref() == *name)))
    }

    fn piece(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }
}

// A set over 4 GiB can't come in: bodies are capped far below.
fn end_of(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

impl fmt::Debug for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// As Prometheus prints a label set: `{alertname="Down", instance="a"}`.
impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, (name, value)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::with_capacity(map.size_hint().unwrap_or(8).min(64));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs::new(pairs))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::Pairs;

    #[test]
    fn sorts_packs_and_keeps_the_last_of_two() {
        let pairs = Pairs::new([("job", "a"), ("alertname", "Down"), ("job", "b"), ("empty", "")]);
        assert_eq!(format!("{pairs}"), r#"{alertname="Down", empty="", job="b"}"#);
        assert_eq!(Pairs::labels(pairs.iter()).len(), 2);
        assert_eq!((pairs.value("job"), pairs.value("none"), pairs.get("none")), ("b", "", None));
    }

    #[test]
    fn survives_json() {
        let pairs = Pairs::new([("имя", "значение"), ("a b", "\"quoted\"")]);
        let json = serde_json::to_string(&pairs).unwrap();
        assert_eq!(serde_json::from_str::<Pairs>(&json).unwrap(), pairs);
    }
}
