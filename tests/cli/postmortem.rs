//! Post mortems and action items on the command line: sections in an editor, of which nothing is lost, and the list.

use super::{Server, text};
use std::process::Command;

fn run(server: &Server, editor: &str, words: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
    command.args(words).current_dir(server.folder.path()).env_clear().env("USER", "ada").env("EDITOR", editor);
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("TMPDIR", server.folder.path());
    let output = command.output().unwrap();
    (output.status.success(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

fn kept(server: &Server) -> Vec<String> {
    let folders = std::fs::read_dir(server.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let ours = folders.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("earlybell-"));
    ours.map(|path| std::fs::read_to_string(path.join("post-mortem-1.md")).unwrap()).collect()
}

#[test]
fn sections_are_written_in_an_editor_and_nothing_that_was_typed_is_lost() {
    let server = Server::start(&[]);
    server.run(&["incident", "declare", "Downloads are slow"]);
    server.run(&["incident", "resolve", "1", "the disk was emptied"]);
    std::fs::write(server.folder.path().join("impact.md"), "Everyone.\n").unwrap();
    let from_file = ["postmortem", "edit", "1", "--section", "impact", "--file", "impact.md"];
    assert_eq!(
        run(&server, "false", &from_file),
        (true, "wrote the section impact of the post mortem of INC-1\n".into())
    );
    let (done, said) = run(&server, "sed -i s/Everyone/Packagers/", &["postmortem", "edit", "1"]);
    assert!(done && said == "wrote the section impact of the post mortem of INC-1\n", "{said}");
    let (done, said) = run(&server, "true", &["postmortem", "edit", "#1"]);
    assert!(done && said == "nothing was changed\n", "{said}");
    assert_eq!(kept(&server), Vec::<String>::new());
    let (done, said) = run(&server, "true", &["postmortem", "edit", "1", "--section", "imapct"]);
    assert!(!done && said.contains("the post mortem has no section imapct"), "{said}");
    // Somebody else is faster: both texts are shown, and ours is in its file.
    let faster = format!(
        "#!/bin/sh\n{} postmortem edit 1 --section impact --file impact.md\nsed -i s/Packagers/Nobody/ \"$1\"\n",
        env!("CARGO_BIN_EXE_earlybell")
    );
    let script = server.folder.path().join("faster.sh");
    std::fs::write(&script, faster).unwrap();
    let (done, said) = run(&server, &format!("sh {}", script.display()), &["postmortem", "edit", "1"]);
    assert!(!done && said.contains("“Everyone.”") && said.contains("“Nobody.”"), "{said}");
    assert!(said.contains("what you wrote is in "), "{said}");
    assert!(kept(&server).concat().contains("Nobody."));
    let shown = server.run(&["postmortem", "show", "1"]);
    assert!(shown.contains("## Impact\n\nEveryone.\n"), "{shown}");
    let checked = server.run(&["postmortem", "check", "1"]);
    assert!(checked.contains("Root Cause: What made it happen") && checked.ends_with("(exit 3)\n"), "{checked}");
}

#[test]
fn action_items_are_listed() {
    let server = Server::start(&[]);
    server.run(&["incident", "declare", "Downloads are slow"]);
    let said = server.run(&["incident", "action", "1", "Alert on disks", "--owner", "bert", "--due", "2020-01-01"]);
    assert!(said.contains("action 1 of INC-1: Alert on disks (bert, by 2020-01-01)"), "{said}");
    server.run(&["incident", "action", "1", "Move the queue"]);
    let said = server.run(&["incident", "action", "1", "x", "--due", "tomorrow"]);
    assert!(said.contains("`tomorrow` is no day; write it as 2026-12-01"), "{said}");
    let listed = server.run(&["actions", "--overdue"]);
    let expected = "UNTIL       STATE  INCIDENT  ACTION  OWNER  WHAT\n2020-01-01  late   INC-1     1       bert   Alert on disks\n";
    assert!(listed.contains(expected) && !listed.contains("queue"), "{listed}");
    assert!(server.run(&["actions", "--owner", "carla"]).contains("none\n"));
    let said = server.run(&["incident", "action-done", "1", "1"]);
    assert!(said.contains("action 1 of INC-1 is done"), "{said}");
    let table = server.run(&["actions", "--all", "--csv"]);
    assert!(
        table.contains("\"INC-1\",\"Downloads are slow\",\"1\",\"Alert on disks\",\"bert\",\"2020-01-01\",\"done\""),
        "{table}"
    );
}
