//! Truth files: what people know of the incidents of a history.

use crate::cli::CliError;
use domain::backtest::{Known, Truth};
use serde::Deserialize;
use std::path::Path;

/// Largest truth file.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Deserialize)]
struct Written {
    incidents: Vec<Known>,
}

/// Reads one. Keys that are not known are left alone: such files hold more than this.
pub fn read(path: &Path) -> Result<Truth, CliError> {
    let name = path.display();
    let wrong = |problem: &dyn std::fmt::Display| CliError::told(format!("{name}: {problem}"));
    let bytes = std::fs::metadata(path).map_err(|error| wrong(&error))?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(wrong(&format!("larger than {} MiB", FILE_BYTES_MAX / 1024 / 1024)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let written: Written = serde_json::from_str(&text).map_err(|error| {
        wrong(&format!("{error}\n  expected {{\"incidents\": [{{\"id\", \"start\", \"end\", \"alerts\": […]}}]}}"))
    })?;
    if let Some(known) = written.incidents.iter().find(|known| known.end < known.start) {
        return Err(wrong(&format!("incident {} ends before it starts", known.id)));
    }
    Ok(Truth::complete(written.incidents))
}
