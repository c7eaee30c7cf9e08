//! Tokens, and what was asked for with them, in memory.

use super::page::MemoryPage;
use super::{Undo, put};
use call::{CallId, Timestamp};
use store::{AccessLine, AccessPage, KeptLine, KeptToken, StoreError};

impl AccessPage for MemoryPage<'_> {
    fn token(&mut self, name: &str) -> Result<Option<KeptToken>, StoreError> {
        Ok(self.tables.tokens.get(name).cloned())
    }

    fn keep_token(&mut self, token: &KeptToken) -> Result<(), StoreError> {
        let old = self.tables.tokens.insert(token.name.clone(), token.clone());
        self.tables.undo.push(Undo::Token(token.name.clone(), old.map(Box::new)));
        Ok(())
    }

    fn drop_token(&mut self, name: &str) -> Result<(), StoreError> {
        let old = self.tables.tokens.get(name).cloned();
        put(&mut self.tables.tokens, name.to_owned(), None);
        self.tables.undo.push(Undo::Token(name.to_owned(), old.map(Box::new)));
        Ok(())
    }

    fn placed_by(&mut self, token: &str, since: CallId) -> Result<u64, StoreError> {
        let theirs = self.rows().filter(|row| row.call.facts.placed_by.as_deref() == Some(token));
        Ok(theirs.filter(|row| row.call.facts.id >= since).count() as u64)
    }

    fn note_access(&mut self, line: &AccessLine) -> Result<(), StoreError> {
        self.tables.undo.push(Undo::Access(self.tables.access.clone()));
        let id = self.tables.access.last().map_or(1, |last| last.id + 1);
        self.tables.access.push(KeptLine { id, line: line.clone() });
        Ok(())
    }

    fn prune_access(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.tables.undo.push(Undo::Access(self.tables.access.clone()));
        let n_before = self.tables.access.len();
        let mut n_seen = 0;
        self.tables.access.retain(|kept| {
            n_seen += 1;
            n_seen > limit || kept.line.at >= before
        });
        Ok(n_before - self.tables.access.len())
    }
}
