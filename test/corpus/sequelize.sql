--: select keyed
SELECT "id", "name", "createdAt", "updatedAt" FROM "Users" AS "User" WHERE "User"."id" = 1
--: select page limit keyed
SELECT "id", "name" FROM "Users" AS "User" WHERE "User"."email" = 'a@b.c' LIMIT 1
--: select page limit offset keyed
SELECT "User"."id", "Posts"."id" AS "Posts.id" FROM (SELECT "User"."id" FROM "Users" AS "User" WHERE "User"."active" = true ORDER BY "User"."id" LIMIT 10 OFFSET 20) AS "User" LEFT OUTER JOIN "Posts" AS "Posts" ON "User"."id" = "Posts"."userId" ORDER BY "User"."id"
--: select count keyed
SELECT count(*) AS "count" FROM "Users" AS "User" WHERE "User"."name" LIKE 'a%'
--: select count keyed
SELECT count(DISTINCT("User"."id")) AS "count" FROM "Users" AS "User" INNER JOIN "Posts" AS "Posts" ON "User"."id" = "Posts"."userId" AND "Posts"."state" = 'x'
--: select batch keyed
SELECT "id", "userId" FROM "Posts" AS "Post" WHERE "Post"."userId" IN (1, 2, 3)
--: insert
INSERT INTO "Users" ("id","name","createdAt","updatedAt") VALUES (DEFAULT,$1,$2,$3) RETURNING "id","name","createdAt","updatedAt"
--: insert
INSERT INTO "Tags" ("id","label") VALUES (DEFAULT,'x'),(DEFAULT,'y') RETURNING "id","label"
--: insert
INSERT INTO "Users" ("id","name") VALUES ($1,$2) ON CONFLICT ("id") DO UPDATE SET "name"=EXCLUDED."name" RETURNING "id"
--: update keyed
UPDATE "Users" SET "name"=$1,"updatedAt"=$2 WHERE "id" = $3
--: update keyed
UPDATE "Users" SET "visits"="visits"+ 1,"updatedAt"='2026-01-01 00:00:00.000 +00:00' WHERE "id" = 4 RETURNING "id"
--: delete keyed
DELETE FROM "Posts" WHERE "userId" = 5
--: delete keyed
DELETE FROM "Posts" WHERE "id" IN (SELECT "id" FROM "Posts" WHERE "userId" = 5 LIMIT 1)
--: select aggregate
SELECT max("price") AS "max" FROM "Products" AS "Product"
--: select keyed
SELECT "id" FROM "Users" AS "User" WHERE ("User"."deletedAt" IS NULL AND ("User"."role" = 'admin' OR "User"."role" = 'owner'))
--: select filtered
SELECT "id" FROM "Events" AS "Event" WHERE "Event"."at" BETWEEN '2026-01-01' AND '2026-02-01'
