//! Languages: a receiver hears in its own what that has words for, and the rest in the built-in ones.

use super::*;

fn german(name: &str, kind: ReceiverKind) -> ReceiverSpec {
    ReceiverSpec { language: Some("de".to_owned()), ..receiver(name, kind) }
}

#[test]
fn german_reads_as_people_would_want_it() {
    let receivers = vec![
        german("mail", ReceiverKind::Email),
        german("slack", ReceiverKind::Slack),
        ReceiverSpec { public: true, ..german("irc", ReceiverKind::Irc) },
    ];
    let mut story = Story::new(receivers, &[]);
    story
        .declare("build.example.org: frontend errors", "Alle, die Pakete bauen.")
        .tell(Actor::Rule, vec![changed(Change::Attached)], true)
        .rule(Fact::Confirmed { because: text("it held for 10m"), next_by: None })
        .person(Fact::Updated { text: text("Wir starten web1 neu."), impact: None, next_by: None, promised: None })
        .person(Fact::Severity { from: Severity::Major, to: Severity::Critical, because: text("alle"), next_by: None })
        .rule(Fact::Prompted { prompts: vec![Prompt::Scope] })
        .person(Fact::Resolved { because: text("web1 läuft wieder") })
        .person(Fact::Reopened { because: text("die Fehler sind wieder da"), confirmed: true, next_by: None })
        .person(Fact::MergedInto { into: IncidentId(41), because: text("dieselbe Ursache") });
    let golden = include_str!("../golden/german.txt");
    assert!(story.transcript == golden, "golden/german.txt does not hold this:\n{}", story.transcript);
}

#[test]
fn calling_off_a_drill_says_both_in_its_language() {
    let mut story = Story::new(vec![german("mail", ReceiverKind::Email)], &[]);
    story.drill = true;
    story
        .declare("frontend errors", "")
        .person(Fact::CalledOff { code: CallOffCode::Flapping, reason: text("Wackelkontakt") });
    for words in ["ÜBUNG INC-42 Entwarnung", "Dies ist eine Übung.", "(der Alarm flattert)", "Grund: Wackelkontakt"] {
        assert!(story.transcript.contains(words), "{words} is missing in {}", story.transcript);
    }
    assert!(!story.transcript.contains("This is a drill"), "{}", story.transcript);
}

#[test]
fn templates_have_variants_and_other_languages_are_templates_too() {
    let own = BTreeMap::from([(text("declared"), text("service-disruption"))]);
    let receivers = vec![
        ReceiverSpec { templates: own.clone(), ..german("german", ReceiverKind::Email) },
        ReceiverSpec { templates: own, ..receiver("english", ReceiverKind::Email) },
        ReceiverSpec { language: Some(text("fr")), ..receiver("french", ReceiverKind::Email) },
        ReceiverSpec { language: Some(text("en")), ..receiver("plain", ReceiverKind::Email) },
    ];
    let french = "{% if part == 'body' and about == 'alarm' %}Une panne: {{ incident.title }}{% endif %}";
    let mut story = Story::new(receivers, &[("words.fr", french)]);
    story.declare("frontend errors", "").rule(Fact::Confirmed { because: text("it held"), next_by: None });
    let rule = "=".repeat(20);
    let told = |receiver: &str, notice: &str| {
        let head = format!(" inc-42.{notice}.{receiver} ");
        story.transcript.split(&rule).find(|one| one.starts_with(&head)).unwrap_or_else(|| panic!("{head}"))
    };
    assert!(told("german", "declared.1").contains("Es gibt Anzeichen für eine Störung: frontend errors."));
    assert!(told("german", "confirmed.2").contains("Die Störung ist bestätigt."));
    assert!(told("english", "declared.1").contains("There are signs of a service disruption: frontend errors."));
    assert!(told("french", "declared.1").contains("Une panne: frontend errors"));
    // What it has no words for, and the headline, which it leaves empty.
    assert!(told("french", "declared.1").contains("INC-42 suspected (major)"));
    assert!(told("french", "confirmed.2").contains("This is real."));
    assert!(told("plain", "confirmed.2").contains("This is real."));
}

#[test]
fn a_language_that_nobody_has_words_for_is_refused() {
    let source = PolicySource {
        receivers: vec![ReceiverSpec { language: Some(text("dee")), ..receiver("mail", ReceiverKind::Email) }],
        ..PolicySource::default()
    };
    let mistakes = Policy::compile(source).unwrap_err();
    assert_eq!(
        mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "config: receivers[0].language: unknown language `dee`; did you mean `de`?; a template named `words.dee` brings another one"
        ]
    );
}
