-- People's pictures, drawn anew from what they uploaded. Each user has one at the most and it is theirs alone, so that it goes
-- when they replace it, whoever else has the same; its hash is its address. `users.avatar` says which it is, so that showing
-- a profile reads one row. `users.avatar_url`, an address elsewhere, is read no more.
ALTER TABLE users ADD COLUMN avatar TEXT;

CREATE TABLE avatars (
    user_id    TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    hash       TEXT NOT NULL, -- SHA-256 of the content, base64url
    media_type TEXT NOT NULL,
    content    TEXT NOT NULL  -- base64
);

CREATE INDEX avatars_by_hash ON avatars (hash);
