//! `earlybell postmortem …`: what is written once an incident is over.

mod edit;

use super::CliError;
use super::client::{Ask, Client, ClientArgs, new_key};
use super::output::{self, Format, say};
use clap::{Args, Subcommand};
use domain::delivery::post::TEXT_BYTES_MAX;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Drafts post mortems, and carries them to the blog
#[derive(Debug, Args)]
pub struct Postmortem {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Shows the draft of a post mortem: the file, with guidance where people must write
    #[command(after_help = "\
What the public may read of the timeline is in it; private entries never are. With `-o json` it has
the facts for the team, too: times, roles, rule.

Example:
  earlybell postmortem show 42 > post-mortem.md")]
    Show {
        /// Number of the incident: 42, #42 or INC-42
        #[arg(value_parser = super::incident::number)]
        number: u64,
    },
    /// Names the sections of the draft that wait for somebody; ends with 3 if there are any
    #[command(after_help = "Example:\n  earlybell postmortem check 42")]
    Check {
        /// Number of the incident: 42, #42 or INC-42
        #[arg(value_parser = super::incident::number)]
        number: u64,
    },
    /// Writes the post mortem: opens its sections in an editor, or takes one from a file
    #[command(after_help = "\
Without a section all of them stand in one text, each below a line that names it. What was changed is
sent; what somebody else wrote meanwhile is not overwritten: both texts are shown, and yours is kept in a
file. The editor is that of VISUAL or EDITOR.

Examples:
  earlybell postmortem edit 42
  earlybell postmortem edit 42 --section root-cause
  earlybell postmortem edit 42 --section impact --file impact.md")]
    Edit {
        /// Number of the incident: 42, #42 or INC-42
        #[arg(value_parser = super::incident::number)]
        number: u64,
        /// Which section; all of them, if not said
        #[arg(long, short)]
        section: Option<String>,
        /// Its text; `-` is standard input
        #[arg(long, short, value_name = "FILE", requires = "section")]
        file: Option<PathBuf>,
    },
    /// Publishes a post mortem: a commit on a branch of its own, and a pull request
    #[command(after_help = "\
The file begins with its front matter:

  ---
  layout: post
  title: \"Post mortem: slow builds\"
  category: deployments
  ---

Without a file it is the draft as it stands: with --anyway it becomes a pull request in which
people write what is missing. Published again, nothing changes unless the text did. See docs/blog.md.

Examples:
  earlybell postmortem publish 42 --file post-mortem.md
  earlybell postmortem publish 42 --anyway")]
    Publish {
        /// Number of the incident: 42, #42 or INC-42
        #[arg(value_parser = super::incident::number)]
        number: u64,
        /// The file to publish; `-` is standard input; the draft, if not said
        #[arg(long, short, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Where it goes in the repository; by its date and category, if not said
        #[arg(long)]
        path: Option<String>,
        /// Although sections still hold guidance
        #[arg(long)]
        anyway: bool,
    },
}

impl Postmortem {
    /// Runs it.
    pub fn run(self) -> Result<(), CliError> {
        let client = self.client.client()?;
        match &self.verb {
            Verb::Show { number } => self.show(&client, *number),
            Verb::Check { number } => self.check(&client, *number),
            Verb::Edit { number, section: Some(section), file: Some(file) } => {
                edit::write(&client, *number, section, &read(file)?)
            }
            Verb::Edit { number, section, .. } => edit::in_editor(&client, *number, section.as_deref()),
            Verb::Publish { number, file, path, anyway } => {
                let text = match file {
                    Some(file) => read(file)?,
                    None => client.text(&Ask::get(&format!("/api/v1/incidents/{number}/postmortem.md")))?,
                };
                let mut body = json!({ "text": text, "anyway": anyway });
                if let Some(path) = path {
                    body["path"] = json!(path);
                }
                self.publish(&client, *number, &body)
            }
        }
    }

    fn show(&self, client: &Client, number: u64) -> Result<(), CliError> {
        let path = format!("/api/v1/incidents/{number}/postmortem");
        match self.client.output {
            Format::Json => output::json(&client.json(&Ask::get(&path))?),
            _ => say(client.text(&Ask::get(&format!("{path}.md")))?.trim_end()),
        }
        Ok(())
    }

    fn check(&self, client: &Client, number: u64) -> Result<(), CliError> {
        let answer = client.json(&Ask::get(&format!("/api/v1/incidents/{number}/postmortem")))?;
        let (unfilled, hints) = (output::rows_of(&answer, "unfilled"), output::rows_of(&answer, "hints"));
        match self.client.output {
            Format::Json => output::json(&json!({ "unfilled": unfilled, "hints": hints })),
            _ => {
                unfilled.iter().for_each(|row| {
                    say(&format!("{}: {}", output::cell(row, "/section"), output::cell(row, "/guidance")));
                });
                hints.iter().filter_map(serde_json::Value::as_str).for_each(say);
            }
        }
        if unfilled.is_empty() { Ok(()) } else { Err(CliError::Lint) }
    }

    fn publish(&self, client: &Client, number: u64, body: &serde_json::Value) -> Result<(), CliError> {
        let (path, key) = (format!("/api/v1/incidents/{number}/publish"), new_key()?);
        let answer = client.json(&Ask { key: Some(&key), ..Ask::post(&path, body) })?;
        match self.client.print() {
            (_, true) => say(&number.to_string()),
            (Format::Json, _) => output::json(&answer),
            _ => say(answer.get("text").and_then(serde_json::Value::as_str).unwrap_or("done")),
        }
        Ok(())
    }
}

fn read(file: &Path) -> Result<String, CliError> {
    let cannot = |error: std::io::Error| CliError::told(format!("can't read {}: {error}", file.display()));
    let from: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).map_err(cannot)?)
    };
    let mut text = String::new();
    from.take(TEXT_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}
