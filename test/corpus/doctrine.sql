--: select keyed
SELECT t0.id AS id_1, t0.name AS name_2, t0.email AS email_3 FROM users t0 WHERE t0.id = $1
--: select page limit keyed
SELECT t0.id AS id_1, t0.name AS name_2 FROM users t0 WHERE t0.email = $1 LIMIT 1
--: select keyed
SELECT t0.id AS id_1, t0.body AS body_2, t0.post_id AS post_id_3 FROM comments t0 WHERE t0.post_id = $1
--: select batch keyed
SELECT t0.id AS id_1, t0.name AS name_2 FROM users t0 WHERE t0.id IN ($1, $2, $3)
--: select page limit keyed
SELECT DISTINCT id_0, title_1 FROM (SELECT p0_.id AS id_0, p0_.title AS title_1, c1_.id AS id_2 FROM posts p0_ LEFT JOIN comments c1_ ON p0_.id = c1_.post_id WHERE p0_.state = $1) dctrn_result ORDER BY title_1 ASC LIMIT 10
--: select batch keyed
SELECT p0_.id AS id_0, c1_.id AS id_1 FROM posts p0_ LEFT JOIN comments c1_ ON p0_.id = c1_.post_id WHERE p0_.state = $1 AND p0_.id IN ($2, $3)
--: select count keyed
SELECT count(DISTINCT p0_.id) AS sclr_0 FROM posts p0_ LEFT JOIN comments c1_ ON p0_.id = c1_.post_id WHERE p0_.state = $1
--: select count keyed
SELECT COUNT(*) AS dctrn_count FROM (SELECT DISTINCT id_0 FROM (SELECT p0_.id AS id_0, p0_.title AS title_1 FROM posts p0_ WHERE p0_.state = $1) dctrn_result) dctrn_table
--: select page limit offset
SELECT u0_.id AS id_0 FROM users u0_ ORDER BY u0_.id ASC LIMIT 20 OFFSET 40
--: insert
INSERT INTO posts (title, body, state) VALUES ($1, $2, $3)
--: update keyed
UPDATE posts SET title = $1, version = version + 1 WHERE id = $2 AND version = $3
--: delete keyed
DELETE FROM posts WHERE id = $1
--: select locks keyed
SELECT t0.id AS id_1, t0.version AS version_2 FROM stock t0 WHERE t0.id = $1 FOR UPDATE
--: select aggregate keyed
SELECT SUM(o0_.total) AS sclr_0 FROM orders o0_ WHERE o0_.customer_id = $1
--: select keyed
SELECT u0_.id AS id_0 FROM users u0_ INNER JOIN users_groups g1_ ON u0_.id = g1_.user_id WHERE g1_.group_id = $1
