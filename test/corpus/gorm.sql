--: select page limit keyed
SELECT * FROM "users" WHERE "users"."id" = 10 AND "users"."deleted_at" IS NULL ORDER BY "users"."id" LIMIT 1
--: select page limit keyed
SELECT * FROM "users" WHERE name = 'jinzhu' AND "users"."deleted_at" IS NULL ORDER BY "users"."id" LIMIT 1
--: select keyed
SELECT * FROM "orders" WHERE "orders"."user_id" = 1
--: select batch keyed
SELECT * FROM "orders" WHERE "orders"."user_id" IN (1,2,3)
--: select count keyed
SELECT count(*) FROM "users" WHERE name = 'jinzhu' AND "users"."deleted_at" IS NULL
--: select count keyed
SELECT COUNT(DISTINCT("name")) FROM "users" WHERE org = 3
--: insert
INSERT INTO "users" ("created_at","updated_at","name") VALUES ($1,$2,$3) RETURNING "id"
--: insert
INSERT INTO "users" ("name","age") VALUES ('a',1),('b',2) ON CONFLICT ("id") DO UPDATE SET "name"="excluded"."name" RETURNING "id"
--: update keyed
UPDATE "users" SET "name"=$1,"updated_at"=$2 WHERE "users"."deleted_at" IS NULL AND "id" = $3
--: delete keyed
DELETE FROM "users" WHERE "users"."id" = $1
--: select page limit offset
SELECT * FROM "products" LIMIT 20 OFFSET 60
--: select keyed
SELECT "users"."id","Company"."name" AS "Company__name" FROM "users" LEFT JOIN "companies" "Company" ON "users"."company_id" = "Company"."id" WHERE "users"."state" = 'x'
