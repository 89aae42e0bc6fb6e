//! The command line, one file per verb.

use std::process::ExitCode;

/// Runs the command line.
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
