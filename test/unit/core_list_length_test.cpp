// list_length(): how many values a look-up by a list compares with.
#include <gtest/gtest.h>

#include "core/list_length.h"

namespace query_audit::test {
namespace {

TEST(ListLength, CountsTheElementsOfIn) {
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN (1, 2, 3)"), 3);
    EXPECT_EQ(list_length("select * from t where id in($1,$2)"), 2);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN (-1, 2)"), 2);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN ('a,b', 'c')"), 2);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN /* , */ (1, -- ,\n 2)"), 2);
}

TEST(ListLength, LooksPastTypesInsideOfAList) {
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN ('a'::numeric(10, 2), $2::uuid, 3)"), 3);
}

TEST(ListLength, CountsTheElementsOfArrays) {
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = ANY(ARRAY[1, 2, 3, 4])"), 4);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = any ((array[$1, $2])::int[])"), 2);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = ANY('{1,2,3}')"), 3);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = ANY('{\"a,b\",c,\"d\\\",\"}'::text[])"), 3);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = ANY('{}')"), 0);
}

TEST(ListLength, TakesTheLongest) {
    EXPECT_EQ(list_length("SELECT * FROM t WHERE a IN (1, 2) AND b IN (1, 2, 3) AND c IN (1)"), 3);
}

TEST(ListLength, KnowsNoneOfOtherThings) {
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = 1"), 0);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN (SELECT a, b FROM u)"), 0);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id = ANY($1)"), 0);
    EXPECT_EQ(list_length("SELECT f(1, 2, 3), \"in\" FROM t"), 0);
    EXPECT_EQ(list_length("SELECT 'id IN (1, 2)'"), 0);
    EXPECT_EQ(list_length("SELECT * FROM t WHERE id IN ("), 0);
    EXPECT_EQ(list_length("in"), 0);
    EXPECT_EQ(list_length(""), 0);
}

} // namespace
} // namespace query_audit::test
