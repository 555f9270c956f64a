-- The audit trail as a chain: each record's hash covers the record before it.

-- No release has written this table, and what it told stands in sessions too (end_reason).
DROP TABLE audit;

-- Only ever added to, but for what retention takes from its beginning.
CREATE TABLE audit_trail (
    seq        BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3 … without a gap
    created_at BIGINT NOT NULL,
    event      TEXT   NOT NULL,             -- domain::audit::AuditEvent
    actor      TEXT,                        -- who: a user's id, 'operator', or nobody known
    user_id    TEXT,                        -- to whom
    session_id TEXT,
    detail     TEXT   NOT NULL,             -- words of ours, never what somebody typed
    user_agent TEXT   NOT NULL,             -- from where: of the request that it happened in
    network    TEXT   NOT NULL,
    request_id TEXT,
    hash       TEXT   NOT NULL              -- SHA-256 over the hash before and all of the above, base64url
);
CREATE INDEX audit_by_time  ON audit_trail (created_at, seq);
CREATE INDEX audit_of_user  ON audit_trail (user_id, created_at, seq);
CREATE INDEX audit_of_actor ON audit_trail (actor, created_at, seq);
CREATE INDEX audit_of_event ON audit_trail (event, created_at, seq);

-- The two ends of the chain, sealed with a key that is not in the database.
CREATE TABLE audit_ends (
    name      TEXT   NOT NULL PRIMARY KEY, -- 'ends': there is one row
    past_seq  BIGINT NOT NULL,             -- the newest record that retention took, 0 for none
    past_hash TEXT   NOT NULL,
    last_seq  BIGINT NOT NULL,             -- the newest record, 0 for none
    last_hash TEXT   NOT NULL,
    seal      TEXT   NOT NULL              -- HMAC-SHA256 over the four, base64url; empty before the first record
);
INSERT INTO audit_ends (name, past_seq, past_hash, last_seq, last_hash, seal) VALUES ('ends', 0, '', 0, '', '');
