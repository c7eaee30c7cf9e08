//! Threads for what computes for long. The runtime's own never do: each carries the sound of many calls.

use speech::Cancellation;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use tokio::sync::oneshot;

/// Some threads, and a bounded queue of what they are to do. They end when it is dropped and the queue is empty.
#[derive(Debug)]
pub struct Pool {
    to: SyncSender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Pool {
    /// One of so many threads, named so.
    pub fn new(name: &str, n_threads: usize) -> Pool {
        let (to, jobs) = sync_channel(n_threads * WAITING_MAX);
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..n_threads {
            let jobs = Arc::clone(&jobs);
            let started = thread::Builder::new().name(name.to_owned()).spawn(move || work(&jobs));
            if let Err(error) = started {
                tracing::error!(name, %error, "a thread can't be started");
            }
        }
        Pool { to }
    }

    /// Has this done by one of them. Where nobody waits for it any more it isn't begun, or is told so.
    ///
    /// # Errors
    /// It isn't done, since too much waits already, or it failed.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Cancellation) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let (tell, told) = oneshot::channel();
        let waiting = Waiting(Cancellation::default());
        let cancellation = waiting.0.clone();
        let job = Box::new(move || {
            if !cancellation.is_cancelled() {
                let _ = tell.send(work(&cancellation));
            }
        });
        self.to.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => "too much waits for it already".to_owned(),
            TrySendError::Disconnected(_) => "it has no threads".to_owned(),
        })?;
        told.await.unwrap_or_else(|_| Err("it panicked".to_owned()))
    }
}

/// Somebody who waits. When this is dropped, nobody does.
struct Waiting(Cancellation);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Does one after the other, until none can come any more.
fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // What it had to tell is dropped, and so told as a panic.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// So much may wait for each thread: what is behind that isn't done in time.
const WAITING_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    #[tokio::test]
    async fn what_is_asked_is_done_on_a_thread_of_its_own() {
        let pool = Pool::new("worker", 1);
        let name = pool.run(|_| Ok(thread::current().name().map(str::to_owned))).await;
        assert_eq!(name, Ok(Some("worker".to_owned())));
    }

    #[tokio::test]
    async fn a_panic_ends_no_thread() {
        let pool = Pool::new("worker", 1);
        let panicked: Result<(), String> = pool.run(|_| panic!("as a model might")).await;
        assert_eq!(panicked, Err("it panicked".to_owned()));
        assert_eq!(pool.run(|_| Ok(1)).await, Ok(1));
    }

    #[tokio::test]
    async fn who_waits_no_more_is_told_to_the_work() {
        let pool = Pool::new("worker", 1);
        let (tell, told) = mpsc::channel();
        let work = pool.run(move |cancellation| {
            while !cancellation.is_cancelled() {
                thread::yield_now();
            }
            tell.send("cancelled").map_err(|error| error.to_string())
        });
        assert!(timeout(Duration::from_millis(50), work).await.is_err());
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok("cancelled"));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let pool = Arc::new(Pool::new("worker", 1));
        let (go_on, first) = busy(&pool).await;
        let (tell, told) = mpsc::channel();
        let second = pool.run(move |_| tell.send(()).map_err(|error| error.to_string()));
        assert!(timeout(Duration::from_millis(50), second).await.is_err());
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(pool.run(|_| Ok(())).await, Ok(()));
        assert!(told.try_recv().is_err(), "it was begun");
    }

    #[tokio::test]
    async fn no_more_waits_than_is_done_in_time() {
        let pool = Arc::new(Pool::new("worker", 1));
        let (go_on, first) = busy(&pool).await;
        let waits = |_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.run(|_| Ok(())).await })
        };
        let waiting: Vec<_> = (0..WAITING_MAX).map(waits).collect();
        tokio::task::yield_now().await;
        assert_eq!(pool.run(|_| Ok(())).await, Err("too much waits for it already".to_owned()));
        go_on.send(()).unwrap();
        for one in waiting.into_iter().chain([first]) {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    /// Its one thread works, until it is told to go on.
    async fn busy(pool: &Arc<Pool>) -> (mpsc::Sender<()>, JoinHandle<Result<(), String>>) {
        let (go_on, goes_on) = mpsc::channel();
        let (begin, begun) = oneshot::channel();
        let pool = Arc::clone(pool);
        let work = move |_: &Cancellation| {
            let _ = begin.send(());
            goes_on.recv().map_err(|error| error.to_string())
        };
        let working = tokio::spawn(async move { pool.run(work).await });
        begun.await.unwrap();
        (go_on, working)
    }
}
