//! The route tree, walked as Alertmanager walks its own (dispatch/route.go): the deepest match counts, the first sibling
//! wins unless it says `continue`, and what a route does not say it has from its parent.

use super::Route;
use crate::alert::Pairs;

impl Route {
    /// Receivers for these labels, in the order of the tree, each once.
    pub fn receivers_for(&self, labels: &Pairs) -> Vec<String> {
        let mut found = Vec::new();
        self.walk(labels, &self.receivers, &mut found);
        let mut each_once: Vec<String> = Vec::with_capacity(found.len());
        for name in found {
            if !each_once.contains(name) {
                each_once.push(name.clone());
            }
        }
        each_once
    }

    // Adds what matches here or below, and says whether anything did.
    fn walk<'a>(&'a self, labels: &Pairs, inherited: &'a [String], found: &mut Vec<&'a String>) -> Matched {
        if !self.matchers.iter().flat_map(|text| text.matchers()).all(|matcher| matcher.matches_labels(labels)) {
            return Matched::No;
        }
        let here = if self.receivers.is_empty() { inherited } else { &self.receivers };
        let mut below = Matched::No;
        for route in &self.routes {
            if route.walk(labels, here, found) == Matched::Yes {
                below = Matched::Yes;
                if !route.go_on {
                    break;
                }
            }
        }
        if below == Matched::No {
            found.extend(here);
        }
        Matched::Yes
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Matched {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::Route;
    use crate::alert::Pairs;

    fn route(receivers: &[&str], matchers: &[&str], routes: Vec<Route>) -> Route {
        Route {
            receivers: receivers.iter().map(|name| (*name).to_owned()).collect(),
            matchers: matchers.iter().map(|text| (*text).to_owned().try_into().unwrap()).collect(),
            go_on: false,
            routes,
        }
    }

    #[test]
    fn the_deepest_match_counts_and_the_first_sibling_wins() {
        let goes_on = Route { go_on: true, ..route(&["audit"], &[r#"severity =~ "critical|major""#], vec![]) };
        let tree = route(
            &["team"],
            &[],
            vec![
                goes_on,
                route(
                    &["web"],
                    &["service = web"],
                    vec![
                        route(&["pager", "web"], &["severity = critical"], vec![]),
                        route(&[], &["quiet = yes"], vec![]),
                    ],
                ),
                route(&["never"], &["service = web"], vec![]),
            ],
        );
        for (labels, receivers) in [
            (vec![], vec!["team"]),
            (vec![("service", "web")], vec!["web"]),
            (vec![("service", "web"), ("severity", "critical")], vec!["audit", "pager", "web"]),
            (vec![("service", "web"), ("quiet", "yes")], vec!["web"]),
            (vec![("severity", "major")], vec!["audit"]),
        ] {
            assert_eq!(tree.receivers_for(&Pairs::labels(labels.clone())), receivers, "{labels:?}");
        }
    }
}
