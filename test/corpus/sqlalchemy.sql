--: select keyed
SELECT users.id AS users_id, users.name AS users_name FROM users WHERE users.id = $1::INTEGER
--: select page limit offset keyed
SELECT users.id, users.name FROM users WHERE users.org_id = $1 ORDER BY users.name LIMIT $2 OFFSET $3
--: select count keyed
SELECT count(*) AS count_1 FROM (SELECT users.id AS users_id FROM users WHERE users.org_id = $1) AS anon_1
--: select page limit keyed
SELECT anon_1.users_id, addresses_1.id, addresses_1.email FROM (SELECT users.id AS users_id FROM users WHERE users.org_id = $1 LIMIT $2) AS anon_1 LEFT OUTER JOIN addresses AS addresses_1 ON anon_1.users_id = addresses_1.user_id
--: select batch keyed
SELECT addresses.user_id AS addresses_user_id, addresses.email AS addresses_email FROM addresses WHERE addresses.user_id IN ($1, $2, $3, $4)
--: select batch keyed
SELECT users_1.id AS users_1_id, orders.id AS orders_id FROM users AS users_1 JOIN orders ON users_1.id = orders.user_id WHERE users_1.id IN ($1::INTEGER, $2::INTEGER)
--: select keyed
SELECT addresses.id AS addresses_id FROM addresses WHERE $1::INTEGER = addresses.user_id
--: insert
INSERT INTO users (name, fullname) SELECT p0::VARCHAR, p1::VARCHAR FROM (VALUES ($1, $2, 0), ($3, $4, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter RETURNING users.id, users.id AS id__1
--: insert
INSERT INTO users (name) VALUES ($1::VARCHAR) RETURNING users.id
--: update keyed
UPDATE users SET name=$1::VARCHAR WHERE users.id = $2::INTEGER
--: delete keyed
DELETE FROM users WHERE users.id = $1::INTEGER
--: select keyed
SELECT EXISTS (SELECT 1 FROM users WHERE users.email = $1) AS anon_1
--: select aggregate keyed
SELECT max(orders.created_at) AS max_1 FROM orders WHERE orders.user_id = $1
--: select grouped keyed
SELECT orders.user_id, sum(orders.total) AS total FROM orders WHERE orders.state = $1 GROUP BY orders.user_id HAVING sum(orders.total) > $2
--: select page limit grouped
SELECT a.id FROM a UNION ALL SELECT b.id FROM b ORDER BY id LIMIT $1
--: select keyed
WITH regional AS (SELECT orders.region AS region, sum(orders.amount) AS total FROM orders GROUP BY orders.region) SELECT orders.product FROM orders WHERE orders.region IN (SELECT regional.region FROM regional WHERE regional.total = $1)
--: select page limit keyed skips
SELECT jobs.id, jobs.payload FROM jobs WHERE jobs.state = $1 ORDER BY jobs.id LIMIT $2 FOR UPDATE SKIP LOCKED
--: select keyed
SELECT docs.id FROM docs WHERE (docs.data -> $1) = $2
