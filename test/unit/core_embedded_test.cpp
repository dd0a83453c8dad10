// The statement that a command runs, found in the command's text.
#include <string>

#include <gtest/gtest.h>

#include "core/embedded.h"

namespace query_audit::test {
namespace {

struct Case {
    const char *text;
    const char *statement;
};

class Embedded : public testing::TestWithParam<Case> {};

TEST_P(Embedded, IsFound) { EXPECT_EQ(embedded_statement(GetParam().text), GetParam().statement); }

INSTANTIATE_TEST_SUITE_P(
    Commands, Embedded,
    testing::Values(
        Case{"PREPARE p AS SELECT 1", "SELECT 1"},
        Case{"prepare p(int, text) as insert into t values ($1, $2)", "insert into t values ($1, $2)"},
        Case{"PREPARE \"select\" (timestamp with time zone) AS UPDATE t SET a = $1", "UPDATE t SET a = $1"},
        Case{"DECLARE c CURSOR FOR SELECT 1", "SELECT 1"},
        Case{"DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT a FROM t FOR UPDATE", "SELECT a FROM t FOR UPDATE"},
        Case{"DECLARE c CURSOR WITHOUT HOLD FOR WITH x AS (SELECT 1) TABLE x", "WITH x AS (SELECT 1) TABLE x"},
        Case{"EXPLAIN SELECT 1", "SELECT 1"}, Case{"EXPLAIN (ANALYZE, FORMAT json) DELETE FROM t", "DELETE FROM t"},
        Case{"/* a */ EXPLAIN ANALYZE VERBOSE /* select */ MERGE INTO t", "MERGE INTO t"},
        Case{"EXPLAIN CREATE TABLE t AS SELECT 1", "SELECT 1"},
        Case{"EXPLAIN ANALYZE CREATE TABLE t WITH (fillfactor = 70) AS VALUES (1)", "VALUES (1)"},
        Case{"EXPLAIN DECLARE c CURSOR WITH HOLD FOR SELECT 1", "SELECT 1"},
        Case{"COPY (SELECT 1) TO STDOUT", "SELECT 1"},
        Case{"COPY /* x */ (VALUES (1)) TO STDOUT WITH CSV", "VALUES (1)"},
        Case{"COPY (SELECT f(')', (a), \")\") /* ) */ FROM t) TO STDOUT", "SELECT f(')', (a), \")\") /* ) */ FROM t"},
        Case{"COPY (SELECT (1", "SELECT (1"}, Case{"CREATE TABLE t AS (SELECT 1) WITH NO DATA", "SELECT 1"},
        Case{"CREATE TABLE t AS SELECT 1", "SELECT 1"},
        Case{"CREATE TEMP TABLE t (a, b) WITH (fillfactor = 70) ON COMMIT DROP AS TABLE u", "TABLE u"},
        Case{"CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA", "SELECT 1 WITH NO DATA"}));

class NothingEmbedded : public testing::TestWithParam<const char *> {};

TEST_P(NothingEmbedded, TheTextIsTakenWhole) { EXPECT_EQ(embedded_statement(GetParam()), GetParam()); }

INSTANTIATE_TEST_SUITE_P(Texts, NothingEmbedded,
                         testing::Values("", "SELECT 1", "WITH x AS (SELECT 1) SELECT 2", "INSERT INTO t SELECT 1",
                                         "/* EXPLAIN */ SELECT 1", "'PREPARE' AS SELECT", "\"explain\" SELECT 1",
                                         "EXPLAIN EXECUTE p(1)", "PREPARE", "DECLARE c CURSOR", "EXPLAIN 'SELECT 1'",
                                         "COPY t FROM STDIN WITH (FORMAT csv)", "COPY t (a, b) TO STDOUT WITH CSV",
                                         "CREATE TABLE t (a int)", "explained SELECT 1"));

} // namespace
} // namespace query_audit::test
