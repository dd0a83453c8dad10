--: select keyed
select "public"."author"."id", "public"."author"."first_name" from "public"."author" where "public"."author"."id" = $1
--: select page limit offset keyed
select "public"."book"."id" from "public"."book" where "public"."book"."language_id" = $1 order by "public"."book"."id" offset $2 rows fetch next $3 rows only
--: select count keyed
select count(*) from (select "public"."book"."id" from "public"."book" where "public"."book"."author_id" = $1) as "q"
--: select page limit keyset keyed
select "public"."book"."id" from "public"."book" where ("public"."book"."author_id" = $1 and ("public"."book"."title", "public"."book"."id") > ($2, $3)) order by "public"."book"."title", "public"."book"."id" fetch next $4 rows only
--: select keyed
select "t"."id", row_number() over (partition by "t"."author_id" order by "t"."id") as "rn" from "public"."book" as "t" where "t"."year" = $1
--: select batch keyed
select "public"."book"."id" from "public"."book" where ("public"."book"."author_id", "public"."book"."year") in (($1, $2), ($3, $4))
--: insert
insert into "public"."author" ("id", "last_name") values ($1, $2) on conflict ("id") do update set "last_name" = $3
--: update keyed
update "public"."author" set "last_name" = $1 where "public"."author"."id" = $2 returning "public"."author"."id"
--: delete filtered
delete from "public"."book" where "public"."book"."published" < cast($1 as date)
--: merge
merge into "public"."author" as "a" using (select $1 as "id", $2 as "name") as "t" on "a"."id" = "t"."id" when matched then update set "last_name" = "t"."name" when not matched then insert ("id", "last_name") values ("t"."id", "t"."name")
--: select grouped keyed
select "b"."author_id", count(*) from "public"."book" as "b" where "b"."year" = $1 group by "b"."author_id" order by 2 desc
--: select page limit grouped keyed
select "b"."author_id", count(*) from "public"."book" as "b" where "b"."year" = $1 group by "b"."author_id" order by count(*) desc fetch next $2 rows only
--: select keyed
select "a"."id", (select coalesce(jsonb_agg(jsonb_build_array("v0", "v1")), jsonb_build_array()) from (select "b"."id" as "v0", "b"."title" as "v1" from "public"."book" as "b" where "b"."author_id" = "a"."id") as "t") from "public"."author" as "a" where "a"."country" = $1
--: select grouped keyed
select "id" from "public"."a" where "x" = $1 intersect select "id" from "public"."b" where "y" = $2
