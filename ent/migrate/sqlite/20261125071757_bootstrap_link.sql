-- +goose Up
-- create "bootstrap_links" table
CREATE TABLE `bootstrap_links` (`id` text NOT NULL, `hash` blob NOT NULL, `expires_at` integer NOT NULL, PRIMARY KEY (`id`));

-- +goose Down
-- reverse: create "bootstrap_links" table
DROP TABLE `bootstrap_links`;
