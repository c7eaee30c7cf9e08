//! Somebody is told of calls by webhooks of ours: sealed, in order, until they take it, whoever dies.

use crate::world::{Line, SOON, World, wait_until, word, words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn whoever_is_named_is_told_of_calls_in_order_and_once() {
    let page = Page::start(&[]);
    let world =
        World::start(Line::Webhooks, &page.settings("['call.queued', 'call.answered', 'call.ended']"));
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.hang_up(&id);
    world.wait_for_end(&id);
    wait_until("all is told", SOON, || page.taken().len() == 3);
    let told = page.taken();
    let types: Vec<&str> = told.iter().map(|notice| word(&notice.body, "type")).collect();
    assert_eq!(types, ["call.queued", "call.answered", "call.ended"]);
    assert!(told.iter().all(|notice| word(&notice.body["data"]["call"], "id") == id));
    assert_eq!(told[2].body["data"]["call"]["ending"]["kind"], "completed");
    assert_eq!(told[2].body["data"]["event"]["state"], "ended");
    let (code, out, said) = words(&world.command(&["notices"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("crm") && out.contains("well"), "{out}");
    let logs = world.gateway_logs();
    assert!(!logs.contains("key=sesame") && !logs.contains("whsec"), "what is secret is in no log");
}

#[test]
fn what_is_not_taken_is_told_again_also_by_the_next_gateway() {
    let page = Page::start(&[503, 503]);
    let mut world = World::start(Line::Webhooks, &page.settings("['call.queued']"));
    let first = world.dial(&world.talker(1));
    wait_until("it is tried", SOON, || page.n_tries() >= 2);
    page.answers(&[503; 1_000]);
    world.kill_dash_nine();
    world.start_gateway();
    let second = world.dial(&world.talker(2));
    let before = page.n_tries();
    wait_until("it is tried by the next", SOON, || page.n_tries() > before);
    wait_until("health says so", 4 * SOON, || notes(&world).contains("notices to crm are not taken"));
    let listed = world.get("/v1/notices");
    let trying = &listed["notices"][0]["trying"];
    assert_eq!((word(trying, "call"), word(trying, "why")), (&*first, "it answered 503"), "{listed}");
    page.answers(&[]);
    let (code, _, said) = words(&world.command(&["notices", "replay", "crm"]));
    assert_eq!(code, Some(0), "{said}");
    wait_until("both are told", SOON, || page.taken().len() == 2);
    let calls: Vec<Value> =
        page.taken().iter().map(|notice| notice.body["data"]["call"]["id"].clone()).collect();
    assert_eq!(calls, [json!(first), json!(second)], "in order");
    let ids: BTreeSet<String> = page.tried().into_iter().map(|notice| notice.id).collect();
    assert_eq!(ids.len(), 2, "each kept its id through all tries: {ids:?}");
}

#[test]
fn what_is_refused_is_given_up_and_told_when_somebody_says_so() {
    let page = Page::start(&[410]);
    let world = World::start(Line::Webhooks, &page.settings("['call.queued']"));
    let id = world.dial(&world.talker(1));
    wait_until("they want no more", SOON, || notes(&world).contains("notices to crm stopped"));
    world.dial(&world.talker(2));
    page.answers(&[400; 5]);
    // What is refused five times is given up; meanwhile somebody who can't wait asks for each try.
    wait_until("the first is given up", 4 * SOON, || {
        words(&world.command(&["notices", "replay", "crm"]));
        world.get("/v1/notices")["notices"][0]["given_up"].as_array().is_some_and(|all| !all.is_empty())
    });
    wait_until("the second is told", 2 * SOON, || !page.taken().is_empty());
    wait_until("and the first, when it is asked for", SOON, || {
        words(&world.command(&["notices", "replay", "crm"]));
        page.taken().iter().any(|notice| notice.body["data"]["call"]["id"] == *id)
    });
    wait_until("nothing is left", SOON, || world.get("/v1/notices")["notices"][0]["given_up"] == json!([]));
    let (code, _, said) = words(&world.command(&["notices", "replay", "nobody"]));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("OH-0046") || said.contains("there are crm"), "{said}");
}

#[test]
fn who_is_added_by_a_reload_is_told_from_then_on() {
    let page = Page::start(&[]);
    let world = World::start(Line::Webhooks, "");
    world.dial(&world.talker(1));
    world.write_settings(&page.settings("['call.queued']"));
    let (code, out, said) = words(&world.command(&["reload"]));
    assert_eq!(code, Some(0), "{out}{said}");
    wait_until("they are known", SOON, || world.get("/v1/notices")["notices"][0]["place"].as_u64() > Some(0));
    let later = world.dial(&world.talker(2));
    wait_until("they are told", SOON, || !page.taken().is_empty());
    assert_eq!(page.taken()[0].body["data"]["call"]["id"], *later, "not of what was before");
}

fn notes(world: &World) -> String {
    world.get("/healthz")["notes"].to_string()
}

/// A page that takes notices, and answers what it is told to.
struct Page {
    url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// What it answers next; 204 when there is nothing left.
    answers: VecDeque<u16>,
    tried: Vec<Notice>,
}

/// One that came.
#[derive(Clone)]
struct Notice {
    id: String,
    body: Value,
    status: u16,
}

impl Page {
    fn start(answers: &[u16]) -> Page {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook?key=sesame", listener.local_addr().unwrap());
        let seen =
            Arc::new(Mutex::new(Seen { answers: answers.iter().copied().collect(), tried: Vec::new() }));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&socket, &shared));
            }
        });
        Page { url, seen }
    }

    fn settings(&self, tells: &str) -> String {
        format!("notices.crm = {{ url = '{}', secret = '{SECRET}', tells = {tells} }}", self.url)
    }

    fn answers(&self, answers: &[u16]) {
        self.seen.lock().unwrap().answers = answers.iter().copied().collect();
    }

    fn tried(&self) -> Vec<Notice> {
        self.seen.lock().unwrap().tried.clone()
    }

    fn n_tries(&self) -> usize {
        self.tried().len()
    }

    fn taken(&self) -> Vec<Notice> {
        self.tried().into_iter().filter(|notice| notice.status == 204).collect()
    }
}

/// Answers on one connection, as long as it lives.
fn serve(mut socket: &TcpStream, seen: &Mutex<Seen>) {
    let mut reader = BufReader::new(socket);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let header = |name: &str| {
            let value = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.unwrap_or_else(|| panic!("no {name}: {head}")).to_owned()
        };
        let mut body = vec![0; header("content-length").parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
        let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let sealed = STANDARD.encode(mac.chain_update(format!("{id}.{at}.{body}")).finalize().into_bytes());
        assert_eq!(header("webhook-signature"), format!("v1,{sealed}"));
        let mut seen = seen.lock().unwrap();
        let status = seen.answers.pop_front().unwrap_or(204);
        seen.tried.push(Notice { id, body: serde_json::from_str(&body).unwrap(), status });
        drop(seen);
        if write!(socket, "HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}
