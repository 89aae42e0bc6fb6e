//! What every store must do, whatever is below it. A new backend adds one `contract!` line.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod audit;
mod engine;
mod fixtures;
mod history;
mod hold;
mod inbox;
mod lanes;
mod logins;
mod outbox;
mod pads;
mod people;
mod plans;
mod sqlite;

use earlybell::store::Store;
use earlybell::store::sqlite::SqliteStore;
use std::sync::Arc;
use tempfile::TempDir;

/// A fresh store, and what must outlive it.
struct Fresh {
    store: Arc<dyn Store>,
    _dir: Option<TempDir>,
}

fn sqlite_file() -> Fresh {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&dir.path().join("data")).unwrap());
    Fresh { store, _dir: Some(dir) }
}

fn sqlite_memory() -> Fresh {
    Fresh { store: Arc::new(SqliteStore::open_in_memory().unwrap()), _dir: None }
}

macro_rules! contract {
    ($backend:ident: $($area:ident { $($test:ident)* })*) => {
        mod $backend {
            $(mod $area { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let fresh = crate::$backend();
                    crate::$area::$test(&fresh.store).await;
                }
            )* })*
        }
    };
}

macro_rules! contracts {
    ($($backend:ident)*) => { $( contract! { $backend:
        inbox {
            gives_numbers_in_order_and_reads_them_back
            moves_time_forward
            reads_pages_by_rows_and_bytes
            takes_many_callers_at_once
            keeps_refused_bodies
            forgets_decided_inputs_only
        }
        engine {
            starts_empty
            loads_what_was_committed
            keeps_what_rules_on_trial_would_have_declared
            overwrites_rows_of_earlier_commits
            takes_alerts_away_before_it_attaches_others
            refuses_the_same_inputs_twice
            pages_timelines_newest_first
            lists_incidents_newest_first
            shows_firing_alerts_first_and_forgotten_ones_still
            lists_open_and_contested_alerts_of_a_source
            answers_a_key_once_for_a_day
            loads_closed_incidents_for_a_while
            never_gives_a_number_twice
            prunes_closed_incidents_with_all_that_hangs_on_them
            deletes_an_incident_at_once_and_what_hangs_on_it_in_batches
            keeps_checkpoints
            counts
            keeps_what_is_left_to_do
        }
        outbox {
            sends_the_root_before_anything_else
            sends_posts_in_order_and_puts_beside_them
            gives_one_delivery_to_one_caller
            takes_over_leases_that_ran_out
            ignores_whoever_lost_the_lease
            waits_until_the_next_attempt_is_due
            replaces_puts_that_wait
            lets_a_put_on_its_way_finish_first
            does_not_repeat_an_overtaken_put
            goes_on_without_a_dead_root
            takes_a_dead_one_up_again
            keeps_receivers_and_incidents_apart
            claims_oldest_first_and_no_more_than_asked
            says_when_the_next_is_due
            hurries_what_waits_for_its_next_attempt
            remembers_that_an_attempt_was_unsure
            lists_deliveries
            keeps_people_apart
        }
        history {
            finds_incidents_by_all_that_is_asked
            forgets_words_that_were_taken_back
            tells_what_an_older_version_left
            keeps_numbers_for_statistics
            finds_what_its_reader_can_read
        }
        lanes {
            follow_the_policy
            tells_together_what_waited
        }
        hold {
            sends_nothing_while_it_is_held
            drops_what_waited_at_the_backup
            sends_late_what_waited_at_the_backup
        }
        people {
            keeps_tokens_until_they_are_revoked
            can_say_whether_it_writes
            keeps_people_and_squads_added_by_hand
            keeps_the_directory_in_force
        }
        pads {
            keeps_what_is_remembered_of_pads
        }
        audit {
            keeps_the_audit_log
            lists_the_audit_log
            refuses_records_that_do_not_follow
            retention_leaves_the_audit_log_alone
        }
        logins {
            keeps_who_may_log_in
            uses_a_one_time_code_once
            keeps_sessions_until_they_end
            forgets_sessions_that_are_over_or_too_many
            gives_everybody_the_same_key
        }
    } )* };
}

contracts! { sqlite_file sqlite_memory }
