/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: the library's side of the module for JSON. */
#include "data/json.h"

#include "base/mem.h"
#include "base/module.h"

#include <wadi/str.h>

#include <stdatomic.h>

enum { PAGE_BYTES = 4096 };

const wadi__json_ops *wadi__json_open(wadi_error *err) {
    static _Atomic(const wadi__json_ops *) loaded;
    const wadi__json_ops *ops = atomic_load(&loaded);
    if (ops != NULL) return ops;
    ops = wadi__module_open("json", "wadi__json_module", err);
    if (ops == NULL) return NULL;
    if (ops->version != WADI__JSON_OPS_VERSION || ops->padding > PAGE_BYTES / 2) {
        wadi_error_context(err, WADI_E_INVALID,
                           "the module wadi-json.so belongs to another version of the library");
        return NULL;
    }
    atomic_store(&loaded, ops);
    return ops;
}
bool wadi__json_init(wadi__json *json, const wadi__json_ops *ops) {
    *json = (wadi__json){.ops = ops, .parser = wadi__mem_refused() ? NULL : ops->open()};
    return json->parser != NULL;
}
void wadi__json_fini(wadi__json *json) {
    if (json->parser != NULL) json->ops->close(json->parser);
    wadi__free(json->copy);
    *json = (wadi__json){0};
}
/* simdjson reads some bytes past the end. Within the line's page that does no harm; sanitizers are
 * not told. */
static bool may_read_past(const wadi__json *json, const char *end) {
#ifdef WADI__CAREFUL
    (void)json, (void)end;
    return false;
#else
    return ((uintptr_t)end & (PAGE_BYTES - 1)) != 0 &&
           ((uintptr_t)end & (PAGE_BYTES - 1)) <= PAGE_BYTES - json->ops->padding;
#endif
}
static bool copy_line(wadi__json *json, const char *line, size_t size) {
    size_t needed = size + json->ops->padding;
    if (json->room < needed) {
        size_t room = needed * 2;
        char *made = wadi__malloc(room);
        if (made == NULL) return false;
        wadi__free(json->copy);
        json->copy = made;
        json->room = room;
    }
    memcpy(json->copy, line, size);
    memset(json->copy + size, 0, json->ops->padding);
    return true;
}
bool wadi__json_parse(wadi__json *json, const wadi_type *type, const char *line, size_t size,
                      void *record, void *(*alloc)(void *arg, size_t size), void *alloc_arg,
                      const char **why) {
    memset(record, 0, type->size);
    if (may_read_past(json, line + size))
        return json->ops->parse(json->parser, type, line, size, line, record, alloc, alloc_arg,
                                why);
    if (!copy_line(json, line, size)) {
        *why = NULL;
        return false;
    }
    return json->ops->parse(json->parser, type, json->copy, size, line, record, alloc, alloc_arg,
                            why);
}
