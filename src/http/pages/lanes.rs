//! A picture of the alerts of an incident: one bar each, over time. The table below it says the same in words.

use chrono::{DateTime, TimeDelta, Utc};
use domain::document::Document;
use serde::Serialize;

/// Most alerts in the picture.
const BARS_MAX: usize = 12;
const WIDTH: f64 = 600.0;
const BAR_X: f64 = 190.0;
const BAR_HEIGHT: u32 = 22;
const AXIS_HEIGHT: u32 = 20;
const NAME_CHARS_MAX: usize = 26;

/// The picture, in its own units.
#[derive(Debug, PartialEq, Serialize)]
pub struct Lanes {
    width: f64,
    height: u32,
    bar_x: f64,
    axis_y: u32,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    // Where the incident was declared.
    declared_x: f64,
    bars: Vec<Bar>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Bar {
    name: String,
    x: f64,
    y: u32,
    text_y: u32,
    width: f64,
    class: &'static str,
}

/// Draws the alerts of a document; nothing without alerts.
pub fn lanes(document: &Document) -> Option<Lanes> {
    let alerts = document.alerts.iter().take(BARS_MAX);
    let from = alerts.clone().map(|alert| alert.starts_at).min()?.min(document.declared_at);
    let to = document.closed_at.unwrap_or(document.read_at).max(from + TimeDelta::minutes(1));
    let place = |at: DateTime<Utc>| {
        let share = (at - from).num_milliseconds() as f64 / (to - from).num_milliseconds() as f64;
        round(BAR_X + share.clamp(0.0, 1.0) * (WIDTH - BAR_X))
    };
    let bars: Vec<Bar> = (0..)
        .zip(alerts)
        .map(|(row, alert)| {
            let x = place(alert.starts_at);
            let end = place(alert.ends_at.unwrap_or(to));
            let y = row * BAR_HEIGHT;
            // A bar of no width would not be seen.
            let width = round((end - x).max(2.0));
            Bar { name: short(&alert.name), x, y: y + 4, text_y: y + 15, width, class: alert.state }
        })
        .collect();
    let axis_y = u32::try_from(bars.len()).unwrap_or(0) * BAR_HEIGHT;
    let declared_x = place(document.declared_at);
    Some(Lanes { width: WIDTH, height: axis_y + AXIS_HEIGHT, bar_x: BAR_X, axis_y, from, to, declared_x, bars })
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

fn short(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}
