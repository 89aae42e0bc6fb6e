//! The headline: what a reader takes home who reads nothing else.

use super::words::{counted, gap, number, percent, rate, span};
use chrono::TimeDelta;
use domain::backtest::score::Report;

/// A few sentences, the most important first.
pub fn headline(report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    if report.observations == 0 {
        sentences.push("There was nothing to play: the history is empty.".to_owned());
        return sentences;
    }
    sentences.extend(found(report));
    sentences.push(declared(report));
    sentences.extend(lead(report));
    if report.total.declared > 0 {
        sentences.push(format!(
            "Somebody who hears everything would have had {} notices a week.",
            rate(report.total.notices_per_week)
        ));
    }
    sentences
}

/// What is missing, and how to get it.
pub fn missing(report: &Report) -> Vec<String> {
    let mut missing = Vec::new();
    if report.rules.is_empty() {
        missing.push("There are no rules in these files.".to_owned());
    }
    if !report.truth_known && report.observations > 0 {
        missing.push(
            "Nothing tells which declarations were right: give a list of known incidents with --truth FILE, or play \
             your own inbox, where people have confirmed and called off."
                .to_owned(),
        );
    }
    if report.observations > 0 && report.to - report.from < TimeDelta::weeks(1) {
        missing.push(
            "The history is shorter than a week, so what is said per week is little more than a guess.".to_owned(),
        );
    }
    missing
}

fn found(report: &Report) -> Option<String> {
    let total = &report.total;
    if !report.truth_known {
        return None;
    }
    if total.known == 0 {
        return Some("No incident is known in this time, so there was none to be found.".to_owned());
    }
    Some(format!("Found {} of {}.", number(total.found), counted(total.known, "known incident")))
}

fn declared(report: &Report) -> String {
    let total = &report.total;
    let during = span(report.from, report.to);
    if total.declared == 0 {
        return format!("Nothing was declared in {during}.");
    }
    if !report.truth_known {
        return format!("{} in {during}; nobody has said which were right.", counted(total.declared, "declaration"));
    }
    if total.right == total.declared {
        let all = if total.declared == 1 {
            "The only declaration".to_owned()
        } else {
            format!("All {} declarations", number(total.declared))
        };
        return format!("{all} in {during} {} right.", if total.declared == 1 { "was" } else { "were" });
    }
    let share = total.precision.map(|share| format!(" ({} right)", percent(Some(share)))).unwrap_or_default();
    let wrong = match total.wrong {
        0 => "none was wrong".to_owned(),
        1 => "1 was wrong".to_owned(),
        wrong => format!("{} were wrong", number(wrong)),
    };
    let open = match total.unjudged {
        0 => String::new(),
        1 => " 1 was judged by nobody.".to_owned(),
        more => format!(" {} were judged by nobody.", number(more)),
    };
    let often = if total.wrong > 0 && total.wrong_per_week.is_finite() {
        format!(": {} a week", rate(total.wrong_per_week))
    } else {
        String::new()
    };
    format!("Of {} in {during}{share}, {wrong}{often}.{open}", counted(total.declared, "declaration"))
}

fn lead(report: &Report) -> Option<String> {
    let lead = report.total.lead_minutes_p50?;
    let timed = report.incidents.iter().filter(|known| known.lead_counts && known.lead_minutes.is_some()).count();
    let over = if timed > 0 { format!(" (median of {timed} with measured times)") } else { String::new() };
    Some(match gap(lead).strip_suffix(" earlier") {
        Some(minutes) => format!("Rules declared {minutes} before people{over}."),
        None => match gap(lead).strip_suffix(" later") {
            Some(minutes) => format!("Rules declared {minutes} after people{over}."),
            None => format!("Rules declared as early as people{over}."),
        },
    })
}
