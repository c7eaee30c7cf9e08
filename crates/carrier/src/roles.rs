//! What a carrier can be asked to do, as data: given what was answered so far, what next?

use crate::mark::{Ends, Mark};
use crate::media::{MediaError, Opening};
use crate::recording::{Begun, Found};
use crate::webhook::{Document, HeardWebhook, RawWebhook, Verified, WebhookError};
use crate::wire::{Reply, Request, SendError};
use crate::wiring::Wiring;
use call::call::command::ANSWER_GRACE;
use call::call::{CommandReply, HangUpReply, Performance, Script, Sighting, Unknown, Verb};
use call::{CallId, CarrierCallId, CarrierName, Party, PhoneNumber, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// A call that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Our name for it: the mark that callback addresses carry.
    pub id: CallId,
    /// One of our numbers.
    pub from: Party,
    /// Who is called.
    pub to: Party,
    /// What is done on the line when it is answered.
    pub script: Script,
    /// How long the phone may ring: the carrier's own time-out.
    pub ring_max: Duration,
    /// How long the talk may last: the carrier's own limit, the last line of defence should we
    /// never come back.
    pub duration_max: Duration,
    /// Whether the carrier listens for an answering machine, and until when.
    pub listens: Option<Listens>,
}

/// Until when a carrier listens for an answering machine, while the talk goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listens {
    /// Until it knows who picked up.
    Briefly,
    /// Until a machine's greeting is over, where it can tell.
    UntilItRecords,
}

/// A placement whose fate is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Our name for the call: its mark.
    pub mark: CallId,
    /// One of our numbers.
    pub from: Party,
    /// Who was called.
    pub to: Party,
    /// No leg of this call is older.
    pub since: Timestamp,
    /// No leg of this call is younger than this plus the request's time-out.
    pub until: Timestamp,
    /// How far the carrier's clock is ahead of ours, in milliseconds: the carrier dates its calls by
    /// its own. Our clock may have been right when the call was placed, so both count.
    pub skew_ms: i64,
}

impl Sought {
    /// Whether a leg that the carrier dates so may be the one sought, where it may be made up to
    /// `lag` after the first byte could leave, and dates are cut to `grain`.
    pub fn may_be_of(&self, created: Timestamp, grain: Duration, lag: Duration) -> bool {
        [0, self.skew_ms].into_iter().any(|skew_ms| {
            let (since, until) = (shifted(self.since, skew_ms), shifted(self.until, skew_ms));
            since - grain <= created && created <= until + lag
        })
    }

    /// Before this no leg of this call was made, by either clock.
    pub fn earliest(&self) -> Timestamp {
        self.since.min(shifted(self.since, self.skew_ms))
    }
}

fn shifted(at: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp(at.0.saturating_add(by_ms))
}

/// A leg that is asked about or told something, and all that may help to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The carrier's name for it.
    pub id: CarrierCallId,
    /// Other names that the carrier has for it.
    pub also: Vec<CarrierCallId>,
    /// Its call.
    pub sought: Sought,
}

/// What a look-up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How the leg stands.
    pub sighting: Sighting,
    /// What the carrier calls it now, where that isn't the name that it was asked about by.
    pub named: Option<CarrierCallId>,
    /// Another name of it, by which more can be asked.
    pub also: Option<CarrierCallId>,
}

impl From<Sighting> for Seen {
    fn from(sighting: Sighting) -> Seen {
        Seen { sighting, named: None, also: None }
    }
}

/// A call in the carrier's listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// How it stands.
    pub sighting: Sighting,
}

/// A call that lives, in the listing of all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// Another name of it, where one is told.
    pub also: Option<CarrierCallId>,
    /// How it stands.
    pub sighting: Sighting,
    /// How long ago it began, by the carrier's clock, where that is told.
    pub age: Option<Duration>,
    /// Whose it is, as far as is known yet.
    pub mark: Mark,
    /// What else is told of it.
    pub ends: Ends,
}

impl From<Listed> for Candidate {
    fn from(listed: Listed) -> Candidate {
        Candidate { leg: listed.leg, sighting: listed.sighting }
    }
}

/// Each call once: one that moves while the pages are read may stand on two of them, and the later
/// sight counts.
pub(crate) fn each_once(found: Vec<Listed>) -> Vec<Listed> {
    let by_leg: BTreeMap<_, _> = found.into_iter().map(|one| (one.leg.clone(), one)).collect();
    by_leg.into_values().collect()
}

/// What comes next in an exchange that may take several requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// Send this, and come again with its reply added.
    Ask(Request),
    /// This is the answer.
    Done(T),
}

impl<T> Next<T> {
    /// The same, of something else.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Next<U> {
        match self {
            Next::Ask(request) => Next::Ask(request),
            Next::Done(done) => Next::Done(with(done)),
        }
    }
}

/// Why a call was not placed, by what may be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceError {
    /// The carrier said no: no phone rang.
    Refused {
        /// The carrier's code, or the HTTP status.
        code: String,
        /// The carrier's reason.
        reason: String,
    },
    /// The carrier says that it did nothing, or nothing reached it: it may be tried again.
    Deferred {
        /// Why, in a short word: `rate_limited`, `unreachable`.
        why: String,
        /// How long the carrier asked us to wait.
        retry_after: Option<Duration>,
    },
    /// The request may have reached the carrier. Look before anything else.
    InDoubt(String),
}

/// How often a carrier may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So many requests, placements aside,
    pub requests: usize,
    /// within so long.
    pub within: Duration,
}

/// One carrier account, as a writer of requests and a reader of replies. It never sends.
///
/// The exchanges take the replies so far, in order; an exchange that asks for more than
/// [`EXCHANGE_MAX`] requests is cut off as unreadable. A request that got no reply ends its
/// exchange as unknown, whatever the exchange was.
pub trait Carrier: Send + Sync {
    /// The name in the configuration.
    fn name(&self) -> &CarrierName;

    /// The account that calls run on, stored with each call.
    fn account(&self) -> Option<&str>;

    /// How often it may be asked; `None` where it states no limit.
    fn pace(&self) -> Option<Pace> {
        None
    }

    /// The request that makes a call. Sent once; whatever fails, it is never sent again unless
    /// [`read_placed`](Carrier::read_placed) says [`PlaceError::Deferred`].
    fn place(&self, placement: &Placement) -> Request;

    /// Reads the reply to [`place`](Carrier::place).
    ///
    /// # Errors
    /// [`PlaceError`], split by whether a phone may ring.
    fn read_placed(&self, reply: &Reply) -> Result<CarrierCallId, PlaceError>;

    /// Another name of the leg that was placed, where the same reply tells one.
    fn placed_also(&self, _reply: &Reply) -> Option<CarrierCallId> {
        None
    }

    /// Asks how one call stands.
    fn look_up(&self, leg: &Leg, replies: &[Reply]) -> Next<Seen>;

    /// Searches for calls that may be a placement in doubt: the same numbers, outbound, created in
    /// its window. The listing is read to its end or the answer is unknown.
    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>>;

    /// Lists all calls that live now, of the whole account, with whose each is as far as the listing
    /// tells. What isn't in it is not thereby over.
    fn survey(&self, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>>;

    /// Asks whose a listed call is that isn't known here: the same call, with all that the carrier
    /// tells of that. A mark that isn't found proves nothing.
    fn prove(&self, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>>;

    /// The same listing as [`survey`](Carrier::survey), for how each call stands.
    fn list_live(&self, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        self.survey(replies).map(|listed| Ok(listed?.into_iter().map(Candidate::from).collect()))
    }

    /// What one page of that listing tells by itself, before the others are read; nothing where it takes them
    /// all. Who also stands on a later page is told of again.
    fn page_of_live(&self, _page: &Reply) -> Vec<Candidate> {
        Vec::new()
    }

    /// Ends one call. What the carrier answers is never proof of an end.
    fn hang_up(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply>;

    /// Whether it is told by commands what happens on the line. Of others it is read off the
    /// replies to their webhooks.
    fn by_command(&self) -> bool {
        false
    }

    /// Answers an inbound call, where that takes a command. To answer twice does no harm.
    fn answer(&self, _leg: &Leg, _replies: &[Reply]) -> Next<CommandReply> {
        let reason = "it is answered by the reply to its webhook".to_owned();
        Next::Done(CommandReply::Refused { code: "no_such_command".to_owned(), reason })
    }

    /// Declines an inbound call that nobody answered, where that takes a command.
    fn decline(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        self.hang_up(leg, replies)
    }

    /// Does what was asked of a call. Each request that may be noticed on the line is sent once.
    fn perform(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply>;

    /// What it comes to that the request which [`perform`](Carrier::perform) sends after `replies`
    /// got no reply. It may have been heard all the same, unless the error says that it never left.
    fn unanswered(&self, _performance: &Performance, _replies: &[Reply], error: &SendError) -> CommandReply {
        CommandReply::InDoubt { why: error.to_string() }
    }

    /// Ends what goes on for a command that is over, such as the writing down of what is said. It
    /// may be repeated, and does nothing where nothing goes on.
    fn conclude(&self, _leg: &Leg, _performance: &Performance, _replies: &[Reply]) -> Next<CommandReply> {
        Next::Done(CommandReply::Taken { lasts: None })
    }

    /// Has the carrier record a call from now on, each side in a channel of its own, for so long at most. Sent
    /// once.
    fn record(&self, leg: &Leg, lasts_max: Duration, replies: &[Reply]) -> Next<Begun>;

    /// Has the carrier record a call no longer. To say so twice does no harm.
    fn stop_recording(&self, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<CommandReply>;

    /// Looks for what the carrier recorded of a call, under its name where that is known.
    fn find_recording(
        &self,
        leg: &Leg,
        name: Option<&str>,
        replies: &[Reply],
    ) -> Next<Result<Found, Unknown>>;

    /// Has the carrier delete what it recorded of a call. That there is nothing is as good.
    fn drop_recording(&self, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<Result<(), Unknown>>;

    /// Checks that it is the carrier that opens a media stream at this address, where it signs that.
    ///
    /// # Errors
    /// As [`verify`](Carrier::verify).
    fn verify_upgrade(
        &self,
        _url: &str,
        _header: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), WebhookError> {
        Ok(())
    }

    /// Checks that a webhook comes from the carrier, and, where it says when it was signed, that
    /// this was not too long before or after `now`.
    ///
    /// # Errors
    /// [`WebhookError::Unsigned`] or [`WebhookError::WrongSignature`].
    fn verify<'a>(&self, raw: &'a RawWebhook, now: Timestamp) -> Result<Verified<'a>, WebhookError>;

    /// Reads what a webhook says.
    ///
    /// # Errors
    /// [`WebhookError::Unreadable`] when not even the call that it speaks of can be told.
    fn decode(&self, webhook: &Verified<'_>) -> Result<HeardWebhook, WebhookError>;

    /// Writes the reply to a webhook that asks what to do on the line of this call; of none where
    /// the call isn't ours.
    fn document(&self, call: Option<CallId>, script: &Script) -> Document;

    /// Reads what the carrier says on a media stream before there is sound.
    ///
    /// # Errors
    /// [`MediaError`]: it isn't how a stream begins, or its sound has a form that isn't spoken here.
    fn read_opening(&self, text: &str) -> Result<Opening, MediaError>;

    /// Asks how the carrier's own settings treat one of our numbers; of none, how they treat every
    /// call.
    fn webhook_settings(
        &self,
        _number: Option<&PhoneNumber>,
        _replies: &[Reply],
    ) -> Next<Result<Wiring, Unknown>> {
        Next::Done(Ok(Wiring::Untold))
    }
}

/// So many requests may one exchange take. A listing of 20 calls a page, the shortest, then reads
/// some 4,000.
pub const EXCHANGE_MAX: usize = 200;

/// How long a command takes at a carrier that is told by documents. Nothing tells there when a
/// sentence or a file was heard to its end, or that nobody answered a question: time does.
pub(crate) fn lasts_untold(verb: &Verb) -> Option<Duration> {
    match verb {
        Verb::Say { .. } | Verb::SendDigits { .. } | Verb::Play { .. } => Some(verb.lasts()),
        Verb::Ask { .. } => Some(verb.lasts() + ANSWER_GRACE),
        Verb::Transfer { .. } | Verb::Stream { .. } => None,
    }
}

/// Whether a carrier could fetch or connect to an address: an absolute one of these schemes, with a
/// host, of at most [`ADDRESS_MAX`] characters.
pub fn address_fits(url: &str, schemes: &[&str]) -> bool {
    let reaches = |uri: &http::Uri| {
        uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme))
            && uri.host().is_some_and(|host| !host.is_empty())
    };
    url.len() <= ADDRESS_MAX && url.parse().is_ok_and(|uri| reaches(&uri))
}

/// So many characters may an address have: it stands in the same place as [`SAY_MAX`], written with
/// the markup around it.
pub const ADDRESS_MAX: usize = 2_000;

/// So many characters may one [`Script::SayAndHangUp`] have, counted as [`say_fits`] does.
/// The narrowest place is Twilio's `Twiml` parameter: 4,000 characters with the markup around them.
pub const SAY_MAX: usize = 3_000;

/// Whether a text has nothing that anybody could say: XML can't hold some of it, and the rest is space.
pub(crate) fn is_silent(text: &str) -> bool {
    let is_silent = |letter: char| {
        letter.is_whitespace() || letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}')
    };
    text.chars().all(is_silent)
}

/// Whether a text is short enough to be said by every carrier: at most [`SAY_MAX`] characters, of
/// which `&` counts five and `<` and `>` four, as XML writes them. The surfaces ask before they
/// take a call; a longer text is sent as it is, and the carrier refuses the call.
pub fn say_fits(text: &str) -> bool {
    let width = |letter| match letter {
        '&' => 5,
        '<' | '>' => 4,
        _ => 1,
    };
    text.chars().map(width).sum::<usize>() <= SAY_MAX
}
