--: select page limit keyed
select "a0".* from "author" as "a0" where "a0"."id" = $1 limit 1
--: select batch keyed
select "b0".* from "book" as "b0" where "b0"."author_id" in ($1, $2, $3) order by "b0"."author_id" asc
--: select page limit grouped keyed
select "a0".* from "author" as "a0" where "a0"."id" in (select "a0"."id" from (select "a0"."id" from "author" as "a0" left join "book" as "b1" on "a0"."id" = "b1"."author_id" where "a0"."state" = $1 group by "a0"."id" order by min("a0"."name") asc limit 10) as "a0")
--: select count keyed
select count(*) as "count" from "book" as "b0" where "b0"."author_id" = $1
--: select count keyed
select count(distinct("b0"."id")) as "count" from "book" as "b0" left join "tag" as "t1" on "b0"."id" = "t1"."book_id" where "t1"."name" = $1
--: insert
insert into "author" ("created_at", "name") values ('2026-01-01T00:00:00.000Z', 'Jon') returning "id"
--: update batch keyed
update "author" set "name" = case when ("id" = 1) then 'x' when ("id" = 2) then 'y' else "name" end where "id" in (1, 2)
--: delete batch keyed
delete from "author" where "id" in (1, 2, 3)
--: select keyed
select "id", "name" from "users" where "users"."id" = $1
--: select page limit keyed
select "users"."id", "users_posts"."data" as "posts" from "users" "users" left join lateral (select coalesce(json_agg(json_build_array("users_posts"."id")), '[]'::json) as "data" from "posts" "users_posts" where "users_posts"."author_id" = "users"."id") "users_posts" on true where "users"."city" = $1 limit $2
--: select page limit offset
select "id" from "users" order by "users"."id" asc limit $1 offset $2
--: select page limit keyset filtered
select "id" from "users" where "users"."id" > $1 order by "users"."id" asc limit $2
--: insert
insert into "users" ("id", "name") values (default, $1), (default, $2) on conflict do nothing returning "id"
