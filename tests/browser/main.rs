//! Pages in a real browser: no text collides or is cut, nothing scrolls sideways, everything can be read.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "../support/browser.rs"]
mod browser;
mod clicks;
mod driver;
#[path = "../injection/payloads.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod payloads;
#[path = "../support/program.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod program;
mod reports;

use browser::look;
use earlybell::report::html;

#[test]
fn reports_of_backtests_can_be_read() {
    let typical = reports::typical();
    let huge = reports::huge();
    let pages = [
        ("typical", html(&typical, None)),
        ("against", html(&typical, Some(&reports::other(&typical)))),
        ("empty", html(&reports::empty(), None)),
        ("silent", html(&reports::silent(), Some(&typical))),
        ("no-truth", html(&reports::without_truth(), None)),
        ("partly-judged", html(&reports::partly_judged(), None)),
        ("huge", html(&huge, Some(&reports::other(&huge)))),
        ("strange-names", html(&reports::strange_names(), Some(&reports::strange_names()))),
        ("moment", html(&reports::moment(), None)),
    ];
    let problems = look(&pages);
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn what_collides_is_found() {
    let bad = r#"<!doctype html><style>body{margin:0;color:#999}td{white-space:nowrap}</style>
        <svg role="img" width="100" height="40"><text x="0" y="20">first</text><text x="10" y="22">second</text>
        <text x="80" y="35">outside</text></svg><p style="width:3000px" id="a">wide</p><i id="a"></i>"#;
    let problems = look(&[("bad", bad.to_owned())]);
    for problem in ["collide", "leaves its picture", "no title", "scrolls sideways", "cannot be read", "is given twice"]
    {
        assert!(problems.iter().any(|found| found.contains(problem)), "{problem}: {problems:?}");
    }
}
