//! A real Jekyll builds the site with what we published in it.

use super::site::{BRANCH, Site, post, sent};
use domain::delivery::post::Post;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository with the small site of `tests/blog/site` in it.
pub fn small_site() -> Site {
    let site = Site::empty();
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/blog/site");
    collect(&folder, &folder, &mut files);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    site.commit("main", "A small site", &files);
    site
}

fn collect(base: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(base, &path, files);
        } else {
            let name = path.strip_prefix(base).unwrap().display().to_string();
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// What Jekyll makes of a branch: pages by path. It fails the test if the build fails.
pub struct Built {
    _folder: tempfile::TempDir,
    pages: PathBuf,
}

impl Built {
    /// Builds it.
    pub fn of(site: &Site, branch: &str) -> Self {
        let (folder, output) = build(site, branch);
        let pages = folder.path().join("built");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "jekyll: {}", String::from_utf8_lossy(&said));
        Self { _folder: folder, pages }
    }

    /// A page.
    pub fn page(&self, path: &str) -> String {
        std::fs::read_to_string(self.pages.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

fn build(site: &Site, branch: &str) -> (tempfile::TempDir, Output) {
    let jekyll = Path::new("/usr/bin/jekyll");
    assert!(jekyll.exists(), "/usr/bin/jekyll is missing: `tests/all` installs it");
    let folder = site.check_out(branch);
    let mut command = Command::new(jekyll);
    command.args(["build", "--trace", "--disable-disk-cache", "--future", "--source"]).arg(folder.path());
    command.arg("--destination").arg(folder.path().join("built"));
    command.env("LC_ALL", "C.UTF-8").env("JEKYLL_ENV", "production").current_dir(folder.path());
    let output = command.output().unwrap();
    (folder, output)
}

#[tokio::test]
async fn a_published_post_is_a_page_of_the_site() {
    let site = small_site();
    let text = "---\nlayout: post\ntitle: \"Post Mortem: builds\"\ncategory: deployments\n---\n{% raw %}\nA `{% oops %}` and {{ \
                nothing }}.\n\n- 10:00: begun\n{% endraw %}\n";
    let path = domain::delivery::post::PostPath::parse("_posts/deployments/2026-11-29-post-mortem.md").unwrap();
    sent(&site.channel(), &Post { path, ..post(text) }).await;
    let built = Built::of(&site, BRANCH);
    let page = built.page("2026/11/29/post-mortem/index.html");
    assert!(
        page.contains("<h2>Post Mortem: builds</h2>") && page.contains("{% oops %}") && page.contains("{{ nothing }}")
    );
    assert!(built.page("index.html").contains("/2026/11/29/post-mortem/"));
    assert!(built.page("category/deployments/index.html").contains("Post Mortem: builds"));
}

#[tokio::test]
async fn a_post_that_breaks_the_site_is_seen_here() {
    let site = small_site();
    let text = "---\nlayout: post\ntitle: \"x\"\n---\n{% oops %}\n";
    sent(&site.channel(), &post(text)).await;
    let (folder, output) = build(&site, BRANCH);
    drop(folder);
    assert!(!output.status.success());
}
