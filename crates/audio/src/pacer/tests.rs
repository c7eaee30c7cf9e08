use super::*;
use proptest::prelude::*;

const MS: Duration = Duration::from_millis(1);

/// A frame that can be told from others.
fn frame(name: u64) -> Frame {
    Frame::from_samples(SampleRate::Hz8000, &[(name & 0x7FFF) as i16; 160]).unwrap()
}

/// All that is due, frames by name.
fn due(pacer: &mut Pacer, now: Duration) -> Vec<Result<u64, Mark>> {
    let all = std::iter::from_fn(|| pacer.due(now));
    let named = all.map(|due| match due {
        Due::Frame(frame) => Ok(u64::from(frame.samples()[0].unsigned_abs())),
        Due::Mark(mark) => Err(mark),
    });
    named.collect()
}

fn filled(n_frames: u64) -> Pacer {
    let mut pacer = Pacer::new();
    (0..n_frames).for_each(|name| pacer.push(&frame(name), Duration::ZERO).unwrap());
    pacer
}

#[test]
fn one_frame_goes_every_twenty_milliseconds() {
    let mut pacer = filled(3);
    assert_eq!(due(&mut pacer, Duration::ZERO), [Ok(0)]);
    assert_eq!(due(&mut pacer, 19 * MS), []);
    assert_eq!(due(&mut pacer, 20 * MS), [Ok(1)]);
    assert_eq!(pacer.next_due(), Some(40 * MS));
    assert_eq!(due(&mut pacer, 41 * MS), [Ok(2)]);
    assert_eq!((due(&mut pacer, 99 * MS), pacer.next_due()), (vec![], None));
}

#[test]
fn a_mark_comes_when_the_frame_before_it_has_gone() {
    let mut pacer = filled(1);
    pacer.mark(Mark(1), Duration::ZERO).unwrap();
    pacer.push(&frame(1), Duration::ZERO).unwrap();
    pacer.mark(Mark(2), Duration::ZERO).unwrap();
    pacer.mark(Mark(3), Duration::ZERO).unwrap();
    assert_eq!(due(&mut pacer, Duration::ZERO), [Ok(0), Err(Mark(1))]);
    assert_eq!(due(&mut pacer, FRAME), [Ok(1), Err(Mark(2)), Err(Mark(3))]);
    pacer.mark(Mark(4), FRAME).unwrap();
    assert_eq!(pacer.next_due(), Some(Duration::ZERO));
    assert_eq!(due(&mut pacer, FRAME), [Err(Mark(4))]);
}

#[test]
fn a_line_that_was_quiet_speaks_at_once_but_never_faster() {
    let mut pacer = filled(1);
    assert_eq!(due(&mut pacer, Duration::ZERO), [Ok(0)]);
    pacer.push(&frame(1), 5 * MS).unwrap();
    assert_eq!(due(&mut pacer, 5 * MS), []);
    assert_eq!(due(&mut pacer, 20 * MS), [Ok(1)]);
    pacer.push(&frame(2), 1_003 * MS).unwrap();
    pacer.push(&frame(3), 1_004 * MS).unwrap();
    assert_eq!(due(&mut pacer, 1_004 * MS), [Ok(2)]);
    assert_eq!(pacer.next_due(), Some(1_023 * MS));
}

#[test]
fn a_short_stall_is_made_up_for_and_a_long_one_is_not() {
    let mut pacer = filled(50);
    assert_eq!(due(&mut pacer, Duration::ZERO), [Ok(0)]);
    assert_eq!(due(&mut pacer, 119 * MS), [1, 2, 3, 4, 5].map(Ok));
    assert_eq!(pacer.next_due(), Some(120 * MS));
    assert_eq!(due(&mut pacer, 220 * MS), [Ok(6)]);
    assert_eq!(pacer.next_due(), Some(240 * MS));
}

#[test]
fn clearing_tells_what_was_dropped() {
    let mut pacer = filled(4);
    pacer.mark(Mark(1), Duration::ZERO).unwrap();
    pacer.push(&frame(4), Duration::ZERO).unwrap();
    pacer.mark(Mark(2), Duration::ZERO).unwrap();
    due(&mut pacer, Duration::ZERO);
    assert_eq!(pacer.clear(), Dropped { sound: FRAME * 4, marks: vec![Mark(1), Mark(2)] });
    assert_eq!((pacer.clear(), pacer.queued()), (Dropped::default(), Duration::ZERO));
    pacer.push(&frame(9), 10 * MS).unwrap();
    assert_eq!(due(&mut pacer, 10 * MS), []);
    assert_eq!(due(&mut pacer, 20 * MS), [Ok(9)]);
}

#[test]
fn more_than_may_wait_is_refused_and_says_for_how_long() {
    let mut pacer = filled(500);
    let full = |retry_after| Err(Full { waiting: QUEUED_MAX, retry_after });
    assert_eq!(pacer.push(&frame(0), Duration::ZERO), full(FRAME));
    due(&mut pacer, Duration::ZERO);
    pacer.push(&frame(0), Duration::ZERO).unwrap();
    assert_eq!(pacer.push(&frame(0), 5 * MS), full(15 * MS));
    due(&mut pacer, 20 * MS);
    pacer.push(&frame(0), 20 * MS).unwrap();
    (0..256).for_each(|name| pacer.mark(Mark(name), 20 * MS).unwrap());
    assert_eq!(pacer.mark(Mark(256), 20 * MS), full(20 * MS));
    assert_eq!(pacer.clear().marks.len(), MARKS_MAX);
    pacer.mark(Mark(0), 20 * MS).unwrap();
}

#[test]
fn frames_keep_their_rates() {
    let mut pacer = Pacer::new();
    let frames = SampleRate::ALL.map(|rate| {
        let samples: Vec<i16> = (0..rate.frame_samples() as i16).collect();
        Frame::from_samples(rate, &samples).unwrap()
    });
    frames.iter().for_each(|frame| pacer.push(frame, Duration::ZERO).unwrap());
    for (n, frame) in (0..).zip(frames) {
        assert_eq!(pacer.due(FRAME * n), Some(Due::Frame(frame)));
    }
}

#[test]
fn an_hour_has_no_drift() {
    let mut pacer = Pacer::new();
    let (mut n_pushed, mut n_gone) = (0, 0);
    // Woken every 7 ms or so: never when a frame is due, and never 100 ms late.
    for now in (0..3_600_000u64).step_by(7).map(|ms| MS * (ms + ms % 6) as u32) {
        while pacer.queued() < Duration::from_secs(1) {
            pacer.push(&frame(n_pushed), now).unwrap();
            n_pushed += 1;
        }
        n_gone += due(&mut pacer, now).len() as u128;
        assert_eq!(n_gone, now.as_millis() / 20 + 1);
    }
}

/// What a line goes through.
#[derive(Clone, Debug)]
enum Life {
    Push(u8),
    Mark,
    Wait(u16),
    Clear,
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![
        4 => (1..60u8).prop_map(Life::Push),
        2 => Just(Life::Mark),
        6 => (0..60u16).prop_map(Life::Wait),
        1 => (0..2_000u16).prop_map(Life::Wait),
        1 => Just(Life::Clear),
    ]
}

proptest! {
    /// Frames and marks come out once, in the order in which they went in; no stretch of time has more
    /// frames than fit, and a burst; each frame goes on time if somebody came for it.
    #[test]
    fn whatever_happens_the_pace_holds(lives in prop::collection::vec(life(), 1..150)) {
        let mut pacer = Pacer::new();
        let mut now = Duration::ZERO;
        let (mut name, mut expected, mut got) = (0, VecDeque::new(), Vec::new());
        let mut times: Vec<Duration> = Vec::new();
        for life in lives {
            match life {
                Life::Push(n_frames) => for _ in 0..n_frames {
                    if pacer.push(&frame(name), now).is_ok() {
                        expected.push_back(Ok(name));
                        name += 1;
                    } else {
                        prop_assert_eq!(pacer.queued(), QUEUED_MAX);
                    }
                },
                Life::Mark => if pacer.mark(Mark(name), now).is_ok() {
                    expected.push_back(Err(Mark(name)));
                    name += 1;
                },
                Life::Wait(ms) => now += MS * u32::from(ms),
                Life::Clear => {
                    let dropped = pacer.clear();
                    let sound = expected.iter().filter(|one| one.is_ok()).count() as u32 * FRAME;
                    let marks = expected.drain(..).filter_map(Result::err).collect();
                    prop_assert_eq!(dropped, Dropped { sound, marks });
                }
            }
            got.clear();
            got.extend(due(&mut pacer, now));
            times.extend(got.iter().filter(|one| one.is_ok()).map(|_| now));
            for one in &got {
                prop_assert_eq!(Some(*one), expected.pop_front());
            }
            prop_assert!(pacer.next_due().is_none_or(|at| at > now && at <= now + FRAME));
        }
        for (first, since) in times.iter().enumerate() {
            for (n, until) in times[first..].iter().enumerate() {
                prop_assert!(FRAME * n as u32 <= *until - *since + BURST_MAX);
            }
        }
    }
}
