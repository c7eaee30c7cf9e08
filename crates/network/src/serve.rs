//! The network on a socket: the shell that gives the machine its clock, its connections and its
//! dice.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::deliver::{Client, deliver};
use crate::network::Network;
use crate::settings::Settings;
use crate::socket;
use crate::time::Millis;
use crate::wire::{Reply, Webhook, WireRequest, WireResponse};
use crate::world::{StreamFailure, StreamId, StreamOpening, StreamReport, StreamWish};

/// The longest body that is read, in bytes. Twilio's requests are a few kilobytes.
const BODY_MAX: usize = 1 << 20;

/// How long a request that is never answered keeps its connection.
const STALL: Duration = Duration::from_secs(600);

/// How many connections are served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 16_384;

/// How many webhooks are under way at once; more wait, and their time-outs with them.
const WEBHOOKS_MAX: usize = 1_024;

/// How many media streams are carried at once; more fail.
const STREAMS_MAX: usize = 4_096;

/// How many times keys may have been pressed that a stream has not told of.
const KEYS_MAX: usize = 64;

/// How long the timer sleeps at most.
const NAP: Duration = Duration::from_millis(500);

/// How long accepting rests after it failed, as it does when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves a network until `until` is done, or until it is idle for as long as the settings say.
/// Its dice are thrown anew each time, unless the settings name a seed.
///
/// # Errors
/// The listener has no address: it is not usable.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    until: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let exit_when_idle = settings.exit_when_idle;
    let seed = settings.seed.unwrap_or_else(rand::random);
    let shell = Arc::new(Shell {
        network: Mutex::new(Network::new(settings, seed)),
        client: Client::new(),
        woken: Notify::new(),
        last_request: Mutex::new(Instant::now()),
        webhooks: Arc::new(Semaphore::new(WEBHOOKS_MAX)),
        errands: Mutex::new(Some(JoinSet::new())),
        streams: Mutex::new(BTreeMap::new()),
        clock: Clock::start(),
    });
    // Dropping the set ends every task in it.
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(Arc::clone(&shell), listener));
    tokio::select! {
        () = until => {}
        () = keep_time(&shell, exit_when_idle) => {}
    }
    // From here on no webhook leaves, and every stream breaks.
    locked(&shell.errands).take();
    Ok(())
}

/// What all connections share.
struct Shell {
    network: Mutex<Network>,
    client: Client,
    /// Something new is due.
    woken: Notify,
    last_request: Mutex<Instant>,
    webhooks: Arc<Semaphore>,
    /// The webhooks and media streams under way; `None` once the network is stopped.
    errands: Mutex<Option<JoinSet<()>>>,
    /// What leads to each media stream: the keys that the subscriber presses. Without it the stream
    /// ends.
    streams: Mutex<BTreeMap<StreamId, mpsc::Sender<String>>>,
    clock: Clock,
}

/// The wall clock as it was at the start, moved on by one that doesn't jump.
struct Clock {
    unix_ms: i64,
    started: Instant,
}

impl Clock {
    fn start() -> Clock {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = i64::try_from(unix.as_millis()).unwrap_or(i64::MAX);
        Clock { unix_ms, started: Instant::now() }
    }

    fn now(&self) -> Millis {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Millis::new(self.unix_ms) + passed
    }
}

/// A poisoned lock is taken all the same: one request's panic must not end the others.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shell {
    fn request(self: &Arc<Self>, request: &WireRequest) -> Reply {
        *locked(&self.last_request) = Instant::now();
        let reply = self.turn(|network, now| network.request(request, now));
        self.woken.notify_one();
        reply
    }

    /// Lets what is due happen, and says how long until more is.
    fn poll(self: &Arc<Self>) -> Option<Duration> {
        self.turn(|_, _| ());
        let due = locked(&self.network).next_due();
        due.map(|due| Duration::from_millis(due.since(self.clock.now())))
    }

    /// Does something to the network, and sends and carries what comes of it.
    fn turn<T>(self: &Arc<Self>, act: impl FnOnce(&mut Network, Millis) -> T) -> T {
        let mut network = locked(&self.network);
        let now = self.clock.now();
        let done = act(&mut network, now);
        network.poll(now).into_iter().for_each(|webhook| self.send(webhook));
        // Under the lock, so that no wish to close a stream overtakes the one to open it.
        network.take_stream_wishes().into_iter().for_each(|wish| self.heed(wish, now));
        done
    }

    fn run(&self, errand: impl Future<Output = ()> + Send + 'static) {
        let mut errands = locked(&self.errands);
        let Some(errands) = errands.as_mut() else { return };
        while errands.try_join_next().is_some() {}
        errands.spawn(errand);
    }

    fn send(self: &Arc<Self>, webhook: Webhook) {
        let shell = Arc::clone(self);
        self.run(async move {
            // The semaphore is never closed.
            let _turn = Arc::clone(&shell.webhooks).acquire_owned().await;
            let id = webhook.id;
            let outcome = deliver(&shell.client, webhook).await;
            shell.turn(|network, now| network.webhook_answered(id, outcome, now));
            shell.woken.notify_one();
        });
    }

    fn heed(self: &Arc<Self>, wish: StreamWish, now: Millis) {
        match wish {
            StreamWish::Open(opening) => self.carry(*opening, now),
            StreamWish::Press(id, keys) => {
                if let Some(stream) = locked(&self.streams).get(&id) {
                    // So many keys in so short a time are nobody's: what is too much is lost.
                    let _ = stream.try_send(keys);
                }
            }
            StreamWish::Close(id) => {
                locked(&self.streams).remove(&id);
            }
        }
    }

    fn carry(self: &Arc<Self>, opening: StreamOpening, now: Millis) {
        let id = opening.id;
        let (press, pressed) = mpsc::channel(KEYS_MAX);
        let is_one_too_many = {
            let mut streams = locked(&self.streams);
            let is_one_too_many = streams.len() >= STREAMS_MAX;
            if !is_one_too_many {
                streams.insert(id, press);
            }
            is_one_too_many
        };
        let shell = Arc::clone(self);
        self.run(async move {
            if is_one_too_many {
                return shell.report(id, StreamReport::Failed(StreamFailure::NoSocket));
            }
            socket::carry(opening, now, pressed, |report| shell.report(id, report)).await;
            locked(&shell.streams).remove(&id);
        });
    }

    fn report(self: &Arc<Self>, id: StreamId, report: StreamReport) {
        self.turn(|network, now| network.stream_reported(id, report, now));
        self.woken.notify_one();
    }
}

/// Polls whenever something is due. Returns once the network has been idle for so long.
async fn keep_time(shell: &Arc<Shell>, exit_when_idle: Option<Duration>) {
    loop {
        let nap = shell.poll().map_or(NAP, |due| due.min(NAP));
        if let Some(idle) = exit_when_idle
            && locked(&shell.last_request).elapsed() >= idle
            && locked(&shell.network).n_live() == 0
        {
            return;
        }
        // A due time of less than a millisecond from now would otherwise spin.
        let nap = nap.max(Duration::from_millis(1));
        let _ = tokio::time::timeout(nap, shell.woken.notified()).await;
    }
}

async fn accept(shell: Arc<Shell>, listener: TcpListener) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    // Owned here, so that they end when accepting does.
    let mut served = JoinSet::new();
    loop {
        let place = Arc::clone(&connections).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let shell = Arc::clone(&shell);
                served.spawn(async move {
                    converse(shell, stream).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while served.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side closes it.
async fn converse(shell: Arc<Shell>, stream: TcpStream) {
    // Small answers must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(Arc::clone(&shell), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // An idle connection is kept: closing it would race with the next request, and break one
        // that no fault was set for.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = connection {
        tracing::trace!(%error, "a connection broke");
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut as asked for")]
struct CutOff;

async fn answer(shell: Arc<Shell>, request: Request<Incoming>) -> Result<Response<Answer>, CutOff> {
    let request = read(request).await?;
    match shell.request(&request) {
        Reply::Respond { response, after_ms } => {
            wait(after_ms).await;
            Ok(written(response, Answer::whole))
        }
        Reply::Truncated { response, after_ms } => {
            wait(after_ms).await;
            Ok(written(response, Answer::half))
        }
        Reply::Cut { after_ms } => {
            wait(after_ms).await;
            Err(CutOff)
        }
        Reply::Stall => {
            tokio::time::sleep(STALL).await;
            Err(CutOff)
        }
    }
}

async fn wait(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

async fn read(request: Request<Incoming>) -> Result<WireRequest, CutOff> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, BODY_MAX).collect().await.map_err(|_| CutOff)?.to_bytes();
    let headers = head.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let path_and_query = head.uri.path_and_query().map_or("/", |path| path.as_str());
    Ok(WireRequest {
        method: head.method,
        path_and_query: path_and_query.to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    })
}

fn written(response: WireResponse, body: impl FnOnce(Bytes) -> Answer) -> Response<Answer> {
    let mut http = Response::new(body(Bytes::from(response.body)));
    *http.status_mut() = http::StatusCode::from_u16(response.status).unwrap_or_default();
    for (name, value) in response.headers {
        let name = HeaderName::try_from(name);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            http.headers_mut().insert(name, value);
        }
    }
    http
}

/// The body of an answer, which may break off.
struct Answer {
    left: Option<Bytes>,
    /// What is promised beyond `left`, and never comes.
    n_missing: u64,
}

impl Answer {
    fn whole(body: Bytes) -> Answer {
        Answer { left: Some(body).filter(|body| !body.is_empty()), n_missing: 0 }
    }

    fn half(body: Bytes) -> Answer {
        let half = body.slice(..body.len() / 2);
        Answer { n_missing: (body.len() - half.len()) as u64, left: Some(half) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.left.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.n_missing > 0 => Poll::Ready(Some(Err(CutOff))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && self.n_missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        let n_left = self.left.as_ref().map_or(0, Bytes::len) as u64;
        SizeHint::with_exact(n_left + self.n_missing)
    }
}
