-- Letters that are to be sent. A row is written in the transaction of what it tells of, and deleted when an SMTP server has taken
-- the letter: so none is lost, and one is sent again only when the program ends between the two, under the same Message-ID.
-- There is no text in it: that is written when it is sent.
CREATE TABLE outbox (
    id         TEXT   NOT NULL PRIMARY KEY, -- the letter's Message-ID, without what stands behind the @
    event      TEXT   NOT NULL,             -- what it tells of, by its name in the audit trail
    recipient  TEXT   NOT NULL,             -- the e-mail of the account when it happened
    language   TEXT,                        -- the account's; NULL where it never chose one
    user_agent TEXT   NOT NULL,
    network    TEXT   NOT NULL,
    created_at BIGINT NOT NULL,             -- when it happened
    due_at     BIGINT NOT NULL,             -- not to be sent before
    tries      BIGINT NOT NULL
);

CREATE INDEX outbox_by_due ON outbox (due_at);
