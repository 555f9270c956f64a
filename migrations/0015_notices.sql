-- When a user chose to get no letter when they sign in from a new device; NULL while they want it.
ALTER TABLE users ADD COLUMN device_notices_off_at BIGINT;

-- When the password was last given in a session that was opened earlier; NULL while it was given once. The `auth_time` of tokens.
ALTER TABLE sessions ADD COLUMN authenticated_at BIGINT;
