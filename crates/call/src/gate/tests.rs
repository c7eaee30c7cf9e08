//! The table of cases in print, `gate/cases.txt`, and what holds whatever is asked. Write the table
//! anew with `UPDATE_SNAPSHOTS=1 cargo test -p call`.

#![allow(clippy::unwrap_used)]

mod properties;

use super::*;
use std::fmt::Write as _;

/// Mid-day in New York and London, night in Sydney.
const NOON: &str = "2026-06-10T16:00:00Z";
/// Night in New York and London.
const NIGHT: &str = "2026-06-11T03:30:00Z";

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// As a careful owner would set it: everything on.
pub(super) fn rules() -> Rules {
    Rules {
        destinations: Destinations::Countries(BTreeSet::from(["US", "GB"].map(str::to_owned))),
        quiet: Some("21:00-08:00".parse().unwrap()),
        several: Several::Any,
        attempts_per_hour: 2,
        attempts_per_day: 5,
        rejected_pause: Duration::from_secs(86_400),
        minutes_per_day: Some(60),
        spend_per_day: Some(Money(2_000_000)),
        prices: BTreeMap::from([(carrier("main"), Money(14_000)), (carrier("dear"), Money(500_000))]),
        day_zone: TimeZone::get("America/New_York").unwrap(),
    }
}

pub(super) fn carrier(name: &str) -> CarrierName {
    CarrierName(name.to_owned())
}

pub(super) fn listed(by: ListedBy, reason: &str) -> Listed {
    let call = matches!(by, ListedBy::CalleeKey | ListedBy::CalleeWords).then(|| crate::CallId::from_bits(7));
    Listed { at: at("2026-06-01T12:00:00Z"), by, reason: reason.to_owned(), call }
}

fn minutes(main: u64, dear: u64) -> Known {
    let minutes = BTreeMap::from([(carrier("main"), main), (carrier("dear"), dear)]);
    Known { minutes, ..Known::default() }
}

struct Case {
    name: &'static str,
    to: &'static str,
    now: &'static str,
    known: Known,
    rules: Rules,
}

fn case(name: &'static str, to: &'static str, now: &'static str, known: Known) -> Case {
    Case { name, to, now, known, rules: rules() }
}

#[test]
fn the_cases_are_those_in_print() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/gate/cases.txt");
    let mut out = String::from(HEAD);
    for case in numbers().into_iter().chain(clocks()).chain(counts()) {
        let Case { name, to, now, known, rules } = case;
        let to = Party::read(to);
        let verdict = decide(&Question { to: &to, now: at(now), rules: &rules, known: &known });
        let _ = match verdict {
            Verdict::Allowed(passed) => writeln!(out, "\n{name}\n  allowed: {}", shown(&passed)),
            Verdict::Refused(refused) => {
                let word = refused.rule().word();
                let until = refused.not_before().map(|at| format!(" [not before {}]", iso(at)));
                writeln!(out, "\n{name}\n  {word}: {refused}{}", until.unwrap_or_default())
            }
        };
    }
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &out).unwrap();
    }
    let printed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(printed, out, "read the new cases, then UPDATE_SNAPSHOTS=1 cargo test -p call");
}

fn shown(passed: &Passed) -> String {
    let clock = passed.clock.as_ref().map(|clock| format!("{clock}, ")).unwrap_or_default();
    let minutes = passed.minutes_day.map(|minutes| format!(", {minutes} minutes")).unwrap_or_default();
    let Passed { attempts_hour, attempts_day, .. } = passed;
    format!("{clock}{attempts_hour} in the hour, {attempts_day} in the day{minutes}")
}

fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap().to_string()
}

fn numbers() -> Vec<Case> {
    let nothing = Known::default;
    vec![
        case("a number at noon", NEW_YORK, NOON, nothing()),
        Case { rules: Rules::default(), ..case("the same, with every rule off", NEW_YORK, NIGHT, nothing()) },
        case("an emergency number", "911", NOON, nothing()),
        Case { rules: Rules::default(), ..case("the same, with every rule off", "911", NOON, nothing()) },
        case("an emergency number behind a country code", "+44999", NOON, nothing()),
        case("no number", "anonymous", NOON, nothing()),
        case("a premium number", "+19005550123", NOON, nothing()),
        Case {
            rules: Rules::default(),
            ..case("the same, with every rule off", "+19005550123", NOON, nothing())
        },
        case("a country that may be called", LONDON, NOON, nothing()),
        case("a country that may not", "+861069445464", NOON, nothing()),
        case("a neighbour under the same country code", "+18765550123", NOON, nothing()),
        case("a ship", "+870773123456", NOON, nothing()),
        Case { rules: like_ours(), ..case("a country like that of our number", LONDON, NOON, nothing()) },
        Case { rules: like_ours(), ..case("one unlike that of any of ours", NEW_YORK, NOON, nothing()) },
    ]
}

fn like_ours() -> Rules {
    Rules { destinations: Destinations::Like([LONDON.parse().unwrap()].into()), ..rules() }
}

fn clocks() -> Vec<Case> {
    let nothing = Known::default;
    let everywhere = |several| Rules { destinations: Destinations::Everywhere, several, ..rules() };
    let (any, all) = (everywhere(Several::Any), everywhere(Several::All));
    let at_rest = |at: &str| Known { rejected_at: Some(self::at(at)), ..Known::default() };
    vec![
        case("at night", NEW_YORK, NIGHT, nothing()),
        case("at night, in summer time", LONDON, "2026-06-10T20:30:00Z", nothing()),
        case("a minute before the night", LONDON, "2026-06-10T19:59:59Z", nothing()),
        case("as the night ends", LONDON, "2026-06-10T07:00:00Z", nothing()),
        case("no area: night in Hawaii is enough", "+18005550123", NOON, nothing()),
        Case {
            rules: any.clone(),
            ..case("two zones, night in one", "+34911234567", "2026-06-10T19:30:00Z", nothing())
        },
        Case {
            rules: all,
            ..case("the same, where all must be", "+34911234567", "2026-06-10T19:30:00Z", nothing())
        },
        Case { rules: any, ..case("a ship, where all may be called", "+870773123456", NOON, nothing()) },
        case("an hour after a rejection", NEW_YORK, NOON, at_rest("2026-06-10T15:00:00Z")),
        case("a day after a rejection", NEW_YORK, NOON, at_rest("2026-06-09T16:00:00Z")),
        case("a rejection by a clock that runs ahead", NEW_YORK, NOON, at_rest("2026-06-12T16:00:00Z")),
    ]
}

fn counts() -> Vec<Case> {
    let attempts = |attempts_hour, attempts_day| Known { attempts_hour, attempts_day, ..Known::default() };
    let on_list = |by, reason| Known { listed: Some(listed(by, reason)), ..Known::default() };
    let paused = Known { paused: Some("by hand".to_owned()), ..Known::default() };
    let everything = Known {
        attempts_hour: 9,
        attempts_day: 9,
        rejected_at: Some(at("2026-06-10T15:00:00Z")),
        ..Known { listed: Some(listed(ListedBy::Api, "")), ..minutes(90, 90) }
    };
    vec![
        case("paused", NEW_YORK, NOON, paused),
        case("on the list, by a user", NEW_YORK, NOON, on_list(ListedBy::Api, "asked by letter")),
        case("on the list, by a file", NEW_YORK, NOON, on_list(ListedBy::Import, "")),
        case("on the list, by a key", NEW_YORK, NOON, on_list(ListedBy::CalleeKey, "pressed 9")),
        case("on the list, by words", NEW_YORK, NOON, on_list(ListedBy::CalleeWords, "said: stop calling")),
        case("one call in the hour", NEW_YORK, NOON, attempts(1, 4)),
        case("two calls in the hour", NEW_YORK, NOON, attempts(2, 4)),
        case("five calls in the day", NEW_YORK, NOON, attempts(0, 5)),
        case("an hour of talk, less a minute", NEW_YORK, NOON, minutes(59, 0)),
        case("an hour of talk", NEW_YORK, NOON, minutes(60, 0)),
        case("a dear carrier", NEW_YORK, NOON, minutes(0, 4)),
        case("everything at once, at night", NEW_YORK, NIGHT, everything),
    ]
}

const NEW_YORK: &str = "+12125550123";
const LONDON: &str = "+442079460123";

const HEAD: &str = "\
What the gate decides, as printed by crates/call/src/gate/tests.rs. Unless a case says otherwise, the
rules are: countries US and GB, quiet from 21:00 to 08:00, 2 attempts an hour and 5 a day, 24 hours
after a rejection, 60 minutes and 2.00 a day by New York's clock.
";
