//! A repository on this machine: what is published, what is repeated, and whose work stays.

use super::site::{AT, BRANCH, PATH, Site, attempt, config, fatal, impatient, misconfigured, open, post, send, sent};
use domain::delivery::Outcome;
use domain::delivery::post::{Post, PostPath};
use earlybell::channels::Channel;
use std::path::Path;

#[tokio::test]
async fn a_post_becomes_a_commit_on_a_branch_of_its_own() {
    let site = Site::new();
    let main = site.ask(&["rev-parse", "main"]);
    // Bytes that git or an editor would like to change.
    let text = "---\ntitle: \"x\"\n---\n$Id$ tr\u{e4}ge \r\n\tno end";
    let address = sent(&site.channel(), &post(text)).await;
    assert_eq!(site.text(BRANCH, PATH), text.replace('\r', "\u{fffd}"));
    let commit = site.ask(&["rev-parse", BRANCH]);
    assert_eq!(address, format!("{BRANCH} {}", &commit[..12]));
    let object = site.ask(&["rev-parse", &format!("{BRANCH}:{PATH}")]);
    let about = site.ask(&["log", "-1", "--format=%an <%ae> %at%n%cn <%ce> %ct%n%P%n%B", BRANCH]);
    let expected = format!(
        "The Team <team@example.org> {AT}\nEarlybell <earlybell@example.org> {AT}\n{main}Add post mortem of INC-42: A day \
         without builds\n\nEarlybell-Post: INC-42 {} {PATH}\n\n",
        object.trim()
    );
    assert_eq!(about, expected);
    assert_eq!(site.ask(&["diff", "--stat", "--format=", "main", BRANCH]).lines().count(), 2, "one file, and a sum");
    assert_eq!(site.ask(&["rev-parse", "main"]), main);
}

#[tokio::test]
async fn repeating_changes_nothing_whatever_is_remembered() {
    let site = Site::new();
    let channel = site.channel();
    let address = sent(&channel, &post("one")).await;
    let refs = site.refs();
    assert_eq!(sent(&channel, &post("one")).await, address);
    // An attempt whose end nobody knows, and a storage that was lost.
    let unsure = earlybell::channels::Attempt { number: 2, unsure: true, ..attempt(&post("one")) };
    assert_eq!(channel.send(&unsure).await, Outcome::Sent { remote_id: Some(address.clone()) });
    std::fs::remove_dir_all(site.storage()).unwrap();
    assert_eq!(sent(&channel, &post("one")).await, address);
    assert_eq!(site.refs(), refs);
    // Lost before anything arrived, it is the very same commit again.
    site.ask(&["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    assert_eq!(sent(&channel, &post("one")).await, address);
    assert_eq!(site.refs(), refs);
}

#[tokio::test]
async fn a_changed_text_is_one_more_commit() {
    let site = Site::new();
    let channel = site.channel();
    sent(&channel, &post("one")).await;
    sent(&channel, &Post { author: Some("Anna <anna@example.org>".into()), ..post("two") }).await;
    assert_eq!(site.text(BRANCH, PATH), "two");
    assert_eq!(site.log(BRANCH).len(), 4);
    assert_eq!(site.ask(&["log", "-1", "--format=%an", BRANCH]), "Anna\n");
}

#[tokio::test]
async fn what_others_put_on_the_branch_stays() {
    let site = Site::new();
    let channel = site.channel();
    sent(&channel, &post("one")).await;
    site.commit(BRANCH, "Add a picture", &[("images/inc-42.txt", "picture")]);
    sent(&channel, &post("two")).await;
    let log = site.log(BRANCH);
    assert_eq!(log[1..3], ["Add a picture", "Add post mortem of INC-42: A day without builds"]);
    assert_eq!(site.text(BRANCH, "images/inc-42.txt"), "picture");
    assert_eq!(site.text(BRANCH, PATH), "two");
}

#[tokio::test]
async fn what_a_person_wrote_into_the_post_is_never_overwritten() {
    let site = Site::new();
    let channel = site.channel();
    sent(&channel, &post("one")).await;
    site.commit(BRANCH, "Say it better", &[(PATH, "better")]);
    let refs = site.refs();
    let said = fatal(send(&channel, &post("two")).await);
    assert!(
        said.contains("somebody else wrote") && said.contains("Take what they wrote over into the draft"),
        "{said}"
    );
    assert_eq!(site.refs(), refs);
    // Who takes it over into the draft can go on from there.
    sent(&channel, &post("better")).await;
    assert_eq!(site.refs(), refs);
    // The same where it was merged, and corrected there.
    site.ask(&["update-ref", "refs/heads/main", BRANCH]);
    site.ask(&["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    fatal(send(&channel, &post("two")).await);
    assert_eq!(sent(&channel, &post("better")).await, format!("main {}", &site.ask(&["rev-parse", "main"])[..12]));
}

#[tokio::test]
async fn a_post_that_was_merged_can_be_corrected() {
    let site = Site::new();
    let channel = site.channel();
    sent(&channel, &post("one")).await;
    site.ask(&["update-ref", "refs/heads/main", BRANCH]);
    site.ask(&["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    site.commit("main", "Another post", &[("_posts/other.md", "z")]);
    sent(&channel, &post("two")).await;
    assert_eq!((site.text("main", PATH).as_str(), site.text(BRANCH, PATH).as_str()), ("one", "two"));
}

#[tokio::test]
async fn another_date_moves_the_file() {
    let site = Site::new();
    let channel = site.channel();
    let moved = |text| Post { path: PostPath::parse("_posts/2026-12-01-inc-42.md").unwrap(), ..post(text) };
    sent(&channel, &post("one")).await;
    sent(&channel, &moved("one")).await;
    let files = site.ask(&["ls-tree", "-r", "--name-only", BRANCH]);
    assert!(files.contains("2026-12-01-inc-42.md") && !files.contains(PATH), "{files}");
    // A person moved it: there is one post, theirs.
    site.commit(BRANCH, "Move", &[("_posts/2026-12-01-inc-42.md", ""), ("_posts/2026-12-02-inc-42.md", "one")]);
    let said = fatal(send(&channel, &moved("two")).await);
    assert!(said.contains("moved or removed"), "{said}");
}

#[tokio::test]
async fn hostile_repositories_run_nothing_and_lead_nowhere() {
    let site = Site::new();
    let mark = site.storage().with_file_name("mark");
    let work = site.check_out("main");
    let attributes = "*.md filter=evil text eol=crlf ident\n";
    std::fs::write(work.path().join(".gitattributes"), attributes).unwrap();
    std::fs::write(work.path().join(".gitmodules"), "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% mark\n")
        .unwrap();
    std::fs::create_dir_all(work.path().join("hooks")).unwrap();
    std::fs::write(work.path().join("hooks/post-commit"), format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    site.push(&work, "main", "Evil");
    sent(&site.channel(), &post("$Id$\nline\n")).await;
    assert_eq!(site.text(BRANCH, PATH), "$Id$\nline\n");
    assert!(!mark.exists());

    for (branch, link) in [("folder", "_posts/deployments"), ("file", PATH)] {
        let work = site.check_out("main");
        let at = work.path().join(link);
        let _ = std::fs::remove_dir_all(&at);
        std::os::unix::fs::symlink("/etc", &at).unwrap();
        site.push(&work, branch, "A link");
        let linked = earlybell::config::BlogConfig {
            base: Some(branch.to_owned()),
            branch_prefix: format!("{branch}-"),
            ..site.config()
        };
        let said = fatal(send(&open(&linked, &site.storage()), &post("one")).await);
        assert!(said.contains("no folder") || said.contains("no file"), "{said}");
    }
}

#[tokio::test]
async fn the_branch_of_the_site_itself_is_never_written() {
    let site = Site::new();
    site.commit("post-mortem/INC-42", "Odd", &[("x", "y")]);
    site.ask(&["symbolic-ref", "HEAD", "refs/heads/post-mortem/INC-42"]);
    let refs = site.refs();
    let said = misconfigured(send(&site.channel(), &post("one")).await);
    assert!(said.contains("choose another `branch_prefix`"), "{said}");
    let based = earlybell::config::BlogConfig { base: Some("main".into()), ..site.config() };
    misconfigured(send(&open(&based, &site.storage()), &post("one")).await);
    assert_eq!(site.refs(), refs);
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let site = Site::empty();
    let said = misconfigured(send(&site.channel(), &post("one")).await);
    assert!(said.contains("make a first commit"), "{said}");
    let site = Site::new();
    let based = earlybell::config::BlogConfig { base: Some("gh-pages".into()), ..site.config() };
    let said = misconfigured(send(&open(&based, &site.storage()), &post("one")).await);
    assert!(said.contains("no branch `gh-pages`"), "{said}");
    let said = misconfigured(send(&open(&config("file:///nonexistent/x.git"), &site.storage()), &post("one")).await);
    assert!(said.contains("/nonexistent/x.git"), "{said}");
    // Nothing listens there: a bad day, and nobody's mistake.
    let away = config("http://127.0.0.1:9/site.git");
    let outcome = send(&open(&away, &site.storage()), &post("one")).await;
    assert!(matches!(outcome, Outcome::Retry { unsure: false, .. }), "{outcome:?}");
}

#[tokio::test]
async fn who_overtakes_us_is_kept() {
    let site = Site::new();
    // Just as our commit comes in, somebody else's takes its place, once.
    let theirs = site.ask(&["rev-parse", "main~1"]);
    site.hook(
        "update",
        &format!("[ -e done ] && exit 0\ntouch done\nunset GIT_QUARANTINE_PATH\ngit update-ref $1 {}\n", theirs.trim()),
    );
    sent(&site.channel(), &post("one")).await;
    assert_eq!(site.log(BRANCH), ["Add post mortem of INC-42: A day without builds", "Begin"]);
}

#[tokio::test]
async fn a_repository_that_says_no_is_quoted() {
    let site = Site::new();
    site.hook("pre-receive", "echo 'posts need a ticket' >&2; exit 1\n");
    let said = misconfigured(send(&site.channel(), &post("one")).await);
    assert!(said.contains("pre-receive hook declined") && said.contains("posts need a ticket"), "{said}");
}

#[tokio::test]
async fn a_repository_that_hangs_is_left_and_nothing_goes_on() {
    let site = Site::new();
    site.hook("pre-receive", "echo $$ > pid\nexec tail -f /dev/null\n");
    let outcome = send(&impatient(&site.config(), &site.storage()), &post("one")).await;
    assert!(matches!(outcome, Outcome::Retry { unsure: true, .. }), "{outcome:?}");
    let pid = std::fs::read_to_string(site.path().join("pid")).unwrap();
    // Killed with git; whoever inherits it clears it away in its own time.
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !(state().is_empty() || state().contains(") Z")) {
        assert!(std::time::Instant::now() < until, "{}", state());
        std::thread::yield_now();
    }
    std::fs::remove_file(site.path().join("hooks/pre-receive")).unwrap();
    sent(&site.channel(), &post("one")).await;
}

#[tokio::test]
async fn a_broken_copy_mends_itself() {
    let site = Site::new();
    let channel = site.channel();
    sent(&channel, &post("one")).await;
    let copy = site.storage().join("blog/our%20blog/repository.git");
    std::fs::write(copy.join("shallow.lock"), "").unwrap();
    std::fs::write(copy.with_file_name("index.lock"), "").unwrap();
    sent(&channel, &post("two")).await;
    for pack in copy.join("objects/pack").read_dir().unwrap() {
        let pack = pack.unwrap().path();
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, "rubbish").unwrap();
    }
    let outcome = send(&channel, &post("three")).await;
    assert!(matches!(outcome, Outcome::Retry { .. } | Outcome::Sent { .. }), "{outcome:?}");
    sent(&channel, &post("three")).await;
    assert_eq!(site.text(BRANCH, PATH), "three");
}

#[tokio::test]
async fn files_of_the_site_are_not_fetched_where_that_can_be_asked() {
    let site = Site::new();
    site.ask(&["config", "uploadpack.allowFilter", "true"]);
    site.commit("main", "Much", &[("images/much.txt", &"0123456789abcdef\n".repeat(4096))]);
    let channel = site.channel();
    sent(&channel, &post("one")).await;
    sent(&channel, &post("two")).await;
    assert_eq!(site.text(BRANCH, PATH), "two");
    let copy = site.storage().join("blog/our%20blog/repository.git");
    let held = super::site::git(&copy, &["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
    assert_eq!(held.matches("blob").count(), 2, "only our own: {held}");
    assert!(!Path::new(&copy).join("hooks").exists());
}
