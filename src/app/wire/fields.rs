//! The parts that all messages of Alertmanager share: texts, label sets, alerts.

use super::time;
use domain::alert::{Fingerprint, Observation, Pairs, Status};
use domain::text::{VALUE_BYTES_MAX, clean, clean_line, is_clean};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// Most alerts in one message.
pub const ALERTS_MAX: usize = 100_000;

/// Longest label or annotation name kept, in bytes.
const NAME_BYTES_MAX: usize = 1024;

/// Longest link kept, in bytes.
const URL_BYTES_MAX: usize = 8 * 1024;

/// A text that stays in the body it came in where that is possible.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

/// A map of texts, read or only looked at.
pub(super) trait Side<'de>: Deserialize<'de> + Default {
    /// Whether it holds nothing, or only empty values.
    fn is_blank(&self) -> bool;
}

/// A map of texts, read.
#[derive(Debug, Default)]
pub(super) struct Texts<'a>(pub(super) Vec<(Text<'a>, Text<'a>)>);

/// A map of texts, known to be one: all that is asked before a message is stored.
#[derive(Debug)]
pub(super) struct Looked {
    blank: bool,
}

impl Default for Looked {
    fn default() -> Self {
        Self { blank: true }
    }
}

/// One alert of any message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "P: Side<'de>"))]
pub(super) struct WireAlert<'a, P> {
    #[serde(borrow, default)]
    pub(super) status: Option<Text<'a>>,
    pub(super) labels: P,
    #[serde(default)]
    pub(super) annotations: Option<P>,
    #[serde(borrow, default)]
    pub(super) starts_at: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) ends_at: Option<Text<'a>>,
    #[serde(borrow, default, rename = "generatorURL")]
    pub(super) generator_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) fingerprint: Option<Text<'a>>,
}

impl<P> WireAlert<'_, P> {
    /// What its `status` says.
    pub(super) fn status(&self) -> Result<Status, String> {
        match self.status.as_ref().map(|status| &*status.0) {
            Some("firing") => Ok(Status::Firing),
            Some("resolved") => Ok(Status::Resolved),
            Some(other) => Err(format!("its status is `{}`, expected firing or resolved", clean_line(other, 40))),
            None => Err("it has no `status`, expected firing or resolved".to_owned()),
        }
    }
}

impl WireAlert<'_, Texts<'_>> {
    /// Cleaned; times as far as they are times. The end is left to the caller: each message means something else by it.
    pub(super) fn observation(self, status: Status) -> Observation {
        let labels = self.labels.labels();
        let sent = self.fingerprint.as_ref().and_then(|text| Fingerprint::parse(&text.0));
        Observation {
            status,
            fingerprint: sent.unwrap_or_else(|| Fingerprint::of(&labels)),
            labels,
            annotations: self.annotations.unwrap_or_default().pairs(),
            starts_at: self.starts_at.as_ref().and_then(|text| time::read(&text.0).ok().flatten()),
            ends_at: self.ends_at.as_ref().and_then(|text| time::read(&text.0).ok().flatten()),
            generator_url: self.generator_url.map(|url| link(&url.0)).unwrap_or_default(),
        }
    }
}

impl Texts<'_> {
    /// As labels: without the empty ones.
    pub(super) fn labels(self) -> Pairs {
        Pairs::labels(self.cleaned())
    }

    /// As annotations.
    pub(super) fn pairs(self) -> Pairs {
        Pairs::new(self.cleaned())
    }

    fn cleaned(self) -> impl Iterator<Item = (impl AsRef<str>, impl AsRef<str>)> {
        self.0.into_iter().map(|(name, value)| (name.cleaned(NAME_BYTES_MAX), value.cleaned(VALUE_BYTES_MAX)))
    }
}

impl<'a> Text<'a> {
    fn cleaned(self, bytes_max: usize) -> Cow<'a, str> {
        if is_clean(&self.0, bytes_max) { self.0 } else { Cow::Owned(clean(&self.0, bytes_max)) }
    }
}

fn link(url: &str) -> Box<str> {
    let fits = is_clean(url, URL_BYTES_MAX) && !url.contains(['\n', '\t']);
    if fits { url.into() } else { clean_line(url, URL_BYTES_MAX).into() }
}

impl<'de> Side<'de> for Texts<'de> {
    fn is_blank(&self) -> bool {
        self.0.iter().all(|(_, value)| value.0.is_empty())
    }
}

impl Side<'_> for Looked {
    fn is_blank(&self) -> bool {
        self.blank
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Texts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts<'de>, A::Error> {
                let mut texts = Vec::with_capacity(8);
                while let Some(pair) = map.next_entry()? {
                    texts.push(pair);
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

impl<'de> Deserialize<'de> for Looked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Looked;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Looked, A::Error> {
                let mut looked = Looked::default();
                while map.next_key::<IgnoredAny>()?.is_some() {
                    looked.blank &= map.next_value::<Length>()?.0 == 0;
                }
                Ok(looked)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Reads a body that is as it should be. The whole of it is looked at for UTF-8 first: cheaper than each text alone.
pub(super) fn strictly<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(body).ok()?).ok()
}

/// A list of at most [`ALERTS_MAX`].
#[derive(Debug)]
pub(super) struct Alerts<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Alerts<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Alerts<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {ALERTS_MAX} alerts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Alerts<T>, A::Error> {
                let mut alerts = Vec::new();
                while let Some(alert) = list.next_element()? {
                    if alerts.len() == ALERTS_MAX {
                        return Err(A::Error::custom(format!("more than {ALERTS_MAX} alerts in one message")));
                    }
                    alerts.push(alert);
                }
                Ok(Alerts(alerts))
            }
        }
        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

// A text of which only the length matters: read into the parser's own memory.
struct Length(usize);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<Length, E> {
                Ok(Length(text.len()))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}
