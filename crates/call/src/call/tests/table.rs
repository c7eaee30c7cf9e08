//! The whole table in print: `call/transitions.txt`. A changed row is discussed in review as one
//! would discuss a schema. Write it anew with `UPDATE_SNAPSHOTS=1 cargo test -p call`.

use super::samples::{LATE, NOW, at, calls, news};
use crate::Timestamp;
use crate::call::{Call, CallState, Effect, Event, News, Source, step};
use std::collections::BTreeSet;
use std::fmt::Write as _;

#[test]
fn the_table_is_the_one_in_print() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/call/transitions.txt");
    let table = table();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let printed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(printed, table, "read the new table, then UPDATE_SNAPSHOTS=1 cargo test -p call");
}

#[test]
fn every_state_is_among_the_words_and_every_word_is_a_state() {
    let words: BTreeSet<&str> = calls().iter().map(|(_, call)| call.state.word()).collect();
    assert_eq!(words, CallState::WORDS.into());
}

fn table() -> String {
    let mut out = String::from(HEAD);
    for (name, call) in calls() {
        let _ = writeln!(out, "\n{name}");
        let mut still = Vec::new();
        for (what, news) in news() {
            let (soon, late) = (row(&call, NOW, &news), row(&call, LATE, &news));
            if soon.is_empty() && late.is_empty() {
                still.push(what);
            }
            if !soon.is_empty() {
                let _ = writeln!(out, "  {what:<35}{soon}");
            }
            if late != soon {
                let _ = writeln!(out, "  {:<35}{late}", format!("{what} LATE"));
            }
        }
        let _ = writeln!(out, "  unmoved by: {}", still.join(", "));
    }
    out
}

fn row(call: &Call, when: Timestamp, news: &News) -> String {
    let step = step(call, &heard(when, news.clone()));
    format!("{}{}", shape(call, &step.call), owed(&step.effects))
}

fn heard(when: Timestamp, news: News) -> Event {
    let source = match &news {
        News::Progressed { .. } | News::Over { .. } | News::Unread { .. } => Source::Webhook,
        News::Sighted { .. } => Source::LookUp,
        News::Found(_) => Source::Listing,
        News::HangUpRequested { .. } | News::CommandAsked(_) => Source::Api,
        News::CommandHeard { .. }
        | News::DigitsHeard { .. }
        | News::AnsweredBy { .. }
        | News::Named { .. } => Source::Webhook,
        News::CheckDue
        | News::Admitted { .. }
        | News::GateRefused(_)
        | News::OptedOut(_)
        | News::AnswerRequested
        | News::Declined { .. } => Source::Gateway,
        _ => Source::Reply,
    };
    at(when, source, news)
}

fn shape(old: &Call, new: &Call) -> String {
    if old == new {
        return String::new();
    }
    let mut text = match &new.state {
        CallState::Ended(over) if !old.state.is_ended() => {
            let ending = &over.ending;
            format!(
                "Ended({:?} by {:?}: {}, says {:?})",
                ending.kind, ending.by, ending.cause, ending.confirmed_by
            )
        }
        state => word(state),
    };
    for command in &new.commands {
        let before = old.command(command.id).map(|known| known.state.word());
        if before != Some(command.state.word()) {
            let _ = write!(text, ", {} {}", command.id, command.state.word());
        }
    }
    if new.pressed.len() > old.pressed.len() {
        text.push_str(" + digits");
    }
    if new.opted_out.is_some() && old.opted_out.is_none() {
        text.push_str(" + opted out");
    }
    if new.answered_by != old.answered_by {
        text.push_str(" + who picked up");
    }
    if new.recording != old.recording {
        text.push_str(" + recording");
    }
    let stage = |call: &Call| call.at_carrier.as_ref().map(|kept| kept.stage.clone());
    if let Some(stage) = stage(new).filter(|new| stage(old).as_ref() != Some(new)) {
        let _ = write!(text, " + {}", stage.word());
    }
    if new.also.len() > old.also.len() {
        text.push_str(" + name");
    }
    match new.strays.len().cmp(&old.strays.len()) {
        std::cmp::Ordering::Greater => text.push_str(" + stray"),
        std::cmp::Ordering::Less => text.push_str(" - stray"),
        std::cmp::Ordering::Equal => {}
    }
    text
}

fn word(state: &CallState) -> String {
    let text = format!("{state:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}

fn owed(effects: &[Effect]) -> String {
    effects.iter().map(|effect| format!("  → {effect:?}")).collect()
}

const HEAD: &str = "\
Every state × every event, as printed by crates/call/src/call/tests/table.rs.
A row: event, the state it leads to (the same word: only its timers or counts changed), what is owed.
LATE rows are heard past every deadline and bound, and stand only where that makes a difference.
";
