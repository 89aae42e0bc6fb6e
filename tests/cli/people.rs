//! People and squads on the command line: added beside those of the configuration, linked to chats, removed.

use super::{Server, assert_snapshot, without_times};
use std::path::Path;

const CONFIG: &str = "\
receivers: [{ name: team, console: {} }]
route: { receivers: [team] }
people:
  - { name: anna, full_name: Anna A., email: anna@example.org }
squads:
  - { name: Production-Squad, members: [anna] }
";

fn server(folder: &Path) -> String {
    let file = folder.join("earlybell.yml");
    std::fs::write(&file, CONFIG).unwrap();
    file.display().to_string()
}

#[test]
fn people_and_squads_are_added_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&["--config.file", &server(folder.path())]);
    let runs: [&[&str]; 25] = [
        &["person", "list"],
        &["person", "add", "bert", "--full-name", "Bert B.", "--email", "bert@example.org"],
        &["person", "add", "Carla C"],
        &["person", "add", "carla", "--squad", "Production-Squad"],
        &["person", "link", "bert", "--slack", "U0BERT", "--irc", "bert"],
        &["person", "link", "bert"],
        &["person", "change", "bert", "--tz", "Europe/Berlin", "--slack", ""],
        &["person", "change", "bret", "--tz", "Europe/Berlin"],
        &["person", "change", "anna", "--irc", "anna"],
        &["person", "change", "bert"],
        &["squad", "list"],
        &["squad", "add", "Web", "bert", "anna"],
        &["squad", "leave", "Web", "anna"],
        &["squad", "join", "Web", "anna", "nobody-there"],
        &["incident", "declare", "Downloads are slow", "--as", "Bert"],
        &["incident", "--as", "bert@example.org", "take", "1", "operations"],
        &["person", "list"],
        &["person", "list", "-o", "extended"],
        &["person", "show", "bert"],
        &["person", "list", "-q"],
        &["squad", "list", "-o", "extended"],
        &["person", "remove", "bert"],
        &["squad", "show", "Web"],
        &["squad", "remove", "Web", "-q"],
        &["person", "remove", "anna", "-y"],
    ];
    let said: Vec<String> = runs.iter().map(|words| without_times(&server.run(words))).collect();
    assert_snapshot("people.txt", &said.join("\n"));
    let json = server.run(&["person", "show", "anna", "-o", "json"]);
    assert!(json.contains("\"in_config\": true"), "{json}");
}
