-- Links that are sent by mail. What stands in one is made of its row's name with a key that is not in the database, when the letter
-- is sent: so nothing here opens anything, and no secret waits in the outbox.
CREATE TABLE mailed_links (
    id                  TEXT   NOT NULL PRIMARY KEY, -- the letter's: of the record in the audit trail that it tells of
    purpose             TEXT   NOT NULL,             -- it is good for nothing else
    user_id             TEXT   NOT NULL REFERENCES users (id),
    mailbox             TEXT   NOT NULL,             -- where it was sent
    email               TEXT   NOT NULL,             -- of the account then
    password_changed_at BIGINT NOT NULL,             -- of the password then in force
    created_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    ended_at            BIGINT,                      -- used, or replaced by a newer one
    code_tries          BIGINT NOT NULL              -- how often its code may still be tried
);

CREATE INDEX mailed_links_of_user ON mailed_links (user_id, purpose, created_at);
CREATE INDEX mailed_links_by_expiry ON mailed_links (expires_at);
