--: select keyed
SELECT u0."id", u0."name", u0."inserted_at" FROM "users" AS u0 WHERE (u0."id" = $1)
--: select batch keyed
SELECT c0."id", c0."body", c0."post_id", c0."post_id" FROM "comments" AS c0 WHERE (c0."post_id" = ANY($1)) ORDER BY c0."post_id"
--: select count keyed
SELECT count(*) FROM "posts" AS p0 WHERE (p0."author_id" = $1)
--: select count keyed
SELECT count(p0."id") FROM "posts" AS p0 INNER JOIN "users" AS u1 ON u1."id" = p0."author_id" WHERE (u1."org_id" = $1)
--: select page limit offset keyed
SELECT p0."id", p0."title" FROM "posts" AS p0 WHERE (p0."author_id" = $1) ORDER BY p0."inserted_at" DESC LIMIT $2 OFFSET $3
--: select limit keyed
SELECT 1 FROM "users" AS u0 WHERE (u0."email" = $1) LIMIT 1
--: insert
INSERT INTO "users" ("name","inserted_at","updated_at") VALUES ($1,$2,$3) RETURNING "id"
--: insert
INSERT INTO "users" AS u0 ("email","name") VALUES ($1,$2) ON CONFLICT ("email") DO UPDATE SET "name" = EXCLUDED."name" RETURNING "id"
--: update keyed
UPDATE "users" SET "name" = $1, "updated_at" = $2 WHERE "id" = $3
--: update keyed
UPDATE "posts" AS p0 SET "views" = p0."views" + $1 WHERE (p0."id" = $2)
--: delete keyed
DELETE FROM "users" WHERE "id" = $1
--: delete filtered
DELETE FROM "tokens" AS t0 WHERE (t0."inserted_at" < $1::timestamp + ($2::numeric * interval '1 day'))
--: select keyed
SELECT sp0."id" FROM (SELECT sp0."id" AS "id" FROM "posts" AS sp0 WHERE (sp0."state" = $1)) AS sp0
--: select locks keyed
SELECT a0."id", a0."balance" FROM "accounts" AS a0 WHERE (a0."id" = $1) FOR UPDATE
--: select keyed
SELECT f0."id" FROM (SELECT sp0."id" AS "id", row_number() OVER "w" AS "n" FROM "posts" AS sp0 WINDOW "w" AS (PARTITION BY sp0."author_id" ORDER BY sp0."id")) AS f0 WHERE (f0."n" = $1)
--: select norelation
SELECT TRUE
