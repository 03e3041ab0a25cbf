/* SPDX-License-Identifier: Apache-2.0 */
/* files_fuzz.c: files of any bytes through the engine: text, binary records, object files, CSV,
 * JSON; as they are, .gz and .zst. A damaged file fails its job with a message that names it, or
 * its lines are passed by. The first byte is the kind, the second the packing and record, the third
 * the length of binary records. */
#include "base/log.h"
#include "fs/fs.h"
#include "rdd/context.h"
#include "rdd/ops/files.h"
#include "testing/sim_disk.h"
#include "types.h"

#include <wadi/wadi.h>

static char *const paths[] = {"/in/f", "/in/f.gz", "/in/f.zst"};

static void drop_line(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)level, (void)module, (void)text, (void)arg;
}
static wadi_context *sc;
static wadi__env *disk;
static void set_up(void) {
    wadi__log_capture(drop_line, NULL);
    disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__env_use(disk);
    sc = wadi_context_new("local[1]", "fuzz",
                          .settings = {{"wadi.source.line_max_bytes", "2000"},
                                       {"wadi.memory.max_bytes", "256m"},
                                       {"spark.task.maxFailures", "1"}});
    wadi__env_use(NULL);
}
static wadi_rdd *make(unsigned kind, const wadi__type *type, char *path,
                      size_t record_bytes) {
    wadi__input file = {path, -1, 0};
    static const wadi_op_options options = {.size = sizeof options};
    switch (kind) {
    case 0: return wadi__rdd_make_text_files(sc, &file, 1, &options);
    case 1: return wadi__rdd_make_binary_files(sc, &file, 1, record_bytes, &options);
    case 2: return wadi__rdd_make_object_files(sc, type, &file, 1, &options);
    case 3: return wadi__rdd_make_format_files(sc, type, "csv", &file, 1, &options);
    default: return wadi__rdd_make_format_files(sc, type, "json", &file, 1, &options);
    }
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (sc == NULL) set_up();
    fuzz in = {data, size};
    unsigned kind = fuzz_byte(&in) % 5, how = fuzz_byte(&in),
             record_bytes = 1 + fuzz_byte(&in) % 50;
    char *path = paths[how % 3];
    unsigned record = how / 3;
    const wadi_type *pub =
        fuzz_type(kind == 3 ? record % 2 : record); /* CSV has no form for the others */
    char *bytes = fuzz_rest(&in);
    wadi__sim_disk_put(disk, path, bytes, in.size);
    wadi__scope scope;
    wadi__scope_init(&scope, 1000);
    wadi__scope *before = wadi__scope_enter(&scope);
    wadi_rdd *rdd = make(kind, wadi__type_intern(pub, NULL), path, record_bytes);
    uint64_t rows = (uint64_t)wadi_count(rdd);
    wadi_save_as_text_file(rdd, "/out"); /* looks at every byte of the records */
    if (scope.has_failed)
        fuzz_check(strstr(scope.err.message, "/in/f") != NULL);
    else if (kind == 1 && how % 3 == 0)
        fuzz_check(rows == in.size / record_bytes);
    wadi__fs_remove_all(disk, "/out", NULL);
    wadi__scope_enter(before);
    wadi__scope_fini(&scope);
    free(bytes);
    return 0;
}
