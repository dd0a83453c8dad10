// libFuzzer target: tags in comments, which are another party's text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/tags.h"

namespace {

using namespace query_audit;

void require(bool holds) {
    if (!holds) std::abort();
}

// key=value pairs, each ended by NUL, and a NUL after the last; nothing but known keys, no control characters.
void require_well_formed(std::string_view text) {
    while (text.front() != '\0') {
        const std::string_view pair = text.substr(0, text.find('\0'));
        const std::size_t equals = pair.find('=');
        require(equals != std::string_view::npos && equals + 1 < pair.size());
        bool known = false;
        for (const std::string_view key : {"route", "controller", "namespaced_controller", "controller_with_namespace",
                                           "action", "job", "sidekiq_job", "application", "app_name", "framework",
                                           "line", "file", "source_location", "db_driver", "db_framework"}) {
            known = known || pair.substr(0, equals) == key;
        }
        require(known);
        for (const char c : pair) require(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
        text.remove_prefix(pair.size() + 1);
        require(!text.empty());
    }
    require(text.find_first_not_of('\0') == std::string_view::npos);
}

void check(std::string_view statement) {
    Tags tags;
    std::memset(&tags, 0xA5, sizeof tags);
    const bool found = parse_tags(statement, tags);
    require_well_formed({tags.text, tags_bytes});
    if (!found) require(tags.trace == 0 && tags.route == 0 && tags.text[0] == '\0');
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    check(text);
    static char comment[1 << 16];
    if (size + 4 <= sizeof comment) {
        std::memcpy(comment, "/*", 2);
        std::memcpy(comment + 2, data, size);
        std::memcpy(comment + 2 + size, "*/", 2);
        check({comment, size + 4});
    }
    return 0;
}
