//! What every store must do, against the traits alone.
//!
//! [`conformance!`] makes a test of each function here for the store that its argument opens: a
//! fresh one and a reader beside it.

mod access;
mod counting;
mod gate;
mod owing;
mod pruning;
mod reading;
mod writing;

pub(crate) use access::*;
pub(crate) use counting::*;
pub(crate) use gate::*;
pub(crate) use owing::*;
pub(crate) use pruning::*;
pub(crate) use reading::*;
pub(crate) use writing::*;

use super::lives::hear;
use call::Event;
use std::any::Any;
use store::{History, Page, Store, StoreError};

/// A store, and a reader beside it.
pub(crate) struct Bench {
    pub(crate) store: Box<dyn Store>,
    pub(crate) history: Box<dyn History>,
    /// Whatever must outlive them, such as a temporary folder.
    pub(crate) _keep: Box<dyn Any>,
}

impl Bench {
    /// One turn that must succeed.
    pub(crate) fn turn(&mut self, mut work: impl FnMut(&mut dyn Page)) {
        self.store
            .turn(&mut |page| {
                work(page);
                Ok(())
            })
            .unwrap();
    }

    /// One turn in which the n-th call hears something.
    pub(crate) fn hear(&mut self, n: u64, event: &Event) {
        self.store.turn(&mut |page| hear(page, n, event)).unwrap();
    }
}

/// Some failure of the engine's own.
pub(crate) fn failure() -> StoreError {
    StoreError::Failed("on purpose".to_owned())
}

/// Makes a test of every function of this module for one kind of store.
macro_rules! conformance {
    ($open:expr, $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $crate::conformance::$name(&mut $open);
            }
        )*
    };
    ($open:expr) => {
        $crate::conformance::conformance! { $open,
            a_turn_that_fails_never_happened
            one_bad_event_does_not_undo_its_neighbours
            a_turn_may_be_refused_whole_after_something_went_well_within_it
            a_stale_version_is_a_conflict
            a_refused_write_leaves_nothing_behind
            a_leg_belongs_to_one_call
            a_leg_is_remembered_when_its_call_is_over
            an_import_happens_once
            a_key_is_used_once
            nobody_sees_what_is_not_committed
            what_is_due_is_taken_once
            a_write_ends_the_lease
            what_is_owed_can_be_brought_forward
            what_was_brought_forward_stays_so_until_the_call_has_another_time
            a_start_says_what_it_found
            queued_calls_come_oldest_first
            only_live_calls_take_up_a_place
            placements_are_counted_by_their_numbers
            calls_of_a_single_name_are_counted_by_their_numbers
            calls_that_were_given_up_are_counted_by_their_numbers
            attempts_are_counted_whatever_became_of_them
            a_carrier_is_paced
            a_carrier_has_its_own_places
            only_a_rejection_is_one
            begun_minutes_are_counted_for_the_day_of_the_answer
            calls_are_counted_by_the_stretch_in_which_they_began
            answered_calls_of_a_stretch_are_read_newest_first
            a_number_is_listed_once_and_until_it_is_taken_off
            decisions_are_read_newest_first
            a_token_is_kept_until_it_is_taken_away
            what_was_asked_for_is_read_newest_first_and_goes_when_it_is_old
            calls_are_told_by_the_token_that_asked_for_them
            a_setting_is_kept_until_it_is_taken_away
            calls_are_listed_newest_first
            calls_are_searched_by_what_they_are_like
            a_log_is_read_in_pages
            the_log_of_all_calls_is_followed
            a_place_in_the_log_is_never_given_again
            what_is_over_and_old_goes
            old_calls_go_in_small_steps
            what_names_a_call_outlives_it
            a_step_that_fails_takes_nothing_out
            the_nth_newest_call_is_known
        }
    };
}
pub(crate) use conformance;
