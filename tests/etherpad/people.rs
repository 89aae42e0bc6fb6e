//! We write while people type: nothing of theirs is lost, nobody is thrown off.

use crate::etherpad;
use domain::ids::IncidentId;
use domain::pad::block::{Known, framed, is_there};
use domain::pad::merge;
use earlybell::channels::Deadlines;
use earlybell::channels::etherpad::{CHANGE_BYTES_MAX, Etherpad};
use earlybell::config::{ApiAccess, EtherpadConfig, Secret};
use std::time::Duration;

/// Writes of ours in the long test.
const WRITES: usize = 500;

/// How often each of the people types a word.
const EVERY: Duration = Duration::from_millis(500);

const INCIDENT: IncidentId = IncidentId(7);

/// A client for this server.
pub fn client(url: &str, api: Option<ApiAccess>) -> Etherpad {
    let config = EtherpadConfig { url: url.to_owned(), api, auth: None, ca_file: None };
    Etherpad::new(&config, Deadlines::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn in_five_hundred_writes_nothing_of_two_people_is_lost_and_nobody_is_thrown_off() {
    beside_two_people(&etherpad::Etherpad::shared()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_is_it_with_the_sockets_of_newer_etherpads() {
    let server = etherpad::Etherpad::speaking(etherpad::Sockets::Fourth);
    let log = server.log();
    assert!(log.contains("socket.io 4") && log.contains("stricter changes"), "{log}");
    beside_two_people(&server).await;
    let log = server.log();
    assert!(!log.contains("without an author") && !log.contains("a change that") && !log.contains("ahead of"), "{log}");
}

async fn beside_two_people(server: &etherpad::Etherpad) {
    let ours = client(&server.url, None);
    let pad = "incident-7-with-two-people";
    let mut wrote: Vec<String> = Vec::new();
    let mut people = Vec::new();
    let mut moved = 0;
    for number in 0..WRITES {
        let mut visit = ours.visit(pad).await.unwrap();
        let content = format!("Status: confirmed \u{1F514}\nLast update: number {number}, {}", "ä".repeat(number % 50));
        let block = framed(INCIDENT, &content);
        let texts: Vec<&str> = wrote.iter().map(String::as_str).collect();
        let known = Known { incident: INCIDENT, untouched: visit.revision == 0, ours: &texts };
        let merged = merge(&visit.text, &block, known);
        moved += merged.moved.len();
        visit.change(&merged.within(&visit.text, CHANGE_BYTES_MAX)).await.unwrap();
        visit.leave().await;
        wrote = wrote.into_iter().rev().take(1).chain([block]).collect();
        if number == 0 {
            // One below our block, as they are asked to, and one in the middle of it.
            people = ["below", "inside"].map(|place| (place, server.typist(pad, place, EVERY, place))).into();
        }
    }
    let typed: Vec<_> = people.into_iter().map(|(name, typist)| (name, typist.stop())).collect();
    let text = server.text(pad).unwrap();
    for (name, typed) in typed {
        assert_eq!(typed.kicked, None, "{name}, after {:?}\n{}", typed.words.last(), server.log());
        assert!(typed.words.len() >= 5, "{name} typed {:?}: too few to show anything", typed.words);
        // Our last change, or the other one's last word, may still be on its way to them.
        assert!(typed.words.iter().all(|word| typed.text.contains(word)), "{name} sees all of it: {}", typed.text);
        let found: Vec<&str> = text.split_whitespace().collect();
        let lost: Vec<&String> = typed.words.iter().filter(|word| !found.contains(&word.as_str())).collect();
        assert_eq!(lost, Vec::<&String>::new(), "{name}\n{text}");
    }
    assert!(moved > 0, "somebody wrote inside of our block");
    assert!(text.contains(wrote.last().unwrap()), "{text}");
    assert!(!text.contains("Welcome to Etherpad"), "the greeting is nobody's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_somebody_deleted_comes_back_and_the_revision_is_kept() {
    let server = etherpad::Etherpad::shared();
    let ours = client(&server.url, None);
    let pad = "incident-7-deleted";
    let block = framed(INCIDENT, "Status: suspected");
    let mut visit = ours.visit(pad).await.unwrap();
    let known = Known { incident: INCIDENT, untouched: visit.revision == 0, ours: &[] };
    let edit = merge(&visit.text, &block, known).edit.unwrap();
    visit.change(&[edit]).await.unwrap();
    visit.save_revision().await.unwrap();
    visit.leave().await;
    assert_eq!(server.text(pad).unwrap().trim_end(), block.trim_end());
    assert_eq!(server.api("setText", &format!("padID={pad}&text=all+gone"))["code"], 0);
    let mut visit = ours.visit(pad).await.unwrap();
    let known = Known { incident: INCIDENT, untouched: false, ours: &[&block] };
    assert!(!is_there(&visit.text, known));
    let edit = merge(&visit.text, &block, known).edit.unwrap();
    visit.change(&[edit]).await.unwrap();
    visit.leave().await;
    assert_eq!(server.text(pad).unwrap(), format!("{block}\nall gone\n"));
    let saved = server.api("listSavedRevisions", &format!("padID={pad}"));
    assert_eq!(saved["data"]["savedRevisions"], serde_json::json!([1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_api_an_empty_pad_is_written_and_one_with_people_is_left_alone() {
    let server = etherpad::Etherpad::shared();
    let ours = client(&server.url, Some(ApiAccess::Key(Secret::new(etherpad::API_KEY))));
    let pad = "incident-7-api";
    let read = ours.read(pad).await.unwrap();
    assert!(read.untouched && read.people == 0);
    let block = framed(INCIDENT, "Status: suspected");
    let known = Known { incident: INCIDENT, untouched: true, ours: &[] };
    let edit = merge(&read.text, &block, known).edit.unwrap();
    assert!(ours.write(pad, &read.text, &edit).await.unwrap());
    ours.save_revision(pad).await.unwrap();
    let read = ours.read(pad).await.unwrap();
    assert!(read.text.starts_with(&block) && !read.untouched);
    let edit = domain::pad::Edit { from: 0, to: 0, text: "more\n".into() };
    assert!(!ours.write(pad, "not what stands there", &edit).await.unwrap());
    let ada = server.typist(pad, "ada", EVERY, "below");
    assert!(!ours.write(pad, &read.text, &edit).await.unwrap());
    assert_eq!(ada.stop().kicked, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found_without_making_a_pad() {
    use earlybell::channels::Finding;
    let server = etherpad::Etherpad::shared();
    let key = |key: &str| Some(ApiAccess::Key(Secret::new(key)));
    let before = server.api("listAllPads", "")["data"].clone();
    let well = client(&server.url, key(etherpad::API_KEY)).look().await;
    let well: Vec<String> = well.into_iter().map(|finding| format!("{finding:?}")).collect();
    assert_eq!(well, [r#"Well("the Etherpad lets us in to write")"#, r#"Well("its API takes our key")"#]);
    let wrong = client(&server.url, key("wrong")).look().await;
    assert!(matches!(&wrong[1], Finding::Wrong(said) if said.contains("does not take our key")), "{wrong:?}");
    let nobody = client("http://127.0.0.1:9", None).look().await;
    assert!(matches!(&nobody[0], Finding::Wrong(said) if said.contains("does not answer")), "{nobody:?}");
    // Others make pads meanwhile; a pad without a name would be ours.
    assert!(!server.api("listAllPads", "")["data"]["padIDs"].as_array().unwrap().contains(&"".into()), "{before}");
}
