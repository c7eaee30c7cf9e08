//! A turn in one line, for the story.

use call::call::News;
use call::{CallId, CallState};
use engine::{Heard, Turned};
use store::StoreError;

pub(super) fn told(heard: &[Heard], turned: &Result<Turned, StoreError>) -> String {
    let heard: Vec<String> = heard.iter().map(short).collect();
    match turned {
        Err(_) => format!("heard in vain: {}", heard.join("; ")),
        Ok(turned) => {
            let moved = turned.moved.iter().map(|moved| {
                let why = match &moved.call.state {
                    CallState::Ended(over) => format!(
                        "({} {} by {:?}, {:?})",
                        over.ending.kind.word(),
                        over.ending.cause,
                        over.ending.by,
                        over.ending.confirmed_by
                    ),
                    CallState::HangingUp(hanging) => format!("({})", hanging.cause),
                    _ => String::new(),
                };
                let was = moved.was.unwrap_or("new");
                format!("{} {was}->{}{why}", tail(moved.call.facts.id), moved.call.state.word())
            });
            let owed =
                turned.owed.iter().map(|owed| format!("{} owes {:?}", tail(owed.call.facts.id), owed.effect));
            let told: Vec<String> = moved.chain(owed).collect();
            format!("heard: {} => {}", heard.join("; "), told.join(", "))
        }
    }
}

fn short(heard: &Heard) -> String {
    match heard {
        Heard::Order(order) => format!("order {}", tail(order.facts.id)),
        Heard::Webhook { heard, .. } => {
            let word = heard.news.as_ref().map_or("asks", News::word);
            format!("webhook {word} {:?} of {}", heard.news.as_ref().map(progress), end(heard.leg.as_str()))
        }
        Heard::News { call, news, .. } => format!("{} {news:?}", tail(*call)),
        Heard::Candidates { call, candidates } => format!("{} candidates {candidates:?}", tail(*call)),
        Heard::HangUp { call, .. } => format!("hang up {}", tail(*call)),
        other => format!("{other:?}"),
    }
}

fn progress(news: &News) -> String {
    match news {
        News::Progressed { progress, .. } => format!("{progress:?}"),
        News::Over { ending, .. } => ending.code.clone(),
        other => other.word().to_owned(),
    }
}

/// The last letters of a name, which are enough to tell it.
pub(crate) fn tail(id: CallId) -> String {
    format!("#{}", id.bits() & 0xffff)
}

pub(crate) fn end(sid: &str) -> &str {
    sid.get(sid.len().saturating_sub(6)..).unwrap_or(sid)
}
