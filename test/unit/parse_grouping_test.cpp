// Pages through grouped wrappers: a GROUP BY that only undoes what joins multiply makes no list of its own.
#include <gtest/gtest.h>

#include "parse_support.h"

namespace query_audit::test {
namespace {

using Texts = std::vector<std::string>;

bool is_count(const ParsedStatement &parsed) { return parsed.shape.has(shape_flag::count | shape_flag::aggregate); }
bool is_page(const ParsedStatement &parsed) { return parsed.shape.has(shape_flag::page); }

void expect_same_list(const Texts &counts, const Texts &pages) {
    const ParsedStatement first = parse(counts.front());
    ASSERT_NE(first.shape.filter_identity, 0u);
    for (const std::string &text : counts) {
        const ParsedStatement count = parse(text);
        EXPECT_TRUE(is_count(count) && !is_page(count)) << text;
        EXPECT_EQ(count.shape.filter_identity, first.shape.filter_identity) << text;
        EXPECT_EQ(count.filter_value_count, first.filter_value_count) << text;
    }
    for (const std::string &text : pages) {
        const ParsedStatement page = parse(text);
        EXPECT_TRUE(is_page(page) && !is_count(page)) << text;
        EXPECT_EQ(page.shape.filter_identity, first.shape.filter_identity) << text;
        EXPECT_EQ(page.filter_value_count, first.filter_value_count) << text;
    }
}

const std::string docs = "FROM documents d LEFT JOIN comments c ON c.document_id = d.id ";

// The same rows, as ORMs count them and as they page through them. `where` is a condition on d.
Texts counts_of(const std::string &where) {
    return {
        "SELECT count(*) FROM documents WHERE " + where,
        "SELECT count(DISTINCT d.id) " + docs + "WHERE " + where,
        "SELECT count(*) FROM (SELECT d.id " + docs + "WHERE " + where + " GROUP BY d.id) d",
        "SELECT count(*) FROM (SELECT d.id AS col1 " + docs + "WHERE " + where + " GROUP BY 1) subquery",
        "SELECT count(*) FROM (SELECT d.id AS col1, count(c.id) AS n " + docs + "WHERE " + where + " GROUP BY d.id) s",
        "SELECT count(*) FROM (SELECT d.id, max(c.at), count(*) " + docs + "WHERE " + where + " GROUP BY d.id) s",
        "SELECT count(*) AS dctrn_count FROM (SELECT DISTINCT id_0 FROM (SELECT d.id AS id_0, c.id AS id_1 " + docs +
            "WHERE " + where + " ORDER BY d.at DESC) dctrn_result) dctrn_table",
    };
}

Texts pages_of(const std::string &where) {
    return {
        // Doctrine's Paginator
        "SELECT DISTINCT id_0, MIN(sclr_5) AS dctrn_minrownum FROM (SELECT d.id AS id_0, c.id AS id_1, ROW_NUMBER() "
        "OVER (ORDER BY d.at DESC) AS sclr_5 " +
            docs + "WHERE " + where + ") dctrn_result GROUP BY id_0 ORDER BY dctrn_minrownum ASC LIMIT 20 OFFSET 40",
        "SELECT DISTINCT id_0, at_1 FROM (SELECT d.id AS id_0, d.at AS at_1 " + docs + "WHERE " + where +
            ") dctrn_result ORDER BY at_1 DESC LIMIT 20",
        "SELECT DISTINCT d.id, d.at " + docs + "WHERE " + where + " ORDER BY d.at LIMIT 20",
        // TypeORM, and Rails with an eager load
        "SELECT DISTINCT \"distinctAlias\".\"d_id\" AS \"ids_d_id\", \"distinctAlias\".\"d_at\" FROM (SELECT d.id AS "
        "d_id, d.at AS d_at, c.id AS c_id " +
            docs + "WHERE " + where + ") \"distinctAlias\" ORDER BY \"distinctAlias\".\"d_at\" DESC LIMIT 20",
        "SELECT DISTINCT d.at AS alias_0, d.id " + docs + "WHERE " + where + " ORDER BY d.at DESC LIMIT 20 OFFSET 20",
        // MikroORM with a populated collection
        "SELECT d.*, c.* " + docs + "WHERE d.id IN (SELECT d.id FROM (SELECT d.id " + docs + "WHERE " + where +
            " GROUP BY d.id ORDER BY min(d.at) DESC LIMIT 20) AS d) ORDER BY d.at DESC",
        "SELECT d.*, c.* " + docs + "WHERE (d.id = ANY (SELECT d.id FROM documents d WHERE " + where +
            " ORDER BY d.at LIMIT 20))",
        // DBIx::Class with prefetch and rows, and EF Core with Include
        "SELECT me.*, c.* FROM (SELECT d.id, d.title FROM documents d WHERE " + where +
            " ORDER BY d.at LIMIT $9) me LEFT JOIN comments c ON c.document_id = me.id ORDER BY me.at",
        "SELECT me.*, c.* FROM (SELECT d.id, d.title " + docs + "WHERE " + where +
            " GROUP BY d.id, d.title ORDER BY min(c.at) LIMIT $9) me LEFT JOIN comments c ON c.document_id = me.id",
        // Django and Rails with a number of children beside each row
        "SELECT d.id, d.title, count(c.id) AS n " + docs + "WHERE " + where + " GROUP BY d.id ORDER BY n DESC LIMIT 20",
        "SELECT d.*, max(c.at) AS last, count(*) " + docs + "WHERE " + where + " GROUP BY d.id LIMIT 20",
        "SELECT d.id, coalesce(sum(c.size), 0) " + docs + "WHERE " + where + " GROUP BY 1 LIMIT 20",
        // Keys in order of an aggregate
        "SELECT d.id, min(d.at) AS first " + docs + "WHERE " + where + " GROUP BY d.id ORDER BY first DESC LIMIT 20",
        "SELECT d.id AS key " + docs + "WHERE " + where + " GROUP BY key ORDER BY max(d.at) LIMIT 20",
    };
}

TEST(Grouping, ByRowListsTheRows) {
    expect_same_list(counts_of("tenant_id = $1"), pages_of("tenant_id = $1"));
    expect_same_list(counts_of("status = 'open' AND size > 4"), pages_of("size > 4 AND status = 'open'"));
}

TEST(Grouping, KeepsOtherFiltersApart) {
    const Texts counts = counts_of("tenant_id = $1");
    for (const std::string other : {"folder_id = $1", "tenant_id = $1 AND status = $2", "tenant_id <> $1"}) {
        for (const std::string &page : pages_of(other)) {
            EXPECT_NE(parse(page).shape.filter_identity, parse(counts.front()).shape.filter_identity) << page;
        }
    }
    // A join that the filter needs is a part of it.
    const std::string page = "SELECT d.id " + docs + "WHERE c.kind = $1 GROUP BY d.id LIMIT 20";
    EXPECT_EQ(parse("SELECT count(DISTINCT d.id) " + docs + "WHERE c.kind = $1").shape.filter_identity,
              parse(page).shape.filter_identity);
    EXPECT_NE(parse("SELECT count(*) FROM documents d WHERE kind = $1").shape.filter_identity,
              parse(page).shape.filter_identity);
}

TEST(Grouping, ByAnAttributeIsAListOfItsOwn) {
    const std::uint64_t count = parse("SELECT count(*) FROM documents d WHERE d.tenant_id = $1").shape.filter_identity;
    const std::string owners = "FROM documents d LEFT JOIN owners o ON o.id = d.owner_id WHERE d.tenant_id = $1 ";
    for (const std::string &page : Texts{
             "SELECT status, count(*) FROM documents d WHERE d.tenant_id = $1 GROUP BY status LIMIT 20",
             "SELECT owner_id FROM documents d WHERE d.tenant_id = $1 GROUP BY owner_id LIMIT 20",
             "SELECT owner_id, max(id) AS m FROM documents d WHERE d.tenant_id = $1 GROUP BY 1 ORDER BY m LIMIT 20",
             "SELECT d.owner_id, o.name, count(*) " + owners + "GROUP BY d.owner_id, o.name LIMIT 20",
             "SELECT d.owner_id, max(o.name) " + owners + "GROUP BY d.owner_id LIMIT 20",
             "SELECT d.owner_id, count(*) AS n " + owners + "GROUP BY d.owner_id ORDER BY n DESC LIMIT 20",
             "SELECT d.owner_id, sum(d.size) AS n " + owners + "GROUP BY d.owner_id ORDER BY n DESC LIMIT 20",
             "SELECT o.name, count(d.id) " + owners + "GROUP BY o.name LIMIT 20",
             "SELECT d.status " + owners + "GROUP BY d.status LIMIT 20",
             "SELECT lower(d.title) " + owners + "GROUP BY lower(d.title) LIMIT 20",
             "SELECT d.id, count(c.id) " + docs +
                 "WHERE d.tenant_id = $1 GROUP BY d.id HAVING count(c.id) > 3 LIMIT 20",
             "SELECT d.id, c.kind " + docs + "WHERE d.tenant_id = $1 GROUP BY d.id, c.kind LIMIT 20",
             "SELECT d.id " + docs + "WHERE d.tenant_id = $1 GROUP BY ROLLUP (d.id) LIMIT 20",
             "SELECT id_0, min(size) AS m FROM (SELECT d.owner_id AS id_0, d.size FROM documents d WHERE d.tenant_id = "
             "$1) x GROUP BY id_0 ORDER BY m LIMIT 20",
         }) {
        EXPECT_TRUE(is_page(parse(page))) << page;
        EXPECT_NE(parse(page).shape.filter_identity, count) << page;
    }
}

TEST(Grouping, CountAndPageOfTheSameGroupsStillMeet) {
    const std::string attribute = "FROM d LEFT JOIN t ON t.d = d.id WHERE d.a = $1 GROUP BY d.b";
    expect_same_list({"SELECT count(*) FROM (SELECT d.b " + attribute + ") x"},
                     {"SELECT d.b, max(d.c) " + attribute + " LIMIT 20"});
    const std::string having = "FROM d LEFT JOIN t ON t.d = d.id WHERE d.a = $1 GROUP BY d.id HAVING count(t.id) > 3";
    expect_same_list({"SELECT count(*) FROM (SELECT d.id " + having + ") x"},
                     {"SELECT d.id, d.b, count(t.id) " + having + " LIMIT 20"});
    const std::string inner = "FROM d JOIN t ON t.d = d.id WHERE d.a = $1 GROUP BY d.id";
    expect_same_list({"SELECT count(*) FROM (SELECT d.id " + inner + ") x"},
                     {"SELECT d.*, count(t.id) " + inner + " LIMIT 20"});
    EXPECT_NE(parse("SELECT count(*) FROM d WHERE d.a = $1").shape.filter_identity,
              parse("SELECT d.*, count(t.id) " + inner + " LIMIT 20").shape.filter_identity)
        << "some have none";
}

TEST(SelectedKeys, AreThePageOnlyWhereTheyAreTheWholeRestriction) {
    const std::string keys = "(SELECT id FROM d WHERE a = $1 ORDER BY id LIMIT 20)";
    EXPECT_TRUE(is_page(parse("SELECT * FROM d WHERE id IN " + keys)));
    for (const std::string &text : Texts{
             "SELECT * FROM d WHERE id IN (SELECT id FROM d WHERE a = $1)",
             "SELECT * FROM d WHERE id IN (1, 2, 3)",
             "SELECT * FROM d WHERE id NOT IN " + keys,
             "SELECT * FROM d WHERE id <> ANY " + keys,
             "SELECT * FROM d WHERE b = $2 AND id IN " + keys,
             "SELECT * FROM d WHERE b = $2 OR id IN " + keys,
             "SELECT b, count(*) FROM d WHERE id IN " + keys + " GROUP BY b",
             "SELECT * FROM d WHERE id IN (SELECT max(id) FROM d WHERE a = $1 LIMIT 1)",
         }) {
        EXPECT_FALSE(is_page(parse(text))) << text;
    }
}

TEST(SelectedKeys, AreWhereAPageIsRaised) {
    const Rewrite rewrite = rewrite_page("SELECT * FROM d WHERE id IN (SELECT id FROM d WHERE a = $1 LIMIT 20)");
    EXPECT_EQ(rewrite.text, "SELECT * FROM d WHERE id IN (SELECT id FROM d WHERE a = $1 LIMIT 21)");
    for (const std::string &page : pages_of("tenant_id = $1")) {
        const Rewrite raised = rewrite_page(page);
        EXPECT_TRUE(raised.done) << page;
        EXPECT_NE(raised.text.find(page.find("LIMIT 20") != std::string::npos ? "LIMIT 21" : "$9 + 1"),
                  std::string::npos)
            << raised.text;
        EXPECT_EQ(parse(raised.text).shape.filter_identity, parse(page).shape.filter_identity) << raised.text;
    }
}

} // namespace
} // namespace query_audit::test
