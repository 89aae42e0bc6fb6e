//! How one time went from month to month: bars for the median, lines for p90. The table below has the same numbers.

use super::stats::said;
use domain::statistics::month::Month;
use serde::Serialize;

/// Most months that are drawn, the newest.
const DRAWN_MAX: usize = 24;
// Of the picture, in its own units.
const WIDTH: f64 = 600.0;
const TOP: f64 = 22.0;
const HEIGHT: f64 = 100.0;

/// One picture.
#[derive(Serialize)]
pub struct Trend {
    // Makes names in the page differ.
    at: usize,
    name: &'static str,
    // What it says, for whoever does not see it.
    text: String,
    bars: Vec<Bar>,
    // The highest value, which the picture is as high as.
    most: String,
}

#[derive(Serialize)]
struct Bar {
    x: String,
    width: String,
    right: String,
    // None in a month in which it did not happen.
    y: Option<String>,
    height: Option<String>,
    p90_y: Option<String>,
    middle: String,
    // Only where there is room.
    label: Option<String>,
}

/// Draws the time of this place in [`Month::times`].
pub fn trend(at: usize, name: &'static str, months: &[Month]) -> Trend {
    let drawn = &months[months.len().saturating_sub(DRAWN_MAX)..];
    let spreads: Vec<_> = drawn.iter().filter_map(|month| Some((month, *month.times().get(at)?.1))).collect();
    let most = spreads.iter().filter_map(|(_, spread)| spread.p90_seconds).max().unwrap_or(0);
    let step = WIDTH / spreads.len().max(1) as f64;
    // Every label needs about 65 units.
    let every = (65.0 / step).ceil().max(1.0) as usize;
    let y = |seconds: u64| TOP + HEIGHT * (1.0 - seconds as f64 / most.max(1) as f64);
    let bar = |(index, (month, spread)): (usize, &(&Month, domain::statistics::month::Spread))| {
        let x = index as f64 * step + step * 0.15;
        let is_labelled = (spreads.len() - 1 - index).is_multiple_of(every);
        Bar {
            x: format!("{x:.1}"),
            width: format!("{:.1}", step * 0.7),
            right: format!("{:.1}", x + step * 0.7),
            y: spread.median_seconds.map(|seconds| format!("{:.1}", y(seconds))),
            height: spread.median_seconds.map(|seconds| format!("{:.1}", TOP + HEIGHT - y(seconds))),
            p90_y: spread.p90_seconds.map(|seconds| format!("{:.1}", y(seconds))),
            middle: format!("{:.1}", x + step * 0.35),
            label: is_labelled.then(|| month.month.clone()),
        }
    };
    let happened: Vec<_> = spreads.iter().filter(|(_, spread)| spread.count > 0).collect();
    let text = match (happened.first(), happened.last()) {
        (Some(first), Some(last)) => {
            let words = |(month, spread): &(&Month, domain::statistics::month::Spread)| {
                format!("{} in {}", spread.median_seconds.map(said).unwrap_or_default(), month.month)
            };
            format!("Median {}, {}. The table below has all numbers.", words(first), words(last))
        }
        _ => "It did not happen in these months.".to_owned(),
    };
    Trend { at, name, text, bars: spreads.iter().enumerate().map(bar).collect(), most: said(most) }
}
