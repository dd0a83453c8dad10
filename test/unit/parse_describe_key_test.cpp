#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

TEST(DescribeKey, NamesTheColumnAndItsRelation) {
    EXPECT_EQ(describe_key("SELECT name FROM tenants WHERE id = $1", 0), "tenants.id = $1");
    EXPECT_EQ(describe_key("SELECT name FROM tenants WHERE $2 = id", 0), "tenants.id = $2");
    EXPECT_EQ(describe_key("SELECT name FROM app.tenants AS t WHERE t.id = $1", 0), "tenants.id = $1");
    EXPECT_EQ(describe_key("DELETE FROM tenants WHERE id = $1::int", 0), "tenants.id = $1");
    EXPECT_EQ(describe_key("SELECT name FROM tenants WHERE id = 5", 0), "tenants.id = a constant");
    EXPECT_EQ(describe_key("SELECT name FROM tenants WHERE id IN ($1)", 0), "tenants.id = $1");
}

TEST(DescribeKey, TellsTheRelationsOfAJoinApartByTheirAliases) {
    const char *join = "SELECT 1 FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE t.code = $1 AND u.mail = $2";
    const std::string first = describe_key(join, 0);
    const std::string second = describe_key(join, 1);
    EXPECT_NE(first, second);
    for (const std::string &key : {first, second}) EXPECT_TRUE(key == "tenants.code = $1" || key == "users.mail = $2");
    EXPECT_EQ(describe_key("SELECT 1 FROM a JOIN b ON a.id = b.id WHERE code = $1", 0), "code = $1");
}

TEST(DescribeKey, QuotesNamesThatNeedIt) {
    EXPECT_EQ(describe_key("SELECT 1 FROM \"Users\" WHERE \"the \"\"Id\" = $1", 0), "\"Users\".\"the \"\"Id\" = $1");
}

TEST(DescribeKey, IsEmptyWhereThereIsNone) {
    EXPECT_EQ(describe_key("SELECT name FROM tenants WHERE id = $1", 1), "");
    EXPECT_EQ(describe_key("SELECT name FROM tenants WHERE id = $1", -1), "");
    EXPECT_EQ(describe_key("SELECT name FROM tenants", 0), "");
    EXPECT_EQ(describe_key("SELECT lower(name) FROM tenants WHERE lower(name) = $1", 0), "");
    EXPECT_EQ(describe_key("not a statement", 0), "");
    EXPECT_EQ(describe_key("", 0), "");
}

} // namespace
} // namespace query_audit::test
