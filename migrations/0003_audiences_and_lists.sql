-- Sessions of API clients beside those of browsers, and lists of users.

ALTER TABLE sessions ADD COLUMN audience TEXT NOT NULL DEFAULT 'web'; -- at which door its tokens count: 'web' or 'api'

-- In the order of bytes, whatever order the database prefers: what begins with a given text stands together.
-- PostgreSQL knows "binary" from storage/mod.rs, SQLite by itself.
CREATE INDEX users_by_email ON users (email COLLATE "binary");
-- Most users have none.
CREATE INDEX users_with_roles ON users (roles) WHERE roles <> '';
