--: select page limit keyed
SELECT "users".* FROM "users" WHERE "users"."id" = $1 LIMIT $2
--: select page limit
SELECT "posts".* FROM "posts" ORDER BY "posts"."id" ASC LIMIT $1
--: select batch keyed
SELECT "comments".* FROM "comments" WHERE "comments"."post_id" IN ($1, $2, $3)
--: select keyed
SELECT "comments".* FROM "comments" WHERE "comments"."post_id" = $1
--: select count
SELECT COUNT(*) FROM "posts"
--: select count keyed
SELECT COUNT(*) FROM "posts" WHERE "posts"."published" = $1
--: select count keyed
SELECT COUNT(DISTINCT "posts"."id") FROM "posts" INNER JOIN "tags" ON "tags"."post_id" = "posts"."id" WHERE "tags"."name" = $1
--: select limit keyed
SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 LIMIT $2
--: select page limit keyed
SELECT "posts"."id" AS t0_r0, "posts"."title" AS t0_r1, "authors"."id" AS t1_r0, "authors"."name" AS t1_r1 FROM "posts" LEFT OUTER JOIN "authors" ON "authors"."id" = "posts"."author_id" WHERE "posts"."status" = $1 ORDER BY "posts"."created_at" DESC LIMIT $2
--: select page limit offset
SELECT "posts".* FROM "posts" ORDER BY "posts"."created_at" DESC LIMIT 25 OFFSET 50
--: insert
INSERT INTO "posts" ("title", "author_id", "created_at", "updated_at") VALUES ($1, $2, $3, $4) RETURNING "id"
--: insert
INSERT INTO "tags" ("name","post_id") VALUES ('a', 1), ('b', 1), ('c', 2) ON CONFLICT ("name") DO NOTHING RETURNING "id"
--: update keyed
UPDATE "posts" SET "title" = $1, "updated_at" = $2 WHERE "posts"."id" = $3
--: update keyed
UPDATE "posts" SET "comments_count" = COALESCE("comments_count", 0) + $1 WHERE "posts"."id" = $2
--: delete keyed
DELETE FROM "comments" WHERE "comments"."id" = $1
--: select page limit keyset filtered
SELECT "users".* FROM "users" WHERE "users"."id" > $1 ORDER BY "users"."id" ASC LIMIT $2
--: select locks page limit keyed
SELECT "orders".* FROM "orders" WHERE "orders"."id" = $1 LIMIT $2 FOR UPDATE
--: select aggregate keyed
SELECT SUM("line_items"."price") FROM "line_items" WHERE "line_items"."order_id" = $1
--: select grouped
SELECT COUNT(*) AS "count_all", "posts"."status" AS "posts_status" FROM "posts" GROUP BY "posts"."status"
--: select keyed
SELECT "taggings".* FROM "taggings" WHERE "taggings"."taggable_type" = $1 AND "taggings"."taggable_id" = $2
--: select count limit offset
SELECT COUNT(*) FROM (SELECT 1 AS one FROM "posts" LIMIT 10 OFFSET 20) subquery_for_count
