//! Files of JSON lines: observations `{at, status, labels, annotations}`, or what Alertmanager's event recorder writes.

use super::feed::Feed;
use super::order::InOrder;
use crate::app::wire::{observed, recorder};
use crate::cli::CliError;
use domain::alert::SourceName;
use domain::alert::event::{Event, Events};
use domain::backtest::Moment;
use domain::engine::Input;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

/// Longest line that is read.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// The name of the source of these alerts.
const SOURCE: &str = "history";

/// Every event has it.
const EVENT_KEY: &str = "\"@timestamp\"";

/// Standard input.
const STDIN: &str = "-";

/// Reads these files, one after the other.
pub fn read(files: &[String], feed: &mut Feed) -> Result<(), CliError> {
    let bytes: u64 = files.iter().map(|file| std::fs::metadata(file).map_or(0, |file| file.len())).sum();
    let mut reading = Reading { source: SourceName::from(SOURCE), bytes, done: 0, in_order: InOrder::default() };
    for file in files {
        if file == STDIN {
            reading.file("standard input", stdin().lock(), feed)?;
        } else {
            let open =
                File::open(Path::new(file)).map_err(|error| CliError::told(format!("can't read {file}: {error}")))?;
            reading.file(file, BufReader::with_capacity(READ_BYTES, open), feed)?;
        }
    }
    let mut in_order = reading.in_order;
    while let Some(moment) = in_order.rest() {
        feed.take(moment, || 1.0)?;
    }
    Ok(())
}

struct Reading {
    source: SourceName,
    bytes: u64,
    done: u64,
    in_order: InOrder,
}

impl Reading {
    fn file(&mut self, name: &str, mut file: impl BufRead, feed: &mut Feed) -> Result<(), CliError> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let wrong = |problem: &str| CliError::told(format!("{name}: line {number}: {problem}"));
            let length = (&mut file).take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
            let length = length.map_err(|error| CliError::told(format!("can't read {name}: {error}")))? as u64;
            if length == 0 {
                return Ok(());
            }
            if length == LINE_BYTES_MAX && !line.ends_with(b"\n") {
                return Err(wrong(&format!("longer than {LINE_BYTES_MAX} bytes; expected one observation a line")));
            }
            self.done += length;
            let text = std::str::from_utf8(&line).map_err(|_| wrong("not UTF-8"))?.trim();
            if text.is_empty() {
                continue;
            }
            for moment in self.moments(text).map_err(|problem| wrong(&problem))? {
                let next = self.in_order.put(moment, || format!("{name}: line {number}")).map_err(CliError::told)?;
                if let Some(next) = next {
                    let (done, bytes) = (self.done, self.bytes);
                    feed.take(next, || if bytes == 0 { 0.0 } else { done as f64 / bytes as f64 })?;
                }
            }
        }
        Ok(())
    }

    // Nobody has to say which kind of lines they are: an event has a key that an observation has not.
    fn moments(&self, line: &str) -> Result<Vec<Moment>, String> {
        let problem = match observed::line(&self.source, line) {
            Ok((at, batch)) => return Ok(vec![Moment { at, input: Input::Alerts(batch) }]),
            Err(problem) => problem,
        };
        if !line.contains(EVENT_KEY) {
            return Err(format!(
                "{problem}\n  expected {}, or a line of Alertmanager's event recorder",
                observed::EXPECTED
            ));
        }
        let said = recorder::events(&self.source.0, line.as_bytes()).map_err(|problem| problem.to_string())?;
        let moment = |event: Event| {
            let at = event.said_at;
            Moment { at, input: Input::Events(Events { source: self.source.clone(), events: vec![event] }) }
        };
        Ok(said.events.into_iter().map(moment).collect())
    }
}
