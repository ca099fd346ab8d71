-- +goose Up
-- create "bootstrap_links" table
CREATE TABLE "bootstrap_links" ("id" character varying NOT NULL COLLATE "C", "hash" bytea NOT NULL, "expires_at" bigint NOT NULL, PRIMARY KEY ("id"));

-- +goose Down
-- reverse: create "bootstrap_links" table
DROP TABLE "bootstrap_links";
