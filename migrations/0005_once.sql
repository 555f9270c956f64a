-- What may happen once: whoever writes the row first has done it.

CREATE TABLE once (
    name    TEXT   NOT NULL PRIMARY KEY,
    done_at BIGINT NOT NULL
);
