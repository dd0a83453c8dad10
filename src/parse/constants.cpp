#include "parse/constants.h"

#include <algorithm>

#include "parse/tree.h"

namespace query_audit::parse {
namespace {

class Finder {
  public:
    explicit Finder(std::int32_t (&constants)[max_constants]) noexcept : constants_(constants) {}

    void look_into(const ProtobufCMessage &message) noexcept {
        if (count_ < 0 || message.descriptor == &pg_query__type_name__descriptor) return;
        if (message.descriptor == &pg_query__a__const__descriptor) {
            return add(reinterpret_cast<const PgQuery__AConst &>(message).location);
        }
        if (message.descriptor == &pg_query__sort_by__descriptor) {
            const Node *key = reinterpret_cast<const PgQuery__SortBy &>(message).node;
            if (key != nullptr && key->node_case == PG_QUERY__NODE__NODE_A_CONST) return;
        }
        if (message.descriptor == &pg_query__select_stmt__descriptor &&
            reinterpret_cast<const SelectStmt &>(message).n_group_clause > 0) {
            count_ = -1;
            return;
        }
        for_each_child(message, [this](const ProtobufCMessage &child) { look_into(child); });
    }

    [[nodiscard]] std::int32_t count() const noexcept { return count_; }

  private:
    void add(std::int32_t location) noexcept {
        if (location < 0) return; // none of the text's own
        if (count_ == max_constants) {
            count_ = -1;
        } else {
            constants_[count_++] = location;
        }
    }

    std::int32_t (&constants_)[max_constants];
    std::int32_t count_ = 0;
};

} // namespace

std::int32_t find_constants(const Node *statement, std::int32_t (&constants)[max_constants]) noexcept {
    Finder finder(constants);
    finder.look_into(statement->base);
    if (finder.count() <= 0) return finder.count();
    std::int32_t *const end = constants + finder.count();
    std::sort(constants, end);
    return static_cast<std::int32_t>(std::unique(constants, end) - constants);
}

} // namespace query_audit::parse
