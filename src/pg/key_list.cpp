#include "core/list_length.h"

#include "pg/key_list.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

int32 elements_of(const ParamExternData &parameter) {
    if (parameter.isnull || !OidIsValid(get_element_type(parameter.ptype))) return 0;
    // What a client binds is a plain array; nothing is fetched to learn the length of another.
    const void *data = DatumGetPointer(parameter.value);
    if (!VARATT_IS_4B_U(data)) return 0;
    const ArrayType *array = static_cast<const ArrayType *>(data);
    return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

} // namespace

int32 length_of_key_list(const StatementShape &shape, const QueryDesc *query) {
    const int number = shape.list_parameter;
    if (number == 0) return list_length(text_of(query));
    const ParamListInfoData *parameters = query->params;
    if (parameters == nullptr || parameters->paramFetch != nullptr || number > parameters->numParams) return 0;
    return elements_of(parameters->params[number - 1]);
}

} // namespace query_audit
