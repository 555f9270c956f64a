-- While instances are replaced one after the other, programs of two releases use one database. The older meets migrations
-- that it does not know, and may go on as long as this number is not greater than the last that it does know.
-- A migration that takes away or changes what older programs use raises it: docs/deploy.md, "A new release".
CREATE TABLE compatibility (
    oldest_program BIGINT NOT NULL
);

INSERT INTO compatibility (oldest_program) VALUES (8);
