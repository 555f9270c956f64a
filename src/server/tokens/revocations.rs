//! How a session that rests on a signature alone can still be taken back, without a query.
//!
//! An access token lives for minutes. So whatever is taken back must be remembered for those minutes only: what
//! was issued before has run out by then, and nothing is issued after it. Three facts make that hold:
//!
//! 1. Whoever ends a session or raises a user's epoch writes it to the database first, in one transaction with
//!    what caused it, and then here, before anybody is answered (`Accounts`).
//! 2. [`AccessTokens::verify`](super::AccessTokens::verify) asks [`Revocations::allow`] as its last step, so a
//!    copied token is refused from that moment on; its refresh token is refused by the session's row.
//! 3. A program that starts reads from the database what still matters, before it answers anybody.
//!
//! Two sets, the current and the one before: when the current one is as old as a token can become, it becomes
//! the one before, and that one, in which nothing can matter any more, is dropped whole. Nothing is kept for
//! each entry but its key, and nothing at all for each session or user.
//!
//! A token is valid by the wall's clock, which somebody may correct. So a set is dropped only when its last entry is old enough by
//! that clock and by one that nobody can put forward or back.

use crate::domain::session::{Revocation, SessionId};
use crate::domain::user::UserId;
use crate::server::clock::BothClocks;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::broadcast;

/// How many revocations a listener may lag behind before it must look for itself.
const BACKLOG: usize = 256;

/// Ended sessions and raised epochs, kept as long as a token issued before could still be valid.
/// Cloning it shares it.
#[derive(Clone)]
pub struct Revocations {
    live: Arc<RwLock<Live>>,
    news: broadcast::Sender<Revocation>,
}

struct Live {
    /// How long a revocation matters, in seconds.
    keep: i64,
    /// When `current` began.
    since: Option<BothClocks>,
    current: Taken,
    before: Taken,
}

#[derive(Default)]
struct Taken {
    sessions: HashSet<SessionId>,
    /// Users, and the least epoch that a token of theirs must have.
    epochs: HashMap<UserId, i64>,
    /// The latest that something came, by each clock.
    last: Option<BothClocks>,
}

impl Revocations {
    /// An empty one, which keeps everything for at least `keep` seconds: the longest that a token issued
    /// before can be valid.
    pub fn new(keep: i64) -> Self {
        let live = Live {
            keep,
            since: None,
            current: Taken::default(),
            before: Taken::default(),
        };
        Self {
            live: Arc::new(RwLock::new(live)),
            news: broadcast::Sender::new(BACKLOG),
        }
    }

    /// Takes back, at once, here. What is taken back already is no news.
    pub fn add(&self, revocation: Revocation, now: BothClocks) {
        let is_news = {
            let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
            live.turn(now);
            live.current.add(revocation, now)
        };
        if is_news {
            let _ = self.news.send(revocation); // nobody may be listening
        }
    }

    /// Whether a token of this user, session and epoch still stands.
    pub fn allow(&self, user: UserId, session: SessionId, epoch: i64) -> bool {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.current.allow(user, session, epoch) && live.before.allow(user, session, epoch)
    }

    /// What is taken back from now on, as it happens.
    pub fn listen(&self) -> broadcast::Receiver<Revocation> {
        self.news.subscribe()
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.news.receiver_count()
    }

    /// How many are remembered now.
    pub fn len(&self) -> usize {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.current.len() + live.before.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Live {
    fn turn(&mut self, now: BothClocks) {
        let is_over =
            |then: Option<BothClocks>| then.is_none_or(|then| now.is_later_by(self.keep, then));
        // The second holds whenever the first does, unless somebody has put the clock back.
        if !is_over(self.since) || !is_over(self.before.last) {
            return;
        }
        self.before = std::mem::take(&mut self.current);
        if is_over(self.before.last) {
            self.before = Taken::default();
        }
        self.since = Some(now);
    }
}

impl Taken {
    /// Whether it was not there already.
    fn add(&mut self, revocation: Revocation, now: BothClocks) -> bool {
        let last = self.last.unwrap_or(now);
        self.last = Some(BothClocks {
            wall: last.wall.max(now.wall),
            elapsed: last.elapsed.max(now.elapsed),
        });
        match revocation {
            Revocation::Session(session) => self.sessions.insert(session),
            Revocation::Epoch { user, least } => match self.epochs.insert(user, least) {
                Some(known) if known >= least => {
                    self.epochs.insert(user, known);
                    false
                }
                _ => true,
            },
        }
    }

    fn allow(&self, user: UserId, session: SessionId, epoch: i64) -> bool {
        !self.sessions.contains(&session)
            && self.epochs.get(&user).is_none_or(|least| epoch >= *least)
    }

    fn len(&self) -> usize {
        self.sessions.len() + self.epochs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const ONE: SessionId = SessionId::from_bytes([2; 16]);
    const TWO: SessionId = SessionId::from_bytes([3; 16]);

    /// A moment at which the clocks agree.
    fn at(seconds: i64) -> BothClocks {
        BothClocks {
            wall: seconds,
            elapsed: seconds,
        }
    }

    fn epoch(least: i64) -> Revocation {
        Revocation::Epoch { user: ADA, least }
    }

    #[test]
    fn an_ended_session_is_refused_and_another_is_not() {
        let revocations = Revocations::new(305);
        revocations.add(Revocation::Session(ONE), at(100));
        assert!(!revocations.allow(ADA, ONE, 1));
        assert!(revocations.allow(ADA, TWO, 1));
    }

    #[test]
    fn a_raised_epoch_refuses_what_is_older_and_never_sinks() {
        let revocations = Revocations::new(305);
        revocations.add(epoch(5), at(100));
        revocations.add(epoch(3), at(101));
        assert!(!revocations.allow(ADA, ONE, 4));
        assert!(revocations.allow(ADA, ONE, 5));
        // Nor when the lower one comes in another set than the higher.
        revocations.add(epoch(3), at(406));
        assert!(!revocations.allow(ADA, ONE, 4));
    }

    #[test]
    fn whoever_listens_hears_it() {
        let revocations = Revocations::new(305);
        let mut news = revocations.listen();
        revocations.add(epoch(2), at(100));
        assert_eq!(news.try_recv(), Ok(epoch(2)));
        // Once.
        revocations.add(epoch(2), at(101));
        revocations.add(epoch(1), at(102));
        assert!(news.try_recv().is_err());
        revocations.add(epoch(3), at(103));
        assert_eq!(news.try_recv(), Ok(epoch(3)));
    }

    #[test]
    fn what_is_just_old_enough_is_remembered_in_the_set_before() {
        let revocations = Revocations::new(100);
        revocations.add(Revocation::Session(TWO), at(0));
        revocations.add(Revocation::Session(ONE), at(100));
        // The first set began 200 ago, and its last entry is of use to this very moment.
        revocations.add(epoch(2), at(200));
        assert!(!revocations.allow(ADA, ONE, 2));
    }

    #[test]
    fn what_is_remembered_is_counted_in_both_sets() {
        let revocations = Revocations::new(100);
        assert!(revocations.is_empty());
        revocations.add(Revocation::Session(ONE), at(0));
        revocations.add(epoch(2), at(50));
        revocations.add(Revocation::Session(TWO), at(101));
        assert_eq!((revocations.len(), revocations.is_empty()), (3, false));
        revocations.add(epoch(3), at(1000));
        assert_eq!(revocations.len(), 1);
    }

    #[test]
    fn who_listens_is_counted() {
        let revocations = Revocations::new(100);
        assert_eq!(revocations.listeners(), 0);
        let (one, other) = (revocations.listen(), revocations.listen());
        assert_eq!(revocations.listeners(), 2);
        drop((one, other));
        assert_eq!(revocations.listeners(), 0);
    }

    #[test]
    fn an_entry_costs_less_than_a_hundred_bytes() {
        // hashbrown keeps one byte of control beside each bucket and grows by two from seven eighths full: at the
        // worst, half of that is in use. An entry may have to wait in the set before while it is needed no more.
        let bytes_at_worst = |entry: usize| 2 * (entry + 1) * 16 / 7;
        assert!(bytes_at_worst(size_of::<SessionId>()) < 100);
    }

    proptest! {
        #[test]
        fn nothing_is_forgotten_too_early_nor_kept_for_ever(
            steps in prop::collection::vec((0_u8..30, 0_i64..200), 1..60),
        ) {
            const KEEP: i64 = 100;
            let revocations = Revocations::new(KEEP);
            let mut now = 1_000;
            let mut added = Vec::new();
            for (name, pause) in steps {
                now += pause;
                let session = SessionId::from_bytes([name; 16]);
                revocations.add(Revocation::Session(session), at(now));
                added.push((session, now));
                for (session, at) in &added {
                    if now - at <= KEEP {
                        prop_assert!(!revocations.allow(ADA, *session, 1), "{at} at {now}");
                    }
                }
                let at_most_as_old = added.iter().filter(|(_, at)| now - at <= 3 * KEEP);
                prop_assert!(revocations.len() <= at_most_as_old.count());
            }
        }

        #[test]
        fn no_correction_of_the_clock_makes_it_forget_too_early(
            steps in prop::collection::vec((0_u8..30, 0_i64..200, -5_000_i64..5_000, 0_u8..4), 1..60),
        ) {
            const KEEP: i64 = 100;
            let revocations = Revocations::new(KEEP);
            let mut now = at(100_000);
            let mut added = Vec::new();
            for (name, pause, correction, seldom) in steps {
                now.elapsed += pause;
                now.wall += pause + if seldom == 0 { correction } else { 0 };
                let session = SessionId::from_bytes([name; 16]);
                revocations.add(Revocation::Session(session), now);
                added.push((session, now));
                // Until it has mattered no more by both clocks at once.
                added.retain(|(_, then)| !now.is_later_by(KEEP, *then));
                for (session, then) in &added {
                    prop_assert!(!revocations.allow(ADA, *session, 1), "{then:?} at {now:?}");
                }
            }
        }
    }
}
