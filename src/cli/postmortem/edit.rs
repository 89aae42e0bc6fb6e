//! `earlybell postmortem edit`: sections in an editor. Nothing that was typed is lost: what can't be sent stays in its file.

use crate::cli::CliError;
use crate::cli::client::{Ask, Client, new_key, path_segment};
use crate::cli::output::{self, complain, say};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A section as the server has it.
struct Section {
    name: String,
    heading: String,
    guidance: String,
    text: String,
    version: u64,
}

/// Writes one section.
pub fn write(client: &Client, number: u64, section: &str, text: &str) -> Result<(), CliError> {
    let known = sections(client, number)?.into_iter().find(|known| known.name == section);
    let version = known.map(|known| known.version);
    put(client, number, section, text, version)
}

/// Opens one section, or all of them, and sends what was changed.
pub fn in_editor(client: &Client, number: u64, section: Option<&str>) -> Result<(), CliError> {
    let mut sections = sections(client, number)?;
    if let Some(wanted) = section {
        sections.retain(|section| section.name == wanted);
        if sections.is_empty() {
            return Err(CliError::told(format!(
                "the post mortem has no section {wanted}; `earlybell postmortem show` has all"
            )));
        }
    }
    let folder = tempfile_folder()?;
    let file = folder.join(format!("post-mortem-{number}.md"));
    let before = written(&sections);
    std::fs::write(&file, &before).map_err(|error| cannot(&file, &error))?;
    open(&file)?;
    let after = super::read(&file)?;
    let changed = changed(&sections, &after);
    if changed.is_empty() {
        say("nothing was changed");
        return clear(&folder);
    }
    let mut kept = None;
    for (section, text) in changed {
        if let Err(error) = put(client, number, &section.name, &text, Some(section.version)) {
            complain(&format!("earlybell: {}: {error}", section.name));
            kept = Some(error);
        }
    }
    match kept {
        None => clear(&folder),
        Some(_) => Err(CliError::told(format!("what you wrote is in {}", file.display()))),
    }
}

fn sections(client: &Client, number: u64) -> Result<Vec<Section>, CliError> {
    let answer = client.json(&Ask::get(&format!("/api/v1/incidents/{number}/postmortem")))?;
    let post = &answer["postmortem"];
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let title = Section {
        name: "title".to_owned(),
        heading: "Title".to_owned(),
        guidance: "One line; empty: as its incident.".to_owned(),
        text: text(post, "own_title"),
        version: post["title_version"].as_u64().unwrap_or_default(),
    };
    let rows = output::rows_of(post, "sections");
    let rows = rows.iter().map(|row| Section {
        name: text(row, "name"),
        heading: text(row, "heading"),
        guidance: text(row, "guidance"),
        text: text(row, "text"),
        version: row["version"].as_u64().unwrap_or_default(),
    });
    Ok([title].into_iter().chain(rows).collect())
}

const MARK: &str = "<!-- section: ";

fn written(sections: &[Section]) -> String {
    let mut text =
        "<!-- Markdown. A line like the next one begins a section; what stands in its second line is guidance, and not sent. -->\n"
            .to_owned();
    for Section { name, heading, guidance, text: body, .. } in sections {
        let about = if guidance.is_empty() { heading } else { guidance };
        text.push_str(&format!("\n{MARK}{name} -->\n<!-- {about} -->\n{body}\n"));
    }
    text
}

// The sections whose text is another one.
fn changed<'a>(sections: &'a [Section], text: &str) -> Vec<(&'a Section, String)> {
    let mut changed = Vec::new();
    let between = format!("\n{MARK}");
    for part in text.split(&between).skip(1) {
        let Some((name, body)) = part.split_once(" -->\n") else { continue };
        let body = match body.split_once('\n') {
            Some((first, rest)) if first.starts_with("<!--") && first.ends_with("-->") => rest,
            None if body.starts_with("<!--") && body.ends_with("-->") => "",
            _ => body,
        };
        let body = body.trim();
        let known = sections.iter().find(|section| section.name == name.trim());
        changed.extend(known.filter(|known| known.text.trim() != body).map(|known| (known, body.to_owned())));
    }
    changed
}

fn put(client: &Client, number: u64, section: &str, text: &str, version: Option<u64>) -> Result<(), CliError> {
    let path = format!("/api/v1/incidents/{number}/postmortem/sections/{}", path_segment(section));
    let mut body = json!({ "text": text });
    if let Some(version) = version {
        body["version"] = json!(version);
    }
    let key = new_key()?;
    let answer = client.json(&Ask { key: Some(&key), ..Ask::put(&path, &body) })?;
    say(answer.get("text").and_then(Value::as_str).unwrap_or("done"));
    Ok(())
}

fn open(file: &Path) -> Result<(), CliError> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(std::env::var_os).filter(|editor| !editor.is_empty());
    let editor = editor.unwrap_or_else(|| "vi".into());
    // As git does it: an editor may come with arguments.
    let editor = editor.to_string_lossy().into_owned();
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program).args(words).arg(file).status();
    let status = status.map_err(|error| CliError::told(format!("can't run the editor {program}: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(CliError::told(format!("the editor {program} failed; what you wrote is in {}", file.display())))
}

// A folder of ours that nobody else can read.
fn tempfile_folder() -> Result<PathBuf, CliError> {
    let folder = std::env::temp_dir().join(format!("earlybell-{}", new_key()?));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| cannot(&folder, &error))?;
    Ok(folder)
}

fn clear(folder: &Path) -> Result<(), CliError> {
    std::fs::remove_dir_all(folder).map_err(|error| cannot(folder, &error))
}

fn cannot(path: &Path, error: &std::io::Error) -> CliError {
    CliError::told(format!("can't use {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{Section, changed, written};

    fn section(name: &str, text: &str) -> Section {
        Section {
            name: name.to_owned(),
            heading: name.to_owned(),
            guidance: "Why?".to_owned(),
            text: text.to_owned(),
            version: 3,
        }
    }

    #[test]
    fn what_was_changed_in_the_editor_is_found_and_nothing_else() {
        let sections = [section("title", ""), section("impact", "All.\n\n- a\n- b"), section("root-cause", "x")];
        let text = written(&sections);
        assert!(changed(&sections, &text).is_empty(), "{text}");
        let edited = text.replace("- b", "- c").replace("\nx\n", "\n");
        let found: Vec<(&str, String)> =
            changed(&sections, &edited).into_iter().map(|(section, text)| (section.name.as_str(), text)).collect();
        assert_eq!(found, [("impact", "All.\n\n- a\n- c".to_owned()), ("root-cause", String::new())]);
        // Guidance that somebody took out is no text, either.
        let bare = text.replace("<!-- Why? -->\n", "");
        assert!(changed(&sections, &bare).is_empty());
    }
}
