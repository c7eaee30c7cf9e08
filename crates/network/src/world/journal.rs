//! What was asked of the carriers' APIs: how often, of what kind, in which second, and the last
//! requests one by one. For whoever has a budget of requests to keep.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::time::Millis;

/// How many seconds are counted one by one.
const SECONDS_MAX: usize = 120;

/// How many requests are remembered one by one.
const REQUESTS_MAX: usize = 1_000;

/// How many different marks are counted; beyond it new ones are not.
const MARKS_MAX: usize = 200_000;

/// One request to a carrier's API.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Asked {
    pub(crate) at: Millis,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The status answered; `None` where no answer was given.
    pub(crate) status: Option<u16>,
    pub(crate) operation: &'static str,
}

/// The requests so far.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Journal {
    total: u64,
    by_operation: BTreeMap<&'static str, u64>,
    by_second: BTreeMap<i64, u64>,
    /// Parameters that the network does not know and ignored, by name.
    unknown_parameters: BTreeMap<String, u64>,
    /// Requests to place a call, by the mark in their URLs, whatever became of them.
    #[serde(skip)]
    creates_by_mark: BTreeMap<String, Creates>,
    last: VecDeque<Asked>,
}

/// How often a call with one mark was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Creates {
    /// Requests that arrived.
    pub(crate) asked: u32,
    /// Calls that were made of them.
    pub(crate) made: u32,
}

impl Journal {
    pub(crate) fn note(&mut self, asked: Asked) {
        self.total += 1;
        *self.by_operation.entry(asked.operation).or_default() += 1;
        *self.by_second.entry(asked.at.get().div_euclid(1_000)).or_default() += 1;
        while self.by_second.len() > SECONDS_MAX {
            self.by_second.pop_first();
        }
        if self.last.len() == REQUESTS_MAX {
            self.last.pop_front();
        }
        self.last.push_back(asked);
    }

    pub(crate) fn note_unknown_parameter(&mut self, name: &str) {
        if let Some(count) = self.unknown_parameters.get_mut(name) {
            *count += 1;
        } else if self.unknown_parameters.len() < REQUESTS_MAX {
            self.unknown_parameters.insert(name.to_owned(), 1);
        }
    }

    /// Counts a request to place a call that arrived, whatever becomes of it.
    pub(crate) fn note_create_asked(&mut self, mark: &BTreeMap<String, String>) {
        if let Some(creates) = self.creates_mut(mark) {
            creates.asked += 1;
        }
    }

    /// Counts a call that was made of such a request.
    pub(crate) fn note_create_made(&mut self, mark: &BTreeMap<String, String>) {
        if let Some(creates) = self.creates_mut(mark) {
            creates.made += 1;
        }
    }

    /// `None` for calls without a mark, and where too many marks are known.
    fn creates_mut(&mut self, mark: &BTreeMap<String, String>) -> Option<&mut Creates> {
        if mark.is_empty() {
            return None;
        }
        let key = key_of(mark);
        if !self.creates_by_mark.contains_key(&key) && self.creates_by_mark.len() >= MARKS_MAX {
            return None;
        }
        Some(self.creates_by_mark.entry(key).or_default())
    }

    /// How often a call with this mark was asked for and made; once, for one that bears none.
    pub(crate) fn creates(&self, mark: &BTreeMap<String, String>) -> Creates {
        let known = self.creates_by_mark.get(&key_of(mark)).copied();
        known.unwrap_or(Creates { asked: 1, made: 1 })
    }
}

fn key_of(mark: &BTreeMap<String, String>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(mark).finish()
}
