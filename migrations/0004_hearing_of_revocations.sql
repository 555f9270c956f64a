-- A running program asks twice a second what was taken back of late: by another instance, or by the command line.

CREATE INDEX revocations_by_time ON revocations (created_at);
