//! The reference of the rule language: its tables and the schema for editors are those of the code, and its examples
//! are read as users' files are. `UPDATE=1` writes tables and schema anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use domain::rules::language::{Key, Kind, LIMITS, Limit, Need, OBJECTS, Object};
use domain::rules::trial::{Looks, play};
use earlybell::config::{Findings, Named, parse_rules, read_tests, rules_schema};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Text(text) => text.name.to_owned(),
        Kind::Number { .. } => "number".to_owned(),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::Object(object) => object.name.to_owned(),
        Kind::List(item) | Kind::Some(item) => format!("list: {}", self::kind(item)),
        Kind::Map(item) => format!("mapping: {}", self::kind(item)),
    }
}

fn row(key: &Key) -> String {
    let default = match key.need {
        Need::Required => "required".to_owned(),
        Need::Optional => String::new(),
        Need::Default(words) if words.contains(' ') => words.to_owned(),
        Need::Default(text) => format!("`{text}`"),
    };
    format!("| `{}` | {} | {default} | {} |\n", key.name, kind(&key.kind), key.says)
}

fn table(object: &Object) -> String {
    let rows: String = object.keys.iter().map(row).collect();
    format!("| key | type | default | |\n|---|---|---|---|\n{rows}")
}

fn limits() -> String {
    let rows: String = LIMITS.iter().map(limit).collect();
    format!("| what | limit | beyond |\n|---|---|---|\n{rows}")
}

fn limit(limit: &Limit) -> String {
    let digits = limit.most.to_string();
    let thousands: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    let most = format!("{} {}", thousands.join(","), limit.unit);
    format!("| {} | {} | {} |\n", limit.what, most.trim_end(), limit.beyond)
}

// Between `<!-- table: rule -->` and `<!-- end -->`.
fn with_tables(page: &str) -> String {
    let mut parts = page.split("<!-- table: ");
    let mut written = parts.next().unwrap().to_owned();
    let mut seen = Vec::new();
    for part in parts {
        let (name, rest) = part.split_once(" -->").unwrap();
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        let table = match OBJECTS.iter().find(|object| object.name == name) {
            Some(object) => table(object),
            None if name == "limits" => limits(),
            None => panic!("there is no table `{name}`"),
        };
        seen.push(name);
        written.push_str(&format!("<!-- table: {name} -->\n{table}<!-- end -->{after}"));
    }
    let missing: Vec<&str> = OBJECTS.iter().map(|object| object.name).filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "docs/rules.md has no table of {missing:?}");
    written
}

fn current(name: &str, written: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path(name), written).unwrap();
    }
    let there = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(there == written, "docs/{name} is not current; UPDATE=1 writes it anew");
}

#[test]
fn the_tables_are_those_of_the_code() {
    let page = std::fs::read_to_string(path("rules.md")).unwrap();
    current("rules.md", &with_tables(&page));
}

#[test]
fn the_schema_is_that_of_the_code() {
    current("rules.schema.json", &rules_schema());
}

#[test]
fn every_example_is_understood_and_tests_in_it_hold() {
    let page = std::fs::read_to_string(path("rules.md")).unwrap();
    let examples: Vec<&str> = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 10, "only {} examples", examples.len());
    for (at, example) in examples.iter().enumerate() {
        let name = format!("example {} of docs/rules.md", at + 1);
        let mut found = Findings::default();
        parse_rules(&[Named { name, content: whole(example) }], &mut found);
        assert!(found.mistakes.is_empty() && found.warnings.is_empty(), "{found:?}\n{example}");
    }
}

// An example may be a rule, or a condition, alone.
fn whole(example: &str) -> String {
    let indented = |by: &str| example.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let first = example.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    if first.starts_with("when:") {
        return format!("groups:\n  - name: example\n    rules:\n      - incident: Example\n{}", indented("        "));
    }
    if first.starts_with("- incident:") {
        return format!("groups:\n  - name: example\n    rules:\n{}", indented("      "));
    }
    example.to_owned()
}

#[test]
fn the_worked_example_plays() {
    let page = std::fs::read_to_string(path("rules.md")).unwrap();
    let examples = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let played: Vec<&str> = examples.filter(|example| example.contains("\ntests:")).collect();
    assert_eq!(played.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.yml");
    std::fs::write(&file, played[0]).unwrap();
    let tests = read_tests(&file).unwrap();
    assert!(!tests.scripts.is_empty());
    for script in &tests.scripts {
        let outcome = play(&tests.policy, script, Looks::Compare);
        assert!(outcome.failures.is_empty(), "{outcome:?}");
    }
}
