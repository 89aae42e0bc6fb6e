//! Go's verdicts, recorded, on patterns and values.

use super::{Pattern, literal_alternatives};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    pattern: String,
    go_compiles: bool,
    go_error: Option<String>,
    values: Vec<Probe>,
}

#[derive(Deserialize)]
struct Probe {
    value: String,
    go_match: bool,
}

const VECTORS: &str = include_str!("../../../../tests/fixtures/regex_vectors.json");

#[test]
fn agrees_with_go() {
    let vectors: Vec<Vector> = serde_json::from_str(VECTORS).unwrap();
    assert!(vectors.len() >= 47);
    let mut wrong = Vec::new();
    for vector in &vectors {
        match (Pattern::new(&vector.pattern), vector.go_compiles) {
            (Ok(pattern), true) => {
                for probe in vector.values.iter().filter(|probe| pattern.matches(&probe.value) != probe.go_match) {
                    wrong.push(format!("{} ~ {:?}: Go says {}", vector.pattern, probe.value, probe.go_match));
                }
            }
            (Err(error), false) => {
                let go = vector.go_error.as_deref().unwrap_or_default();
                if !go.ends_with(&error.to_string()) {
                    wrong.push(format!("{}: {error}; Go: {go}", vector.pattern));
                }
            }
            (Ok(_), false) => wrong.push(format!("{}: Go refuses it", vector.pattern)),
            (Err(error), true) => wrong.push(format!("{}: Go takes it; {error}", vector.pattern)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn matching<'a>(pattern: &str, texts: &[&'a str]) -> Vec<&'a str> {
    let pattern = Pattern::new(pattern).unwrap();
    texts.iter().copied().filter(|text| pattern.matches(text)).collect()
}

#[test]
fn reads_what_go_reads() {
    assert_eq!(matching(r".*\bfoo\b.*", &["éfoo", "a foo b", "xfoo"]), ["éfoo", "a foo b"]);
    assert_eq!(matching(r"\Bfoo\B", &["foo"]), [""; 0]);
    assert_eq!(matching("a(?i)*", &["", "aa", "AA"]), ["", "aa"], "the a is repeated, not the flag");
    assert_eq!(matching("(?i-i)a|b", &["a", "A", "b"]), ["a", "b"]);
    assert_eq!(matching("a)|(b", &["a", "ax", "b", "xb"]), ["a", "ax", "b", "xb"], "the anchors are part of it");
    assert_eq!(matching(r"a*\Q\E?x", &["x", "aax"]), ["x", "aax"]);
    assert_eq!(matching(r"[\d-z]+", &["1-z", "y"]), ["1-z"]);
    assert_eq!(matching(r"[^\D]", &["1", "a"]), ["1"]);
    assert_eq!(matching("[[:^alpha:]--]", &["1", "a", "-"]), ["1", "-"]);
    assert_eq!(matching("[[:nonsense]", &[":", "[", "x"]), [":", "["]);
    assert_eq!(matching(r"\101\x{62}\x63\07?", &["Abc", "Abc\x07"]), ["Abc", "Abc\x07"]);
    assert_eq!(matching("a{,2}|b{|c{1", &["a{,2}", "b{", "c{1", "aa"]), ["a{,2}", "b{", "c{1"]);
    assert_eq!(matching(r"\x{D800}|[\x{D7FF}-\x{DFFF}]", &["\u{D7FF}", "x"]), ["\u{D7FF}"]);
    assert_eq!(
        matching(r"\P{^Old_Italic}|\pC|\p{^Any}", &["\u{10300}", "\x01", "a", "\u{378}"]),
        ["\u{10300}", "\x01"]
    );
    assert_eq!(matching(r"(?i)\w", &["\u{17F}", "\u{212A}", "é"]), ["\u{17F}", "\u{212A}"], "Go folds these too");
    assert_eq!(matching("", &["", "a"]), [""]);
    assert_eq!(matching("(?m)^a$", &["a", "a\n", "\na"]), ["a"]);
    assert_eq!(matching("(?)a|(|b)c?", &["a", "", "bc"]), ["a", "", "bc"]);
}

#[test]
fn refuses_what_go_refuses() {
    for pattern in [
        r"\p{greek}",
        r"\p{Grek}",
        r"\p{Alphabetic}",
        r"\pX",
        r"\p{L",
        r"[\Q]",
        r"[a-\d]",
        "[z-a]",
        r"\1",
        r"\E",
        r"\x{110000}",
        r"\xZ1",
        "(?P<a>x)(?P<a>y)",
        "(?P<>x)",
        "(?P<a-b>x)",
        "(?i-)a",
        "(?i",
        "(?#x)",
        "(|*)",
        "(?i)*",
        "a{2,1}",
        "a*{2}",
        "(a{50}){50}",
        "[[:foo:]]",
        "[a",
        r"\",
        r"\Qa",
        "a{1001,}",
        r"\_\é",
    ] {
        assert!(Pattern::new(pattern).is_err(), "{pattern}");
    }
    for pattern in ["(a{0,0}b{500}){1,}", "(a{10}){100}", "(a{500})*", "a*?", r"\_", "[]-a]", "[a-]", "[^]]"] {
        assert!(Pattern::new(pattern).is_ok(), "{pattern}");
    }
}

#[test]
fn bounds_memory_and_depth() {
    let wide = Pattern::new(r"(?:\pL{100}\pL{100}\pL{100}){3}").unwrap_err();
    assert!(wide.to_string().contains("1 MiB"), "{wide}");
    let deep = format!("{}a{}", "(".repeat(2000), ")".repeat(2000));
    assert!(Pattern::new(&deep).unwrap_err().to_string().contains("nests too deeply"));
}

#[test]
fn knows_plain_words() {
    let words = |pattern: &str| literal_alternatives(pattern).map(|words| words.join(" "));
    assert_eq!(words("critical|page").as_deref(), Some("critical page"));
    assert_eq!(words("(?:prod|stag)ing").as_deref(), Some("proding staging"));
    assert_eq!(words(r"Low disk space \(small\)|a\.b").as_deref(), Some("Low disk space (small) a.b"));
    assert_eq!(words("a|a").as_deref(), Some("a"));
    assert_eq!(words("[ab]c").as_deref(), Some("ac bc"));
    for pattern in ["", "a|", "a.*", "a)|(b", "^a$", r"a\b", "a+", "(", "x?", "[a-z]"] {
        assert_eq!(words(pattern), None, "{pattern}");
    }
    let many: Vec<String> = (0..65).map(|n| format!("w{n}")).collect();
    assert_eq!(words(&many.join("|")), None);
    assert_eq!(words(&many[..64].join("|")).map(|words| words.split(' ').count()), Some(64));
}

#[test]
fn never_panics_and_never_differs_between_words_and_regex() {
    const PARTS: [&str; 30] = [
        "a",
        "b",
        "é",
        "|",
        "(",
        ")",
        "(?:",
        "(?i)",
        "[",
        "]",
        "^",
        "$",
        "*",
        "+",
        "?",
        "{2}",
        "{",
        "}",
        r"\",
        r"\Q",
        r"\E",
        r"\d",
        r"\b",
        "-",
        "&&",
        ".",
        "[:alpha:]",
        r"\p{L}",
        "\n",
        "0",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let mut compiled = 0;
    for _ in 0..4_000 {
        let pattern: String = (0..random.usize(1..8)).map(|_| PARTS[random.usize(0..PARTS.len())]).collect();
        let Ok(test) = Pattern::new(&pattern) else { continue };
        compiled += 1;
        if let Pattern::Words(words) = &test {
            let whole = super::translate::translate(&format!("^(?:{pattern})$")).unwrap();
            let regex = regex::Regex::new(&whole).unwrap();
            assert!(words.iter().all(|word| regex.is_match(word)), "{pattern}: {words:?}");
            for text in ["", "a", "b", "ab", "é", "aa", "A", "0", "-"] {
                assert_eq!(regex.is_match(text), test.matches(text), "{pattern} ~ {text}");
            }
        }
    }
    assert!(compiled > 500, "{compiled}");
}
