//! The tokens that are good now, in memory: who shows one waits for no disk, and one that is taken
//! away is gone before whoever took it away is answered.
//!
//! The store keeps the SHA-256 of each and never its text. A slow digest, as for passwords, would
//! win nothing: it slows down whoever guesses, and 256 bits drawn by chance are not guessed. Nor does
//! the time of a look-up tell anything: who doesn't know a token can't choose its digest.

use super::caller::OWNER;
use super::pace::{Pace, Paces, Rate, TooFast};
use super::problem::Kind;
use super::{Pages, Problem, Terms};
use call::Timestamp;
use call::access::Grant;
use engine::{Calls, EngineError, TokenChange};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use store::KeptToken;
use subtle::ConstantTimeEq;

/// The tokens, and how fast each is used.
pub(crate) struct Book {
    tokens: RwLock<Tokens>,
    owner: Arc<Held>,
    /// One change after the other, so that memory and disk agree.
    changing: tokio::sync::Mutex<()>,
    /// Those who showed no good token.
    strangers: Mutex<Strangers>,
}

/// A token that is good, and what is counted of it.
pub(crate) struct Held {
    pub(crate) token: KeptToken,
    meter: Arc<Meter>,
}

#[derive(Default)]
struct Meter {
    requests: Mutex<Pace>,
    refusals: Mutex<Pace>,
    last_used_at: AtomicI64,
}

#[derive(Default)]
struct Tokens {
    by_name: BTreeMap<String, Arc<Held>>,
    /// By their digests, those before the last rotation too.
    by_hash: HashMap<String, String>,
}

struct Strangers {
    paces: Paces<Option<IpAddr>>,
    /// However many addresses somebody has.
    lines: Pace,
}

/// Why a token is not good.
pub(crate) enum NotGood {
    Unknown,
    Expired,
    /// This address failed so often that a guess is not even looked at.
    NotLookedAt,
}

impl Book {
    /// The tokens that the store has.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) async fn of(calls: &Calls) -> Result<Book, EngineError> {
        let mut tokens = Tokens::default();
        calls.tokens().await?.into_iter().for_each(|token| tokens.put(token));
        let strangers = Strangers { paces: Paces::new(FAILURES), lines: Pace::default() };
        Ok(Book {
            tokens: RwLock::new(tokens),
            owner: Arc::new(Held { token: owner(), meter: Arc::default() }),
            changing: tokio::sync::Mutex::default(),
            strangers: Mutex::new(strangers),
        })
    }

    /// Whose this text is.
    pub(crate) fn find(
        &self,
        shown: &str,
        terms: &Terms,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Arc<Held>, NotGood> {
        if bool::from(shown.as_bytes().ct_eq(terms.token.as_bytes())) {
            // What a person chose may be guessed, what was drawn may not: whoever shares an address
            // with a guesser is let in with the latter.
            let over = lock(&self.strangers).paces.is_over(&network(address), Instant::now());
            let guessable = terms.token.len() < DRAWN_LENGTH;
            return if over && guessable { Err(NotGood::NotLookedAt) } else { Ok(Arc::clone(&self.owner)) };
        }
        let hash = digest(shown);
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let held = tokens.by_hash.get(&hash).and_then(|name| tokens.by_name.get(name));
        let held = held.ok_or(NotGood::Unknown)?;
        let token = &held.token;
        let is_now = bool::from(hash.as_bytes().ct_eq(token.hash.as_bytes()));
        if !is_now && !token.old.as_ref().is_some_and(|(old, until)| *old == hash && now < *until) {
            return Err(NotGood::Unknown);
        }
        if token.expires_at.is_some_and(|at| now >= at) {
            return Err(NotGood::Expired);
        }
        Ok(Arc::clone(held))
    }

    /// Whether a token is still what it was when it was shown: whoever listens for hours is let go when it
    /// is changed, removed or has expired.
    pub(crate) fn is_good(&self, held: &Arc<Held>, now: Timestamp) -> bool {
        let known = Arc::ptr_eq(held, &self.owner)
            || self.get(&held.token.name).is_some_and(|known| Arc::ptr_eq(held, &known));
        known && held.token.expires_at.is_none_or(|at| now < at)
    }

    /// The token of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Held>> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).by_name.get(name).cloned()
    }

    /// All tokens, in the order of their names.
    pub(crate) fn all(&self) -> Vec<Arc<Held>> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner).by_name.values().cloned().collect()
    }

    /// Changes a token on disk and then here, whether anybody still waits for it or not.
    ///
    /// # Errors
    /// Nothing was changed.
    pub(crate) async fn change(pages: &Pages, change: TokenChange) -> Result<KeptToken, Problem> {
        let (book, calls) = (Arc::clone(&pages.book), pages.calls.clone());
        // Whoever asked may go away in between, and then a token that was removed would be good here.
        let done = tokio::spawn(async move {
            let _one = book.changing.lock().await;
            let removes = matches!(change, TokenChange::Remove(_));
            if matches!(change, TokenChange::Add(_)) && book.all().len() >= TOKENS_MAX {
                let detail =
                    format!("there are {TOKENS_MAX} tokens, and no more are kept; remove some first");
                return Err(Problem::new(Kind::TokenNotMade, detail));
            }
            let token = calls.change_token(change).await?;
            let mut tokens = book.tokens.write().unwrap_or_else(PoisonError::into_inner);
            if removes {
                tokens.take(&token.name)
            } else {
                tokens.put(token.clone())
            }
            Ok(token)
        });
        done.await.map_err(|error| Problem::new(Kind::StoreFailed, format!("the change stopped: {error}")))?
    }

    /// Somebody showed no good token.
    ///
    /// # Errors
    /// Too often, from this address.
    pub(crate) fn note_failure(&self, address: Option<IpAddr>) -> Result<(), TooFast> {
        lock(&self.strangers).paces.take(network(address), Instant::now())
    }

    /// Whether there is room in the audit for one more who is unknown.
    pub(crate) fn has_line_for_stranger(&self) -> bool {
        lock(&self.strangers).lines.take(LINES, Instant::now()).is_ok()
    }
}

impl Held {
    /// The token is used once more.
    ///
    /// # Errors
    /// Too fast.
    pub(crate) fn take(&self, rate: Option<Rate>, now: Timestamp) -> Result<(), TooFast> {
        if let Some(rate) = rate {
            lock(&self.meter.requests).take(rate, Instant::now())?;
        }
        self.meter.last_used_at.fetch_max(now.as_millis(), Ordering::Relaxed);
        Ok(())
    }

    /// Whether there is room in the audit for one more refusal of it.
    pub(crate) fn has_line_for_refusal(&self) -> bool {
        lock(&self.meter.refusals).take(LINES, Instant::now()).is_ok()
    }

    /// When it was last shown.
    pub(crate) fn last_used_at(&self) -> Option<Timestamp> {
        let seen = self.meter.last_used_at.load(Ordering::Relaxed);
        self.token.last_used_at.max((seen > 0).then_some(Timestamp(seen)))
    }

    /// Whether it is the one that the configuration sets.
    pub(crate) fn is_owner(&self) -> bool {
        self.token.name == OWNER
    }
}

impl Tokens {
    fn put(&mut self, token: KeptToken) {
        let meter = self.by_name.get(&token.name).map(|held| Arc::clone(&held.meter)).unwrap_or_default();
        self.take(&token.name);
        let old = token.old.as_ref().map(|(old, _)| old.clone());
        for hash in old.into_iter().chain([token.hash.clone()]) {
            self.by_hash.insert(hash, token.name.clone());
        }
        self.by_name.insert(token.name.clone(), Arc::new(Held { token, meter }));
    }

    fn take(&mut self, name: &str) {
        self.by_name.remove(name);
        self.by_hash.retain(|_, of| of != name);
    }
}

/// A new token's text: a secret scanner knows it by its beginning.
pub(crate) fn drawn() -> String {
    format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()))
}

/// What the store keeps of a token's text.
pub(crate) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn owner() -> KeptToken {
    KeptToken {
        name: OWNER.to_owned(),
        hash: String::new(),
        old: None,
        grant: Grant::everything(),
        created_at: Timestamp(0),
        rotated_at: None,
        expires_at: None,
        last_used_at: None,
    }
}

/// What is one's own behind an address: of IPv6, half of it.
fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    address.map(|address| match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How every token begins that is made here.
const PREFIX: &str = "oh_";
/// The length of what is drawn for the owner, where the configuration sets nothing, is half as much
/// again.
const DRAWN_LENGTH: usize = 32;
/// How often an address may show no good token.
const FAILURES: Rate = Rate { apart: Duration::from_secs(1), burst: 20 };
/// How many refusals of one token, or of all who are unknown, are put on record.
const LINES: Rate = Rate { apart: Duration::from_secs(1), burst: 100 };
/// So many tokens are kept.
const TOKENS_MAX: usize = 1_000;
