//! What a test is played by: the rules of its files alone. A test needs no configuration.

use crate::policy::{NamedRuleFile, Policy, PolicySource, Postmortems, Rituals};
use crate::rules::compile::Mistake;
use crate::rules::model::{Mode, RuleModel};

/// Compiles these files for their tests. Nobody is told anything; time intervals that the files name but don't define
/// hold nothing up; rules in the shadow declare as they would without it.
pub fn policy(files: &[NamedRuleFile]) -> Result<Policy, Vec<Mistake>> {
    let (rituals, postmortem) = (Rituals::none(), Postmortems::none());
    Policy::compile(PolicySource { rule_files: playable(files), rituals, postmortem, ..PolicySource::default() })
}

/// The same files with other conditions, numbers and waits; for judging what tests notice. Everything that
/// [`policy`] found in titles and reasons is taken from there.
pub fn variant(of: &Policy, files: &[NamedRuleFile]) -> Result<Policy, Vec<Mistake>> {
    of.with_rule_files(playable(files))
}

fn playable(files: &[NamedRuleFile]) -> Vec<NamedRuleFile> {
    let mut files = files.to_vec();
    let known: Vec<String> =
        files.iter().flat_map(|file| &file.file.time_intervals).map(|interval| interval.name.clone()).collect();
    for file in &mut files {
        file.file.tests.clear();
        file.file.groups.iter_mut().flat_map(|group| &mut group.rules).for_each(|rule| alone(rule, &known));
    }
    files
}

// What the configuration would give stands in for itself: receivers hear what is compared anyway, and times that nobody
// defined are no reason to keep quiet.
fn alone(rule: &mut RuleModel, known: &[String]) {
    rule.mode = Mode::Live;
    rule.receivers.clear();
    rule.templates.clear();
    rule.active_time_intervals.retain(|name| known.contains(name));
    rule.mute_time_intervals.retain(|name| known.contains(name));
}
