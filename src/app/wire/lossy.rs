//! The second look at a body that is not as it should be: what can be understood of it is, alert by alert.
//!
//! Bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, of two equal keys the last counts, numbers and
//! booleans among labels are their text. An alert that still makes no sense is left out and counted; its group is not lost.

use super::WireError;
use super::fields::{Alerts, Text, Texts, WireAlert};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// A body that can be read piece by piece. Not a tree of values: that would take ten times the memory of the body.
pub(super) fn mended(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut kept, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let length = match surrogate(&text[at..]) {
            None => 2,
            Some(first) if first < 0xDC00 && surrogate(&text[at + 6..]).is_some_and(|second| second >= 0xDC00) => 12,
            Some(_) => {
                out.push_str(&text[kept..at]);
                out.push_str(r"\ufffd");
                kept = at + 6;
                6
            }
        };
        at += length;
    }
    out.push_str(&text[kept..]);
    out
}

// The code of an escaped surrogate at the start of this text.
fn surrogate(text: &str) -> Option<u16> {
    let code = text.strip_prefix(r"\u")?.get(..4)?;
    u16::from_str_radix(code, 16).ok().filter(|code| (0xD800..0xE000).contains(code))
}

/// The fields of an object.
pub(super) fn object<'a>(text: &'a str, what: &str) -> Result<Fields<'a>, WireError> {
    // What is no JSON at all gets that answer, whatever it was meant to be.
    serde_json::from_str::<&RawValue>(text).map_err(|error| WireError::NotJson(error.to_string()))?;
    serde_json::from_str(text).map_err(|_| WireError::Shape(format!("expected {what}, got {}", kind(text))))
}

/// The items of a list of alerts.
pub(super) fn items<'a>(text: &'a str, what: &str) -> Result<Vec<&'a RawValue>, WireError> {
    serde_json::from_str::<&RawValue>(text).map_err(|error| WireError::NotJson(error.to_string()))?;
    match serde_json::from_str::<Alerts<&RawValue>>(text) {
        Ok(Alerts(items)) => Ok(items),
        Err(error) if text.trim_start().starts_with('[') => Err(WireError::Shape(error.to_string())),
        Err(_) => Err(WireError::Shape(format!("expected {what}, got {}", kind(text)))),
    }
}

/// One alert, or what is wrong with it.
pub(super) fn alert(raw: &RawValue) -> Result<WireAlert<'static, Texts<'static>>, String> {
    let fields: Fields<'_> = serde_json::from_str(raw.get()).map_err(|_| format!("it is {}", kind(raw.get())))?;
    let text = |name: &str| fields.get(name).and_then(|raw| scalar(raw));
    let labels = fields.get("labels").ok_or("it has no `labels`")?;
    Ok(WireAlert {
        status: text("status"),
        labels: texts(labels).ok_or_else(|| format!("its labels are {}", kind(labels.get())))?,
        annotations: fields.get("annotations").and_then(|raw| texts(raw)),
        starts_at: text("startsAt"),
        ends_at: text("endsAt"),
        generator_url: text("generatorURL"),
        fingerprint: text("fingerprint"),
    })
}

/// A text; of a number or a boolean, how it is written.
pub(super) fn scalar(raw: &RawValue) -> Option<Text<'static>> {
    let written = raw.get();
    let text = match written.as_bytes().first()? {
        b'"' => serde_json::from_str(written).ok()?,
        b'{' | b'[' | b'n' => return None,
        _ => written.to_owned(),
    };
    Some(Text(Cow::Owned(text)))
}

// Values that are neither text nor number mean nothing as labels; the others do.
fn texts(raw: &RawValue) -> Option<Texts<'static>> {
    let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
    let pairs = fields.into_iter().filter_map(|(name, raw)| Some((Text(Cow::Owned(name)), scalar(raw)?)));
    Some(Texts(pairs.collect()))
}

fn kind(text: &str) -> &'static str {
    match text.trim_start().as_bytes().first() {
        None => "nothing",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(_) => "a number",
    }
}
