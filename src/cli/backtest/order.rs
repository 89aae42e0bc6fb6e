//! Puts lines that stand a little out of order in order: an event recorder with several workers writes such files.

use chrono::{DateTime, Utc};
use domain::backtest::Moment;
use std::collections::VecDeque;

/// So many lines may stand between a line and the place it belongs to; a file in worse order is refused.
pub const LATE_LINES_MAX: usize = 4096;

/// Moments that wait for earlier ones.
#[derive(Debug, Default)]
pub struct InOrder {
    waiting: VecDeque<Moment>,
    gone: Option<DateTime<Utc>>,
}

impl InOrder {
    /// Takes a moment, and gives the one that nothing can come before any more. Of the same time, the order stays.
    pub fn put(&mut self, moment: Moment, place: impl FnOnce() -> String) -> Result<Option<Moment>, String> {
        if let Some(gone) = self.gone.filter(|gone| moment.at < *gone) {
            return Err(format!(
                "{}: {} comes more than {LATE_LINES_MAX} lines after {gone}; sort the lines by time",
                place(),
                moment.at
            ));
        }
        if self.waiting.back().is_none_or(|last| last.at <= moment.at) {
            self.waiting.push_back(moment);
        } else {
            let at = self.waiting.partition_point(|other| other.at <= moment.at);
            self.waiting.insert(at, moment);
        }
        if self.waiting.len() <= LATE_LINES_MAX {
            return Ok(None);
        }
        Ok(self.rest())
    }

    /// The next of those that wait, at the end.
    pub fn rest(&mut self) -> Option<Moment> {
        let first = self.waiting.pop_front()?;
        self.gone = Some(first.at);
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::{InOrder, LATE_LINES_MAX};
    use chrono::DateTime;
    use domain::backtest::Moment;
    use domain::engine::Input;

    fn moment(seconds: i64) -> Moment {
        Moment { at: DateTime::from_timestamp(seconds, 0).unwrap(), input: Input::Tick }
    }

    #[test]
    fn a_little_disorder_is_mended_and_much_is_told() {
        let mut in_order = InOrder::default();
        for seconds in [10, 30, 20, 10, 40] {
            assert_eq!(in_order.put(moment(seconds), String::new), Ok(None));
        }
        let rest: Vec<i64> = std::iter::from_fn(|| in_order.rest()).map(|moment| moment.at.timestamp()).collect();
        assert_eq!(rest, [10, 10, 20, 30, 40]);

        let mut in_order = InOrder::default();
        let many = 100..100 + LATE_LINES_MAX as i64 + 2;
        let given = many.filter_map(|seconds| in_order.put(moment(seconds), String::new).unwrap()).count();
        assert_eq!(given, 2);
        assert_eq!(in_order.put(moment(102), String::new).unwrap(), Some(moment(102)));
        let problem = in_order.put(moment(101), || "h.jsonl: line 4101".to_owned()).unwrap_err();
        assert_eq!(
            problem,
            "h.jsonl: line 4101: 1970-01-01 00:01:41 UTC comes more than 4096 lines after 1970-01-01 00:01:42 UTC; sort the lines by time"
        );
    }
}
