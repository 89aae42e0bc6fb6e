//! An Open Build Service whose certificate is of a CA that nobody knows but its operators.

use crate::attempts::class;
use crate::channel::root;
use crate::front::{Front, channel};
use crate::obs::{Obs, PASSWORD, Version};
use domain::delivery::Outcome;
use earlybell::channels::Finding;

#[tokio::test]
async fn a_private_ca_is_believed_where_its_file_is_named_and_nowhere_else() {
    let obs = Obs::start(Version::New);
    let front = Front::of(&obs.url, None);
    let keys = |ca_file: &str| {
        format!(
            "obs: {{ api_url: '{}', username: Admin, password: {PASSWORD}, scope: admin_users{ca_file} }}",
            front.url
        )
    };
    let stranger = channel(&keys(""));
    let outcome = stranger.send(&root("Down")).await;
    let Outcome::Misconfigured { because } = outcome else { panic!("{outcome:?}") };
    assert!(because.contains("certificate"), "{because}");
    assert!(obs.world().calls.is_empty(), "nobody was told the password");
    let ours = channel(&keys(&format!(", ca_file: '{}'", front.ca_file().display())));
    assert_eq!(class(&ours.send(&root("Down")).await), "sent");
    assert_eq!(obs.world().messages.len(), 1);
    assert!(matches!(&ours.look().await[..], [Finding::Well(_)]));
}
