//! What the commands print, as golden files: JSON of the gateway in, text out.
//!
//! Run the tests with `GOLDEN=write` to write what is printed, and review the difference.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::ClientError;
use super::follow::{Follow, Heard};
use super::gateway::Which;
use super::paint::Paint;
use super::wire::{Call, Event, ImportReport, Paused, Recovery, make_plain};
use super::{CommandError, Exit, follow, import, list, paused_line, reload, show, url_of, words};

#[test]
fn live_calls_are_a_table() {
    let calls: Vec<Call> = read(live_calls());
    let table = list::table(&calls, Which::Live, NOW.parse().expect("is a time"), Paint::Plain);
    check_golden("ls_live.txt", &table);
}

#[test]
fn all_calls_are_a_table_with_their_endings() {
    let mut calls = live_calls();
    calls.as_array_mut().expect("is a list").extend(ended_calls());
    let calls: Vec<Call> = read(calls);
    let now = NOW.parse().expect("is a time");
    check_golden("ls_all.txt", &list::table(&calls, Which::All, now, Paint::Plain));
    check_golden("ls_all_coloured.txt", &list::table(&calls, Which::All, now, Paint::Coloured));
}

#[test]
fn a_recovery_tells_call_by_call_what_was_decided() {
    let recovery: Recovery = read(json!({
        "started_at": "2026-11-22T12:00:00.25Z",
        "calls": [
            {"id": "c_1", "to": "+15550100001", "believed": "in_progress", "carrier": "completed", "decision": "closed",
             "why": "the carrier says that it ended at 11:59:41", "after": "ended"},
            {"id": "c_2", "to": "+15550100002", "believed": "ringing", "carrier": null, "decision": "kept",
             "why": "the carrier answered 503; asked again", "after": "ringing"},
            {"id": "c_3", "believed": "placing"},
        ],
        "pending": 1,
    }));
    check_golden("ls_recovered.txt", &list::recovered_table(&recovery, Paint::Plain));
}

#[test]
fn a_call_is_told_with_its_facts_and_its_events() {
    let events: Vec<Event> = read(json!([
        {"version": 1, "at": "2026-11-22T11:58:00.001Z", "kind": "asked", "source": "api", "state": "queued",
         "summary": "asked to call +15550100001 and say \"Hello\"", "event": {}},
        {"version": 2, "at": "2026-11-22T11:58:00.020Z", "kind": "admitted", "source": "gateway", "summary": "got a slot, 1 of 10",
         "state": "placing"},
        {"version": 3, "at": "2026-11-22T11:58:05Z", "kind": "progress", "source": "look_up", "summary": null, "state": "placing"},
        {"version": 4, "at": "nonsense", "kind": "sighted"},
    ]));
    let mut ended = ended_calls();
    let command = |id: u32, verb: &str, state: &str| json!({"id": id, "verb": verb, "state": state});
    let with = |mut command: Value, field: &str, value: &str| {
        command[field] = json!(value);
        command
    };
    ended[0]["commands"] = json!([
        command(0, "say", "done"),
        with(command(1, "ask", "done"), "digits", "1"),
        with(command(2, "ask", "done"), "speech", "yes please"),
        with(command(3, "transfer", "done"), "transfer", "completed"),
        with(with(command(4, "say", "failed"), "why", "the call ended first"), "code", "call_over"),
        with(command(5, "ask", "in_doubt"), "why", "the call ended meanwhile"),
        command(6, "digits", "sent"),
    ]);
    let calls: Vec<Call> = read(Value::Array(ended));
    let live: Vec<Call> = read(live_calls());
    let recovery: Recovery = read(json!({
        "started_at": "2026-11-22T11:59:58Z",
        "calls": [{"id": live[1].id, "believed": "in_progress", "carrier": "in_progress", "decision": "hung_up",
            "why": "duration_max; hung up until the carrier confirms", "after": "hanging_up"}],
    }));
    let mut text = show::story(&calls[0], &events, Some(&recovery), Paint::Plain);
    text += &show::story(&live[1], &[], Some(&recovery), Paint::Plain);
    text += &show::story(&calls[3], &[], None, Paint::Plain);
    check_golden("show.txt", &text);
}

#[test]
fn a_call_that_is_followed_is_told_change_by_change() {
    let call = |fields: Value| {
        let mut call = json!({"id": "c_1", "to": "+15550100001", "created_at": "2026-11-22T12:00:00Z"});
        call.as_object_mut().expect("is an object").extend(fields.as_object().expect("is an object").clone());
        Ok::<Call, ClientError>(read(call))
    };
    let away = || Err(ClientError::Unreachable { url: "http://gw".to_owned() });
    let answers = [
        (0, call(json!({"state": "queued", "waits_for": "slot"}))),
        (1, call(json!({"state": "queued", "waits_for": "slot"}))),
        (2, call(json!({"state": "placing"}))),
        (3, away()),
        (30, away()),
        (62, call(json!({"state": "ringing"}))),
        (63, call(json!({"state": "in_progress", "answered_at": "2026-11-22T12:00:08Z"}))),
        (
            64,
            call(
                json!({"state": "ended", "answered_at": "2026-11-22T12:00:08Z", "ended_at": "2026-11-22T12:01:13Z",
            "ending": {"kind": "completed", "by": "remote", "cause": "normal_clearing", "carrier_code": null, "confirmed_by": "webhook"}}),
            ),
        ),
    ];
    check_golden("call_wait.txt", &followed(answers));
    let answers = [
        (0, call(json!({"state": "queued"}))),
        (1, call(json!({"state": "queued"}))),
        (2, call(json!({"state": "queued"}))),
        (3, call(json!({"state": "queued"}))),
        (
            60,
            call(
                json!({"state": "ended", "ending": {"kind": "failed", "by": "gateway", "cause": "not_admitted", "confirmed_by": "gateway"}}),
            ),
        ),
    ];
    check_golden("call_wait_failed.txt", &followed(answers));
    let answers = [(0, call(json!({"state": "ringing"}))), (1, away()), (60, away()), (61, away())];
    check_golden("call_wait_away.txt", &followed(answers));
}

/// All that a person reads who follows a call, with the seconds at which it was heard.
fn followed(answers: impl IntoIterator<Item = (u64, Result<Call, ClientError>)>) -> String {
    let start = Instant::now();
    let mut follow = Follow::new(Paint::Plain);
    let mut text = String::new();
    for (second, answer) in answers {
        let line = match follow.hear(answer, start + Duration::from_secs(second)) {
            Heard::Nothing => continue,
            Heard::News(lines) => lines,
            Heard::Remark(remark) => format!("(stderr) {remark}\n"),
            Heard::Over { lines, exit } => format!("{lines}exit {}\n", exit as u8),
            Heard::GivenUp(error) => {
                let error = CommandError::from(error);
                format!("(stderr) {error}\nexit {}\n", error.exit() as u8)
            }
        };
        write!(text, "{second:>2} s  {line}").expect("a string takes every line");
    }
    text
}

#[test]
fn a_queued_call_says_what_it_waits_for() {
    let wait = |waits_for: &str| {
        let call: Call = read(json!({"id": "c_1", "state": "queued", "waits_for": waits_for}));
        follow::line(&call, Paint::Plain)
    };
    check_golden("queued.txt", &["slot", "doubt", "pace", "retry", "pause", "a_sign"].map(wait).concat());
}

#[test]
fn an_import_counts_what_was_taken_and_names_what_was_not() {
    let report: ImportReport = read(json!({
        "taken": 3, "live": 1, "known": 0,
        "skipped": [{"line": 7, "reason": "it is torn: EOF while parsing"}],
        "reported": [{"line": 2, "call": "c_1", "reason": "two carriers are of kind twilio, and neither has its number"}],
    }));
    let text =
        format!("{}(stderr) {}\n", import::counts(&report), import::remarks(&report).join("\n(stderr) "));
    check_golden("import.txt", &text);
    let nothing: ImportReport = read(json!({"taken": 1}));
    assert_eq!(import::counts(&nothing), "1 call taken, 0 of them live; 0 known already; 0 lines skipped\n");
    assert!(import::remarks(&nothing).is_empty());
}

#[test]
fn a_pause_says_how_it_ends() {
    let line = |paused: Value| paused_line(&read::<Paused>(paused));
    assert_eq!(
        line(json!({"paused": true, "reason": "tests"})),
        "paused (tests): no new outbound call is placed until 'offhook resume'\n"
    );
    assert_eq!(
        line(json!({"paused": true, "reason": "tests", "was": "night"})),
        "paused (tests): no new outbound call is placed until 'offhook resume'; it was paused already \
         (night), and that reason is replaced\n"
    );
    assert_eq!(
        line(json!({"paused": true, "reason": "night", "was": "night"})),
        "paused (night): no new outbound call is placed until 'offhook resume'; it was paused already\n"
    );
    assert_eq!(line(json!({"paused": false, "reason": null})), "not paused: outbound calls are placed\n");
}

#[test]
fn a_reload_names_what_is_in_force_and_what_needs_a_restart() {
    let said = |changed: &[&str], rest: &[&str]| {
        reload::lines(&read(json!({"changed": changed, "needs_restart": rest})))
    };
    assert_eq!(said(&[], &[]), "nothing to take over: what is written is in force\n");
    assert_eq!(
        said(&["calls.live_max", "dial.quiet_hours"], &["listen", "store.url"]),
        "in force: calls.live_max, dial.quiet_hours\nneeds a restart: listen, store.url\n"
    );
    assert_eq!(said(&[], &["log"]), "needs a restart: log\n");
}

#[test]
fn what_strangers_wrote_cannot_command_the_terminal() {
    let mut json = json!({"cause": "\u{1b}[2Jgone\nnext\u{202e}txt", "more": ["\u{7}"], "number": 1});
    make_plain(&mut json);
    assert_eq!(json, json!({"cause": "\u{fffd}[2Jgone next\u{fffd}txt", "more": ["\u{fffd}"], "number": 1}));
}

#[test]
fn lengths_are_told_in_their_two_largest_units() {
    let cases = [
        (-5, "0s"),
        (0, "0s"),
        (59, "59s"),
        (60, "1m00s"),
        (3599, "59m59s"),
        (3600, "1h00m"),
        (90_000, "1d01h"),
    ];
    for (seconds, expected) in cases {
        assert_eq!(words::length(jiff::SignedDuration::from_secs(seconds)), expected);
    }
}

#[test]
fn a_gateway_is_reached_where_it_listens() {
    let cases = [
        ("127.0.0.1:4060", Some("http://127.0.0.1:4060")),
        ("0.0.0.0:80", Some("http://127.0.0.1:80")),
        ("[::]:4060", Some("http://[::1]:4060")),
        ("10.0.0.1:4060", Some("http://10.0.0.1:4060")),
        ("127.0.0.1:0", None),
    ];
    for (listen, expected) in cases {
        let url = url_of(listen.parse().expect("is an address"));
        assert_eq!(url.as_deref().ok(), expected, "{listen}");
    }
}

#[test]
fn every_failure_has_its_exit_code() {
    let url = || "http://gw".to_owned();
    let problem = ClientError::Problem { status: http::StatusCode::CONFLICT, message: String::new() };
    let cases: [(CommandError, Exit); 6] = [
        (CommandError::Usage(String::new()), Exit::Usage),
        (ClientError::BadUrl(String::new()).into(), Exit::Usage),
        (ClientError::Unreachable { url: url() }.into(), Exit::Unreachable),
        (ClientError::Lost { url: url(), why: String::new() }.into(), Exit::Failed),
        (ClientError::Unreadable { url: url(), why: String::new() }.into(), Exit::Failed),
        (problem.into(), Exit::Failed),
    ];
    for (error, exit) in cases {
        assert_eq!(error.exit(), exit, "{error:?}");
    }
    let unreachable = ClientError::Unreachable { url: "http://127.0.0.1:4060".to_owned() };
    assert_eq!(
        unreachable.to_string(),
        "cannot reach the gateway at http://127.0.0.1:4060; start it with 'offhook serve'"
    );
}

fn live_calls() -> Value {
    json!([
        {"id": "c_0193a1", "state": "in_progress", "direction": "outbound", "from": "+15550100000", "to": "+15550100001",
         "carrier": "simulated", "carrier_call_id": "CA1", "created_at": "2026-11-22T11:58:00Z", "answered_at": "2026-11-22T11:58:08Z",
         "ended_at": null, "ending": null, "deadline": "2026-11-22T12:08:08Z"},
        {"id": "c_0193a2", "state": "hanging_up", "direction": "inbound", "from": "+447700900123", "to": "+15550100000",
         "carrier": "work", "created_at": "2026-11-22T11:59:58.5Z", "imported_id": "abc-1", "say": "Hello",
         "deadline": "2026-11-22T12:08:08.5Z", "alarm": {"kind": "hang_up_fails", "since": 3}, "new_key": [1]},
        {"id": "c_0193a3", "state": "queued", "waits_for": "slot", "to": "+15550100003", "from": null, "created_at": 7},
    ])
}

fn ended_calls() -> Vec<Value> {
    let call = |id: &str, answered: Value, ending: Value| {
        json!({"id": id, "state": "ended", "direction": "outbound", "from": "+15550100000", "to": "+15550100001", "carrier": "simulated",
            "carrier_call_id": "CA2", "created_at": "2026-11-22T11:58:00Z", "answered_at": answered,
            "ended_at": "2026-11-22T11:59:10Z", "ending": ending, "deadline": "2026-11-22T12:08:08Z"})
    };
    vec![
        call(
            "c_0193b1",
            json!("2026-11-22T11:58:08Z"),
            json!({"kind": "completed", "by": "remote", "confirmed_by": "webhook"}),
        ),
        call(
            "c_0193b2",
            json!(null),
            json!({"kind": "busy", "by": "remote", "cause": "user_busy", "carrier_code": 486, "confirmed_by": "look_up"}),
        ),
        call(
            "c_0193b3",
            json!(null),
            json!({"kind": "indeterminate", "by": "gateway", "cause": "not_found_at_carrier", "confirmed_by": "nobody"}),
        ),
        call("c_0193b4", json!(null), json!({"kind": "no_answer"})),
    ]
}

fn read<T: serde::de::DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("is in the API's shape")
}

/// Holds `text` against a golden file, or writes the file if `GOLDEN=write`.
fn check_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/golden").join(name);
    if std::env::var("GOLDEN").as_deref() == Ok("write") {
        std::fs::write(&path, text).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{name} differs; GOLDEN=write writes it");
}

const NOW: &str = "2026-11-22T12:00:00Z";
