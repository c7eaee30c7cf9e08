//! What happens on all calls, as it happens.

use super::{BEARER, Site, site};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Somebody who listens to `/v1/events`.
struct Listener {
    body: Body,
    text: String,
}

/// One message.
#[derive(Debug, PartialEq)]
struct Message {
    event: String,
    id: u64,
    told: Value,
}

impl Listener {
    async fn new(site: &Site, query: &str, last: Option<&str>) -> Listener {
        Listener::by(site, BEARER.1, query, last).await
    }

    async fn by(site: &Site, bearer: &str, query: &str, last: Option<&str>) -> Listener {
        let mut request = Request::get(format!("/v1/events{query}")).header(BEARER.0, bearer);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = site.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Listener { body: response.into_body(), text: String::new() }
    }

    /// The next message; `None` when there are no more.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = message.lines().filter_map(|line| line.strip_prefix(name));
                    lines.map(|value| value.trim_start_matches([':', ' '])).collect::<String>()
                };
                let (event, id, data) = (field("event"), field("id"), field("data"));
                let told = serde_json::from_str(&data).unwrap();
                let message = Message { event, id: id.parse().unwrap(), told };
                self.text = rest.to_owned();
                return Some(message);
            }
            let frame = self.body.frame().await?.unwrap();
            self.text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
        }
    }

    /// Messages up to the one that tells that a call was asked for.
    async fn until(&mut self, kind: &str) -> Vec<Message> {
        let mut all = Vec::new();
        loop {
            all.push(self.next().await.unwrap());
            if all.last().unwrap().told["event"]["kind"] == kind {
                return all;
            }
        }
    }
}

async fn place(site: &Site, to: &str) -> String {
    let (status, call) = site.post("/v1/calls", &json!({ "to": to }).to_string()).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    call["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens_and_to_whoever_comes_back() {
    let site = site().await;
    let mut all = Listener::new(&site, "", None).await;
    let ready = all.next().await.unwrap();
    assert_eq!((ready.event.as_str(), ready.id, &ready.told), ("ready", 0, &json!({ "place": 0 })));
    let id = place(&site, "+12025550143").await;
    let told = all.until("place_deferred").await;
    let kinds: Vec<_> = told.iter().map(|message| message.told["event"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["asked", "admitted", "place_deferred"]);
    assert!(told.windows(2).all(|pair| pair[0].id < pair[1].id), "{told:?}");
    assert!(told.iter().all(|message| message.told["call"]["id"] == *id && message.event == "call"));
    assert_eq!(told[1].told["event"]["state"], "placing", "what it was after that event");
    let (_, events) = site.ask(Method::GET, &format!("/v1/calls/{id}/events"), &[BEARER], "").await;
    assert_eq!(told[0].told["event"], events["events"][0]);

    let last = told[0].id.to_string();
    let mut rest = Listener::new(&site, "", Some(&last)).await;
    assert_eq!(rest.next().await.unwrap().told["event"], told[1].told["event"]);
    let mut rest = Listener::new(&site, &format!("?after={last}"), None).await;
    assert_eq!(rest.next().await.unwrap().told["event"], told[1].told["event"]);
}

#[tokio::test]
async fn one_call_is_followed_by_itself() {
    let site = site().await;
    let first = place(&site, "+12025550143").await;
    let other = place(&site, "+12025550144").await;
    let mut one = Listener::new(&site, &format!("?call={other}&after=0"), None).await;
    assert_eq!(one.next().await.unwrap().told["call"]["id"], *other);
    let (status, _) = site.post(&format!("/v1/calls/{first}/hangup"), "").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (status, _) = site.post(&format!("/v1/calls/{other}/hangup"), "").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let told = one.until("hangup_requested").await;
    assert!(told.iter().all(|message| message.told["call"]["id"] == *other), "{told:?}");
}

#[tokio::test]
async fn who_was_told_of_what_is_not_in_the_log_is_told_so() {
    let site = site().await;
    let mut listener = Listener::new(&site, "", Some("77")).await;
    let gap = listener.next().await.unwrap();
    assert_eq!((gap.event.as_str(), gap.told), ("gap", json!({ "after": 77, "newest": 0 })));
    assert_eq!(listener.next().await.unwrap().event, "ready");
    place(&site, "+12025550143").await;
    assert_eq!(listener.next().await.unwrap().told["event"]["kind"], "asked");
}

#[tokio::test]
async fn a_gateway_that_stops_lets_those_who_listen_go() {
    let site = site().await;
    let mut listener = Listener::new(&site, "", None).await;
    assert_eq!(listener.next().await.unwrap().event, "ready");
    site.close.send_replace(true);
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused() {
    let site = site().await;
    let last = ("Last-Event-ID", "soon");
    let (status, problem) = site.ask(Method::GET, "/v1/events", &[BEARER, last], "").await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("OH-0002")));
    let nobody = "/v1/events?call=c_00000000000000000000000007";
    let (status, problem) = site.ask(Method::GET, nobody, &[BEARER], "").await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("OH-0010")));
    let (status, _) = site.ask(Method::GET, "/v1/events", &[], "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_hears_of_its_own_calls_and_for_as_long_as_it_is_good() {
    let site = site().await;
    let asked = json!({ "name": "bot", "scopes": ["read", "place"], "own_calls": true }).to_string();
    let (status, made) = site.post("/v1/tokens", &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let mut listener = Listener::by(&site, &bearer, "", None).await;
    assert_eq!(listener.next().await.unwrap().event, "ready");
    let others = place(&site, "+12025550143").await;
    let order = json!({ "to": "+12025550144" }).to_string();
    let (_, own) = site.ask(Method::POST, "/v1/calls", &[("authorization", &bearer)], &order).await;
    assert_eq!(listener.next().await.unwrap().told["call"]["id"], own["id"]);
    let foreign = format!("/v1/events?call={others}");
    let (status, _) = site.ask(Method::GET, &foreign, &[("authorization", &bearer)], "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let (status, _) = site.ask(Method::DELETE, "/v1/tokens/bot", &[BEARER], "").await;
    assert!(status.is_success(), "{status}");
    site.post(&format!("/v1/calls/{}/hangup", own["id"].as_str().unwrap()), "").await;
    // What was read before may still come.
    while let Some(message) = listener.next().await {
        assert_ne!(message.told["event"]["kind"], "hang_up_requested");
    }
}
