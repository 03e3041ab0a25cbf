/* SPDX-License-Identifier: Apache-2.0 */
/* keep.c: lists of things to keep alive. */
#include "data/keep.h"

#include "base/buffer.h"

static void keep_destroy(wadi__counted *counted) {
    wadi__keep *keep = (wadi__keep *)counted;
    wadi__arena_fini(&keep->arena);
    for (size_t i = 0; i < keep->held.count; i++) wadi__counted_unref(keep->held.items[i]);
    wadi__vec_fini(&keep->held);
    wadi__free(keep);
}
wadi__keep *wadi__keep_new(void) {
    wadi__keep *keep = wadi__calloc(1, sizeof *keep);
    if (keep != NULL) wadi__counted_init(&keep->counted, keep_destroy);
    return keep;
}
bool wadi__keep_add(wadi__keep *keep, wadi__counted *object) {
    if (object == NULL) return true;
    if (keep->held.count > 0 && keep->held.items[keep->held.count - 1] == object) return true;
    if (!wadi__vec_push(&keep->held, object)) return false;
    wadi__counted_ref(object);
    return true;
}
size_t wadi__keep_buffer_bytes(const wadi__keep *keep) {
    size_t bytes = 0;
    for (size_t i = 0; keep != NULL && i < keep->held.count; i++)
        if (wadi__counted_is_buffer(keep->held.items[i])) bytes += ((wadi__buffer *)keep->held.items[i])->piece_bytes;
    return bytes;
}
