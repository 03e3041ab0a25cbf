/* SPDX-License-Identifier: Apache-2.0 */
/* object_file_test.c: what was saved as objects comes back; what is damaged is refused, by name and
 * place. */
#include "rdd/action/test_actions.h"
#include "rdd/ops/files.h"

WADI_RECORD(sale, (wadi_str, shop), (int64_t, count));

enum { SALES_MAX = 30000, FILE_MAX = 1 << 17 };
static sale sales[SALES_MAX];
static char shops[SALES_MAX][32];
static wadi_rdd *make_sales(uint32_t count, uint32_t partitions) {
    for (uint32_t i = 0; i < count; i++) {
        int len = snprintf(shops[i], sizeof shops[i], i % 2 ? "%u" : "the shop number %u", i % 700);
        sales[i] = (sale){wadi_str_view(shops[i], (size_t)len), i};
    }
    return wadi_parallelize(sc, sale, sales, count, .partitions = partitions);
}
typedef struct objects_case {
    const char *name;
    uint32_t count, partitions;
} objects_case;
static const objects_case whole[] = {
    {"nothing", 0, 2},
    {"one record", 1, 1},
    {"many records", SALES_MAX, 3},
    {"many partitions", 500, 40},
};
static void test_whole(void **state) {
    (void)state;
    for (size_t c = 0; c < sizeof whole / sizeof whole[0]; c++) {
        print_message("  %s\n", whole[c].name);
        wadi_save_as_object_file(make_sales(whole[c].count, whole[c].partitions),
                                 test_path(whole[c].name));
        wadi_rdd *back = wadi_object_file(sc, sale, test_path(whole[c].name));
        assert_int_equal(wadi_rdd_partition_count(back), whole[c].partitions);
        size_t n;
        const sale *rows = wadi_collect(back, sale, &n);
        assert_string_equal(error_of(back), "");
        assert_int_equal(n, whole[c].count);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(rows[i].count, i);
            assert_true(wadi_str_equal(rows[i].shop, sales[i].shop));
        }
    }
}
static void test_files_by_name(void **state) {
    (void)state;
    wadi_save_as_object_file(make_sales(900, 3), test_path("out"));
    const wadi_rdd *back = wadi_object_file(sc, sale, test_path("out"));
    wadi__input files[] = {{test_path("out/part-00001"), -1, 0},
                           {test_path("out/part-00000"), -1, 0}};
    wadi_op_options options = {.size = sizeof options};
    wadi_rdd *two = wadi__rdd_make_object_files(sc, back->type, files, 2, &options);
    assert_int_equal(wadi_count(two), 600);
    assert_int_equal(wadi_first(two, sale)->count, 300);
}
typedef struct damage_case {
    const char *name;
    int kept;    /* bytes of the file; < 0: so many fewer */
    int flipped; /* the byte that is changed; < 0: none; 1000: in the middle */
    const char *error;
} damage_case;
static const damage_case damages[] = {
    {"cut", -1, -1, "damaged frame: it is cut off; in "},
    {"head", 20, -1, "damaged frame: 20 bytes, its head has 48; in "},
    {"flipped", 0, 1000, "damaged frame: checksum "},
    {"foreign", 0, 0, "no frame: it begins with "},
};
static void test_damages(void **state) {
    (void)state;
    static char bytes[FILE_MAX];
    wadi_save_as_object_file(make_sales(1000, 1), test_path("out"));
    wadi__file *file = NULL;
    size_t size;
    assert_int_equal(
        wadi__fs_open(&wadi__env_real, test_path("out/part-00000"), WADI__OPEN_READ, &file, NULL),
        WADI_OK);
    assert_int_equal(wadi__fs_read(file, bytes, sizeof bytes, &size, NULL), WADI_OK);
    wadi__fs_close(&file, NULL);
    for (size_t c = 0; c < sizeof damages / sizeof damages[0]; c++) {
        const damage_case *row = &damages[c];
        print_message("  %s\n", row->name);
        size_t at = row->flipped == 1000 ? size / 2 : (size_t)(row->flipped < 0 ? 0 : row->flipped);
        char mask = row->flipped < 0 ? 0 : 1;
        bytes[at] = (char)(bytes[at] ^ mask);
        test_write(row->name, bytes, row->kept > 0 ? (size_t)row->kept : size - (size_t)-row->kept);
        bytes[at] = (char)(bytes[at] ^ mask);
        wadi_rdd *rdd = wadi_object_file(sc, sale, test_path(row->name));
        assert_int_equal(wadi_count(rdd), 0);
        assert_non_null(strstr(error_of(rdd), row->error));
        assert_non_null(strstr(error_of(rdd), test_path(row->name)));
    }
}
static void test_what_is_none(void **state) {
    (void)state;
    test_write("empty", "", 0);
    assert_int_equal(wadi_count(wadi_object_file(sc, sale, test_path("empty"))), 0);
    test_write_text("text", "this is text, and long enough for the head of a frame");
    wadi_rdd *rdd = wadi_object_file(sc, sale, test_path("text"));
    assert_int_equal(wadi_count(rdd), 0);
    assert_non_null(strstr(error_of(rdd), "no frame: it begins with 74686973, expected WDFR"));
    rdd = wadi_object_file(sc, sale, test_path("none"));
    assert_non_null(strstr(error_of(rdd), "no such file: "));
    wadi_save_as_object_file(wadi_range(sc, 0, 5), test_path("numbers"));
    rdd = wadi_object_file(sc, wadi_str, test_path("numbers"));
    assert_int_equal(wadi_count(rdd), 0);
    assert_non_null(strstr(error_of(rdd), "the frame holds int, wadi_str is wanted; in "));
}
static char own_path[512];
static bool run_read(wadi_context *own, wadi_rdd **used) {
    *used = wadi_object_file(own, sale, own_path);
    return wadi_count(*used) == 20;
}
static void test_without_memory(void **state) {
    (void)state;
    wadi_save_as_object_file(make_sales(20, 2), test_path("out"));
    snprintf(own_path, sizeof own_path, "%s", test_path("out"));
    test_every_allocation(run_read);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_whole),        CASE(test_files_by_name),  CASE(test_damages),
        CASE(test_what_is_none), CASE(test_without_memory),
    };
    return cmocka_run_group_tests_name("object_file", tests, NULL, NULL);
}
