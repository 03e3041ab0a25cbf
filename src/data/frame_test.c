/* SPDX-License-Identifier: Apache-2.0 */
/* frame_test.c: frames give back what was put in, also to records that have changed, and never
 * trust a byte. */
#include "data/frame_rows.h"

#include "base/buffer.h"
#include "base/pool.h"
#include "data/frame_parts.h"
#include "data/test_random.h"
#include "data/value.h"

#include <math.h>
#include <xxhash.h>

WADI_RECORD(point, (double, x), (double, y));
WADI_SEQ(point_list, point);
WADI_OPTION(maybe_point, point);
WADI_RECORD(thing, (wadi_str, name), (int64_t, count), (bool, good), (point, at),
            (point_list, path), (maybe_point, goal), (int16_t, three, 3), (wadi_str_list, tags),
            (uint8_t, small));

static const wadi__frame_packing packings[] = {WADI__FRAME_PLAIN, WADI__FRAME_LZ4,
                                               WADI__FRAME_ZSTD};

static const void *row_of(const wadi__block *block, size_t i) {
    for (size_t c = 0; c < block->chunks.count; c++) {
        if (i < block->chunks.items[c]->count)
            return block->chunks.items[c]->rows + i * block->type->pub.size;
        i -= block->chunks.items[c]->count;
    }
    return NULL;
}
static void assert_same_rows(const wadi__type *type, const char *rows, size_t count,
                             const wadi__block *block) {
    assert_int_equal(block->row_count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(wadi__value_equal(type, rows + i * type->pub.size, row_of(block, i)));
}
static void test_random_types(void **state) {
    (void)state;
    uint64_t seed = test_random_seed(1);
    for (uint64_t round = 0; round < 400; round++) {
        test_random random = {seed + round, {0}};
        const wadi__type *type = wadi__type_intern(test_random_type(&random, 3), NULL);
        assert_non_null(type);
        size_t count = test_random_below(&random, round % 10 == 0 ? 9000 : 60);
        if (type->pub.size > 500 && count > 500) count = 500;
        char *rows = calloc(count + 1, type->pub.size);
        for (size_t i = 0; i < count; i++)
            test_random_value(&random, &type->pub, rows + i * type->pub.size);
        wadi__row_run runs[3]; /* cut in three */
        size_t a = test_random_below(&random, (uint32_t)count + 1),
               b = a + test_random_below(&random, (uint32_t)(count - a) + 1);
        runs[0] = (wadi__row_run){rows, type->pub.size, a};
        runs[1] = (wadi__row_run){rows + a * type->pub.size, type->pub.size, b - a};
        runs[2] = (wadi__row_run){rows + b * type->pub.size, type->pub.size, count - b};
        wadi__text out = {0};
        wadi_error err = WADI_ERROR_INIT;
        for (size_t p = 0; p < 3; p++)
            assert_int_equal(wadi__frame_write(&out, type, runs, 3, packings[p], &err), WADI_OK);
        size_t at = 0;
        for (size_t p = 0; p < 3; p++) { /* one behind the other, read with and without an owner */
            wadi__block *block = NULL;
            size_t used;
            wadi__buffer *buffer = wadi__buffer_new(out.size);
            memcpy(buffer->bytes, out.bytes, out.size);
            if (wadi__frame_read(type, buffer->bytes + at, out.size - at,
                                 p % 2 ? &buffer->counted : NULL, &block, &used, &err) != WADI_OK)
                fail_msg("seed %llu: %s", (unsigned long long)(seed + round), err.message);
            uint64_t frame_bytes;
            assert_int_equal(wadi__frame_size(out.bytes + at, out.size - at, &frame_bytes, NULL),
                             WADI_OK);
            assert_int_equal(frame_bytes, used);
            assert_int_equal(wadi__frame_check(out.bytes + at, out.size - at, &used, NULL),
                             WADI_OK);
            assert_int_equal(used, frame_bytes);
            wadi__buffer_unref(buffer);
            assert_same_rows(type, rows, count, block);
            wadi__block_unref(block);
            at += used;
        }
        assert_int_equal(at, out.size);
        const wadi__type *described;
        assert_int_equal(wadi__frame_type(out.bytes, out.size, &described, &err), WADI_OK);
        assert_true(wadi__type_matches(described, type));
        wadi__text_fini(&out);
        free(rows);
        wadi__arena_fini(&random.arena);
    }
}

static point points[] = {{1, 2}, {3, 4}, {NAN, -0.0}};
static wadi_str tags[2];
static thing things[3];
static void make_things(void) {
    tags[0] = wadi_str_of("short");
    tags[1] = wadi_str_of("a tag that is longer than twelve bytes");
    memset(things, 0, sizeof things);
    things[0] = (thing){wadi_str_of("one"), 300,        true,      {1, 2}, {points, 3},
                        {{5, 6}, true},     {1, -2, 3}, {tags, 2}, 255};
    things[1] = (thing){wadi_str_of("a name that is longer than twelve"),
                        -5,
                        false,
                        {0, 0},
                        {NULL, 0},
                        {{0, 0}, false},
                        {0},
                        {NULL, 0},
                        0};
    things[2] = (thing){.count = INT64_MIN};
}
static wadi__text frame_of_things(wadi__frame_packing packing) {
    make_things();
    wadi__text out = {0};
    wadi__row_run run = {(const char *)things, sizeof(thing), 3};
    assert_int_equal(
        wadi__frame_write(&out, wadi__type_intern(WADI_TYPE(thing), NULL), &run, 1, packing, NULL),
        WADI_OK);
    return out;
}
static void test_all_kinds(void **state) {
    (void)state;
    wadi__text out = frame_of_things(WADI__FRAME_PLAIN);
    wadi__block *block;
    const wadi__type *type = wadi__type_intern(WADI_TYPE(thing), NULL);
    assert_int_equal(wadi__frame_read(type, out.bytes, out.size, NULL, &block, NULL, NULL),
                     WADI_OK);
    const thing *read = row_of(block, 0);
    assert_true(wadi_str_equal(read->name, wadi_str_of("one")));
    assert_int_equal(read->count, 300);
    assert_true(read->good);
    assert_int_equal(read->path.count, 3);
    assert_true(isnan(read->path.items[2].x) && signbit(read->path.items[2].y));
    assert_true(read->goal.is_set && read->goal.value.y == 6);
    assert_int_equal(read->three[1], -2);
    assert_true(wadi_str_equal(read->tags.items[1], tags[1]));
    assert_int_equal(read->small, 255);
    read++;
    assert_true(wadi_str_equal(read->name, things[1].name));
    assert_null(read->path.items);
    assert_false(read->goal.is_set);
    assert_true(read->goal.value.x == 0); /* none is zero */
    assert_int_equal(read[1].count, INT64_MIN);
    wadi__block_unref(block);
    wadi__text_fini(&out);
}
static void test_narrow_numbers(void **state) {
    (void)state;
    static const struct {
        int64_t most;
        size_t width;
    } cases[] = {{127, 1},   {-128, 1},      {128, 2},        {-129, 2},      {32767, 2},
                 {32768, 4}, {INT32_MIN, 4}, {2147483648, 8}, {INT64_MIN, 8}, {0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t rows[100] = {[50] = cases[i].most};
        void *bytes;
        size_t size;
        assert_int_equal(wadi_frame_encode(int64_t, rows, 100, &bytes, &size, NULL), WADI_OK);
        assert_int_equal(size, WADI__FRAME_HEAD_BYTES + 2 + 1 + 100 * cases[i].width);
        wadi__block *block;
        assert_int_equal(
            wadi__frame_read(wadi__type_int64(), bytes, size, NULL, &block, NULL, NULL), WADI_OK);
        assert_same_rows(wadi__type_int64(), (const char *)rows, 100, block);
        wadi__block_unref(block);
        wadi_frame_free(&bytes);
        assert_null(bytes);
    }
}
static void test_public_form(void **state) {
    (void)state;
    void *bytes = NULL;
    size_t size = 0;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_frame_encode(point, points, 0, &bytes, &size, &err), WADI_OK);
    wadi__block *block;
    assert_int_equal(wadi__frame_read(wadi__type_intern(WADI_TYPE(point), NULL), bytes, size, NULL,
                                      &block, NULL, &err),
                     WADI_OK);
    assert_int_equal(block->row_count, 0);
    wadi__block_unref(block);
    wadi_frame_free(&bytes);
    assert_int_equal(wadi_frame_encode(point, NULL, 3, &bytes, &size, &err), WADI_E_INVALID);
    wadi_type bad = *WADI_TYPE(point);
    bad.size = 3;
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi__frame_encode(&bad, points, 1, &bytes, &size, &err), WADI_E_TYPE);
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    bad = *WADI_TYPE(point);
    bad.name = name;
    assert_int_equal(wadi__frame_encode(&bad, points, 1, &bytes, &size, &err), WADI_E_INVALID);
}

/* ---- Records that have changed ---- */

/* Types are told apart by their text names: each case reads a frame of `from` as `to`. */
static const wadi_type *named(test_random *random, const char *name, const wadi_type *type) {
    wadi_type *copy = wadi__arena_zalloc(&random->arena, sizeof *copy);
    *copy = *type;
    copy->name = name;
    return copy;
}
WADI_RECORD(old_form, (wadi_str, key), (int32_t, count), (double, gone));
WADI_RECORD(new_form, (double, added), (int64_t, count), (wadi_str, key),
            (wadi_int64_option, maybe));
WADI_RECORD(narrow_form, (wadi_str, key), (int8_t, count));
WADI_RECORD(other_type, (wadi_str, key), (wadi_str, count));
WADI_RECORD(array_of_two, (int32_t, count, 2));
WADI_RECORD(array_of_three, (int32_t, count, 3));
WADI_RECORD(pair, (wadi_str, a), (int32_t, b), (double, c));

static wadi_status read_as(const wadi_type *from, const void *rows, size_t n, const wadi_type *to,
                           wadi__block **block, wadi_error *err) {
    void *bytes;
    size_t size;
    *block = NULL;
    assert_int_equal(wadi__frame_encode(from, rows, n, &bytes, &size, err), WADI_OK);
    wadi_status status =
        wadi__frame_read(wadi__type_intern(to, NULL), bytes, size, NULL, block, NULL, err);
    wadi_frame_free(&bytes);
    return status;
}
static void test_changed_records(void **state) {
    (void)state;
    test_random random = {1, {0}};
    wadi__block *block;
    wadi_error err = WADI_ERROR_INIT;
    old_form rows[] = {{wadi_str_of("a"), 100, 1.5},
                       {wadi_str_of("a key of more than twelve"), -100, 2.5}};
    const wadi_type *as_old = named(&random, "form", WADI_TYPE(old_form)),
                    *as_new = named(&random, "form", WADI_TYPE(new_form));
    assert_int_equal(read_as(as_old, rows, 2, as_new, &block, &err), WADI_OK);
    const new_form *row = row_of(block, 1);
    assert_true(wadi_str_equal(row->key, rows[1].key));
    assert_int_equal(row->count, -100);
    assert_true(row->added == 0);
    assert_false(row->maybe.is_set);
    wadi__block_unref(block);

    assert_int_equal(
        read_as(as_old, rows, 2, named(&random, "form", WADI_TYPE(narrow_form)), &block, &err),
        WADI_OK);
    assert_int_equal(((const narrow_form *)row_of(block, 1))->count, -100);
    wadi__block_unref(block);
    rows[1].count = -1000;
    assert_int_equal(
        read_as(as_old, rows, 2, named(&random, "form", WADI_TYPE(narrow_form)), &block, &err),
        WADI_E_TYPE);
    assert_non_null(strstr(err.message, "does not fit"));

    static const struct {
        const char *name;
        const wadi_type *from, *to;
        const char *message;
    } cases[] = {
        {"another name", WADI_TYPE(old_form), WADI_TYPE(new_form),
         "the frame holds old_form, new_form is wanted"},
        {"a number for a string", WADI_TYPE(int64_t), WADI_TYPE(wadi_str),
         "the frame holds int, wadi_str is wanted"},
        {"a record for a number", WADI_TYPE(point), WADI_TYPE(int64_t),
         "the frame holds point, int64_t is wanted"},
        {"a signed for an unsigned one", WADI_TYPE(int64_t), WADI_TYPE(uint64_t),
         "the frame holds int, uint64_t is wanted"},
        {"elements of another type", WADI_TYPE(wadi_str_list), WADI_TYPE(wadi_int64_list),
         "the frame holds wadi_str, int64_t is wanted"},
    };
    char zeros[256] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err = (wadi_error)WADI_ERROR_INIT;
        assert_int_equal(read_as(cases[i].from, zeros, 1, cases[i].to, &block, &err), WADI_E_TYPE);
        assert_string_equal(err.message, cases[i].message);
    }
    /* Of an earlier version of the program, also under another name: a field tells that it is it.
     */
    wadi__text frames = {0};
    rows[1].count = -100;
    assert_int_equal(wadi__frame_rows_put(&frames, WADI_TYPE(old_form), rows, 2, &err), WADI_OK);
    assert_int_equal(wadi__frame_rows_put(&frames, WADI_TYPE(old_form), NULL, 0, &err), WADI_OK);
    wadi__frame_rows left = {frames.bytes, frames.size};
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(wadi__frame_rows_take_renamed(&left, WADI_TYPE(point), &block, &err),
                     WADI_E_TYPE);
    assert_string_equal(err.message, "the frame holds old_form, point is wanted");
    assert_int_equal(wadi__frame_rows_take_renamed(&left, WADI_TYPE(new_form), &block, NULL),
                     WADI_OK);
    assert_int_equal(((const new_form *)row_of(block, 1))->count, -100);
    assert_true(((const new_form *)row_of(block, 1))->added == 0);
    wadi__block_unref(block);
    assert_int_equal(wadi__frame_rows_take(&left, WADI_TYPE(old_form), &block, NULL), WADI_OK);
    assert_int_equal(block->row_count, 0);
    wadi__block_unref(block);
    assert_int_equal(left.left_bytes, 0);
    assert_int_equal(wadi__frame_rows_take(&left, WADI_TYPE(old_form), &block, NULL),
                     WADI_E_CORRUPT);
    wadi__text_fini(&frames);
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(
        read_as(as_old, rows, 1, named(&random, "form", WADI_TYPE(other_type)), &block, &err),
        WADI_E_TYPE);
    assert_string_equal(err.message, "field 'count' was written as int, and is wadi_str now");
    err = (wadi_error)WADI_ERROR_INIT;
    const wadi_type *two = named(&random, "a", WADI_TYPE(array_of_two)),
                    *three = named(&random, "a", WADI_TYPE(array_of_three));
    assert_int_equal(read_as(two, zeros, 1, three, &block, &err), WADI_E_TYPE);
    assert_string_equal(err.message,
                        "field 'count' was written as an array of 2, and is one of 3 now");

    /* What the library made itself goes by position. */
    assert_int_equal(
        read_as(named(&random, NULL, WADI_TYPE(old_form)), rows, 2, WADI_TYPE(pair), &block, &err),
        WADI_OK);
    assert_int_equal(((const pair *)row_of(block, 0))->b, 100);
    wadi__block_unref(block);
    err = (wadi_error)WADI_ERROR_INIT;
    assert_int_equal(
        read_as(named(&random, NULL, WADI_TYPE(old_form)), rows, 2, WADI_TYPE(point), &block, &err),
        WADI_E_TYPE);
    float narrow = 1.5f;
    assert_int_equal(read_as(WADI_TYPE(float), &narrow, 1, WADI_TYPE(double), &block, &err),
                     WADI_OK);
    assert_true(*(const double *)row_of(block, 0) == 1.5);
    wadi__block_unref(block);
    double wide = 2.5;
    assert_int_equal(read_as(WADI_TYPE(double), &wide, 1, WADI_TYPE(float), &block, &err), WADI_OK);
    assert_true(*(const float *)row_of(block, 0) == 2.5f);
    wadi__block_unref(block);
    wadi__arena_fini(&random.arena);
}

/* ---- Damage ---- */

static wadi_status read_things(const char *bytes, size_t size, wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = wadi__frame_read(wadi__type_intern(WADI_TYPE(thing), NULL), bytes, size,
                                          NULL, &block, NULL, err);
    wadi__text text = {0}; /* every value must be sound */
    for (size_t i = 0; status == WADI_OK && i < block->row_count && i < 1000; i++)
        wadi__print_value(&text, block->type, row_of(block, i));
    wadi__text_fini(&text);
    wadi__block_unref(block);
    return status;
}
static void test_cut_off_anywhere(void **state) {
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        wadi__text out = frame_of_things(packings[p]);
        for (size_t size = 0; size < out.size; size++) {
            wadi_error err = WADI_ERROR_INIT;
            char *cut = malloc(size + 1); /* so that a byte too far is seen */
            memcpy(cut, out.bytes, size);
            assert_int_equal(read_things(cut, size, &err), WADI_E_CORRUPT);
            assert_non_null(strstr(err.message, "damaged frame: "));
            free(cut);
        }
        wadi__text_fini(&out);
    }
}
static void test_every_byte_changed(void **state) {
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        wadi__text out = frame_of_things(packings[p]);
        for (size_t i = 0; i < out.size; i++)
            for (int bit = 0; bit < 8; bit++) {
                out.bytes[i] = (char)(out.bytes[i] ^ (1 << bit));
                assert_int_equal(read_things(out.bytes, out.size, NULL), WADI_E_CORRUPT);
                out.bytes[i] = (char)(out.bytes[i] ^ (1 << bit));
            }
        assert_int_equal(read_things(out.bytes, out.size, NULL), WADI_OK);
        wadi__text_fini(&out);
    }
}
static void seal(wadi__text *out) {
    wadi__frame_head head;
    memcpy(&head, out->bytes, sizeof head);
    uint64_t rest = head.type_bytes + head.stored_bytes;
    if (rest > out->size - sizeof head) return;
    head.checksum =
        XXH3_64bits_withSeed(out->bytes + sizeof head, (size_t)rest, XXH3_64bits(&head, 40));
    memcpy(out->bytes, &head, sizeof head);
}
/* Damage that the checksum does not see: an error or other values, never more. */
static void test_damage_with_a_good_checksum(void **state) {
    (void)state;
    test_random random = {test_random_seed(3), {0}};
    for (size_t round = 0; round < 30000; round++) {
        wadi__text out = frame_of_things(packings[round % 3]);
        for (uint32_t changes = 1 + test_random_below(&random, 3); changes > 0; changes--) {
            size_t at = test_random_below(&random, (uint32_t)out.size);
            if (at >= 24 && at < 40 && round % 4 != 0)
                continue; /* sizes of many gigabytes: now and then */
            out.bytes[at] =
                (char)test_random_below(&random, test_random_below(&random, 2) ? 256 : 12);
        }
        seal(&out);
        wadi_error err = WADI_ERROR_INIT;
        wadi_status status = read_things(out.bytes, out.size, &err);
        assert_true(status == WADI_OK || status == WADI_E_CORRUPT || status == WADI_E_TYPE ||
                    status == WADI_E_NOMEM);
        assert_true((status == WADI_OK) == (err.message[0] == 0));
        wadi__text_fini(&out);
    }
}
static void test_messages(void **state) {
    (void)state;
    wadi__text out = frame_of_things(WADI__FRAME_PLAIN);
    wadi_error err = WADI_ERROR_INIT;
    out.bytes[4] = 9;
    read_things(out.bytes, out.size, &err);
    assert_string_equal(err.message, "a frame of version 9; this library reads version 1");
    err = (wadi_error)WADI_ERROR_INIT;
    memcpy(out.bytes, "PK\3\4", 4);
    read_things(out.bytes, out.size, &err);
    assert_string_equal(err.message, "no frame: it begins with 504b0304, expected WDFR");
    wadi__text_fini(&out);
    out = frame_of_things(WADI__FRAME_PLAIN);
    out.bytes[out.size - 1] ^= 1;
    err = (wadi_error)WADI_ERROR_INIT;
    read_things(out.bytes, out.size, &err);
    assert_non_null(strstr(err.message, "damaged frame: checksum "));
    assert_non_null(strstr(err.message, ", expected "));
    wadi__text_fini(&out);
}
/* The bytes of version 1 do not change: this frame was written by the first library that had it. */
static void test_bytes_of_version_1(void **state) {
    (void)state;
    point one = {1, 2};
    void *bytes;
    size_t size;
    assert_int_equal(wadi_frame_encode(point, &one, 1, &bytes, &size, NULL), WADI_OK);
    static const unsigned char type_and_body[] = {
        6, 5, 'p', 'o', 'i', 'n', 't', 2, 0, 1, 'x',  1,    0, 0, 0, 4, 8, 1, 'y', 1,   0,
        0, 0, 4,   8,   0,   0,   0,   0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0,   0x40};
    assert_int_equal(size, 48 + sizeof type_and_body);
    assert_memory_equal(
        bytes, "WDFR\1\0\0\0\x19\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0",
        40);
    assert_memory_equal((const char *)bytes + 48, type_and_body, sizeof type_and_body);
    wadi_frame_free(&bytes);
}
static void test_without_memory(void **state) {
    (void)state;
    make_things();
    const wadi__type *type = wadi__type_intern(WADI_TYPE(thing), NULL);
    wadi__row_run run = {(const char *)things, sizeof(thing), 3};
    for (size_t p = 0; p < 3; p++)
        for (uint64_t n = 1;; n++) {
            int64_t before = wadi__mem_in_use();
            wadi__text out = {0};
            wadi__block *block = NULL;
            wadi__mem_fail_at(n, false);
            wadi_status status = wadi__frame_write(&out, type, &run, 1, packings[p], NULL);
            if (status == WADI_OK)
                status = wadi__frame_read(type, out.bytes, out.size, NULL, &block, NULL, NULL);
            wadi__mem_fail_at(0, false);
            wadi__text_fini(&out);
            wadi__block_unref(block);
            assert_int_equal(wadi__mem_in_use(), before);
            if (status == WADI_OK) break;
            assert_int_equal(status, WADI_E_NOMEM);
            assert_true(n < 200);
        }
}
int main(void) {
    wadi__pool_set_limit((size_t)256 << 20); /* damaged sizes ask for more */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_types),
        cmocka_unit_test(test_all_kinds),
        cmocka_unit_test(test_narrow_numbers),
        cmocka_unit_test(test_public_form),
        cmocka_unit_test(test_changed_records),
        cmocka_unit_test(test_cut_off_anywhere),
        cmocka_unit_test(test_every_byte_changed),
        cmocka_unit_test(test_damage_with_a_good_checksum),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_bytes_of_version_1),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
