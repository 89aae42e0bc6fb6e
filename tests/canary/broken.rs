//! Configurations with a mistake on the line of a secret, or in it: what people do at a late hour.

use crate::planted::Planted;

/// Each with files that it names.
pub fn configs(planted: &mut Planted) -> Vec<(String, Vec<(String, String)>)> {
    let slack = "receivers: [{ name: a, console: {} }, { name: b, slack: { channel: C1,";
    let of_slack = |rest: &str| format!("{slack} {rest} }} }}]\nroute: {{ receiver: a }}\n");
    let block = |lines: &str| {
        format!("route: {{ receiver: a }}\nreceivers:\n  - name: a\n    slack:\n      channel: C1\n{lines}")
    };
    let mut configs = Vec::new();
    let mut one = |place: &str, text: &dyn Fn(&str) -> String| {
        let secret = planted.plant(place);
        configs.push((text(&secret), Vec::new()));
    };
    one("a misspelled key", &|s| of_slack(&format!("bot_tokn: {s}")));
    one("a quote that never ends", &|s| block(&format!("      bot_token: \"{s}\n      x: 1\n")));
    one("a quote that ends too late", &|s| block(&format!("      bot_token: \"{s}\n        {s}\n")));
    one("a list instead of a text", &|s| block(&format!("      bot_token: [{s}]\n")));
    one("a list on lines of its own", &|s| block(&format!("      bot_token:\n        - {s}\n")));
    one("a mapping instead of a text", &|s| block(&format!("      bot_token:\n        {s}: x\n")));
    one("a colon in the secret", &|s| block(&format!("      bot_token: a: {s}\n")));
    one("an indent that is wrong", &|s| block(&format!("        bot_token: {s}\n")));
    one("a tab", &|s| block(&format!("\tbot_token: {s}\n")));
    one("twice the same key", &|s| block(&format!("      bot_token: {s}1\n      bot_token: {s}\n")));
    one("beside its file", &|s| block(&format!("      bot_token: {s}\n      bot_token_file: /x/y\n")));
    one("in the place of its file", &|s| block(&format!("      bot_token_file: {s}\n")));
    one("in the place of its file, between braces", &|s| of_slack(&format!("bot_token_file: {s}")));
    one("several lines in one", &|s| block(&format!("      bot_token: |\n        {s}\n        {s}\n")));
    one("an alias", &|s| block(&format!("      bot_token: *{s}\n")));
    one("an escape", &|s| block(&format!("      bot_token: \"{s}\\q\"\n")));
    one("a token where its section is asked for", &|s| format!("receivers: [{{ name: a, slack: xoxb-12-{s} }}]\n"));
    one("in an address", &|s| {
        format!("sources: [{{ name: default, alertmanagers: ['http://me:{s}@127.0.0.1:9093'] }}]\n")
    });
    one("in an address that is none", &|s| {
        format!("sources: [{{ name: default, alertmanagers: ['http//me:{s}@127.0.0.1:9093'] }}]\n")
    });
    one("in an address of another kind", &|s| {
        format!("sources: [{{ name: default, alertmanagers: ['ftp://me:{s}@127.0.0.1:9093'] }}]\n")
    });
    one("in an issuer", &|s| {
        format!(
            "access: {{ oidc: {{ issuer: 'https://me:{s}@login.example.org', client_id: x, default_role: viewer }} }}\n"
        )
    });
    one("in a smarthost", &|s| {
        format!(
            "receivers: [{{ name: a, email: {{ to: a@b.org, from: a@b.org, smarthost: 'me:{s}@mail.example.org' }} }}]\n"
        )
    });
    one("in a key that signs nothing", &|s| {
        format!("receivers: [{{ name: a, webhook: {{ url: 'https://x/{s}', secret: 'whsec_{s}' }} }}]\n")
    });
    one("in the address of a webhook", &|s| {
        format!("receivers: [{{ name: a, webhook: {{ url: 'x//{s}', secret: 'whsec_AAAAAAAAAA{s}' }} }}]\n")
    });
    one("in the address of a chat", &|s| {
        format!("receivers: [{{ name: a, mattermost: {{ webhook_url: 'http://chat.example.org/hooks/{s}' }} }}]\n")
    });
    one("in the address of a chat, misspelled", &|s| {
        format!("receivers: [{{ name: a, discord: {{ webhok_url: 'https://discord.com/api/webhooks/1/{s}' }} }}]\n")
    });
    one("in the address of a chat, on a line of its own", &|s| {
        format!("receivers:\n  - name: a\n    teams:\n      webhook_url: //flow/{s}\n")
    });
    one("in the address of a chat that is personal", &|s| {
        format!("receivers:\n  - {{ name: a, personal: true, teams: {{ webhook_url: https://flow/{s} }} }}\n")
    });
    one("in the token of a room", &|s| {
        format!("receivers:\n  - {{ name: a, matrix: {{ homeserver: x, room: y, access_token: {s} }} }}\n")
    });
    one("in a repository", &|s| {
        format!("receivers: [{{ name: a, blog: {{ repository: 'https//me:{s}@example.org/x', author: a@b.org }} }}]\n")
    });
    one("in the calendar of a squad", &|s| format!("squads: [{{ name: a, on_duty: {{ url: '//calendar/{s}' }} }}]\n"));
    one("in a calendar on the next line", &|s| {
        format!("squads:\n  - name: a\n    on_duty:\n      url:\n        - https://x/{s}\n")
    });
    one("beside a mistake", &|s| block(&format!("      bot_token: {s}\n      chanel: C1\n")));
    configs
}
