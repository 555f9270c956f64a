//! The time, given to whoever needs it: the system's, or one that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// A moment by two clocks, in seconds: the wall's, which somebody may put forward or back, and one that only goes on. To know
/// for how long something must be remembered, ask both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BothClocks {
    /// Since the Unix epoch.
    pub wall: i64,
    /// Of [`Clock::elapsed`].
    pub elapsed: i64,
}

impl BothClocks {
    /// Whether more than so many seconds have passed since then, whichever clock one believes.
    pub fn is_later_by(&self, seconds: i64, then: Self) -> bool {
        self.wall.saturating_sub(then.wall) > seconds
            && self.elapsed.saturating_sub(then.elapsed) > seconds
    }
}

/// A source of the current time. Cloning it shares it.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System {
        /// When this clock was made.
        since: Instant,
    },
    Set {
        now: Arc<AtomicI64>,
        /// By how much of it the wall clock was put forward or back.
        stepped: Arc<AtomicI64>,
    },
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        let since = Instant::now();
        Self(Source::System { since })
    }

    /// A clock that stands at `now` until [`Clock::advance`] or [`Clock::step`] moves it.
    pub fn set_to(now: Millis) -> Self {
        Self(Source::Set {
            now: Arc::new(AtomicI64::new(now)),
            stepped: Arc::default(),
        })
    }

    /// Milliseconds since the Unix epoch.
    #[allow(clippy::disallowed_methods)] // the one place that asks the system
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System { .. } => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |elapsed| {
                    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
                }),
            Source::Set { now, .. } => now.load(Ordering::SeqCst),
        }
    }

    /// Seconds since the Unix epoch, the unit of JWT's NumericDate (RFC 7519, section 2).
    pub fn now_seconds(&self) -> i64 {
        self.now().div_euclid(1000)
    }

    /// The time since some moment in the past, which no correction of the machine's clock moves: for waiting times.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Source::System { since } => since.elapsed(),
            Source::Set { now, stepped } => {
                let elapsed = now.load(Ordering::SeqCst) - stepped.load(Ordering::SeqCst);
                Duration::from_millis(u64::try_from(elapsed).unwrap_or(0))
            }
        }
    }

    /// The moment by both clocks.
    pub fn both(&self) -> BothClocks {
        BothClocks {
            wall: self.now_seconds(),
            elapsed: i64::try_from(self.elapsed().as_secs()).unwrap_or(i64::MAX),
        }
    }

    /// Moves a set clock on by `milliseconds` (back, if negative). The system's clock stays as it is.
    pub fn advance(&self, milliseconds: i64) {
        if let Source::Set { now, .. } = &self.0 {
            now.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }

    /// Puts a set clock forward by `milliseconds` (back, if negative) without any time passing, as when somebody corrects the
    /// machine's clock. The system's clock stays as it is.
    pub fn step(&self, milliseconds: i64) {
        if let Source::Set { now, stepped } = &self.0 {
            now.fetch_add(milliseconds, Ordering::SeqCst);
            stepped.fetch_add(milliseconds, Ordering::SeqCst);
        }
    }
}
