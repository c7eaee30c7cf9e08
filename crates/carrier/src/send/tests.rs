//! The sender over real sockets on loopback, against servers that misbehave in each way.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::wire::Operation;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What a server does with each connection.
#[derive(Clone, Debug)]
enum Behaviour {
    /// Closes it without reading.
    CloseAtOnce,
    /// Reads one request and closes.
    CloseAfterReading,
    /// Reads whatever comes and never answers.
    Stall,
    /// Answers each request with these bytes.
    Answer(String),
    /// Answers one request with these bytes and closes.
    AnswerAndClose(String),
    /// Answers the first request and closes on the second.
    AnswerOnce(String),
    /// Answers each request with its own body, or its path.
    Echo,
}

/// A server, and what it heard.
struct Server {
    url: String,
    heard: Arc<Mutex<Vec<u8>>>,
    n_connections: Arc<AtomicUsize>,
    closed: mpsc::UnboundedReceiver<()>,
}

impl Server {
    async fn start(behaviour: Behaviour) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let n_connections = Arc::new(AtomicUsize::new(0));
        let (tell, closed) = mpsc::unbounded_channel();
        let server = Server { url, heard: heard.clone(), n_connections: n_connections.clone(), closed };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                n_connections.fetch_add(1, Ordering::SeqCst);
                let (behaviour, heard, tell) = (behaviour.clone(), heard.clone(), tell.clone());
                tokio::spawn(async move {
                    behave(behaviour, stream, &heard).await;
                    let _ = tell.send(());
                });
            }
        });
        server
    }

    fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }

    fn n_connections(&self) -> usize {
        self.n_connections.load(Ordering::SeqCst)
    }

    /// Until one more connection is over.
    async fn closed(&mut self) {
        self.closed.recv().await.unwrap();
    }
}

async fn behave(behaviour: Behaviour, mut stream: TcpStream, heard: &Mutex<Vec<u8>>) {
    let mut n_requests = 0;
    if matches!(behaviour, Behaviour::CloseAtOnce) {
        return;
    }
    while let Some(request) = read_request(&mut stream, heard).await {
        n_requests += 1;
        match &behaviour {
            Behaviour::CloseAtOnce | Behaviour::CloseAfterReading => return,
            Behaviour::Stall => {}
            Behaviour::AnswerOnce(_) if n_requests > 1 => return,
            Behaviour::AnswerOnce(text) | Behaviour::Answer(text) => write(&mut stream, text).await,
            Behaviour::AnswerAndClose(text) => return write(&mut stream, text).await,
            Behaviour::Echo => {
                let (head, body) = request.split_once("\r\n\r\n").unwrap();
                let path = head.split(' ').nth(1).unwrap();
                let body = if body.is_empty() { path } else { body };
                write(&mut stream, &ok(body)).await;
            }
        }
    }
}

async fn write(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes()).await;
}

/// One whole request, `None` when the other side has closed.
async fn read_request(stream: &mut TcpStream, heard: &Mutex<Vec<u8>>) -> Option<String> {
    let mut request = String::new();
    loop {
        let mut buffer = [0; 4096];
        let n_read = stream.read(&mut buffer).await.ok().filter(|n_read| *n_read > 0)?;
        heard.lock().unwrap().extend_from_slice(&buffer[..n_read]);
        request.push_str(&String::from_utf8_lossy(&buffer[..n_read]));
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(request);
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn request(url: &str, body: &str) -> Request {
    Request {
        operation: Operation::HangUp,
        method: http::Method::POST,
        url: url.to_owned(),
        headers: vec![("authorization".to_owned(), "Basic QQ==".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

fn sender() -> Sender {
    Sender::new(SendSettings { connect_within: Duration::from_millis(200), reply_max: 1_000 })
}

/// What came of it, by what may be done about it.
fn verdict(outcome: &Result<Reply, SendError>) -> &'static str {
    match outcome {
        Ok(_) => "reply",
        Err(SendError::NotSent(_) | SendError::TooLate) => "not sent",
        Err(SendError::Broken(_)) => "broken",
        Err(SendError::TimedOut(_)) => "timed out",
    }
}

/// Where nothing may block for long, an answer is due in this time.
const AMPLE: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);

/// Each way in which a server may misbehave, and the verdict on a request that met it.
#[tokio::test]
async fn every_failure_has_its_verdict() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned();
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n".to_owned();
    let head_only = "HTTP/1.1 200 OK\r\ncontent-le".to_owned();
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_owned();
    let until_closed = "HTTP/1.1 200 OK\r\n\r\nall of it".to_owned();
    let rows = [
        (Behaviour::CloseAfterReading, "broken"),
        (Behaviour::Stall, "timed out"),
        (Behaviour::Answer(ok("hello")), "reply"),
        (Behaviour::AnswerAndClose(ok("hello")), "reply"),
        (Behaviour::AnswerAndClose(until_closed), "reply"),
        (Behaviour::Answer(half.clone()), "timed out"),
        (Behaviour::AnswerAndClose(half), "broken"),
        (Behaviour::Answer(chunked.clone()), "timed out"),
        (Behaviour::AnswerAndClose(chunked), "broken"),
        (Behaviour::Answer(head_only.clone()), "timed out"),
        (Behaviour::AnswerAndClose(head_only), "broken"),
        (Behaviour::Answer("SIP/2.0 200 OK\r\n\r\n".to_owned()), "broken"),
        (Behaviour::Answer(ok(&"x".repeat(1_000))), "reply"),
        (Behaviour::Answer(ok(&"x".repeat(1_001))), "broken"),
        (Behaviour::Answer(redirect), "reply"),
    ];
    for (behaviour, expected) in rows {
        let timeout = if expected == "timed out" { SHORT } else { AMPLE };
        let server = Server::start(behaviour.clone()).await;
        let request = request(&format!("{}/Calls.json", server.url), "To=1");
        let placed = sender().place(&request, timeout, || true).await;
        assert_eq!(verdict(&placed), expected, "placing: {behaviour:?} {placed:?}");
        assert_eq!(server.n_connections(), 1, "placing: {behaviour:?}");
        assert_eq!(server.heard().matches("POST").count(), 1, "placing: {behaviour:?}");

        let server = Server::start(behaviour.clone()).await;
        let request = Request { url: format!("{}/Calls.json", server.url), ..request };
        let sent = sender().send(&request, timeout).await;
        assert_eq!(verdict(&sent), expected, "sending: {behaviour:?} {sent:?}");
        assert_eq!(server.heard().matches("POST").count(), 1, "sending: {behaviour:?}");
    }
}

#[tokio::test]
async fn a_reply_is_read_whole_and_a_redirect_is_but_a_reply() {
    let text = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-A: 1\r\ncontent-length: 2\r\n\r\nhi";
    let server = Server::start(Behaviour::Answer(text.to_owned())).await;
    for reply in [
        sender().place(&request(&server.url, ""), AMPLE, || true).await.unwrap(),
        sender().send(&request(&server.url, ""), AMPLE).await.unwrap(),
    ] {
        assert_eq!((reply.status, reply.body.as_slice()), (302, b"hi".as_slice()));
        assert_eq!(reply.header("location"), Some("http://127.0.0.1:1/"));
        assert_eq!(reply.header("x-a"), Some("1"));
    }
}

#[tokio::test]
async fn a_placement_is_written_as_http_demands() {
    let server = Server::start(Behaviour::Answer(ok(""))).await;
    let request = request(&format!("{}/a/b.json?c=%2B1", server.url), "To=%2B1");
    sender().place(&request, AMPLE, || true).await.unwrap();
    let heard = server.heard();
    let host = server.url.strip_prefix("http://").unwrap();
    assert!(heard.starts_with("POST /a/b.json?c=%2B1 HTTP/1.1\r\n"), "{heard}");
    for line in
        [&format!("host: {host}"), "authorization: Basic QQ==", "connection: close", "content-length: 7"]
    {
        assert!(heard.contains(&format!("\r\n{line}\r\n")), "{line} in {heard}");
    }
    assert!(heard.ends_with("\r\n\r\nTo=%2B1"), "{heard}");
}

/// The heart of it: without permission the server hears not a byte.
#[tokio::test]
async fn without_permission_not_a_byte_leaves() {
    let mut server = Server::start(Behaviour::Echo).await;
    let asked = AtomicUsize::new(0);
    let refuse = || {
        asked.fetch_add(1, Ordering::SeqCst);
        false
    };
    let outcome = sender().place(&request(&server.url, "To=1"), AMPLE, refuse).await;
    assert_eq!(outcome, Err(SendError::TooLate));
    server.closed().await;
    assert_eq!((server.heard().as_str(), asked.into_inner()), ("", 1));
}

/// Permission is asked when the connection stands, so that the time which connecting takes counts.
#[tokio::test]
async fn permission_is_asked_once_and_after_connecting() {
    let asked = AtomicUsize::new(0);
    let allow = || {
        asked.fetch_add(1, Ordering::SeqCst);
        true
    };
    let server = Server::start(Behaviour::Echo).await;
    sender().place(&request(&server.url, "To=1"), AMPLE, allow).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    // TLS that never stands: the server takes the connection, and is silent, or closes.
    for behaviour in [Behaviour::Stall, Behaviour::CloseAtOnce, Behaviour::CloseAfterReading] {
        let server = Server::start(behaviour).await;
        let url = server.url.replace("http://", "https://");
        let outcome = sender().place(&request(&url, "To=1"), AMPLE, allow).await;
        assert_eq!(verdict(&outcome), "not sent", "{outcome:?}");
        assert!(!server.heard().contains("POST"));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_sent() {
    let vacant = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let unfit = [
        vacant.as_str(),
        "http://name.invalid:1/",
        "https://name.invalid/",
        "ftp://127.0.0.1/",
        "/2010-04-01",
        "http://",
        "",
        "http://127.0.0.1:1/ x",
    ];
    for url in unfit {
        let outcome = sender().place(&request(url, "To=1"), AMPLE, || true).await;
        assert_eq!(verdict(&outcome), "not sent", "{url} {outcome:?}");
        let outcome = sender().send(&request(url, "To=1"), AMPLE).await;
        assert_eq!(verdict(&outcome), "not sent", "{url} {outcome:?}");
    }
    let mut split = request(&vacant, "");
    split.headers.push(("x".to_owned(), "a\r\nb: c".to_owned()));
    assert_eq!(verdict(&sender().send(&split, AMPLE).await), "not sent");
}

/// Credentials are in every request: plain http is for this machine alone.
#[tokio::test]
async fn plain_http_leaves_this_machine_never() {
    for url in
        ["http://api.twilio.com/", "http://192.0.2.1/", "http://127.0.0.1.example/", "http://[2001:db8::1]/"]
    {
        let refusal = SendError::NotSent("plain http is only for this machine; use https".to_owned());
        assert_eq!(sender().send(&request(url, ""), AMPLE).await, Err(refusal.clone()), "{url}");
        assert_eq!(sender().place(&request(url, ""), AMPLE, || true).await, Err(refusal), "{url}");
    }
    for url in ["http://localhost:1", "http://127.8.9.1", "http://[::1]:1", "https://api.twilio.com"] {
        assert!(is_private(&url.parse().unwrap()), "{url}");
    }
}

/// Closing at once may be seen before the first byte or after: what is claimed must hold.
#[tokio::test]
async fn not_sent_is_never_claimed_of_a_byte_that_left() {
    for _ in 0..50 {
        let asked = AtomicUsize::new(0);
        let allow = || {
            asked.fetch_add(1, Ordering::SeqCst);
            true
        };
        let server = Server::start(Behaviour::CloseAtOnce).await;
        let outcome = sender().place(&request(&server.url, "To=1"), AMPLE, allow).await;
        match (&outcome, asked.into_inner()) {
            (Err(SendError::NotSent(_)), 0) | (Err(SendError::Broken(_)), 1) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The connection is driven by the future itself: dropped, it sends no more, and it closes.
#[tokio::test]
async fn dropping_a_placement_stops_it() {
    let mut server = Server::start(Behaviour::Stall).await;
    let request = request(&server.url, "To=1");
    let sender = sender();
    let placing = sender.place(&request, AMPLE, || true);
    assert!(tokio::time::timeout(SHORT, placing).await.is_err());
    server.closed().await;
    assert_eq!(server.heard().matches("POST").count(), 1);
}

#[tokio::test]
async fn a_request_whose_connection_is_closed_under_it_is_not_repeated() {
    let server = Server::start(Behaviour::AnswerOnce(ok("first"))).await;
    let sender = sender();
    sender.send(&request(&server.url, "n=1"), AMPLE).await.unwrap();
    let second = sender.send(&request(&server.url, "n=2"), AMPLE).await;
    assert_eq!(verdict(&second), "broken", "{second:?}");
    assert_eq!((server.heard().matches("POST").count(), server.n_connections()), (2, 1));
}

#[tokio::test]
async fn connections_are_kept_but_for_placements() {
    let server = Server::start(Behaviour::Echo).await;
    let sender = sender();
    for _ in 0..3 {
        sender.clone().send(&request(&server.url, "n"), AMPLE).await.unwrap();
    }
    assert_eq!(server.n_connections(), 1);
    for _ in 0..3 {
        sender.place(&request(&server.url, "n"), AMPLE, || true).await.unwrap();
    }
    assert_eq!(server.n_connections(), 4);
}

#[tokio::test]
async fn many_at_once_each_get_their_own_reply() {
    let server = Server::start(Behaviour::Echo).await;
    let (url, sender) = (server.url.clone(), sender());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (sender, url) = (sender.clone(), url.clone());
        tasks.spawn(async move {
            let body = format!("n={n}");
            let request = request(&url, &body);
            let sent = sender.send(&request, AMPLE).await.unwrap();
            let placed = sender.place(&request, AMPLE, || true).await.unwrap();
            assert_eq!((sent.body.as_slice(), placed.body.as_slice()), (body.as_bytes(), body.as_bytes()));
        });
    }
    while let Some(outcome) = tasks.join_next().await {
        outcome.unwrap();
    }
    assert_eq!(server.heard().matches("POST").count(), 128);
}

/// The gate by itself, with a connection that does as it is told.
mod gate_alone {
    use super::super::gate::{Gate, Seal};
    use super::*;
    use hyper::rt::Write;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    struct Scripted(Vec<Poll<io::Result<usize>>>);

    impl Write for Scripted {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            self.0.remove(0)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Writes as often as there are answers, with these permissions; says whether the seal is
    /// whole, and whether it was refused.
    fn check(answers: Vec<Poll<io::Result<usize>>>, permissions: &[bool], expected: (bool, bool)) {
        let n_writes = answers.len().max(permissions.len());
        let seal = Arc::new(Seal::default());
        let n_asked = AtomicUsize::new(0);
        let may_send = || permissions[n_asked.fetch_add(1, Ordering::SeqCst)];
        let mut gate = Gate::new(Scripted(answers), Arc::clone(&seal), may_send);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..n_writes {
            let _ = Pin::new(&mut gate).poll_write(&mut cx, b"POST");
        }
        drop(gate);
        assert_eq!((seal.is_whole(), seal.was_refused()), expected);
        assert_eq!(n_asked.into_inner(), permissions.len());
    }

    fn broken() -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::Error::other("broken")))
    }

    #[test]
    fn the_seal_tells_whether_anything_may_have_left() {
        check(vec![], &[], (true, false));
        check(vec![Poll::Ready(Ok(4))], &[true], (false, false));
        check(vec![Poll::Ready(Ok(1)), Poll::Ready(Ok(3))], &[true], (false, false));
        // An error says nothing of what went before it.
        check(vec![broken()], &[true], (false, false));
        check(vec![Poll::Ready(Ok(1)), broken()], &[true], (false, false));
        check(vec![], &[false], (true, true));
    }

    #[test]
    fn a_connection_that_takes_nothing_yet_is_asked_for_again() {
        check(vec![Poll::Pending, Poll::Ready(Ok(4))], &[true, true], (false, false));
        check(vec![Poll::Pending], &[true, false], (true, true));
        check(vec![Poll::Pending], &[true], (true, false));
    }

    #[test]
    fn a_gate_that_was_shut_stays_shut() {
        let seal = Arc::new(Seal::default());
        let may_send = AtomicUsize::new(0);
        let mut gate =
            Gate::new(Scripted(vec![]), Arc::clone(&seal), || may_send.fetch_add(1, Ordering::SeqCst) > 0);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(matches!(Pin::new(&mut gate).poll_write(&mut cx, b"POST"), Poll::Ready(Err(_))));
        }
        assert!(seal.was_refused());
    }
}
