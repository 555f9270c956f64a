-- When an account goes, because its owner asked for that: some days after, so that signing in can keep it. NULL: nobody asked.
ALTER TABLE users ADD COLUMN delete_at BIGINT;

-- Hardly any account has it.
CREATE INDEX users_to_delete ON users (delete_at) WHERE delete_at IS NOT NULL;
