#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

const MINUTE_MS: i64 = 60_000;

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn shown(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().to_string()
}

fn check(hours: &str, number: &str, now: &str, expected: &str) {
    check_several(hours, number, Several::Any, now, expected);
}

fn check_several(hours: &str, number: &str, several: Several, now: &str, expected: &str) {
    let hours: QuietHours = hours.parse().unwrap();
    let said = match hours.ask(&number.parse().unwrap(), several, at(now)) {
        None => "open".to_owned(),
        Some(Quiet { zone, clock, opens_at }) => {
            format!("{clock} {zone} until {}", opens_at.map_or("never".to_owned(), shown))
        }
    };
    assert_eq!(said, expected, "{hours} {number} {now}");
}

#[test]
fn it_is_quiet_by_the_clock_of_the_one_who_is_called() {
    let (london, new_york) = ("+442079460123", "+12125550123");
    check("21:00-08:00", london, "2026-01-15T20:59:59.999Z", "open");
    check("21:00-08:00", london, "2026-01-15T21:00:00Z", "21:00 Europe/London until 2026-01-16T08:00:00Z");
    check("21:00-08:00", london, "2026-07-15T20:00:00Z", "21:00 Europe/London until 2026-07-16T07:00:00Z");
    check("21:00-08:00", london, "2026-01-16T07:59:59Z", "07:59 Europe/London until 2026-01-16T08:00:00Z");
    check("21:00-08:00", london, "2026-01-16T08:00:00Z", "open");
    check(
        "21:00-08:00",
        new_york,
        "2026-01-16T08:00:00Z",
        "03:00 America/New_York until 2026-01-16T13:00:00Z",
    );
    check("12:00-13:30", london, "2026-01-16T12:30:00Z", "12:30 Europe/London until 2026-01-16T13:30:00Z");
    check("12:00-13:30", london, "2026-01-16T13:30:00Z", "open");
}

#[test]
fn a_night_in_which_clocks_are_set_is_as_long_as_it_is() {
    let london = "+442079460123";
    // 2026-03-29: one o'clock becomes two.
    check("21:00-08:00", london, "2026-03-28T22:00:00Z", "22:00 Europe/London until 2026-03-29T07:00:00Z");
    check("23:00-01:30", london, "2026-03-29T00:30:00Z", "00:30 Europe/London until 2026-03-29T01:00:00Z");
    // 2026-10-25: two o'clock becomes one, and half past one is there twice.
    check("21:00-08:00", london, "2026-10-24T22:00:00Z", "23:00 Europe/London until 2026-10-25T08:00:00Z");
    check("23:00-01:30", london, "2026-10-25T00:10:00Z", "01:10 Europe/London until 2026-10-25T00:30:00Z");
    check("23:00-01:30", london, "2026-10-25T01:10:00Z", "01:10 Europe/London until 2026-10-25T01:30:00Z");
}

#[test]
fn of_several_zones_any_is_enough_or_all_are_needed() {
    let spain = "+34911234567";
    check("21:00-08:00", spain, "2026-01-15T20:30:00Z", "21:30 Europe/Madrid until 2026-01-16T08:00:00Z");
    check_several("21:00-08:00", spain, Several::All, "2026-01-15T20:30:00Z", "open");
    check_several(
        "21:00-08:00",
        spain,
        Several::All,
        "2026-01-15T22:00:00Z",
        "23:00 Europe/Madrid until 2026-01-16T07:00:00Z",
    );
    // Eleven zones leave no hour in which it is day in all of them.
    check("18:00-10:00", "+79161234567", "2026-01-15T12:00:00Z", "18:00 Asia/Omsk until never");
}

#[test]
fn a_number_of_no_known_zone_is_always_quiet() {
    check("21:00-08:00", "+870773123456", "2026-01-15T12:00:00Z", "  until never");
}

#[test]
fn what_names_no_hours_is_refused() {
    for text in
        ["", "21:00", "21-08", "24:00-08:00", "21:60-08:00", "9:00-10:00", "08:00-08:00", "+1:00-02:00"]
    {
        assert!(text.parse::<QuietHours>().is_err(), "{text:?}");
    }
    let hours: QuietHours = " 21:05 - 08:00 ".parse().unwrap();
    assert_eq!(hours.to_string(), "21:05-08:00");
}

#[test]
fn a_day_begins_at_its_own_midnight() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let now = at("2026-03-08T12:00:00Z");
    assert_eq!(shown(day_start(&zone, now)), "2026-03-08T05:00:00Z");
    assert_eq!(shown(day_end(&zone, now).unwrap()), "2026-03-09T04:00:00Z");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Walked minute by minute: it stays quiet until it opens, and is open then. Days are drawn
    /// around those on which clocks are set.
    #[test]
    fn quiet_hours_end_when_they_say(
        zones in prop::sample::subsequence(ZONES.to_vec(), 1..=3),
        several in prop::sample::select(vec![Several::Any, Several::All]),
        from in 0..1440u16,
        length in 1..1200u16,
        day in prop::sample::select(DAYS.to_vec()),
        minute in 0..(3 * 1440i64),
    ) {
        let hours = QuietHours { from, to: (from + length) % 1440 };
        let zones: Vec<TimeZone> = zones.into_iter().map(|zone| TimeZone::get(zone).unwrap()).collect();
        let now = Timestamp(at(day).as_millis() + minute * MINUTE_MS);
        let quiet = |at: Timestamp| hours.ask_in(&zones, several, at);
        let Some(Quiet { opens_at: Some(opens_at), .. }) = quiet(now) else { return Ok(()) };
        prop_assert!(opens_at > now);
        prop_assert!(quiet(opens_at).is_none(), "open at {}", shown(opens_at));
        let mut walked = now;
        while walked < opens_at {
            prop_assert!(quiet(walked).is_some(), "quiet at {}", shown(walked));
            walked = Timestamp(walked.as_millis() + MINUTE_MS);
        }
    }
}

/// Zones whose clocks are set by an hour, by half an hour, to the south, and never.
const ZONES: [&str; 7] = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kolkata",
    "Pacific/Honolulu",
    "Asia/Kathmandu",
];
const DAYS: [&str; 6] = [
    "2026-03-07T00:00:00Z",
    "2026-03-28T00:00:00Z",
    "2026-04-03T00:00:00Z",
    "2026-09-05T00:00:00Z",
    "2026-10-03T00:00:00Z",
    "2026-10-31T00:00:00Z",
];
