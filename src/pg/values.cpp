#include "core/lineage.h"

#include "pg/values.h"

#include "pg/sampler.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr int first_constant = 128; // in LocalShape::filter_values
constexpr uint64 null_hash = 0xd1b54a32d192ed03;

pg_noinline uint64 hash_parameter(LocalShape &local, int index, const ParamExternData &parameter) {
    if (parameter.isnull) return null_hash;
    int16 length;
    if (index < cached_parameter_types) {
        // A type seldom changes between executions of one shape; when it does, the catalog is asked once more.
        if (index >= local.typed_parameters || local.parameter[index].type != parameter.ptype) {
            bool by_value = false;
            get_typlenbyval(parameter.ptype, &length, &by_value);
            local.parameter[index] = {parameter.ptype, by_value ? int16{0} : length};
            if (index == local.typed_parameters) ++local.typed_parameters;
        }
        length = local.parameter[index].length;
    } else {
        bool by_value = false;
        get_typlenbyval(parameter.ptype, &length, &by_value);
        if (by_value) length = 0;
    }
    if (length == 0) return static_cast<uint64>(parameter.value);
    const void *data = DatumGetPointer(parameter.value);
    if (length > 0) return hash_bytes(data, static_cast<size_t>(length));
    if (length == -2) return hash_text(static_cast<const char *>(data));
    if (VARATT_IS_EXTERNAL(data)) return hash_bytes(data, VARSIZE_EXTERNAL(data));
    return hash_bytes(VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
}

} // namespace

[[gnu::hot]] void note_constants(LocalShape &local, const StatementScan &scan) {
    uint64 filter = 0;
    uint64 keys = 0;
    for (int i = 0; i < local.filter_value_count; ++i) {
        const int place = local.filter_values[i] - first_constant;
        if (place >= 0 && place < scan.count) filter = hash_combine(filter, scan.constant[place].hash);
        if (i < local.key_value_count) keys = filter;
    }
    if (local.literals == Literals::unknown) {
        local.literals = Literals::one;
    } else if (local.literals_hash != scan.constants) {
        local.literals = Literals::many;
    }
    local.literals_hash = scan.constants;
    local.list_length = scan.longest_list;
    local.filter_literals_hash = filter;
    local.key_literals_hash = keys;
}

namespace {

// To be combined with others, which mixes what is passed by value.
inline uint64 hash_bound(LocalShape &local, int index, const ParamExternData &parameter) {
    const bool known = index < local.typed_parameters && local.parameter[index].type == parameter.ptype;
    if (known && local.parameter[index].length == 0 && !parameter.isnull) [[likely]]
        return parameter.value;
    return hash_parameter(local, index, parameter);
}

pg_noinline uint64 hash_several_keys(LocalShape &local, const ParamListInfoData &parameters) {
    uint64 hash = 0;
    for (int i = 0; i < parameters.numParams; ++i) {
        hash = hash_combine(hash, hash_bound(local, i, parameters.params[i]));
    }
    return hash;
}

// All bound values, where they are just the filter's keys; mostly one.
uint64 hash_plain_keys(LocalShape &local, const ParamListInfoData &parameters) {
    if (parameters.numParams == 1) [[likely]]
        return hash_combine(0, hash_bound(local, 0, parameters.params[0]));
    return hash_several_keys(local, parameters);
}

// Those that the filter compares with are known by number, keys first.
[[gnu::hot]] pg_noinline void add_bound_values(LocalShape &local, const ParamListInfoData &parameters,
                                               StatementEvent &event) {
    const int count = parameters.numParams;
    int next = 0; // of the filter's values
    for (int i = 0; i < count; ++i) {
        const uint64 hash = hash_bound(local, i, parameters.params[i]);
        event.parameters_hash = hash_combine(event.parameters_hash, hash);
        if (next < local.filter_value_count && local.filter_values[next] == i + 1) {
            event.filter_hash = hash_combine(event.filter_hash, hash);
            if (next++ < local.key_value_count) event.key_hash = event.filter_hash;
        }
    }
    // Mostly they come in the order of their numbers; those left do not, or are constants.
    for (; next < local.filter_value_count; ++next) {
        const int number = local.filter_values[next];
        if (number <= count) {
            event.filter_hash =
                hash_combine(event.filter_hash, hash_bound(local, number - 1, parameters.params[number - 1]));
        }
        if (next < local.key_value_count) event.key_hash = event.filter_hash;
    }
}

// Where they are not those of the text that was analysed last.
pg_noinline void note_constants_again(LocalShape &local, const QueryDesc *query) {
    StatementScan scan;
    scan_statement(text_of(query), scan);
    note_constants(local, scan);
}

[[gnu::hot]] pg_noinline void add_literals(LocalShape &local, const QueryDesc *query, StatementEvent &event) {
    const bool just_analysed = local.unexecuted == 1;
    const bool other = local.literals == Literals::unknown || (local.literals == Literals::many && !just_analysed);
    if (other) note_constants_again(local, query);
    event.parameters_hash = hash_combine(event.parameters_hash, local.literals_hash);
    // A count without literals and its page with a literal LIMIT compare with the same values.
    if (local.filter_literals_hash != 0)
        event.filter_hash = hash_combine(event.filter_hash, local.filter_literals_hash);
    if (local.key_literals_hash != 0) event.key_hash = hash_combine(event.key_hash, local.key_literals_hash);
}

} // namespace

[[gnu::hot]] void hash_values(LocalShape &local, const QueryDesc *query, StatementEvent &event) {
    ParamListInfo parameters = query->params;
    // PL/pgSQL fetches its variables lazily; to ask for them could run its code.
    const bool bound = parameters != nullptr && parameters->paramFetch == nullptr;
    if (bound && local.plain_keys && local.filter_value_count == parameters->numParams) [[likely]] {
        event.parameters_hash = event.filter_hash = event.key_hash = hash_plain_keys(local, *parameters);
    } else {
        event.parameters_hash = event.filter_hash = event.key_hash = 0;
        if (bound) add_bound_values(local, *parameters, event);
    }
    constexpr uint32 more = shape_flag::has_literals | shape_flag::any_value_filters;
    if ((local.shape.flags & more) == 0) [[likely]]
        return;
    if (local.shape.has(shape_flag::has_literals)) add_literals(local, query, event);
    if (local.shape.has(shape_flag::any_value_filters)) event.filter_hash = event.key_hash = event.parameters_hash;
}

namespace {

uint32 hash_sampled_parameter(const LocalShape &local, const QueryDesc *query, int number) {
    const ParamExternData *parameter = bound_parameter(query, number);
    const int index = number - 1;
    if (parameter == nullptr || parameter->isnull || index >= local.typed_parameters) return 0;
    if (local.parameter[index].type != parameter->ptype) return 0;
    const int16 length = local.parameter[index].length; // 0: by value
    return hash_sampled_value(parameter->ptype, length, length == 0, parameter->value);
}

} // namespace

void collect_keys(const LocalShape &local, const QueryDesc *query, KeyValues &keys) {
    memset(&keys, 0, sizeof(keys));
    const int count = Min(static_cast<int>(local.key_value_count), followed_keys);
    bool constants = false;
    for (int i = 0; i < count; ++i) {
        const int code = local.filter_values[i];
        constants = constants || code >= first_constant;
        if (code < first_constant) keys.hash[i][0] = hash_sampled_parameter(local, query, code);
    }
    if (!constants) return;
    const std::string_view text = text_of(query);
    StatementScan scan;
    scan_statement(text, scan);
    for (int i = 0; i < count; ++i) {
        const int place = local.filter_values[i] - first_constant;
        if (place < 0 || place >= scan.count) continue;
        const TextConstant &constant = scan.constant[place];
        hash_sampled_literal(text.substr(constant.start, constant.end - constant.start), keys.hash[i]);
    }
}

} // namespace query_audit
