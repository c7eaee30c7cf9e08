//! Which operation of the API a request is, by its path, its method and, since three resources
//! share one path, its `status`.

use http::Method;

use crate::form::Form;
use crate::wire::unescaped;
use crate::world::Target;

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    /// One call, and its live state, its place in the queue, or its record.
    Live(String),
    Queued(String),
    Record(String),
    LiveList,
    QueuedList,
    RecordList,
    /// A `status` that is none of these.
    NoSuchStatus,
    HangUp(String),
    /// A hang-up that names no call, and so means all of them.
    HangUpAll,
    /// Of a request, by its own id.
    Cancel(String),
    Redirect(String),
    Sound(String, Verb),
    StopSound(String, Verb),
    StartStream(String),
    /// One stream of a call, or all.
    Streams(String, Option<String>),
    StopStreams(String, Option<String>),
    /// One of the account's numbers, by its digits, and what it is connected to, by its id.
    Number(String),
    Application(String),
    /// The account's recordings, or one of them by its id.
    Recordings,
    Recording(String),
    DropRecording(String),
    /// A path of Plivo's with a method that it has not.
    WrongMethod,
    /// A path that is none of Plivo's, or that this face doesn't speak.
    Other,
}

/// What is done to the sound of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Speak,
    Play,
    Record,
    Dtmf,
}

impl Operation {
    /// The account in a path, and the operation.
    ///
    /// An empty id in the middle of a path names no call, and one at its end leaves the path of all
    /// calls: that is how `DELETE` comes to hang up everything. A path that lacks its last slash is
    /// none of Plivo's.
    pub(crate) fn read(method: &Method, path: &str, query: &Form) -> (String, Operation) {
        let parts: Vec<String> = path.trim_matches('/').split('/').skip(2).map(unescaped).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let Some((account, rest)) = parts.split_first() else { return (String::new(), Operation::Other) };
        let operation =
            if path.ends_with('/') { Operation::of(method, rest, query) } else { Operation::Other };
        ((*account).to_owned(), operation)
    }

    fn of(method: &Method, rest: &[&str], query: &Form) -> Operation {
        match rest {
            ["Call"] => match *method {
                Method::POST => Operation::Create,
                Method::DELETE => Operation::HangUpAll,
                Method::GET => Operation::list(query),
                _ => Operation::WrongMethod,
            },
            ["Request", id] if *method == Method::DELETE => Operation::Cancel((*id).to_owned()),
            ["Call" | "Request", "", ..] => Operation::Other,
            ["Call", id] => {
                let id = (*id).to_owned();
                match (method, query.get("status")) {
                    (&Method::GET, None) => Operation::Record(id),
                    (&Method::GET, Some("live")) => Operation::Live(id),
                    (&Method::GET, Some("queued")) => Operation::Queued(id),
                    (&Method::GET, Some(_)) => Operation::NoSuchStatus,
                    (&Method::POST, _) => Operation::Redirect(id),
                    (&Method::DELETE, _) => Operation::HangUp(id),
                    _ => Operation::WrongMethod,
                }
            }
            ["Call", id, "Stream", rest @ ..] => Operation::stream(method, id, rest),
            ["Call", id, word] => Operation::sound(method, id, word),
            ["Request", _] => Operation::WrongMethod,
            ["Recording"] if *method == Method::GET => Operation::Recordings,
            ["Recording", id] if *method == Method::GET => Operation::Recording((*id).to_owned()),
            ["Recording", id] if *method == Method::DELETE => Operation::DropRecording((*id).to_owned()),
            ["Number", digits] if *method == Method::GET => Operation::Number((*digits).to_owned()),
            ["Application", id] if *method == Method::GET => Operation::Application((*id).to_owned()),
            _ => Operation::Other,
        }
    }

    fn list(query: &Form) -> Operation {
        match query.get("status") {
            None => Operation::RecordList,
            Some("live") => Operation::LiveList,
            Some("queued") => Operation::QueuedList,
            Some(_) => Operation::NoSuchStatus,
        }
    }

    fn stream(method: &Method, id: &str, rest: &[&str]) -> Operation {
        let id = id.to_owned();
        let stream = match rest {
            [] => None,
            [stream] => Some((*stream).to_owned()),
            _ => return Operation::Other,
        };
        match (method, stream) {
            (&Method::POST, None) => Operation::StartStream(id),
            (&Method::GET, stream) => Operation::Streams(id, stream),
            (&Method::DELETE, stream) => Operation::StopStreams(id, stream),
            _ => Operation::WrongMethod,
        }
    }

    fn sound(method: &Method, id: &str, word: &str) -> Operation {
        let verb = match word {
            "Speak" => Verb::Speak,
            "Play" => Verb::Play,
            "Record" => Verb::Record,
            "DTMF" => Verb::Dtmf,
            _ => return Operation::Other,
        };
        match *method {
            Method::POST => Operation::Sound(id.to_owned(), verb),
            Method::DELETE if verb != Verb::Dtmf => Operation::StopSound(id.to_owned(), verb),
            _ => Operation::WrongMethod,
        }
    }

    /// Its name in the journal.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Live(_) => "fetch",
            Operation::Queued(_) => "fetch-queued",
            Operation::Record(_) => "fetch-record",
            Operation::LiveList => "list",
            Operation::QueuedList => "list-queued",
            Operation::RecordList => "list-records",
            Operation::HangUp(_) => "hangup",
            Operation::HangUpAll => "hangup-all",
            Operation::Cancel(_) => "cancel",
            Operation::Redirect(_) => "redirect",
            Operation::Sound(_, Verb::Record) => "start_recording",
            Operation::StopSound(_, Verb::Record) => "stop_recording",
            Operation::Recordings => "list_recordings",
            Operation::Recording(_) => "fetch_recording",
            Operation::DropRecording(_) => "delete_recording",
            Operation::Sound(_, verb) | Operation::StopSound(_, verb) => verb.word(),
            Operation::StartStream(_) | Operation::Streams(..) | Operation::StopStreams(..) => "stream",
            Operation::Number(_) => "number",
            Operation::Application(_) => "application",
            Operation::NoSuchStatus | Operation::WrongMethod | Operation::Other => "other",
        }
    }

    /// What a fault may be aimed at.
    pub(crate) fn targets(&self) -> &'static [Target] {
        match self {
            Operation::Create => &[Target::Create, Target::AnyApi],
            Operation::Live(_) | Operation::Queued(_) | Operation::Record(_) => {
                &[Target::Fetch, Target::AnyApi]
            }
            Operation::LiveList | Operation::QueuedList | Operation::RecordList => {
                &[Target::List, Target::AnyApi]
            }
            Operation::Sound(_, Verb::Record)
            | Operation::StopSound(_, Verb::Record)
            | Operation::Recordings
            | Operation::Recording(_)
            | Operation::DropRecording(_) => &[Target::Recording, Target::AnyApi],
            Operation::HangUp(_)
            | Operation::HangUpAll
            | Operation::Cancel(_)
            | Operation::Redirect(_)
            | Operation::Sound(..)
            | Operation::StopSound(..)
            | Operation::StartStream(_)
            | Operation::StopStreams(..) => &[Target::Update, Target::AnyApi],
            Operation::Streams(..)
            | Operation::Number(_)
            | Operation::Application(_)
            | Operation::NoSuchStatus
            | Operation::WrongMethod
            | Operation::Other => &[Target::AnyApi],
        }
    }

    /// The id in the path.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Operation::Live(id)
            | Operation::Queued(id)
            | Operation::Record(id)
            | Operation::HangUp(id)
            | Operation::Cancel(id)
            | Operation::Redirect(id)
            | Operation::Sound(id, _)
            | Operation::StopSound(id, _)
            | Operation::StartStream(id)
            | Operation::Streams(id, _)
            | Operation::StopStreams(id, _) => Some(id),
            Operation::Create
            | Operation::LiveList
            | Operation::QueuedList
            | Operation::RecordList
            | Operation::NoSuchStatus
            | Operation::HangUpAll
            | Operation::Number(_)
            | Operation::Application(_)
            | Operation::Recordings
            | Operation::Recording(_)
            | Operation::DropRecording(_)
            | Operation::WrongMethod
            | Operation::Other => None,
        }
    }
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Verb::Speak => "speak",
            Verb::Play => "play",
            Verb::Record => "record",
            Verb::Dtmf => "dtmf",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &Method, path: &str, query: &str) -> Operation {
        Operation::read(method, &format!("/v1/Account/MA1{path}"), &Form::read(query)).1
    }

    #[test]
    fn three_resources_share_one_path() {
        let get = Method::GET;
        let id = || "u".to_owned();
        assert_eq!(read(&get, "/Call/u/", ""), Operation::Record(id()));
        assert_eq!(read(&get, "/Call/u/", "status=live"), Operation::Live(id()));
        assert_eq!(read(&get, "/Call/u/", "status=queued"), Operation::Queued(id()));
        assert_eq!(read(&get, "/Call/u/", "status=over"), Operation::NoSuchStatus);
        assert_eq!(read(&get, "/Call/u", "status=live"), Operation::Other, "the slash is missing");
    }

    #[test]
    fn an_empty_id_means_every_call_of_the_account() {
        for path in ["/Call/", "/Call//", "/Call///"] {
            assert_eq!(read(&Method::DELETE, path, ""), Operation::HangUpAll, "{path}");
        }
        for path in ["/Call//Speak/", "/Call//Stream/", "/Call//Stream/s/"] {
            assert_eq!(read(&Method::DELETE, path, ""), Operation::Other, "{path}");
        }
        assert_eq!(read(&Method::DELETE, "/Request//", ""), Operation::Other);
    }
}
