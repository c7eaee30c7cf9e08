//! The network on real sockets of the loopback, with a customer's server beside it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use network::{Settings, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::customer::api;

type Http = Client<HttpConnector, Full<Bytes>>;

pub(crate) struct Running {
    address: SocketAddr,
    http: Http,
    stop: Option<oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(settings: Settings) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, settings, async {
            let _ = stopped.await;
        }));
        let http = Client::builder(TokioExecutor::new()).build_http();
        Running { address, http, stop: Some(stop), served }
    }

    /// A status with the body, or nothing where the connection broke.
    async fn ask(&self, method: Method, path: &str, body: &str) -> Option<(u16, Value)> {
        let wire = if path.starts_with("/network") {
            network::WireRequest::new(method, path)
        } else {
            api(method, path)
        };
        self.send(wire.with_body(body)).await
    }

    /// The same for any request.
    pub(crate) async fn send(&self, wire: network::WireRequest) -> Option<(u16, Value)> {
        let uri = format!("http://{}{}", self.address, wire.path_and_query);
        let mut request = Request::builder().method(wire.method).uri(uri);
        for (name, value) in wire.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(wire.body)).unwrap();
        let response = self.http.request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

/// A server that answers everything with a document, and hands on the bodies it got.
async fn customer() -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, hears) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let told = told.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let told = told.clone();
                async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let _ = told.send(String::from_utf8_lossy(&body).into_owned());
                    let document = "<Response><Say>Hello</Say><Hangup/></Response>";
                    let response = Response::builder().header("content-type", "text/xml");
                    Ok::<_, Infallible>(response.body(Full::<Bytes>::from(document)).unwrap())
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, hears)
}

fn form(address: SocketAddr) -> String {
    let url = format!("http://{address}/webhook");
    form_urlencoded::Serializer::new(String::new())
        .append_pair("To", "+15555550006")
        .append_pair("From", "+15550199000")
        .append_pair("Url", &url)
        .append_pair("StatusCallback", &url)
        .finish()
}

#[tokio::test]
async fn a_call_runs_over_real_sockets() {
    let network = Running::start(Settings::default()).await;
    let (address, mut hears) = customer().await;
    let placed = network.ask(Method::POST, "/Calls.json", &form(address)).await;
    let (status, call) = placed.unwrap();
    assert_eq!((status, &call["status"]), (201, &json!("queued")));
    assert!(hears.recv().await.unwrap().contains("CallStatus=in-progress"));
    assert!(hears.recv().await.unwrap().contains("CallStatus=completed"));
    let path = format!("/network/calls/{}", call["sid"].as_str().unwrap());
    let (_, truth) = network.ask(Method::GET, &path, "").await.unwrap();
    assert_eq!(truth["heard"][0]["text"], json!("Hello"));
}

#[tokio::test]
async fn faults_break_real_connections() {
    let network = Running::start(Settings::default()).await;
    let (address, _hears) = customer().await;
    for act in ["cut-before", "cut-after", "broken-body"] {
        let fault = json!({ "on": "create", "times": 1, "do": act }).to_string();
        network.ask(Method::POST, "/network/faults", &fault).await.unwrap();
        assert_eq!(network.ask(Method::POST, "/Calls.json", &form(address)).await, None, "{act}");
    }
    let (_, truth) = network.ask(Method::GET, "/network/calls", "").await.unwrap();
    assert_eq!(truth["calls"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_idle_network_ends_by_itself_and_a_stopped_one_at_once() {
    let idle = Settings { exit_when_idle: Some(Duration::from_millis(50)), ..Settings::default() };
    let network = Running::start(idle).await;
    network.served.await.unwrap().unwrap();
    let mut network = Running::start(Settings::default()).await;
    network.stop.take().unwrap().send(()).unwrap();
    network.served.await.unwrap().unwrap();
}
