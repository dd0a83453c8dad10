#include "pg/extension.h"

#include "pg/pg.h"

namespace query_audit {

Oid schema_of_extension(Oid extension) {
    ScanKeyData scan_key;
    ScanKeyInit(&scan_key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(extension));
    Relation catalog = table_open(ExtensionRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(catalog, ExtensionOidIndexId, true, nullptr, 1, &scan_key);
    HeapTuple tuple = systable_getnext(scan);
    const Oid schema =
        HeapTupleIsValid(tuple) ? reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple))->extnamespace : InvalidOid;
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return schema;
}

List *schemas_of_extensions() {
    List *schemas = NIL;
    Relation catalog = table_open(ExtensionRelationId, AccessShareLock);
    SysScanDesc scan = systable_beginscan(catalog, InvalidOid, false, nullptr, 0, nullptr);
    for (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple); tuple = systable_getnext(scan)) {
        schemas = list_append_unique_oid(schemas, reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple))->extnamespace);
    }
    systable_endscan(scan);
    table_close(catalog, AccessShareLock);
    return schemas;
}

} // namespace query_audit
