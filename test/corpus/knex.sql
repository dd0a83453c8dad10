--: select keyed
select * from "users" where "id" = $1
--: select page limit keyed
select * from "users" where "email" = $1 limit $2
--: select page limit offset keyed
select "id", "title" from "posts" where "user_id" = $1 order by "created_at" desc limit $2 offset $3
--: select count keyed
select count(*) as "total" from "posts" where "user_id" = $1
--: select batch keyed
select "posts".* from "posts" where "posts"."user_id" in ($1, $2, $3)
--: select batch keyed
select "tags".*, "post_tags"."post_id" from "tags" inner join "post_tags" on "tags"."id" = "post_tags"."tag_id" where "post_tags"."post_id" in ($1, $2)
--: insert
insert into "posts" ("title", "user_id") values ($1, $2) returning "id"
--: insert
insert into "posts" ("title", "user_id") values ($1, DEFAULT), ($2, $3) returning *
--: insert
insert into "kv" ("k", "v") values ($1, $2) on conflict ("k") do update set "v" = excluded."v"
--: update keyed
update "posts" set "title" = $1 where "id" = $2
--: update keyed
update "posts" set "hits" = "hits" + 1 where "id" = $1 and "hits" < $2
--: delete keyed
delete from "sessions" where "sid" = $1
--: delete filtered
delete from "sessions" where "expired" < CAST($1 as timestamp with time zone)
--: select page limit keyed skips
select "id" from "jobs" where "queue" = $1 and "run_at" <= $2 order by "priority" desc, "run_at" asc limit $3 for update skip locked
--: select grouped filtered
select "status", count("id") from "orders" group by "status" having count("id") > $1
--: select keyed
select * from "users" where ("name" = $1 or "email" = $2) and "deleted_at" is null
--: select keyed
select * from "users" where not "role" = $1
--: select keyed
with "recent" as (select * from "posts" where "created_at" > $1) select * from "recent" where "user_id" = $2
