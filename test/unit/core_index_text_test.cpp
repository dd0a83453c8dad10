// Indexes as SQL.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/index_text.h"

namespace query_audit::test {
namespace {

struct Index {
    std::string relation;
    std::string body;
    bool partitioned = false;
};

std::string index_name(const Index &index, bool unusual = false) {
    char name[index_name_bytes];
    write_index_name(index.relation, index.body, unusual, name);
    return name;
}

// CREATE INDEX, and the DROP below it.
std::string create_index(const Index &index) {
    char buffer[2048];
    TextWriter sql(buffer, sizeof buffer);
    const IndexTarget target{index.relation, index.partitioned};
    const std::string name = index_name(index);
    write_create_index(target, index.body, name.c_str(), sql);
    sql.append("\n");
    write_drop_index(target, name.c_str(), sql);
    return std::string(sql.view());
}

TEST(CreateIndex, IsWrittenWithItsUndoing) {
    EXPECT_EQ(create_index({"public.orders", "(customer_id, created_at)"}),
              "CREATE INDEX CONCURRENTLY orders_customer_id_created_at_idx ON public.orders "
              "(customer_id, created_at);\n"
              "DROP INDEX CONCURRENTLY public.orders_customer_id_created_at_idx;");
}

TEST(CreateIndex, OfAPartitionedTableIsNotConcurrent) {
    EXPECT_EQ(create_index({"public.log", "(at)", true}), "CREATE INDEX log_at_idx ON public.log (at);\n"
                                                          "DROP INDEX public.log_at_idx;");
}

TEST(CreateIndex, OfALargePartitionedTableIsBuiltPartByPart) {
    char buffer[512];
    TextWriter sql(buffer, sizeof buffer);
    write_create_parent("public.log", "(at)", "log_at_idx", sql);
    write_attach("public.log", "log_at_idx", "\"Old\".\"Log.1\"", "og_1_at_idx", sql);
    EXPECT_EQ(sql.view(), "CREATE INDEX log_at_idx ON ONLY public.log (at);\n"
                          "ALTER INDEX public.log_at_idx ATTACH PARTITION \"Old\".og_1_at_idx;\n");
}

TEST(CreateIndex, KeepsQuotesOfNamesAndNeedsNoneForItsOwn) {
    const std::string quoted = create_index({"\"My.Schema\".\"Order\"\"s\"", "(\"Id\")"});
    EXPECT_NE(quoted.find(" ON \"My.Schema\".\"Order\"\"s\" (\"Id\");\n"), std::string::npos) << quoted;
    EXPECT_NE(quoted.find("DROP INDEX CONCURRENTLY \"My.Schema\".order_s_id_"), std::string::npos) << quoted;
    EXPECT_EQ(index_name({"\"Order\"", "(\"tenantId\")"}).substr(0, 15), "order_tenantid_");
    const std::string sql = create_index({"\"my.schema\".orders", "(name)"});
    EXPECT_EQ(sql, "CREATE INDEX CONCURRENTLY orders_name_idx ON \"my.schema\".orders (name);\n"
                   "DROP INDEX CONCURRENTLY \"my.schema\".orders_name_idx;");
    EXPECT_EQ(index_name({"t", "(a)"}), "t_a_idx") << "without a schema";
}

TEST(CreateIndex, IsNamedAfterItsKeywordsToo) {
    EXPECT_EQ(index_name({"public.t", "(a, b DESC NULLS LAST) WHERE c IS NULL"}),
              "t_a_b_desc_nulls_last_where_c_is_null_idx");
    EXPECT_EQ(index_name({"public.t", "USING gin (a public.gin_trgm_ops)"}), "t_gin_a_public_gin_trgm_ops_idx");
}

TEST(CreateIndex, NamesAreIdentifiersOfAtMost63BytesAndDiffer) {
    const std::string t63(63, 't');
    const std::string c60 = std::string(59, 'c');
    std::set<std::string> names;
    for (const Index &index :
         {Index{"public." + t63, "(a)"}, Index{"public." + t63, "(b)"}, Index{"public.t", "(" + c60 + "a)"},
          Index{"public.t", "(" + c60 + "b)"}, Index{"public.\"größe\"", "(a)"}, Index{"public.\"größer\"", "(a)"},
          Index{"public.\"Ö\"", "(\"Ä\")"}, Index{"public.\"T\"", "(a)"}, Index{"public.t", "(a)"},
          Index{"public.t", "(a DESC)"}, Index{"public.\"2024\"", "(a)"},
          Index{"public.\"2" + t63.substr(2) + "\"", "(a)"}}) {
        const std::string name = index_name(index);
        EXPECT_LE(name.size(), 63u) << name;
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << name;
        EXPECT_EQ(std::string("0123456789").find(name[0]), std::string::npos) << name;
        EXPECT_TRUE(name.ends_with("_idx")) << name;
        EXPECT_TRUE(names.insert(name).second) << name;
    }
}

TEST(CreateIndex, NamesOfExpressionsTellWhatTheyLeaveOut) {
    EXPECT_NE(index_name({"public.t", "((a || b))"}), index_name({"public.t", "((a + b))"}));
}

TEST(CreateIndex, HasAnotherNameForWhenThePlainOneIsTaken) {
    const Index index{"public.t", "(a)"};
    EXPECT_EQ(index_name(index), "t_a_idx");
    const std::string unusual = index_name(index, true);
    EXPECT_NE(unusual, "t_a_idx");
    EXPECT_TRUE(unusual.starts_with("t_a_") && unusual.ends_with("_idx")) << unusual;
    EXPECT_EQ(index_name(index, true), unusual) << "the same each time";
}

IndexCandidate candidate_of_two() {
    IndexCandidate candidate{};
    candidate.key_count = 2;
    candidate.keys[0].attribute = 1;
    candidate.keys[1].attribute = 2;
    return candidate;
}

TEST(IndexBody, IsNotWrittenWithoutKeysOrNames) {
    char buffer[64];
    TextWriter body(buffer, sizeof buffer);
    EXPECT_FALSE(write_index_body(IndexCandidate{}, IndexWords{}, body));
    IndexWords words{};
    words.keys[0] = "a";
    EXPECT_FALSE(write_index_body(candidate_of_two(), words, body)) << "a column is gone";
    words.keys[1] = "b";
    IndexCandidate classy = candidate_of_two();
    classy.keys[0].operator_class = OperatorClass::trigram;
    EXPECT_FALSE(write_index_body(classy, words, body)) << "its operator class is not known";
    IndexCandidate partial = candidate_of_two();
    partial.conditions[partial.condition_count++] = {3, KeyUse::is_null};
    EXPECT_FALSE(write_index_body(partial, words, body));
}

TEST(IndexBody, IsWholeOrNotWritten) {
    IndexWords words{};
    words.keys[0] = words.keys[1] = "column";
    char buffer[17];
    TextWriter exact(buffer, sizeof buffer);
    EXPECT_TRUE(write_index_body(candidate_of_two(), words, exact));
    EXPECT_EQ(exact.view(), "(column, column)");
    TextWriter small(buffer, sizeof(buffer) - 1);
    EXPECT_FALSE(write_index_body(candidate_of_two(), words, small));
}

} // namespace
} // namespace query_audit::test
