-- When somebody proved that they read what is sent to the account's address; NULL until then.
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;

-- The language of the page on which the account was created: letters are in it until its owner chooses one (`language`).
ALTER TABLE users ADD COLUMN registered_in TEXT;
