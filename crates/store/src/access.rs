//! Who may use the API, and what each did.

use crate::page::StoreError;
use call::access::Grant;
use call::{CallId, Timestamp};

/// A token of the API, of which the store keeps no more than a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptToken {
    /// What it is called.
    pub name: String,
    /// The digest of its text.
    pub hash: String,
    /// The digest of the one before it, and until when that one is good.
    pub old: Option<(String, Timestamp)>,
    /// What it may do.
    pub grant: Grant,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last got another text.
    pub rotated_at: Option<Timestamp>,
    /// From when on it is no longer good.
    pub expires_at: Option<Timestamp>,
    /// When it was last shown, as far as that was written.
    pub last_used_at: Option<Timestamp>,
}

/// Something that was asked for through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLine {
    /// When.
    pub at: Timestamp,
    /// By whom; `None` if nobody knows.
    pub token: Option<String>,
    /// What, in a word.
    pub verb: String,
    /// Of which call.
    pub call: Option<CallId>,
    /// About which number, where that isn't the call's.
    pub number: Option<String>,
    /// [`DONE`], or the code of the problem.
    pub outcome: String,
    /// From where, if nobody knows by whom.
    pub address: Option<String>,
    /// What the request is called.
    pub request_id: String,
}

/// A line as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLine {
    /// Its name: later ones are larger.
    pub id: u64,
    /// The line.
    pub line: AccessLine,
}

/// Which lines are asked for, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessQuery {
    /// Only what was refused.
    pub refused: bool,
    /// Only by this token.
    pub token: Option<String>,
    /// Only this verb.
    pub verb: Option<String>,
    /// Only of this call.
    pub call: Option<CallId>,
    /// Only those older than this one: where the last page ended.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// What is read and written of access within one transaction.
pub trait AccessPage {
    /// The token of this name.
    ///
    /// # Errors
    /// The store can't be read.
    fn token(&mut self, name: &str) -> Result<Option<KeptToken>, StoreError>;

    /// Keeps a token, in place of the one of its name if there is one.
    ///
    /// # Errors
    /// The store can't be written.
    fn keep_token(&mut self, token: &KeptToken) -> Result<(), StoreError>;

    /// Takes a token away.
    ///
    /// # Errors
    /// The store can't be written.
    fn drop_token(&mut self, name: &str) -> Result<(), StoreError>;

    /// How many calls this token asked for, from the first that could have this name on.
    ///
    /// # Errors
    /// The store can't be read.
    fn placed_by(&mut self, token: &str, since: CallId) -> Result<u64, StoreError>;

    /// Keeps a line. Of some more than [`REFUSALS_MAX`] that tell of a refusal the oldest are forgotten.
    ///
    /// # Errors
    /// The store can't be written.
    fn note_access(&mut self, line: &AccessLine) -> Result<(), StoreError>;

    /// Takes out at most `limit` lines from before this time, the oldest first. Returns how many.
    ///
    /// # Errors
    /// The store can't be written.
    fn prune_access(&mut self, before: Timestamp, limit: usize) -> Result<usize, StoreError>;
}

/// The outcome of what was not refused.
pub const DONE: &str = "done";
/// So many lines that tell of a refusal are kept: whoever is refused ever again pushes out refusals,
/// and nothing of what was done.
pub const REFUSALS_MAX: u64 = 100_000;
