//! Style that a machine can check: layers, sizes, head comments. The limits here may only be tightened.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a source file without its tests.
const LINES_MAX: usize = 400;
/// Half of all files have at most so many.
const LINES_MEDIAN_MAX: usize = 150;
/// Lines of ARCHITECTURE.md.
const ARCHITECTURE_LINES_MAX: usize = 200;

/// Who may name whom: a folder of `src`, and the modules of this crate that it must not use.
const LAYERS: [(&str, &[&str]); 6] = [
    ("src/app", &["http", "cli", "config::written"]),
    ("src/store", &["app", "http", "cli", "channels", "config", "metrics"]),
    ("src/channels", &["app", "http", "cli", "store"]),
    ("src/config", &["app", "http", "cli", "store", "channels"]),
    ("src/http", &["cli", "channels", "store::sqlite"]),
    ("src/domain", &["app", "http", "cli", "store", "channels", "config", "metrics", "clock"]),
];

/// What `domain` may depend on: the purity rule.
const DOMAIN_DEPENDENCIES: [&str; 10] =
    ["serde", "chrono", "chrono-tz", "thiserror", "minijinja", "regex", "regex-syntax", "foldhash", "strsim", "sha2"];

struct Source {
    path: String,
    text: String,
}

impl Source {
    // Tests stand last in a file.
    fn without_tests(&self) -> &str {
        self.text.split("\n#[cfg(test)]").next().unwrap_or_default()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path: path.strip_prefix(root()).unwrap().display().to_string(), text });
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_say_what_they_are_for() {
    let all = sources("src").into_iter().chain(sources("tests"));
    let silent = all.filter(|source| !source.text.starts_with("//! "));
    assert_none(
        &silent.map(|source| format!("{}: begins without `//! what this is for`", source.path)).collect::<Vec<_>>(),
    );
}

#[test]
fn files_are_small() {
    let mut lines: Vec<(usize, String)> =
        sources("src").into_iter().map(|source| (source.without_tests().lines().count(), source.path)).collect();
    lines.sort();
    let long = lines.iter().filter(|(count, _)| *count > LINES_MAX);
    assert_none(&long.map(|(count, path)| format!("{path}: {count} lines; at most {LINES_MAX}")).collect::<Vec<_>>());
    let (median, path) = &lines[lines.len() / 2];
    assert!(*median <= LINES_MEDIAN_MAX, "half of all files have more than {median} lines, as {path}");
}

#[test]
fn layers_point_one_way() {
    let mut wrong = Vec::new();
    for (folder, forbidden) in LAYERS {
        for source in sources(folder) {
            for module in forbidden {
                let names =
                    [format!("crate::{module}::"), format!("crate::{module};"), format!("earlybell::{module}::")];
                let domain_itself = folder == "src/domain";
                if !domain_itself && names.iter().any(|name| source.without_tests().contains(name.as_str())) {
                    wrong.push(format!("{}: uses `{module}`, which stands above it", source.path));
                }
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_domain_is_pure() {
    let manifest = fs::read_to_string(root().join("src/domain/Cargo.toml")).unwrap();
    let after = manifest.split("[dependencies]").nth(1).unwrap();
    let section = after.split("\n[").next().unwrap();
    let names = section
        .lines()
        .filter_map(|line| line.split(['=', '.', ' ']).next())
        .filter(|n| !n.is_empty() && !n.starts_with('#'));
    let foreign: Vec<String> = names
        .filter(|name| !DOMAIN_DEPENDENCIES.contains(name))
        .map(|name| format!("domain depends on {name}"))
        .collect();
    assert_none(&foreign);
    let mut wrong = Vec::new();
    for source in sources("src/domain") {
        for word in
            ["async fn", "std::fs", "std::net", "std::thread", "tokio::", "Utc::now", "Instant::now", "SystemTime"]
        {
            if source.without_tests().contains(word) && !source.path.contains("/examples/") {
                wrong.push(format!("{}: `{word}` in the domain", source.path));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn nothing_is_waved_through() {
    let mut wrong = Vec::new();
    // Written apart, so that this file does not find itself.
    let words = [
        ["#[al", "low("].concat(),
        ["#![al", "low("].concat(),
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
    ];
    for source in sources("src").into_iter().chain(sources("tests")) {
        for word in &words {
            if source.text.contains(word.as_str()) {
                wrong.push(format!("{}: `{word}`", source.path));
            }
        }
    }
    assert_none(&wrong);
}

// How long `==` takes says where the first difference is. Secrets are compared in `token::same`, by their SHA-256, or by
// ring and bcrypt; here only what looks like a comparison of one is looked for.
#[test]
fn secrets_are_compared_in_one_place() {
    let names = ["sha256", "secret", "csrf", "password", "verifier", "cookie", "state"];
    let mut wrong = Vec::new();
    for source in sources("src/http").into_iter().chain(sources("src/app")) {
        for line in source.without_tests().lines().filter(|line| !line.trim_start().starts_with("//")) {
            for (at, _) in line.match_indices(" == ").chain(line.match_indices(" != ")) {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                let left = line[..at].trim_end_matches(['(', ')', '&']).rsplit(|c| !word(c)).next().unwrap_or_default();
                let right =
                    line[at + 4..].split(|c: char| c.is_whitespace() || ",;{&|".contains(c)).next().unwrap_or_default();
                let right = right.trim_end_matches(')').rsplit(|c| !word(c)).next().unwrap_or_default();
                if [left, right].iter().any(|side| names.contains(side)) {
                    wrong.push(format!("{}: `{}`", source.path, line.trim()));
                }
            }
        }
    }
    assert_none(&wrong);
    let token = fs::read_to_string(root().join("src/http/token.rs")).unwrap();
    assert!(token.contains("pub fn same("), "that place has moved");
    for user in ["csrf.rs", "tokens.rs", "login/totp.rs"] {
        let text = fs::read_to_string(root().join("src/http").join(user)).unwrap();
        assert!(text.contains("same(&hash("), "src/http/{user} compares in another way");
    }
}

#[test]
fn every_dependency_says_why() {
    let mut wrong = Vec::new();
    for manifest in ["Cargo.toml", "src/domain/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let mut inside = false;
        let mut before = "";
        for line in text.lines() {
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]");
            } else if inside && line.contains('=') && !line.starts_with(['#', ' ', ']']) {
                let shared =
                    line.contains(".workspace = true") || line.contains("workspace = true") || line.contains("path =");
                if !(shared || before.starts_with('#') || line.contains(" # ")) {
                    wrong.push(format!("{manifest}: `{line}` says not why"));
                }
            }
            before = line;
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_architecture_fits_on_a_few_pages() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let lines = text.lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines; at most {ARCHITECTURE_LINES_MAX}");
    // What it names must exist.
    let mut missing = BTreeMap::new();
    for path in text.split('`').skip(1).step_by(2).filter(|word| word.starts_with("src/") || word.starts_with("tests/"))
    {
        if !root().join(path.split(['*', ':']).next().unwrap_or(path)).exists() {
            missing.insert(path.to_owned(), "ARCHITECTURE.md names it, but it is not there");
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
