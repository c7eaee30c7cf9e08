//! `offhook serve`: the one place where everything meets.

mod alarms;
mod assemble;
mod beside;
mod door;
pub(crate) mod installation;
mod network;
pub(crate) mod notices;
mod notify;
mod reload;
mod report;
mod setting;
mod socket;
mod token;

use crate::cli::args::ServeArgs;
use crate::config::settings::{Config, StoreUrl};
use crate::config::{Loaded, Source};
use crate::http::{Book, Pages, Reloads, router};
use axum::serve::ListenerExt as _;
use carrier::send::{SendSettings, Sender};
use engine::{Calls, Clock as _, EngineError, Parts, SystemClock};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::sqlite::{SqliteHistory, SqliteStore};
use store::{History, StoreError};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use notices::Notices;
use reload::{Hangups, News, Reloader};
use socket::{Accepting, Inherited, LAST_WORDS};

pub(crate) use assemble::{callback_base, lines, models, speech_vendors, tool_server};
pub(crate) use beside::keep as keep_file;

/// Runs the gateway until it is told to stop.
///
/// # Errors
/// It could not start, in words with the way out.
pub(crate) fn run(loaded: &Loaded, args: &ServeArgs) -> anyhow::Result<()> {
    let inherited = Inherited::take()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(loaded, args.until_stdin_ends, inherited))
}

async fn serve(loaded: &Loaded, until_stdin_ends: bool, inherited: Inherited) -> anyhow::Result<()> {
    // From here on this signal doesn't end the process.
    let hangups = Hangups::listen()?;
    let config = &loaded.config;
    let StoreUrl::Sqlite(path) = &config.store.url;
    // The store first: a second gateway on it must find out before it takes anything else.
    let mut opened = SqliteStore::open(path, SystemClock.now())?;
    let installation = installation::of(config, &mut opened.store)?;
    let terms = reload::terms(config)?;
    let (listener, is_inherited) = inherited.listen(config.listen).await?;
    let address = listener.local_addr()?;
    let network = network::start_where_needed(config).await?;
    let public_url: Arc<str> = public_url(config, address).into();
    let door = door::of(&mut opened.store, &public_url)?;
    let sender = Sender::new(SendSettings::default());
    let calls = Calls::start(Parts {
        settings: assemble::ready_to_start(config, &mut opened.store).await?,
        store: Box::new(opened.store),
        history: readers(path)?,
        lines: assemble::lines(config, &public_url, Some(&installation))?,
        sender: sender.clone(),
        clock: Arc::new(SystemClock),
        paused: opened.rewound,
        keep: assemble::keep(config),
        door,
    })
    .await?;
    expect_a_dial(&calls).await?;
    network::tell_numbers(config, &public_url).await;
    announce(loaded, address, is_inherited, network.as_ref());
    let starter = notify::begin(address, &calls);
    tokio::spawn(report::tell(calls.clone()));
    tokio::spawn(check_store(opened.checked, calls.clone(), path.clone()));
    let (reloads, asked) = Reloads::new();
    let (terms, terms_in_force) = watch::channel(Arc::new(terms));
    let (told, wanted) = watch::channel(config.alarms.clone());
    alarms::watch(&calls, wanted, config.store.url.alarms_file(), sender.clone(), &public_url);
    let (tell, told_of_calls) = watch::channel(config.notices.clone());
    let notices = Notices::start(calls.clone(), told_of_calls, config.store.url.notices_file(), sender);
    let (close, closing) = watch::channel(false);
    let accepting = Accepting::new(listener, closing.clone());
    let pages = Pages {
        book: Arc::new(Book::of(&calls).await?),
        calls: calls.clone(),
        public_url: Arc::clone(&public_url),
        terms: terms_in_force,
        reloads,
        closing,
        notices,
    };
    let news = News { terms, alarms: told, notices: tell };
    let reloader = Reloader::new(loaded, installation, calls.clone(), public_url, news);
    let talks = calls.clone();
    let stop = async move {
        tokio::select! {
            () = told_to_end(until_stdin_ends) => {}
            () = reloader.run(asked, hangups) => {}
            () = talks.drained() => {}
        }
        starter.stops();
        wind_down(&talks, &close, is_inherited).await;
    };
    hear(accepting, pages, stop).await?;
    let n_live = calls.live().await.unwrap_or_default();
    let is_drained = calls.draining().is_some() && n_live == 0;
    calls.stop().await;
    take_leave(n_live, is_drained, network);
    Ok(())
}

/// Where calls live, the next dial may be soon, and doesn't wait for the numbering plans then. A gateway that
/// has none does without their memory until it dials.
async fn expect_a_dial(calls: &Calls) -> Result<(), EngineError> {
    if calls.live().await? > 0 {
        std::thread::spawn(call::number::read_plans);
    }
    Ok(())
}

/// Answers whoever connects, until the gateway stops.
async fn hear(
    accepting: Accepting,
    pages: Pages,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    // A frame of sound must not wait for the next one.
    let listener = accepting.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let pages = router(pages).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, pages).with_graceful_shutdown(stop).await
}

/// What a person reads last.
fn take_leave(n_live: u64, is_drained: bool, network: Option<network::Network>) {
    if is_drained {
        println!("offhook is drained, and ends; no call lives");
    } else {
        println!(
            "offhook stops; {n_live} live calls go on at their carriers and are asked about at the next start"
        );
    }
    if let Some(network) = network {
        network.leave(n_live);
    }
}

/// Lets the conversations come to a pause, then tells those who are connected to leave.
async fn wind_down(calls: &Calls, close: &watch::Sender<bool>, is_inherited: bool) {
    calls.finish_talks().await;
    close.send_replace(true);
    tokio::time::sleep(if is_inherited { LAST_WORDS } else { Duration::ZERO }).await;
}

fn readers(path: &Path) -> Result<Vec<Box<dyn History>>, StoreError> {
    (0..READERS).map(|_| Ok(Box::new(SqliteHistory::open(path)?) as Box<dyn History>)).collect()
}

/// Reads every page of the store, once the first rush is over, unless that was done.
async fn check_store(is_checked: bool, calls: Calls, path: PathBuf) {
    if is_checked {
        return;
    }
    tokio::time::sleep(CHECKED_AFTER).await;
    match tokio::task::spawn_blocking(move || store::sqlite::check(&path)).await {
        Ok(Err(error @ StoreError::Damaged { .. })) => calls.note_damage(error.to_string()),
        // Proves nothing of its pages.
        Ok(Err(error)) => tracing::warn!(%error, "the store's pages could not be checked"),
        Ok(Ok(())) | Err(_) => {}
    }
}

/// The address that carriers are told to call, where the gateway listens on `address`.
pub(crate) fn public_url(config: &Config, address: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.as_str().to_owned(),
        None => format!("http://{}", reachable(address)),
    }
}

/// What a person reads first.
fn announce(loaded: &Loaded, address: SocketAddr, is_inherited: bool, network: Option<&network::Network>) {
    match &loaded.source {
        Source::BuiltIn => {
            println!(
                "no configuration found: this gateway runs on the simulated network, where no phone rings"
            );
            println!("and nothing costs money; 'offhook init' writes a configuration of your own");
        }
        Source::File(path) => println!("configuration: {}", path.display()),
    }
    if let Some(network) = network {
        println!("simulated network: {}", network.describe());
    }
    let StoreUrl::Sqlite(path) = &loaded.config.store.url;
    println!("store: {}", path.display());
    println!("page for people: http://{}/, with the token of the API", reachable(address));
    println!("offhook listens on http://{address}");
    if is_inherited {
        println!("on a socket that was handed over: none who connects is refused while it is started again");
    }
}

/// An address at which this machine reaches what listens on `address`.
fn reachable(address: SocketAddr) -> SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    address
}

/// Waits for what [`told_to_end`] waits for, or a terminal that goes away.
pub(crate) async fn told_to_stop(until_stdin_ends: bool) {
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        return told_to_end(until_stdin_ends).await;
    };
    tokio::select! {
        () = told_to_end(until_stdin_ends) => {}
        _ = hangup.recv() => {}
    }
}

/// Waits for Ctrl-C, a service manager's SIGTERM, or, if that is asked for, the end of the standard
/// input.
async fn told_to_end(until_stdin_ends: bool) {
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
        () = stdin_ended(), if until_stdin_ends => {}
    }
}

/// Waits on a thread of its own: nothing else reads the standard input.
async fn stdin_ended() {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(ended);
    });
    let _ = end.await;
}

/// A start has looked at most calls by then.
const CHECKED_AFTER: Duration = Duration::from_secs(5);
/// Two pages can read while a third waits.
const READERS: usize = 2;

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn who_listens_everywhere_is_reached_on_loopback() {
        assert_eq!(reachable(([0, 0, 0, 0], 80).into()), ([127, 0, 0, 1], 80).into());
        assert_eq!(reachable(([127, 0, 0, 1], 80).into()), ([127, 0, 0, 1], 80).into());
    }
}
