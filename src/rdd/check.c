/* SPDX-License-Identifier: Apache-2.0 */
/* check.c: WADI_CHECK=1. Memory that Wadi keeps alive is always the pool's; constant data lies in the
 * segments of the program and its shared objects. A local array, or memory of malloc, is neither. */
#include "rdd/check.h"

#include "base/pool.h"
#include "rdd/rdd.h"

#include <wadi/str.h>

#include <link.h>
#include <string.h>

enum { JUNK = 0xA5 };

void wadi__check_before(const wadi__call_site *site, const wadi_call *call) {
    if (call->out != NULL) memset(call->out, JUNK, call->count * site->fn->out->pub.size);
}

static int in_segment(struct dl_phdr_info *object, size_t size, void *arg) {
    (void)size;
    uintptr_t p = *(uintptr_t *)arg;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && p >= from && p - from < segment->p_memsz) return 1;
    }
    return 0;
}
static bool is_kept(const void *p) {
    uintptr_t address = (uintptr_t)p;
    return wadi__pool_has(p) || dl_iterate_phdr(in_segment, &address) != 0;
}
static const char *stray(const wadi__type *type, const char *value, const char *name);

/* As stray(), of the fields of a record from number `first` on. */
static const char *stray_field(const wadi__type *type, const char *record, uint32_t first) {
    for (uint32_t i = first; i < type->pub.field_count; i++) {
        const wadi_field *field = &type->pub.fields[i];
        for (uint32_t k = 0; k < field->count; k++) {
            const char *found = stray(wadi__type_inner(field->type),
                                      record + field->offset + (size_t)k * field->type->size, field->name);
            if (found != NULL) return found;
        }
    }
    return NULL;
}
/* The first field that points where it may not: its name, or `name` if it is the value itself; NULL: none does. */
static const char *stray(const wadi__type *type, const char *value, const char *name) {
    if (!type->has_outside) return NULL;
    const wadi__type *element = wadi__type_inner(type->pub.element); /* of those that have one */
    switch (type->pub.kind) {
    case WADI_KIND_STR: {
        const wadi_str *s = (const wadi_str *)(const void *)value;
        return s->len <= WADI_STR_IN_PLACE_MAX || is_kept(s->rest.data) ? NULL : name;
    }
    case WADI_KIND_SEQ: {
        const wadi_str_list *seq = (const wadi_str_list *)(const void *)value;
        if (seq->count == 0) return NULL;
        if (!is_kept(seq->items)) return name;
        const char *at = (const char *)seq->items, *found = NULL;
        for (size_t i = 0; found == NULL && i < seq->count; i++) found = stray(element, at + i * element->pub.size, name);
        return found;
    }
    case WADI_KIND_OPTION: return value[element->pub.size] == 0 ? NULL : stray(element, value, name);
    case WADI_KIND_ALIAS: return stray(element, value, name);
    case WADI_KIND_RECORD: return stray_field(type, value, 0);
    default: return NULL;
    }
}
static void check_rows(wadi__task *task, const wadi__type *type, const void *rows, size_t count,
                       bool key_comes_later) {
    const char *at = rows;
    for (size_t i = 0; i < count && !task->user.failed; i++, at += type->pub.size) {
        const char *field = key_comes_later ? stray_field(type, at, 1) : stray(type, at, "");
        if (field == NULL) continue;
        char text[128];
        bool is_record = field[0] != 0;
        wadi__task_fail(task, WADI_E_USER,
                        "WADI_CHECK: '%s' gave a %s%s%s that points at memory that will not stay: "
                        "copy it with wadi_str_copy() or wadi_alloc()",
                        task->at != NULL ? task->at->fn->name : "a function", wadi__type_text(type, text, sizeof text),
                        is_record ? " with a field " : "", field);
    }
}
void wadi__check_rows(wadi__task *task, const wadi__type *type, const void *rows, size_t count) {
    check_rows(task, type, rows, count, false);
}
void wadi__check_after(const wadi__call_site *site, const wadi_call *call) {
    if (call->out != NULL)
        check_rows(site->task, site->fn->out, call->out, call->count, site->sets_key);
    if (site->fn->kind == WADI_FN_REDUCE || site->fn->kind == WADI_FN_COMBINE)
        for (size_t i = 0; i < (call->acc != NULL ? (call->count > 0) : call->count); i++)
            wadi__check_rows(site->task, site->fn->out, call->acc != NULL ? call->acc : call->accs[i], 1);
}
