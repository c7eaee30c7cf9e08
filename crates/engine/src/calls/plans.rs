//! The world's numbering plans, which the dial gate looks numbers up in: they are read when the first call is to
//! be placed, and whoever waits for that waits before a turn, and not in one that others share.

use call::number::read_plans;
use tokio::sync::OnceCell;

/// Waits until they are read, once in a process.
pub(super) async fn are_read() {
    let read = || async {
        // Whatever became of it, a turn reads them itself.
        let _ = tokio::task::spawn_blocking(read_plans).await;
    };
    READ.get_or_init(read).await;
}

static READ: OnceCell<()> = OnceCell::const_new();
