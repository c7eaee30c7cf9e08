use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A frame that can be told from others.
fn frame(name: u64) -> Frame {
    Frame::from_samples(SampleRate::Hz8000, &[1 + (name & 0xFFF) as i16; 160]).unwrap()
}

/// What is played, by name; `None` for what was filled.
#[derive(Default)]
struct Ear {
    names: Vec<Option<u64>>,
}

impl Ear {
    fn take(&mut self, played: Played) {
        self.names.push(match played {
            Played::Heard(frame) => Some(u64::from(frame.samples()[0].unsigned_abs()) - 1),
            Played::Filled(_) => None,
        });
    }
}

/// Frames of these places, one every 20 ms, and then silence.
fn listen(first: u64, places: &[u64]) -> (Vec<Option<u64>>, Counts) {
    let mut gaps = Gaps::new(first);
    let mut ear = Ear::default();
    let mut now = Duration::ZERO;
    for place in places {
        gaps.hear(*place, &frame(*place), now, |played| ear.take(played));
        now += FRAME;
    }
    gaps.tick(now + WAIT_MAX, |played| ear.take(played));
    (ear.names, gaps.counts())
}

/// Checks what is played, and how many were filled, late, astray, and jumps.
#[track_caller]
fn check(first: u64, places: &[u64], expected: &[Option<u64>], counts: [u64; 4]) {
    let (names, got) = listen(first, places);
    assert_eq!(names, expected, "{places:?}");
    assert_eq!([got.filled, got.late, got.astray, got.jumps], counts, "{places:?}");
}

#[test]
fn what_comes_in_order_is_played_at_once() {
    let mut gaps = Gaps::new(1);
    for place in 1..50 {
        let mut n_played = 0;
        gaps.hear(place, &frame(place), Duration::ZERO, |played| {
            assert_eq!(played, Played::Heard(frame(place)));
            n_played += 1;
        });
        assert_eq!(n_played, 1);
    }
}

#[test]
fn what_is_out_of_order_is_put_in_order() {
    check(1, &[2, 1, 4, 5, 3], &[1, 2, 3, 4, 5].map(Some), [0; 4]);
    check(1, &[5, 4, 3, 2, 1, 6], &[1, 2, 3, 4, 5, 6].map(Some), [0; 4]);
}

#[test]
fn a_frame_that_comes_twice_is_played_once() {
    check(1, &[1, 1, 3, 3, 2, 2], &[1, 2, 3].map(Some), [0, 3, 0, 0]);
}

#[test]
fn a_lost_frame_is_filled_once_five_wait_behind_it() {
    let mut gaps = Gaps::new(1);
    let mut ear = Ear::default();
    for place in [1, 3, 4, 5, 6] {
        gaps.hear(place, &frame(place), Duration::ZERO, |played| ear.take(played));
    }
    assert_eq!(ear.names, [Some(1)]);
    gaps.hear(7, &frame(7), Duration::ZERO, |played| ear.take(played));
    assert_eq!(ear.names, [Some(1), None, Some(3), Some(4), Some(5), Some(6), Some(7)]);
    gaps.hear(2, &frame(2), Duration::ZERO, |played| ear.take(played));
    assert_eq!((ear.names.len(), gaps.counts().late), (7, 1));
}

#[test]
fn what_waits_alone_is_played_after_its_time() {
    let mut gaps = Gaps::new(1);
    let mut ear = Ear::default();
    gaps.hear(2, &frame(2), Duration::ZERO, |played| ear.take(played));
    gaps.tick(Duration::from_millis(99), |played| ear.take(played));
    assert_eq!(ear.names, []);
    gaps.tick(Duration::from_millis(100), |played| ear.take(played));
    assert_eq!(ear.names, [None, Some(2)]);
}

#[test]
fn what_fills_fades_into_silence() {
    let mut gaps = Gaps::new(1);
    let loud = Frame::from_samples(SampleRate::Hz16000, &[8_000; 320]).unwrap();
    let mut levels = Vec::new();
    for place in [1, 7] {
        gaps.hear(place, &loud, Duration::ZERO, |played| levels.push(played.into_frame().samples()[0]));
    }
    gaps.tick(WAIT_MAX, |played| levels.push(played.into_frame().samples()[0]));
    assert_eq!(levels, [8_000, 4_000, 2_000, 1_000, 0, 0, 8_000]);
}

#[test]
fn a_second_is_filled_and_no_more() {
    let (names, counts) = listen(1, &[1, 52, 53]);
    assert_eq!((names.len(), counts.filled, counts.jumps), (53, 50, 0));
    check(1, &[1, 53, 54], &[Some(1), Some(53), Some(54)], [0, 0, 0, 1]);
}

#[test]
fn a_stream_that_begins_anew_is_followed() {
    check(500, &[500, 501, 1, 2, 3], &[500, 501, 1, 2, 3].map(Some), [0, 0, 0, 1]);
    check(1, &[1, 2, 901, 900, 902], &[1, 2, 900, 901, 902].map(Some), [0, 0, 0, 1]);
    check(1, &[1, 3, 900, 901], &[1, 3, 900, 901].map(Some), [0, 0, 0, 1]);
}

#[test]
fn one_frame_from_afar_moves_nothing() {
    check(1, &[1, 900, 2, 3], &[1, 2, 3].map(Some), [0, 0, 1, 0]);
    check(1, &[1, 900, 900, 300, 2], &[1, 2].map(Some), [0, 0, 3, 0]);
}

#[test]
fn the_last_place_of_all_is_a_place() {
    check(u64::MAX - 1, &[u64::MAX - 1, u64::MAX], &[0xFFE, 0xFFF].map(Some), [0; 4]);
}

proptest! {
    /// Frames are shuffled by less than what is waited for, some are lost and some doubled. Those that
    /// came are played, once and in order, and each lost one is filled.
    #[test]
    fn what_comes_in_time_is_played_once_and_in_order(
        frames in prop::collection::vec((0..4u64, 0..10u8, any::<bool>()), 1..200),
    ) {
        let last = frames.len() as u64;
        let mut sent: Vec<(u64, u64)> = Vec::new();
        for (index, (shift, lost, doubled)) in frames.iter().enumerate() {
            let place = index as u64;
            // The first and the last come, so that it is plain what is missing.
            if *lost > 0 || place == 0 || place + 1 == last {
                sent.push((place + shift, place));
                if *doubled {
                    sent.push((place + shift + 2, place));
                }
            }
        }
        sent.sort();
        let places: Vec<u64> = sent.iter().map(|(_, place)| *place).collect();
        let came: BTreeSet<u64> = places.iter().copied().collect();
        let (names, counts) = listen(0, &places);
        let expected: Vec<Option<u64>> = (0..last).map(|place| came.contains(&place).then_some(place)).collect();
        prop_assert_eq!(names, expected);
        prop_assert_eq!(counts.late as usize, places.len() - came.len());
    }

    /// Whatever comes: between two jumps places only grow, nothing is played twice, and there are no
    /// more frames than places went by; every frame is accounted for.
    #[test]
    fn nothing_makes_more_of_a_stream_than_it_is(
        sent in prop::collection::vec((prop_oneof![0..40u64, 0..400u64], 0..150u64), 1..200),
    ) {
        let mut gaps = Gaps::new(0);
        let mut now = Duration::ZERO;
        let (mut from, mut n_played, mut last_heard) = (0, 0, None);
        for (place, pause) in &sent {
            now += Duration::from_millis(*pause);
            let n_jumps = gaps.counts().jumps;
            let mut ear = Ear::default();
            gaps.hear(*place, &frame(*place), now, |played| ear.take(played));
            prop_assert!(gaps.held.len() < HELD_MAX);
            if gaps.counts().jumps > n_jumps {
                last_heard = ear.names.last().copied().flatten();
                (from, n_played) = (last_heard.map_or(0, |place| place + 1), 0);
                continue;
            }
            for name in ear.names {
                n_played += 1;
                prop_assert!(name.is_none() || name > last_heard, "{:?} after {:?}", name, last_heard);
                last_heard = name.or(last_heard);
            }
            prop_assert!(from + n_played <= gaps.next, "{} from {} to {}", n_played, from, gaps.next);
        }
        gaps.tick(now + WAIT_MAX, |_| ());
        let counts = gaps.counts();
        let waiting = u64::from(gaps.far.is_some());
        prop_assert_eq!(counts.heard + counts.late + counts.astray + waiting, sent.len() as u64);
    }
}
