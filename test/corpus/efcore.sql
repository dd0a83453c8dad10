--: select page limit keyed
SELECT b."BlogId", b."Name", b."Url" FROM "Blogs" AS b WHERE b."BlogId" = $1 LIMIT 1
--: select page limit keyed
SELECT b."BlogId", b."Url" FROM "Blogs" AS b WHERE b."Url" = $1 LIMIT 2
--: select page limit keyed
SELECT b0."BlogId", b0."Name", p."PostId", p."Title" FROM (SELECT b."BlogId", b."Name" FROM "Blogs" AS b WHERE b."Owner" = $1 ORDER BY b."Name" LIMIT $2) AS b0 LEFT JOIN "Posts" AS p ON b0."BlogId" = p."BlogId" ORDER BY b0."Name", b0."BlogId"
--: select page limit offset
SELECT p."PostId", p."Title" FROM "Posts" AS p ORDER BY p."PostId" LIMIT $1 OFFSET $2
--: select count keyed
SELECT count(*)::int FROM "Posts" AS p WHERE p."BlogId" = $1
--: select keyed
SELECT EXISTS (SELECT 1 FROM "Blogs" AS b WHERE b."Url" LIKE $1 ESCAPE '\')
--: select batch keyed
SELECT p."PostId", p."BlogId" FROM "Posts" AS p WHERE p."BlogId" = ANY ($1)
--: select keyed
SELECT b."BlogId", (SELECT count(*)::int FROM "Posts" AS p WHERE b."BlogId" = p."BlogId") AS "Count" FROM "Blogs" AS b WHERE b."Rating" = 5
--: insert
INSERT INTO "Blogs" ("Name", "Url") VALUES ($1, $2) RETURNING "BlogId"
--: insert
INSERT INTO "Posts" ("BlogId", "Title") VALUES ($1, $2), ($3, $4) RETURNING "PostId"
--: update keyed
UPDATE "Blogs" SET "Url" = $1 WHERE "BlogId" = $2 RETURNING 1
--: update filtered
UPDATE "Blogs" AS b SET "Rating" = b."Rating" + 1 WHERE b."Rating" < 3
--: delete keyed
DELETE FROM "Posts" AS p WHERE p."BlogId" = $1
--: select aggregate keyed
SELECT COALESCE(sum(o."Amount"), 0.0) FROM "Orders" AS o WHERE o."CustomerId" = $1
--: select grouped
SELECT p."BlogId" AS "Key", count(*)::int AS "Count" FROM "Posts" AS p GROUP BY p."BlogId"
--: select
SELECT b."BlogId", p0."PostId" FROM "Blogs" AS b LEFT JOIN LATERAL (SELECT p."PostId" FROM "Posts" AS p WHERE b."BlogId" = p."BlogId" ORDER BY p."PostId" LIMIT 1) AS p0 ON TRUE
--: select page limit keyset filtered
SELECT p."PostId" FROM "Posts" AS p WHERE p."PostId" > $1 ORDER BY p."PostId" LIMIT $2
--: select keyed
SELECT d."Id" FROM "Docs" AS d WHERE d."Meta"->>'State' = $1 AND d."Tags" @> ARRAY[$2]::text[]
