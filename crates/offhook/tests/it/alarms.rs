//! Somebody is told of an alarm: once when it is raised, once when it is over, whatever fails
//! between.

use crate::metrics::value;
use crate::world::{Line, SOON, World, wait_until, word, words};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

#[test]
fn a_hang_up_that_fails_wakes_somebody_once_and_its_end_is_told_once() {
    let page = AlarmPage::start();
    let mut world = World::without_gateway(Line::Webhooks, "");
    let letters = world.path("letters");
    let script = format!("cat >> '{}'; echo ---- >> '{0}'", letters.display());
    let alarms = toml::Table::from_iter([
        ("url".to_owned(), format!("http://{}/hook?key=sesame", page.address).into()),
        ("command".to_owned(), vec!["sh".to_owned(), "-c".to_owned(), script].into()),
    ]);
    world.write_settings(&toml::Table::from_iter([("alarms".to_owned(), alarms.into())]).to_string());
    world.start_gateway();
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.fault(&json!({"on": "update", "do": {"status": 503}}));
    world.hang_up(&id);
    // A start hangs up at once what is to end.
    for n_failed in 1..=5 {
        wait_until("one more failed", SOON, || world.requests("update").len() >= n_failed);
        if n_failed < 5 {
            world.restart();
        }
    }
    wait_until("somebody is told by the page", SOON, || page.heard().len() == 2);
    wait_until("and by the command", SOON, || read(&letters).contains("----"));
    let told = page.heard();
    assert_eq!(told[0], told[1], "the page refused it the first time, and was told again");
    let raised = &told[1];
    assert_eq!((word(raised, "alarm"), word(raised, "state")), ("hang_up_fails", "raised"), "{raised}");
    assert_eq!((&raised["calls"], &raised["n_calls"]), (&json!([id]), &json!(1)), "{raised}");
    assert!(!raised.to_string().contains(to.trim_start_matches('+')), "{raised}");

    let (code, table, said) = words(&world.command(&["ls"]));
    assert_eq!(code, Some(0), "{said}");
    let row = table.lines().find(|row| row.contains(&id)).unwrap();
    assert!(row.contains("hanging_up !"), "{table}");
    assert!(said.contains(&format!("! {id}: hung up")), "{said}");
    let (_, story, _) = words(&world.command(&["show", &id]));
    assert!(story.contains("the carrier does not confirm the end"), "{story}");
    assert_eq!(value(&world.metrics(), "offhook_alarms{alarm=\"hang_up_fails\"}"), 1.0);

    world.restart();
    wait_until("it is amiss again", SOON, || world.health().1.contains(&id));
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(page.heard().len(), 2, "a restart doesn't tell it again");
    world.lift_faults();
    world.wait_for_end(&id);
    wait_until("the end is told", 3 * SOON, || page.heard().len() == 3);
    assert_eq!(word(&page.heard()[2], "state"), "cleared");
    wait_until("in a letter too", SOON, || read(&letters).matches("----").count() == 2);
    let letters = read(&letters);
    assert!(letters.contains(&format!("offhook show {id}")) && letters.contains("is over"), "{letters}");
    assert!(!letters.contains(to.trim_start_matches('+')), "{letters}");
    assert_eq!(value(&world.metrics(), "offhook_alarms{alarm=\"hang_up_fails\"}"), 0.0);
    assert!(!world.gateway_logs().contains("key=sesame"), "the page's address is a secret");
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A page that takes alarms, and refuses the first.
struct AlarmPage {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl AlarmPage {
    fn start() -> AlarmPage {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = Vec::new();
                let mut part = [0; 4_096];
                let body = loop {
                    let n_read = stream.read(&mut part).unwrap();
                    bytes.extend_from_slice(&part[..n_read]);
                    let text = String::from_utf8_lossy(&bytes);
                    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
                    if let Ok(json) = serde_json::from_str::<Value>(body) {
                        break json;
                    }
                    assert!(n_read > 0, "a whole request came: {text}");
                };
                let mut told = told.lock().unwrap();
                told.push(body);
                let status = if told.len() == 1 { "503 Busy" } else { "204 No Content" };
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        AlarmPage { address, heard }
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().unwrap().clone()
    }
}
