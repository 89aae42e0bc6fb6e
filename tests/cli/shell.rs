//! What shells and `man` know of this command line.

use super::{earlybell, text};
use std::path::Path;
use std::process::Command;

// What bash offers after these words, with the script in its file.
fn offered(script: &Path, words: &[&str]) -> String {
    let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let [.., before, last] = words else { panic!("{words:?}") };
    let at = words.len() - 1;
    let ask = format!(
        ". '{}'; COMP_WORDS=({line}); COMP_CWORD={at}; _earlybell earlybell '{last}' '{before}'; echo \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}

#[test]
fn a_shell_completes_verbs_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("earlybell.bash");
    std::fs::write(&script, earlybell(folder.path(), &["completion", "bash"]).stdout).unwrap();
    assert_eq!(offered(&script, &["earlybell", "inc"]), "incident");
    assert_eq!(offered(&script, &["earlybell", "incident", "callo"]), "calloff");
    assert_eq!(offered(&script, &["earlybell", "serve", "--storage"]), "--storage.path");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = text(&earlybell(folder.path(), &["completion", shell]).stdout);
        assert!(script.contains("calloff"), "{shell}: {script}");
    }
}

#[test]
fn every_verb_has_a_page_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let printed = earlybell(folder.path(), &["man"]);
    let page = text(&printed.stdout);
    assert!(page.contains(".TH earlybell 1") && page.contains(r"earlybell\-incident(1)"), "{page}");
    let written = earlybell(folder.path(), &["man", "pages"]);
    assert!(written.status.success(), "{}", text(&written.stderr));
    for name in ["earlybell.1", "earlybell-serve.1", "earlybell-incident.1", "earlybell-incident-calloff.1"] {
        let page = std::fs::read_to_string(folder.path().join("pages").join(name)).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}: {page}");
    }
    // Where no folder can be.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let refused = earlybell(folder.path(), &["man", "file"]);
    assert!(!refused.status.success() && text(&refused.stderr).starts_with("earlybell: file: "), "{refused:?}");
}
