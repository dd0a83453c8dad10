--: select page limit offset keyed
SELECT "public"."User"."id", "public"."User"."email" FROM "public"."User" WHERE ("public"."User"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3
--: select offset page keyed
SELECT "public"."Post"."id", "public"."Post"."authorId" FROM "public"."Post" WHERE "public"."Post"."authorId" IN ($1) OFFSET $2
--: select offset page batch keyed
SELECT "public"."Post"."id", "public"."Post"."authorId" FROM "public"."Post" WHERE "public"."Post"."authorId" IN ($1,$2,$3) OFFSET $4
--: select page limit offset
SELECT "public"."Post"."id" FROM "public"."Post" WHERE 1=1 ORDER BY "public"."Post"."id" ASC LIMIT $1 OFFSET $2
--: select count offset
SELECT COUNT(*) AS "_count._all" FROM (SELECT "public"."Post"."id" FROM "public"."Post" WHERE 1=1 OFFSET $1) AS "sub"
--: select count keyed
SELECT COUNT(*) FROM (SELECT "public"."User"."id" FROM "public"."User" WHERE "public"."User"."role" = CAST($1::text AS "public"."Role")) AS "sub"
--: insert
INSERT INTO "public"."User" ("email","name") VALUES ($1,$2) RETURNING "public"."User"."id", "public"."User"."email"
--: update keyed
UPDATE "public"."User" SET "name" = $1 WHERE ("public"."User"."id" = $2 AND 1=1) RETURNING "public"."User"."id"
--: delete batch keyed
DELETE FROM "public"."Post" WHERE ("public"."Post"."id" IN ($1,$2) AND 1=1)
--: delete keyed
DELETE FROM "public"."Post" WHERE ("public"."Post"."authorId" = $1 AND 1=1)
--: select page limit keyed
SELECT "t1"."id", "t1"."email", "User_posts"."__prisma_data__" AS "posts" FROM "public"."User" AS "t1" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id") AS "__prisma_data__" FROM "public"."Post" AS "t2" WHERE "t1"."id" = "t2"."authorId") AS "t3") AS "t4") AS "User_posts" ON TRUE WHERE "t1"."email" = $1 LIMIT $2
--: select aggregate keyed
SELECT SUM("sub"."amount"), AVG("sub"."amount") FROM (SELECT "public"."Order"."amount" FROM "public"."Order" WHERE "public"."Order"."userId" = $1) AS "sub"
--: insert
INSERT INTO "public"."Tag" ("name") VALUES ($1), ($2), ($3) ON CONFLICT DO NOTHING
--: select page limit offset keyed
SELECT "t0"."id" FROM "public"."Post" AS "t0" LEFT JOIN "public"."User" AS "j0" ON ("j0"."id") = ("t0"."authorId") WHERE ("j0"."email" = $1 AND ("j0"."id" IS NOT NULL)) ORDER BY "t0"."id" DESC LIMIT $2 OFFSET $3
--: select page offset keyed
SELECT "public"."User"."id" FROM "public"."User" WHERE ("public"."User"."id") IN (SELECT "t1"."authorId" FROM "public"."Post" AS "t1" WHERE ("t1"."published" = $1 AND "t1"."authorId" IS NOT NULL)) OFFSET $2
