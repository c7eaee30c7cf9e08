//! The pages on a real gateway whose carrier can't be reached: what they take, refuse and say.
#![allow(clippy::unwrap_used)]

mod access;
mod feed;
mod figures;
mod metrics;

use super::{Book, Pages, Reloads, Terms, path_of, router};
use crate::import::Mapping;
use crate::serve::notices::Notices;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use call::call::Limits;
use call::gate::{Destinations, OptOut, Rules};
use call::{CarrierName, Timestamp};
use carrier::Secret;
use carrier::directory::{self, CarrierConfig, SimulatedConfig, SimulatedFace};
use carrier::send::{SendSettings, Sender};
use engine::{Calls, Inbound, Line, NumberSettings, Parts, RecordingSettings, Settings, SystemClock};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::sqlite::{SqliteHistory, SqliteStore};
use tokio::sync::watch;
use tower::ServiceExt as _;

struct Site {
    router: Router,
    close: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

fn settings() -> Settings {
    let seconds = Duration::from_secs;
    let main = CarrierName("main".to_owned());
    let number = NumberSettings {
        carrier: main,
        fallback: Vec::new(),
        inbound: Inbound::Deny,
        greeting: None,
        agent: None,
        ring_out: false,
        record: false,
        hold: false,
    };
    Settings {
        orphans: engine::OrphanPolicy::HangUp,
        recording: RecordingSettings::default(),
        sweep_every: None,
        over_limit: None,
        live_max: 1,
        gate: Rules {
            attempts_per_hour: 2,
            destinations: Destinations::Countries(BTreeSet::from(["US".to_owned()])),
            ..Rules::default()
        },
        redaction: call::redaction::Redaction::default(),
        opt_out: OptOut::default(),
        names_anew: BTreeSet::new(),
        carrier_live_max: BTreeMap::new(),
        limits: Limits {
            queue_max: seconds(60),
            ring_max: seconds(45),
            duration_max: seconds(600),
            find_max: seconds(120),
            settle: seconds(15),
            look_unanswered: seconds(15),
            look_talking: seconds(60),
        },
        send_within: seconds(5),
        apart: BTreeMap::new(),
        agents: BTreeMap::new(),
        numbers: BTreeMap::from([("+15550100000".parse().unwrap(), number)]),
    }
}

async fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.db");
    let opened = SqliteStore::open(&path, Timestamp(0)).unwrap();
    let carrier = directory::open(CarrierConfig::Simulated(SimulatedConfig {
        name: CarrierName("main".to_owned()),
        // Port 1 is nobody's: every placement is deferred.
        base_url: "http://127.0.0.1:1".to_owned(),
        face: SimulatedFace::Twilio {
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            auth_token: Secret::new("t"),
        },
        callback_base: "http://127.0.0.1:1/webhooks/main".to_owned(),
        request_timeout: Duration::from_secs(1),
        installation: None,
    }));
    let calls = Calls::start(Parts {
        store: Box::new(opened.store),
        history: vec![Box::new(SqliteHistory::open(&path).unwrap())],
        lines: vec![Line { carrier, request_timeout: Duration::from_secs(1) }],
        sender: Sender::new(SendSettings::default()),
        settings: settings(),
        clock: Arc::new(SystemClock),
        paused: None,
        keep: engine::Keep::default(),
        door: engine::Door::new("http://127.0.0.1:1", [1; engine::KEY_BYTES]),
    })
    .await
    .unwrap();
    let (token, import) = ("secret".to_owned(), Mapping::default());
    let terms = Terms { token, rate: None, open_metrics: false, import, networks: Vec::new() };
    let book = Arc::new(Book::of(&calls).await.unwrap());
    let (reloads, _) = Reloads::new();
    let terms = watch::channel(Arc::new(terms)).1;
    let (close, closing) = watch::channel(false);
    let nobody = watch::channel(BTreeMap::new()).1;
    let file = folder.path().join("calls.db.notices");
    let notices = Notices::start(calls.clone(), nobody, file, Sender::new(SendSettings::default()));
    let pages = Pages { calls, public_url: "http://gw".into(), terms, reloads, closing, notices, book };
    Site { router: router(pages), close, _folder: folder }
}

impl Site {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: &str) -> (StatusCode, Value) {
        self.ask(Method::POST, path, &[BEARER], body).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.ask(Method::GET, path, &[BEARER], "").await
    }
}

const BEARER: (&str, &str) = ("authorization", "Bearer secret");

#[tokio::test]
async fn the_api_asks_for_its_token_and_health_for_none() {
    let site = site().await;
    for headers in [
        &[][..],
        &[("authorization", "Bearer wrong")],
        &[("authorization", "Basic secret")],
        &[("authorization", "secret")],
    ] {
        let (status, problem) = site.ask(Method::GET, "/v1/calls", headers, "").await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("OH-0001")), "{headers:?}");
    }
    assert_eq!(site.get("/v1/calls").await, (StatusCode::OK, json!({ "calls": [], "next": null })));
    let healthy = site.ask(Method::GET, "/healthz", &[], "").await;
    let instance = healthy.1["instance"].clone();
    let well = json!({ "status": "ok", "reasons": [], "notes": [], "instance": instance, "draining": false });
    assert_eq!(healthy, (StatusCode::OK, well));
    assert_eq!(instance.as_str().map(str::len), Some(16), "{instance}");
    assert_eq!(site.ask(Method::GET, "/readyz", &[], "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_said_with_a_code() {
    let site = site().await;
    for (body, status, code) in [
        ("", 400, "OH-0002"),
        ("[]", 400, "OH-0002"),
        (r#"{"to": "+12025550143", "whom": 1}"#, 400, "OH-0002"),
        (r#"{"to": "nobody"}"#, 422, "OH-0003"),
        (r#"{"to": "+1202555"}"#, 422, "OH-0003"),
        (r#"{"to": "0155"}"#, 422, "OH-0003"),
        (r#"{"to": "911"}"#, 403, "OH-0004"),
        (r#"{"to": "+15550100000"}"#, 403, "OH-0004"),
        (r#"{"to": "+15550100000", "from": "+15550100000"}"#, 403, "OH-0004"),
        (r#"{"to": "+12025550143", "say": " "}"#, 400, "OH-0002"),
        (r#"{"to": "+19005550143"}"#, 403, "OH-0004"),
        (r#"{"to": "+442079460123"}"#, 403, "OH-0004"),
        (r#"{"to": "+12025550143", "from": "+12025550144"}"#, 422, "OH-0005"),
    ] {
        let (got, problem) = site.post("/v1/calls", body).await;
        assert_eq!((got.as_u16(), &problem["code"]), (status, &json!(code)), "{body}: {problem}");
        assert_eq!(problem["status"], got.as_u16());
        assert_eq!(problem["type"], format!("docs/errors/{code}.md"));
    }
    for (text, said) in [
        ("x".repeat(3_001), "has 3001 letters; at most 3000 can be said at once: hold the line"),
        ("&".repeat(601), "has 601 letters, of which & counts five, and < and > four; at most 3000"),
    ] {
        let long = json!({ "to": "+12025550143", "say": text }).to_string();
        let (_, problem) = site.post("/v1/calls", &long).await;
        assert_eq!(problem["code"], "OH-0006");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    let huge = "x".repeat(300 * 1024);
    let (status, problem) = site.post("/v1/calls", &huge).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("OH-0016")));
}

#[tokio::test]
async fn the_same_key_is_the_same_call_whatever_its_spacing() {
    let site = site().await;
    let key = [BEARER, ("idempotency-key", "k")];
    let first = site.ask(Method::POST, "/v1/calls", &key, r#"{"to":"+12025550143","say":"a"}"#).await;
    assert_eq!(first.0, StatusCode::ACCEPTED);
    let again = site.ask(Method::POST, "/v1/calls", &key, r#" {"say": "a", "to": "+1 202 555 0143"}"#).await;
    assert_eq!((again.0, &again.1["id"]), (StatusCode::ACCEPTED, &first.1["id"]));
    let other = site.ask(Method::POST, "/v1/calls", &key, r#"{"to":"+12025550143","say":"b"}"#).await;
    assert_eq!((other.0, &other.1["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("OH-0009")));
}

#[tokio::test]
async fn a_call_is_listed_told_of_and_ended() {
    let site = site().await;
    let (_, call) = site.post("/v1/calls", r#"{"to":"+12025550143"}"#).await;
    let path = format!("/v1/calls/{}", call["id"].as_str().unwrap());
    let (_, listed) = site.get("/v1/calls?live=true&limit=1").await;
    assert_eq!(listed["calls"][0]["id"], call["id"]);
    let (status, _) = site.post(&format!("{path}/hangup"), "").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (_, story) = site.get(&format!("{path}/events")).await;
    let kinds: Vec<&str> =
        story["events"].as_array().unwrap().iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds[..2], ["asked", "admitted"]);
    assert!(kinds.contains(&"hangup_requested"), "{kinds:?}");
}

#[tokio::test]
async fn nobody_is_called_while_paused_nor_too_often() {
    let site = site().await;
    site.post("/v1/pause", r#"{"reason":"night"}"#).await;
    let (status, problem) = site.post("/v1/calls", r#"{"to":"+12025550143"}"#).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("OH-0008")));
    assert!(problem["detail"].as_str().unwrap().contains("night"));
    site.post("/v1/resume", "").await;
    for expected in [202, 202, 429] {
        assert_eq!(site.post("/v1/calls", r#"{"to":"+12025550143"}"#).await.0.as_u16(), expected);
    }
}

#[tokio::test]
async fn a_second_pause_says_what_it_replaces_and_without_a_reason_keeps_the_one_there_is() {
    let site = site().await;
    for (body, reason, was) in [
        ("", "by hand", json!(null)),
        (r#"{"reason":"night"}"#, "night", json!("by hand")),
        (r#"{"reason":" "}"#, "night", json!("night")),
        ("", "night", json!("night")),
    ] {
        let expected = json!({ "paused": true, "reason": reason, "was": was });
        assert_eq!(site.post("/v1/pause", body).await, (StatusCode::OK, expected), "{body}");
    }
    assert_eq!(site.get("/v1/pause").await.1, json!({ "paused": true, "reason": "night" }));
    site.post("/v1/resume", "").await;
    assert_eq!(site.post("/v1/pause", "").await.1["was"], Value::Null);
}

#[tokio::test]
async fn what_means_nothing_is_said_to_mean_nothing() {
    let site = site().await;
    for (method, path, status, code) in [
        (Method::GET, "/v1/nothing", 404, "OH-0015"),
        (Method::GET, "/nothing", 404, "OH-0015"),
        (Method::DELETE, "/v1/calls", 405, "OH-0017"),
        (Method::GET, "/v1/calls/c_1", 404, "OH-0010"),
        (Method::GET, "/v1/calls/c_00000000000000000000000001", 404, "OH-0010"),
        (Method::GET, "/v1/calls/c_00000000000000000000000001/events", 404, "OH-0010"),
        (Method::POST, "/v1/calls/c_00000000000000000000000001/hangup", 404, "OH-0010"),
        (Method::GET, "/v1/calls?state=flying", 400, "OH-0002"),
        (Method::GET, "/v1/calls?limit=many", 400, "OH-0002"),
        (Method::POST, "/webhooks/nobody/status", 404, "OH-0014"),
        (Method::POST, "/webhooks/main/status", 403, "OH-0012"),
    ] {
        let (got, problem) = site.ask(method, path, &[BEARER], "").await;
        assert_eq!((got.as_u16(), &problem["code"]), (status, &json!(code)), "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_number_out_of_its_range_is_refused_with_the_range() {
    let site = site().await;
    let (_, call) = site.post("/v1/calls", r#"{"to":"+12025550143"}"#).await;
    let path = format!("/v1/calls/{}", call["id"].as_str().unwrap());
    for (page, expected) in [
        ("/v1/calls?limit=0".to_owned(), "`limit` must be a whole number from 1 to 500, not 0"),
        ("/v1/calls?limit=501".to_owned(), "`limit` must be a whole number from 1 to 500, not 501"),
        (format!("{path}/events?limit=501"), "`limit` must be a whole number from 1 to 500, not 501"),
        (format!("{path}/commands/1?wait_s=31"), "`wait_s` must be a whole number from 0 to 30, not 31"),
    ] {
        let (status, problem) = site.get(&page).await;
        assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("OH-0002")), "{page}");
        assert_eq!(problem["detail"], expected, "{page}");
    }
    for (body, expected) in [
        (r#"{"text":"?","digits":300}"#, "`digits` must be a whole number from 1 to 32, not 300"),
        (r#"{"text":"?","timeout_s":61}"#, "`timeout_s` must be a whole number from 1 to 60, not 61"),
    ] {
        assert_eq!(site.post(&format!("{path}/ask"), body).await.1["detail"], expected, "{body}");
    }
    // What JSON takes for a whole number is one.
    let body = r#"{"text":"?","timeout_s":61.0}"#;
    let expected = "`timeout_s` must be a whole number from 1 to 60, not 61";
    assert_eq!(site.post(&format!("{path}/ask"), body).await.1["detail"], expected);
    assert_eq!(site.get("/v1/calls?limit=500").await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_read_is_named_with_what_it_may_be() {
    let site = site().await;
    for (body, expected) in [
        ("{}", "the body lacks `to`, which must be there as a text in quotes"),
        (
            r#"{"to":"+12025550143","whom":1}"#,
            "the body has `whom`, which this page does not take; it takes `to`, `from`, `say`, `agent`, `hold` and `record`",
        ),
        (r#"{"to":5}"#, "`to` must be a text in quotes, not 5"),
        (r#"{"to":"+12025550143","hold":"yes"}"#, "`hold` must be `true` or `false`, not \"yes\""),
        (r#"{"hold":1.5,"to":"+12025550143"}"#, "`hold` must be `true` or `false`, not 1.5"),
        (r#"{"to":"+12025550143","say":{}}"#, "`say` must be a text in quotes, not an object"),
        (r#"{"to":"+1","to":"+1"}"#, "the body has `to` twice; give it once"),
        (r#"{"to":"#, "the body is no JSON: EOF while parsing a value at line 1 column 6"),
    ] {
        let (status, problem) = site.post("/v1/calls", body).await;
        assert_eq!((status.as_u16(), problem["detail"].as_str().unwrap()), (400, expected), "{body}");
    }
    for (query, expected) in [
        ("limit=many", "`limit` must be a whole number"),
        ("limit=", "`limit` must be a whole number"),
        ("limit=99999999999999999999", "`limit` is larger than any number taken here"),
        ("live=1", "`live` must be `true` or `false`"),
        (
            "page=2",
            "the query has `page`, which this page does not take; it takes `limit`, `cursor`, `state`, `live`, `direction`, `to`, `from`, `number`, `carrier`, `agent`, `ending`, `since`, `until` and `said`",
        ),
        ("limit=1&limit=2", "the query has `limit` twice; give it once"),
    ] {
        let (status, problem) = site.get(&format!("/v1/calls?{query}")).await;
        assert_eq!((status.as_u16(), problem["detail"].as_str().unwrap()), (400, expected), "{query}");
    }
}

#[tokio::test]
async fn too_many_keys_are_told_from_what_are_none() {
    let site = site().await;
    let (_, call) = site.post("/v1/calls", r#"{"to":"+12025550143"}"#).await;
    let page = format!("/v1/calls/{}/digits", call["id"].as_str().unwrap());
    for (digits, said) in [
        ("1".repeat(65), "65 keys are too many for one command, which takes at most 64"),
        ("1x".to_owned(), "are no keys"),
        (String::new(), "are no keys"),
    ] {
        let (status, problem) = site.post(&page, &json!({ "digits": digits }).to_string()).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("OH-0021")), "{digits}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    assert_eq!(
        site.post(&page, &json!({ "digits": "1".repeat(64) }).to_string()).await.0,
        StatusCode::ACCEPTED
    );
}

#[test]
fn the_path_of_an_address_is_what_follows_its_host() {
    for (url, expected) in
        [("https://gw", ""), ("https://gw/", ""), ("https://gw/a/b/", "/a/b"), ("http://127.0.0.1:1/x", "/x")]
    {
        assert_eq!(path_of(url), expected);
    }
}
