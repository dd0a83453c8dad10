--: select keyed
SELECT id, email, created_at FROM users WHERE id = $1
--: select batch keyed
SELECT id, email FROM users WHERE id = ANY($1::bigint[])
--: insert
INSERT INTO users (email, name) SELECT * FROM UNNEST($1::text[], $2::text[])
--: update batch
UPDATE items SET price = data.price FROM UNNEST($1::int[], $2::numeric[]) AS data(id, price) WHERE items.id = data.id
--: update batch
UPDATE items AS i SET price = v.price FROM (VALUES ($1::int, $2::numeric), ($3, $4)) AS v(id, price) WHERE v.id = i.id
--: select count keyed
SELECT COUNT(*) as "count!" FROM users WHERE org_id = $1
--: select keyed
SELECT EXISTS(SELECT 1 FROM users WHERE email = $1) AS "exists!"
--: select page limit keyset filtered
SELECT id, body FROM messages WHERE id < $1 ORDER BY id DESC LIMIT $2
--: select page limit keyset keyed
SELECT id, body FROM messages WHERE room_id = $1 AND (sent_at, id) < ($2, $3) ORDER BY sent_at DESC, id DESC LIMIT 50
--: update keyed skips
UPDATE jobs SET state = 'running' WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id, payload
--: delete keyed
DELETE FROM sessions WHERE token = $1 RETURNING user_id
--: insert
INSERT INTO counters (name, n) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET n = counters.n + 1 WHERE counters.n < 100 RETURNING n
