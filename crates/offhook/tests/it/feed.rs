//! Somebody follows what happens on all calls, and the gateway dies under them.

use crate::world::{API_TOKEN, Line, SOON, World, wait_until, word};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was told: the last place, and which lines of which calls.
#[derive(Default)]
struct Told {
    place: Option<u64>,
    lines: Vec<(String, u64)>,
    n_connections: u64,
    done: bool,
}

/// Reads one connection to its end.
fn listen(gateway: SocketAddr, told: &Mutex<Told>) -> Option<()> {
    let mut stream = TcpStream::connect_timeout(&gateway, SOON).ok()?;
    stream.set_read_timeout(Some(SOON)).ok()?;
    let last = told.lock().unwrap().place;
    let last = last.map(|place| format!("Last-Event-ID: {place}\r\n")).unwrap_or_default();
    // To a request of 1.0 the body comes as it is, without chunks.
    let head = format!("GET /v1/events HTTP/1.0\r\nauthorization: Bearer {API_TOKEN}\r\n{last}\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    told.lock().unwrap().n_connections += 1;
    let mut id = None;
    for line in BufReader::new(stream).lines() {
        let line = line.ok()?;
        let mut told = told.lock().unwrap();
        if let Some(place) = line.strip_prefix("id: ") {
            id = place.parse().ok();
        } else if let Some(data) = line.strip_prefix("data: ") {
            let data: Value = serde_json::from_str(data).expect("data is JSON");
            if let Some(version) = data["event"]["version"].as_u64() {
                told.lines.push((word(&data["call"], "id").to_owned(), version));
            }
        } else if line.is_empty() && id.is_some() {
            // The end of a message: what was cut off before it is told again.
            told.place = id.take();
        }
    }
    Some(())
}

#[test]
fn whoever_follows_misses_nothing_though_the_gateway_dies() {
    let mut world = World::start(Line::Webhooks, "");
    let told = Arc::new(Mutex::new(Told::default()));
    let (gateway, ear) = (world.gateway, Arc::clone(&told));
    let follower = std::thread::spawn(move || {
        while !ear.lock().unwrap().done {
            listen(gateway, &ear);
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    wait_until("the follower listens", SOON, || told.lock().unwrap().place.is_some());
    let mut ids = Vec::new();
    for n in 0..3 {
        let id = world.dial(&world.talker(10 + n));
        world.wait_for_state(&id, &["ringing", "in_progress"]);
        ids.push(id);
        world.kill_dash_nine();
        world.start_gateway();
        world.wait_until_ready();
    }
    for id in &ids {
        // A webhook may have died with a gateway.
        world.wait_for_state(id, &["in_progress"]);
        world.hang_up(id);
        world.wait_for_end(id);
    }
    let expected: BTreeSet<(String, u64)> = ids
        .iter()
        .flat_map(|id| {
            world.events(id).into_iter().map(|event| (id.clone(), event["version"].as_u64().unwrap()))
        })
        .collect();
    wait_until("everything was told", SOON, || {
        let told = told.lock().unwrap();
        expected.iter().all(|line| told.lines.contains(line))
    });
    let mut told = told.lock().unwrap();
    told.done = true;
    assert!(told.n_connections >= 4, "it came back after each death: {}", told.n_connections);
    let once: BTreeSet<_> = told.lines.iter().cloned().collect();
    assert_eq!(once.len(), told.lines.len(), "nothing is told twice: {:?}", told.lines);
    drop(told);
    world.stop_gateway();
    follower.join().unwrap();
}
