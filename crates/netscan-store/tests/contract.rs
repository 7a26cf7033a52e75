//! What every database must do for the store, written once: the rules take a store and know
//! nothing of what is behind it. A second database is one more `contract!`.
#![expect(clippy::unwrap_used, reason = "a rule that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "a seed is printed, and what a writer acknowledges")]
#![expect(clippy::disallowed_methods, reason = "a writer is killed, so it must be a process")]

mod contract {
    mod files;
    mod given;

    pub(crate) mod events;
    pub(crate) mod hosts;
    pub(crate) mod leases;
    pub(crate) mod ledger;
    pub(crate) mod outcomes;
    pub(crate) mod projects;
    pub(crate) mod reading;
    pub(crate) mod retry;
    pub(crate) mod scans;
    pub(crate) mod walk;
}

/// A store with nothing in it, and what must live as long.
struct Fresh {
    store: netscan_store::Store,
    _directory: tempfile::TempDir,
}

async fn sqlite_store() -> Fresh {
    let directory = tempfile::tempdir().unwrap();
    let store = netscan_store::Store::open(&directory.path().join("netscan.db")).await.unwrap();
    Fresh { store, _directory: directory }
}

/// One test per rule for one database.
macro_rules! contract {
    ($backend:ident, $new_store:ident, { $($topic:ident: [$($rule:ident),+ $(,)?]),+ $(,)? }) => {
        mod $backend {
            $(mod $topic {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $rule() {
                        let fresh = crate::$new_store().await;
                        crate::contract::$topic::$rule(fresh.store.clone()).await;
                        fresh.store.close().await;
                    }
                )+
            })+
        }
    };
}

contract!(sqlite, sqlite_store, {
    projects: [
        a_project_is_made_once,
        a_target_is_in_the_inventory_once,
        a_scope_is_replaced_as_a_whole,
        a_scope_that_someone_else_changed_is_not_overwritten,
        what_belongs_to_no_project_is_refused,
        a_database_keeps_its_first_id,
    ],
    scans: [
        a_scan_that_was_accepted_is_there_in_full,
        scans_are_numbered_without_gaps_whoever_creates_them,
        a_scan_is_found_by_id_prefix_number_or_as_the_latest,
        a_scan_is_cut_anew_until_it_is_started,
        a_pause_holds_when_nothing_runs_and_a_resume_lets_go,
        stop_beats_pause_and_cancels_what_waits,
        a_scan_with_nothing_to_do_has_ended_when_it_starts,
        limits_change_while_a_scan_runs,
        a_reason_is_told_once,
        settling_what_is_settled_changes_nothing,
        a_pulse_tells_what_a_runner_must_know,
        a_scan_that_is_given_up_fails_what_no_worker_has,
        what_was_interrupted_rests_and_says_why,
        an_unknown_scan_is_named,
    ],
    leases: [
        a_batch_is_leased_once,
        no_more_batches_run_than_the_scan_allows,
        the_most_urgent_scan_goes_first_and_then_the_oldest,
        only_the_scan_that_was_asked_for_is_leased,
        a_batch_that_failed_is_not_leased_before_its_time,
        a_lease_carries_what_is_left,
        a_renewed_lease_is_not_taken_back,
        a_late_report_after_the_lease_was_reclaimed_is_refused,
        a_restart_uses_no_attempt_and_a_lapse_does,
    ],
    outcomes: [
        the_last_attempt_that_fails_is_halved_and_the_parent_is_superseded,
        one_address_that_fails_to_the_end_is_given_up,
        a_success_that_left_addresses_over_is_none,
        a_batch_that_is_handed_back_has_used_no_attempt,
        a_straggler_is_cut_into_parts,
        an_attempt_keeps_what_it_noted,
        a_split_asked_for_twice_is_done_once,
        a_split_of_a_running_batch_waits_for_its_worker,
        a_split_asked_of_a_worker_that_is_gone_is_done_at_its_reclaim,
        a_split_of_what_is_small_or_over_changes_nothing,
        a_batch_is_found_by_number_id_or_prefix,
    ],
    hosts: [
        everything_that_is_known_of_a_host_comes_back,
        hosts_come_in_pages_by_address,
        a_replayed_report_of_the_same_hosts_changes_nothing,
        a_tally_counts_what_answered_once,
        of_two_reports_on_one_address_the_later_counts,
        hosts_of_any_number_are_stored,
        a_host_that_nobody_asked_for_is_set_aside_once,
    ],
    ledger: [
        neighbours_with_the_same_fate_share_a_line,
        a_host_that_was_found_counts_more_than_a_silence,
        what_must_not_be_scanned_is_withheld_and_told,
        difficult_addresses_are_listed_with_their_reasons,
    ],
    retry: [
        a_retry_takes_up_what_it_was_asked_for,
        a_retry_with_nothing_to_do_changes_nothing,
        a_running_scan_is_not_retried,
        a_host_that_timed_out_is_replaced_by_a_retry,
        a_scan_that_was_stopped_before_its_start_is_retried,
    ],
    events: [
        events_are_numbered_without_gaps_and_read_on_from_anywhere,
        the_story_of_a_scan_is_told_in_order,
        every_change_is_audited,
    ],
    reading: [
        batches_are_counted_by_state_with_their_next_try,
        batches_of_one_state_come_by_number_up_to_a_limit,
        a_batch_is_shown_by_the_names_it_is_found_by,
        the_slowest_attempts_are_told_whether_they_have_ended_or_not,
        the_first_attempts_come_oldest_first,
        the_last_failures_are_told_and_all_are_counted,
    ],
    walk: [coverage_always_adds_up_to_the_plan],
});
