//! `--suggest`: other numbers for the rules, tried on the same history.

use super::print::{minutes, percent, wait};
use crate::cli::CliError;
use crate::cli::output::{say, table};
use domain::backtest::score::Report;
use domain::backtest::suggest::{self, Candidate, Suggestion, Trials, Variant};
use domain::policy::PolicySource;

/// Variants in the shares that play at the same time.
pub struct Trying {
    trials: Trials,
    shares: Vec<Vec<Candidate>>,
}

impl Trying {
    /// Variants of these rules, one share for each processor.
    pub fn of(rules: &PolicySource) -> Self {
        let trials = suggest::trials(rules);
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // In turns: the variants of one rule cost about the same.
        let mut shares = vec![Vec::new(); processors.min(trials.candidates.len())];
        let count = shares.len().max(1);
        for (at, candidate) in trials.candidates.iter().enumerate() {
            if let Some(share) = shares.get_mut(at % count) {
                share.push(candidate.clone());
            }
        }
        Self { trials, shares }
    }

    /// The rule set of each share.
    pub fn policies(&self, rules: &PolicySource) -> Vec<PolicySource> {
        self.shares.iter().map(|share| suggest::policy(rules, share)).collect()
    }

    /// What became of them.
    pub fn suggestions(&self, reports: &[Report]) -> Result<Vec<Suggestion>, CliError> {
        match reports.first() {
            Some(report) if !report.truth_known => Err(CliError::told(
                "--suggest needs to know what was real: name a truth file, or play an --inbox that people have judged",
            )),
            _ => Ok(suggest::fronts(&self.trials.candidates, reports)),
        }
    }

    /// Prints them.
    pub fn print(&self, suggestions: &[Suggestion]) {
        for suggestion in suggestions {
            say(&format!(
                "\n{}: {} variants tried alone; those that none beats in precision, found incidents and lead:",
                suggestion.rule, suggestion.tried
            ));
            let rows = suggestion.front.iter().map(row).collect();
            table(["PRECISION", "WRONG", "FOUND", "LEAD", "TO DECLARE", "NOTICES/WEEK", "CHANGE"], rows);
        }
        if !self.trials.left_out.is_empty() {
            let (count, most) = (self.trials.left_out.len(), suggest::CANDIDATES_TOTAL_MAX);
            say(&format!("\n{count} rules were not tried: more than {most} variants. Name fewer files with --rules."));
        }
        say("\nNo file was changed. Numbers that fit one history may not fit the next one.");
    }
}

fn row(variant: &Variant) -> [String; 7] {
    let score = &variant.score;
    let change = match (variant.changes.as_slice(), variant.best) {
        ([], true) => "as it stands".to_owned(),
        ([], false) => "as it stands; others beat it".to_owned(),
        (changes, _) => changes.join(", "),
    };
    [
        percent(score.precision),
        score.wrong.to_string(),
        format!("{} of {}", score.found, score.known),
        minutes(score.lead_minutes_p50),
        wait(score),
        format!("{:.1}", score.notices_per_week),
        change,
    ]
}
