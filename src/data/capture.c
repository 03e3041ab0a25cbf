/* SPDX-License-Identifier: Apache-2.0 */
/* capture.c: lists of sections. */
#include "data/capture.h"

static void drop(const wadi__section *section) {
    wadi__block_unref(section->rows);
    wadi__block_unref(section->notes);
}
bool wadi__capture_add(wadi__capture *capture, wadi__section section) {
    if (wadi__vec_push(&capture->sections, section)) return true;
    drop(&section);
    return false;
}
void wadi__capture_cut(wadi__capture *capture, size_t count) {
    while (capture->sections.count > count)
        drop(&capture->sections.items[--capture->sections.count]);
}
void wadi__capture_fini(wadi__capture *capture) {
    wadi__capture_cut(capture, 0);
    wadi__vec_fini(&capture->sections);
}
size_t wadi__capture_bytes(const wadi__capture *capture) {
    size_t bytes = 0;
    for (size_t i = 0; i < capture->sections.count; i++) {
        const wadi__section *section = &capture->sections.items[i];
        bytes += section->rows->size_bytes;
        if (section->notes != NULL) bytes += section->notes->size_bytes;
    }
    return bytes;
}
