//! A customer on real sockets who takes media streams: a WebSocket server, a server of documents,
//! and the network between them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use network::{Settings, WireRequest};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server as handshake;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use crate::sockets::Running;

/// A subscriber who echoes.
pub(crate) const ECHO: &str = "+15555550011";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The network, with a customer beside it.
pub(crate) struct Scene {
    pub(crate) network: Running,
    /// Where the WebSocket server is.
    pub(crate) media: SocketAddr,
    peers: mpsc::UnboundedReceiver<Peer>,
    /// Where the server of documents is.
    pub(crate) customer: SocketAddr,
    told: mpsc::UnboundedReceiver<String>,
}

impl Scene {
    /// A customer whose document is this, with `MEDIA` for the address of the WebSocket server and
    /// `CUSTOMER` for that of the other.
    pub(crate) async fn begin(document: &str, welcome: Welcome) -> Scene {
        let network = Running::start(Settings::default()).await;
        let (media, peers) = media_server(welcome).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let customer = listener.local_addr().unwrap();
        let document = document.replace("MEDIA", &format!("ws://{media}/media"));
        let document = document.replace("CUSTOMER", &format!("http://{customer}"));
        let told = customer_server(listener, format!("<Response>{document}</Response>"));
        Scene { network, media, peers, customer, told }
    }

    /// Sends a request that must succeed.
    pub(crate) async fn ask(&self, request: WireRequest) -> Value {
        let path = request.path_and_query.clone();
        let (status, body) = self.network.send(request).await.unwrap();
        assert!((200..300).contains(&status), "{path}: {status} {body}");
        body
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.ask(WireRequest::new(method, format!("/network{path}")).with_body(body)).await
    }

    pub(crate) async fn truth(&self, id: &str) -> Value {
        self.control(Method::GET, &format!("/calls/{id}"), &Value::Null).await
    }

    /// The truth about a call as soon as it is as wished.
    pub(crate) async fn truth_when(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let truth = self.truth(id).await;
                if is_so(&truth) {
                    return truth;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, wait).await.unwrap()
    }

    pub(crate) async fn peer(&mut self) -> Peer {
        timeout(PATIENCE, self.peers.recv()).await.unwrap().unwrap()
    }

    /// The next webhook whose body has this in it.
    pub(crate) async fn told(&mut self, part: &str) -> String {
        let wait = async {
            loop {
                let body = self.told.recv().await.unwrap();
                if body.contains(part) {
                    return body;
                }
            }
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("nobody told of {part}"))
    }
}

/// How the WebSocket server takes whoever comes.
#[derive(Clone, Copy)]
pub(crate) enum Welcome {
    Open,
    /// Answers 401.
    Refuse,
}

/// The carrier's end of one stream.
pub(crate) struct Peer {
    pub(crate) headers: HeaderMap,
    socket: WebSocketStream<TcpStream>,
}

impl Peer {
    /// The next message; null for a close frame.
    pub(crate) async fn next(&mut self) -> Value {
        match timeout(PATIENCE, self.socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            Some(Ok(Message::Close(_))) | None => Value::Null,
            other => panic!("{other:?}"),
        }
    }

    /// The next message of this event.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        loop {
            let message = self.next().await;
            assert!(!message.is_null(), "closed before {event}");
            if message["event"] == json!(event) {
                return message;
            }
        }
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn close(&mut self) {
        self.socket.close(None).await.unwrap();
        while let Some(Ok(_)) = timeout(PATIENCE, self.socket.next()).await.unwrap() {}
    }

    /// The sound of the next frames, until these bytes are in it.
    pub(crate) async fn hears(&mut self, sound: &[u8]) {
        let mut heard: Vec<u8> = Vec::new();
        while !heard.windows(sound.len()).any(|window| window == sound) {
            heard.extend(sound_of(&self.event("media").await));
            assert!(heard.len() < 40 * sound.len(), "it isn't echoed");
        }
    }

    /// The other side ends the stream, without a word or with these last.
    pub(crate) async fn is_closed(&mut self) {
        while !self.next().await.is_null() {}
    }
}

pub(crate) fn sound_of(message: &Value) -> Vec<u8> {
    STANDARD.decode(message["media"]["payload"].as_str().unwrap()).unwrap()
}

pub(crate) fn base64(sound: &[u8]) -> String {
    STANDARD.encode(sound)
}

/// Sound in which every byte differs from its neighbours.
pub(crate) fn speech(n_bytes: usize) -> Vec<u8> {
    (0..n_bytes).map(|index| u8::try_from(index % 97 + 1).unwrap()).collect()
}

async fn media_server(welcome: Welcome) -> (SocketAddr, mpsc::UnboundedReceiver<Peer>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (found, peers) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut headers = HeaderMap::new();
            // The type is the library's.
            #[allow(clippy::result_large_err)]
            let greet = |request: &handshake::Request, response: handshake::Response| {
                headers = request.headers().clone();
                match welcome {
                    Welcome::Open => Ok(response),
                    Welcome::Refuse => Err(Response::builder().status(401).body(None).unwrap()),
                }
            };
            let accepted = accept_hdr_async(stream, greet).await;
            if let Ok(socket) = accepted {
                let _ = found.send(Peer { headers, socket });
            }
        }
    });
    (address, peers)
}

fn customer_server(listener: TcpListener, document: String) -> mpsc::UnboundedReceiver<String> {
    let (told, hears) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (told, document) = (told.clone(), document.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (told, document) = (told.clone(), document.clone());
                async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let _ = told.send(String::from_utf8_lossy(&body).into_owned());
                    let response = Response::builder().header("content-type", "text/xml");
                    Ok::<_, Infallible>(response.body(Full::<Bytes>::from(document)).unwrap())
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    hears
}
