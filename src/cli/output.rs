//! What people read on a terminal: tables, texts, JSON. Text from alerts is data: it can't move the cursor.

use chrono::DateTime;
use clap::ValueEnum;
use domain::text;
use serde_json::Value;
use std::io::{self, Write};

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    // A few columns. (Doc comments would make each `--help` twice as long.)
    Simple,
    // All there is, for people.
    Extended,
    // As the server says it, for programs.
    Json,
}

/// Longest cell of a table that is not the last, in characters.
const CELL_CHARS_MAX: usize = 60;
const CELL_BYTES_MAX: usize = 4 * 1024;
const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Prints a text, and a newline. A reader that went away (`| head`) is no error.
pub fn say(words: &str) {
    let _ = writeln!(io::stdout().lock(), "{}", text::clean(words.trim_end(), TEXT_BYTES_MAX));
}

/// Prints a line, and says whether anybody still reads.
pub fn line(words: &str) -> bool {
    writeln!(io::stdout().lock(), "{}", text::clean(words, TEXT_BYTES_MAX)).is_ok()
}

/// Prints a complaint.
pub fn complain(words: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text::clean(words.trim_end(), TEXT_BYTES_MAX));
}

/// Prints JSON, indented.
pub fn json(value: &Value) {
    // A `Value` has text keys only: serde_json has nothing to refuse in it.
    say(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// Prints rows under their heads, columns aligned.
pub fn table<const N: usize>(head: [&str; N], rows: Vec<[String; N]>) {
    say(&render(head, rows));
}

/// A list in an answer, as programs, scripts and people want it.
pub struct List<'a> {
    /// What it is called in the answer.
    pub of: &'a str,
    /// Where in a row its number or name stands, which is all that is printed quietly.
    pub id: &'a str,
    /// What is said where it is empty.
    pub none: &'a str,
}

impl List<'_> {
    /// Prints it, quietly or not; `people` prints rows, of which there is at least one.
    pub fn show(&self, (format, quiet): (Format, bool), answer: &Value, people: impl FnOnce(&[Value])) {
        if format == Format::Json {
            json(answer);
            return;
        }
        let rows = rows_of(answer, self.of);
        if quiet {
            rows.iter().for_each(|row| say(&cell(row, self.id)));
        } else if rows.is_empty() {
            say(self.none);
        } else {
            people(&rows);
        }
    }
}

/// The list in an answer, bare or under its name.
pub fn rows_of(answer: &Value, name: &str) -> Vec<Value> {
    answer.get(name).unwrap_or(answer).as_array().cloned().unwrap_or_default()
}

/// What stands at this place, as a cell; nothing if nothing stands there.
pub fn cell(row: &Value, pointer: &str) -> String {
    match row.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => time_or_text(text),
        Some(other) => other.to_string(),
    }
}

/// Where a person or squad comes from, in words.
pub fn origin(row: &Value) -> String {
    match (row["in_config"] == Value::Bool(true), cell(row, "/added_by")) {
        (true, _) => "configuration".to_owned(),
        (false, by) => format!("{by}, {}", cell(row, "/added_at")),
    }
}

fn time_or_text(text: &str) -> String {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.to_utc().format("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

fn render<const N: usize>(head: [&str; N], rows: Vec<[String; N]>) -> String {
    let last = N - 1;
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.into_iter().map(|row| {
        let mut at = 0;
        row.map(|cell| {
            at += 1;
            let cell = text::clean_line(&cell, CELL_BYTES_MAX);
            if at <= last { cut(&cell) } else { cell }
        })
    }));
    let mut widths = [0; N];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let aligned = |line: &[String; N]| -> String {
        let cells = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(aligned).collect::<Vec<_>>().join("\n")
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= CELL_CHARS_MAX {
        return cell.to_owned();
    }
    cell.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn columns_are_aligned_and_alert_text_stays_in_its_cell() {
        let rows = vec![
            ["INC-1".to_owned(), "down\x1b[2J\nnow".to_owned(), "ä".to_owned()],
            ["INC-12".to_owned(), "x".repeat(70), "b".to_owned()],
        ];
        let wide = "x".repeat(59);
        let expected = format!(
            "NUMBER  TITLE{gap}  BY\nINC-1   down\u{FFFD}[2J now{pad}  ä\nINC-12  {wide}…  b",
            gap = " ".repeat(55),
            pad = " ".repeat(48),
        );
        assert_eq!(render(["NUMBER", "TITLE", "BY"], rows), expected);
    }
}
