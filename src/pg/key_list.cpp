#include "core/list_length.h"

#include "pg/values.h"

#include "pg/key_list.h"
#include "pg/statement_key.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

// A loop binds one type again and again, so the catalog is asked once.
bool is_array(Oid type) {
    static Oid known_array = InvalidOid;
    if (type == known_array) return true;
    if (!OidIsValid(get_element_type(type))) return false;
    known_array = type;
    return true;
}

int32 elements_of(const ParamExternData &parameter) {
    if (parameter.isnull || !is_array(parameter.ptype)) return 0;
    // What a client binds is a plain array; nothing is fetched to learn the length of another.
    const void *data = DatumGetPointer(parameter.value);
    if (!VARATT_IS_4B_U(data)) return 0;
    const ArrayType *array = static_cast<const ArrayType *>(data);
    return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

int32 length_in_text(LocalShape &local, const QueryDesc *query) {
    if (local.list_length > 0) return local.list_length;
    const int32 length = list_length(text_of(query));
    // With literals, note_constants() says when there are others. Without, the text is always the same, unless the
    // server's id does not tell lists of parameters apart.
    if (local.shape.has(shape_flag::has_literals) || is_own_query_id(local.query_id)) local.list_length = length;
    return length;
}

} // namespace

int32 length_of_key_list(LocalShape &local, const QueryDesc *query) {
    const int number = local.shape.list_parameter;
    if (number == 0) return length_in_text(local, query);
    const ParamExternData *parameter = bound_parameter(query, number);
    return parameter != nullptr ? elements_of(*parameter) : 0;
}

} // namespace query_audit
