//! Stories in virtual time: `tests/scenarios/*.txt` are played, and what came of them is compared with the transcript
//! beside each. `UPDATE=1 cargo test --test scenarios` writes the transcripts anew; read them before you commit them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/rows.rs"]
mod rows;
#[path = "support/story.rs"]
mod story;
#[path = "support/world.rs"]
mod world;

use chrono::DateTime;
use domain::directory::Directory;
use domain::policy::{PolicySource, Postmortems, Rituals};
use earlybell::config::{Named, Overrides};
use std::path::{Path, PathBuf};
use world::{Restarts, World};

#[test]
fn stories_come_out_as_written_down() {
    let mut wrong = Vec::new();
    for file in stories() {
        let transcript = play(&file, Restarts::Never);
        let restarted = play(&file, Restarts::BeforeEveryInput);
        assert_same(&file, &transcript, &restarted);
        let beside = file.with_extension("transcript");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&beside, &transcript).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        if transcript != expected {
            wrong.push(format!("{}:\n{}", file.display(), first_difference(&expected, &transcript)));
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE=1 writes the transcripts anew", wrong.join("\n\n"));
}

fn stories() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn play(file: &Path, restarts: Restarts) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let (config, story) = text.split_once("\n---\n").unwrap_or_else(|| panic!("{}: no `---`", file.display()));
    let (start, story) = story.trim_start().split_once('\n').unwrap();
    let start = start.strip_prefix("start ").and_then(|t| DateTime::parse_from_rfc3339(t).ok());
    let start = start.unwrap_or_else(|| panic!("{}: the story begins with `start TIME`", file.display())).to_utc();
    let (policy, directory) = read(file, config);
    let mut world = World::new(policy, directory, start, restarts);
    story::play(&mut world, story, file.parent().unwrap());
    world.transcript()
}

fn read(file: &Path, config: &str) -> (PolicySource, Directory) {
    let named = Named { name: file.display().to_string(), content: config.to_owned() };
    let overrides = Overrides { external_url: "https://bell.example.org".to_owned() };
    let read = earlybell::config::parse(&named, file.parent().unwrap(), &overrides).unwrap_or_else(|e| panic!("{e}"));
    let mut policy = read.policy;
    // Stories about rules are told without people: who wants them says so.
    if !config.contains("rituals:") {
        policy.rituals = Rituals::none();
        policy.roles.clear();
    }
    // And those that end with the incident, without what is written after it.
    if !config.contains("postmortem:") {
        policy.postmortem = Postmortems::none();
    }
    (policy, read.directory)
}

fn assert_same(file: &Path, once: &str, restarted: &str) {
    let difference = first_difference(once, restarted);
    assert!(once == restarted, "{}: a restart before every input changes the story:\n{difference}", file.display());
}

fn first_difference(expected: &str, got: &str) -> String {
    let at = expected.lines().zip(got.lines()).take_while(|(a, b)| a == b).count();
    let show = |text: &str| text.lines().skip(at.saturating_sub(3)).take(8).collect::<Vec<_>>().join("\n");
    format!("line {}\n--- expected\n{}\n--- got\n{}", at + 1, show(expected), show(got))
}
