//! Which incidents `earlybell incident list` lists.

use crate::cli::client::path_segment;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Filters {
    /// Which [default: open; all, if something is looked for]
    #[arg(value_enum)]
    which: Option<Which>,
    /// All of these words in what is written about it; `publ*` for words that begin so
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// With this label, its own or of an alert it had; several with commas
    #[arg(long, value_name = "NAME=VALUE")]
    label: Option<String>,
    /// Declared by this rule
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Somebody who led it, or did something
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
    /// Declared on this day or later: 2026-11-29
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Declared on this day or before
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// minor, major or critical
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<String>,
    /// open, resolved, merged, called-off, or why it was called off: flapping, …
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Drills only, or none
    #[arg(long, value_name = "true|false")]
    drill: Option<bool>,
    /// With a number below this: the next page
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Those that go on.
    Open,
    /// Those that are over.
    Closed,
    /// All.
    All,
}

impl Filters {
    /// Which are meant.
    pub fn which(&self) -> Which {
        let looks = self.asked().iter().any(|(_, value)| value.is_some());
        self.which.unwrap_or(if looks { Which::All } else { Which::Open })
    }

    /// The query.
    pub fn query(&self) -> String {
        let open = match self.which() {
            Which::Open => "open=true&",
            Which::Closed => "open=false&",
            Which::All => "",
        };
        let asked = self.asked();
        let filters =
            asked.iter().filter_map(|(name, value)| Some(format!("{name}={}&", path_segment(value.as_ref()?))));
        format!("{open}{}limit={}", filters.collect::<String>(), self.limit)
    }

    fn asked(&self) -> [(&'static str, Option<String>); 10] {
        [
            ("text", self.text.clone()),
            ("label", self.label.clone()),
            ("rule", self.rule.clone()),
            ("person", self.person.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("severity", self.severity.clone()),
            ("outcome", self.outcome.clone()),
            ("drill", self.drill.map(|drill| drill.to_string())),
            ("before", self.before.map(|before| before.to_string())),
        ]
    }
}
