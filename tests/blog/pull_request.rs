//! Pull requests against a strict fake of both forges: made once, kept up to date, adopted, and never a second one.

use super::fake_forge::{FakeForge, Misbehave, Pull, TOKEN};
use super::site::{BRANCH, Site, impatient, misconfigured, open, post, send, sent};
use domain::delivery::Outcome;
use domain::delivery::post::Post;
use earlybell::channels::blog::BlogChannel;
use earlybell::config::{BlogConfig, Forge, PullRequests, Secret};
use std::time::Duration;

const FIRST: &str = "https://forge.example/example/site/pulls/1";
const BOTH: [Forge; 2] = [Forge::GitHub, Forge::Gitea];

struct Place {
    site: Site,
    forge: FakeForge,
}

impl Place {
    fn new(forge: Forge) -> Self {
        let site = Site::new();
        let forge = FakeForge::start(forge, &site.path());
        Self { site, forge }
    }

    fn config(&self) -> BlogConfig {
        BlogConfig { pull_requests: Some(self.forge.config()), ..self.site.config() }
    }

    fn channel(&self) -> BlogChannel {
        open(&self.config(), &self.site.storage())
    }

    fn pulls(&self) -> Vec<Pull> {
        self.forge.world().pulls.clone()
    }
}

fn titled(title: &str, text: &str) -> Post {
    Post { title: title.into(), ..post(text) }
}

#[tokio::test]
async fn one_is_made_and_repeating_changes_nothing() {
    for forge in BOTH {
        let place = Place::new(forge);
        let channel = place.channel();
        assert_eq!(sent(&channel, &post("one")).await, FIRST);
        let made = place.pulls();
        assert_eq!(
            (made[0].title.as_str(), made[0].branch.as_str(), made[0].base.as_str()),
            ("A day without builds", BRANCH, "main")
        );
        assert!(made[0].body.contains("INC-42") && made[0].body.contains("_posts/deployments/2026-11-29-inc-42.md"));
        assert_eq!(sent(&channel, &post("one")).await, FIRST);
        assert_eq!(place.pulls(), made);
        let changes = place.forge.world().calls.iter().filter(|call| !call.starts_with("GET")).count();
        assert_eq!(changes, 1);
    }
}

#[tokio::test]
async fn a_changed_title_is_brought_there_and_a_persons_stays() {
    for forge in BOTH {
        let place = Place::new(forge);
        let channel = place.channel();
        sent(&channel, &titled("One", "one")).await;
        sent(&channel, &titled("Two", "two")).await;
        assert_eq!(place.pulls()[0].title, "Two");
        // A person gives it a title, and adds words of their own.
        {
            let mut world = place.forge.world();
            world.pulls[0].title = "Two, and why".into();
            world.pulls[0].body.push_str("\n\nI read it twice.");
        }
        sent(&channel, &titled("Three", "three")).await;
        sent(&channel, &titled("Four", "four")).await;
        let pulls = place.pulls();
        assert_eq!((pulls.len(), pulls[0].title.as_str()), (1, "Two, and why"));
        assert!(pulls[0].body.ends_with("\n\nI read it twice."), "{}", pulls[0].body);
    }
}

#[tokio::test]
async fn one_that_is_there_is_adopted() {
    for forge in BOTH {
        let place = Place::new(forge);
        // A fork has a branch of the same name.
        let mine = Pull {
            branch: BRANCH.into(),
            base: "main".into(),
            title: "A fork's".into(),
            body: String::new(),
            open: true,
            commit: Some("f".repeat(40)),
            fork: true,
        };
        place.forge.world().pulls.push(mine);
        place.forge.next("POST", Misbehave::IsOvertaken);
        assert!(sent(&place.channel(), &post("one")).await.ends_with("/2"));
        let pulls = place.pulls();
        assert_eq!((pulls.len(), pulls[1].title.as_str()), (2, "Mine"));
        assert!(pulls[1].body.starts_with("See #3\n\n<!-- earlybell INC-42 title:- -->"), "{}", pulls[1].body);
        // The same again leaves it.
        sent(&place.channel(), &post("one")).await;
        assert_eq!(place.pulls(), pulls);
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_no_second_one() {
    for forge in BOTH {
        for misbehave in [Misbehave::DoesThen(500), Misbehave::DoesThen(200), Misbehave::DoesThen(201)] {
            let place = Place::new(forge);
            place.forge.next("POST", misbehave);
            let outcome = send(&place.channel(), &post("one")).await;
            assert!(matches!(outcome, Outcome::Retry { unsure: true, .. }), "{outcome:?}");
            assert_eq!(sent(&place.channel(), &post("one")).await, FIRST);
            assert_eq!(place.pulls().len(), 1);
        }
    }
}

#[tokio::test]
async fn one_that_never_answers_is_left() {
    let place = Place::new(Forge::GitHub);
    place.forge.next("POST", Misbehave::DoesThenHangs);
    let outcome = send(&impatient(&place.config(), &place.site.storage()), &post("one")).await;
    assert!(matches!(outcome, Outcome::Retry { unsure: true, .. }), "{outcome:?}");
    assert_eq!(sent(&place.channel(), &post("one")).await, FIRST);
    assert_eq!(place.pulls().len(), 1);
}

#[tokio::test]
async fn what_a_person_closed_is_not_opened_again_until_the_text_changes() {
    for forge in BOTH {
        let place = Place::new(forge);
        let channel = place.channel();
        sent(&channel, &post("one")).await;
        place.forge.world().close(0);
        assert_eq!(sent(&channel, &post("one")).await, FIRST);
        assert_eq!(place.pulls().len(), 1);
        assert!(sent(&channel, &post("two")).await.ends_with("/2"));
        // Merged, and its branch removed: nothing is left to be done.
        place.site.ask(&["update-ref", "refs/heads/main", BRANCH]);
        place.forge.world().close(1);
        place.site.ask(&["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
        assert!(sent(&channel, &post("two")).await.ends_with("/2"));
        assert_eq!(place.pulls().len(), 2);
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for forge in BOTH {
        let place = Place::new(forge);
        let limit = r#"{"message": "API rate limit exceeded for user ID 1."}"#;
        for (method, status, headers, body, waits) in [
            ("GET", 401, vec![], r#"{"message": "Bad credentials"}"#, None),
            ("GET", 404, vec![], r#"{"message": "Not Found"}"#, None),
            ("GET", 301, vec![("location", "https://elsewhere.example/")], "", None),
            ("POST", 403, vec![], r#"{"message": "Resource not accessible by personal access token"}"#, None),
            (
                "POST",
                422,
                vec![],
                r#"{"message": "Validation Failed", "errors": [{"message": "base is invalid"}]}"#,
                None,
            ),
            ("GET", 403, vec![("retry-after", "61"), ("x-ratelimit-remaining", "0")], limit, Some(Some(61))),
            ("GET", 429, vec![("retry-after", "9")], "", Some(Some(9))),
            ("GET", 502, vec![], "<html>bad gateway", Some(None)),
            ("GET", 200, vec![], "<html>welcome to the hotel's network", Some(None)),
            ("GET", 200, vec![], "{}", Some(None)),
        ] {
            place.forge.next(method, Misbehave::Answers(status, headers, body));
            match (send(&place.channel(), &post("one")).await, waits) {
                (Outcome::Misconfigured { .. }, None) => {}
                (Outcome::Retry { after, .. }, Some(waits)) => {
                    assert_eq!(after, waits.map(Duration::from_secs), "{status}")
                }
                (outcome, _) => panic!("{method} {status} {body}: {outcome:?}"),
            }
            assert!(place.pulls().is_empty());
        }
        // The branch is there all the while; the first good answer makes the rest good.
        assert_eq!(sent(&place.channel(), &post("one")).await, FIRST);
    }
}

#[tokio::test]
async fn a_wrong_token_is_a_mistake_and_is_not_shown() {
    let place = Place::new(Forge::Gitea);
    let wrong = PullRequests { token: Secret::new("wrong-hunter3"), ..place.forge.config() };
    let config = BlogConfig { pull_requests: Some(wrong), ..place.site.config() };
    let said = misconfigured(send(&open(&config, &place.site.storage()), &post("one")).await);
    assert!(said.contains("401") && !said.contains("hunter"), "{said}");
    assert!(!format!("{config:?} {:?}", place.config()).contains(TOKEN));
}

#[tokio::test]
async fn one_is_found_behind_many_others() {
    let place = Place::new(Forge::Gitea);
    let channel = place.channel();
    sent(&channel, &post("one")).await;
    let other = Pull { branch: "other".into(), commit: Some("e".repeat(40)), ..place.pulls()[0].clone() };
    place.forge.world().pulls.extend(vec![other; 120]);
    assert_eq!(sent(&channel, &post("one")).await, FIRST);
    assert_eq!(place.pulls().len(), 121);
}
