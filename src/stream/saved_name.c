/* SPDX-License-Identifier: Apache-2.0 */
/* saved_name.c: names of streams in checkpoints. */
#include "stream/saved_name.h"

#include "stream/stream_context.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* '#' is left to the numbers. */
static bool is_plain(unsigned char c) {
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c != 0 && strchr("-_:@+=,", c) != NULL);
}
/* A dot is fine but in front. */
static void add_safely(wadi__text *to, const char *text) {
    for (const char *at = text; *at != 0; at++) {
        unsigned char c = (unsigned char)*at;
        char code[8];
        if (is_plain(c) || (c == '.' && to->size > 0)) {
            wadi__text_add(to, at, 1);
        } else {
            snprintf(code, sizeof code, "%%%02X", c);
            wadi__text_add(to, code, 3);
        }
    }
}
/* Names that are too long end in a hash of the whole. Room is left for a number. */
static void shorten(wadi__text *text) {
    enum { ROOM = WADI__SAVED_NAME_MAX - 12, HASH = 17 };
    char hash[HASH + 1];
    if (text->failed || text->size <= ROOM) return;
    snprintf(hash, sizeof hash, "~%016llx", (unsigned long long)XXH64(text->bytes, text->size, 0));
    memcpy(text->bytes + ROOM - HASH, hash, HASH);
    text->size = ROOM;
}
/* Without a number. */
static void base_name(const wadi_dstream *self, wadi__text *to) {
    if (self->name != NULL && self->name[0] != 0) {
        add_safely(to, self->name);
    } else {
        add_safely(to, self->ops->name);
        if (self->fn != NULL) {
            wadi__text_add(to, ":", 1);
            add_safely(to, self->fn->name);
        }
    }
    shorten(to);
}
/* How many streams before number i have its name. */
static size_t same_before(const wadi__text *bases, size_t i) {
    size_t same = 0;
    for (size_t j = 0; j < i; j++)
        same += bases[j].size == bases[i].size &&
                memcmp(bases[j].bytes, bases[i].bytes, bases[i].size) == 0;
    return same;
}
static bool make_name(wadi_dstream *self, const wadi__text *base, size_t same) {
    char number[24] = "";
    if (same > 0) snprintf(number, sizeof number, "#%zu", same + 1);
    wadi__text whole = {0};
    wadi__text_add(&whole, base->bytes, base->size);
    wadi__text_add(&whole, number, strlen(number) + 1);
    wadi__free(self->saved_name);
    self->saved_name = whole.bytes;
    return !whole.failed;
}
bool wadi__saved_names_make(wadi_stream_context *ssc) {
    size_t count = ssc->nodes.count;
    wadi__text *bases = wadi__calloc(count, sizeof *bases);
    bool made = bases != NULL;
    for (size_t i = 0; i < count && made; i++) {
        base_name(ssc->nodes.items[i], &bases[i]);
        made = !bases[i].failed;
    }
    for (size_t i = 0; i < count && made; i++)
        made = make_name(ssc->nodes.items[i], &bases[i], same_before(bases, i));
    for (size_t i = 0; i < count && bases != NULL; i++) wadi__text_fini(&bases[i]);
    wadi__free(bases);
    return made;
}
const char *wadi__dstream_saved_name(wadi_dstream *self) {
    if (self->saved_name == NULL && !wadi__saved_names_make(self->ssc)) return NULL;
    return self->saved_name;
}
bool wadi__saved_names_clash(wadi_dstream *a, wadi_dstream *b) {
    const char *first = wadi__dstream_saved_name(a), *second = wadi__dstream_saved_name(b);
    if (first == NULL || second == NULL) return false;
    size_t len = strcspn(first, "#");
    return len == strcspn(second, "#") && memcmp(first, second, len) == 0;
}
