//! The configuration: the commented default is the reference, and every mistake is shown where it stands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use domain::access::Role;
use domain::policy::Subject;
use earlybell::config::{self, DEFAULT_CONFIG, Named, Overrides};
use std::path::{Path, PathBuf};

fn parse(name: &str, content: &str, base: &Path) -> Result<config::Config, String> {
    let file = Named { name: name.to_owned(), content: content.to_owned() };
    config::parse(&file, base, &Overrides::default()).map_err(|errors| errors.to_string())
}

#[test]
fn the_default_file_says_what_holds_without_any() {
    let default = parse("earlybell.yml", DEFAULT_CONFIG, Path::new("")).unwrap();
    let empty = parse("earlybell.yml", "# nothing\n", Path::new("")).unwrap();
    assert_eq!(default.policy, empty.policy);
    assert_eq!(format!("{:?}", default.sources), format!("{:?}", empty.sources));
    assert_eq!(default.access, empty.access);
    assert!(empty.access.local && empty.access.oidc.is_none() && empty.access.proxy.is_none());
    assert_eq!(format!("{:?}", default.receivers), format!("{:?}", empty.receivers));
    let names: Vec<&str> = default.policy.rule_files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["rules/default.yml (shipped)"]);
}

// `#key` and `#  key` are configuration, `# Words` are words.
fn uncomment(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let (before, rest) = line.split_at(indent);
    match rest.strip_prefix('#') {
        Some(key) if key.starts_with("  ") || !key.starts_with(' ') => format!("{before}{key}"),
        _ => line.to_owned(),
    }
}

#[test]
fn defaults_in_comments_are_the_defaults() {
    // Only those that are defaults: examples stand in nested blocks, and name things that are not there.
    let keys =
        ["alertmanagers: []", "poll_every", "settle", "public", "templates: []", "timing:", "rituals:", "postmortem:"];
    let shown: Vec<String> = DEFAULT_CONFIG
        .lines()
        .map(|line| {
            let key = line.trim_start().trim_start_matches('#');
            let timing = line.starts_with("  #") && !line.starts_with("  # ") && !line.contains('[');
            if keys.iter().any(|known| key.starts_with(known)) || timing { uncomment(line) } else { line.to_owned() }
        })
        .filter(|line| !line.trim_start().starts_with("routes:"))
        .collect();
    let shown = parse("earlybell.yml", &shown.join("\n"), Path::new("")).unwrap();
    let empty = parse("earlybell.yml", "", Path::new("")).unwrap();
    assert_eq!(shown.policy, empty.policy);
    assert_eq!(format!("{:?}", shown.sources), format!("{:?}", empty.sources));
    assert!(DEFAULT_CONFIG.matches("#promise").count() == 3 && DEFAULT_CONFIG.contains("#timing:"));
}

#[test]
fn the_roles_of_the_default_file_are_those_of_the_protocol() {
    let from = DEFAULT_CONFIG.find("#roles:\n").unwrap();
    let block: Vec<String> =
        DEFAULT_CONFIG[from..].lines().take_while(|line| line.starts_with('#')).map(uncomment).collect();
    let shown = parse("earlybell.yml", &block.join("\n"), Path::new("")).unwrap();
    assert!(block.len() > 15, "{block:?}");
    assert_eq!(shown.policy.roles, domain::policy::rituals::default_roles());
    // Others are added to them, and theirs may be others.
    let more = "roles: [{ name: scribe, duties: [Write] }, { name: operations, duties: [Repair] }]";
    let more = parse("earlybell.yml", more, Path::new("")).unwrap().policy.roles;
    let names: Vec<(&str, usize)> = more.iter().map(|spec| (spec.name.0.as_str(), spec.duties.len())).collect();
    assert_eq!(names, [("incident_manager", 4), ("communications", 3), ("operations", 1), ("scribe", 1)]);
}

#[test]
fn every_key_stands_in_the_default_file() {
    let receiver = |inner: &str| format!("receivers: [{{ name: a, {inner} }}]");
    let places = [
        "zzz: 1".to_owned(),
        "sources: [{ zzz: 1 }]".to_owned(),
        "sources: [{ name: a, authorization: { zzz: 1 } }]".to_owned(),
        "sources: [{ name: a, basic_auth: { zzz: 1 } }]".to_owned(),
        "route: { zzz: 1 }".to_owned(),
        "access: { zzz: 1 }".to_owned(),
        "access: { oidc: { zzz: 1 } }".to_owned(),
        "access: { proxy: { zzz: 1 } }".to_owned(),
        "access: { local: { zzz: 1 } }".to_owned(),
        "people: [{ zzz: 1 }]".to_owned(),
        "squads: [{ zzz: 1 }]".to_owned(),
        "squads: [{ name: a, on_duty: { zzz: 1 } }]".to_owned(),
        "timing: { zzz: 1 }".to_owned(),
        "rituals: { zzz: 1 }".to_owned(),
        "postmortem: { zzz: 1 }".to_owned(),
        "postmortem: { sections: [{ zzz: 1 }] }".to_owned(),
        "roles: [{ zzz: 1 }]".to_owned(),
        "time_intervals: [{ zzz: 1 }]".to_owned(),
        "time_intervals: [{ name: a, time_intervals: [{ zzz: 1 }] }]".to_owned(),
        "time_intervals: [{ name: a, time_intervals: [{ times: [{ zzz: 1 }] }] }]".to_owned(),
        "inhibit_rules: [{ zzz: 1 }]".to_owned(),
        "heartbeats: [{ zzz: 1 }]".to_owned(),
        "etherpad: { zzz: 1 }".to_owned(),
        receiver("zzz: 1"),
        receiver("email: { zzz: 1 }"),
        "slack_app: { zzz: 1 }".to_owned(),
        receiver("slack: { zzz: 1 }"),
        receiver("irc: { zzz: 1 }"),
        receiver("irc: { sasl: { zzz: 1 } }"),
        receiver("irc: { flood: { zzz: 1 } }"),
        receiver("blog: { zzz: 1 }"),
        receiver("blog: { pull_request: { zzz: 1 } }"),
        receiver("obs: { zzz: 1 }"),
        receiver("obs: { severity: { zzz: 1 } }"),
    ];
    let mut keys = 0;
    for place in places {
        let error = parse("x", &place, Path::new("")).unwrap_err();
        let (_, known) = error.lines().next().unwrap().split_once("known: ").unwrap_or_else(|| panic!("{error}"));
        for key in known.split(", ") {
            keys += 1;
            let written = |line: &str| {
                uncomment(&uncomment(line)).trim().trim_start_matches("- ").starts_with(&format!("{key}:"))
            };
            assert!(DEFAULT_CONFIG.lines().any(written), "config/earlybell.yml does not show `{key}`");
        }
    }
    assert!(keys > 55, "only {keys} keys were looked for");
}

#[test]
fn the_whole_default_file_without_its_comment_marks_is_understood() {
    let all: Vec<String> = DEFAULT_CONFIG.lines().map(|line| uncomment(&uncomment(line))).collect();
    let errors = parse("earlybell.yml", &all.join("\n"), Path::new("/nonexistent")).unwrap_err();
    // Every key is known and of the right kind; what remains is what no file can say at once.
    let problems: Vec<&str> = errors.lines().filter(|line| line.contains("earlybell.yml:")).collect();
    assert!(!problems.is_empty());
    for problem in problems {
        let known =
            ["not both", "has one way in", "unknown template", "are for https", "there is no file /etc/earlybell/"];
        assert!(known.iter().any(|known| problem.contains(known)), "{errors}");
    }
}

/// One bad file per mistake in `tests/fixtures/config_bad`, each with what people read; `UPDATE=1` writes it anew.
#[test]
fn every_mistake_is_shown_where_it_stands() {
    let folder = Path::new("tests/fixtures/config_bad");
    each_bad_file(folder, |name, path| {
        let content = std::fs::read_to_string(path).unwrap();
        let said = parse(name, &content, folder).map(drop);
        assert!(!format!("{said:?}").contains("hunter2"), "{name}: a secret is shown: {said:?}");
        said
    });
}

/// The same for rule files, in `tests/fixtures/rules_bad`: everything that is wrong is said at once.
#[test]
fn every_mistake_of_a_rule_file_is_shown_where_it_stands() {
    let folder = Path::new("tests/fixtures/rules_bad");
    each_bad_file(folder, |_, path| config::read_tests(path).map(drop).map_err(|errors| errors.to_string()));
}

fn each_bad_file(folder: &Path, say: impl Fn(&str, &Path) -> Result<(), String>) {
    let mut files: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "yml"));
    files.sort();
    assert!(files.len() >= 20, "only {} bad files", files.len());
    let mut wrong = String::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let said = say(&name, &path).err().unwrap_or_else(|| "(no mistake)".to_owned());
        let said = format!("{}\n", said.replace(&format!("{}/", folder.display()), ""));
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert!(!said.contains("(no mistake)"), "{name} is accepted");
        if said != expected {
            wrong.push_str(&format!("--- {name}\nsaid:\n{said}expected:\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn of_very_many_mistakes_the_first_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let rule =
        |at: usize| format!("      - {{ incident: R{at}, when: {{ alerts: ['a = b'] }}, receivers: [nobody] }}\n");
    let rules: String = (0..3000).map(rule).collect();
    std::fs::write(folder.path().join("r.yml"), format!("groups:\n  - name: g\n    rules:\n{rules}")).unwrap();
    let errors = parse("x", "rule_files: [r.yml]", folder.path()).unwrap_err();
    assert_eq!(errors.matches("unknown receiver `nobody`").count(), 50);
    assert!(errors.ends_with("r.yml: and 2950 more mistakes"), "{errors}");
}

/// The channel for users, as config/earlybell.yml and docs/slack.md show it, with the templates that are shipped.
#[test]
fn the_templates_for_the_help_channel_are_understood() {
    let page = std::fs::read_to_string("docs/slack.md").unwrap();
    let from = page.find("templates: [/etc/earlybell/templates/*.txt]").unwrap();
    let block = page[from..].split("```").next().unwrap().replace("/etc/earlybell/", "config/");
    let block = format!("slack_app: {{ app_token: xapp-1, bot_token: xoxb-1 }}\n{block}");
    let config = parse("earlybell.yml", &block, Path::new("")).unwrap();
    let config::Address::Slack(team) = &config.receivers[0].address else { panic!("not Slack") };
    let config::Address::Slack(help) = &config.receivers[1].address else { panic!("not Slack") };
    assert_eq!((team.buttons, help.buttons, help.bot_token.expose()), (true, false, "xoxb-1"));
    assert_eq!(config.policy.receivers[1].templates.len(), 5);
    assert_eq!(config.policy.templates.len(), 4);
}

#[test]
fn secrets_come_from_files_and_are_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "  xoxb-hunter2\n").unwrap();
    let text = "receivers: [{ name: s, slack: { channel: C1, bot_token_file: token } }]";
    let config = parse("earlybell.yml", text, folder.path()).unwrap();
    let config::Address::Slack(slack) = &config.receivers[0].address else { panic!("not Slack") };
    assert_eq!(slack.bot_token.expose(), "xoxb-hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn irc_alone_is_understood_and_warned_about() {
    let irc = "{ name: chat, irc: { server: 'irc.example.org:6697', nick: bell, channel: '#ops' } }";
    let text = format!(
        "receivers:\n  - {irc}\n  - {{ name: mail, console: {{}} }}\nroute:\n  receiver: mail\n  routes:\n    - \
         {{ matchers: ['a = b'], receiver: chat }}\n    - {{ matchers: ['a = c'], receivers: [chat, mail] }}\n"
    );
    let config = parse("earlybell.yml", &text, Path::new("")).unwrap();
    let warnings: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("earlybell.yml:7:") && warnings[0].contains("only IRC is told here"), "{warnings:?}");
    let config::Address::Irc(irc) = &config.receivers[0].address else { panic!("not IRC") };
    assert!(irc.network.tls && irc.topic && !irc.capture && irc.network.username == "bell", "{irc:?}");
}

#[test]
fn commands_are_written_where_the_app_reads_them() {
    let text = "slack_app: { app_token: xapp-1, bot_token: xoxb-1, command: /bell }\nroute: { receivers: [ours, theirs, mail] }\n\
                receivers:\n  - { name: ours, slack: { channel: C1 } }\n  - { name: people, personal: true, slack: {} }\n  \
                - { name: theirs, slack: { channel: C1, bot_token: xoxb-2 } }\n  - { name: mail, console: {} }\n";
    let commands = parse("earlybell.yml", text, Path::new("")).unwrap().policy.commands;
    assert_eq!(commands.into_iter().collect::<Vec<_>>(), ["ours", "people"].map(|name| (name.into(), "/bell".into())));
}

#[test]
fn the_subject_of_a_mail_says_how_it_stands_unless_the_file_says_otherwise() {
    for (written, subject) in
        [("", Subject::Stage), ("subject: stage", Subject::Stage), ("subject: frozen", Subject::Frozen)]
    {
        let email = format!("to: a@example.org, from: b@example.org, smarthost: 'mail:25', {written}");
        let text = format!("receivers: [{{ name: team, email: {{ {email} }} }}]\nroute: {{ receivers: [team] }}\n");
        let config = parse("earlybell.yml", &text, Path::new("")).unwrap();
        assert_eq!(config.policy.receivers[0].subject, subject, "{written}");
    }
}

#[test]
fn who_may_log_in_is_read_to_the_letter() {
    let text = "access:
  oidc: { issuer: 'https://idp.example/a/', client_id: bell, client_secret: hunter2, scopes: [groups], roles: { sre: manager } }
  proxy: { header: X-Forwarded-User, trusted: [10.0.0.0/8, '::1'], default_role: responder }
  local: { enabled: false }
";
    let access = parse("earlybell.yml", text, Path::new("")).unwrap().access;
    let oidc = access.oidc.clone().unwrap();
    assert_eq!((oidc.issuer.as_str(), oidc.scopes.join(" ")), ("https://idp.example/a/", "openid groups".to_owned()));
    assert_eq!((oidc.name_claim.as_str(), oidc.groups_claim.as_str()), ("preferred_username", "groups"));
    assert_eq!(oidc.grants.role(["sre"]), Some(Role::Manager));
    assert_eq!(oidc.grants.role(["others"]), None);
    let proxy = access.proxy.clone().unwrap();
    assert_eq!((proxy.header.as_str(), proxy.trusted.len()), ("x-forwarded-user", 2));
    assert_eq!(proxy.grants.role([]), Some(Role::Responder));
    assert!(!access.local && !format!("{access:?}").contains("hunter2"));
}

#[test]
fn rules_and_templates_are_found_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    write("rules/b.yml", "groups: []");
    write("rules/a.yml", "# nothing yet\n");
    write("short.txt", "{{ title }}");
    write("earlybell.yml", "rule_files: ['rules/*.yml', rules/a.yml]\ntemplates: ['*.txt']\n");
    let path = folder.path().join("earlybell.yml");
    let overrides = Overrides { external_url: "https://bell.example.com/".to_owned() };
    let config = config::load(Some(&path), &overrides).unwrap();
    let names: Vec<String> = config.policy.rule_files.iter().map(|file| file.name.clone()).collect();
    let path_of = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(names, [path_of("rules/a.yml"), path_of("rules/b.yml")]);
    assert_eq!(config.policy.templates.get("short").map(String::as_str), Some("{{ title }}"));
    assert_eq!(config.policy.external_url, "https://bell.example.com");
    write("short.txt", "{{ title }}!");
    assert_ne!(config.hash, config::load(Some(&path), &overrides).unwrap().hash);
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let error = config::load(Some(Path::new("/nonexistent.yml")), &Overrides::default()).unwrap_err();
    assert_eq!(error.to_string(), "/nonexistent.yml: can't read it: No such file or directory (os error 2)");
}
