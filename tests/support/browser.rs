//! Pages in a real browser: Chromium lays them out at several widths, light and dark, and a script measures what a
//! reader would stumble over.

use std::fs;
use std::process::Command;

// A phone (less its scroll bar), a tablet, the narrowest that has tables with many columns, a desk.
const WIDTHS: [u32; 4] = [320, 768, 1110, 1440];
const SECONDS_MAX: &str = "120";

/// Lays out each of these pages (name, HTML) and gives back what is wrong with them, one line each.
///
/// With `KEEP=folder` in the environment the pages are written there too, to be looked at.
pub fn look(pages: &[(&str, String)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    if let Ok(keep) = std::env::var("KEEP") {
        for (name, page) in pages {
            fs::write(format!("{keep}/{name}.html"), page).unwrap();
        }
    }
    // `<` would end the script that the pages stand in.
    let data = serde_json::json!({ "pages": pages, "widths": WIDTHS }).to_string().replace('<', "\\u003c");
    let harness = format!(
        "<!doctype html><meta charset=utf-8><body><script>const DATA = {data};\n{}</script>",
        include_str!("browser.js")
    );
    let path = folder.path().join("harness.html");
    fs::write(&path, harness).unwrap();
    let output = Command::new("timeout")
        .args([
            SECONDS_MAX,
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .expect("chromium is missing; tests/all installs it");
    let dom = String::from_utf8_lossy(&output.stdout);
    let found = dom.split("<pre id=\"found\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let Some(found) = found else { panic!("no answer: {dom}\n{}", String::from_utf8_lossy(&output.stderr)) };
    let (looked, problems) = found.split_once('\n').unwrap_or((found, ""));
    assert_eq!(looked, format!("looked at {}", pages.len() * WIDTHS.len() * 2));
    problems.lines().map(str::to_owned).collect()
}
