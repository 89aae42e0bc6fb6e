//! Pads: what people write there is shown by our pages; what alerts and people say elsewhere stands in our block, and is no more
//! than lines of it.

use crate::told::Told;
use domain::directory::Directory;
use domain::document::{Audience, Sources, document};
use domain::ids::IncidentId;
use domain::pad::block::{FRAME, Known, first_line, framed, last_line};
use domain::pad::{merge, text};
use domain::policy::PolicySource;
use domain::policy::pads::{From, Pads, Readers};
use earlybell::config::Config;
use earlybell::http::site::Site;
use earlybell::store::{PadRow, Store};

/// Every incident has a pad, on which people wrote all that was said about it, too.
pub async fn write_along(site: &Site, told: &Told) {
    let mut config = Config::clone(&site.parts.config.load());
    let (url, prefix) = ("https://bell.example.org/pads".to_owned(), String::new());
    config.policy.pads =
        Some(Pads { url, prefix, from: From::Declared, readers: Readers::Team, seed: "seed".to_owned() });
    site.parts.config.store(config.into());
    for (incident, public, private) in &told.texts {
        let all: Vec<&str> = public.iter().chain(private).map(String::as_str).collect();
        let people = domain::text::clean(&all.join("\n"), usize::MAX);
        let row = PadRow { people, people_at: Some(site.now()), ..PadRow::default() };
        site.parts.store.pads().keep_pad(*incident, row).await.unwrap();
    }
}

/// The block of an incident, as it would stand on its pad, in which nothing but our own two lines is a frame.
pub async fn block(store: &dyn Store, id: IncidentId) -> Result<String, String> {
    let incident = store.incident(id).await.unwrap().unwrap();
    let entries = store.timeline(id, None, 100).await.unwrap();
    let alerts = store.alerts_of(id, 100).await.unwrap();
    let sources = Sources {
        incident: &incident,
        entries: &entries,
        declared: None,
        alerts: &alerts,
        notices: &[],
        external_url: "https://bell.example.org",
        policy: &PolicySource::default(),
        directory: &Directory::default(),
        now: incident.changed_at,
    };
    let block = framed(id, &text::text(&document(&sources, Audience::Team), None));
    let frame: Vec<&str> = block.lines().filter(|line| line.trim_start().starts_with(FRAME)).collect();
    if frame != [first_line(id), last_line(id)] {
        return Err(format!("a line that is a frame: {frame:?}"));
    }
    if block.contains(|c: char| c.is_control() && c != '\n') {
        return Err("a control character".to_owned());
    }
    // Found again as it was written, by itself and below words of people.
    let pad = format!("hello\n{block}\n");
    let known = Known { incident: id, untouched: false, ours: &[&block] };
    let merged = merge(&pad, &block, known);
    if merged.edit.is_some() || merged.people != "hello" {
        return Err(format!("it is not found again: {merged:?}"));
    }
    Ok(block)
}
