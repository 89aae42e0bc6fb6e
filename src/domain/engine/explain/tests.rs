//! Every verdict once, in words and with its tree; and why nothing happened.

use super::{About, Explained, RULES_EXPLAINED_MAX, Unknown, explain_labels, explain_payload};
use crate::access::Role;
use crate::alert::{Batch, Fingerprint, Observation, Pairs, SourceName, Status};
use crate::engine::{Changes, Input, State};
use crate::ids::{AlertId, IncidentId, InputSeq};
use crate::incident::{Act, Actor, CallOffCode, Command, Surface};
use crate::policy::{NamedRuleFile, PolicySource};
use crate::rules::model::RuleFile;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Write;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::seconds(seconds)
}

fn seen(status: Status, labels: &str, since: i64) -> Observation {
    let labels = Pairs::labels(labels.split(' ').map(|pair| pair.split_once('=').unwrap()));
    Observation {
        status,
        fingerprint: Fingerprint::of(&labels),
        labels,
        annotations: Pairs::default(),
        starts_at: Some(at(since)),
        ends_at: None,
        generator_url: "".into(),
    }
}

fn batch(observations: Vec<Observation>) -> Batch {
    Batch { source: SourceName::from("am"), group: None, truncated: 0, observations }
}

struct World {
    state: State,
    seq: u64,
}

impl World {
    /// Rules as JSON objects.
    fn new(rules: &str) -> Self {
        Self::with(rules, RuleFile::default())
    }

    /// And what else stands in their file.
    fn with(rules: &str, file: RuleFile) -> Self {
        let groups = serde_json::from_str(&format!(r#"[{{"name": "g", "rules": [{rules}]}}]"#)).unwrap();
        let file = NamedRuleFile { name: "rules.yml".to_owned(), file: RuleFile { groups, ..file } };
        let policy = PolicySource { rule_files: vec![file], ..PolicySource::default() };
        let mut world = Self { state: State::restore(crate::engine::Loaded::default()), seq: 0 };
        // Long ago: what fires now is no news from before the first start.
        world.step(-100_000, Input::Policy(Box::new(policy)));
        world
    }

    fn step(&mut self, seconds: i64, input: Input) {
        self.seq += 1;
        self.state.step(InputSeq(self.seq), at(seconds), input, &mut Changes::default());
    }

    fn fires(&mut self, seconds: i64, labels: &str) {
        self.step(seconds, Input::Alerts(batch(vec![seen(Status::Firing, labels, seconds)])));
    }

    fn ends(&mut self, seconds: i64, labels: &str) {
        self.step(seconds, Input::Alerts(batch(vec![seen(Status::Resolved, labels, seconds)])));
    }

    fn act(&mut self, seconds: i64, act: Act) {
        let actor = Actor::Person { name: "ada".to_owned(), on: Surface::Cli };
        self.step(
            seconds,
            Input::Command(Command { actor, access: Role::Admin, key: None, incident: Some(IncidentId(1)), act }),
        );
    }

    fn ask(&self, seconds: i64, about: &About) -> Explained {
        self.state.explain(about, at(seconds)).unwrap()
    }

    fn now(&self, seconds: i64) -> String {
        told(&self.ask(seconds, &About::Now))
    }
}

fn told(explained: &Explained) -> String {
    let mut text = String::new();
    explained.alerts.iter().for_each(|alert| writeln!(text, "{}: {}", alert.name, alert.because).unwrap());
    explained.rules.iter().for_each(|rule| write!(text, "{rule}").unwrap());
    explained.near.iter().for_each(|near| writeln!(text, "nearly {near}").unwrap());
    text
}

const DOWN: &str = r#"{"incident": "Down", "correlate_by": ["site"], "when": {"alerts": ["alertname = Down"], "for": "2m"},
                       "gather": ["team = web"]}"#;

fn labels(text: &str) -> About {
    About::Labels(seen(Status::Firing, text, 0).labels)
}

#[test]
fn an_alert_from_its_first_second_to_the_cooldown() {
    let mut world = World::new(DOWN);
    world.fires(0, "alertname=Down site=a");
    assert_eq!(
        world.now(80),
        "Down {site=\"a\"}: condition met, but not for long enough before 00:02:00 UTC\n  \
         [~] 1 alert matches alertname = Down; held 1m20s of 2m\n"
    );
    world.step(121, Input::Tick);
    assert_eq!(
        told(&world.ask(130, &labels("alertname=Down"))),
        "Down: firing since 00:00 UTC\n\
         Down {site=\"a\"}: attached to INC-1, which is open\n  \
         [x] 1 alert matches alertname = Down; held 2m10s of 2m\n"
    );
    let reason = "only a drill".to_owned();
    world.act(140, Act::CallOff { code: CallOffCode::Test, reason });
    let quiet = world.ask(150, &About::Incident(IncidentId(1)));
    assert_eq!(
        quiet.rules[0].because,
        "quiet until 01:02:20 UTC: a person called off INC-1, and nothing else fires than did then"
    );
    let json = serde_json::to_value(&quiet.rules[0].verdict).unwrap();
    assert_eq!(json, serde_json::json!({"verdict": "cooldown", "incident": 1, "until": "2024-10-04T01:02:20Z"}));
    world.ends(160, "alertname=Down site=a");
    assert_eq!(world.now(170), "");
    assert_eq!(
        told(&world.ask(170, &labels("site=a"))),
        "Down: resolved at 00:02 UTC: it counts only where a rule looks back (`within`)\n\
         Down {site=\"a\"}: condition not met\n  [ ] no alert matches alertname = Down\n"
    );
}

#[test]
fn one_that_ended_just_now_is_reopened() {
    let rule = r#"{"incident": "Down", "when": {"alerts": ["alertname = Down"]}}"#;
    let mut world = World::new(rule);
    world.fires(0, "alertname=Down site=a");
    world.ends(10, "alertname=Down site=a");
    world.act(20, Act::Resolve { text: String::new() });
    let explained = world.ask(30, &About::Rule("Down".to_owned()));
    assert_eq!(explained.rules[0].because, "condition not met");
    world.fires(40, "alertname=Down site=b");
    // It was reopened at once: the question can't come in between.
    assert_eq!(world.ask(50, &About::Now).rules[0].because, "attached to INC-1, which is open");
}

#[test]
fn an_alert_that_is_only_gathered_is_named_so() {
    let mut world = World::new(DOWN);
    world.fires(0, "alertname=Slow site=a team=web");
    assert_eq!(
        told(&world.ask(10, &About::Alert(AlertId(1)))),
        "Slow: firing since 00:00 UTC\n\
         Down {site=\"a\"}: condition not met; the alert is only gathered: it is evidence, and makes no condition true\n  \
         [ ] no alert matches alertname = Down\n"
    );
    assert_eq!(world.now(10), "");
}

#[test]
fn near_misses_name_the_matcher_that_failed() {
    let world = World::new(
        r#"{"incident": "Web", "when": {"any": [{"alerts": ["alertname = Down", "team = web"]},
                                                {"alerts": ["alertname = Down", "severity =~ \"critical|page\", job != test"]},
                                                {"alerts": ["alertname = Other", "job != test"]}]}},
           {"incident": "Exact", "when": {"alerts": ["alertname = Down"]}},
           {"incident": "Far", "when": {"alerts": ["alertname = Up", "team = web"]}}"#,
    );
    let policy = world.state.policy();
    let labels = seen(Status::Firing, "alertname=Down severity=warning", 0).labels;
    let explained = explain_labels(policy, labels, at(0));
    let near: Vec<String> = explained.near.iter().map(ToString::to_string).collect();
    assert_eq!(
        near,
        [
            "Web: all of `alertname = Down, team = web` but team=\"web\", it has none",
            "Web: all of `alertname = Down, severity =~ \"critical|page\", job != test` but severity=~\"critical|page\", \
             its severity is \"warning\"",
        ]
    );
    assert_eq!(explained.rules.len(), 1);
    assert_eq!(explained.of_rule("Web").rules, []);
}

#[test]
fn a_message_that_nobody_sent_is_explained_as_if_nothing_else_fired() {
    let rules = format!(
        r#"{DOWN}, {{"incident": "Two", "when": {{"alerts": ["alertname = Down"], "at_least": 2}}}},
           {{"incident": "Now", "when": {{"alerts": ["alertname = Down"]}}}}"#
    );
    let mut world = World::new(&rules);
    world.fires(0, "alertname=Down site=b");
    let payload = batch(vec![
        seen(Status::Firing, "alertname=Down site=a", -3_600 * 5),
        seen(Status::Resolved, "alertname=Down site=c", 0),
    ]);
    let explained = explain_payload(world.state.policy(), payload, at(60));
    assert!(explained.supposed);
    assert_eq!(
        told(&explained),
        "Down: firing since 2024-10-03 23:46 UTC\n\
         Down: resolved at 00:01 UTC: it counts only where a rule looks back (`within`)\n\
         Down {site=\"a\"}: declares a new incident\n  [x] 1 alert matches alertname = Down; held 15m of 2m\n\
         Down {site=\"c\"}: condition not met\n  [ ] no alert matches alertname = Down\n\
         Two: condition not met\n  [ ] 1 of 2 alerts match alertname = Down\n\
         Now: declares a new incident\n  [x] 1 alert matches alertname = Down\n"
    );
    // The state it was asked beside knows nothing of it.
    assert_eq!(world.ask(60, &About::Now).rules.len(), 2);
}

#[test]
fn a_rule_is_shown_though_nothing_touches_it() {
    let mut world = World::new(DOWN);
    let rule = About::Rule("Down".to_owned());
    assert_eq!(told(&world.ask(0, &rule)), "Down: condition not met\n  [ ] no alert matches alertname = Down\n");
    let more = 7;
    for site in 0..RULES_EXPLAINED_MAX + more {
        world.fires(1, &format!("alertname=Down site=s{site:03}"));
    }
    let many = world.ask(10, &rule);
    assert_eq!((many.rules.len(), many.rules_more), (RULES_EXPLAINED_MAX, more));
    let alerts = world.ask(10, &labels("alertname=Down"));
    assert_eq!((alerts.alerts.len(), alerts.alerts_more, alerts.rules.len()), (20, 87, 20));
}

#[test]
fn what_is_not_known_is_said() {
    let mut world = World::new(DOWN);
    let refused = |world: &World, about: About| world.state.explain(&about, at(200)).unwrap_err().to_string();
    assert_eq!(
        refused(&world, About::Alert(AlertId(9))),
        "no alert 9 is known; alerts are forgotten a while after their end"
    );
    assert!(refused(&world, About::Fingerprint(Fingerprint(255))).contains("no alert 00000000000000ff"));
    assert_eq!(world.state.explain(&About::Incident(IncidentId(1)), at(0)), Err(Unknown::Incident(IncidentId(1))));
    assert_eq!(refused(&world, About::Rule("Up".to_owned())), "no rule `Up` is in force");
    let by_hand = Act::Declare {
        title: "slow".to_owned(),
        severity: None,
        impact: String::new(),
        labels: Pairs::default(),
        drill: false,
    };
    world.act(10, by_hand);
    assert_eq!(refused(&world, About::Incident(IncidentId(1))), "INC-1 was declared by a person, not by a rule");
}

#[test]
fn a_question_changes_nothing() {
    let mut world = World::new(DOWN);
    world.fires(0, "alertname=Down site=a");
    let before = format!("{:?}", world.state);
    for about in [About::Now, About::Alert(AlertId(1)), labels("site=a"), About::Rule("Down".to_owned())] {
        world.ask(500, &about);
    }
    assert_eq!(format!("{:?}", world.state), before);
}

// Rule, verdict and words of each that is not below its threshold.
fn verdicts(explained: &Explained) -> Vec<String> {
    let word = |standing| serde_json::to_value(standing).unwrap()["verdict"].as_str().unwrap().to_owned();
    explained.rules.iter().map(|rule| format!("{} {}: {}", rule.rule, word(&rule.verdict), rule.because)).collect()
}

#[test]
fn what_keeps_a_rule_quiet_is_named() {
    let file = serde_json::from_str(
        r#"{"time_intervals": [{"name": "always", "time_intervals": [{}]},
                               {"name": "noon", "time_intervals": [{"times": [{"start_time": "12:00", "end_time": "13:00"}]}]}],
            "inhibit_rules": [{"source_matchers": ["incident = Site"], "target_matchers": ["incident = Covered"]}]}"#,
    )
    .unwrap();
    let rule = |name: &str, more: &str| {
        format!(r#"{{"incident": "{name}", {more} "when": {{"alerts": ["alertname = Down"]}}}}"#)
    };
    let rules = [
        rule("Site", ""),
        rule("Covered", ""),
        rule("Muted", r#""mute_time_intervals": ["always"],"#),
        rule("Closed", r#""active_time_intervals": ["noon"],"#),
        rule("Trial", r#""mode": "shadow","#),
    ];
    let mut world = World::with(&rules.join(","), file);
    world.fires(0, "alertname=Down");
    assert_eq!(
        verdicts(&world.ask(10, &About::Now)),
        [
            "Site attached: attached to INC-1, which is open",
            "Covered inhibited: condition met, but INC-1 is open, covers it, and takes its alerts",
            "Muted muted: condition met, but muted by `always`",
            "Closed inactive: condition met, but outside of its active times: it declares nothing before 12:00:00 UTC",
            "Trial shadow: condition met, but the rule is in shadow mode: recorded, nobody is told",
        ]
    );
    // The same of a message that nobody sent: its numbers would mean nothing.
    let supposed = explain_labels(world.state.policy(), labels_of("alertname=Down"), at(20));
    assert_eq!(
        verdicts(&supposed)[..2],
        [
            "Site new: declares a new incident",
            "Covered inhibited: condition met, but the incident of Site covers it, and takes its alerts",
        ]
    );
    // Beside what is open, it is attached.
    assert_eq!(verdicts(&supposed.beside(&world.state, at(20)))[0], "Site attached: attached to INC-1, which is open");
}

fn labels_of(text: &str) -> Pairs {
    seen(Status::Firing, text, 0).labels
}

#[test]
fn silence_and_what_is_over_are_explained_too() {
    let mut world = World::new(
        r#"{"incident": "Blind", "when": {"absent": ["alertname = Watchdog"], "for": "5m"}},
           {"incident": "Flaps", "when": {"alerts": ["alertname = Blip"], "count": "episodes", "within": "20m", "at_least": 3}}"#,
    );
    world.fires(0, "alertname=Watchdog");
    for minute in [0, 2] {
        world.fires(minute * 60, "alertname=Blip");
        world.ends(minute * 60 + 30, "alertname=Blip");
    }
    assert_eq!(
        told(&world.ask(300, &labels("alertname=Blip"))),
        "Blip: resolved at 00:02 UTC: it counts only where a rule looks back (`within`)\n\
         Flaps: condition not met\n  [ ] 2 of 3 episodes match alertname = Blip within 20m\n"
    );
    world.ends(400, "alertname=Watchdog");
    assert_eq!(
        world.now(500),
        "Blind: attached to INC-1, which is open\n  [~] no alert matches alertname = Watchdog; held 1m40s of 5m\n"
    );
}
