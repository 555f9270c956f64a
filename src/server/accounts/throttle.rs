//! How often one network may ask, without a token, for what guesses at passwords or makes accounts.

use crate::domain::device::Network;
use crate::domain::error::AppError;
use crate::server::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

/// From so many networks on, those that have not asked for a minute are forgotten.
const TIDY_ABOVE: usize = 10_000;
/// So many networks are remembered at the most; beyond it, networks that are new are asked to wait.
const MOST: usize = 100_000;

type Limiter =
    RateLimiter<Option<Network>, HashMapStateStore<Option<Network>>, Ticks, NoOpMiddleware<Nanos>>;

/// Counts what networks ask for.
pub struct Throttle(Option<Counts>);

struct Counts {
    limiter: Limiter,
    clock: Clock,
    /// The second in which those who have not asked for a while were last forgotten, of [`Clock::elapsed`].
    tidied_at: AtomicU64,
}

/// The clock as the limiter reads it.
#[derive(Clone, Debug)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

impl Throttle {
    /// Lets each network ask `per_minute` times a minute, at once or spread out; 0 for no limit.
    pub fn new(per_minute: u32, clock: Clock) -> Self {
        Self(NonZeroU32::new(per_minute).map(|per_minute| Counts {
            limiter: RateLimiter::hashmap_with_clock(
                Quota::per_minute(per_minute),
                Ticks(clock.clone()),
            ),
            clock,
            tidied_at: AtomicU64::new(0),
        }))
    }

    /// Counts one more.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] when it is one too many; it is not counted then.
    pub fn admit(&self, network: Option<Network>) -> Result<(), AppError> {
        self.0
            .as_ref()
            .map_or(Ok(()), |counts| counts.admit(network))
    }
}

impl Counts {
    fn admit(&self, network: Option<Network>) -> Result<(), AppError> {
        self.tidy();
        if self.limiter.len() > MOST {
            return Err(too_many(60));
        }
        self.limiter.check_key(&network).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.elapsed().into());
            too_many(wait.as_secs().saturating_add(1))
        })
    }

    /// Forgets who has not asked for a minute: looking at all costs time, so at most once a second.
    fn tidy(&self) {
        if self.limiter.len() <= TIDY_ABOVE {
            return;
        }
        let second = self.clock.elapsed().as_secs();
        if self.tidied_at.swap(second, Ordering::Relaxed) != second {
            self.limiter.retain_recent();
        }
    }
}

fn too_many(seconds: u64) -> AppError {
    AppError::TooManyRequests {
        retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn network(number: u32) -> Option<Network> {
        Some(Network::of(Ipv4Addr::from_bits(number << 8).into()))
    }

    #[test]
    fn each_network_has_its_own_count() {
        let clock = Clock::set_to(1_000_000);
        let throttle = Throttle::new(3, clock.clone());
        for _ in 0..3 {
            assert_eq!(throttle.admit(network(1)), Ok(()));
        }
        assert_eq!(throttle.admit(network(1)), Err(too_many(21)));
        assert_eq!(throttle.admit(network(2)), Ok(()));
        assert_eq!(throttle.admit(None), Ok(()));
        clock.advance(20_000);
        assert_eq!(throttle.admit(network(1)), Ok(()));
        assert_eq!(throttle.admit(network(1)), Err(too_many(21)));
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let throttle = Throttle::new(0, Clock::set_to(0));
        assert!((0..1_000).all(|_| throttle.admit(None).is_ok()));
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let clock = Clock::set_to(1_000_000);
        let throttle = Throttle::new(1, clock.clone());
        let admitted = (0..200_000).filter(|number| throttle.admit(network(*number)).is_ok());
        assert_eq!(admitted.count(), MOST + 1);
        clock.advance(121_000);
        assert_eq!(throttle.admit(network(199_999)), Ok(()));
        let remembered = throttle.0.as_ref().map(|counts| counts.limiter.len());
        assert_eq!(remembered, Some(1));
    }
}
