//! A server that is kept connected: one connection for all calls, made again when it is lost.

use crate::connection::{Asker, Connection, NoAnswer};
use crate::{Address, Answer, Listing, Tool};
use carrier::send::Sender;
use serde_json::{Map, Value};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

/// A server that is kept connected until this is dropped.
#[derive(Debug)]
pub struct Server {
    standing: watch::Receiver<Standing>,
    wanted: Arc<Notify>,
    keeper: AbortHandle,
}

/// How it stands.
#[derive(Clone, Debug)]
struct Standing {
    now: Now,
    /// What it had when it was connected last.
    tools: Arc<[Tool]>,
}

#[derive(Clone, Debug)]
enum Now {
    /// It is being connected, and was not in vain yet.
    Connecting,
    /// It is connected.
    Up(Arc<Up>),
    /// It can't be had, and why.
    Down(String),
}

/// A connection as those know it who ask over it.
struct Up {
    asker: Asker,
    /// Where it is told that the connection is of no use any more.
    broken: Notify,
}

impl Server {
    /// Begins to keep it connected; `name` is what the log calls it.
    pub fn open(name: String, address: Address, sender: Sender) -> Server {
        let (tell, standing) = watch::channel(Standing { now: Now::Connecting, tools: Arc::default() });
        let wanted = Arc::new(Notify::new());
        let keeper = Keeper { name, address, sender, tell, wanted: Arc::clone(&wanted) };
        let keeper = tokio::spawn(keeper.keep()).abort_handle();
        Server { standing, wanted, keeper }
    }

    /// The tools that it has, or had a moment ago. One that is being connected for the first time is waited for.
    ///
    /// # Errors
    /// It can't be had by then, and why.
    pub async fn tools(&self, within: Duration) -> Result<Arc<[Tool]>, String> {
        let mut standing = self.standing.clone();
        let is_new =
            |standing: &Standing| matches!(standing.now, Now::Connecting) && standing.tools.is_empty();
        let settled = standing.wait_for(|standing| !is_new(standing));
        let Ok(settled) = timeout(within, settled).await else {
            return Err(format!("it isn't connected within {within:?}"));
        };
        let settled = settled.map_err(|_| GONE.to_owned())?;
        match &settled.now {
            Now::Down(why) => {
                self.wanted.notify_one();
                Err(why.clone())
            }
            Now::Up(_) | Now::Connecting => Ok(Arc::clone(&settled.tools)),
        }
    }

    /// The tools that it had when it was connected last.
    pub fn known_tools(&self) -> Arc<[Tool]> {
        Arc::clone(&self.standing.borrow().tools)
    }

    /// Whether it can't be had.
    pub fn is_down(&self) -> bool {
        matches!(self.standing.borrow().now, Now::Down(_))
    }

    /// Uses a tool. It is asked once; only what was not heard for certain is asked again, over a new
    /// connection.
    ///
    /// # Errors
    /// It gave no answer by then, and why.
    pub async fn call(&self, tool: &str, arguments: &str, within: Duration) -> Result<Answer, String> {
        let arguments = object(arguments).ok_or("its arguments are no JSON object")?;
        let mut why = None;
        let using = async {
            for _ in 0..TRIES_MAX {
                let up = self.up().await?;
                match up.asker.call(tool, arguments.clone()).await {
                    Ok(answer) => return Ok(answer),
                    Err(NoAnswer::Refused(refusal)) => return Err(refusal),
                    Err(NoAnswer::Broken(text)) => {
                        up.broken.notify_one();
                        return Err(text);
                    }
                    Err(NoAnswer::NotUsed(text)) => {
                        up.broken.notify_one();
                        why = Some(text);
                        self.is_other_than(&up).await;
                    }
                }
            }
            Err("it could not be reached".to_owned())
        };
        let used = timeout(within, using).await;
        used.unwrap_or_else(|_| Err(why.unwrap_or_else(|| format!("no reply within {within:?}"))))
    }

    /// The connection; one that can't be had is tried at once.
    async fn up(&self) -> Result<Arc<Up>, String> {
        let mut standing = self.standing.clone();
        if matches!(standing.borrow_and_update().now, Now::Down(_)) {
            self.wanted.notify_one();
            standing.changed().await.map_err(|_| GONE.to_owned())?;
        }
        let settled = standing.wait_for(|standing| !matches!(standing.now, Now::Connecting)).await;
        match &settled.map_err(|_| GONE.to_owned())?.now {
            Now::Up(up) => Ok(Arc::clone(up)),
            Now::Down(why) => Err(why.clone()),
            Now::Connecting => Err(GONE.to_owned()),
        }
    }

    /// Waits until this connection is given up.
    async fn is_other_than(&self, up: &Arc<Up>) {
        let is_other = |standing: &Standing| !matches!(&standing.now, Now::Up(now) if Arc::ptr_eq(now, up));
        let _ = self.standing.clone().wait_for(is_other).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl std::fmt::Debug for Up {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Up")
    }
}

/// Who keeps a server connected.
struct Keeper {
    name: String,
    address: Address,
    sender: Sender,
    tell: watch::Sender<Standing>,
    wanted: Arc<Notify>,
}

impl Keeper {
    async fn keep(self) {
        let mut pause = PAUSE_MIN;
        loop {
            match self.connected().await {
                Ok((connection, listing)) => {
                    let since = Instant::now();
                    self.hold(connection, listing).await;
                    tracing::warn!(server = self.name, "the connection with a server of tools is over");
                    self.stands(Now::Connecting);
                    if since.elapsed() >= PAUSE_MIN {
                        pause = PAUSE_MIN;
                        continue;
                    }
                }
                Err(why) => {
                    tracing::warn!(server = self.name, why, "a server of tools can't be had");
                    self.stands(Now::Down(why));
                }
            }
            sleep(PAUSE_MIN).await;
            // Whoever needs it doesn't wait for long.
            let _ = timeout(pause - PAUSE_MIN, self.wanted.notified()).await;
            pause = (2 * pause).min(PAUSE_MAX);
        }
    }

    async fn connected(&self) -> Result<(Connection, Listing), String> {
        let connecting = async {
            let connection = Connection::open(&self.address, &self.sender).await?;
            let listing = connection.asker().list().await?;
            Ok((connection, listing))
        };
        let connected = timeout(CONNECT_WITHIN, connecting).await;
        connected.unwrap_or_else(|_| Err(format!("no answer within {CONNECT_WITHIN:?}")))
    }

    /// Has calls ask over this connection until it is over, or of no use any more. One that is lost without a
    /// sound is noticed when the tools are asked for again.
    async fn hold(&self, connection: Connection, listing: Listing) {
        let up = Arc::new(Up { asker: connection.asker(), broken: Notify::new() });
        let (changed, over) = connection.parts();
        let mut over = pin!(over);
        let mut listing = listing;
        self.is_up(&up, &listing);
        loop {
            tokio::select! {
                () = &mut over => return,
                () = up.broken.notified() => return,
                () = changed.notified() => {}
                () = sleep(LIST_EVERY) => {}
            }
            let Ok(Ok(listed)) = timeout(CONNECT_WITHIN, up.asker.list()).await else { return };
            if listed != listing {
                listing = listed;
                self.is_up(&up, &listing);
            }
        }
    }

    fn is_up(&self, up: &Arc<Up>, Listing { tools, left_out }: &Listing) {
        tracing::info!(server = self.name, n_tools = tools.len(), "a server of tools is connected");
        for why in left_out {
            tracing::warn!(server = self.name, why, "a tool of a server is left out");
        }
        let tools = tools.as_slice().into();
        self.tell.send_replace(Standing { now: Now::Up(Arc::clone(up)), tools });
    }

    fn stands(&self, now: Now) {
        self.tell.send_modify(|standing| standing.now = now);
    }
}

/// Arguments as a model gives them: none are as good as no properties.
fn object(arguments: &str) -> Option<Map<String, Value>> {
    match arguments.trim() {
        "" => Some(Map::new()),
        given => serde_json::from_str(given).ok(),
    }
}

const GONE: &str = "the configuration has no such server any more";
/// How long a server may take to be connected and to list its tools. A program may have to be fetched first.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);
/// How often it is asked for its tools, though it says nothing.
const LIST_EVERY: Duration = Duration::from_secs(60);
/// How long a server that can't be had is left alone: twice as long each time.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// So often a use is tried of which the server has heard nothing.
const TRIES_MAX: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object() {
        for (given, n) in
            [("", Some(0)), ("{}", Some(0)), (" {\"a\":1}", Some(1)), ("[1]", None), ("{", None)]
        {
            assert_eq!(object(given).map(|object| object.len()), n, "{given}");
        }
    }
}
