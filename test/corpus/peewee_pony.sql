--: select page limit offset keyed
SELECT "t1"."id", "t1"."name" FROM "person" AS "t1" WHERE ("t1"."id" = 1) LIMIT 1 OFFSET 0
--: select keyed
SELECT "t1"."id", "t1"."owner_id" FROM "pet" AS "t1" WHERE ("t1"."owner_id" = 2)
--: select keyed
SELECT "t1"."id", "t2"."id" FROM "tweet" AS "t1" INNER JOIN "user" AS "t2" ON ("t1"."user_id" = "t2"."id") WHERE ("t2"."username" = 'huey') ORDER BY "t1"."ts" DESC
--: select count keyed
SELECT COUNT(1) FROM (SELECT 1 FROM "tweet" AS "t1" WHERE ("t1"."user_id" = 3)) AS "_wrapped"
--: select batch keyed
SELECT "t1"."id" FROM "tweet" AS "t1" WHERE ("t1"."user_id" IN (1, 2, 3))
--: select keyed
SELECT "t1"."id" FROM "tweet" AS "t1" WHERE ("t1"."user_id" IN (SELECT "t2"."id" FROM "user" AS "t2" WHERE ("t2"."city" = 'x')))
--: select page limit keyed
SELECT "id", "name", "price" FROM "product" WHERE "id" = 4 LIMIT 2
--: select keyed
SELECT DISTINCT "s"."id", "s"."name" FROM "student" "s", "course_student" "t-1" WHERE "t-1"."course" = 3 AND "s"."id" = "t-1"."student"
--: select count keyed
SELECT COUNT(DISTINCT "s"."id") FROM "student" "s", "course_student" "t-1" WHERE "t-1"."course" = 3 AND "s"."id" = "t-1"."student"
--: insert
INSERT INTO "person" ("name", "birthday") VALUES ('Bob', '1960-01-15') RETURNING "person"."id"
--: update keyed
UPDATE "stat" SET "counter" = ("stat"."counter" + 1) WHERE ("stat"."url" = '/x')
--: delete keyed
DELETE FROM "tweet" WHERE ("tweet"."user_id" = 9)
--: select page limit offset keyed
SELECT "t1"."id" FROM "tweet" AS "t1" WHERE ("t1"."user_id" = 3) ORDER BY "t1"."id" LIMIT 20 OFFSET 40
