//! The words that people, the log and the store read, and what is not written at all.

use super::samples::*;
use crate::call::*;
use crate::gate::{Decided, ListedBy, Stage};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// The word by which a value is kept on disk.
fn kept_as(value: &impl Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        serde_json::Value::String(word) => word,
        serde_json::Value::Object(fields) => fields.keys().next().unwrap().clone(),
        other => panic!("it has no word: {other}"),
    }
}

/// Each value is called as it is kept, so that a person who reads the store, the log and the HTTP
/// interface meets one word, and no two are called alike.
fn check<T: Serialize>(values: impl IntoIterator<Item = T>, word: impl Fn(&T) -> &'static str) {
    let mut kept = BTreeSet::new();
    let mut told = BTreeSet::new();
    for value in values {
        // Shorter, or as people write it.
        let expected = match kept_as(&value).as_str() {
            "send_digits" => "digits".to_owned(),
            other => other.replace("hang_up", "hangup"),
        };
        assert_eq!(word(&value), expected);
        kept.insert(kept_as(&value));
        told.insert(word(&value));
    }
    assert_eq!(told.len(), kept.len());
}

#[test]
fn a_thing_is_called_by_the_word_that_it_is_kept_by() {
    use EndingKind as K;
    use UnknownWhy as W;

    check(calls().into_iter().map(|(_, call)| call.state), CallState::word);
    check(news().into_iter().map(|(_, news)| news), News::word);
    check(verbs(), Verb::word);
    check(command_states(), CommandState::word);
    check([K::Completed, K::Busy, K::NoAnswer, K::Canceled, K::Rejected, K::Failed], |kind| kind.word());
    check([W::Unreachable, W::TimedOut, W::Unauthorized, W::NotFound, W::NotConfigured], |why| why.word());
    check([Stage::Order, Stage::Admission, Stage::Transfer], |stage| stage.word());
    let entry = || crate::gate::Listed { at: NOW, by: ListedBy::Api, reason: String::new(), call: None };
    check([Decided::Listed(entry()), Decided::Unlisted(entry())], Decided::word);
    check(LISTERS, |by| by.word());
    assert_eq!(LISTERS.map(|by| ListedBy::read(by.word())), LISTERS.map(Some));
    assert_eq!(ListedBy::read("nobody"), None);
}

const LISTERS: [ListedBy; 4] = [ListedBy::Api, ListedBy::Import, ListedBy::CalleeKey, ListedBy::CalleeWords];

fn verbs() -> [Verb; 6] {
    let text = || "Hello.".to_owned();
    let url = || "https://example.com/hello.wav".to_owned();
    let (input, timeout) = (Input::Speech, Duration::from_secs(5));
    [
        Verb::Say { text: text() },
        Verb::Ask { text: text(), input, timeout },
        Verb::SendDigits { digits: "1".to_owned() },
        Verb::Play { url: url(), lasts: Duration::from_secs(5) },
        Verb::Transfer { to: "+12025550144".parse().unwrap() },
        Verb::Stream { url: url(), speaks: Speaks::Twilio },
    ]
}

fn command_states() -> [CommandState; 7] {
    let (code, reason) = ("21220".to_owned(), "not in progress".to_owned());
    [
        CommandState::Asked,
        CommandState::Sent { until: NOW },
        CommandState::Taken { until: NOW, told: true, begun: false },
        CommandState::Stopping { until: NOW, told: 1 },
        CommandState::Done(Outcome::default()),
        CommandState::Failed { code, reason },
        CommandState::InDoubt { why: "broken".to_owned(), taken: false },
    ]
}

/// A store is full of calls of which nothing unusual is known, and older ones hold no word of what was
/// thought of since.
#[test]
fn what_a_call_has_not_is_not_written() {
    let talking = after(asked(), [admitted(), placed(), progressed(Progress::InProgress)]);
    let answered = [question(), replied(taken(None)), performed(1, Performed::Finished(answer("1")))];
    let next = News::CommandReplied { id: CommandId(2), reply: taken(None) };
    let call = after(after(talking.clone(), answered), [question(), next]);
    let written = serde_json::to_string(&[call, after(talking.clone(), [want_end()])]).unwrap();
    for key in ["begun", "stopped", "decline", "hold", "by_command", "fallback", "strays", "also", "pressed"]
    {
        assert!(!written.contains(&format!("\"{key}\"")), "{key} in {written}");
    }
    assert!(!serde_json::to_string(&talking).unwrap().contains("command"));
}

#[test]
fn what_a_call_has_is_read_back() {
    let facts = Facts { hold: true, by_command: true, ..facts(Direction::Outbound) };
    let asked = born(&at(BORN, Source::Api, News::Asked(Box::new(facts)))).unwrap();
    let talking = after(asked, [admitted(), placed(), progressed(Progress::InProgress)]);
    let begun = after(talking, [question(), replied(taken(None)), performed(1, Performed::Begun)]);
    let stopped = after(begun.clone(), [News::StopAsked(CommandId(1)), stop_replied(taken(None))]);
    let how = Decline::Say("Call later.".to_owned());
    let declined = after(offered(), [News::Declined { cause: "full".to_owned(), how }]);
    for call in [begun, stopped, declined] {
        let read: Call = serde_json::from_str(&serde_json::to_string(&call).unwrap()).unwrap();
        assert_eq!(read, call);
    }
}
