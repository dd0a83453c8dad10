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

ValueHashes hash_constants(const LocalShape &local, const StatementScan &scan) {
    ValueHashes found{scan.constants, 0, 0};
    for (int i = 0; i < local.filter_value_count; ++i) {
        const int place = local.filter_values[i] - 128;
        if (place >= 0 && place < scan.count) found.filter = hash_combine(found.filter, scan.constant[place].hash);
        if (i < local.key_value_count) found.keys = found.filter;
    }
    return found;
}

} // namespace query_audit
