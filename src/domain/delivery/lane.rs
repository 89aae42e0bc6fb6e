//! Which delivery of a lane may go next: the rule that every store's `claim` is held to.

use super::pace::Pace;
use super::{DeliveryState, Lane};
use crate::ids::{DeliveryId, IncidentId};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What decides whether a delivery may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub id: DeliveryId,
    /// About which incident.
    pub incident: IncidentId,
    /// In which kind of lane.
    pub lane: Lane,
    /// To which person, in the lane [`Lane::Direct`]; empty in others.
    pub person: String,
    /// How it stands.
    pub state: DeliveryState,
    /// When it is due; for a leased one, when the lease is over.
    pub due: DateTime<Utc>,
    /// Whether it may wait for a better time.
    pub calm: bool,
}

/// The deliveries of one receiver that may go now, oldest first. `rows` are all of this receiver, final ones included.
///
/// Root and posts of an incident stand in one lane: the root first, then in order of decision; only the first that is
/// not final may go, so no reply overtakes its root, and what is given up keeps nobody back. Puts stand in a lane of
/// their own that opens when the root was accepted, or is open where there is none, as at a blog: the newest goes, once no
/// other is under way. What goes to one person
/// stands in a lane of that person.
///
/// Where only what can't wait may be told, a thread goes as long as there is something of that kind in it.
pub fn claimable(rows: &[Waiting], now: DateTime<Utc>, pace: Pace) -> Vec<DeliveryId> {
    let incidents = by_incident(rows);
    let mut ids: Vec<DeliveryId> = incidents
        .values()
        .flat_map(|rows| {
            let thread = thread_head(rows).filter(|_| pace == Pace::All || is_urgent(rows));
            [thread, put_head(rows, now)].into_iter().flatten().chain(direct_heads(rows))
        })
        .filter(|row| row.due <= now)
        .map(|row| row.id)
        .collect();
    ids.sort_unstable();
    ids
}

/// Puts that will never go, unless they are under way: a newer one says it all, or the root that they edit was given up.
pub fn superseded(rows: &[Waiting], now: DateTime<Utc>) -> Vec<DeliveryId> {
    let incidents = by_incident(rows);
    let needless = |row: &&Waiting| {
        let Some(rows) = incidents.get(&row.incident) else { return false };
        let newest = rows.iter().filter(|other| other.lane == Lane::Put).map(|other| other.id).max();
        row.lane == Lane::Put
            && !row.state.is_final()
            && !is_under_way(row, now)
            && (newest > Some(row.id) || root(rows) == Some(DeliveryState::Dead))
    };
    rows.iter().filter(needless).map(|row| row.id).collect()
}

fn by_incident(rows: &[Waiting]) -> BTreeMap<IncidentId, Vec<&Waiting>> {
    let mut incidents: BTreeMap<IncidentId, Vec<&Waiting>> = BTreeMap::new();
    for row in rows {
        incidents.entry(row.incident).or_default().push(row);
    }
    incidents
}

fn thread_head<'a>(rows: &[&'a Waiting]) -> Option<&'a Waiting> {
    let place = |row: &&Waiting| (row.lane != Lane::Root, row.id);
    let posts = rows.iter().copied().filter(|row| matches!(row.lane, Lane::Root | Lane::Post));
    posts.filter(|row| !row.state.is_final()).min_by_key(place)
}

fn is_urgent(rows: &[&Waiting]) -> bool {
    rows.iter().any(|row| matches!(row.lane, Lane::Root | Lane::Post) && !row.state.is_final() && !row.calm)
}

fn direct_heads<'a>(rows: &[&'a Waiting]) -> Vec<&'a Waiting> {
    let mut heads: BTreeMap<&str, &Waiting> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.lane == Lane::Direct && !row.state.is_final()) {
        let head = heads.entry(&row.person).or_insert(row);
        if row.id < head.id {
            *head = row;
        }
    }
    heads.into_values().collect()
}

fn put_head<'a>(rows: &[&'a Waiting], now: DateTime<Utc>) -> Option<&'a Waiting> {
    let puts = || rows.iter().copied().filter(|row| row.lane == Lane::Put && !row.state.is_final());
    // An edit under way may land after a newer one: wait for its end, or for the end of its lease.
    let open = root(rows).is_none_or(|root| root == DeliveryState::Sent);
    if !open || puts().any(|row| is_under_way(row, now)) {
        return None;
    }
    puts().max_by_key(|row| row.id)
}

fn root(rows: &[&Waiting]) -> Option<DeliveryState> {
    rows.iter().filter(|row| row.lane == Lane::Root).max_by_key(|row| row.id).map(|row| row.state)
}

fn is_under_way(row: &Waiting, now: DateTime<Utc>) -> bool {
    row.state == DeliveryState::Leased && row.due > now
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Dead, Leased, Pending, Sent, Superseded, Unsure};
    use Lane::{Direct, Post, Put, Root};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn row(id: u64, incident: u64, lane: Lane, state: DeliveryState, due: i64) -> Waiting {
        let person = String::new();
        Waiting { id: DeliveryId(id), incident: IncidentId(incident), lane, person, state, due: at(due), calm: false }
    }

    fn to(person: &str, row: Waiting) -> Waiting {
        Waiting { person: person.to_owned(), lane: Direct, ..row }
    }

    fn claims(rows: &[Waiting]) -> Vec<u64> {
        claimable(rows, at(0), Pace::All).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn no_reply_before_its_root_and_posts_in_order() {
        let later = [row(1, 1, Root, Pending, 9), row(2, 1, Post, Pending, 0), row(3, 2, Root, Pending, 0)];
        assert_eq!(claims(&later), [3], "a root that waits keeps its replies, and nobody else");
        let sent = [row(1, 1, Root, Sent, 0), row(2, 1, Post, Pending, 0), row(3, 1, Post, Pending, 0)];
        assert_eq!(claims(&sent), [2]);
        let unsure = [row(1, 1, Root, Unsure, 0), row(2, 1, Post, Pending, 0)];
        assert_eq!(claims(&unsure), [1]);
        let late_root = [row(1, 1, Post, Pending, 0), row(2, 1, Root, Pending, 0)];
        assert_eq!(claims(&late_root), [2]);
    }

    #[test]
    fn what_is_given_up_keeps_nobody_back() {
        let rows = [row(1, 1, Root, Dead, 0), row(2, 1, Post, Dead, 0), row(3, 1, Post, Pending, 0)];
        assert_eq!(claims(&rows), [3]);
    }

    #[test]
    fn where_only_what_cannot_wait_may_be_told_a_thread_goes_with_it() {
        let calm = |row: Waiting| Waiting { calm: true, ..row };
        let mut rows = vec![
            row(1, 1, Root, Sent, 0),
            calm(row(2, 1, Post, Pending, 0)),
            calm(row(3, 2, Post, Pending, 0)),
            to("anna", row(4, 2, Direct, Pending, 0)),
            row(5, 1, Put, Pending, 0),
        ];
        let urgent =
            |rows: &[Waiting]| claimable(rows, at(0), Pace::Urgent).into_iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(urgent(&rows), [4, 5], "edits and people are not kept back");
        rows.push(row(6, 1, Post, Pending, 0));
        assert_eq!(urgent(&rows), [2, 4, 5], "in order, so that the end is not told before what came before it");
        assert_eq!(claims(&rows), [2, 3, 4, 5]);
    }

    #[test]
    fn a_lease_holds_until_it_is_over() {
        let held = [row(1, 1, Root, Leased, 1), row(2, 1, Post, Pending, 0)];
        assert_eq!(claims(&held), [] as [u64; 0]);
        let over = [row(1, 1, Root, Leased, 0), row(2, 1, Post, Pending, 0)];
        assert_eq!(claims(&over), [1]);
    }

    #[test]
    fn the_newest_put_goes_beside_the_posts_once_a_root_was_accepted() {
        let before = [row(1, 1, Root, Dead, 0), row(2, 1, Put, Pending, 0)];
        assert_eq!(claims(&before), [] as [u64; 0], "nothing there to edit");
        let after = [
            row(1, 1, Root, Sent, 0),
            row(2, 1, Post, Pending, 0),
            row(3, 1, Put, Superseded, 0),
            row(4, 1, Put, Pending, 0),
        ];
        assert_eq!(claims(&after), [2, 4]);
        let under_way = [row(1, 1, Root, Sent, 0), row(2, 1, Put, Leased, 9), row(3, 1, Put, Pending, 0)];
        assert_eq!(claims(&under_way), [] as [u64; 0]);
        let overtaken = [row(1, 1, Root, Sent, 0), row(2, 1, Put, Leased, 0), row(3, 1, Put, Pending, 0)];
        assert_eq!(claims(&overtaken), [3], "whoever held it is gone");
    }

    #[test]
    fn without_any_root_a_put_waits_for_nobody() {
        let rows = [row(1, 1, Put, Superseded, 0), row(2, 1, Put, Pending, 0), row(3, 2, Root, Pending, 9)];
        assert_eq!(claims(&rows), [2]);
    }

    #[test]
    fn a_newer_put_makes_older_ones_needless_unless_under_way() {
        let rows = [
            row(1, 1, Put, Sent, 0),
            row(2, 1, Put, Pending, 0),
            row(3, 1, Put, Unsure, 0),
            row(4, 1, Put, Leased, 9),
            row(5, 1, Put, Pending, 0),
            row(6, 2, Put, Pending, 0),
            row(7, 1, Post, Pending, 0),
        ];
        assert_eq!(superseded(&rows, at(0)), [DeliveryId(2), DeliveryId(3)]);
        assert_eq!(superseded(&rows, at(9)), [DeliveryId(2), DeliveryId(3), DeliveryId(4)]);
    }

    #[test]
    fn nobody_waits_for_another_person_nor_for_the_thread() {
        let rows = [
            row(1, 1, Root, Pending, 9),
            to("anna", row(2, 1, Direct, Unsure, 9)),
            to("bert", row(3, 1, Direct, Pending, 0)),
            to("anna", row(4, 1, Direct, Pending, 0)),
            to("bert", row(5, 1, Direct, Pending, 0)),
            to("anna", row(6, 2, Direct, Pending, 0)),
            row(7, 1, Post, Pending, 0),
        ];
        assert_eq!(claims(&rows), [3, 6], "each person's in order");
        let given_up = [to("anna", row(1, 1, Direct, Dead, 0)), to("anna", row(2, 1, Direct, Pending, 0))];
        assert_eq!(claims(&given_up), [2]);
        let direct_first = [to("anna", row(1, 1, Direct, Leased, 9)), row(2, 1, Root, Pending, 0)];
        assert_eq!(claims(&direct_first), [2], "the thread does not wait for a person");
    }

    #[test]
    fn puts_go_with_a_root_that_was_given_up() {
        let rows = [row(1, 1, Root, Dead, 0), row(2, 1, Put, Pending, 0), row(3, 2, Put, Pending, 0)];
        assert_eq!(superseded(&rows, at(0)), [DeliveryId(2)]);
    }
}
