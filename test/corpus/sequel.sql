--: select page limit keyed
SELECT * FROM "artists" WHERE ("id" = 1) LIMIT 1
--: select keyed
SELECT * FROM "albums" WHERE ("albums"."artist_id" = 1)
--: select batch keyed
SELECT * FROM "albums" WHERE ("albums"."artist_id" IN (1, 2, 3))
--: select count limit keyed
SELECT count(*) AS "count" FROM "albums" WHERE ("genre" = 'rock') LIMIT 1
--: select limit keyed
SELECT 1 AS "one" FROM "albums" WHERE ("name" = 'x') LIMIT 1
--: select page limit offset
SELECT * FROM "albums" ORDER BY "name" LIMIT 10 OFFSET 90
--: insert
INSERT INTO "albums" ("name", "artist_id") VALUES ('RF', 3) RETURNING "id"
--: update keyed
UPDATE "albums" SET "copies" = ("copies" + 1) WHERE ("id" = 5)
--: delete keyed
DELETE FROM "albums" WHERE ("id" = 5)
--: select keyed
SELECT * FROM "albums" WHERE (("id" NOT IN (SELECT "album_id" FROM "albums_tags" WHERE ("tag_id" = 4))) AND ("name" ~* '^a'))
