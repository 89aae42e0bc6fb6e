//! Alertmanager's verdicts, recorded, on matchers of both grammars.

use super::{Matcher, MatcherError, MatcherText, Op, canonical, parse, parse_classic, parse_strict};
use crate::alert::Pairs;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    input: String,
    #[serde(rename = "default_0.33.1")]
    default: Answer,
    #[serde(rename = "utf8_strict_0.33.1")]
    strict: Answer,
    #[serde(rename = "classic_0.25.0")]
    classic: Answer,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Answer {
    ok: bool,
    canonical: Option<String>,
    warning: Option<String>,
    #[serde(skip_serializing, default)]
    error: Option<String>,
}

const VECTORS: &str = include_str!("../../../../tests/fixtures/matcher_vectors.json");

// Errors of the UTF-8 grammar are ours: Alertmanager's places count differently. Those of the classic one are its own.
fn answer(result: Result<(Vec<Matcher>, Option<String>), MatcherError>) -> Answer {
    match result {
        Err(error) => Answer { ok: false, canonical: None, warning: None, error: Some(error.to_string()) },
        Ok((matchers, warning)) => Answer {
            ok: true,
            canonical: Some(canonical(&matchers)),
            warning: warning.map(|text| match text.split([' ', ':']).next() {
                Some("incompatible") => "incompatible, classic fallback".to_owned(),
                _ => "disagreement, classic used".to_owned(),
            }),
            error: None,
        },
    }
}

#[test]
fn agrees_with_alertmanager() {
    let Vectors { vectors } = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.len() >= 68);
    let mut wrong = Vec::new();
    for vector in &vectors {
        let default = parse(&vector.input).map(|parsed| (parsed.matchers, parsed.warning));
        let mut strict = answer(parse_strict(&vector.input).map(|matchers| (matchers, None)));
        strict.error.clone_from(&vector.strict.error);
        let mut ours = [answer(default), strict, answer(parse_classic(&vector.input).map(|m| (m, None)))];
        for (ours, theirs) in ours.iter_mut().zip([&vector.default, &vector.strict, &vector.classic]) {
            ours.error = ours.error.take().map(|error| error.trim().to_owned());
            if ours != theirs {
                wrong.push(format!("{:?}: {ours:?}\n    Alertmanager: {theirs:?}", vector.input));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn compares_a_missing_label_as_empty() {
    let labels = Pairs::labels([("alertname", "Down"), ("severity", "page")]);
    let holds = |text: &str| super::all_match(&parse(text).unwrap().matchers, &labels);
    for text in
        ["severity=page", "team=", "team!=x", "severity=~\"critical|page\"", "{team=~\".*\",alertname=Down}", "{}"]
    {
        assert!(holds(text), "{text}");
    }
    for text in ["severity=pag", "severity!=page", "team!=\"\"", "team=~\".+\"", "severity=~pag", "severity!~\"p.*\""] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn tells_an_index_what_to_hold() {
    let words = |text: &str| parse(text).unwrap().matchers[0].words().map(|words| words.join(" "));
    assert_eq!(words("severity=~\"critical|page\"").as_deref(), Some("critical page"));
    assert_eq!(words("severity=page").as_deref(), Some("page"));
    for text in ["severity=\"\"", "severity!=page", "severity!~page", "severity=~\"\"", "severity=~\"a.*\""] {
        assert_eq!(words(text), None, "{text}");
    }
}

#[test]
fn keeps_the_text_and_refuses_in_words() {
    let text: MatcherText = serde_json::from_str(r#""severity =~ \"a|b\", job = x""#).unwrap();
    assert_eq!(text.as_str(), "severity =~ \"a|b\", job = x");
    assert_eq!(canonical(text.matchers()), "{job=\"x\",severity=~\"a|b\"}");
    assert_eq!(
        (text.warning(), serde_json::to_string(&text).unwrap()),
        (None, r#""severity =~ \"a|b\", job = x""#.to_owned())
    );
    let error = serde_json::from_str::<MatcherText>(r#""severity""#).unwrap_err().to_string();
    assert_eq!(error, "not a matcher: `severity`: bad matcher format: severity");
    let single = MatcherText::try_from(r#"alertname=~"Low disk space \(?:big|small\)""#.to_owned()).unwrap();
    assert!(single.warning().is_some_and(|warning| warning.starts_with("incompatible")));
    // What the pattern says, if not what its author meant.
    assert!(single.matchers()[0].matches("small)") && !single.matchers()[0].matches("Low disk space (small)"));
}

#[test]
fn what_is_printed_means_the_same() {
    const PARTS: [&str; 24] = [
        "a", "é", "b.c", "=", "!=", "=~", "!~", "{", "}", ",", "\"", "\\", "\\n", "\n", " ", "\t", "'", "`", "\\x41",
        "|", "(", "foo=bar", "\u{85}", "\\u00e9",
    ];
    let mut random = fastrand::Rng::with_seed(11);
    let mut understood = 0;
    for _ in 0..50_000 {
        let text: String = (0..random.usize(1..10)).map(|_| PARTS[random.usize(0..PARTS.len())]).collect();
        let Ok(parsed) = parse(&text) else { continue };
        understood += 1;
        let printed = canonical(&parsed.matchers);
        let mut sorted = parsed.matchers;
        sorted.sort();
        let again = parse(&printed).unwrap_or_else(|error| panic!("{text:?} printed as {printed:?}: {error}"));
        assert_eq!(again.matchers, sorted, "{text:?} printed as {printed:?}");
    }
    assert!(understood > 500, "{understood}");
}

#[test]
fn quotes_names_the_classic_grammar_does_not_know() {
    let matcher = Matcher::new("with space", Op::NotMatches, "a\tb\"c").unwrap();
    assert_eq!(matcher.to_string(), r#""with space"!~"a\tb\"c""#);
    assert_eq!(parse_strict(&matcher.to_string()).unwrap(), [matcher]);
}
