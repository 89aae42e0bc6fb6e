//! What an alertmanager.yml says that matters here.

use super::load::Named;
use super::read;
use super::report::ConfigError;
use domain::duration::Duration;
use domain::rules::lint::GROUP_WAIT;
use serde::Deserialize;

#[derive(Deserialize)]
struct Written {
    route: Option<Route>,
}

#[derive(Deserialize)]
struct Route {
    group_wait: Option<Duration>,
    #[serde(default)]
    routes: Vec<Route>,
}

/// The shortest `group_wait` of its routes: no alert is told sooner.
pub fn shortest_group_wait(file: &Named) -> Result<Duration, ConfigError> {
    let written: Written = read::yaml(file.text())?;
    Ok(written.route.map_or(GROUP_WAIT, |route| shortest(&route, GROUP_WAIT)))
}

// A route that says nothing waits as the one above it.
fn shortest(route: &Route, above: Duration) -> Duration {
    let own = route.group_wait.unwrap_or(above);
    route.routes.iter().map(|route| shortest(route, own)).min().map_or(own, |below| below.min(own))
}

#[cfg(test)]
mod tests {
    use super::{Named, shortest_group_wait};

    fn waits(content: &str) -> String {
        let file = Named { name: "alertmanager.yml".to_owned(), content: content.to_owned() };
        shortest_group_wait(&file).map_or_else(|error| error.to_string(), |wait| wait.to_string())
    }

    #[test]
    fn the_shortest_of_all_routes_counts() {
        assert_eq!(waits("receivers: []"), "30s");
        assert_eq!(waits("route: { receiver: a }"), "30s");
        assert_eq!(waits("route: { group_wait: 1m, receiver: a, routes: [{ matchers: [a=b] }] }"), "1m");
        assert_eq!(
            waits("route: { group_wait: 1m, routes: [{ routes: [{ group_wait: 5s }] }, { group_wait: 10s }] }"),
            "5s"
        );
        assert!(waits("route: { group_wait: soon }").starts_with("alertmanager.yml:1:"));
    }
}
