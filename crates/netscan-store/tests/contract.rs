//! What every database must do for the store, written once: the rules take a store and know
//! nothing of what is behind it. A second database is one more `contract!`.
#![expect(clippy::unwrap_used, reason = "a rule that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "a seed is printed, and what a writer acknowledges")]
#![expect(clippy::disallowed_methods, reason = "a writer is killed, so it must be a process")]

mod contract {
    mod files;
    mod given;

    pub(crate) mod audit;
    pub(crate) mod bounds;
    pub(crate) mod events;
    pub(crate) mod hosts;
    pub(crate) mod import;
    pub(crate) mod inventory;
    pub(crate) mod leases;
    pub(crate) mod ledger;
    pub(crate) mod map;
    pub(crate) mod outcomes;
    pub(crate) mod people;
    pub(crate) mod projects;
    pub(crate) mod reading;
    pub(crate) mod realm;
    pub(crate) mod requests;
    pub(crate) mod retry;
    pub(crate) mod room;
    pub(crate) mod scans;
    pub(crate) mod search;
    pub(crate) mod single;
    pub(crate) mod templates;
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
    inventory: [
        the_index_finds_what_a_query_means,
        an_asset_is_what_scans_that_looked_say_of_it,
        a_scan_that_runs_closes_a_port_once_it_says_where_it_looked,
        what_is_looked_at_anew_waits_for_a_scan_that_runs,
        the_past_is_read_on_behind_addresses_that_are_gone,
        what_is_found_is_counted_and_comes_in_pages,
        a_list_of_many_can_be_jumped_in,
        a_search_is_saved_under_its_name,
        a_project_goes_with_its_inventory,
    ],
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
    map: [
        a_map_counts_each_address_in_its_cell,
        a_line_of_the_ledger_is_cut_where_cells_end,
        what_is_withheld_is_not_pending_any_more,
        a_map_of_one_zone_shows_no_other,
        a_map_may_be_of_all_there_is,
        a_batch_counts_in_the_interval_in_which_it_ended,
        a_batch_that_was_cut_leaves_the_rest_to_its_parts,
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
    import: [
        an_imported_scan_is_there_as_any_other,
        of_an_address_that_comes_again_the_later_entry_counts,
        the_parts_of_a_host_become_one_wherever_they_stand,
        an_import_that_was_cut_off_is_over_and_says_so,
        an_imported_scan_is_never_run,
        an_import_of_a_scan_that_was_removed_ends,
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
        a_host_that_took_too_long_comes_back_alone_with_more_time,
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
    people: [
        a_database_begins_with_one_organisation,
        an_organisation_takes_no_name_that_another_has,
        the_set_up_is_done_once_whoever_races,
        a_set_up_needs_the_secret_that_was_offered_last,
        a_set_up_that_cannot_be_done_uses_up_nothing,
        a_user_is_found_under_any_spelling_of_their_name,
        a_second_factor_counts_once_it_is_confirmed,
        a_time_step_is_used_once_whoever_races,
        an_identity_is_one_users,
        a_session_says_who_calls_and_what_they_may,
        a_session_ends_when_it_was_idle_or_is_old,
        that_a_caller_was_here_is_written_down_once_a_minute,
        a_short_idle_time_is_kept_to_while_a_session_is_in_use,
        whoever_only_looks_keeps_no_session_alive,
        a_session_is_for_those_who_belong_and_are_not_kept_out,
        a_token_says_who_calls_and_what_they_may,
        a_token_is_revoked_with_all_that_it_made,
        a_wrong_secret_lets_nobody_in_and_leaves_no_trace,
        a_token_allows_no_more_than_its_owner_may_now,
        whoever_lost_their_rights_is_out_at_the_next_call,
        every_change_of_rights_is_counted_and_nothing_else,
        another_password_ends_the_sessions_but_the_one_it_was_changed_in,
        a_user_is_changed_in_what_is_named,
        an_organisation_keeps_an_admin,
        an_organisation_keeps_an_admin_who_can_sign_in,
        of_two_admins_who_demote_each_other_one_stays,
        who_belongs_nowhere_any_more_is_forgotten,
        one_organisation_cannot_take_over_a_user_of_another,
        an_organisation_does_not_see_the_people_of_another,
        a_session_is_ended_by_its_own_user_only,
        what_is_done_to_people_is_audited_without_their_secrets,
    ],
    requests: [
        a_request_that_comes_again_gets_the_answer_it_got,
        a_request_is_begun_once_whoever_races,
        a_request_that_failed_may_be_tried_again,
        a_request_that_nobody_answers_any_more_is_begun_anew,
        a_key_is_one_organisations,
    ],
    templates: [
        a_version_of_a_template_never_changes,
        a_new_name_is_no_new_version,
        a_template_that_someone_else_changed_is_not_overwritten,
        templates_come_in_pages_by_name,
        the_name_of_a_template_that_was_removed_is_free_again,
        an_organisation_does_not_see_the_templates_of_another,
    ],
    audit: [
        audit_rows_are_found_by_who_what_and_when,
        audit_rows_of_all_tokens_of_one_name_are_found_by_it,
        an_organisation_does_not_see_the_audit_rows_of_another,
        a_log_that_nobody_touched_is_whole,
    ],
    room: [
        a_project_runs_no_more_batches_than_it_may,
        a_scan_waits_while_its_project_runs_as_many_as_it_may,
        the_server_runs_no_more_batches_than_it_may,
        a_lease_carries_the_least_share_of_the_rates_there_are,
        more_places_than_packets_per_second_are_not_given,
        a_network_gets_no_more_than_is_polite_whoever_scans_it,
        one_address_gets_no_more_than_is_polite,
        urgent_batches_go_first_within_their_scan,
        what_waits_says_why,
    ],
    bounds: [
        a_scan_that_ran_as_long_as_it_may_is_stopped_and_says_so,
        a_limit_is_told_and_written_down,
        the_time_of_a_pause_does_not_count,
        a_scan_that_found_as_much_as_is_wanted_is_stopped,
        a_stop_by_hand_is_not_taken_for_a_limit,
        what_a_limit_left_over_is_taken_up_once_the_limit_is_raised,
        an_explanation_does_not_hide_the_limit,
        a_scan_without_limits_goes_on,
    ],
    single: [
        a_batch_that_waits_is_stopped_at_once,
        a_batch_that_runs_is_stopped_by_its_worker,
        a_batch_that_is_done_before_its_worker_hears_of_the_stop_is_done,
        a_stop_asked_of_a_worker_that_is_gone_is_done_at_its_reclaim,
        a_batch_that_was_given_up_is_tried_again_as_a_new_one,
        only_what_a_batch_has_left_over_is_tried_again,
        what_is_open_or_done_is_not_tried_again_and_what_is_over_not_changed,
        a_batch_may_be_given_more_attempts,
    ],
    realm: [
        what_another_organisation_has_is_not_there,
        two_organisations_may_use_the_same_names,
        there_is_no_realm_of_an_unknown_organisation,
        a_project_is_made_with_a_name_that_nobody_has,
        a_project_is_renamed_described_and_limited,
        no_project_is_called_as_ids_are_written,
        a_project_goes_with_all_it_has_once_its_scans_have_ended,
        a_scan_is_removed_when_nothing_of_it_runs,
        the_inventory_comes_in_pages,
        a_scan_is_named_described_and_limited_while_it_runs,
        what_is_done_is_written_down_for_the_organisation_it_concerns,
    ],
    search: [
        scans_come_newest_first_and_in_pages,
        scans_are_found_by_what_is_known_of_them,
        a_list_shows_the_first_targets_only,
        hosts_of_all_scans_are_searched_newest_scan_first,
        hosts_are_read_on_from_any_of_them,
        one_host_is_shown_with_its_ports,
        the_history_of_an_address_tells_of_scans_that_found_nothing_too,
        coverage_comes_in_pages_with_what_is_pending,
        batches_and_attempts_come_in_pages,
        what_there_is_is_counted,
    ],
    walk: [coverage_always_adds_up_to_the_plan],
});
