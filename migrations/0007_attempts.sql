-- Passwords that were given of late and not found right, counted by account and place; shared by all instances.

CREATE TABLE attempts (
    key      TEXT   NOT NULL PRIMARY KEY, -- HMAC-SHA256 of account and place, base64url: neither can be read from it
    count    BIGINT NOT NULL,
    began_at BIGINT NOT NULL              -- when the first of them was made
);
CREATE INDEX attempts_by_time ON attempts (began_at);
