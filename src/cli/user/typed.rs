//! A password, from where nobody looks over a shoulder: the terminal without echo, a file, or standard input.

use crate::cli::CliError;
use rustix::termios::{LocalModes, OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// More than any password.
const BYTES_MAX: u64 = 4096;

/// Reads the password for somebody.
pub fn password(name: &str, file: Option<&Path>) -> Result<String, CliError> {
    if let Some(path) = file {
        let open =
            File::open(path).map_err(|error| CliError::told(format!("can't read {}: {error}", path.display())))?;
        return line(open);
    }
    let stdin = io::stdin();
    if !isatty(&stdin) {
        return line(stdin.lock());
    }
    let first = asked(&format!("Password for {name}: "))?;
    if asked("The same again: ")? != first {
        return Err(CliError::told("the two are not the same; nothing was changed"));
    }
    Ok(first)
}

// One line; what ends it is not part of it.
fn line(from: impl Read) -> Result<String, CliError> {
    let mut text = String::new();
    BufReader::new(from.take(BYTES_MAX)).read_line(&mut text).map_err(CliError::told)?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() { Err(CliError::told("the password is empty")) } else { Ok(text.to_owned()) }
}

fn asked(prompt: &str) -> Result<String, CliError> {
    let stdin = io::stdin();
    let mut terminal = io::stderr();
    write!(terminal, "{prompt}").and_then(|()| terminal.flush()).map_err(CliError::told)?;
    let quiet = Quiet::begin().map_err(|error| CliError::told(format!("can't hide what is typed: {error}")))?;
    let read = line(stdin.lock());
    drop(quiet);
    let _ = writeln!(terminal);
    read
}

// A terminal that does not show what is typed; it does again when this is dropped.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> rustix::io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
