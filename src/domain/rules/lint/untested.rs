//! `untested`: no test of these files expects an incident of this rule.

use super::{Finding, Grounds, Place};

pub(super) const NAME: &str = "untested";

pub(super) fn look(grounds: &Grounds<'_>, place: &Place<'_>) -> Vec<Finding> {
    let tests = grounds.files.iter().flat_map(|file| &file.file.tests);
    let mut looks = tests.flat_map(|test| &test.incident_rule_test);
    let tested = looks.any(|look| look.incident == place.rule.incident && !look.exp_incidents.is_empty());
    let problem = "no test declares it; write one under `tests`, and play it with `earlybell test rules`";
    (!tested).then(|| place.finding(NAME, ".incident", problem)).into_iter().collect()
}
