//! The gate before a connection: asks for permission where the first byte would leave, and leaves
//! a mark ([`Seal`]) from which it can be told whether anything may have left.

use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

/// Whether anything may have left through a gate.
#[derive(Debug, Default)]
pub(super) struct Seal(AtomicU8);

/// A connection that lets the first byte out only with permission.
pub(super) struct Gate<IO, F> {
    io: IO,
    seal: Arc<Seal>,
    may_send: F,
}

impl Seal {
    /// Nothing was handed to the connection.
    pub(super) fn is_whole(&self) -> bool {
        self.0.load(Ordering::Acquire) != BROKEN
    }

    /// Permission was asked and not given: nothing was handed to the connection, nor will be.
    pub(super) fn was_refused(&self) -> bool {
        self.0.load(Ordering::Acquire) == REFUSED
    }

    fn set(&self, state: u8) {
        self.0.store(state, Ordering::Release);
    }
}

impl<IO, F: Fn() -> bool> Gate<IO, F> {
    pub(super) fn new(io: IO, seal: Arc<Seal>, may_send: F) -> Gate<IO, F> {
        Gate { io, seal, may_send }
    }

    /// Writes through the gate. The seal is broken before the attempt, since an error says nothing
    /// of what went before it, and whole again if the connection took nothing and said so.
    fn pass(&mut self, write: impl FnOnce(&mut IO) -> Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match self.seal.0.load(Ordering::Acquire) {
            BROKEN => return write(&mut self.io),
            WHOLE if (self.may_send)() => self.seal.set(BROKEN),
            _ => {
                self.seal.set(REFUSED);
                return Poll::Ready(Err(io::Error::other("the gate stays shut")));
            }
        }
        let written = write(&mut self.io);
        if written.is_pending() {
            self.seal.set(WHOLE);
        }
        written
    }
}

/// Nothing in a gate is pinned: the permission is only ever called.
impl<IO: Unpin, F> Unpin for Gate<IO, F> {}

impl<IO: Read + Unpin, F> Read for Gate<IO, F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<IO: Write + Unpin, F: Fn() -> bool> Write for Gate<IO, F> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.pass(|io| Pin::new(io).poll_write(cx, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pass(|io| Pin::new(io).poll_write_vectored(cx, slices))
    }
}

const WHOLE: u8 = 0;
const BROKEN: u8 = 1;
const REFUSED: u8 = 2;
