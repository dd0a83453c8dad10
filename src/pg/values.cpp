#include "core/lexer.h"

#include "pg/values.h"

#include "pg/pg.h"

namespace query_audit {

uint64 hash_parameter(LocalShape &local, int index, const ParamExternData &parameter) {
    if (parameter.isnull) return 0x6e756c6c;
    int16 length;
    if (index < cached_parameter_types) {
        // A type seldom changes between executions of one shape; when it does, the catalog is asked once more.
        if (index >= local.typed_parameters || local.type[index] != parameter.ptype) {
            bool by_value = false;
            get_typlenbyval(parameter.ptype, &length, &by_value);
            local.type[index] = parameter.ptype;
            local.type_length[index] = by_value ? 0 : length;
            if (index == local.typed_parameters) ++local.typed_parameters;
        }
        length = local.type_length[index];
    } else {
        bool by_value = false;
        get_typlenbyval(parameter.ptype, &length, &by_value);
        if (by_value) length = 0;
    }
    if (length == 0) return hash_mix(static_cast<uint64>(parameter.value));
    const void *data = DatumGetPointer(parameter.value);
    if (length > 0) return hash_bytes(data, static_cast<size_t>(length));
    if (length == -2) return hash_text(static_cast<const char *>(data));
    if (VARATT_IS_EXTERNAL(data)) return hash_bytes(data, VARSIZE_EXTERNAL(data));
    return hash_bytes(VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
}

ValueHashes hash_constants(const LocalShape &local, const char *source, const JumbleState *jumble) {
    constexpr int remembered = 128;
    uint64 hashes[remembered];
    const std::string_view text(source);
    int count = 0;
    ValueHashes found{0, 0, 0};
    for (int i = 0; i < jumble->clocations_count; ++i) {
        const LocationLen &constant = jumble->clocations[i];
        uint64 hash = 0;
        if (constant.location >= 0 && !is_parameter_location(constant)) {
            const auto start = static_cast<size_t>(constant.location);
            const int known = known_constant_length(constant);
            const size_t length = known > 0 ? static_cast<size_t>(known) : constant_length(text, start);
            hash = start <= text.size() ? hash_text(text.substr(start, length)) : 0;
            found.parameters = hash_combine(found.parameters, hash);
        }
        if (i < remembered) hashes[count++] = hash;
    }
    for (int i = 0; i < local.filter_value_count; ++i) {
        const int place = local.filter_values[i] - 128;
        if (place >= 0 && place < count) found.filter = hash_combine(found.filter, hashes[place]);
        if (i < local.key_value_count) found.keys = found.filter;
    }
    return found;
}

uint64 hash_text_words(std::string_view text) {
    uint64 hash = 1;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind == TokenKind::comment) continue;
        const bool constant = token.kind == TokenKind::string || token.kind == TokenKind::number;
        hash = hash_combine(hash, constant ? 0 : hash_text(lexer.text_of(token)));
    }
    return hash;
}

uint64 hash_text_constants(std::string_view text) {
    uint64 hash = 0;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
        if (token.kind == TokenKind::string || token.kind == TokenKind::number) {
            hash = hash_combine(hash, hash_text(lexer.text_of(token)));
        }
    }
    return hash;
}

} // namespace query_audit
