//! The whole way in the built program: `postmortem publish`, the outbox, git, and back into the timeline.

use super::jekyll::{Built, small_site};
use super::program::Program;
use super::site::{BRANCH, Site, git};
use serde_json::{Value, json};
use std::process::Command;

const TEXT: &str =
    "---\nlayout: post\ntitle: \"Slow builds\"\ncategory: deployments\n---\n## Root Cause\nThe disk was full.\n";

fn config(site: &Site) -> String {
    format!(
        "receivers:\n  - {{ name: console, console: {{}} }}\n  - name: our-blog\n    blog:\n      repository: file://{}\n      \
         branch_prefix: words/\n      author: The Team <team@example.org>\nroute: {{ receiver: console }}\n",
        site.path().display()
    )
}

fn over(program: &Program) {
    program.post("/api/v1/incidents", &json!({ "title": "Builds are slow" }).to_string()).unwrap();
    program.post("/api/v1/incidents/1/resolve", "{}").unwrap();
}

fn publish(program: &Program, text: &str) -> (bool, String) {
    let file = program.folder.path().join("post.md");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
    command.args(["postmortem", "publish", "1", "--server", &format!("http://{}", program.address), "--file"]);
    let output = command.arg(&file).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn facts(program: &Program) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&program.get("/api/v1/incidents/1/timeline").unwrap()).unwrap();
    answer["entries"].as_array().unwrap().clone()
}

fn arrived(program: &Program) -> usize {
    facts(program).iter().filter(|entry| entry.to_string().contains("\"arrived\"")).count()
}

#[test]
fn a_post_mortem_goes_from_the_command_line_to_the_branch_and_back() {
    let site = Site::new();
    let mut program = Program::start(&config(&site), &[]);
    let (done, said) = publish(&program, TEXT);
    assert!(!done && said.contains("there is no INC-1"), "{said}");
    over(&program);
    let (done, said) = publish(&program, &TEXT.replace("The disk", "<!-- Why? -->\nThe disk"));
    assert!(!done && said.contains("still has guidance in comments: Root Cause"), "{said}");
    let (done, said) = publish(&program, TEXT);
    assert!(done && said.contains("is on its way to the blog"), "{said}");
    program.wait("it was not published", |program| (arrived(program) == 1).then_some(()));
    let files = site.ask(&["diff", "--name-only", "main", "words/INC-1"]);
    assert!(files.starts_with("_posts/deployments/") && files.trim().ends_with("-post-mortem-inc-1.md"), "{files}");
    assert_eq!(site.text("words/INC-1", files.trim()), TEXT);
    // Again, also after a crash: the branch stays as it is.
    let refs = site.refs();
    program.kill();
    program.run();
    publish(&program, TEXT);
    program.wait("it was not published again", |program| (arrived(program) == 2).then_some(()));
    assert_eq!(site.refs(), refs);
    let told = program.get("/api/v1/incidents/1/timeline").unwrap();
    assert!(told.contains("words/INC-1"), "{told}");
}

// What somebody might write to break the site, or to be more than text on it.
const HOSTILE: &str =
    "{% oops %} {{ site.title }} {% endraw %} </h2><script>alert(1)</script> \"quoted\": # | --- `x` \\";

// The same as Markdown, which sections are.
const HOSTILE_MARKDOWN: &str = "**The disk** of [this host](https://example.org/7).

{% oops %} {{ site.title }} {{{ x }}} {%- raw -%}

<script>alert(1)</script> <img src=x onerror=\"alert(1)\"> <div markdown=\"1\" onclick=\"alert(1)\">

[a](javascript:alert(1)) [c](JAVASCRIPT:alert(1)) [d](javascript&colon;alert(1)) [e](&#106;avascript:alert(1)) [f][ref]
[g](<javascript:alert(1)>) [h](java
script:alert(1)) [i](java\tscript:alert(1)) ![k](javascript:alert(1)) ![l](data:text/html;base64,AAAA)

[ref]: javascript:alert(1)

words [j](https://example.org/){: onclick=\"alert(1)\"}
{: onclick=\"alert(1)\"}

# heading {#id onclick=\"alert(1)\"}

{::nomarkdown}<script>alert(1)</script>{:/nomarkdown}

```
{{ fence }} <script>alert(1)</script>
```

~~~
never closed <script>alert(1)</script>
";

#[test]
fn the_draft_of_a_hostile_incident_is_a_page_of_the_site_and_only_text() {
    let site = small_site();
    let mut program = Program::start(&config(&site), &[]);
    program.post("/api/v1/incidents", &json!({ "title": HOSTILE, "impact": HOSTILE }).to_string()).unwrap();
    program.post("/api/v1/incidents/1/update", &json!({ "text": HOSTILE }).to_string()).unwrap();
    program
        .post("/api/v1/incidents/1/note", &json!({ "text": "only the team knows the frobnicator" }).to_string())
        .unwrap();
    program.post("/api/v1/incidents/1/resolve", &json!({ "text": HOSTILE }).to_string()).unwrap();
    let written = json!({ "section": "root-cause", "text": HOSTILE_MARKDOWN }).to_string();
    program.post("/api/v1/incidents/1/section", &written).unwrap();
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earlybell"));
        command.args(["postmortem", "publish", "1", "--server", &format!("http://{}", program.address)]);
        let output = command.args(more).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (done, said) = run(&[]);
    assert!(!done && said.contains("still has guidance in comments"), "{said}");
    let (done, said) = run(&["--anyway"]);
    assert!(done, "{said}");
    program.wait("it was not published", |program| (arrived(program) == 1).then_some(()));
    let file = site.ask(&["diff", "--name-only", "main", "words/INC-1"]);
    let name = file.trim().rsplit('/').next().unwrap().trim_end_matches(".md").to_owned();
    let (date, slug) = name.split_at(10);
    let built = Built::of(&site, "words/INC-1");
    let page = built.page(&format!("{}/{}/index.html", date.replace('-', "/"), slug.trim_start_matches('-')));
    assert!(page.contains("Timeline") && page.contains("{% oops %}") && page.contains("{% endraw %}"), "{page}");
    assert!(!page.contains("<script>alert") && !page.contains("frobnicator"), "{page}");
    // What people wrote is Markdown all the same.
    assert!(
        page.contains("<strong>The disk</strong>") && page.contains("<a href=\"https://example.org/7\">"),
        "{page}"
    );
    for runs in ["href=\"java", "src=\"java", "src=\"data", "onclick=\"", "onerror=\"", "<div markdown"] {
        assert!(!page.contains(runs), "{runs}: {page}");
    }
}

#[test]
fn a_blog_that_is_down_holds_nothing_up() {
    let site = Site::new();
    let away = site.path().with_file_name("away.git");
    std::fs::rename(site.path(), &away).unwrap();
    let mut program = Program::start(&config(&site), &[]);
    over(&program);
    assert!(publish(&program, TEXT).0);
    program.wait("nobody was told", |program| {
        facts(program).iter().any(|entry| entry.to_string().contains("receiver_blocked")).then_some(())
    });
    // Others go on, and the post leaves once the repository is there again and somebody reloads.
    program.post("/api/v1/incidents", &json!({ "title": "Another one" }).to_string()).unwrap();
    std::fs::rename(&away, site.path()).unwrap();
    program.post("/-/reload", "").unwrap();
    program.wait("it was not published", |program| (arrived(program) == 1).then_some(()));
    assert!(git(&site.path(), &["for-each-ref"]).contains("words/INC-1"));
    assert!(!site.refs().contains(BRANCH));
}
