// What holds for every statement of test/corpus, however it is written: one test a file and property.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "parse_corpus.h"
#include "parse_support.h"

namespace query_audit::test {
namespace {

struct FlagName {
    const char *name;
    std::uint32_t flags;
};

constexpr FlagName flag_names[] = {
    {"count", shape_flag::count | shape_flag::aggregate},
    {"aggregate", shape_flag::aggregate},
    {"page", shape_flag::page},
    {"limit", shape_flag::limit},
    {"offset", shape_flag::offset},
    {"batch", shape_flag::batch},
    {"keyset", shape_flag::keyset},
    {"locks", shape_flag::locks_rows},
    {"skips", shape_flag::locks_rows | shape_flag::skips_locked},
    {"filtered", shape_flag::filtered},
    {"keyed", shape_flag::filtered | shape_flag::keyed},
    {"grouped", shape_flag::grouped},
};
constexpr std::uint32_t expected_anyhow = shape_flag::parsed | shape_flag::relation;

constexpr std::pair<const char *, StatementKind> kind_names[] = {{"select", StatementKind::select},
                                                                 {"insert", StatementKind::insert},
                                                                 {"update", StatementKind::update},
                                                                 {"delete", StatementKind::delete_},
                                                                 {"merge", StatementKind::merge}};

std::string describe_flags(std::uint32_t flags) {
    std::string names;
    for (const FlagName &one : flag_names) {
        if ((flags & one.flags) == one.flags) names += std::string(" ") + one.name;
    }
    return (flags & shape_flag::relation) == 0 ? names + " norelation" : names;
}

// The filter's values as the text has them.
std::vector<std::string> values_of(const ParsedStatement &parsed, std::string_view text) {
    std::vector<std::string> values;
    for (int i = 0; i < parsed.filter_value_count; ++i) {
        const FilterValue &value = parsed.filter_values[i];
        if (value.parameter > 0) {
            values.push_back("$" + std::to_string(value.parameter));
            continue;
        }
        Lexer lexer(text, static_cast<std::size_t>(value.location));
        values.push_back(lower(lexer.text_of(lexer.next())));
    }
    return values;
}

const std::vector<std::filesystem::path> &corpus_files() {
    static const std::vector<std::filesystem::path> files = [] {
        std::vector<std::filesystem::path> found;
        for (const auto &entry : std::filesystem::directory_iterator(CORPUS_DIR)) found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        return found;
    }();
    return files;
}

class Corpus : public testing::TestWithParam<std::filesystem::path> {
  protected:
    // Calls visit(text, its tokens, what it is) for each statement of the file.
    template <typename Visit> void for_each(Visit visit) {
        for (const CorpusStatement &statement : read_corpus(GetParam())) {
            SCOPED_TRACE(statement.text);
            const ParsedStatement parsed = parse(statement.text);
            if (parsed.status == ParseStatus::ok) visit(statement.text, Pieces(statement.text), parsed);
        }
    }

    static void expect_same_shape(const ParsedStatement &plain, std::string_view other_text,
                                  std::uint32_t ignored_flags = 0) {
        const ParsedStatement other = parse(other_text);
        ASSERT_EQ(other.status, ParseStatus::ok) << other_text << "\n" << other.error_message;
        EXPECT_EQ(other.shape.fingerprint, plain.shape.fingerprint) << other_text;
        EXPECT_EQ(other.shape.filter_identity, plain.shape.filter_identity) << other_text;
        EXPECT_EQ(other.shape.kind, plain.shape.kind) << other_text;
        EXPECT_EQ(describe_flags(other.shape.flags & ~ignored_flags),
                  describe_flags(plain.shape.flags & ~ignored_flags))
            << other_text;
    }

    static void expect_same_statement(std::string_view text, const ParsedStatement &plain, std::string_view other) {
        expect_same_shape(plain, other);
        const ParsedStatement parsed = parse(other);
        EXPECT_EQ(values_of(parsed, other), values_of(plain, text)) << other;
        EXPECT_EQ(parsed.key_value_count, plain.key_value_count) << other;
    }

    static void expect_same_list(const ParsedStatement &plain, const std::string &other_text) {
        const ParsedStatement other = parse(other_text);
        ASSERT_EQ(other.status, ParseStatus::ok) << other_text << "\n" << other.error_message;
        EXPECT_EQ(other.shape.filter_identity, plain.shape.filter_identity) << other_text;
    }

    // Whether the outermost WHERE is the statement's filter.
    static bool filters(const ParsedStatement &parsed) { return parsed.shape.kind != StatementKind::insert; }

    // Whether its list is that of a level below, which a LIMIT further out would not be of.
    static bool pages_inside(const Pieces &pieces, const ParsedStatement &parsed) {
        return parsed.shape.has(shape_flag::page) && pieces.limit().empty();
    }

    static void expect_other_filter(const ParsedStatement &plain, const std::string &other_text) {
        const ParsedStatement other = parse(other_text);
        ASSERT_EQ(other.status, ParseStatus::ok) << other_text << "\n" << other.error_message;
        EXPECT_NE(other.shape.fingerprint, plain.shape.fingerprint) << other_text;
        if (!filters(plain)) return;
        EXPECT_NE(other.shape.filter_identity, plain.shape.filter_identity) << other_text;
    }
};

// With parameters numbered as they come.
std::string renumbered(std::string_view text) {
    std::string out;
    std::map<std::string, std::size_t, std::less<>> numbers;
    std::size_t end = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind != TokenKind::parameter) continue;
        const std::size_t number = numbers.try_emplace(std::string(lexer.text_of(token)), numbers.size()).first->second;
        out += std::string(text.substr(end, token.start - end)) + "$" + std::to_string(number);
        end = token.start + token.length;
    }
    return out += text.substr(end);
}

// By the places of the constants, and by the library, which parses the text once more and numbers by the grammar.
TEST_P(Corpus, AreNormalizedAsTheLibraryDoesIt) {
    for_each([](const std::string &text, const Pieces &, const ParsedStatement &parsed) {
        ParsedStatement untold = parsed;
        untold.constant_count = -1;
        const std::size_t capacity = text.size() * 7 + 1;
        std::string ours(capacity, '\0');
        std::string librarys(capacity, '\0');
        ASSERT_EQ(query_audit_normalize(text.data(), text.size(), 0, &parsed, ours.data(), capacity), ParseStatus::ok);
        ASSERT_EQ(query_audit_normalize(text.data(), text.size(), 0, &untold, librarys.data(), capacity),
                  ParseStatus::ok);
        EXPECT_EQ(renumbered(ours.c_str()), renumbered(librarys.c_str()));
    });
}

TEST_P(Corpus, StatementsAreWhatTheirLinesSay) {
    const std::vector<CorpusStatement> statements = read_corpus(GetParam());
    ASSERT_FALSE(statements.empty());
    for (const CorpusStatement &statement : statements) {
        std::istringstream words(statement.expected);
        StatementKind kind = StatementKind::unknown;
        std::uint32_t flags = expected_anyhow;
        for (std::string word; words >> word;) {
            bool known = word == "norelation";
            if (known) flags &= ~shape_flag::relation;
            for (const auto &[name, value] : kind_names) {
                if (word == name) kind = value, known = true;
            }
            for (const FlagName &one : flag_names) {
                if (word == one.name) flags |= one.flags, known = true;
            }
            EXPECT_TRUE(known) << word << "\n" << statement.text;
        }
        const ParsedStatement parsed = parse(statement.text);
        ASSERT_EQ(parsed.status, ParseStatus::ok) << statement.text << "\n" << parsed.error_message;
        EXPECT_EQ(parsed.shape.kind, kind) << statement.text;
        EXPECT_EQ(describe_flags(parsed.shape.flags), describe_flags(flags)) << statement.text;
        EXPECT_EQ(parsed.shape.filter_identity != 0, parsed.shape.has(shape_flag::relation)) << statement.text;
    }
}

TEST_P(Corpus, LayoutDoesNotMatter) {
    for_each([](const std::string &text, const Pieces &pieces, const ParsedStatement &plain) {
        const auto change = [&](const std::function<std::string(std::size_t, const Piece &)> &write) {
            expect_same_statement(text, plain, pieces.map(write));
        };
        change([](std::size_t, const Piece &piece) { return "\n\t  " + piece.text; });
        change([](std::size_t, const Piece &piece) { return (piece.space.empty() ? "" : " ") + piece.text; });
        change([](std::size_t, const Piece &piece) {
            return piece.space + (piece.kind == TokenKind::word ? upper(piece.text) : piece.text);
        });
        change([](std::size_t, const Piece &piece) {
            return piece.space + (piece.kind == TokenKind::word ? piece.word : piece.text);
        });
        expect_same_statement(text, plain, text + " ;\n");
    });
}

TEST_P(Corpus, CommentsDoNotMatter) {
    for_each([](const std::string &text, const Pieces &pieces, const ParsedStatement &plain) {
        expect_same_statement(text, plain, "/*route='%2Fitems',traceparent='00-5bd66ef5095369c7-01'*/ " + text);
        expect_same_statement(text, plain, text + " /*action='index',db_driver='x'*/");
        expect_same_statement(text, plain, pieces.map([](std::size_t i, const Piece &piece) {
            return (i % 3 == 0 ? " /* it's /* $9 */ \"nested\" */ " : " -- don't; 'x'\n") + piece.text;
        }));
    });
}

// Lists of a length of their own: IN, VALUES and ARRAY.
TEST_P(Corpus, LengthsOfListsDoNotMatter) {
    const std::set<std::string> selects = {"select", "with", "values", "("};
    for_each([&](const std::string &, const Pieces &pieces, const ParsedStatement &plain) {
        for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
            if (pieces[i].text != "(" && pieces[i].text != "[") continue;
            const std::size_t end = pieces.closing(i);
            const std::string inside = pieces.text(i + 1, end);
            const bool row = pieces.is(i - 1, "values") || (pieces.is(i - 1, "in") && pieces.is(i + 1, "("));
            const bool list = pieces.is(i - 1, "in") && !selects.contains(pieces[i + 1].word);
            // A list of one is a look-up by a value.
            if (list || pieces.is(i - 1, "array") || (row && pieces.is(i - 1, "in") && !pieces.is(i + 2, "select"))) {
                expect_same_shape(plain, pieces.replace(i + 1, end, inside + ", " + inside), shape_flag::batch);
            } else if (row && pieces.is(i - 1, "values") && plain.shape.kind != StatementKind::merge) {
                expect_same_shape(plain, pieces.replace(i, end + 1, "(" + inside + "), (" + inside + ")"),
                                  shape_flag::batch);
            }
        }
    });
}

// Whether a literal may be a parameter instead: not a type's own, nor a position, nor what a sign belongs to.
bool may_be_parameter(const Pieces &pieces, std::size_t i) {
    static const std::set<std::string> types = {"interval", "date", "time", "timestamp", "timestamptz"};
    static const std::set<std::string> sized = {"varchar", "char", "numeric", "decimal", "bit", "float", "varying"};
    static const std::set<std::string> positions = {"by", "limit"};
    const std::string &before = i > 0 ? pieces[i - 1].word : pieces[i].word;
    if (types.contains(before) || before == "-" || before == "+") return false;
    for (std::size_t open = i; open-- > 0 && pieces[open].depth >= pieces[i].depth - 1;) {
        if (pieces[open].depth == pieces[i].depth - 1) {
            if (pieces[open].text == "(" && open > 0 && sized.contains(pieces[open - 1].word)) return false;
            break;
        }
    }
    if (pieces[i].kind == TokenKind::string) return true;
    for (std::size_t clause = i; clause-- > 0;) { // ORDER BY 1, 2 DESC
        if (pieces[clause].depth != pieces[i].depth) continue;
        if (pieces[clause].word == "by") return false;
        static const std::set<std::string> parts = {",", "asc", "desc", "nulls", "first", "last"};
        if (pieces[clause].kind != TokenKind::number && !parts.contains(pieces[clause].word)) return true;
    }
    return true;
}

TEST_P(Corpus, LiteralsAreAsParameters) {
    for_each([](const std::string &, const Pieces &pieces, const ParsedStatement &plain) {
        std::map<std::string, int> numbers;
        expect_same_shape(plain, pieces.map([&](std::size_t i, const Piece &piece) {
            const bool literal = piece.kind == TokenKind::string || piece.kind == TokenKind::number;
            if (!literal || !may_be_parameter(pieces, i)) return piece.space + piece.text;
            const int number = numbers.try_emplace(piece.text, 100 + static_cast<int>(numbers.size())).first->second;
            return piece.space + "$" + std::to_string(number);
        }));
        expect_same_shape(plain, pieces.map([&](std::size_t, const Piece &piece) {
            if (piece.kind != TokenKind::parameter) return piece.space + piece.text;
            return piece.space + " '" + piece.text.substr(1) + "'";
        }));
    });
}

TEST_P(Corpus, NormalizedTextIsTheSameStatement) {
    for_each([](const std::string &text, const Pieces &, const ParsedStatement &plain) {
        const std::string normal = normalize(text);
        EXPECT_EQ(normalize(normal), normal);
        expect_same_shape(plain, normal);
        const Pieces pieces(normal);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            EXPECT_NE(pieces[i].kind, TokenKind::string) << normal;
            EXPECT_NE(pieces[i].kind, TokenKind::comment) << normal;
        }
    });
}

TEST_P(Corpus, AnotherFilterIsAnotherList) {
    for_each([](const std::string &, const Pieces &pieces, const ParsedStatement &plain) {
        const Pieces::Range where = pieces.where();
        if (where.empty() || pages_inside(pieces, plain) || pieces.is(where.from, "current")) return;
        expect_other_filter(plain, pieces.replace(where.from, where.from, "another_column = $900 AND"));
        for (std::size_t i = where.from; i < where.to; ++i) {
            if (pieces[i].kind == TokenKind::operator_ && pieces[i].text == "=" && !pieces.is(i + 1, "any")) {
                expect_other_filter(plain, pieces.replace(i, i + 1, "IS DISTINCT FROM"));
            }
            const bool name = pieces[i].kind == TokenKind::identifier || pieces[i].kind == TokenKind::word;
            const bool compared = i + 1 < where.to && (pieces[i + 1].kind == TokenKind::operator_ ||
                                                       pieces.is(i + 1, "in") || pieces.is(i + 1, "like"));
            if (name && compared && !pieces.is(i - 1, "::") && pieces[i].word != "not" &&
                pieces[i + 1].text[0] != '*') {
                expect_other_filter(plain, pieces.replace(i, i + 1, "another_column"));
            }
        }
    });
}

TEST_P(Corpus, OrderLimitAndOutputAreNoFilter) {
    for_each([](const std::string &text, const Pieces &pieces, const ParsedStatement &plain) {
        if (plain.shape.kind != StatementKind::select || !plain.shape.has(shape_flag::relation)) return;
        if (pages_inside(pieces, plain)) return;
        if (const Pieces::Range order = pieces.order_by(); !order.empty()) {
            expect_same_list(plain, pieces.replace(order.from, order.to, ""));
            expect_same_list(plain, pieces.replace(order.from, order.to, "ORDER BY 1 DESC NULLS LAST"));
        }
        const Pieces::Range limit = pieces.limit();
        if (!limit.empty()) {
            expect_same_list(plain, pieces.replace(limit.from, limit.to, ""));
            expect_same_list(plain, pieces.replace(limit.from, limit.to, "LIMIT 7 OFFSET 14"));
        } else if (!plain.shape.has(shape_flag::locks_rows)) {
            expect_same_list(plain, text + " LIMIT 7");
        }
        const std::size_t from = pieces.find(0, {"from"}, 0);
        const bool rows = (plain.shape.flags & (shape_flag::aggregate | shape_flag::grouped)) == 0;
        const std::size_t select = pieces.find(0, {"select"}, 0);
        if (rows && from < pieces.size() && select < from && !pieces.is(select + 1, "distinct")) {
            expect_same_list(plain, pieces.replace(select + 1, from, "another_column, 1 AS one"));
        }
    });
}

// Which values are the filter's: those of WHERE are, those of LIMIT and SET are not.
TEST_P(Corpus, ValuesAreThoseOfTheFilter) {
    for_each([](const std::string &, const Pieces &pieces, const ParsedStatement &plain) {
        if (!filters(plain) || pages_inside(pieces, plain) || plain.filter_value_count == max_filter_values) return;
        const auto has = [&](const Piece &piece) {
            const FilterValue *const end = plain.filter_values + plain.filter_value_count;
            return std::any_of(plain.filter_values, end, [&](const FilterValue &value) {
                if (value.parameter > 0) return piece.text == "$" + std::to_string(value.parameter);
                // A sign belongs to its number.
                const auto at = static_cast<std::size_t>(value.location);
                return at == piece.start || at + 1 == piece.start;
            });
        };
        std::set<std::string> of_where;
        const auto for_each_value = [&](Pieces::Range range, auto visit) {
            for (std::size_t i = range.from; i < range.to; ++i) {
                const TokenKind kind = pieces[i].kind;
                if (kind == TokenKind::parameter || kind == TokenKind::string || kind == TokenKind::number) {
                    visit(pieces[i]);
                }
            }
        };
        for_each_value(pieces.where(), [&](const Piece &piece) {
            of_where.insert(piece.text);
            EXPECT_TRUE(has(piece)) << piece.text;
        });
        const auto expect_none = [&](Pieces::Range range) {
            for_each_value(range, [&](const Piece &piece) {
                EXPECT_TRUE(of_where.contains(piece.text) || !has(piece)) << piece.text;
            });
        };
        expect_none(pieces.limit());
        if (plain.shape.kind == StatementKind::update) {
            const std::size_t set = pieces.find(0, {"set"}, 0);
            expect_none({set, pieces.find(set, {"from", "where", "returning"}, 0)});
        }
    });
}

INSTANTIATE_TEST_SUITE_P(Styles, Corpus, testing::ValuesIn(corpus_files()),
                         [](const auto &info) { return info.param.stem().string(); });

TEST(CorpusFiles, HoldManyStatements) {
    std::size_t statements = 0;
    for (const std::filesystem::path &file : corpus_files()) statements += read_corpus(file).size();
    EXPECT_GE(statements, 300u);
}

} // namespace
} // namespace query_audit::test
