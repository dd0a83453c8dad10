--: select page limit keyed
SELECT "posts"."id", "posts"."title" FROM "posts" WHERE ("posts"."id" = $1) LIMIT $2
--: select page limit keyed
SELECT "posts"."id", "posts"."title" FROM "posts" WHERE ("posts"."published" = $1) ORDER BY "posts"."id" LIMIT $2
--: select batch keyed
SELECT "pages"."id", "pages"."book_id" FROM "pages" WHERE ("pages"."book_id" = ANY($1))
--: select keyed
SELECT "users"."id", "posts"."id" FROM ("users" INNER JOIN "posts" ON ("posts"."user_id" = "users"."id")) WHERE ("users"."name" = $1)
--: select count keyed
SELECT COUNT(*) FROM "posts" WHERE ("posts"."user_id" = $1)
--: insert
INSERT INTO "posts" ("title", "body") VALUES ($1, $2), ($3, DEFAULT) RETURNING "posts"."id"
--: update keyed
UPDATE "posts" SET "published" = $1 WHERE ("posts"."id" = $2) RETURNING "posts"."id"
--: delete keyed
DELETE FROM "posts" WHERE ("posts"."title" LIKE $1)
--: select locks keyed
SELECT "accounts"."id" FROM "accounts" WHERE ("accounts"."id" = $1) FOR UPDATE
