--: select page limit keyed
select * from "users" where "users"."id" = $1 limit 1
--: select keyed
select * from "posts" where "posts"."user_id" = $1 and "posts"."user_id" is not null
--: select batch keyed
select * from "posts" where "posts"."user_id" in (1, 2, 3, 5)
--: select batch keyed
select "roles".*, "role_user"."user_id" as "pivot_user_id" from "roles" inner join "role_user" on "roles"."id" = "role_user"."role_id" where "role_user"."user_id" in (1, 2)
--: select count keyed
select count(*) as aggregate from "posts" where "published" = $1
--: select page limit offset keyed
select * from "posts" where "published" = $1 order by "created_at" desc limit 15 offset 0
--: select keyed
select exists(select * from "users" where "email" = $1) as "exists"
--: select keyed
select "users".*, (select count(*) from "posts" where "users"."id" = "posts"."user_id") as "posts_count" from "users" where "team_id" = $1
--: select page limit filtered keyset
select * from "users" where "id" > $1 order by "id" asc limit 1000
--: insert
insert into "users" ("name", "email", "updated_at", "created_at") values ($1, $2, $3, $4) returning "id"
--: insert
insert into "flights" ("departure", "price") values ($1, $2), ($3, $4) on conflict ("departure") do update set "price" = "excluded"."price"
--: update keyed
update "users" set "name" = $1, "updated_at" = $2 where "id" = $3
--: delete keyed
delete from "posts" where "user_id" = $1
--: select keyed
select * from "users" where exists (select * from "posts" where "users"."id" = "posts"."user_id" and "votes" > $1 and "kind" = $2)
--: select page limit locks keyed
select * from "accounts" where "accounts"."id" = $1 limit 1 for update
--: select aggregate filtered keyed
select avg("price") as aggregate from "products" where "price" > $1
--: select keyed
select * from "posts" where "title"::text ilike $1 and "posts"."deleted_at" is null
--: select page limit keyset filtered
select * from "posts" where ("created_at", "id") < ($1, $2) order by "created_at" desc, "id" desc limit 16
