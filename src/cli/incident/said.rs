//! Each verb of the table as a subcommand, with its help: what is typed is sent as the shell has split it, and read by the
//! one grammar.

use crate::cli::CliError;
use crate::cli::confirm::Sure;
use clap::error::Error;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use domain::verbs::parse::shorthands;
use domain::verbs::rows::ROWS;
use domain::verbs::table::{Back, Group, Opt, Spec};
use domain::verbs::{Arguments, Spelling, Verb, help};
use serde_json::{Value, json};

const WORDS: &str = "words";

/// Something said to Earlybell.
#[derive(Debug)]
pub struct Said {
    arguments: Arguments,
    // Where it can't be taken back.
    sure: Option<Sure>,
}

/// A command for every verb that a terminal does not show in its own way.
pub fn commands() -> impl Iterator<Item = Command> {
    let rows = ROWS.iter().filter(|spec| !matches!(spec.verb, Verb::List | Verb::Show | Verb::Help));
    let verbs = rows.map(|spec| command(spec.word, spec).about(spec.help).visible_aliases(spec.aliases));
    let parts = shorthands().map(|(word, _)| {
        let about = format!("Rewrites the {} of the state document", word.replace('-', " "));
        let usage = usage(&format!("{word} [#42] text…"));
        command(word, Verb::Edit.spec()).about(about).override_usage(usage).hide(true)
    });
    verbs.chain(parts)
}

fn command(word: &'static str, spec: &'static Spec) -> Command {
    // Named in the line of its use; clap would only say `[WORDS]...`.
    let words = Arg::new(WORDS).num_args(0..).allow_negative_numbers(true).hide(true);
    let command = Command::new(word)
        .override_usage(usage(&help::usage(spec)))
        .after_help(help::below(spec, &Spelling::cli()))
        .arg(words)
        .args(spec.options.iter().map(option));
    if is_final(spec) { Sure::augment_args(command) } else { command }
}

fn usage(line: &str) -> String {
    format!("{} [OPTIONS]", Spelling::cli().written(line.trim_end()))
}

fn option(option: &Opt) -> Arg {
    let arg = Arg::new(option.name).long(option.name).help(option.help).aliases(option.alias);
    if option.value.is_empty() {
        return arg.action(ArgAction::SetTrue);
    }
    arg.action(ArgAction::Append).value_name(option.value.trim_matches('"'))
}

// What is done to an incident, and can't be undone.
fn is_final(spec: &Spec) -> bool {
    spec.back == Back::Never && spec.group == Group::Course
}

impl Said {
    /// Reads what was typed behind a verb.
    ///
    /// # Errors
    /// Never for what clap let through.
    pub fn read(word: &str, matches: &ArgMatches) -> Result<Self, Error> {
        let spec = Verb::parse(word).unwrap_or(Verb::Edit).spec();
        let all = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned();
        let mut options = Vec::new();
        for Opt { name, value, .. } in spec.options {
            let name = (*name).to_owned();
            if value.is_empty() {
                options.extend(matches.get_flag(&name).then_some((name, String::new())));
            } else {
                options.extend(all(&name).map(|value| (name.clone(), value)));
            }
        }
        let arguments = Arguments { verb: word.to_owned(), words: all(WORDS).collect(), options };
        let sure = is_final(spec).then(|| Sure::from_arg_matches(matches)).transpose()?;
        Ok(Self { arguments, sure })
    }

    /// Asks whether somebody is sure, where it can't be taken back.
    ///
    /// # Errors
    /// They are not.
    pub fn ask_first(&self) -> Result<(), CliError> {
        let Some(sure) = &self.sure else { return Ok(()) };
        let Arguments { verb, words, .. } = &self.arguments;
        sure.or_stop(&format!("{verb} {} can't be taken back. Go on?", words.join(" ")))
    }

    /// What the server is sent.
    pub fn body(&self) -> Value {
        let Arguments { verb, words, options } = &self.arguments;
        json!({"verb": verb, "words": words, "options": options, "prefix": Spelling::cli().prefix()})
    }
}
