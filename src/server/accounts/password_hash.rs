//! argon2id, on threads of its own: so many at once, so many waiting, and no more.

use super::threads::Threads;
use crate::domain::error::AppError;
use crate::domain::password::{NewPassword, PasswordAttempt};
use crate::server::random::{NoRandomness, Random};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use std::sync::Arc;
use tokio::sync::{Semaphore, TryAcquireError};
use zeroize::Zeroizing;

/// How many may wait for each that runs.
const WAITING_PER_RUNNING: usize = 8;
/// What a caller is told to wait when the queue is full: the queue drains in well under a second.
const RETRY_AFTER_SECONDS: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What a check of a password found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is another password, or there is none to compare with.
    Wrong,
    /// It is this password.
    Right,
    /// It is this password, and its hash was made with other parameters than today's: here is a new one.
    RightAndRehashed(String),
}

/// A hash could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// As many computations wait as may wait.
    #[error("too many password computations wait already")]
    Busy,
    /// The operating system gave no salt.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// argon2 refused its input.
    #[error("argon2: {0}")]
    Argon2(#[from] argon2::Error),
    /// The hash does not fit a PHC string.
    #[error("PHC string: {0}")]
    Phc(#[from] argon2::password_hash::phc::Error),
    /// The stored hash names parameters that argon2 does not have.
    #[error("stored hash: {0}")]
    Stored(#[from] argon2::password_hash::Error),
    /// The computation panicked.
    #[error("the computation was cancelled")]
    Cancelled,
    /// The system gives no threads.
    #[error("no thread for password computations: {0}")]
    Threads(#[from] std::io::Error),
}

impl From<HashingError> for AppError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => Self::Busy {
                retry_after_seconds: RETRY_AFTER_SECONDS,
            },
            other => {
                tracing::error!(error = %other, "a password hash could not be computed");
                Self::Internal
            }
        }
    }
}

/// Computes password hashes on a bounded number of threads, each with an arena that is used again
/// and again: 19 MiB taken and given back for each sign-in would fragment the heap.
#[derive(Clone)]
pub struct PasswordHasher {
    shared: Arc<Shared>,
    threads: Arc<Threads<Arena>>,
    /// One for each that runs or waits.
    places: Arc<Semaphore>,
    places_in_all: usize,
}

type Arena = Vec<Block>;

struct Shared {
    params: Params,
    random: Random,
    /// Compared with when there is no such user, so that both answers cost the same.
    dummy: PasswordHash,
}

impl PasswordHasher {
    /// OWASP's parameters for argon2id: 19 MiB, 2 passes, 1 lane.
    ///
    /// # Errors
    /// When no salt can be drawn or argon2 refuses the parameters.
    pub fn new(concurrency: usize, random: Random) -> Result<Self, HashingError> {
        let params = Params::new(19_456, 2, 1, Some(HASH_BYTES))?;
        Self::with_params(params, concurrency, random)
    }

    /// The same with other parameters.
    ///
    /// # Errors
    /// As [`PasswordHasher::new`].
    pub fn with_params(
        params: Params,
        concurrency: usize,
        random: Random,
    ) -> Result<Self, HashingError> {
        // No password is known that hashes to this; to find that out costs what it costs for any other.
        let dummy = phc(&params, random.bytes()?, &random.bytes::<HASH_BYTES>()?)?;
        let places_in_all = concurrency * (1 + WAITING_PER_RUNNING);
        Ok(Self {
            shared: Arc::new(Shared {
                params,
                random,
                dummy,
            }),
            threads: Arc::new(Threads::start(concurrency)?),
            places: Arc::new(Semaphore::new(places_in_all)),
            places_in_all,
        })
    }

    /// Whether there is a place in the queue at this moment: for whoever would have work before they ask for one.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when it is full.
    pub fn has_room(&self) -> Result<(), HashingError> {
        match self.places.available_permits() {
            0 => Err(HashingError::Busy),
            _ => Ok(()),
        }
    }

    /// How many computations run, and how many wait.
    pub fn load(&self) -> (usize, usize) {
        let taken = self.places_in_all - self.places.available_permits();
        let running = self.threads.running().min(taken);
        (running, taken - running)
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when the queue is full.
    pub async fn hash(&self, password: NewPassword) -> Result<String, HashingError> {
        self.run(move |shared, arena| {
            let salt = shared.random.bytes()?;
            hash_with(&shared.params, arena, password.expose().as_bytes(), salt)
                .map(|hash| hash.to_string())
        })
        .await
    }

    /// Compares a password with a stored hash, or with nobody's when there is none: the time is the same.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when the queue is full.
    pub async fn verify(
        &self,
        attempt: PasswordAttempt,
        stored: Option<String>,
    ) -> Result<Verdict, HashingError> {
        self.run(move |shared, arena| {
            let known = stored
                .as_deref()
                .and_then(|text| PasswordHash::new(text).ok());
            let expected = known.as_ref().unwrap_or(&shared.dummy);
            let password = attempt.expose().as_bytes();
            let right = verify_with(expected, arena, password)? && known.is_some();
            if !right {
                return Ok(Verdict::Wrong);
            }
            if is_made_with(expected, &shared.params) {
                return Ok(Verdict::Right);
            }
            let salt = shared.random.bytes()?;
            let rehashed = hash_with(&shared.params, arena, password, salt)?;
            Ok(Verdict::RightAndRehashed(rehashed.to_string()))
        })
        .await
    }

    /// Judges a password in the same queue: what costs milliseconds for each guess of a flood must be
    /// bounded too.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when the queue is full.
    pub async fn judge<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingError> {
        self.run(move |_, _| Ok(job())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Shared, &mut Arena) -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(TryAcquireError::NoPermits) => return Err(HashingError::Busy),
            Err(TryAcquireError::Closed) => return Err(HashingError::Cancelled),
        };
        let shared = Arc::clone(&self.shared);
        let done = self.threads.run(move |arena| {
            // Held here and not by the caller: a request that went away frees no thread.
            let _place = place;
            job(&shared, arena)
        });
        done.await.unwrap_or(Err(HashingError::Cancelled))
    }
}

fn hash_with(
    params: &Params,
    arena: &mut Vec<Block>,
    password: &[u8],
    salt: [u8; SALT_BYTES],
) -> Result<PasswordHash, HashingError> {
    let hash = compute(
        params,
        Algorithm::Argon2id,
        Version::V0x13,
        arena,
        password,
        &salt,
    )?;
    phc(params, salt, &hash)
}

fn phc(params: &Params, salt: [u8; SALT_BYTES], hash: &[u8]) -> Result<PasswordHash, HashingError> {
    Ok(PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(hash)?),
    })
}

/// The most that a stored hash may ask for: whoever can write to the database could otherwise use up the machine.
/// Memory in KiB, more than three times what ours take.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
/// Passes over it.
const MOST_PASSES: u32 = 16;

/// Whether `password` hashes to `expected` under the parameters that `expected` names.
fn verify_with(
    expected: &PasswordHash,
    arena: &mut Vec<Block>,
    password: &[u8],
) -> Result<bool, HashingError> {
    let params = Params::try_from(expected)?;
    if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES {
        tracing::error!("a stored hash asks for more than any of ours; it is not computed");
        return Ok(false);
    }
    let algorithm = Algorithm::new(expected.algorithm.as_str())?;
    let version = expected
        .version
        .and_then(|version| Version::try_from(version).ok())
        .unwrap_or_default();
    let (Some(salt), Some(hash)) = (&expected.salt, &expected.hash) else {
        return Ok(false);
    };
    let computed = compute(&params, algorithm, version, arena, password, salt)?;
    // `Output` compares in constant time.
    Ok(Output::new(&computed)? == *hash)
}

fn compute(
    params: &Params,
    algorithm: Algorithm,
    version: Version,
    arena: &mut Vec<Block>,
    password: &[u8],
    salt: &[u8],
) -> Result<Zeroizing<Vec<u8>>, HashingError> {
    let blocks = params.block_count();
    if arena.len() < blocks {
        arena.resize(blocks, Block::default());
    }
    let mut hash = Zeroizing::new(vec![0; params.output_len().unwrap_or(HASH_BYTES)]);
    Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(
        password,
        salt,
        &mut hash,
        &mut arena[..blocks],
    )?;
    Ok(hash)
}

fn is_made_with(hash: &PasswordHash, params: &Params) -> bool {
    hash.algorithm == ARGON2ID_IDENT
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(hash).is_ok_and(|made_with| made_with == *params)
}
