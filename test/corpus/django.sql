--: select page limit keyed
SELECT "auth_user"."id", "auth_user"."password", "auth_user"."username" FROM "auth_user" WHERE "auth_user"."id" = 1 LIMIT 21
--: select count
SELECT COUNT(*) AS "__count" FROM "shop_product"
--: select count keyed
SELECT COUNT(*) AS "__count" FROM "shop_product" INNER JOIN "shop_category" ON ("shop_product"."category_id" = "shop_category"."id") WHERE "shop_category"."slug" = 'books'
--: select page limit offset keyed
SELECT "shop_product"."id", "shop_product"."name" FROM "shop_product" WHERE ("shop_product"."active" AND "shop_product"."price" > '10.00'::numeric AND "shop_product"."kind" = 'x') ORDER BY "shop_product"."name" ASC LIMIT 20 OFFSET 20
--: select batch keyed
SELECT "shop_image"."id", "shop_image"."product_id" FROM "shop_image" WHERE "shop_image"."product_id" IN (1, 2, 3, 4)
--: select batch keyed
SELECT ("shop_product_tags"."product_id") AS "_prefetch_related_val_product_id", "shop_tag"."id", "shop_tag"."name" FROM "shop_tag" INNER JOIN "shop_product_tags" ON ("shop_tag"."id" = "shop_product_tags"."tag_id") WHERE "shop_product_tags"."product_id" IN (5, 6)
--: select limit keyed
SELECT 1 AS "a" FROM "shop_product" WHERE "shop_product"."sku" = 'abc' LIMIT 1
--: select aggregate keyed
SELECT SUM("shop_orderline"."quantity") AS "total", AVG("shop_orderline"."price") AS "mean" FROM "shop_orderline" WHERE "shop_orderline"."order_id" = 7
--: select grouped
SELECT "shop_product"."category_id", COUNT("shop_product"."id") AS "n" FROM "shop_product" GROUP BY "shop_product"."category_id" ORDER BY "n" DESC
--: select count keyed
SELECT COUNT(*) FROM (SELECT DISTINCT "shop_product"."id" AS "col1" FROM "shop_product" INNER JOIN "shop_product_tags" ON ("shop_product"."id" = "shop_product_tags"."product_id") WHERE "shop_product_tags"."tag_id" = 3) subquery
--: insert
INSERT INTO "shop_order" ("user_id", "created", "total") VALUES (1, '2026-01-01T00:00:00+00:00'::timestamptz, '9.99') RETURNING "shop_order"."id"
--: update keyed
UPDATE "shop_product" SET "stock" = ("shop_product"."stock" - 1) WHERE "shop_product"."id" = 4
--: update batch keyed
UPDATE "shop_product" SET "price" = (CASE WHEN ("shop_product"."id" = 1) THEN 5 WHEN ("shop_product"."id" = 2) THEN 6 ELSE NULL END)::numeric(10, 2) WHERE "shop_product"."id" IN (1, 2)
--: delete batch keyed
DELETE FROM "shop_cartline" WHERE "shop_cartline"."cart_id" IN (9, 10)
--: select locks page limit keyed
SELECT "shop_product"."id" FROM "shop_product" WHERE "shop_product"."id" = 8 LIMIT 21 FOR UPDATE
--: select keyed
SELECT "shop_product"."id" FROM "shop_product" WHERE UPPER("shop_product"."name"::text) LIKE UPPER('%chair%')
--: select keyed
SELECT "blog_entry"."id" FROM "blog_entry" WHERE ("blog_entry"."meta" ->> 'lang') = 'en' ORDER BY "blog_entry"."id" DESC
--: select filtered
SELECT "blog_entry"."id" FROM "blog_entry" WHERE "blog_entry"."pub_date" BETWEEN '2026-01-01'::date AND '2026-12-31'::date
--: select keyed
SELECT "blog_entry"."id" FROM "blog_entry" WHERE EXISTS(SELECT 1 AS "a" FROM "blog_comment" U0 WHERE (U0."entry_id" = ("blog_entry"."id") AND U0."spam" = 'n') LIMIT 1)
--: select keyed
SELECT "blog_entry"."id", (SELECT U0."text" FROM "blog_comment" U0 WHERE U0."entry_id" = ("blog_entry"."id") ORDER BY U0."id" DESC LIMIT 1) AS "last" FROM "blog_entry" WHERE NOT ("blog_entry"."status" = 'draft')
