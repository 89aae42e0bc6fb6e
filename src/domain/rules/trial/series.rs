//! Series of alerts in promtool's notation: labels, and one value per interval.

use crate::alert::Pairs;
use crate::alert::matcher::{Op, parse_strict};

/// What is known of an alert during one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// `1`: it fires.
    Fires,
    /// `s`: it fires, and a silence mutes it.
    Silenced,
    /// `0`: it is over, or never began.
    Over,
    /// `_`: nobody says anything about it. What was known stays known.
    Unseen,
}

/// The same value, several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The value.
    pub value: Value,
    /// How many times, one at least.
    pub times: u64,
}

/// Reads the labels of a series: `{alertname="Down", instance="a"}`.
pub fn labels(text: &str) -> Result<Pairs, String> {
    let example = "write for example {alertname=\"Down\", instance=\"a\"}";
    let matchers = parse_strict(text).map_err(|error| format!("not a set of labels: `{text}`: {error}; {example}"))?;
    if let Some(wrong) = matchers.iter().find(|matcher| matcher.op != Op::Equal) {
        return Err(format!("an alert has values, not patterns: `{wrong}`; {example}"));
    }
    let labels = Pairs::labels(matchers.iter().map(|matcher| (&matcher.name, &matcher.value)));
    if labels.is_empty() { Err(format!("has no labels; {example}")) } else { Ok(labels) }
}

/// Reads the values of a series: `_ 1x3 0`.
pub fn values(text: &str) -> Result<Vec<Run>, String> {
    let runs: Vec<Run> = text.split_whitespace().map(run).collect::<Result<_, _>>()?;
    if runs.is_empty() { Err("has no values; write for example `_ 1x10 0`".to_owned()) } else { Ok(runs) }
}

fn run(text: &str) -> Result<Run, String> {
    if text.contains(['+', '-']) {
        return Err(format!("`{text}`: an alert fires or it does not, there is nothing to add; write `1x5` or `0x5`"));
    }
    let Some((value, times)) = text.split_once('x') else { return Ok(Run { value: value(text, text)?, times: 1 }) };
    let value = self::value(value, text)?;
    let times: u32 = times.parse().map_err(|_| format!("`{text}`: `{times}` is no number of intervals"))?;
    // As promtool counts: `1x3` is 1, and three more of it; `_x3` is three in all.
    let times = u64::from(times) + u64::from(value != Value::Unseen);
    if times == 0 {
        return Err(format!("`{text}` says nothing; `_` without a number is one interval"));
    }
    Ok(Run { value, times })
}

fn value(text: &str, written: &str) -> Result<Value, String> {
    match text {
        "1" => Ok(Value::Fires),
        "s" => Ok(Value::Silenced),
        "0" => Ok(Value::Over),
        "_" => Ok(Value::Unseen),
        _ => Err(format!(
            "`{written}` is no value of an alert; write 1 (fires), 0 (is over), s (fires, silenced) or _ (nothing is \
             heard of it), each with `x5` for five more"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, labels, values};

    fn spelled(text: &str) -> Result<String, String> {
        let letter = |value| match value {
            Value::Fires => '1',
            Value::Silenced => 's',
            Value::Over => '0',
            Value::Unseen => '_',
        };
        let runs = values(text)?;
        Ok(runs.iter().flat_map(|run| (0..run.times).map(|_| letter(run.value))).collect())
    }

    #[test]
    fn values_expand_as_in_promtool() {
        assert_eq!(spelled("_ 1x3 0 s"), Ok("_11110s".to_owned()));
        assert_eq!(spelled(" 1x0\n _x3 0x1 sx1 "), Ok("1___00ss".to_owned()));
        for (text, problem) in [
            ("", "has no values"),
            ("1+1x5", "nothing to add; write `1x5`"),
            ("1-1x5", "nothing to add; write `1x5`"),
            ("2", "`2` is no value"),
            ("stale", "`stale` is no value"),
            ("1x", "is no number of intervals"),
            ("1x-1", "nothing to add"),
            ("1x99999999999", "is no number of intervals"),
            ("_x0", "says nothing"),
        ] {
            let said = spelled(text).unwrap_err();
            assert!(said.contains(problem), "{text}: {said}");
        }
    }

    #[test]
    fn labels_are_written_as_prometheus_prints_them() {
        let read = |text: &str| labels(text).map(|labels| labels.to_string());
        assert_eq!(read(r#"{b="x y", alertname="Down"}"#), Ok(r#"{alertname="Down", b="x y"}"#.to_owned()));
        assert_eq!(read("alertname=Down"), Ok(r#"{alertname="Down"}"#.to_owned()));
        for (text, problem) in [
            ("{}", "has no labels"),
            (r#"{a=~"b"}"#, "not patterns: `a=~\"b\"`"),
            (r#"Down{a="b"}"#, "not a set of labels"),
            (r#"{a="b""#, "not a set of labels"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(problem), "{text}: {said}");
        }
    }
}
