//! The gateway on a socket that somebody else holds: it is started again and again while webhooks keep
//! arriving, and none of them is refused.

use crate::world::{Form, Line, OURS, Process, SOON, Sent, World, exchange, wait_until, word};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixDatagram;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What became of the webhooks that were sent.
#[derive(Default)]
struct Tally {
    n_answered: usize,
    /// What went wrong with the others.
    cut_off: Vec<String>,
    refused: Vec<String>,
}

/// Sends it again and again, each time over a connection of its own, until it is told to stop.
fn keep_sending(to: SocketAddr, sent: &Sent, tally: &Mutex<Tally>, done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        let answer = exchange(to, sent);
        let mut tally = tally.lock().unwrap();
        match answer {
            Ok(answer) if answer.status == 200 => tally.n_answered += 1,
            Ok(answer) => tally.refused.push(format!("{answer:?}")),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::Other
                ) =>
            {
                tally.cut_off.push(error.to_string());
            }
            Err(error) => tally.refused.push(error.to_string()),
        }
        drop(tally);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs `restarts` while webhooks arrive from several sides, and returns what became of them.
fn under_webhooks(world: &mut World, sent: &Sent, restarts: impl FnOnce(&mut World, &Mutex<Tally>)) -> Tally {
    let (tally, done) = (Mutex::new(Tally::default()), AtomicBool::new(false));
    let to = world.gateway;
    std::thread::scope(|scope| {
        for _ in 0..N_SENDERS {
            scope.spawn(|| keep_sending(to, sent, &tally, &done));
        }
        restarts(world, &tally);
        done.store(true, Ordering::Relaxed);
    });
    tally.into_inner().unwrap()
}

/// Waits until webhooks are answered again.
fn wait_for_more(tally: &Mutex<Tally>) {
    let before = tally.lock().unwrap().n_answered;
    wait_until("webhooks are answered", SOON, || tally.lock().unwrap().n_answered > before + 20);
}

#[test]
fn no_webhook_is_refused_while_the_gateway_is_started_again() {
    let mut world = World::without_gateway(Line::Webhooks, "");
    let socket = TcpListener::bind(world.gateway).unwrap();
    world.start_gateway_on(&socket, &[]);
    let to = world.talker(1);
    let id = world.dial(&to);
    let leg = word(&world.wait_for_talk(&id), "carrier_call_id").to_owned();
    let sent = world.signed(&format!("status?call={id}"), &Form::about(&leg, OURS, &to, "in-progress"));

    let told = under_webhooks(&mut world, &sent, |world, tally| {
        for _ in 0..3 {
            wait_for_more(tally);
            world.stop_gateway();
            // Some come while nobody is there.
            std::thread::sleep(Duration::from_millis(300));
            world.start_gateway_on(&socket, &[]);
        }
        wait_for_more(tally);
    });
    assert_eq!((told.refused, told.cut_off), (vec![], vec![]), "told to stop, it answers all that it took");
    assert!(told.n_answered > 80, "{}", told.n_answered);

    let killed = under_webhooks(&mut world, &sent, |world, tally| {
        for _ in 0..3 {
            wait_for_more(tally);
            world.kill_dash_nine();
            world.start_gateway_on(&socket, &[]);
        }
        wait_for_more(tally);
    });
    assert_eq!(killed.refused, Vec::<String>::new(), "none is refused, even by one that is killed");
    assert!(
        killed.cut_off.len() <= 3 * N_SENDERS,
        "only what was being heard is cut off: {:?}",
        killed.cut_off
    );
    assert_eq!(word(&world.call(&id), "state"), "in_progress");
    assert_eq!(world.truth().len(), 1, "one call, one ring");
}

#[test]
fn whoever_started_it_is_told_how_it_stands() {
    let mut world = World::without_gateway(Line::Webhooks, "");
    let path = world.path("notify");
    let ear = UnixDatagram::bind(&path).unwrap();
    ear.set_read_timeout(Some(SOON)).unwrap();
    let socket = TcpListener::bind(world.gateway).unwrap();
    world
        .start_gateway_on(&socket, &[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "400000")]);
    let mut told = String::new();
    let mut hear = |mark: &str| {
        while !told.contains(mark) {
            let mut message = [0; 512];
            let n = ear.recv(&mut message).unwrap_or_else(|error| panic!("{mark}: {error}; {told}"));
            told += &String::from_utf8_lossy(&message[..n]);
            told += "\n";
        }
        std::mem::take(&mut told)
    };
    assert!(hear("READY=1").contains(&format!("listens on http://{}", world.gateway)));
    hear("WATCHDOG=1");
    hear("WATCHDOG=1");
    world.stop_gateway();
    hear("STOPPING=1");
}

#[test]
fn what_is_no_socket_to_listen_on_is_refused_in_words() {
    let world = World::without_gateway(Line::Webhooks, "");
    let first = "exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$; export LISTEN_FDS LISTEN_PID";
    let mut serve =
        Process::start_by(world.path("."), "refused", first, &["serve", "--config", "offhook.toml"]);
    wait_until("a gateway that must not start ends", SOON, || !serve.is_running());
    assert_eq!(serve.exit_code(), Some(1), "{}", serve.log());
    assert!(serve.log().contains("what was handed over is no TCP socket"), "{}", serve.log());
}

/// From so many sides webhooks arrive at once.
const N_SENDERS: usize = 4;
