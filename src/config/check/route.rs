//! `route`: who is told, by incident labels.

use super::Check;
use crate::config::report::unknown;
use crate::config::written::RouteWritten;
use domain::policy::Route;

// Far deeper than anyone writes, far flatter than a stack.
const DEPTH_MAX: usize = 20;

/// Names that a route may use, and those that it can't.
#[derive(Debug, Clone, Copy)]
pub struct Receivers<'a> {
    /// Told by routes.
    pub routed: &'a [&'a str],
    /// Told whom an incident concerns, whatever its route.
    pub personal: &'a [&'a str],
    /// Takes post mortems, and no notices.
    pub blogs: &'a [&'a str],
}

impl Check<'_> {
    /// The route tree; without one, the only receiver gets everything.
    pub(in crate::config) fn route(&mut self, written: Option<RouteWritten>, receivers: Receivers<'_>) -> Route {
        let Some(written) = written else {
            if receivers.routed.len() > 1 {
                let problem = "`route` is missing: with more than one receiver, say who is told (route: {receiver: …})";
                self.wrong("receivers", problem);
            }
            let receivers = receivers.routed.iter().map(|name| (*name).to_owned()).collect();
            return Route { receivers, ..Route::default() };
        };
        if written.receiver.is_none() && written.receivers.is_empty() {
            self.wrong("route", "the first route must name a `receiver`");
        }
        if !written.matchers.is_empty() {
            self.wrong("route.matchers", "the first route applies to all; put matchers under `routes`");
        }
        self.branch("route", written, receivers, 0)
    }

    fn branch(&mut self, path: &str, written: RouteWritten, known: Receivers<'_>, depth: usize) -> Route {
        if depth > DEPTH_MAX {
            self.wrong(path, format!("routes are nested more than {DEPTH_MAX} deep"));
            return Route::default();
        }
        if written.receiver.is_some() && !written.receivers.is_empty() {
            self.wrong(&format!("{path}.receivers"), "write `receiver` or `receivers`, not both");
        }
        if let Some(name) = &written.receiver {
            self.known_receiver(&format!("{path}.receiver"), name, known);
        }
        for (at, name) in written.receivers.iter().enumerate() {
            self.known_receiver(&format!("{path}.receivers[{at}]"), name, known);
        }
        let routes = written.routes.into_iter().enumerate();
        let routes = routes.map(|(at, route)| self.branch(&format!("{path}.routes[{at}]"), route, known, depth + 1));
        let routes = routes.collect();
        let receivers = written.receiver.into_iter().chain(written.receivers).collect();
        Route { receivers, matchers: written.matchers, go_on: written.go_on, routes }
    }

    /// A receiver that is named somewhere must be there.
    fn known_receiver(&mut self, path: &str, name: &str, known: Receivers<'_>) {
        if known.personal.contains(&name) {
            self.wrong(path, format!("`{name}` is personal: it tells whom an incident concerns, without any route"));
        } else if known.blogs.contains(&name) {
            self.wrong(path, format!("`{name}` is a blog: it takes post mortems, without any route"));
        } else if !known.routed.contains(&name) {
            self.wrong(path, unknown("receiver", name, known.routed));
        }
    }
}
