//! Threads for long computations, each with memory of its own that it uses again and again, and with less claim to the
//! processor than what answers pages.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// How far these threads step back: the most that there is of Linux' `nice`. They get all of a core that is idle, and a seventieth of
/// one that pages fill. Any less far, and more than a hundredth of all pages would wait for a whole time slice of theirs.
#[cfg(target_os = "linux")]
const STEP_BACK: i32 = 19;

type Job<M> = Box<dyn FnOnce(&mut M) + Send>;

/// So many threads, and a queue before them that is as long as it is made. They end with the last clone of this.
pub(super) struct Threads<M> {
    jobs: Sender<Job<M>>,
    running: Arc<AtomicUsize>,
}

impl<M: Default + 'static> Threads<M> {
    /// Starts them.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub(super) fn start(count: usize) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let running = Arc::new(AtomicUsize::new(0));
        for number in 0..count {
            let (waiting, running) = (Arc::clone(&waiting), Arc::clone(&running));
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&waiting, &running))?;
        }
        Ok(Self { jobs, running })
    }

    /// How many are at work.
    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// Has one of them do this, in the order of asking. `None` when it panicked. What nobody waits for any more when its turn
    /// comes is not begun.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut M) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job<M> = Box::new(move |memory| {
            if !answer.is_closed() {
                let _ = answer.send(job(memory)); // whoever asked may have gone meanwhile
            }
        });
        self.jobs.send(job).ok()?;
        answered.await.ok()
    }
}

fn work<M: Default>(waiting: &Mutex<Receiver<Job<M>>>, running: &AtomicUsize) {
    step_back();
    let mut memory = M::default();
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(job) = next else { return };
        running.fetch_add(1, Ordering::Relaxed);
        // A panic ends this job and no other; the panic hook has logged it.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            memory = M::default();
        }
        running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Of this thread alone, which only Linux can.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(STEP_BACK) {
        tracing::warn!(%error, "password computations cannot step back behind pages");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn jobs_are_done_in_order_and_memory_is_used_again() {
        let threads = Threads::<Vec<u32>>::start(1).expect("a thread");
        let push = |number| {
            threads.run(move |memory: &mut Vec<u32>| {
                memory.push(number);
                memory.clone()
            })
        };
        let (first, second) = tokio::join!(push(1), push(2));
        assert_eq!((first, second), (Some(vec![1]), Some(vec![1, 2])));
    }

    #[tokio::test]
    async fn a_panic_ends_one_job_and_forgets_its_memory() {
        let threads = Threads::<Vec<u32>>::start(1).expect("a thread");
        let broken = threads.run(|memory: &mut Vec<u32>| {
            memory.push(1);
            assert!(memory.is_empty(), "on purpose");
        });
        assert_eq!(broken.await, None);
        assert_eq!(threads.run(|memory| memory.len()).await, Some(0));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let threads = Threads::<u32>::start(1).expect("a thread");
        let (release, held) = mpsc::channel::<()>();
        let first = threads.run(move |_| held.recv().is_err());
        let abandoned = threads.run(|begun| *begun += 1);
        tokio::pin!(first);
        assert!(futures::poll!(&mut first).is_pending());
        {
            tokio::pin!(abandoned);
            assert!(futures::poll!(&mut abandoned).is_pending());
        }
        drop(release);
        assert_eq!(first.await, Some(true));
        assert_eq!(threads.run(|begun| *begun).await, Some(0));
    }
}
