//! Limits of the language.

use crate::alert::PAST_MAX;
use crate::alert::regex::COMPILED_BYTES_MAX;
use crate::engine::attached::EVIDENCE_MAX;
use crate::incident::decide::TITLE_BYTES_MAX;
use crate::rules::compile::RULES_MAX;
use crate::rules::conditions::{AT_LEAST_MAX, NESTING_MAX};
use crate::rules::eval::KEYS_MAX;

/// A limit.
#[derive(Debug)]
pub struct Limit {
    /// Of what.
    pub what: &'static str,
    /// How much.
    pub most: usize,
    /// In which unit, if it needs one.
    pub unit: &'static str,
    /// What happens beyond.
    pub beyond: &'static str,
}

/// All of them.
pub const LIMITS: [Limit; 8] = [
    Limit { what: "rules", most: RULES_MAX, unit: "", beyond: "refused" },
    Limit { what: "conditions in each other", most: NESTING_MAX, unit: "deep", beyond: "refused" },
    Limit { what: "`at_least`", most: AT_LEAST_MAX as usize, unit: "", beyond: "refused" },
    Limit { what: "compiled pattern", most: COMPILED_BYTES_MAX / MIB, unit: "MiB", beyond: "refused" },
    Limit {
        what: "`correlate_by` combinations of one rule at a time",
        most: KEYS_MAX,
        unit: "",
        beyond: "alerts of further ones are counted together, as one incident without these labels; each stays there \
                 until it ends",
    },
    Limit { what: "alerts of one incident", most: EVIDENCE_MAX, unit: "", beyond: "the number shown is a lower bound" },
    Limit {
        what: "former firings remembered per alert, for `within`",
        most: PAST_MAX,
        unit: "",
        beyond: "the oldest are forgotten",
    },
    Limit { what: "title", most: TITLE_BYTES_MAX, unit: "bytes", beyond: "cut" },
];

const MIB: usize = 1024 * 1024;
