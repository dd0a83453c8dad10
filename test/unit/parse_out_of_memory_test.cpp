// Memory that runs out at any allocation: the call says that it could not be done, and the next one works.
#include <cerrno>
#include <cstdlib>
#include <functional>

#include <gtest/gtest.h>

#include "parse_support.h"

// Sanitizers bring an allocator of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

// Allocations of this thread until one fails, and how many fail then; 0: none does.
thread_local int until_failure = 0;
thread_local int failures = 0;

bool fails() {
    if (until_failure == 0) return false;
    if (until_failure > 1) {
        --until_failure;
        return false;
    }
    if (failures == 0) return false;
    --failures;
    errno = ENOMEM;
    return true;
}

} // namespace

// The program's own, in front of the C library's, for everything that is linked to it: operator new, libpg_query,
// protobuf-c.
extern "C" {
void *__libc_malloc(std::size_t);
void *__libc_calloc(std::size_t, std::size_t);
void *__libc_realloc(void *, std::size_t);

void *malloc(std::size_t size) noexcept { return fails() ? nullptr : __libc_malloc(size); }
void *calloc(std::size_t count, std::size_t size) noexcept { return fails() ? nullptr : __libc_calloc(count, size); }
void *realloc(void *memory, std::size_t size) noexcept { return fails() ? nullptr : __libc_realloc(memory, size); }
}

namespace query_audit::test {
namespace {

const std::string statement =
    "WITH c AS (SELECT a.id, a.label FROM public.item AS a WHERE a.kind = 'x' ORDER BY a.id LIMIT 5) "
    "SELECT c.id, c.label, b.note FROM c JOIN part AS b ON b.item_id = c.id "
    "WHERE b.id = $1 AND b.kind IN (1, 2, 3) AND lower(b.note) LIKE '%x' OFFSET 10 /* why */";
const std::string look_up = "SELECT id, label FROM item WHERE id = $1 AND kind = $2 LIMIT 1";

struct Sweep {
    int allocations; // that it took when nothing failed
    int refused;     // runs that said they could not
};

// Runs the call with its n-th allocation failing, and `length` from there on, for every n, until none fails. `call`
// returns whether it was done; what it did must be the same as ever.
Sweep sweep(int length, const std::function<bool()> &call) {
    Sweep run{};
    for (int n = 1;; ++n) {
        until_failure = n;
        failures = length;
        const bool done = call();
        const bool failed = failures < length;
        until_failure = 0;
        if (!done) ++run.refused;
        if (!failed) {
            EXPECT_TRUE(done);
            run.allocations = n - 1;
            return run;
        }
        EXPECT_TRUE(call()) << "after allocation " << n << " failed";
        if (n > 100'000) {
            ADD_FAILURE() << "it never ends";
            return run;
        }
    }
}

class OutOfMemory : public testing::TestWithParam<int> {};

TEST_P(OutOfMemory, ParsingSaysSo) {
    const std::uint64_t fingerprint = parse(statement).shape.fingerprint;
    const Sweep run = sweep(GetParam(), [&] {
        ParsedStatement out;
        const ParseStatus status = query_audit_parse(statement.data(), statement.size(), default_max_parse_bytes, &out);
        EXPECT_TRUE(status == ParseStatus::ok || status == ParseStatus::out_of_memory);
        EXPECT_EQ(out.shape.fingerprint, status == ParseStatus::ok ? fingerprint : 0);
        return status == ParseStatus::ok;
    });
    EXPECT_GT(run.allocations, 5);
    EXPECT_GT(run.refused, 0);
}

TEST_P(OutOfMemory, NormalizingSaysSo) {
    const std::string expected = normalize(statement);
    static char out[4096];
    const Sweep run = sweep(GetParam(), [&] {
        const ParseStatus status = query_audit_normalize(statement.data(), statement.size(), default_max_parse_bytes,
                                                         nullptr, out, sizeof out);
        EXPECT_STREQ(out, status == ParseStatus::ok ? expected.c_str() : "");
        return status == ParseStatus::ok;
    });
    EXPECT_GT(run.refused, 0);
}

TEST_P(OutOfMemory, LintingSaysSo) {
    static LintedStatement out;
    const Sweep run = sweep(GetParam(), [&] {
        return query_audit_lint(statement.data(), statement.size(), default_max_parse_bytes, &out) == ParseStatus::ok;
    });
    EXPECT_GT(run.refused, 0);
}

TEST_P(OutOfMemory, RewritingWritesNothingOrAll) {
    static char out[8192];
    using Rewrite = bool (*)(const char *, std::size_t, const RewriteFacts *, char *, std::size_t) noexcept;
    const Rewrite rewrites[] = {query_audit_rewrite_batched, query_audit_rewrite_write, query_audit_rewrite_keyset};
    const std::string texts[] = {look_up, "INSERT INTO item (id, label) VALUES ($1, $2)", statement};
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string &text = texts[i];
        const bool possible = rewrites[i](text.data(), text.size(), nullptr, out, sizeof out);
        const std::string expected = out;
        (void)sweep(GetParam(), [&] {
            const bool done = rewrites[i](text.data(), text.size(), nullptr, out, sizeof out);
            EXPECT_TRUE(!done || out == expected);
            return done == possible;
        });
    }
}

TEST_P(OutOfMemory, NamingTablesAndKeysNamesNoneOrAll) {
    static NamedTable tables[8];
    static char out[256];
    (void)sweep(GetParam(),
                [] { return query_audit_named_tables(statement.data(), statement.size(), tables, 8) >= 2; });
    (void)sweep(GetParam(), [] {
        query_audit_describe_key(look_up.data(), look_up.size(), 0, out, sizeof out);
        return out[0] != '\0';
    });
}

INSTANTIATE_TEST_SUITE_P(Once, OutOfMemory, testing::Values(1));
INSTANTIATE_TEST_SUITE_P(FromThenOn, OutOfMemory, testing::Values(1'000'000));

} // namespace
} // namespace query_audit::test

#endif
