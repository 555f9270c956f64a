-- One schema for SQLite and PostgreSQL: TEXT and BIGINT only, times in milliseconds since the Unix
-- epoch, a nullable time where another schema would have a boolean.

CREATE TABLE users (
    id                  TEXT   NOT NULL PRIMARY KEY, -- 16 random bytes, base64url
    email               TEXT   NOT NULL UNIQUE,      -- normalised once, by domain::email
    nickname            TEXT   NOT NULL,
    signature           TEXT   NOT NULL,
    avatar_url          TEXT,
    password_hash       TEXT   NOT NULL,             -- PHC string
    roles               TEXT   NOT NULL,             -- names separated by a space
    epoch               BIGINT NOT NULL,             -- the `ver` of access tokens
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    disabled_at         BIGINT
);

CREATE TABLE sessions (
    id                  TEXT   NOT NULL PRIMARY KEY, -- 16 random bytes, base64url; the `sid` of tokens
    user_id             TEXT   NOT NULL REFERENCES users (id),
    generation          BIGINT NOT NULL,             -- of the refresh token that is current
    created_at          BIGINT NOT NULL,             -- when the password was given: `auth_time`
    rotated_at          BIGINT NOT NULL,
    idle_expires_at     BIGINT NOT NULL,
    absolute_expires_at BIGINT NOT NULL,
    remembered_at       BIGINT,                      -- set when "keep me signed in" was ticked
    ended_at            BIGINT,
    end_reason          TEXT,
    user_agent          TEXT   NOT NULL
);

-- Start-up asks for what was taken back within the last minutes.
CREATE INDEX users_by_password_change ON users (password_changed_at);
CREATE INDEX sessions_by_end ON sessions (ended_at);
CREATE INDEX sessions_of_user ON sessions (user_id, ended_at);
