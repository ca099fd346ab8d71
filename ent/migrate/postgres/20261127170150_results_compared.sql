-- +goose Up
-- modify "move_users" table
ALTER TABLE "move_users" DROP CONSTRAINT "move_user_outcome", ADD CONSTRAINT "move_user_result" CHECK (((result)::text = 'PENDING'::text) OR ((result)::text = 'MOVED'::text) OR ((result)::text = 'ALREADY_LICENSED'::text) OR ((result)::text = 'GONE'::text));

-- +goose Down
-- reverse: modify "move_users" table
ALTER TABLE "move_users" DROP CONSTRAINT "move_user_result", ADD CONSTRAINT "move_user_outcome" CHECK ((result)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('MOVED'::character varying)::text, ('ALREADY_LICENSED'::character varying)::text, ('GONE'::character varying)::text]));
