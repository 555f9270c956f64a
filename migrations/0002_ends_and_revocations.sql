-- Why a session ended and by whom, what was taken back, and what must not be forgotten.

ALTER TABLE sessions ADD COLUMN network  TEXT NOT NULL DEFAULT ''; -- where it was opened: a /24 or a /64
ALTER TABLE sessions ADD COLUMN ended_by TEXT;                     -- the session that ended it, if another did
ALTER TABLE sessions ADD COLUMN told_at  BIGINT;                   -- when its user was told that a used key came back

-- Written in the transaction that causes it, kept until every token issued before has run out.
CREATE TABLE revocations (
    kind       TEXT   NOT NULL, -- 'session' or 'epoch'
    key        TEXT   NOT NULL, -- the session's or the user's id
    not_before BIGINT NOT NULL, -- of an epoch: the least that a token must have; of a session: 0
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (kind, key, not_before)
);
CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- What was taken back before this table was there: no access token lives longer than 15 minutes and the leeway.
INSERT INTO revocations (kind, key, not_before, expires_at, created_at)
SELECT 'session', id, 0, ended_at + 905000, ended_at FROM sessions WHERE ended_at IS NOT NULL;
INSERT INTO revocations (kind, key, not_before, expires_at, created_at)
SELECT 'epoch', id, epoch, password_changed_at + 905000, password_changed_at FROM users WHERE epoch > 1;

-- Only ever added to.
CREATE TABLE audit (
    id         TEXT   NOT NULL PRIMARY KEY, -- 16 random bytes, base64url
    created_at BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    session_id TEXT,
    user_agent TEXT   NOT NULL,             -- of the request that it happened in
    network    TEXT   NOT NULL
);
CREATE INDEX audit_of_user ON audit (user_id, created_at);

-- What was taken back is no longer looked for here.
DROP INDEX users_by_password_change;
DROP INDEX sessions_by_end;
