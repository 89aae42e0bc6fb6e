//! Numbers, times and gaps as people say them.

use chrono::{DateTime, TimeDelta, Utc};

/// Where a number is not known, or was never one.
pub const UNKNOWN: &str = "–";

const DAY_MINUTES: u64 = 1_440;
// As many minutes can be weighed without dividing; beyond, hours are said too.
const PLAIN_MINUTES_MAX: u64 = 600;

/// `5,066`
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 rule`, `12 rules`
pub fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", number(count), if count == 1 { "" } else { "s" })
}

/// How often: as many digits as mean something.
pub fn rate(rate: f64) -> String {
    if !rate.is_finite() {
        return UNKNOWN.to_owned();
    }
    match rate.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.01 => "<0.01".to_owned(),
        size if size < 10.0 => trimmed(&format!("{rate:.2}")),
        size if size < 100.0 => trimmed(&format!("{rate:.1}")),
        _ => number(rate.round() as u64),
    }
}

/// The change of a rate, with its sign.
pub fn rate_change(change: f64) -> String {
    match change {
        _ if !change.is_finite() => UNKNOWN.to_owned(),
        _ if change.abs() < 0.005 => "±0".to_owned(),
        _ if change < 0.0 => format!("−{}", rate(-change)),
        _ => format!("+{}", rate(change)),
    }
}

/// The change of a count, with its sign.
pub fn change(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Equal => "±0".to_owned(),
        std::cmp::Ordering::Less => format!("−{}", number(before - after)),
        std::cmp::Ordering::Greater => format!("+{}", number(after - before)),
    }
}

/// `39 %`
pub fn percent(share: Option<f64>) -> String {
    match share {
        // Never 100 % while one is missing.
        Some(share) if share.is_finite() => format!("{} %", (share * 100.0).floor()),
        _ => UNKNOWN.to_owned(),
    }
}

/// `339 min`, `60 h 49 min`, `5 d 3 h`
pub fn minutes(minutes: f64) -> String {
    let whole = minutes.abs().round() as u64;
    match whole {
        0..=PLAIN_MINUTES_MAX => format!("{whole} min"),
        _ if whole < 3 * DAY_MINUTES => two(whole / 60, "h", whole % 60, "min"),
        _ => two(whole / DAY_MINUTES, "d", whole % DAY_MINUTES / 60, "h"),
    }
}

fn two(large: u64, unit: &str, small: u64, smaller: &str) -> String {
    if small == 0 { format!("{large} {unit}") } else { format!("{large} {unit} {small} {smaller}") }
}

/// A lead: `339 min earlier`, `10 min later`, `at the same minute`.
pub fn gap(lead_minutes: f64) -> String {
    if !lead_minutes.is_finite() {
        return UNKNOWN.to_owned();
    }
    match lead_minutes.round() {
        0.0 => "at the same minute".to_owned(),
        lead if lead > 0.0 => format!("{} earlier", minutes(lead)),
        lead => format!("{} later", minutes(lead)),
    }
}

/// `2026-07-08 01:46`
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// How long a history is: `577 days`, `3 hours`.
pub fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let span = (to - from).max(TimeDelta::zero());
    let whole = |count: i64, what| counted(count.unsigned_abs(), what);
    if span >= TimeDelta::days(2) {
        // The last day counts, be it begun only.
        return whole((span.num_minutes() + 720) / 1_440, "day");
    }
    if span >= TimeDelta::hours(2) { whole(span.num_hours(), "hour") } else { whole(span.num_minutes(), "minute") }
}

fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{change, counted, gap, number, percent, rate, rate_change, span};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn numbers_read_aloud() {
        assert_eq!([number(0), number(999), number(5_066), number(1_000_000)], ["0", "999", "5,066", "1,000,000"]);
        assert_eq!([counted(1, "rule"), counted(0, "rule"), counted(12, "rule")], ["1 rule", "0 rules", "12 rules"]);
        let rates = [0.0, 0.004, 0.13, 3.4, 9.999, 26.04, 1234.4, f64::NAN, f64::INFINITY];
        assert_eq!(rates.map(rate), ["0", "<0.01", "0.13", "3.4", "10", "26", "1,234", "–", "–"]);
        assert_eq!([-0.5, 0.001, 0.5, f64::NAN].map(rate_change), ["−0.5", "±0", "+0.5", "–"]);
        assert_eq!([change(3, 3), change(12, 3), change(3, 12)], ["±0", "−9", "+9"]);
        assert_eq!([percent(None), percent(Some(0.3889)), percent(Some(0.999))], ["–", "38 %", "99 %"]);
    }

    #[test]
    fn gaps_say_who_was_first() {
        let gaps = [339.0, -10.2, 0.4, -3_649.0, 10_000.0, 600.0, 601.0, f64::NAN];
        assert_eq!(
            gaps.map(gap),
            [
                "339 min earlier",
                "10 min later",
                "at the same minute",
                "60 h 49 min later",
                "6 d 22 h earlier",
                "600 min earlier",
                "10 h 1 min earlier",
                "–"
            ]
        );
    }

    #[test]
    fn a_history_has_a_length() {
        let length = |minutes| span(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes));
        assert_eq!(
            [0, 1, 119, 120, 577 * 1440 - 5].map(length),
            ["0 minutes", "1 minute", "119 minutes", "2 hours", "577 days"]
        );
        assert_eq!(length(-5), "0 minutes");
    }
}
