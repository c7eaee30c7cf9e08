//! Webhooks: who is heard, and what is heard of them.
//!
//! An input is `CARRIER METHOD /PATH?QUERY`, headers, an empty line and a body. It is heard as it is,
//! signed by a stranger, and signed by the carrier: so the reading behind the signature is reached.

use crate::carriers::{CREATED, Kind, TWILIO_ACCOUNT, mark, named, placement, texts, wrapped};
use crate::input::Message;
use crate::signing::{bare, fields, query, signed};
use call::call::{
    CallState, Direction, Event, Facts, Limits, News, Page, Progress, Roll, Script, Source, born, resume,
    step,
};
use call::{Call, CarrierCallId, CarrierName};
use carrier::{Carrier, HeardWebhook, RawWebhook, WebhookError};
use http::Method;
use std::time::Duration;

/// Hears one webhook.
pub(crate) fn take(input: &[u8]) {
    let message = Message::read(input);
    let [carrier, method, path] = message.words();
    let (Some(kind), Ok(method)) = (Kind::read(carrier), method.parse::<Method>()) else { return };
    if !path.starts_with('/') {
        return;
    }
    let url = format!("{}{path}", kind.callback_base());
    let raw = RawWebhook { method, url, headers: message.headers, body: message.body };
    let connector = kind.connector();
    strangers_are_not_heard(kind, &*connector, &raw);
    let signed = signed(kind, &raw, AT_S, true);
    match connector.verify(&signed, CREATED) {
        Ok(verified) => {
            let decoded = connector.decode(&verified);
            assert_eq!(decoded, connector.decode(&verified), "the same webhook says the same");
            changed_on_the_way_is_not_heard(kind, &*connector, &signed);
            match decoded {
                Ok(heard) => judge(kind, &*connector, &signed, &heard),
                Err(WebhookError::Unreadable(_)) => {}
                Err(error) => panic!("what was verified is judged again: {error}"),
            }
        }
        Err(error) => assert!(!is_the_carriers(kind, &signed), "the carrier is not believed: {error}"),
    }
}

fn strangers_are_not_heard(kind: Kind, connector: &dyn Carrier, raw: &RawWebhook) {
    let unsigned = connector.verify(&bare(raw), CREATED).map(|_| ());
    assert_eq!(unsigned, Err(WebhookError::Unsigned), "without a signature");
    assert!(connector.verify(raw, CREATED).is_err(), "signed by whoever wrote the input");
    assert!(connector.verify(&signed(kind, raw, AT_S, false), CREATED).is_err(), "signed by a stranger");
    let late = signed(kind, raw, AT_S - 301, true);
    assert!(kind != Kind::Telnyx || connector.verify(&late, CREATED).is_err(), "signed too long ago");
}

/// One bit of the body is another: where the carrier would sign that otherwise, it is not believed.
/// Twilio and Plivo sign names and values without a mark between them, so that they sign `a=bc` as `ab=c`.
fn changed_on_the_way_is_not_heard(kind: Kind, connector: &dyn Carrier, signed: &RawWebhook) {
    let mut changed = signed.clone();
    let n_bytes = changed.body.len();
    let Some(byte) = changed.body.get_mut(n_bytes / 2) else { return };
    *byte ^= 1 << (n_bytes % 8);
    let is_covered = self::signed(kind, &changed, AT_S, true).headers != signed.headers;
    assert!(!is_covered || connector.verify(&changed, CREATED).is_err(), "changed on the way");
}

/// Whether nothing can be said against a webhook with the right signature.
fn is_the_carriers(kind: Kind, raw: &RawWebhook) -> bool {
    let is_form = raw.header("content-type") == Some("application/x-www-form-urlencoded");
    let mut accounts = fields(&raw.body).into_iter().filter(|(name, _)| name == "AccountSid").peekable();
    match kind {
        Kind::Telnyx => raw.method == Method::POST,
        Kind::Plivo => raw.method == Method::GET || (raw.method == Method::POST && is_form),
        Kind::Twilio => {
            let is_ours = accounts.peek().is_some() && accounts.all(|(_, sid)| sid == TWILIO_ACCOUNT);
            raw.method == Method::POST && is_form && is_ours
        }
    }
}

/// What is heard names a call that the webhook names, can be written down, moves no other call, and
/// ends one only by a word that says so.
fn judge(kind: Kind, connector: &dyn Carrier, raw: &RawWebhook, heard: &HeardWebhook) {
    let told = told(kind, raw);
    for name in [Some(&heard.leg), heard.was.as_ref()].into_iter().flatten() {
        assert_eq!(CarrierCallId::new(name.as_str()).as_ref(), Ok(name), "a name of the right form");
        assert!(told.iter().any(|text| text == name.as_str()), "{name} is named by nobody: {told:?}");
    }
    let Some(news) = &heard.news else { return };
    assert_eq!(news.leg(), Some(&heard.leg), "news of the leg that it speaks of");
    let written = serde_json::to_string(news).expect("news can be written down");
    let read: News = serde_json::from_str(&written).expect("and read again");
    assert_eq!(&read, news, "what was written down is what was heard: {written}");
    let is_over = matches!(news, News::Over { .. });
    assert!(!is_over || says_over(kind, raw), "an end that nobody told: {news:?}");
    let event = Event { at: CREATED, roll: Roll(500), source: Source::Webhook, news: news.clone() };
    for call in calls(&heard.leg) {
        let moved = step(&call, &event).call;
        let ended = matches!(moved.state, CallState::Ended(_));
        assert_eq!(ended, is_over, "{news:?} ends it: {moved:?}");
        let _ = resume(&moved);
        let page = heard.page.unwrap_or(Page::First);
        let _ = connector.document(Some(mark()), &moved.script(page));
    }
    let stranger = named(if heard.leg.as_str() == "CA2" { "CA3" } else { "CA2" });
    for call in calls(&stranger) {
        let moved = step(&call, &event).call;
        assert!(!matches!(moved.state, CallState::Ended(_)), "another call's end: {moved:?}");
    }
}

/// Every text in a webhook that could be a name.
fn told(kind: Kind, raw: &RawWebhook) -> Vec<String> {
    if kind == Kind::Telnyx {
        let mut told = texts(&raw.body);
        told.extend(wrapped(&told));
        return told;
    }
    let from = if raw.method == Method::GET { query(&raw.url) } else { fields(&raw.body) };
    from.into_iter().map(|(_, value)| value).collect()
}

/// Whether a word that ends calls stands where the carrier writes it.
fn says_over(kind: Kind, raw: &RawWebhook) -> bool {
    let told = told(kind, raw);
    let words: &[&str] = match kind {
        Kind::Twilio => &["completed", "busy", "no-answer", "canceled", "failed"],
        Kind::Telnyx => &["call.hangup"],
        Kind::Plivo => &["completed", "busy", "no-answer", "cancel", "timeout", "failed"],
    };
    told.iter().any(|text| words.contains(&text.as_str()))
}

/// Calls whose leg is of this name: one that rings, one that talks, and one that came in.
fn calls(leg: &CarrierCallId) -> [Call; 3] {
    let asked = placement(Script::HangUp);
    let seconds = Duration::from_secs;
    let limits = Limits {
        queue_max: seconds(60),
        ring_max: asked.ring_max,
        duration_max: asked.duration_max,
        find_max: seconds(120),
        settle: seconds(15),
        look_unanswered: seconds(5),
        look_talking: seconds(30),
    };
    let facts = |direction| {
        Box::new(Facts {
            id: asked.id,
            direction,
            from: asked.from.clone(),
            to: asked.to.clone(),
            carrier: CarrierName("main".to_owned()),
            account: None,
            fallback: Vec::new(),
            say: None,
            agent: None,
            record: false,
            hold: true,
            by_command: false,
            created_at: CREATED,
            imported_id: None,
            placed_by: None,
            limits: limits.clone(),
        })
    };
    let event = |news| Event { at: CREATED, roll: Roll(500), source: Source::Reply, news };
    let first = |news| born(&event(news)).expect("a first event makes a call");
    let then = |call: &Call, news| step(call, &event(news)).call;
    let progressed = |progress| News::Progressed { leg: leg.clone(), progress };
    let queued = first(News::Asked(facts(Direction::Outbound)));
    let placing = then(&queued, News::Admitted { send_by: CREATED + seconds(5), gate: None });
    let placed = then(&placing, News::Placed { leg: leg.clone(), also: None });
    let ringing = then(&placed, progressed(Progress::Ringing));
    let talking = then(&ringing, progressed(Progress::InProgress));
    [ringing, talking, first(News::Offered(facts(Direction::Inbound), leg.clone()))]
}

/// When the webhooks are signed.
const AT_S: i64 = CREATED.0 / 1_000;
