//! Brings a post onto a branch of its own: looks at what is there, adds one commit on top of it, pushes it.

use super::branch::{Change, TRAILER, change, read_earlier, read_tree};
use super::fault::{During, Fault};
use super::git::Job;
use super::store::{HISTORY_COMMITS_MAX, Heads, Pushed, Store};
use crate::config::{BlogConfig, Signature};
use chrono::{DateTime, Utc};
use domain::delivery::post::Post;
use domain::ids::IncidentId;
use domain::text::clean_line;
use tokio::time::Instant;

/// How often a push that somebody overtook is begun again within one attempt.
const ROUNDS_MAX: u32 = 3;

/// Longest first line of a commit, in bytes.
const SUBJECT_BYTES_MAX: usize = 200;

/// What is published: fixed when it was decided, so that a commit is the same on every attempt.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// Of which incident.
    pub incident: IncidentId,
    /// The file.
    pub post: &'a Post,
    /// When it was decided; the time of the commit.
    pub at: DateTime<Utc>,
}

/// Where a post stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The branch of its own; none where the text is on the base already.
    pub branch: Option<String>,
    /// Where it is to go.
    pub base: String,
    /// The commit that holds it.
    pub commit: String,
}

// What a round begins with.
struct Ground {
    base: String,
    branch: String,
    // The branch is there already.
    begun: bool,
    // What our commit is put on.
    parent: String,
}

/// Brings it there. If it stands there already, nothing changes.
pub async fn publish(
    store: &Store,
    config: &BlogConfig,
    publication: Publication<'_>,
    until: Instant,
) -> Result<Standing, Fault> {
    for _ in 0..ROUNDS_MAX {
        let ground = ground(store, config, publication.incident, until).await?;
        let Some(commit) = commit(store, config, publication, &ground, until).await? else {
            let branch = ground.begun.then_some(ground.branch);
            return Ok(Standing { branch, base: ground.base, commit: ground.parent });
        };
        match store.push(&commit, &ground.branch, until).await? {
            Pushed::Done => return Ok(Standing { branch: Some(ground.branch), base: ground.base, commit }),
            Pushed::Overtaken => {}
        }
    }
    Err(Fault::not_done("somebody else pushes to the same branch all the time"))
}

async fn ground(store: &Store, config: &BlogConfig, incident: IncidentId, until: Instant) -> Result<Ground, Fault> {
    let branch = format!("{}{incident}", config.branch_prefix);
    let mut asked = vec![branch.as_str()];
    asked.extend(config.base.as_deref());
    let heads = store.heads(&asked, until).await?;
    let (base, base_commit) = base(config, &heads)?;
    // A default branch is published as it stands: nothing goes there without a person.
    if branch == base || heads.default_branch.as_deref() == Some(branch.as_str()) {
        return Err(Fault::Setup(format!(
            "`{branch}` is the branch that the site is made from; choose another `branch_prefix`"
        )));
    }
    let begun = heads.of(&branch).is_some();
    let followed = if begun { &branch } else { &base };
    let parent = heads.of(&branch).unwrap_or(base_commit);
    let parent = match store.known(parent, until).await? {
        true => parent.to_owned(),
        false => store.fetch(followed, until).await?,
    };
    Ok(Ground { base, branch, begun, parent })
}

fn base<'a>(config: &BlogConfig, heads: &'a Heads) -> Result<(String, &'a str), Fault> {
    match (&config.base, &heads.default_branch, &heads.default_commit) {
        (Some(base), _, _) => match heads.of(base) {
            Some(commit) => Ok((base.clone(), commit)),
            None => Err(Fault::Setup(format!("that repository has no branch `{base}`"))),
        },
        (None, Some(branch), Some(commit)) => Ok((branch.clone(), commit)),
        (None, _, _) => Err(Fault::Setup("that repository has no default branch yet: make a first commit".to_owned())),
    }
}

// The commit to push; none if what is there says the same.
async fn commit(
    store: &Store,
    config: &BlogConfig,
    publication: Publication<'_>,
    ground: &Ground,
    until: Instant,
) -> Result<Option<String>, Fault> {
    let Publication { incident, post, .. } = publication;
    let parent = ground.parent.as_str();
    let depth = format!("-n{HISTORY_COMMITS_MAX}");
    let format = format!("--format=%(trailers:key={TRAILER},valueonly)");
    let logged = store.git(&["log", &depth, &format, parent, "--"], until).await?.text();
    let earlier = read_earlier(&logged, incident);
    let mut listed = vec!["ls-tree", "-z", parent, "--"];
    listed.extend(post.path.folders());
    listed.push(post.path.as_str());
    listed.extend(earlier.as_ref().map(|earlier| earlier.path.as_str()));
    let found = read_tree(&store.git(&listed, until).await?.stdout);
    let write =
        Job { args: &["hash-object", "-w", "--stdin", "--no-filters"], stdin: post.text.as_bytes(), ..Job::default() };
    let object = one_word(&store.job(write, During::Reading, until).await?.text())?;
    let Change::Write { remove } = change(post, &object, &found, earlier.as_ref())? else { return Ok(None) };
    let tree = tree(store, parent, post, &object, remove.as_deref(), until).await?;
    let message = message(publication, &object);
    commit_tree(store, config, publication, &[&tree, parent, &message], until).await.map(Some)
}

// The parent's files with ours among them; no file is ever checked out.
async fn tree(
    store: &Store,
    parent: &str,
    post: &Post,
    object: &str,
    remove: Option<&str>,
    until: Instant,
) -> Result<String, Fault> {
    let index = store.fresh_index();
    let variables = [("GIT_INDEX_FILE", index.as_str())];
    let job = Job { variables: &variables, ..Job::default() };
    store.job(Job { args: &["read-tree", parent], ..job }, During::Reading, until).await?;
    let mut listed = remove.map(|path| format!("0 {}\t{path}\0", "0".repeat(object.len()))).unwrap_or_default();
    listed.push_str(&format!("100644 {object}\t{}\0", post.path.as_str()));
    let update = Job { args: &["update-index", "-z", "--index-info"], stdin: listed.as_bytes(), ..job };
    store.job(update, During::Reading, until).await?;
    // Objects that we left out on purpose are there all the same, on the other side.
    one_word(&store.job(Job { args: &["write-tree", "--missing-ok"], ..job }, During::Reading, until).await?.text())
}

async fn commit_tree(
    store: &Store,
    config: &BlogConfig,
    publication: Publication<'_>,
    [tree, parent, message]: &[&str; 3],
    until: Instant,
) -> Result<String, Fault> {
    let author = publication.post.author.as_deref().and_then(Signature::parse);
    let author = author.as_ref().unwrap_or(&config.author);
    // A fixed time: repeated, it is the same commit.
    let at = format!("@{} +0000", publication.at.timestamp());
    let variables = [
        ("GIT_AUTHOR_NAME", author.name.as_str()),
        ("GIT_AUTHOR_EMAIL", author.mail.as_str()),
        ("GIT_AUTHOR_DATE", at.as_str()),
        ("GIT_COMMITTER_NAME", config.committer.name.as_str()),
        ("GIT_COMMITTER_EMAIL", config.committer.mail.as_str()),
        ("GIT_COMMITTER_DATE", at.as_str()),
    ];
    let args = ["commit-tree", "-p", parent, "-F", "-", tree];
    let job = Job { args: &args, stdin: message.as_bytes(), variables: &variables };
    one_word(&store.job(job, During::Reading, until).await?.text())
}

fn message(publication: Publication<'_>, object: &str) -> String {
    let Publication { incident, post, .. } = publication;
    let subject = clean_line(&post.subject, SUBJECT_BYTES_MAX);
    let subject = if subject.is_empty() { format!("Add post mortem of {incident}") } else { subject };
    format!("{subject}\n\n{TRAILER}: {incident} {object} {}\n", post.path.as_str())
}

fn one_word(text: &str) -> Result<String, Fault> {
    let word = text.trim();
    let is_name = word.len() >= 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_name { Ok(word.to_owned()) } else { Err(Fault::not_done(format!("git answers `{}`", word.escape_debug()))) }
}
