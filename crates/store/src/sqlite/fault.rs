//! What goes wrong inside, and what it means to whoever uses the store.

use crate::page::StoreError;
use rusqlite::{Error, ErrorCode};
use std::path::Path;

/// What went wrong, before it is known which file it was.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database library refused or failed.
    Sql(Error),
    /// A row is there and can't be read: which, and why.
    Unreadable(String),
    /// Somebody was first: with what.
    Conflict(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Sql(error)
    }
}

impl Fault {
    /// Whether what is there can't be read, or isn't what was written.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Fault::Unreadable(_) => true,
            Fault::Sql(error) => error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt),
            Fault::Conflict(_) => false,
        }
    }

    /// The same for the user of the store at `path`.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Fault::Sql(error) => sql(&error, path),
            Fault::Unreadable(why) => StoreError::Damaged { path: shown(path), why },
            Fault::Conflict(what) => StoreError::Conflict(what),
        }
    }
}

/// Tells the user of the store at `path` what the database library said.
pub(super) fn at(path: &Path) -> impl Fn(Error) -> StoreError {
    move |error| sql(&error, path)
}

/// A file that can't be made, opened or changed.
pub(super) fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> StoreError {
    move |error| StoreError::Unwritable { path: shown(path), why: error.to_string() }
}

/// A path for people.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn sql(error: &Error, path: &Path) -> StoreError {
    let (path, why) = (shown(path), error.to_string());
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                StoreError::Conflict(format!("{path} ({why})"))
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged { path, why },
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::SystemIoFailure => StoreError::Unwritable { path, why },
            _ => StoreError::Failed(why),
        },
        // A column holds what we never write there.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::Utf8Error(..)
        | Error::InvalidColumnType(..) => StoreError::Damaged { path, why },
        _ => StoreError::Failed(why),
    }
}
