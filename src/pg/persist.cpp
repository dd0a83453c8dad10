#include "core/saved.h"

#include "pg/memory.h"
#include "pg/persist.h"

#include "pg/pg.h"

namespace query_audit {
namespace {

constexpr const char *file_name = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_query_audit.stat";
constexpr const char *temporary_name = PGSTAT_STAT_PERMANENT_DIRECTORY "/pg_query_audit.stat.tmp";

pg_crc32c checksum(const void *data, size_t length) {
    pg_crc32c crc;
    INIT_CRC32C(crc);
    COMP_CRC32C(crc, data, length);
    FIN_CRC32C(crc);
    return crc;
}

// Reads the whole file into fresh memory; null, with a reason, when it is not one of this store's.
char *read_file(FILE *file, size_t length, const char **reason) {
    StoreHeader saved;
    pg_crc32c crc;
    *reason = "it is truncated";
    if (fread(&saved, sizeof(saved), 1, file) != 1) return nullptr;
    *reason = "it was written by another version or with other settings";
    if (!store.accepts(saved)) return nullptr;
    *reason = "it is truncated";
    char *content = static_cast<char *>(malloc(length));
    if (content == nullptr) return nullptr;
    memcpy(content, &saved, sizeof(saved));
    if (fread(content + sizeof(saved), length - sizeof(saved), 1, file) == 1 &&
        fread(&crc, sizeof(crc), 1, file) == 1) {
        *reason = "its checksum is wrong";
        if (crc == checksum(content, length)) return content;
    }
    free(content);
    return nullptr;
}

} // namespace

void load_store() {
    FILE *file = AllocateFile(file_name, PG_BINARY_R);
    if (file == nullptr) {
        if (errno != ENOENT) {
            ereport(LOG, (errcode_for_file_access(), errmsg("could not open file \"%s\": %m", file_name)));
        }
        return;
    }
    const size_t length = store.header().slots_offset;
    const char *reason = nullptr;
    char *content = read_file(file, length, &reason);
    FreeFile(file);
    const bool taken = content != nullptr && restore_store(store, content, length);
    if (content != nullptr && !taken) reason = "what it holds is damaged";
    free(content);
    if (!taken) {
        ereport(LOG, (errmsg("pg_query_audit ignores the file \"%s\": %s", file_name, reason)));
    }
    unlink(file_name);
}

void save_store() {
    FILE *file = AllocateFile(temporary_name, PG_BINARY_W);
    const size_t length = store.header().slots_offset;
    const pg_crc32c crc = checksum(&store.header(), length);
    bool written =
        file != nullptr && fwrite(&store.header(), length, 1, file) == 1 && fwrite(&crc, sizeof(crc), 1, file) == 1;
    if (file != nullptr) written = FreeFile(file) == 0 && written;
    if (!written) {
        ereport(LOG, (errcode_for_file_access(), errmsg("could not write file \"%s\": %m", temporary_name)));
        unlink(temporary_name);
        return;
    }
    (void)durable_rename(temporary_name, file_name, LOG);
}

} // namespace query_audit
