//! Tests of rules, as users write them: the worked example of the rule language plays as it stands, and what is wrong is
//! said with its place.

use domain::rules::trial::{Looks, Outcome, play};
use earlybell::config::{TestFile, read_tests};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules").join(name)
}

fn read(name: &str) -> TestFile {
    read_tests(&fixture(name)).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_worked_examples_play_as_they_stand() {
    for (name, tests) in [("frontend.yml", 5), ("unresponsive_test.yml", 1), ("conditions.yml", 14)] {
        let file = read(name);
        assert_eq!(file.scripts.len(), tests, "{name}");
        for script in &file.scripts {
            let outcome = play(&file.policy, script, Looks::Compare);
            assert_eq!(outcome, Outcome::default(), "{name}: {}", script.name);
        }
    }
}
