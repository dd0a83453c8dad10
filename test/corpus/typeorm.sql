--: select page limit keyed
SELECT "User"."id" AS "User_id", "User"."name" AS "User_name" FROM "user" "User" WHERE (("User"."id" = $1)) LIMIT 1
--: select page limit keyed
SELECT DISTINCT "distinctAlias"."User_id" AS "ids_User_id" FROM (SELECT "User"."id" AS "User_id", "photos"."id" AS "photos_id" FROM "user" "User" LEFT JOIN "photo" "photos" ON "photos"."userId"="User"."id" WHERE "User"."active" = $1) "distinctAlias" ORDER BY "User_id" ASC LIMIT 10
--: select batch keyed
SELECT "User"."id" AS "User_id", "photos"."id" AS "photos_id" FROM "user" "User" LEFT JOIN "photo" "photos" ON "photos"."userId"="User"."id" WHERE ( "User"."active" = $1 ) AND ( "User"."id" IN (1, 2, 3) )
--: select count keyed
SELECT COUNT(DISTINCT("User"."id")) AS "cnt" FROM "user" "User" LEFT JOIN "photo" "photos" ON "photos"."userId"="User"."id" WHERE "User"."active" = $1
--: select count
SELECT COUNT(1) AS "cnt" FROM "user" "User"
--: select keyed
SELECT "photo"."id" AS "photo_id" FROM "photo" "photo" INNER JOIN "user" "User" ON "photo"."userId" = "User"."id" WHERE "User"."id" IN ($1)
--: select page limit offset
SELECT "post"."id" AS "post_id" FROM "post" "post" ORDER BY "post"."createdAt" DESC LIMIT 10 OFFSET 30
--: insert
INSERT INTO "user"("name", "active", "createdAt") VALUES ($1, $2, DEFAULT) RETURNING "id", "createdAt"
--: update keyed
UPDATE "user" SET "name" = $1, "updatedAt" = CURRENT_TIMESTAMP WHERE "id" IN ($2)
--: delete keyed
DELETE FROM "user" WHERE "id" = $1
--: update keyed
UPDATE "post" SET "views" = "views" + 1 WHERE "id" = $1
--: select locks page limit keyed
SELECT "Account"."id" AS "Account_id" FROM "account" "Account" WHERE (("Account"."id" = $1)) LIMIT 1 FOR UPDATE
--: select limit keyed
SELECT 1 AS "row_exists" FROM (SELECT 1 AS dummy_column) "dummy_table" WHERE EXISTS (SELECT 1 FROM "user" "User" WHERE (("User"."email" = $1))) LIMIT 1
--: select grouped keyed
SELECT "post"."authorId" AS "authorId", COUNT(*) AS "n" FROM "post" "post" WHERE "post"."state" = $1 GROUP BY "post"."authorId"
