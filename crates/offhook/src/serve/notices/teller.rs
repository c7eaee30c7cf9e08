//! Tells one of them, one notice after the other.

use super::kind::{Tells, tells};
use super::ledger::Aside;
use super::plan::{Next, Outcome, next, outcome};
use super::{Notices, Trying, seal};
use crate::config::settings::{ConfiguredNotices, NoticeKind as Kind};
use crate::http::{CallView, command_view, event_lines, rfc3339};
use carrier::send::Sender;
use carrier::{Operation, Request};
use engine::{Calls, EngineError};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::LogLine;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

/// Tells one of them.
pub(super) struct Teller {
    pub(super) name: String,
    pub(super) wanted: ConfiguredNotices,
    pub(super) calls: Calls,
    pub(super) sender: Sender,
    pub(super) notices: Notices,
    pub(super) trying: Arc<Mutex<Option<Trying>>>,
    /// What is to be told again: of one place, or all that was put aside.
    pub(super) asked: mpsc::Receiver<Option<u64>>,
}

/// What is told.
struct Notice {
    id: String,
    kind: Kind,
    call: String,
    place: u64,
    /// When it happened, in Unix milliseconds.
    at: i64,
    body: String,
}

impl Teller {
    /// Tells everything from where they were told last. It ends with the gateway.
    pub(super) async fn run(mut self) {
        let mut commits = self.calls.commits();
        let mut place = self.begin().await;
        let mut kept_at = Instant::now();
        loop {
            commits.borrow_and_update();
            let lines = match self.calls.follow(None, place, LINES_MAX).await {
                Ok(lines) => lines,
                Err(error) => {
                    tracing::warn!(to = self.name, %error, "the log could not be read to tell of it");
                    sleep(UNREAD_PAUSE).await;
                    continue;
                }
            };
            for line in &lines {
                self.tell_line(line).await;
                place = line.place;
                self.notices.inner.ledger.note(&self.name, |standing| standing.place = place);
                if kept_at.elapsed() >= KEEP_EVERY {
                    self.keep();
                    kept_at = Instant::now();
                }
            }
            if !lines.is_empty() {
                continue;
            }
            self.keep();
            tokio::select! {
                news = commits.changed() => match news {
                    Ok(()) => sleep(GATHER).await,
                    Err(_) => return,
                },
                Some(which) = self.asked.recv() => self.replay(which).await,
            }
        }
    }

    /// From where they are told: who is new, from now on.
    async fn begin(&self) -> u64 {
        let newest = loop {
            match self.calls.log_span().await {
                Ok(span) => break span.newest,
                Err(_) => sleep(UNREAD_PAUSE).await,
            }
        };
        let known = self.notices.inner.ledger.of(&self.name).map(|standing| standing.place);
        if known.is_some_and(|known| known > newest) {
            tracing::warn!(
                to = self.name,
                "the log is older than what was told of it; they are told from now on"
            );
        }
        let place = known.filter(|known| *known <= newest).unwrap_or(newest);
        self.notices.inner.ledger.note(&self.name, |standing| standing.place = place);
        self.keep();
        place
    }

    async fn tell_line(&mut self, line: &LogLine) {
        let notices = match self.notices_of(line, None).await {
            Ok(notices) => notices,
            Err(error) => {
                tracing::warn!(to = self.name, %error, "a line of the log can't be told");
                return;
            }
        };
        for notice in notices {
            self.deliver(&notice).await;
        }
    }

    /// What a line tells that they want to know, or of this kind alone.
    async fn notices_of(&self, line: &LogLine, only: Option<&str>) -> Result<Vec<Notice>, EngineError> {
        let n_lines = usize::try_from(line.kept.version).unwrap_or(usize::MAX);
        let log = self.calls.events(line.call, 0, n_lines).await?;
        let Some(stands) = self.calls.get(line.call).await? else { return Ok(Vec::new()) };
        let wants = |kind: Kind| match only {
            Some(word) => kind.word() == word,
            None => self.wanted.tells.contains(&kind),
        };
        let told: Vec<Tells> = tells(&log).into_iter().filter(|one| wants(one.kind)).collect();
        let Some((last, before)) = log.split_last().filter(|_| !told.is_empty()) else {
            return Ok(Vec::new());
        };
        let event = event_lines(before, std::slice::from_ref(last)).pop();
        let notice = |Tells { kind, command }: Tells| {
            let id = match &command {
                Some(command) => format!("msg_{}_{}_{}", line.place, kind.word(), command.id),
                None => format!("msg_{}_{}", line.place, kind.word()),
            };
            let mut data = json!({ "place": line.place, "call": CallView::of(&stands.call), "event": event });
            if let Some(command) = &command {
                data["command"] = json!(command_view(command));
            }
            let body = json!({ "type": kind.word(), "timestamp": rfc3339(last.event.at), "data": data });
            let (call, at) = (line.call.to_string(), last.event.at.as_millis());
            Notice { id, kind, call, place: line.place, at, body: body.to_string() }
        };
        Ok(told.into_iter().map(notice).collect())
    }

    /// Sends one until it is taken or given up.
    async fn deliver(&mut self, notice: &Notice) {
        let since = self.now();
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let outcome = self.send(notice).await;
            let age = Duration::from_millis(u64::try_from(self.now() - notice.at).unwrap_or_default());
            let next = next(&outcome, n_tries, age, rand::random());
            let why = why(&outcome);
            match next {
                Next::Go => {
                    self.note_trying(None);
                    return;
                }
                Next::Again(after) => {
                    if n_tries == 1 {
                        tracing::warn!(to = self.name, why, "a notice is not taken yet");
                    }
                    let next_at = self.now() + i64::try_from(after.as_millis()).unwrap_or(i64::MAX / 2);
                    let (kind, call) = (notice.kind, notice.call.clone());
                    self.note_trying(Some(Trying { kind, call, n_tries, since, next_at, why }));
                    self.keep();
                    self.wait(after).await;
                }
                Next::PutAside(after) => {
                    tracing::error!(to = self.name, call = notice.call, why, "a notice is given up");
                    let (kind, call) = (notice.kind.word().to_owned(), notice.call.clone());
                    let aside = Aside { place: notice.place, kind, call, at: self.now(), why };
                    self.notices.inner.ledger.note(&self.name, |standing| standing.put_aside(aside));
                    self.note_trying(None);
                    self.keep();
                    self.wait(after).await;
                    return;
                }
                Next::Stop => {
                    tracing::error!(to = self.name, "whoever is told wants no more notices (410)");
                    let now = self.now();
                    self.notices.inner.ledger.note(&self.name, |standing| standing.gone_at = Some(now));
                    self.note_trying(None);
                    self.keep();
                    self.wait(Duration::MAX).await;
                    n_tries = 0;
                }
            }
        }
    }

    /// Waits, unless somebody wants them told now.
    async fn wait(&mut self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            Some(which) = self.asked.recv() => self.replay(which).await,
        }
    }

    /// Sends once more what was put aside. What is not taken stays there.
    async fn replay(&mut self, which: Option<u64>) {
        let ledger = &self.notices.inner.ledger;
        ledger.note(&self.name, |standing| standing.gone_at = None);
        let aside = ledger.of(&self.name).map(|standing| standing.aside).unwrap_or_default();
        for one in aside.into_iter().filter(|one| which.is_none_or(|place| place == one.place)) {
            let told = match self.written_again(&one).await {
                Ok(Some(notice)) => self.send(&notice).await,
                // Its call was taken out of the history meanwhile.
                Ok(None) => Outcome::Taken,
                Err(error) => Outcome::Failed(error.to_string(), None),
            };
            let now = self.now();
            self.notices.inner.ledger.note(&self.name, |standing| match &told {
                Outcome::Taken => standing.aside.retain(|known| *known != one),
                not => standing.aside.iter_mut().filter(|known| **known == one).for_each(|known| {
                    (known.at, known.why) = (now, why(not));
                }),
            });
            if matches!(told, Outcome::Failed(..) | Outcome::Gone) {
                break;
            }
        }
        self.keep();
    }

    async fn written_again(&self, aside: &Aside) -> Result<Option<Notice>, EngineError> {
        let Ok(call) = aside.call.parse() else { return Ok(None) };
        let line = self.calls.follow(Some(call), aside.place.saturating_sub(1), 1).await?.pop();
        let Some(line) = line.filter(|line| line.place == aside.place) else { return Ok(None) };
        Ok(self.notices_of(&line, Some(&aside.kind)).await?.pop())
    }

    async fn send(&self, notice: &Notice) -> Outcome {
        let at = self.now() / 1_000;
        let request = Request {
            // Not a carrier's at all: of this word only that it is no placement matters here.
            operation: Operation::Command,
            method: http::Method::POST,
            url: self.wanted.url.expose().to_owned(),
            headers: seal::headers(&self.wanted.secrets, &notice.id, at, &notice.body),
            body: notice.body.clone().into_bytes(),
        };
        match self.sender.send(&request, TOLD_WITHIN).await {
            Ok(reply) => outcome(reply.status, reply.header("retry-after")),
            Err(error) => Outcome::Failed(error.to_string(), None),
        }
    }

    fn note_trying(&self, trying: Option<Trying>) {
        *self.trying.lock().unwrap_or_else(PoisonError::into_inner) = trying;
    }

    fn keep(&self) {
        self.notices.inner.ledger.keep();
    }

    fn now(&self) -> i64 {
        self.calls.now().as_millis()
    }
}

fn why(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Taken => String::new(),
        Outcome::Gone => "it answered 410, that it wants no notices".to_owned(),
        Outcome::Refused(why) | Outcome::Failed(why, _) => why.clone(),
    }
}

/// So many lines are read at once.
const LINES_MAX: usize = 100;
/// So long may one try take: the scheme's advice is 15 to 30 s.
const TOLD_WITHIN: Duration = Duration::from_secs(20);
/// How often it is put on disk how far they were told, while there is much to tell.
const KEEP_EVERY: Duration = Duration::from_secs(1);
/// What else is committed in this time is read with it.
const GATHER: Duration = Duration::from_millis(20);
/// How long after a log that can't be read it is read again.
const UNREAD_PAUSE: Duration = Duration::from_secs(5);
