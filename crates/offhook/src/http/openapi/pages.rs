//! What each page takes and gives, by the verb of its row.

use super::super::{
    api, audit, commands, drain, feed, figures, gate, latency, list, network, notices, reload, sound, stop,
    tokens, transcript, view,
};
use super::Shape;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// What one page takes and gives.
pub(super) struct Page {
    /// The verb of its row.
    pub(super) verb: &'static str,
    /// What it does, in a line.
    pub(super) summary: &'static str,
    pub(super) query: Option<Shape>,
    /// Headers that it reads, and what they mean.
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) takes: Takes,
    /// What it answers by which status, problems apart.
    pub(super) gives: &'static [(u16, Gives)],
}

/// A body.
pub(super) enum Takes {
    Nothing,
    Json {
        shape: Shape,
        is_required: bool,
    },
    /// A file, a line each.
    Lines,
}

/// An answer.
pub(super) enum Gives {
    Json(Shape),
    /// Text if it is asked for by `Accept`.
    JsonOrText(Shape),
    /// Something of this media type.
    Other(&'static str),
}

const fn of<T: JsonSchema>() -> Shape {
    fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
    shape::<T>
}

const fn page(verb: &'static str, summary: &'static str, gives: &'static [(u16, Gives)]) -> Page {
    Page { verb, summary, query: None, headers: &[], takes: Takes::Nothing, gives }
}

impl Page {
    const fn query<T: JsonSchema>(mut self) -> Page {
        self.query = Some(of::<T>());
        self
    }

    const fn takes<T: JsonSchema>(mut self) -> Page {
        self.takes = Takes::Json { shape: of::<T>(), is_required: true };
        self
    }

    const fn may_take<T: JsonSchema>(mut self) -> Page {
        self.takes = Takes::Json { shape: of::<T>(), is_required: false };
        self
    }

    const fn takes_lines(mut self) -> Page {
        self.takes = Takes::Lines;
        self
    }

    const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Page {
        self.headers = headers;
        self
    }
}

const KEY: &[(&str, &str)] =
    &[("Idempotency-Key", "The same key and request once more are answered with what came of the first.")];
const LAST: &[(&str, &str)] =
    &[("Last-Event-ID", "The id of the last message that you have; before `after`.")];
const RANGE: &[(&str, &str)] = &[("Range", "A part of the file, as in `bytes=0-1023`.")];

const CALL: Gives = Gives::Json(of::<view::CallView>());
const COMMAND: &[(u16, Gives)] = &[(202, Gives::Json(of::<commands::CommandShown>()))];

const DRAINING: &[(u16, Gives)] = &[(200, Gives::Json(of::<drain::Draining>()))];

/// All of them.
pub(super) const PAGES: &[Page] = &[
    page("list", "Calls, the newest first", &[(200, Gives::Json(of::<list::CallList>()))])
        .query::<list::ListCalls>(),
    page("place", "Places a call", &[(202, CALL)]).takes::<api::PlaceCall>().headers(KEY),
    page("show", "One call", &[(200, CALL)]),
    page("events", "The log of a call, in order", &[(200, Gives::Json(of::<api::EventList>()))])
        .query::<api::ListEvents>(),
    page(
        "transcript",
        "Who said what, and when",
        &[(200, Gives::JsonOrText(of::<transcript::Transcript>()))],
    )
    .query::<transcript::Asked>(),
    page(
        "recording",
        "The sound of a call, as far as it was recorded",
        &[(200, Gives::Other("audio/wav")), (206, Gives::Other("audio/wav"))],
    )
    .headers(RANGE),
    page("recording_delete", "Deletes the sound of a call", &[(200, CALL)]),
    page(
        "listen",
        "The sound of a call that lives, for as long as it does",
        &[(200, Gives::Other("audio/wav"))],
    ),
    page(
        "levels",
        "How loud both sides of some calls are, as server-sent events",
        &[(200, Gives::Other("text/event-stream"))],
    )
    .query::<sound::Levels>(),
    page("hang_up", "Ends a call", &[(202, CALL)]),
    page("say", "Says something on a call", COMMAND).takes::<commands::Say>().headers(KEY),
    page("ask", "Says something, and hears the answer", COMMAND).takes::<commands::Ask>().headers(KEY),
    page("digits", "Presses keys", COMMAND).takes::<commands::Digits>().headers(KEY),
    page("transfer", "Puts a call through to somebody else", COMMAND)
        .takes::<commands::Transfer>()
        .headers(KEY),
    page("play", "Plays a file", COMMAND).takes::<commands::Play>().headers(KEY),
    page("stream", "Brings the sound of a call to a program", COMMAND)
        .takes::<commands::Stream>()
        .headers(KEY),
    page(
        "stop",
        "Ends what was asked of a call before its time",
        &[(202, Gives::Json(of::<stop::Stopped>()))],
    )
    .may_take::<stop::Stop>(),
    page(
        "command",
        "What came of something that was asked of a call",
        &[(200, Gives::Json(of::<commands::CommandShown>()))],
    )
    .query::<commands::Wait>(),
    page(
        "follow",
        "What happens on all calls, as it happens, as server-sent events: `ready`, `call`, `gap`",
        &[(200, Gives::Other("text/event-stream"))],
    )
    .query::<feed::Follow>()
    .headers(LAST),
    page(
        "notices",
        "Who is told of calls by webhooks of ours",
        &[(200, Gives::Json(of::<notices::NoticeList>()))],
    ),
    page("notices_replay", "Sends again what was given up", &[(202, Gives::Json(of::<notices::Replayed>()))])
        .may_take::<notices::Replay>(),
    page(
        "recovery",
        "What the last start found and decided",
        &[(200, Gives::Json(of::<api::RecoveryReport>()))],
    ),
    page("latency", "How long replies were waited for", &[(200, Gives::Json(of::<latency::LatencyView>()))])
        .query::<latency::Asked>(),
    page(
        "figures",
        "Calls, endings, talk, cost and replies over time",
        &[(200, Gives::Json(of::<figures::FiguresView>()))],
    )
    .query::<figures::Asked>(),
    page("network", "Who is on the simulated network", &[(200, Gives::Json(of::<network::Networks>()))]),
    page(
        "network_truth",
        "What really happened on a line of the simulated network",
        &[(200, Gives::Json(of::<network::Truth>()))],
    ),
    page("paused", "Whether outbound calls are paused, and why", &[(200, Gives::Json(of::<api::Paused>()))]),
    page("pause", "Pauses outbound calls", &[(200, Gives::Json(of::<api::NowPaused>()))])
        .may_take::<api::Pause>(),
    page("resume", "Lets outbound calls start again", &[(200, Gives::Json(of::<api::Paused>()))]),
    page("draining", "Whether the gateway drains, and how many calls live", DRAINING),
    page("drain", "Takes no new call, and ends when those that live are over", DRAINING)
        .may_take::<drain::Asked>(),
    page("drain_cancel", "Takes calls again", DRAINING),
    page("reload", "Reads the configuration anew", &[(200, Gives::Json(of::<reload::Reloaded>()))]),
    page("dnc_list", "The numbers that are never called", &[(200, Gives::Json(of::<gate::NumberList>()))])
        .query::<gate::ListNumbers>(),
    page(
        "dnc_add",
        "Adds a number that is never called: 201, or 200 with the older entry",
        &[(200, Gives::Json(of::<gate::ListedNumber>())), (201, Gives::Json(of::<gate::ListedNumber>()))],
    )
    .takes::<gate::AddNumber>(),
    page("dnc_remove", "Lets a number be called again", &[(200, Gives::Json(of::<gate::ListedNumber>()))]),
    page(
        "dnc_import",
        "Adds a file of numbers, a line each",
        &[(200, Gives::Json(of::<gate::NumbersTaken>()))],
    )
    .takes_lines(),
    page(
        "gate_audit",
        "What the dial gate decided about whom",
        &[(200, Gives::Json(of::<gate::Decisions>()))],
    )
    .query::<gate::Audit>(),
    page(
        "import",
        "Takes over the calls of another gateway, a line each",
        &[(200, Gives::Json(of::<api::Imported>()))],
    )
    .takes_lines(),
    page("token_list", "The tokens there are", &[(200, Gives::Json(of::<tokens::TokenList>()))]),
    page(
        "token_add",
        "Makes a token, whose text is told once",
        &[(201, Gives::Json(of::<tokens::TokenMade>()))],
    )
    .takes::<tokens::AddToken>(),
    page("token_remove", "Removes a token", &[(200, Gives::Json(of::<tokens::TokenView>()))]),
    page("token_rotate", "Gives a token another text", &[(200, Gives::Json(of::<tokens::TokenMade>()))])
        .may_take::<tokens::Rotate>(),
    page(
        "access_audit",
        "What was asked for through the API, by whom",
        &[(200, Gives::Json(of::<audit::AccessLines>()))],
    )
    .query::<audit::Audit>(),
    page(
        "metrics",
        "What can be measured, for Prometheus",
        &[(200, Gives::Other("application/openmetrics-text"))],
    ),
];
