//! What was taken back: the little that must be remembered so that a signature alone is not enough.
//!
//! An access token lives for minutes, so a revocation must be remembered for no longer: whatever was
//! issued before it has run out by then, and nothing is issued after it. That is why these two maps
//! stay small, however many users and sessions there are.

use crate::domain::session::SessionId;
use crate::domain::user::UserId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};

/// Ended sessions and raised epochs, kept as long as a token issued before could still be valid.
/// Cloning it shares it. All times are seconds since the Unix epoch.
#[derive(Clone, Default)]
pub struct Revocations(Arc<RwLock<Live>>);

#[derive(Default)]
struct Live {
    /// Ended sessions.
    sessions: HashMap<SessionId, i64>,
    /// Users, and the least epoch that a token of theirs must have.
    epochs: HashMap<UserId, Least>,
    /// When each may be forgotten. Entries come in that order, give or take the start.
    forget: VecDeque<(i64, Entry)>,
}

#[derive(Clone, Copy)]
struct Least {
    epoch: i64,
    until: i64,
}

#[derive(Clone, Copy)]
enum Entry {
    Session(SessionId),
    Epoch(UserId),
}

impl Revocations {
    /// Takes back every token of a session; `until` no token issued before can be valid any more.
    pub fn end_session(&self, session: SessionId, now: i64, until: i64) {
        let mut live = self.0.write().unwrap_or_else(PoisonError::into_inner);
        live.forget_what_is_past(now);
        live.sessions.insert(session, until);
        live.forget.push_back((until, Entry::Session(session)));
    }

    /// Takes back every token of a user whose `ver` is below `epoch`.
    pub fn raise_epoch(&self, user: UserId, epoch: i64, now: i64, until: i64) {
        let mut live = self.0.write().unwrap_or_else(PoisonError::into_inner);
        live.forget_what_is_past(now);
        let least = live.epochs.entry(user).or_insert(Least { epoch, until });
        least.epoch = least.epoch.max(epoch);
        least.until = least.until.max(until);
        live.forget.push_back((until, Entry::Epoch(user)));
    }

    /// Whether a token of this user, session and epoch still stands.
    pub fn allow(&self, user: UserId, session: SessionId, epoch: i64) -> bool {
        let live = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !live.sessions.contains_key(&session)
            && live
                .epochs
                .get(&user)
                .is_none_or(|least| epoch >= least.epoch)
    }

    /// How many are remembered now.
    pub fn len(&self) -> usize {
        let live = self.0.read().unwrap_or_else(PoisonError::into_inner);
        live.sessions.len() + live.epochs.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Live {
    fn forget_what_is_past(&mut self, now: i64) {
        while let Some((until, entry)) = self.forget.front().copied() {
            if until >= now {
                break;
            }
            self.forget.pop_front();
            match entry {
                Entry::Session(session) => {
                    if self
                        .sessions
                        .get(&session)
                        .is_some_and(|until| *until < now)
                    {
                        self.sessions.remove(&session);
                    }
                }
                Entry::Epoch(user) => {
                    if self
                        .epochs
                        .get(&user)
                        .is_some_and(|least| least.until < now)
                    {
                        self.epochs.remove(&user);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: UserId = UserId::from_bytes([1; 16]);
    const ONE: SessionId = SessionId::from_bytes([2; 16]);
    const TWO: SessionId = SessionId::from_bytes([3; 16]);

    #[test]
    fn an_ended_session_is_refused_and_another_is_not() {
        let revocations = Revocations::default();
        revocations.end_session(ONE, 100, 405);
        assert!(!revocations.allow(ADA, ONE, 1));
        assert!(revocations.allow(ADA, TWO, 1));
    }

    #[test]
    fn a_raised_epoch_refuses_what_is_older_and_never_sinks() {
        let revocations = Revocations::default();
        revocations.raise_epoch(ADA, 5, 100, 405);
        revocations.raise_epoch(ADA, 3, 101, 406);
        assert!(!revocations.allow(ADA, ONE, 4));
        assert!(revocations.allow(ADA, ONE, 5));
    }

    #[test]
    fn what_is_past_is_forgotten_and_not_before() {
        let revocations = Revocations::default();
        revocations.end_session(ONE, 100, 405);
        revocations.raise_epoch(ADA, 2, 100, 405);
        revocations.end_session(TWO, 405, 710);
        assert!(!revocations.allow(ADA, ONE, 1));
        assert_eq!(revocations.len(), 3);
        revocations.end_session(TWO, 406, 711);
        assert_eq!(revocations.len(), 1);
        assert!(
            revocations.allow(ADA, ONE, 1),
            "its tokens ran out by themselves"
        );
    }
}
