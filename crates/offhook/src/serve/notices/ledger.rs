//! How far everybody was told, and what was put aside: a small file beside the store. The notices
//! themselves are in the log, and are written from it when they are sent.

use super::super::beside;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is remembered of one who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// Up to which place in the log.
    pub(crate) place: u64,
    /// What was given up, the oldest first.
    #[serde(default)]
    pub(crate) aside: Vec<Aside>,
    /// How many were forgotten since too many had been put aside.
    #[serde(default)]
    pub(crate) n_forgotten: u64,
    /// Since when it is told nothing, since it said that it is gone, in Unix milliseconds.
    #[serde(default)]
    pub(crate) gone_at: Option<i64>,
}

/// A notice that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aside {
    /// The place of its line in the log.
    pub(crate) place: u64,
    /// Of what it tells, in a word.
    pub(crate) kind: String,
    /// Of which call.
    pub(crate) call: String,
    /// When it was given up, in Unix milliseconds.
    pub(crate) at: i64,
    /// Why.
    pub(crate) why: String,
}

/// The file.
pub(super) struct Ledger {
    path: PathBuf,
    standings: Mutex<BTreeMap<String, Standing>>,
}

impl Ledger {
    /// Reads it. One that can't be read is kept under another name: what it said is lost otherwise.
    pub(super) fn open(path: PathBuf) -> Ledger {
        let text = beside::read(&path).ok().flatten();
        let read = text.as_deref().map(serde_json::from_str);
        let standings = match read {
            Some(Ok(standings)) => standings,
            None => BTreeMap::new(),
            Some(Err(error)) => {
                let mut aside = path.clone().into_os_string();
                aside.push(".unread");
                let _ = std::fs::rename(&path, &aside);
                tracing::error!(file = %path.display(), %error, "who was told what can't be read; notices go on from now");
                BTreeMap::new()
            }
        };
        Ledger { path, standings: Mutex::new(standings) }
    }

    pub(super) fn of(&self, name: &str) -> Option<Standing> {
        self.held().get(name).cloned()
    }

    /// Changes what is remembered of one. It is on disk when [`keep`](Ledger::keep) was called.
    pub(super) fn note(&self, name: &str, change: impl FnOnce(&mut Standing)) {
        change(self.held().entry(name.to_owned()).or_default());
    }

    /// Forgets those who are told no more.
    pub(super) fn retain(&self, names: &[&str]) {
        self.held().retain(|name, _| names.contains(&name.as_str()));
    }

    /// Has it on disk.
    pub(super) fn keep(&self) {
        let standings = self.held();
        let kept = serde_json::to_string(&*standings).map_err(std::io::Error::other);
        if let Err(error) = kept.and_then(|text| beside::keep(&self.path, &text)) {
            tracing::warn!(file = %self.path.display(), %error, "cannot remember who was told what");
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<String, Standing>> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Puts one aside; the oldest is forgotten where there are too many.
    pub(super) fn put_aside(&mut self, one: Aside) {
        if self.aside.len() >= ASIDE_MAX {
            self.aside.remove(0);
            self.n_forgotten += 1;
        }
        self.aside.push(one);
    }
}

/// So many that were given up are remembered.
const ASIDE_MAX: usize = 1_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn aside(place: u64) -> Aside {
        let (kind, call, why) = ("call.ended".to_owned(), "c_1".to_owned(), "it answered 400".to_owned());
        Aside { place, kind, call, at: 5, why }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db.notices");
        let ledger = Ledger::open(path.clone());
        assert_eq!(ledger.of("crm"), None);
        ledger.note("crm", |standing| {
            standing.place = 7;
            standing.put_aside(aside(3));
        });
        ledger.note("gone", |standing| standing.place = 1);
        ledger.retain(&["crm"]);
        ledger.keep();
        let again = Ledger::open(path.clone());
        assert_eq!(again.of("crm"), ledger.of("crm"));
        assert_eq!(again.of("crm").unwrap().aside, [aside(3)]);
        assert_eq!(again.of("gone"), None);

        std::fs::write(&path, "{").unwrap();
        assert_eq!(Ledger::open(path).of("crm"), None);
        assert!(folder.path().join("calls.db.notices.unread").exists(), "nothing is thrown away");
    }

    #[test]
    fn too_many_push_the_oldest_out() {
        let mut standing = Standing::default();
        (0..1_002).for_each(|place| standing.put_aside(aside(place)));
        assert_eq!((standing.aside.len(), standing.aside[0].place, standing.n_forgotten), (1_000, 2, 2));
    }
}
