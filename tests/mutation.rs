//! Whether the tests of the shipped rules look at what the rules say: each number, wait, operator, matcher and key of a
//! rule is changed in turn, and a test must turn red. `cargo test --test mutation -- --nocapture` prints what survived;
//! `ONLY=obs` looks at the files of that name alone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/mutants.rs"]
mod mutants;

use domain::policy::NamedRuleFile;
use domain::rules::trial::{Looks, Script, play, policy};
use earlybell::config::{TestFile, read_tests};
use mutants::Mutant;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Of a hundred mutants, so many must turn a test red, over all files.
const KILLED_PERCENT_MIN: usize = 95;

/// Mutants that mean the same as the rule: file, place, change, and why nobody could tell.
const EQUIVALENT: [(&str, &str, &str, &str); 0] = [];

#[derive(Default)]
struct Count {
    killed: usize,
    survived: Vec<String>,
}

#[test]
fn tests_of_the_shipped_rules_see_each_change() {
    let mut all = Count::default();
    for path in shipped() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tests = read_tests(&path).unwrap_or_else(|errors| panic!("{errors}"));
        if tests.scripts.is_empty() {
            continue;
        }
        for script in &tests.scripts {
            let outcome = play(&tests.policy, script, Looks::Compare);
            assert!(outcome.failures.is_empty(), "{name}: {}: {:#?}", script.name, outcome.failures);
        }
        let count = survivors(&name, &tests);
        let total = count.killed + count.survived.len();
        println!("{name}: {} of {total} mutants turn a test red", count.killed);
        count.survived.iter().for_each(|survivor| println!("  survived: {survivor}"));
        all.killed += count.killed;
        all.survived.extend(count.survived);
    }
    let total = all.killed + all.survived.len();
    let percent = (all.killed * 100).checked_div(total).unwrap_or(0);
    println!("all: {} of {total} mutants turn a test red ({percent} %)", all.killed);
    let list = all.survived.join("\n");
    assert!(percent >= KILLED_PERCENT_MIN, "only {percent} % of {total} mutants turn a test red; survived:\n{list}");
}

fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let only = std::env::var("ONLY").unwrap_or_default();
    let files = folder.read_dir().into_iter().flatten().flatten().map(|file| file.path());
    let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|ending| ending == "yml")).collect();
    files.retain(|file| file.to_string_lossy().contains(&only));
    files.sort();
    files
}

fn survivors(name: &str, tests: &TestFile) -> Count {
    let mut count = Count::default();
    for (at, written) in tests.rules.iter().enumerate() {
        for mutant in mutants::of(&written.file) {
            let known = |(file, place, change, _): &(&str, &str, &str, &str)| {
                *file == name && *place == mutant.place && *change == mutant.change
            };
            if EQUIVALENT.iter().any(known) {
                continue;
            }
            match is_seen(tests, at, &mutant) {
                Some(true) => count.killed += 1,
                Some(false) => count.survived.push(format!("{name}: {}: {}", mutant.place, mutant.change)),
                None => {}
            }
        }
    }
    count
}

// Nothing, if it is no rule file any more: nobody could put it into force.
fn is_seen(tests: &TestFile, at: usize, mutant: &Mutant) -> Option<bool> {
    let mut files: Vec<NamedRuleFile> = tests.rules.clone();
    files[at].file = mutant.file.clone();
    let changed = Arc::new(policy::variant(&tests.policy, &files).ok()?);
    let (near, far): (Vec<&Script>, Vec<&Script>) =
        tests.scripts.iter().partition(|script| script.looks_at(&mutant.rule));
    let is_red = |script: &&Script| !play(&changed, script, Looks::UntilFailure).failures.is_empty();
    Some(near.iter().chain(&far).any(is_red))
}
