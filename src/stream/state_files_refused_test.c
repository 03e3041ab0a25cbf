/* SPDX-License-Identifier: Apache-2.0 */
/* state_files_refused_test.c: files that are damaged, of others, or of another type are refused,
 * and it is said. */
#include "testing/state_files_case.h"

#include "base/log.h"

#include <errno.h>

static wadi_status try_restore(rig *r, wadi_error *err) {
    reading into = {0};
    wadi__state_files *files = open_files(r);
    *err = (wadi_error)WADI_ERROR_INIT;
    wadi_status status = restore(r, files, &into, err);
    wadi__state_store_fini(&into.store);
    wadi__state_files_unref(files);
    return status;
}
static rig *rig_with_files(void) {
    rig *r = rig_new(7);
    for (int i = 0; i < 3; i++) {
        step(r, 20);
        work(r);
    }
    save(r, -1);
    name_count = 0;
    r->disk->dir_list(r->disk, "/check/state/counts", list_name, NULL);
    assert_int_equal(name_count, 3);
    return r;
}
static void test_damage(void **state) {
    (void)state;
    rig *r = rig_with_files();
    wadi_error err;
    for (size_t f = 0; f < name_count; f++) {
        size_t size;
        char *bytes = wadi__sim_disk_get(r->disk, names[f], &size);
        for (size_t at = 0; at < size; at += 7) {
            assert_true(wadi__sim_disk_damage(r->disk, names[f], (int64_t)at, 0x10));
            assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
            assert_non_null(strstr(err.message, names[f]));
            assert_true(wadi__sim_disk_damage(r->disk, names[f], (int64_t)at, 0x10));
        }
        for (size_t cut = 0; cut < size; cut += 31) {
            wadi__sim_disk_put(r->disk, names[f], bytes, cut);
            assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
            assert_non_null(strstr(err.message, names[f]));
        }
        r->disk->file_unlink(r->disk, names[f]);
        assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
        assert_non_null(strstr(err.message, "is missing"));
        wadi__sim_disk_put(r->disk, names[f], bytes, size);
        free(bytes);
    }
    expect_restored(r);
    rig_free(r);
}
static void test_files_of_others(void **state) {
    (void)state;
    rig *r = rig_with_files();
    wadi_error err;
    size_t size, other_size;
    char *bytes = wadi__sim_disk_get(r->disk, names[1], &size);
    char *other = wadi__sim_disk_get(r->disk, names[2], &other_size);
    wadi__sim_disk_put(r->disk, names[1], other, other_size);
    assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
    wadi__sim_disk_put(r->disk, names[1], bytes, size);
    for (size_t cut = 0; cut < r->named.size; cut += 5) {
        size_t whole = r->named.size;
        r->named.size = cut;
        assert_int_equal(try_restore(r, &err), WADI_E_CORRUPT);
        r->named.size = whole;
    }
    free(bytes);
    free(other);
    expect_restored(r);
    rig_free(r);
}

WADI_RECORD(other_type, (wadi_str, key), (wadi_str, n));
typedef struct refusal {
    const char *op;
    const wadi_type *type;
    bool is_keyed;
    const char *message;
} refusal;
static const refusal refusals[] = {
    {"update_state_by_key", WADI_TYPE(other_type), true,
     "counts: update_state_by_key has saved counted, the program has other_type"},
    {"map_with_state", WADI_TYPE(counted), true,
     "counts: a state of update_state_by_key was saved, the program has map_with_state"},
    {"update_state_by_key", WADI_TYPE(counted), false, "a state of update_state_by_key was saved"},
};
static void test_refusals(void **state) {
    (void)state;
    rig *r = rig_with_files();
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        wadi_error err = WADI_ERROR_INIT;
        int64_t time_ms, begun_ms;
        wadi__state_files_spec spec = {.env = r->disk,
                                       .checkpoint_dir = "/check",
                                       .stream = "counts",
                                       .op = refusals[i].op,
                                       .type = wadi__type_intern(refusals[i].type, NULL),
                                       .is_keyed = refusals[i].is_keyed,
                                       .partition_count = 1,
                                       .chain_max = 4,
                                       .wake = wake,
                                       .wake_arg = r};
        wadi__state_files *files = wadi__state_files_new(&spec);
        wadi__state_visitor visitor = {expect, visit, NULL};
        assert_int_equal(wadi__state_files_restore(files, r->named.bytes, r->named.size, &visitor,
                                                   &time_ms, &begun_ms, &err),
                         WADI_E_TYPE);
        if (strstr(err.message, refusals[i].message) == NULL) fail_msg("%s", err.message);
        assert_non_null(strstr(err.message, "another .name"));
        wadi__state_files_unref(files);
    }
    rig_free(r);
}
/* A program whose record has gained a field goes on: it is zero. */
typedef struct counted_more {
    wadi_str key;
    int64_t more, n;
    wadi_str text;
} counted_more;
static const wadi_field more_fields[] = {
    {"key", WADI_TYPE(wadi_str), offsetof(counted_more, key), 1},
    {"more", WADI_TYPE(int64_t), offsetof(counted_more, more), 1},
    {"n", WADI_TYPE(int64_t), offsetof(counted_more, n), 1},
    {"text", WADI_TYPE(wadi_str), offsetof(counted_more, text), 1},
};
static const wadi_type more_type = {
    "counted", WADI_KIND_RECORD, sizeof(counted_more), _Alignof(counted_more), 4, more_fields, NULL,
};
static wadi_status expect_rows(void *arg, uint64_t rows, wadi_error *err) {
    (void)arg, (void)rows, (void)err;
    return WADI_OK;
}
static wadi_status visit_more(void *arg, const wadi__section *section, wadi_error *err) {
    (void)err;
    if (section->kind != WADI__SECTION_ROWS) return WADI_OK;
    for (size_t c = 0; c < section->rows->chunks.count; c++) {
        const wadi__chunk *chunk = section->rows->chunks.items[c];
        const counted_more *rows = (const void *)chunk->rows;
        for (uint32_t i = 0; i < chunk->count; i++) {
            char key_text[60], text[60];
            counted wanted;
            make(number_of((const counted *)(const void *)&rows[i]), rows[i].n, &wanted, key_text,
                 text);
            assert_int_equal(rows[i].more, 0);
            assert_true(wadi_str_equal(rows[i].key, wanted.key));
            assert_true(wadi_str_equal(rows[i].text, wanted.text));
            ++*(size_t *)arg;
        }
    }
    return WADI_OK;
}
static void test_gained_field(void **state) {
    (void)state;
    rig *r = rig_with_files();
    size_t rows = 0;
    wadi_error err = WADI_ERROR_INIT;
    int64_t time_ms, begun_ms;
    wadi__state_files_spec spec = {.env = r->disk,
                                   .checkpoint_dir = "/check",
                                   .stream = "counts",
                                   .op = "update_state_by_key",
                                   .type = wadi__type_intern(&more_type, NULL),
                                   .is_keyed = true,
                                   .epoch = 9,
                                   .partition_count = 1,
                                   .chain_max = 4,
                                   .wake = wake,
                                   .wake_arg = r};
    wadi__state_files *files = wadi__state_files_new(&spec);
    wadi__state_visitor visitor = {expect_rows, visit_more, &rows};
    if (wadi__state_files_restore(files, r->named.bytes, r->named.size, &visitor, &time_ms,
                                  &begun_ms, &err) != WADI_OK)
        fail_msg("%s", err.message);
    assert_true(rows > 10);
    wadi__state_files_unref(files);
    rig_free(r);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_damage);
    wadi__unit_add(&unit, test_files_of_others);
    wadi__unit_add(&unit, test_refusals);
    wadi__unit_add(&unit, test_gained_field);
    return wadi__unit_run(&unit, "state_files_refused");
}
