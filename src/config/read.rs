//! Reads YAML and files strictly: size limits, no duplicate keys, no merge keys, every error with its place.

use super::report::{ConfigError, Text, is_path};
use super::written::SecretWritten;
use super::{Secret, glob};
use serde::de::DeserializeOwned;
use serde_saphyr::options::MergeKeyPolicy;
use std::path::{Path, PathBuf};

/// Largest configuration, rule or template file.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

// 10,000 rules of some 40 nodes fit; an alias bomb does not.
const YAML_NODES_MAX: usize = 1_000_000;

/// Reads one YAML document; a file with nothing but comments says nothing, so everything in it is as by default.
pub fn yaml<T: DeserializeOwned>(text: Text<'_>) -> Result<T, ConfigError> {
    let says_nothing = |line: &str| matches!(line.trim().chars().next(), None | Some('#')) || line.trim() == "---";
    let content = if text.content.lines().all(says_nothing) { "{}" } else { text.content };
    let options = serde_saphyr::options! {
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_nodes: YAML_NODES_MAX },
    };
    serde_saphyr::from_str_with_options(content, options).map_err(|error| ConfigError::of_yaml(text, &error))
}

/// Reads a text file of bounded size.
pub fn file(path: &Path) -> Result<String, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if meta.len() > FILE_BYTES_MAX {
        return Err(format!("larger than {} MiB", FILE_BYTES_MAX / 1024 / 1024));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    Ok(text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text))
}

/// Files of a pattern, with what they hold; or what is wrong with the pattern.
pub fn files(base: &Path, pattern: &str) -> Result<Vec<(PathBuf, String)>, String> {
    let paths = glob::expand(base, pattern).map_err(|error| format!("can't look for `{pattern}`: {error}"))?;
    let read = |path: PathBuf| file(&path).map(|text| (path.clone(), text)).map_err(|e| cannot_read(&path, &e));
    paths.into_iter().map(read).collect()
}

/// A secret as `x` or `x_file`: not both; surrounding space of a file is not part of it.
pub fn secret(base: &Path, key: &str, text: Option<SecretWritten>, path: Option<&Path>) -> Result<Secret, String> {
    let secret = match (text, path) {
        (Some(_), Some(_)) => return Err(format!("write `{key}` or `{key}_file`, not both")),
        (None, None) => return Err(format!("`{key}` or `{key}_file` is missing")),
        (Some(text), None) => text.0,
        // Somebody may have written the secret where its file is asked for.
        (None, Some(path)) if !is_path(&path.to_string_lossy()) => {
            file(&base.join(path)).map_err(|error| format!("can't read the file that `{key}_file` names: {error}"))?
        }
        (None, Some(path)) => file(&base.join(path)).map_err(|error| cannot_read(path, &error))?,
    };
    let secret = secret.trim();
    if secret.is_empty() || secret.chars().any(char::is_control) {
        return Err(format!("`{key}` must be one line that is not empty"));
    }
    Ok(Secret::new(secret))
}

fn cannot_read(path: &Path, error: &str) -> String {
    format!("can't read {}: {error}", path.display())
}
