--: select keyed
with recursive tree as (select id, parent_id, 1 as depth from node where id = $1 union all select n.id, n.parent_id, t.depth + 1 from node n join tree t on n.parent_id = t.id) select * from tree where depth < 10 and id <> 5
--: select keyed
WITH latest AS MATERIALIZED (SELECT DISTINCT ON (device_id) device_id, value FROM reading ORDER BY device_id, at DESC) SELECT d.name, l.value FROM device d JOIN latest l ON l.device_id = d.id WHERE d.site = 'north'
--: select keyed
SELECT d.id, r.value FROM device d CROSS JOIN LATERAL (SELECT value FROM reading r WHERE r.device_id = d.id ORDER BY at DESC LIMIT 1) r WHERE d.site = $1
--: select
SELECT region, month, sum(amount) OVER (PARTITION BY region ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving FROM sales
--: select grouped filtered
SELECT date_trunc('day', at) AS day, count(*) FILTER (WHERE status >= 500) AS errors, percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) FROM request WHERE at >= now() - interval '7 days' AND ms > 10 GROUP BY 1 ORDER BY 1
--: select grouped
SELECT country, city, sum(n) FROM visit GROUP BY ROLLUP (country, city)
--: merge
MERGE INTO stock AS s USING delivery AS d ON s.item_id = d.item_id WHEN MATCHED AND d.n = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET n = s.n + d.n WHEN NOT MATCHED THEN INSERT (item_id, n) VALUES (d.item_id, d.n)
--: insert
INSERT INTO daily (day, n) SELECT at::date, count(*) FROM event WHERE at >= $1 GROUP BY 1 ON CONFLICT (day) DO UPDATE SET n = EXCLUDED.n
--: update keyed
WITH moved AS (DELETE FROM inbox WHERE id = $1 RETURNING *) UPDATE archive SET body = moved.body FROM moved WHERE archive.id = moved.id AND archive.owner = $2
--: select keyed
WITH moved AS (DELETE FROM inbox WHERE id = $1 RETURNING *) SELECT m.id FROM moved m JOIN owner o ON o.id = m.owner_id WHERE o.name = $2
--: delete batch keyed
DELETE FROM cart WHERE id = ANY(ARRAY[$1, $2]::uuid[])
--: delete keyed
DELETE FROM a USING b WHERE a.b_id = b.id AND b.name = 'x'
--: delete keyed
DELETE FROM log WHERE ctid IN (SELECT ctid FROM log WHERE at < now() - interval '30 days' AND kind = 'debug' LIMIT 1000)
--: select keyed
SELECT * FROM item WHERE to_tsvector('english', body) @@ plainto_tsquery('english', $1)
--: select keyed
SELECT id FROM doc WHERE meta @> '{"state": "open"}' AND meta #>> '{a,b}' = 'x'
--: select keyed
SELECT id FROM place WHERE position <-> point($1, $2) < 5 AND kind = $3
--: select keyed
SELECT count(*) OVER () AS total, t.* FROM t WHERE t.a = $1
--: select page limit offset keyed
SELECT t.*, count(*) OVER () AS total FROM t WHERE t.a = $1 ORDER BY t.id LIMIT 10 OFFSET 10
--: select count limit keyed
SELECT count(*) FROM (SELECT 1 FROM t WHERE a = $1 LIMIT 1001) AS capped
--: select aggregate keyed
SELECT count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'done') AS done FROM task WHERE project_id = $1
--: select aggregate
SELECT min(at), max(at) FROM event
--: select keyed
SELECT a.id FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.a_id = a.id AND b.kind = $1)
--: select keyed
SELECT coalesce((SELECT v FROM setting WHERE k = $1), 'none')
--: select page limit keyset filtered
SELECT * FROM event WHERE (at, id) > ($1, $2) ORDER BY at, id FETCH FIRST 100 ROWS ONLY
--: select page limit keyset filtered
SELECT * FROM event WHERE at > $1 OR (at = $1 AND id > $2) ORDER BY at, id LIMIT 100
--: select filtered
SELECT * FROM booking WHERE starts < $1 AND ends > $2
--: select keyed
SELECT * FROM rate WHERE low <= $1 AND high >= $1
--: select keyed
SELECT * FROM t WHERE lower(email) = lower('A@B.C')
--: select keyed
SELECT * FROM t WHERE a IS NOT DISTINCT FROM $1
--: select filtered
SELECT * FROM t WHERE n BETWEEN SYMMETRIC 1 AND 10
--: select keyed
SELECT * FROM t WHERE name SIMILAR TO '(a|b)%'
--: select keyed
SELECT * FROM t WHERE name NOT LIKE 'x%' AND a NOT IN (1, 2)
--: select batch keyed
SELECT k.n, t.* FROM unnest($1::int[]) WITH ORDINALITY AS k(id, n) JOIN t ON t.id = k.id WHERE t.state = 'x' ORDER BY k.n
--: select batch
SELECT t.* FROM (VALUES (1), (2)) AS k(id) JOIN t USING (id)
--: select keyed
SELECT * FROM ONLY parent WHERE id = 1
--: select keyed
SELECT * FROM t TABLESAMPLE SYSTEM (10) WHERE kind = 'x'
--: select grouped keyed
SELECT id FROM a WHERE x = 1 UNION SELECT id FROM b WHERE x = 2
--: select grouped page limit keyed
(SELECT id FROM a WHERE x = 1 ORDER BY id LIMIT 5) UNION ALL (SELECT id FROM b WHERE x = 2 LIMIT 5) LIMIT 8
--: select norelation
SELECT now(), current_user, $1::int + 1
--: select norelation
SELECT generate_series(1, 10)
--: select keyed
SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END FROM t WHERE (CASE WHEN b THEN c ELSE d END) = 3
--: select keyed
SELECT x.a FROM schema_one.t AS x WHERE x.b = E'it\'s' AND x.c = $tag$quoted$tag$ AND x.d = U&'\0061' AND x.e = B'101'
--: insert
INSERT INTO t DEFAULT VALUES RETURNING id
--: insert
WITH new AS (SELECT $1::int AS a) INSERT INTO t (a) SELECT a FROM new
--: insert
INSERT INTO t (a, b) OVERRIDING SYSTEM VALUE VALUES (1, now() + interval '1 hour')
--: update keyed
UPDATE t SET (a, b) = (SELECT c, d FROM u WHERE u.id = t.id) WHERE t.kind = 7
--: update filtered
UPDATE account SET balance = balance - $1 WHERE balance >= $2
--: update
UPDATE t SET a = 1
--: delete
DELETE FROM t
--: select keyed
SELECT t.id FROM t NATURAL JOIN u WHERE u.a = 1
--: select keyed
SELECT a.id, b.id FROM a FULL JOIN b ON a.id = b.a_id WHERE coalesce(a.x, b.x) = 2
