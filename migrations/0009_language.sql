-- In which language a user wants to be spoken to: a tag such as en or zh-Hans; NULL leaves it to each browser.
ALTER TABLE users ADD COLUMN language TEXT;
