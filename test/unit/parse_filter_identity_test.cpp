// Counts and pages as ORMs write them: the same list must have the same identity, another list another.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

constexpr std::uint32_t count_flags = shape_flag::count | shape_flag::aggregate;

struct Pair {
    const char *name;
    const char *count;
    const char *page;
};

std::string name_of(const testing::TestParamInfo<Pair> &info) { return info.param.name; }

class SameList : public testing::TestWithParam<Pair> {};

TEST_P(SameList, CountAndPageShareIdentity) {
    const ParsedStatement count = parse(GetParam().count);
    const ParsedStatement page = parse(GetParam().page);
    ASSERT_EQ(count.status, ParseStatus::ok) << count.error_message;
    ASSERT_EQ(page.status, ParseStatus::ok) << page.error_message;
    EXPECT_TRUE(count.shape.has(count_flags));
    EXPECT_FALSE(count.shape.has(shape_flag::page));
    EXPECT_TRUE(page.shape.has(shape_flag::page));
    EXPECT_FALSE(page.shape.has(shape_flag::count));
    EXPECT_NE(count.shape.filter_identity, 0u);
    EXPECT_EQ(count.shape.filter_identity, page.shape.filter_identity);
    EXPECT_EQ(count.filter_value_count, page.filter_value_count);
}

INSTANTIATE_TEST_SUITE_P(
    Orm, SameList,
    testing::Values(
        Pair{"django_plain", R"(SELECT COUNT(*) AS "__count" FROM "documents" WHERE "documents"."status" = 'open')",
             R"(SELECT "documents"."id", "documents"."title" FROM "documents" WHERE "documents"."status" = 'open'
                ORDER BY "documents"."id" ASC LIMIT 20 OFFSET 40)"},
        Pair{"django_select_related",
             R"(SELECT COUNT(*) AS "__count" FROM "documents" WHERE "documents"."status" = 'open')",
             R"(SELECT "documents"."id", "auth_user"."name" FROM "documents"
                INNER JOIN "auth_user" ON ("documents"."owner_id" = "auth_user"."id")
                LEFT OUTER JOIN "teams" ON ("documents"."team_id" = "teams"."id")
                WHERE "documents"."status" = 'open' ORDER BY "documents"."created" DESC LIMIT 25)"},
        Pair{"django_distinct",
             R"(SELECT COUNT(*) FROM (SELECT DISTINCT "documents"."id" AS "col1", "documents"."title" AS "col2"
                FROM "documents" INNER JOIN "tags" ON ("documents"."id" = "tags"."document_id")
                WHERE "tags"."name" = 'x') subquery)",
             R"(SELECT DISTINCT "documents"."id", "documents"."title" FROM "documents"
                INNER JOIN "tags" ON ("documents"."id" = "tags"."document_id")
                WHERE "tags"."name" = 'x' LIMIT 20)"},
        Pair{"django_relation_filter",
             R"(SELECT COUNT(*) AS "__count" FROM "documents" INNER JOIN "auth_user" ON ("documents"."owner_id" =
                "auth_user"."id") WHERE ("auth_user"."name" = 'a' AND "documents"."status" IN ('b', 'c')))",
             R"(SELECT "documents"."id" FROM "documents" INNER JOIN "auth_user" ON ("documents"."owner_id" =
                "auth_user"."id") LEFT OUTER JOIN "teams" ON ("auth_user"."team_id" = "teams"."id")
                WHERE ("auth_user"."name" = 'a' AND "documents"."status" IN ('b', 'c')) LIMIT 10)"},
        Pair{"django_annotated",
             R"(SELECT COUNT(*) FROM (SELECT "d"."id" AS "col1" FROM "d" LEFT OUTER JOIN "c" ON ("d"."id" = "c"."d_id")
                WHERE "d"."x" = 1 GROUP BY "d"."id" HAVING COUNT("c"."id") > 3) subquery)",
             R"(SELECT "d"."id", COUNT("c"."id") AS "n" FROM "d" LEFT OUTER JOIN "c" ON ("d"."id" = "c"."d_id")
                WHERE "d"."x" = 1 GROUP BY "d"."id" HAVING COUNT("c"."id") > 3 ORDER BY "n" DESC LIMIT 20)"},
        Pair{"sqlalchemy_14_query_count",
             "SELECT count(*) AS count_1 FROM (SELECT documents.id AS documents_id, documents.title AS documents_title "
             "FROM documents WHERE documents.status = 'open') AS anon_1",
             "SELECT documents.id AS documents_id, documents.title AS documents_title FROM documents "
             "WHERE documents.status = 'open' ORDER BY documents.id LIMIT 20 OFFSET 0"},
        Pair{"sqlalchemy_2_func_count",
             "SELECT count(*) AS count_1 FROM documents WHERE documents.status = $1::VARCHAR",
             "SELECT documents.id, documents.title FROM documents WHERE documents.status = $1::VARCHAR "
             "LIMIT $2::INTEGER OFFSET $3::INTEGER"},
        Pair{"sqlalchemy_2_count_pk", "SELECT count(documents.id) AS count_1 FROM documents WHERE documents.a = $1",
             "SELECT documents.id FROM documents WHERE documents.a = $1 LIMIT $2"},
        Pair{"sqlalchemy_joinedload",
             "SELECT count(*) AS count_1 FROM (SELECT documents.id AS documents_id FROM documents "
             "WHERE documents.status = $1) AS anon_1",
             "SELECT anon_1.documents_id AS anon_1_documents_id, tags_1.id AS tags_1_id FROM (SELECT documents.id AS "
             "documents_id FROM documents WHERE documents.status = $1 LIMIT $2) AS anon_1 "
             "LEFT OUTER JOIN tags AS tags_1 ON anon_1.documents_id = tags_1.document_id"},
        Pair{"sqlalchemy_double_wrapped",
             "SELECT count(*) AS count_1 FROM (SELECT anon_2.id AS anon_2_id FROM (SELECT documents.id AS id FROM "
             "documents WHERE documents.status = $1 ORDER BY documents.id) AS anon_2) AS anon_1",
             "SELECT documents.id FROM documents WHERE documents.status = $1 ORDER BY documents.id LIMIT $2"},
        Pair{"sequelize_plain",
             R"(SELECT count(*) AS "count" FROM "documents" AS "Document" WHERE "Document"."status" = 'open';)",
             R"(SELECT "id", "title" FROM "documents" AS "Document" WHERE "Document"."status" = 'open'
                ORDER BY "Document"."id" ASC LIMIT 20 OFFSET 0;)"},
        Pair{"sequelize_include",
             R"(SELECT count("Document"."id") AS "count" FROM "documents" AS "Document" LEFT OUTER JOIN "tags" AS "tags"
                ON "Document"."id" = "tags"."documentId" WHERE "Document"."status" = 'open')",
             R"(SELECT "Document".*, "tags"."id" AS "tags.id" FROM (SELECT "Document"."id", "Document"."title" FROM
                "documents" AS "Document" WHERE "Document"."status" = 'open' ORDER BY "Document"."id" LIMIT 20
                OFFSET 0) AS "Document" LEFT OUTER JOIN "tags" AS "tags" ON "Document"."id" = "tags"."documentId"
                ORDER BY "Document"."id")"},
        Pair{"sequelize_distinct_include",
             R"(SELECT count(DISTINCT("Document"."id")) AS "count" FROM "documents" AS "Document" LEFT OUTER JOIN
                ( "doc_tags" AS "tags->DocTag" INNER JOIN "tags" AS "tags" ON "tags"."id" = "tags->DocTag"."tagId" )
                ON "Document"."id" = "tags->DocTag"."documentId" WHERE "Document"."archived" = false)",
             R"(SELECT "Document".* FROM (SELECT "Document"."id" FROM "documents" AS "Document"
                WHERE "Document"."archived" = false LIMIT 10) AS "Document" LEFT OUTER JOIN ( "doc_tags" AS
                "tags->DocTag" INNER JOIN "tags" AS "tags" ON "tags"."id" = "tags->DocTag"."tagId" )
                ON "Document"."id" = "tags->DocTag"."documentId")"},
        Pair{"activerecord_plain", R"(SELECT COUNT(*) FROM "documents" WHERE "documents"."status" = $1)",
             R"(SELECT "documents".* FROM "documents" WHERE "documents"."status" = $1 ORDER BY "documents"."id" ASC
                LIMIT $2 OFFSET $3)"},
        Pair{"activerecord_limited_count",
             R"(SELECT COUNT(*) FROM (SELECT 1 AS one FROM "documents" WHERE "documents"."status" = $1 LIMIT $2
                OFFSET $3) subquery_for_count)",
             R"(SELECT "documents".* FROM "documents" WHERE "documents"."status" = $1 LIMIT $2 OFFSET $3)"},
        Pair{"activerecord_distinct_joins",
             R"(SELECT COUNT(DISTINCT "documents"."id") FROM "documents" LEFT OUTER JOIN "tags" ON
                "tags"."document_id" = "documents"."id" WHERE "tags"."name" = $1)",
             R"(SELECT DISTINCT "documents"."id" AS alias_0, "documents"."id" FROM "documents" LEFT OUTER JOIN "tags" ON
                "tags"."document_id" = "documents"."id" WHERE "tags"."name" = $1 ORDER BY "documents"."id" LIMIT $2)"},
        Pair{"activerecord_count_all", R"(SELECT COUNT(*) AS "count_all" FROM "documents")",
             R"(SELECT "documents".* FROM "documents" LIMIT $1)"},
        Pair{"hibernate_6", "select count(d1_0.id) from documents d1_0 where d1_0.status=$1",
             "select d1_0.id,d1_0.title from documents d1_0 where d1_0.status=$1 order by d1_0.id "
             "offset $2 rows fetch first $3 rows only"},
        Pair{"hibernate_5",
             "select count(document0_.id) as col_0_0_ from documents document0_ where document0_.status=$1",
             "select document0_.id as id1_0_, document0_.title as title2_0_ from documents document0_ "
             "where document0_.status=$1 order by document0_.id asc limit $2 offset $3"},
        Pair{"hibernate_6_fetch_join", "select count(d1_0.id) from documents d1_0 where d1_0.status=$1 and 1=1",
             "select d1_0.id,o1_0.id,o1_0.name from documents d1_0 left join owners o1_0 on o1_0.id=d1_0.owner_id "
             "where 1=1 and d1_0.status=$1 fetch first $2 rows only"},
        Pair{"spring_data_count_star", "select count(*) from documents d where d.owner_id=$1 and d.status in ($2,$3)",
             "select d.* from documents d where d.status in ($2,$3) and d.owner_id=$1 order by d.id limit $4"},
        Pair{"prisma",
             R"(SELECT COUNT(*) FROM (SELECT "public"."documents"."id" FROM "public"."documents"
                WHERE "public"."documents"."status" = $1 OFFSET $2) AS "sub")",
             R"(SELECT "public"."documents"."id", "public"."documents"."title" FROM "public"."documents"
                WHERE "public"."documents"."status" = $1 ORDER BY "public"."documents"."id" ASC LIMIT $2 OFFSET $3)"},
        Pair{"prisma_count_all",
             R"(SELECT COUNT(*) AS "_count$_all" FROM (SELECT "public"."documents"."id" FROM "public"."documents"
                WHERE ("public"."documents"."a" = $1 AND "public"."documents"."b" > $2) OFFSET $3) AS "sub")",
             R"(SELECT "public"."documents"."id" FROM "public"."documents" WHERE ("public"."documents"."a" = $1 AND
                "public"."documents"."b" > $2) LIMIT $3 OFFSET $4)"},
        Pair{"prisma_relation_joins",
             R"(SELECT COUNT(*) FROM (SELECT "t"."id" FROM "public"."docs" AS "t" WHERE "t"."a" = $1) AS "sub")",
             R"(SELECT "t1"."id", "t1_tags"."__prisma_data__" AS "tags" FROM "public"."docs" AS "t1" LEFT JOIN LATERAL
                (SELECT COALESCE(JSONB_AGG("j"."d"), '[]') AS "__prisma_data__" FROM (SELECT "t2"."id" AS "d" FROM
                "public"."tags" AS "t2" WHERE "t1"."id" = "t2"."doc_id" LIMIT $2) AS "j") AS "t1_tags" ON TRUE
                WHERE "t1"."a" = $1 LIMIT $3)"},
        Pair{"typeorm_find_and_count",
             R"(SELECT COUNT(DISTINCT("doc"."id")) AS "cnt" FROM "documents" "doc" LEFT JOIN "tags" "tags" ON
                "tags"."docId"="doc"."id" WHERE "doc"."status" = $1)",
             R"(SELECT DISTINCT "distinctAlias"."doc_id" AS "ids_doc_id" FROM (SELECT "doc"."id" AS "doc_id",
                "tags"."id" AS "tags_id" FROM "documents" "doc" LEFT JOIN "tags" "tags" ON "tags"."docId"="doc"."id"
                WHERE "doc"."status" = $1) "distinctAlias" ORDER BY "doc_id" ASC LIMIT 20)"},
        Pair{"typeorm_plain",
             R"(SELECT COUNT(1) AS "cnt" FROM "documents" "Document" WHERE (("Document"."status" = $1)))",
             R"(SELECT "Document"."id" AS "Document_id" FROM "documents" "Document" WHERE ( ("Document"."status" = $1) )
                LIMIT 10)"},
        Pair{"drizzle", R"(select count(*) from "documents" where "documents"."status" = $1)",
             R"(select "id", "title" from "documents" where "documents"."status" = $1 limit $2 offset $3)"},
        Pair{"drizzle_cast", R"(select cast(count(*) as int) from "documents" where "status" = $1)",
             R"(select "id" from "documents" where "documents"."status" = $1 order by "documents"."id" desc limit $2)"},
        Pair{"drizzle_relational", R"(select count(*)::int from "users" where "users"."team" = $1)",
             R"(select "users"."id", "users_posts"."data" as "posts" from "users" left join lateral (select
                coalesce(json_agg(json_build_array("users_posts"."id")), '[]'::json) as "data" from "posts" "users_posts"
                where "users_posts"."user_id" = "users"."id") "users_posts" on true where "users"."team" = $1 limit $2)"},
        Pair{
            "knex", R"(select count(*) as "total" from "documents" where "status" = $1 and "owner_id" = $2 limit $3)",
            R"(select * from "documents" where "status" = $1 and "owner_id" = $2 order by "id" asc limit $3 offset $4)"},
        Pair{"objection_result_size",
             R"(select count(*) from (select "documents".* from "documents" where "status" = $1) as "temp")",
             R"(select "documents".* from "documents" where "status" = $1 limit $2)"},
        Pair{"kysely", R"(select count("id") as "total" from "documents" where "status" = $1)",
             R"(select "id", "title" from "documents" where "status" = $1 order by "id" limit $2 offset $3)"},
        Pair{"mikro_orm", R"(select count(*) as "count" from "documents" as "d0" where "d0"."status" = 'open')",
             R"(select "d0".* from "documents" as "d0" where "d0"."status" = 'open' limit 20)"},
        Pair{"ecto", R"(SELECT count(*) FROM "documents" AS d0 WHERE (d0."status" = $1))",
             R"(SELECT d0."id", d0."title" FROM "documents" AS d0 WHERE (d0."status" = $1) ORDER BY d0."id" LIMIT $2
                OFFSET $3)"},
        Pair{"ecto_scrivener",
             R"(SELECT count('*') FROM (SELECT sd0."id" AS "id" FROM "documents" AS sd0 WHERE (sd0."status" = $1))
                AS s0)",
             R"(SELECT d0."id" FROM "documents" AS d0 WHERE (d0."status" = $1) LIMIT $2 OFFSET $3)"},
        Pair{
            "ef_core", R"(SELECT count(*)::int FROM "Documents" AS d WHERE d."Status" = $1)",
            R"(SELECT d."Id", d."Title" FROM "Documents" AS d WHERE d."Status" = $1 ORDER BY d."Id" LIMIT $3 OFFSET $2)"},
        Pair{"ef_core_include", R"(SELECT count(*)::int FROM "Documents" AS d WHERE d."Status" = $1)",
             R"(SELECT d0."Id", t."Id" FROM (SELECT d."Id" FROM "Documents" AS d WHERE d."Status" = $1 ORDER BY d."Id"
                LIMIT $2) AS d0 LEFT JOIN "Tags" AS t ON d0."Id" = t."DocumentId" ORDER BY d0."Id")"},
        Pair{"gorm", R"(SELECT count(*) FROM "documents" WHERE status = 'open' AND "documents"."deleted_at" IS NULL)",
             R"(SELECT * FROM "documents" WHERE status = 'open' AND "documents"."deleted_at" IS NULL LIMIT 10)"},
        Pair{"gorm_preload_join", R"(SELECT count(*) FROM "documents" WHERE "documents"."status" = 'open')",
             R"(SELECT "documents"."id", "Owner"."name" AS "Owner__name" FROM "documents" LEFT JOIN "owners" "Owner" ON
                "documents"."owner_id" = "Owner"."id" WHERE "documents"."status" = 'open' LIMIT 10)"},
        Pair{"sqlc_comment", "-- name: CountDocuments :one\nSELECT count(*) FROM documents WHERE status = $1",
             "-- name: ListDocuments :many\nSELECT id, title FROM documents WHERE status = $1 ORDER BY id LIMIT $2"},
        Pair{"sqlc_optional_filter",
             "SELECT count(*) FROM documents WHERE ($1::text IS NULL OR status = $1) AND owner_id = $2",
             "SELECT * FROM documents WHERE owner_id = $2 AND ($1::text IS NULL OR status = $1) LIMIT $3 OFFSET $4"},
        Pair{
            "eloquent", R"(select count(*) as aggregate from "documents" where "status" = $1 and "deleted_at" is null)",
            R"(select * from "documents" where "status" = $1 and "deleted_at" is null order by "id" desc limit 15 offset 0)"},
        Pair{"eloquent_where_has",
             R"(select count(*) as aggregate from "documents" where exists (select * from "tags" where
                "documents"."id" = "tags"."document_id" and "name" = $1))",
             R"(select * from "documents" where exists (select * from "tags" where "documents"."id" =
                "tags"."document_id" and "name" = $1) limit 15)"},
        Pair{"eloquent_grouped_count",
             R"(select count(*) as aggregate from (select "owner_id" from "documents" where "a" = $1 group by
                "owner_id") as "aggregate_table")",
             R"(select "owner_id", max("id") from "documents" where "a" = $1 group by "owner_id" limit 15)"},
        Pair{"doctrine_paginator",
             "SELECT count(DISTINCT d0_.id) AS sclr_0 FROM documents d0_ LEFT JOIN tags t1_ ON d0_.id = t1_.doc_id "
             "WHERE d0_.status = $1",
             "SELECT DISTINCT id_0 FROM (SELECT d0_.id AS id_0, t1_.id AS id_1 FROM documents d0_ LEFT JOIN tags t1_ "
             "ON d0_.id = t1_.doc_id WHERE d0_.status = $1) dctrn_result LIMIT 20"},
        Pair{"doctrine_output_walker",
             "SELECT COUNT(*) AS dctrn_count FROM (SELECT DISTINCT id_0 FROM (SELECT d0_.id AS id_0 FROM documents d0_ "
             "WHERE d0_.status = $1) dctrn_result) dctrn_table",
             "SELECT d0_.id AS id_0 FROM documents d0_ WHERE d0_.status = $1 LIMIT 20 OFFSET 20"},
        Pair{"jooq", R"(select count(*) from "public"."documents" where "public"."documents"."status" = $1)",
             R"(select "public"."documents"."id" from "public"."documents" where "public"."documents"."status" = $1
                order by "public"."documents"."id" offset $2 rows fetch next $3 rows only)"},
        Pair{"jooq_fetch_count",
             R"(select count(*) from (select "public"."documents"."id" from "public"."documents" where
                "public"."documents"."status" = $1) as "c")",
             R"(select "public"."documents"."id" from "public"."documents" where "public"."documents"."status" = $1
                fetch next $2 rows only)"},
        Pair{"mybatis_pagehelper", "SELECT count(0) FROM documents d WHERE d.status = $1 AND d.owner_id = $2",
             "SELECT d.id, d.title FROM documents d WHERE d.status = $1 AND d.owner_id = $2 ORDER BY d.id LIMIT $3"},
        Pair{"mybatis_pagehelper_wrapped",
             "SELECT count(0) FROM (SELECT DISTINCT d.id FROM documents d WHERE d.status = $1) table_count",
             "SELECT DISTINCT d.id FROM documents d WHERE d.status = $1 LIMIT $2 OFFSET $3"},
        Pair{"mybatis_plus", "SELECT COUNT(*) AS total FROM documents WHERE (status = $1 AND title LIKE $2)",
             "SELECT id,title FROM documents WHERE (status = $1 AND title LIKE $2) LIMIT $3"},
        Pair{"diesel", R"(SELECT COUNT(*) FROM "documents" WHERE ("documents"."status" = $1))",
             R"(SELECT "documents"."id" FROM "documents" WHERE ("documents"."status" = $1) LIMIT $2 OFFSET $3)"},
        Pair{"sea_orm",
             R"(SELECT COUNT(*) AS num_items FROM (SELECT "documents"."id" FROM "documents" WHERE "documents"."status" =
                $1) AS "sub_query")",
             R"(SELECT "documents"."id" FROM "documents" WHERE "documents"."status" = $1 LIMIT $2 OFFSET $3)"},
        Pair{"tortoise", R"(SELECT COUNT(*) FROM "documents" WHERE "status"='open')",
             R"(SELECT "title","id" FROM "documents" WHERE "status"='open' LIMIT 10 OFFSET 10)"},
        Pair{"peewee",
             R"(SELECT COUNT(1) FROM (SELECT 1 FROM "documents" AS "t1" WHERE ("t1"."status" = 'x')) AS "_wrapped")",
             R"(SELECT "t1"."id", "t1"."title" FROM "documents" AS "t1" WHERE ("t1"."status" = 'x') LIMIT 20)"},
        Pair{"cte_page", "SELECT count(*) FROM documents WHERE status = $1",
             "WITH page AS (SELECT * FROM documents WHERE status = $1 ORDER BY id LIMIT 20) "
             "SELECT page.*, o.name FROM page LEFT JOIN owners o ON o.id = page.owner_id"},
        Pair{"cte_count", "WITH filtered AS (SELECT id FROM documents WHERE status = $1) SELECT count(*) FROM filtered",
             "SELECT * FROM documents WHERE status = $1 LIMIT 20"},
        Pair{"scalar_count", "SELECT (SELECT count(*) FROM documents WHERE status = $1) AS total",
             "SELECT * FROM documents WHERE status = $1 LIMIT 20"},
        Pair{"coalesced_count", "SELECT coalesce(count(*), 0)::bigint FROM documents WHERE status = $1",
             "SELECT * FROM documents WHERE status = $1 LIMIT 20"},
        Pair{"union_count",
             "SELECT count(*) FROM (SELECT id FROM a WHERE x = $1 UNION ALL SELECT id FROM b WHERE y = $2) u",
             "SELECT id FROM a WHERE x = $1 UNION ALL SELECT id FROM b WHERE y = $2 ORDER BY id LIMIT 10"},
        Pair{"lateral_include", "SELECT count(*) FROM d WHERE d.a = $1",
             "SELECT d.*, l.n FROM d JOIN o ON o.id = d.o_id LEFT JOIN LATERAL (SELECT count(*) AS n FROM x WHERE x.o "
             "= o.id) l "
             "ON true WHERE d.a = $1 LIMIT 10"},
        Pair{"comma_join", "select count(*) from documents d, owners o where d.owner_id = o.id and o.name = $1",
             "select d.* from documents d, owners o where o.name = $1 and o.id = d.owner_id limit 10"},
        Pair{"inner_join_as_where",
             "select count(*) from documents d, owners o where d.owner_id = o.id and o.name = $1",
             "select d.* from documents d join owners o on o.id = d.owner_id where o.name = $1 limit 10"},
        Pair{"swapped_equality", "select count(*) from documents where $1 = status",
             "select * from documents where status = $1 limit 5"},
        Pair{"list_lengths_are_values", "select count(*) from documents where status in ('a') and kind = any(array[1])",
             "select * from documents where status in ('a') and kind = any('{1}'::int[]) limit 5"}),
    name_of);

class OtherList : public testing::TestWithParam<Pair> {};

TEST_P(OtherList, HasAnotherIdentity) {
    const ParsedStatement one = parse(GetParam().count);
    const ParsedStatement other = parse(GetParam().page);
    ASSERT_EQ(one.status, ParseStatus::ok) << one.error_message;
    ASSERT_EQ(other.status, ParseStatus::ok) << other.error_message;
    EXPECT_NE(one.shape.filter_identity, other.shape.filter_identity);
}

INSTANTIATE_TEST_SUITE_P(
    Difference, OtherList,
    testing::Values(
        Pair{"no_filter", "SELECT count(*) FROM documents", "SELECT * FROM documents WHERE status = $1 LIMIT 10"},
        Pair{"other_column", "SELECT count(*) FROM documents WHERE kind = $1",
             "SELECT * FROM documents WHERE status = $1 LIMIT 10"},
        Pair{"other_operator", "SELECT count(*) FROM documents WHERE n >= $1",
             "SELECT * FROM documents WHERE n > $1 LIMIT 10"},
        Pair{"other_table", "SELECT count(*) FROM documents WHERE status = $1",
             "SELECT * FROM archive WHERE status = $1 LIMIT 10"},
        Pair{"other_schema", "SELECT count(*) FROM a.documents WHERE status = $1",
             "SELECT * FROM b.documents WHERE status = $1 LIMIT 10"},
        Pair{"one_filter_more", "SELECT count(*) FROM documents WHERE status = $1",
             "SELECT * FROM documents WHERE status = $1 AND deleted_at IS NULL LIMIT 10"},
        Pair{"or_for_and", "SELECT count(*) FROM documents WHERE a = $1 AND b = $2",
             "SELECT * FROM documents WHERE a = $1 OR b = $2 LIMIT 10"},
        Pair{"negated", "SELECT count(*) FROM documents WHERE NOT a = $1",
             "SELECT * FROM documents WHERE a = $1 LIMIT 10"},
        Pair{"not_in", "SELECT count(*) FROM documents WHERE a NOT IN (1, 2)",
             "SELECT * FROM documents WHERE a IN (1, 2) LIMIT 10"},
        Pair{"null_test", "SELECT count(*) FROM documents WHERE a IS NULL",
             "SELECT * FROM documents WHERE a IS NOT NULL LIMIT 10"},
        Pair{"like_and_ilike", "SELECT count(*) FROM documents WHERE a LIKE $1",
             "SELECT * FROM documents WHERE a ILIKE $1 LIMIT 10"},
        Pair{"filter_on_joined_column", "SELECT count(*) FROM d JOIN o ON o.id = d.o_id WHERE o.name = $1",
             "SELECT * FROM d JOIN o ON o.id = d.o_id WHERE d.name = $1 LIMIT 10"},
        Pair{"join_condition_with_value",
             "SELECT count(*) FROM d JOIN o ON o.id = d.o_id AND o.kind = $1 WHERE d.a = $2",
             "SELECT * FROM d JOIN o ON o.id = d.o_id WHERE d.a = $2 LIMIT 10"},
        Pair{"join_by_other_column", "SELECT count(*) FROM d JOIN o ON o.id = d.owner_id WHERE o.name = $1",
             "SELECT * FROM d JOIN o ON o.id = d.author_id WHERE o.name = $1 LIMIT 10"},
        Pair{"condition_of_a_joined_group",
             "SELECT count(*) FROM d JOIN (o CROSS JOIN t) ON o.id = d.o AND t.x = d.x WHERE t.a = $1",
             "SELECT * FROM d JOIN (o CROSS JOIN t) ON o.id = d.o AND t.y = d.y WHERE t.a = $1 LIMIT 10"},
        Pair{"cross_join", "SELECT count(*) FROM d CROSS JOIN o WHERE d.a = $1",
             "SELECT * FROM d WHERE d.a = $1 LIMIT 10"},
        Pair{"other_exists", "SELECT count(*) FROM d WHERE EXISTS (SELECT 1 FROM t WHERE t.d = d.id AND t.a = $1)",
             "SELECT * FROM d WHERE EXISTS (SELECT 1 FROM t WHERE t.d = d.id AND t.b = $1) LIMIT 10"},
        Pair{"grouped", "SELECT count(*) FROM d WHERE a = $1",
             "SELECT b, max(c) FROM d WHERE a = $1 GROUP BY b LIMIT 10"},
        Pair{"having", "SELECT count(*) FROM (SELECT b FROM d GROUP BY b HAVING count(*) > 1) x",
             "SELECT b FROM d GROUP BY b HAVING sum(c) > 1 LIMIT 10"},
        Pair{"self_join_sides", "SELECT count(*) FROM e a JOIN e b ON b.boss = a.id WHERE a.name = $1",
             "SELECT * FROM e a JOIN e b ON b.boss = a.id WHERE b.name = $1 LIMIT 10"},
        Pair{"wrapped_filter", "SELECT count(*) FROM (SELECT * FROM d WHERE a = $1) x WHERE x.b = $2",
             "SELECT * FROM d WHERE a = $1 LIMIT 10"},
        Pair{"union_order", "SELECT id FROM a EXCEPT SELECT id FROM b", "SELECT id FROM b EXCEPT SELECT id FROM a"},
        Pair{"function_in_filter", "SELECT count(*) FROM d WHERE lower(a) = $1",
             "SELECT * FROM d WHERE upper(a) = $1 LIMIT 5"},
        Pair{"insert_is_no_select", "INSERT INTO d VALUES (1)", "SELECT * FROM d LIMIT 5"}),
    name_of);

TEST(FilterIdentity, UpdateAndDeleteHaveTheirTargetsFilter) {
    const std::uint64_t select = parse("SELECT * FROM d WHERE d.a = $1 AND b > 2").shape.filter_identity;
    EXPECT_EQ(parse("UPDATE d SET c = 3 WHERE b > 2 AND a = $1").shape.filter_identity, select);
    EXPECT_EQ(parse("DELETE FROM d AS x WHERE x.a = $1 AND x.b > 2").shape.filter_identity, select);
    EXPECT_NE(parse("DELETE FROM d WHERE a = $1").shape.filter_identity, select);
    EXPECT_NE(parse("DELETE FROM d USING e WHERE d.a = $1 AND d.b > 2 AND e.id = d.id").shape.filter_identity, select);
    EXPECT_NE(parse("MERGE INTO d USING e ON d.id = e.id WHEN MATCHED THEN DELETE").shape.filter_identity, 0u);
}

TEST(FilterIdentity, IsZeroWithoutARelation) {
    for (const char *text :
         {"SELECT 1", "SELECT now()", "VALUES (1), (2)", "SELECT * FROM generate_series(1, 9) LIMIT 3",
          "SELECT * FROM (VALUES (1), (2)) v(a) WHERE a = 1"}) {
        EXPECT_EQ(parse(text).shape.filter_identity, 0u) << text;
        EXPECT_FALSE(parse(text).shape.has(shape_flag::relation)) << text;
    }
}

TEST(FilterIdentity, EndsOnExpressionsThatReferToEachOther) {
    std::string text = "WITH c0 AS (SELECT * FROM t WHERE a = 1)";
    for (int i = 1; i < 60; ++i) {
        const std::string before = "c" + std::to_string(i - 1);
        text += ", c" + std::to_string(i) + " AS (SELECT x.* FROM " + before + " x JOIN " + before + " y ON x.a = y.a)";
    }
    text += " SELECT * FROM c59";
    EXPECT_EQ(parse(text).status, ParseStatus::ok);
    EXPECT_EQ(parse("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r").status,
              ParseStatus::ok);
    EXPECT_EQ(parse("WITH t AS (SELECT * FROM t) SELECT * FROM t").status, ParseStatus::ok);
}

using Strings = std::vector<std::string>;

TEST(FilterValues, AreThoseOfTheFilterOnly) {
    EXPECT_EQ(filter_values("SELECT 7, a + 8 FROM t WHERE b = 9 ORDER BY 1, a + 3 LIMIT 10 OFFSET 20"), Strings{"9"});
    EXPECT_EQ(filter_values("SELECT b, sum(5) FROM t WHERE c = $2 GROUP BY b").size(), 1u);
    EXPECT_EQ(filter_values("UPDATE t SET a = 1 WHERE id = -5"), Strings{"-5"});
    EXPECT_EQ(filter_values("SELECT * FROM t LEFT JOIN u ON u.id = t.u AND u.kind = 4 WHERE t.a = 1"), Strings{"1"});
    EXPECT_EQ(filter_values("SELECT * FROM t WHERE a = 'x'::text AND a IN ($1::text)").size(), 2u);
    EXPECT_EQ(filter_values("SELECT * FROM t WHERE a = true"), Strings{"true"});
    EXPECT_EQ(filter_values("INSERT INTO t VALUES (1, 2)"), Strings{});
}

TEST(FilterValues, ComeInAnOrderThatDependsOnTheIdentityAlone) {
    const Strings page = filter_values("SELECT * FROM t x WHERE x.a = 'a' AND x.b > 'b' AND x.c IN ('c', 'd') LIMIT 5");
    EXPECT_EQ(page.size(), 4u);
    EXPECT_EQ(filter_values("SELECT count(*) FROM t WHERE c IN ('c', 'd') AND b > 'b' AND a = 'a'"), page);
}

TEST(FilterValues, StopAtTheLimit) {
    std::string text = "SELECT * FROM t WHERE a IN (1";
    for (int i = 0; i < 500; ++i) text += ",2";
    EXPECT_EQ(parse(text + ")").filter_value_count, max_filter_values);
}

} // namespace
} // namespace query_audit::test
