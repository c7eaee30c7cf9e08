//! The situations by number: what can go wrong between a gateway and a carrier, what offhook does
//! about it, and the tests that hold it to that.

use Where::{Each, Pure, These};

/// Something that can go wrong.
pub(super) struct Situation {
    /// In a few words.
    pub(super) name: &'static str,
    /// What offhook does about it.
    pub(super) answer: &'static str,
    /// The tests that hold it to that.
    pub(super) proofs: &'static [Proof],
    /// What of it isn't there, or not everywhere; nothing where all of it is.
    pub(super) lacks: &'static str,
}

/// A test, and where it is held.
pub(super) struct Proof(pub(super) Where, pub(super) &'static str);

/// Where a test is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// End to end, at each carrier; its name is the one in the end-to-end tests.
    Each,
    /// End to end, as these words say.
    These(&'static str),
    /// Without any process; its name is that of its file and its own.
    Pure,
}

/// All of them, the first first.
pub(super) const SITUATIONS: &[Situation] = &[
    Situation {
        name: "The gateway dies between the request for a call and its answer",
        answer: "It is looked for by our mark and by both numbers, adopted, and never asked for again.",
        proofs: &[
            Proof(These("each carrier"), "crash::whatever_dies_no_call_is_lost_and_nobody_rings_twice"),
            Proof(Each, "carriers::a_placement_that_we_died_in_is_found_again"),
            Proof(
                These("Twilio"),
                "doubt::a_placement_that_we_died_in_is_adopted_by_its_mark_when_the_carrier_lists_nothing",
            ),
        ],
        lacks: "Telnyx lists only what lives: a leg that ended before its name was known ends here as `indeterminate`.",
    },
    Situation {
        name: "The request for a call times out, breaks or is answered with 5xx",
        answer: "It may have rung, so it is looked for. Only a plain refusal, a connection that never was, and 429 prove that nothing rang.",
        proofs: &[
            Proof(Each, "carriers::a_placement_whose_answer_is_lost_is_found_again"),
            Proof(Each, "ways::what_is_in_doubt_at_the_first_never_goes_to_the_second"),
            Proof(These("Twilio"), "doubt::a_placement_that_was_put_off_is_tried_again_and_rings_once"),
            Proof(
                These("Twilio"),
                "doubt::a_carrier_that_nobody_reaches_has_rung_no_phone_and_the_call_fails",
            ),
            Proof(
                Pure,
                "crates/carrier/src/twilio/tests/control.rs::the_reply_to_a_placement_is_a_yes_a_no_a_not_now_or_a_doubt",
            ),
            Proof(
                Pure,
                "crates/carrier/src/telnyx/tests/placing.rs::the_reply_to_a_placement_is_a_yes_a_no_a_not_now_or_a_doubt",
            ),
            Proof(
                Pure,
                "crates/carrier/src/plivo/tests/placing.rs::the_reply_to_a_placement_is_a_yes_a_no_a_not_now_or_a_doubt",
            ),
        ],
        lacks: "",
    },
    Situation {
        name: "A webhook overtakes the answer to the request for its call",
        answer: "Our mark in it names the call; the answer, when it comes, finds the same leg.",
        proofs: &[
            Proof(Each, "chaos::order::what_overtakes_the_reply_to_its_request_is_the_same_call"),
            Proof(
                Pure,
                "crates/call/src/call/tests/stories.rs::a_webhook_that_comes_before_the_reply_names_the_leg_and_the_reply_merges",
            ),
        ],
        lacks: "",
    },
    Situation {
        name: "A call that was just made is unknown to its carrier",
        answer: "404 is no end: the call is kept with its place, and asked about again.",
        proofs: &[
            Proof(Each, "situations::unseen::a_leg_that_its_carrier_does_not_know_yet_is_kept"),
            Proof(Each, "carriers::a_look_that_fails_ends_nothing"),
        ],
        lacks: "",
    },
    Situation {
        name: "Somebody answers, and no webhook tells it",
        answer: "A look sees it before the ringing is given up; so do keys, words and a question for instructions. No talk is taken for a phone that rings.",
        proofs: &[
            Proof(Each, "situations::untold::an_answer_that_nobody_told_is_seen_by_a_look"),
            Proof(These("Telnyx"), "situations::untold::whoever_presses_a_key_has_answered"),
        ],
        lacks: "",
    },
    Situation {
        name: "A webhook never comes",
        answer: "Each call has a time at which it is looked at, all day long, and not only after a start.",
        proofs: &[
            Proof(Each, "situations::untold::an_end_that_nobody_told_is_found_by_a_look"),
            Proof(
                These("Twilio"),
                "recovery::what_ended_while_we_were_dead_is_closed_with_the_carriers_own_reason",
            ),
        ],
        lacks: "The carriers' lists of failed deliveries aren't read.",
    },
    Situation {
        name: "A call ends while no gateway runs",
        answer: "It is closed once, with the carrier's reason, time and length, and its place is free.",
        proofs: &[
            Proof(Each, "carriers::what_ended_while_we_were_dead_is_closed_with_the_carriers_reason"),
            Proof(Each, "situations::untold::an_end_while_we_were_dead_has_the_carriers_time_and_length"),
            Proof(Each, "carriers::a_call_that_is_over_takes_no_place"),
        ],
        lacks: "",
    },
    Situation {
        name: "Webhooks come twice and in the wrong order, and tell of other legs",
        answer: "A call only moves on, and an end is final; the end of a transfer's other leg ends nothing else.",
        proofs: &[
            Proof(Each, "chaos::order::what_comes_twice_counts_once"),
            Proof(Each, "chaos::order::what_comes_in_reverse_order_tells_the_same_end"),
            Proof(Each, "chaos::order::a_hundred_at_the_same_moment_are_one"),
            Proof(Each, "commands::a_call_is_put_through_and_lives_on"),
        ],
        lacks: "",
    },
    Situation {
        name: "A webhook comes after its call was closed",
        answer: "It finds the closed call and moves nothing; no call is made of it.",
        proofs: &[
            Proof(Each, "chaos::strangers::what_comes_two_hours_late_moves_nothing"),
            Proof(Each, "chaos::strangers::a_caller_of_two_hours_ago_is_no_phantom"),
            Proof(Each, "chaos::strangers::what_speaks_of_a_call_that_nobody_knows_has_no_effect"),
        ],
        lacks: "",
    },
    Situation {
        name: "A signed webhook is said again",
        answer: "It is answered alike and does nothing: no second answer, sentence or call. Telnyx's are refused after five minutes.",
        proofs: &[
            Proof(Each, "chaos::strangers::what_is_said_again_has_no_effect"),
            Proof(Each, "chaos::order::a_caller_announced_a_hundred_times_at_once_is_answered_once"),
            Proof(
                These("Twilio"),
                "webhooks::a_request_for_instructions_is_answered_alike_however_often_it_comes",
            ),
        ],
        lacks: "",
    },
    Situation {
        name: "A hang-up fails",
        answer: "The call stays with its place, the hang-up is asked for again until a look says that it is over, and somebody is told.",
        proofs: &[
            Proof(Each, "carriers::a_hang_up_that_fails_is_pursued_until_it_is_verified"),
            Proof(
                These("Twilio"),
                "deadlines::a_hang_up_that_fails_is_tried_again_told_of_and_never_forgotten",
            ),
            Proof(
                These("Twilio"),
                "alarms::a_hang_up_that_fails_wakes_somebody_once_and_its_end_is_told_once",
            ),
        ],
        lacks: "",
    },
    Situation {
        name: "A hang-up of no call, or of somebody else's",
        answer: "No request is written without a name; only what its mark proves ours is ever ended, and what lives beside it is reported and left alone.",
        proofs: &[
            Proof(Pure, "crates/carrier/src/plivo/tests/facts.rs::fact_03_no_hang_up_is_without_a_name"),
            Proof(Each, "chaos::strangers::what_speaks_of_a_call_that_nobody_knows_has_no_effect"),
            Proof(These("each carrier"), "crash::whatever_dies_no_call_is_lost_and_nobody_rings_twice"),
            Proof(
                These("Twilio"),
                "history::a_backup_that_is_put_back_starts_paused_and_reports_the_calls_it_does_not_know",
            ),
            Proof(Each, "orphans::calls_of_a_lost_store_are_ended_and_strangers_left_alone"),
            Proof(Each, "orphans::two_installations_on_one_account_end_each_only_its_own"),
        ],
        lacks: "",
    },
    Situation {
        name: "The credentials are refused, or are being rotated",
        answer: "Not one call moves; webhooks are checked with the old token and the new one, and looks work again with the right one.",
        proofs: &[
            Proof(
                Each,
                "situations::accounts::refused_credentials_move_no_call_and_webhooks_are_still_heard",
            ),
            Proof(
                These("Twilio"),
                "looks::when_nothing_can_be_asked_every_call_is_kept_and_counted_in_one_reason",
            ),
            Proof(Each, "reload::credentials_that_rotate_under_live_calls_change_none_of_them"),
            Proof(Each, "reload::credentials_that_rotated_while_the_gateway_was_stopped_change_no_call"),
        ],
        lacks: "Telnyx signs with one key, and there is no setting for a former one.",
    },
    Situation {
        name: "A start with many calls meets a limit of requests",
        answer: "A listing tells of many at once, requests are paced and bounded, and what is refused is asked ever less often.",
        proofs: &[
            Proof(Each, "budgets::three_hundred_calls_are_kept_for_few_requests"),
            Proof(Each, "budgets::three_hundred_calls_that_are_not_listed_are_asked_about_without_a_storm"),
            Proof(Each, "budgets::a_carrier_that_refuses_everything_is_asked_ever_less"),
            Proof(These("Telnyx"), "scale::a_thousand_calls_at_telnyx_are_kept_for_a_handful_of_requests"),
            Proof(These("Plivo"), "scale::a_thousand_calls_at_plivo_are_kept_within_what_plivo_allows"),
        ],
        lacks: "Only at Plivo is a rate known and kept; Twilio and Telnyx state none for looks.",
    },
    Situation {
        name: "The configuration changed since a call was placed",
        answer: "A call is asked about at the carrier and account that it was placed with; where they are gone it is kept, and health says why.",
        proofs: &[
            Proof(Each, "situations::accounts::a_call_stays_with_its_carrier_when_its_number_moves"),
            Proof(Each, "situations::accounts::a_call_of_another_account_is_kept_and_nobody_is_asked"),
            Proof(Each, "ways::two_accounts_at_one_carrier_are_kept_apart"),
        ],
        lacks: "The region isn't kept with the call: at another one it is 404, which ends nothing.",
    },
    Situation {
        name: "Our clock is wrong, or jumps",
        answer: "Times are the carrier's own; a jump ends nobody's call, and a clock that differs is told of.",
        proofs: &[
            Proof(Pure, "crates/call/src/call/tests/stories.rs::a_clock_that_jumps_ahead_ends_nobodys_call"),
            Proof(
                Pure,
                "crates/call/src/call/tests/stories.rs::a_jump_of_our_clock_ends_no_ringing_either_way",
            ),
            Proof(Pure, "crates/engine/src/health.rs::a_clock_that_differs_is_told_until_it_is_mended"),
            Proof(
                Pure,
                "crates/carrier/src/telnyx/tests/signature.rs::what_was_signed_long_before_or_after_now_is_refused",
            ),
            Proof(These("Twilio"), "clock::a_placement_in_doubt_is_not_sent_when_the_clock_goes_back"),
            Proof(These("Telnyx"), "clock::a_clock_that_is_minutes_off_loses_telnyxs_webhooks_and_no_call"),
        ],
        lacks: "",
    },
    Situation {
        name: "A carrier's own word lags behind its webhooks",
        answer: "The farthest that was told counts; a look that comes late takes nothing back.",
        proofs: &[
            Proof(These("Twilio"), "situations::unseen::a_word_that_lags_takes_nothing_back_at_twilio"),
            Proof(These("Plivo"), "situations::unseen::a_word_that_lags_takes_nothing_back_at_plivo"),
            Proof(Each, "situations::unseen::a_look_that_the_end_overtakes_changes_nothing"),
        ],
        lacks: "Telnyx has no word for how far a call is.",
    },
    Situation {
        name: "A call waits in its carrier's queue",
        answer: "It lives, and its ringing counts from the first ring. What waits for longer than a phone may ring is taken back, so that none rings long after it was wanted.",
        proofs: &[Proof(
            These("Plivo"),
            "situations::untold::who_waits_in_the_carriers_queue_does_not_ring_yet",
        )],
        lacks: "Such a call ends as `no_answer` with the cause `ring_max`, though no phone rang. Telnyx has no queue; Twilio's is not tried end to end.",
    },
    Situation {
        name: "The gateway dies while sound is streamed",
        answer: "The carrier streams to the program itself, past the gateway: the stream goes on, and its end is known afterwards.",
        proofs: &[Proof(Each, "sound::a_stream_outlives_the_gateway_and_ends_with_the_call")],
        lacks: "A stream that breaks is not attached again: that is for whoever asked for it.",
    },
    Situation {
        name: "A media socket comes with an old token, or for another call",
        answer: "",
        proofs: &[],
        lacks: "The gateway takes no media sockets, so it gives out no tokens for them. The program that does checks who comes.",
    },
    Situation {
        name: "A call is found on disk without its carrier's name for it",
        answer: "It is looked for like any placement in doubt, also when it was imported.",
        proofs: &[
            Proof(Each, "carriers::a_placement_that_we_died_in_is_found_again"),
            Proof(These("Twilio"), "import::a_file_of_another_gateway_is_taken_over_once"),
        ],
        lacks: "",
    },
    Situation {
        name: "A call is found past its maximum",
        answer: "It is hung up, a look verifies that, and only then it is over.",
        proofs: &[
            Proof(Each, "carriers::what_is_past_its_time_at_our_return_is_hung_up_and_that_verified"),
            Proof(Each, "carriers::what_lives_goes_on_for_the_time_that_it_has_left"),
        ],
        lacks: "",
    },
    Situation {
        name: "The answer to a webhook is slow, or nobody is there to give it",
        answer: "Webhooks are answered while recovery hangs. A call that its carrier ended for want of instructions is closed with that reason.",
        proofs: &[
            Proof(Each, "inbound::a_caller_is_served_while_recovery_hangs"),
            Proof(These("Twilio"), "webhooks::thirty_two_webhooks_at_once_from_one_address_are_all_heard"),
            Proof(
                These("Plivo"),
                "situations::untold::a_call_whose_instructions_nobody_gave_is_closed_with_plivos_reason",
            ),
        ],
        lacks: "",
    },
    Situation {
        name: "The carrier listens for an answering machine first",
        answer: "",
        proofs: &[],
        lacks: "offhook never asks for it. A machine that answers is somebody who answers.",
    },
    Situation {
        name: "A call is put through, and one side goes",
        answer: "The other leg's end ends the transfer and not the call; a transfer that fails leaves the call alive.",
        proofs: &[
            Proof(Each, "commands::a_call_is_put_through_and_lives_on"),
            Proof(Each, "commands::a_transfer_that_fails_leaves_the_call_alive"),
            Proof(Each, "command_doubt::a_transfer_that_we_died_in_rings_once"),
        ],
        lacks: "",
    },
    Situation {
        name: "A call has several names, or one that no address can hold",
        answer: "All names of a leg are kept and lead to the call; what is put into an address is escaped.",
        proofs: &[
            Proof(Each, "chaos::order::what_overtakes_the_reply_to_its_request_is_the_same_call"),
            Proof(
                Pure,
                "crates/carrier/src/plivo/tests/path.rs::a_name_that_is_no_whole_segment_is_asked_nothing_about",
            ),
            Proof(
                Pure,
                "crates/carrier/src/plivo/tests/webhook.rs::a_callback_says_how_far_the_call_is_and_what_it_was_called",
            ),
            Proof(Pure, "crates/carrier/src/telnyx/tests/control.rs::a_look_asks_for_the_one_call"),
        ],
        lacks: "",
    },
    Situation {
        name: "A listing has more pages than one, or breaks off",
        answer: "Every page is read; absence proves nothing by itself, and half a listing proves nothing at all.",
        proofs: &[
            Proof(Each, "situations::unseen::a_search_reads_every_page"),
            Proof(
                Pure,
                "crates/carrier/src/twilio/tests/listing.rs::a_search_reads_every_page_and_keeps_what_fits",
            ),
            Proof(
                Pure,
                "crates/carrier/src/telnyx/tests/listing.rs::a_listing_that_is_not_read_to_its_end_says_nothing",
            ),
            Proof(
                Pure,
                "crates/carrier/src/plivo/tests/listing.rs::a_call_that_moves_on_while_the_lists_are_read_is_met_again",
            ),
        ],
        lacks: "In a Plivo account with more than about 190 live calls a placement in doubt is not found by looking; its webhook names it.",
    },
    Situation {
        name: "A reply lies",
        answer: "What is cut off, broken, no JSON, or about another call than the one asked for is no answer.",
        proofs: &[
            Proof(Each, "situations::unseen::a_reply_that_lies_proves_nothing"),
            Proof(Each, "carriers::a_look_that_fails_ends_nothing"),
        ],
        lacks: "",
    },
    Situation {
        name: "Two gateways on one store, or on one account",
        answer: "A second one on the same store is refused at its start. Calls of others on the account are never touched.",
        proofs: &[
            Proof(These("any"), "store::a_second_gateway_on_the_same_store_is_refused"),
            Proof(These("each carrier"), "crash::whatever_dies_no_call_is_lost_and_nobody_rings_twice"),
        ],
        lacks: "",
    },
    Situation {
        name: "The disk is full, or what is on it is damaged",
        answer: "Nothing new is taken on and nothing is acknowledged; half a page is read to its last whole turn, and the carriers are asked at the start.",
        proofs: &[
            Proof(These("any"), "disk::a_full_disk_takes_nothing_on_and_is_served_again_when_there_is_room"),
            Proof(These("any"), "disk::a_log_that_ends_in_half_a_page_is_read_to_its_last_whole_turn"),
            Proof(These("any"), "store::a_damaged_store_is_refused_in_words_and_left_as_it_is"),
        ],
        lacks: "",
    },
    Situation {
        name: "Somebody calls while the gateway starts",
        answer: "The caller is heard and served before any look is back; what was over holds no place once it was looked at.",
        proofs: &[
            Proof(Each, "inbound::a_caller_is_served_while_recovery_hangs"),
            Proof(Each, "carriers::a_call_that_is_over_takes_no_place"),
        ],
        lacks: "In the first two seconds a call that is over may still hold a place that a caller would need.",
    },
    Situation {
        name: "The account is suspended while calls live",
        answer: "403 ends nothing: calls are kept, a hang-up stays owed, health says why, and it is done when the carrier lets us in again.",
        proofs: &[Proof(Each, "situations::unseen::a_suspended_account_ends_no_call")],
        lacks: "",
    },
];
