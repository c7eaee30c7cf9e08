#![allow(clippy::unwrap_used)]

mod random;

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_100_000);

fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        queue_max: seconds(60),
        ring_max: seconds(45),
        duration_max: seconds(600),
        find_max: seconds(120),
        settle: seconds(15),
        look_unanswered: seconds(5),
        look_talking: seconds(30),
    }
}

fn mapping(twilios: &[&str]) -> Mapping {
    let names = |names: &[&str]| names.iter().map(|name| CarrierName((*name).to_owned())).collect::<Vec<_>>();
    let number = "+12025550100".parse().unwrap();
    Mapping {
        by_kind: BTreeMap::from([
            ("twilio".to_owned(), names(twilios)),
            ("simulated".to_owned(), names(&["sim"])),
        ]),
        numbers: BTreeMap::from([(number, CarrierName("b".to_owned()))]),
        limits: Some(limits()),
    }
}

fn line(id: &str, state: &str, more: &str) -> String {
    format!(
        r#"{{"callId":"{id}","provider":"twilio","direction":"outbound","state":"{state}","from":"+12025550100","to":"+12025550143","startedAt":1700000000000,"transcript":[],"processedEventIds":[],"metadata":{{}}{more}}}"#
    )
}

fn one(text: &str) -> ImportedCall {
    let read = read(text, &mapping(&["a"]), NOW);
    assert_eq!(read.skipped, []);
    assert_eq!(read.calls.len(), 1);
    read.calls.into_iter().next().unwrap()
}

#[test]
fn the_last_line_of_a_call_counts_and_bad_lines_are_named() {
    let text = [
        line("1", "initiated", ""),
        "{\"callId\":\"torn".to_owned(),
        String::new(),
        line("1", "completed", r#","endedAt":1700000060000"#),
        line("2", "flying", ""),
        line("3", "ringing", r#","providerCallId":"CA3""#),
    ]
    .join("\n");
    let read = read(&text, &mapping(&["a"]), NOW);
    assert_eq!(read.skipped.iter().map(|skipped| skipped.line).collect::<Vec<_>>(), [2, 5]);
    let taken: Vec<_> = read.calls.iter().map(|call| (call.line, call.state.word())).collect();
    assert_eq!(taken, [(4, "ended"), (6, "ringing")]);
}

#[test]
fn a_line_that_is_not_taken_hides_none_before_it() {
    let text = [
        line("1", "ringing", r#","providerCallId":"CA1""#),
        line("1", "active", r#","providerCallId":"C A""#),
    ];
    let read = read(&text.join("\n"), &mapping(&["a"]), NOW);
    assert_eq!(read.skipped.iter().map(|skipped| skipped.line).collect::<Vec<_>>(), [2]);
    assert_eq!(
        read.calls.iter().map(|call| (call.line, call.state.word())).collect::<Vec<_>>(),
        [(1, "ringing")]
    );
}

#[test]
fn every_state_finds_its_place() {
    for (state, expected) in [
        ("initiated", "initiated"),
        ("ringing", "ringing"),
        ("answered", "in_progress"),
        ("active", "in_progress"),
        ("speaking", "in_progress"),
        ("listening", "in_progress"),
        ("completed", "ended"),
        ("hangup-user", "ended"),
        ("hangup-bot", "ended"),
        ("timeout", "ended"),
        ("error", "ended"),
        ("failed", "ended"),
        ("no-answer", "ended"),
        ("busy", "ended"),
        ("voicemail", "ended"),
    ] {
        let long_ago = if expected == "ended" { r#","endedAt":1699900000000"# } else { "" };
        let more = format!(r#","providerCallId":"CA1"{long_ago}"#);
        assert_eq!(one(&line("1", state, &more)).state.word(), expected, "{state}");
    }
}

#[test]
fn a_call_without_a_carriers_id_is_looked_for_and_not_dropped() {
    let call = one(&line("1", "active", ""));
    let CallState::Placing(placing) = &call.state else { panic!("{:?}", call.state) };
    assert_eq!((placing.since, placing.watch.due_at), (Timestamp(1_700_000_000_000), NOW));
    assert!(call.remark.is_some());
}

#[test]
fn a_call_that_was_over_but_not_marked_so_is_over() {
    let call = one(&line("1", "speaking", r#","endedAt":1700000060000,"endReason":"busy""#));
    let CallState::Ended(over) = &call.state else { panic!("{:?}", call.state) };
    assert_eq!((over.ending.kind, over.ending.confirmed_by), (EndingKind::Busy, ConfirmedBy::Import));
}

#[test]
fn the_carrier_is_found_by_kind_then_by_number_and_never_guessed() {
    let carrier = |twilios: &[&str], text: &str| {
        let call = read(text, &mapping(twilios), NOW).calls.into_iter().next().unwrap();
        (call.facts.carrier.0, call.remark.is_some())
    };
    let text = line("1", "active", r#","providerCallId":"CA1""#);
    assert_eq!(carrier(&["a"], &text), ("a".to_owned(), false));
    assert_eq!(carrier(&["a", "b"], &text), ("b".to_owned(), false));
    assert_eq!(carrier(&["a", "c"], &text), ("twilio (ambiguous)".to_owned(), true));
    assert_eq!(carrier(&[], &text), ("twilio".to_owned(), true));
    let mock = text.replace("\"twilio\"", "\"mock\"");
    assert_eq!(carrier(&["a"], &mock), ("sim".to_owned(), false));
}

#[test]
fn a_recent_end_that_no_carrier_proved_is_asked_about() {
    let ended = |word: &str, at: i64| {
        let more = format!(
            r#","providerCallId":"CA1","answeredAt":1700000010000,"endedAt":{at},"endReason":"{word}""#
        );
        one(&line("1", "completed", &more)).state.word()
    };
    let lately = 1_700_000_060_000;
    for word in ["completed", "failed", "error", "timeout"] {
        assert_eq!(ended(word, lately), "in_progress", "{word}");
        assert_eq!(ended(word, lately - 2 * 86_400_000), "ended", "{word}, two days ago");
    }
    for word in ["hangup-user", "hangup-bot", "busy", "no-answer", "voicemail"] {
        assert_eq!(ended(word, lately), "ended", "{word}");
    }
    // Without the carrier's name for it there is nothing to ask about.
    assert_eq!(one(&line("1", "completed", r#","endedAt":1700000060000"#)).state.word(), "ended");
}

#[test]
fn a_snapshot_may_come_in_a_wrapper() {
    let inner = line("1", "ringing", r#","providerCallId":"CA1""#);
    let wrapped = format!(r#"{{"version":2,"persistedAt":1700000000000,"call":{inner}}}"#);
    assert_eq!(one(&wrapped).state, one(&inner).state);
}

#[test]
fn a_carrier_of_that_name_will_do_where_there_is_none_of_that_kind() {
    let mut mapping = mapping(&["a"]);
    mapping.by_kind.insert("simulated".to_owned(), vec![CarrierName("plivo".to_owned())]);
    let text = line("1", "ringing", r#","providerCallId":"1""#).replace("twilio", "plivo");
    let read = read(&text, &mapping, NOW);
    let call = &read.calls[0];
    assert_eq!((call.facts.carrier.as_str(), &call.remark), ("plivo", &None));
}
