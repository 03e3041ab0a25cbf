/* SPDX-License-Identifier: Apache-2.0 */
/* unpack_test.c: gzip and zstd streams in pieces of any size, whole, cut off and damaged. */
#include "fs/test_files.h"
#include "fs/unpack.h"

#ifdef WADI_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef WADI_HAVE_ZSTD
#include <zstd.h>
#endif

enum { TEXT_BYTES = 200000 };
static char text[TEXT_BYTES];
static uint64_t random_state = 1;
static uint32_t random_below(uint32_t n) {
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((random_state >> 33) % n);
}
/* Appends a member or frame of text[from..until) to `out`. */
static size_t pack(wadi__packing packing, size_t from, size_t until, char *out, size_t room) {
#ifdef WADI_HAVE_ZLIB
    if (packing == WADI__PACKING_GZIP) {
        z_stream stream = {0};
        assert_int_equal(
            deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
        stream.next_in = (unsigned char *)text + from;
        stream.avail_in = (unsigned)(until - from);
        stream.next_out = (unsigned char *)out;
        stream.avail_out = (unsigned)room;
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        size_t size = stream.total_out;
        deflateEnd(&stream);
        return size;
    }
#endif
#ifdef WADI_HAVE_ZSTD
    if (packing == WADI__PACKING_ZSTD) {
        size_t size = ZSTD_compress(out, room, text + from, until - from, 3);
        assert_false(ZSTD_isError(size));
        return size;
    }
#endif
    (void)from, (void)until, (void)out, (void)room;
    return 0;
}
/* Unpacks in pieces of at most these sizes. Returns the status of the first call that failed. */
static wadi_status unpack_all(wadi__packing packing, const char *in, size_t in_size,
                              size_t in_piece, size_t out_piece, char *out, size_t *out_size,
                              wadi_error *err) {
    wadi__unpack *unpack = NULL;
    wadi_status status = wadi__unpack_new(packing, &unpack, err);
    assert_int_equal(status, WADI_OK);
    const char *at = in, *end = in + in_size;
    char *to = out, *to_end = out + *out_size;
    while (status == WADI_OK) {
        const char *piece_end = (size_t)(end - at) < in_piece ? end : at + in_piece;
        char *room_end = (size_t)(to_end - to) < out_piece ? to_end : to + out_piece;
        const char *at_before = at;
        char *to_before = to;
        status = wadi__unpack_run(unpack, &at, piece_end, &to, room_end, err);
        assert_true(at <= piece_end && to <= room_end);
        if (at == at_before && to == to_before) break;
    }
    if (status == WADI_OK) status = wadi__unpack_end(unpack, err);
    *out_size = (size_t)(to - out);
    wadi__unpack_free(unpack);
    return status;
}
static size_t pack_members(wadi__packing packing, char *packed, size_t room) {
    size_t size = 0, at = 0;
    for (size_t member = 0; member < 4; member++) {
        size_t until = member == 3   ? TEXT_BYTES
                       : member == 1 ? at
                                     : at + 30000; /* the second one is empty */
        size += pack(packing, at, until, packed + size, room - size);
        at = until;
    }
    return size;
}
static void test_pieces(wadi__packing packing) {
    static char packed[TEXT_BYTES * 2], out[TEXT_BYTES + 100];
    size_t size = pack_members(packing, packed, sizeof packed);
    for (size_t round = 0; round < 60; round++) {
        size_t in_piece = 1 + random_below(round % 2 ? 10 : 100000),
               out_piece = 1 + random_below(round % 3 ? 100000 : 10);
        size_t out_size = sizeof out;
        assert_int_equal(
            unpack_all(packing, packed, size, in_piece, out_piece, out, &out_size, NULL), WADI_OK);
        assert_int_equal(out_size, TEXT_BYTES);
        assert_memory_equal(out, text, TEXT_BYTES);
    }
    for (size_t round = 0; round < 200;
         round++) { /* cut off anywhere: no wrong byte, and an error inside a member */
        size_t cut = random_below((uint32_t)size), out_size = sizeof out;
        wadi_error err = WADI_ERROR_INIT;
        wadi_status status = unpack_all(packing, packed, cut, 100000, 100000, out, &out_size, &err);
        assert_true(status == WADI_E_CORRUPT || (status == WADI_OK && out_size <= 60000));
        assert_memory_equal(out, text, out_size);
        if (status != WADI_OK) assert_non_null(strstr(err.message, "cut off"));
    }
    for (size_t round = 0; round < 500; round++) { /* damaged anywhere: never more than an error */
        size_t at = random_below((uint32_t)size), out_size = sizeof out;
        char old = packed[at];
        packed[at] = (char)(packed[at] ^ (1 << random_below(8)));
        unpack_all(packing, packed, size, 1000, 1000, out, &out_size, NULL);
        packed[at] = old;
    }
    size_t out_size = sizeof out;
    assert_int_equal(unpack_all(packing, "", 0, 10, 10, out, &out_size, NULL), WADI_OK);
    assert_int_equal(out_size, 0);
    out_size = sizeof out;
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(unpack_all(packing, "hello world", 11, 100, 100, out, &out_size, &err),
                     WADI_E_CORRUPT);
    assert_non_null(strstr(err.message, "damaged"));
}
static void test_gzip(void **state) {
    (void)state;
#ifdef WADI_HAVE_ZLIB
    test_pieces(WADI__PACKING_GZIP);
    char packed[1000] = {0}, out[1000];
    size_t size = pack(WADI__PACKING_GZIP, 0, 100, packed, 500), out_size = sizeof out;
    assert_int_equal(
        unpack_all(WADI__PACKING_GZIP, packed, size + 300, 100, 100, out, &out_size, NULL),
        WADI_OK);
    assert_int_equal(out_size, 100); /* zeros behind are padding */
    packed[size + 299] = 'x';
    out_size = sizeof out;
    assert_int_equal(
        unpack_all(WADI__PACKING_GZIP, packed, size + 300, 100, 100, out, &out_size, NULL),
        WADI_E_CORRUPT);
#else
    skip();
#endif
}
static void test_zstd(void **state) {
    (void)state;
#ifdef WADI_HAVE_ZSTD
    test_pieces(WADI__PACKING_ZSTD);
#else
    skip();
#endif
}
static void test_suffixes(void **state) {
    (void)state;
    assert_int_equal(wadi__packing_of("/a/b.gz"), WADI__PACKING_GZIP);
    assert_int_equal(wadi__packing_of("b.zst"), WADI__PACKING_ZSTD);
    assert_int_equal(wadi__packing_of("b.txt"), WADI__PACKING_NONE);
    assert_int_equal(wadi__packing_of(".gz"), WADI__PACKING_NONE);
    assert_int_equal(wadi__packing_of(""), WADI__PACKING_NONE);
}
static int make_text(void **state) {
    (void)state;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (char)(i % 100 == 99 ? '\n' : 'a' + (int)random_below(i % 1000 < 300 ? 2 : 26));
    return 0;
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suffixes),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_zstd),
    };
    return cmocka_run_group_tests_name("unpack", tests, make_text, NULL);
}
