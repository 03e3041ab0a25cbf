/* SPDX-License-Identifier: Apache-2.0 */
/* file_selection_test.c: which files each batch takes. */
#include "source/file_saved.h"
#include "testing/unit.h"

#include <stdio.h>

typedef struct a_file {
    char *name;
    int64_t modified_ms, visible_ms; /* by the wall clock; from batch time on */
} a_file;

typedef struct selection_case {
    const char *name;
    int64_t batch_ms, created_ms, least_ms; /* created: the clock when the stream was made */
    bool existing;
    a_file files[8];
    const char *expected; /* "14000: a b; 16000:" */
    int64_t batches;
    int64_t jump_at_ms, jump_ms; /* the wall clock is set after that batch time */
} selection_case;

static selection_case cases[] = {
    {"one new file a batch",
     2000,
     12000,
     60000,
     false,
     {{"0", 10000, 0}, {"1", 13000, 13000}, {"2", 15000, 15000}, {"3", 17000, 17000}},
     "14000: 1; 16000: 2; 18000: 3; 20000:",
     4,
     0,
     0},
    {"bounds: above the start, up to the batch",
     2000,
     12000,
     60000,
     false,
     {{"equal_start", 12000, 12000},
      {"just_after", 12001, 12001},
      {"equal_batch", 14000, 13000},
      {"future", 17000, 13000}},
     "14000: equal_batch just_after; 16000:; 18000: future",
     3,
     0,
     0},
    {"a short remember window",
     2000,
     12000,
     5000,
     false,
     {{"a", 13000, 13000}, {"b", 13000, 19000}, {"c", 16500, 19000}},
     "14000: a; 16000:; 18000:; 20000: c; 22000:",
     5,
     0,
     0},
    {"no file twice",
     1000,
     5000,
     60000,
     false,
     {{"a", 5500, 5500}, {"b", 5500, 6500}},
     "6000: a; 7000: b; 8000:; 9000:",
     4,
     0,
     0},
    {"existing files inside the window",
     1000,
     20000,
     5000,
     true,
     {{"old", 14500, 14500}, {"edge", 16000, 16000}, {"in", 16001, 16001}, {"now", 20000, 20000}},
     "21000: in now; 22000:",
     2,
     0,
     0},
    {"the clock goes forward an hour",
     1000,
     5000,
     3000,
     false,
     {{"before", 6900, 6900}, {"late", 6950, 7500}, {"after", 3608500, 8500}, {"b", 3609500, 9500}},
     "6000:; 7000: before; 8000: late; 9000: after; 10000: b; 11000:",
     6,
     7000,
     3600000},
    {"the clock goes back an hour",
     1000,
     4000000,
     3000,
     false,
     {{"before", 4000500, 4000500},
      {"late", 4001950, 4002500},
      {"after", 402500, 4002700},
      {"old", 300000, 0}},
     "4001000: before; 4002000:; 4003000: after late; 4004000:; 4005000:; 4006000:",
     6,
     4002000,
     -3600000},
};

/* What the batch at this time sees, sorted by name as a listing is. */
static size_t list(const selection_case *row, int64_t time_ms, wadi__candidate *to) {
    size_t count = 0;
    for (size_t i = 0; i < 8 && row->files[i].name != NULL; i++)
        if (row->files[i].visible_ms <= time_ms)
            to[count++] =
                (wadi__candidate){row->files[i].name, 0, row->files[i].modified_ms, false};
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && strcmp(to[k - 1].path, to[k].path) > 0; k--) {
            wadi__candidate swapped = to[k];
            to[k] = to[k - 1];
            to[k - 1] = swapped;
        }
    return count;
}
static void test_selection(void **state) {
    const selection_case *row = *state;
    wadi__file_selection selection = {
        .start_ms = row->existing ? 0 : row->created_ms,
        .slide_ms = row->batch_ms,
        .remember_ms = wadi__file_remember_batches(row->batch_ms, row->least_ms) * row->batch_ms};
    char text[400] = "";
    for (int64_t k = 1; k <= row->batches; k++) {
        int64_t time_ms = row->created_ms / row->batch_ms * row->batch_ms + k * row->batch_ms;
        int64_t drift_ms = row->jump_ms != 0 && time_ms > row->jump_at_ms ? row->jump_ms : 0;
        wadi__candidate files[8];
        size_t count = list(row, time_ms, files), used = strlen(text);
        wadi__file_selection_ask(&selection, time_ms, drift_ms, files, count);
        assert_true(wadi__file_selection_take(&selection, time_ms, drift_ms, files, count));
        snprintf(text + used, sizeof text - used, "%s%lld:", k > 1 ? "; " : "", (long long)time_ms);
        for (size_t i = 0; i < count; i++) {
            used = strlen(text);
            if (files[i].is_new) snprintf(text + used, sizeof text - used, " %s", files[i].path);
        }
        wadi__file_selection_forget(&selection, time_ms - selection.remember_ms);
    }
    wadi__file_selection_fini(&selection);
    assert_string_equal(text, row->expected);
}

static void test_remember_batches(void **state) {
    (void)state;
    static const int64_t rows[][3] = {{1000, 60000, 60}, {2000, 60000, 30}, {7000, 60000, 9},
                                      {90000, 60000, 1}, {500, 60000, 120}, {11000, 120000, 11},
                                      {60000, 1000, 1},  {1000, 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(wadi__file_remember_batches(rows[i][0], rows[i][1]), rows[i][2]);
}

/* After the clock went back, a file that was taken before is not new again when the clock gets
 * there. */
static void test_not_again_after_going_back(void **state) {
    (void)state;
    wadi__file_selection selection = {.start_ms = 99000, .remember_ms = 3000, .slide_ms = 1000};
    for (int64_t time_ms = 100000; time_ms <= 180000; time_ms += 1000) {
        int64_t drift_ms = time_ms > 101000 ? -60000 : 0;
        wadi__candidate files[] = {{"taken", 0, 99500, false}, {"older", 0, 98000, false}};
        wadi__file_selection_ask(&selection, time_ms, drift_ms, files, 2);
        assert_int_equal(files[0].is_new, time_ms == 100000);
        assert_false(files[1].is_new);
        assert_true(wadi__file_selection_take(&selection, time_ms, drift_ms, files, 2));
        wadi__file_selection_forget(&selection, time_ms - 3000);
    }
    assert_int_equal(selection.taken.count, 0);
    wadi__file_selection_fini(&selection);
}

/* ---- What was taken, and a checkpoint of it ---- */

static const char *batch_text(const wadi__file_selection *selection, int64_t time_ms) {
    static char text[400];
    const wadi__taken *batch;
    if (!wadi__file_selection_find(selection, time_ms, &batch)) return "unknown";
    text[0] = 0;
    for (size_t i = 0; batch != NULL && i < batch->files.count; i++) {
        const wadi__input *file = &batch->files.items[i];
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s %lld %lld; ", file->path,
                 (long long)file->size_bytes, (long long)file->modified_ms);
    }
    return text;
}
static void take(wadi__file_selection *selection, int64_t time_ms, int64_t drift_ms,
                 wadi__candidate *files, size_t count) {
    wadi__file_selection_ask(selection, time_ms, drift_ms, files, count);
    assert_true(wadi__file_selection_take(selection, time_ms, drift_ms, files, count));
}
/* Batches at 11000 (c, a), 12000 (none), 13000 (none), 14000 (b), of a clock that then goes back.
 */
static void take_batches(wadi__file_selection *selection) {
    wadi__candidate files[] = {{"/c", 7, 10500, false},
                               {"/a", 0, 10900, false},
                               {"/b", 9, 13500, false},
                               {"/later", 1, 15500, false}};
    for (int64_t time_ms = 11000; time_ms <= 14000; time_ms += 1000)
        take(selection, time_ms, 0, files, 4);
    take(selection, 15000, -2000, files, 4); /* 15500 is in the future of that clock */
}
static void test_batches_are_remembered(void **state) {
    (void)state;
    wadi__file_selection selection = {.start_ms = 10000, .remember_ms = 60000, .slide_ms = 1000};
    take_batches(&selection);
    assert_string_equal(batch_text(&selection, 10000), "unknown");
    assert_string_equal(batch_text(&selection, 11000), "/a 0 10900; /c 7 10500; ");
    assert_string_equal(batch_text(&selection, 12000), "");
    assert_string_equal(batch_text(&selection, 13000), "");
    assert_string_equal(batch_text(&selection, 12500), "unknown");
    assert_string_equal(batch_text(&selection, 14000), "/b 9 13500; ");
    assert_string_equal(batch_text(&selection, 15000), "");
    assert_string_equal(batch_text(&selection, 16000), "unknown");
    assert_string_equal(batch_text(&selection, 16500), "unknown"); /* of the clock's past */
    wadi__file_selection_forget(&selection, 13000);
    assert_string_equal(batch_text(&selection, 11000), "unknown");
    assert_string_equal(batch_text(&selection, 13000), "");
    wadi__file_selection_forget(&selection, 16000);
    assert_string_equal(batch_text(&selection, 13000), "unknown");
    assert_string_equal(batch_text(&selection, 15000), "unknown");
    wadi__file_selection_fini(&selection);
}
/* Made again out of order, and twice. */
static void test_empty_batches_in_any_order(void **state) {
    (void)state;
    wadi__file_selection selection = {.slide_ms = 1000};
    static const int64_t times[] = {5000, 3000, 4000, 9000, 5000, 1000, 6000};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        assert_true(wadi__file_selection_add_empty(&selection, times[i]));
    static const char expected[] = ".1.3456..9.";
    for (int64_t i = 0; i < 11; i++)
        assert_int_equal(wadi__file_selection_find(&selection, i * 1000, &(const wadi__taken *){0}),
                         expected[i] != '.');
    wadi__file_selection_fini(&selection);
}
static void test_saved_and_restored(void **state) {
    (void)state;
    wadi__file_selection before = {.start_ms = 10000, .remember_ms = 60000, .slide_ms = 1000};
    take_batches(&before);
    wadi__text saved = {0};
    wadi__saved_files files = {0};
    assert_int_equal(wadi__file_selection_save(&before, 11000, &files, &saved, NULL), WADI_OK);
    wadi__file_selection after = {.start_ms = 20000, .remember_ms = 60000, .slide_ms = 1000};
    assert_int_equal(wadi__file_selection_restore(&after, saved.bytes, saved.size, NULL), WADI_OK);
    assert_int_equal(after.start_ms, 10000);
    assert_int_equal(after.from_ms, 11000);
    for (int64_t time_ms = 10000; time_ms <= 17000; time_ms += 500) {
        char wanted[400];
        snprintf(wanted, sizeof wanted, "%s", batch_text(&before, time_ms));
        assert_string_equal(batch_text(&after, time_ms), wanted);
    }
    /* What was taken is not new; what came between the runs is. */
    wadi__candidate found[] = {{"/a", 0, 10900, false},
                               {"/b", 9, 13500, false},
                               {"/later", 1, 15500, false},
                               {"/new", 3, 15600, false}};
    take(&after, 16000, 0, found, 4);
    assert_string_equal(batch_text(&after, 16000), "/new 3 15600; ");
    wadi__file_selection_fini(&after);
    wadi__saved_files_fini(&files);
    wadi__text_fini(&saved);
    wadi__file_selection_fini(&before);
}
/* Each byte in turn is another, and each length is cut off: an error, or (where no checksum covers
 * what does not matter) the same. */
static void expect_saved(const wadi__file_selection *selection, wadi__saved_files *files) {
    wadi__text again = {0}, anew = {0};
    wadi__saved_files none = {0};
    assert_int_equal(wadi__file_selection_save(selection, 11000, files, &again, NULL), WADI_OK);
    assert_int_equal(wadi__file_selection_save(selection, 11000, &none, &anew, NULL), WADI_OK);
    assert_int_equal(again.size, anew.size);
    assert_memory_equal(again.bytes, anew.bytes, anew.size);
    wadi__saved_files_fini(&none);
    wadi__text_fini(&again);
    wadi__text_fini(&anew);
}
static void test_the_frame_of_files_is_made_anew_when_it_must(void **state) {
    (void)state;
    wadi__file_selection selection = {.start_ms = 10000, .remember_ms = 60000, .slide_ms = 1000};
    wadi__saved_files files = {0};
    expect_saved(&selection, &files);
    take_batches(&selection);
    expect_saved(&selection, &files);
    uint64_t changes = selection.changes;
    take(&selection, 16000, -2000, NULL, 0); /* an empty batch */
    assert_int_equal(selection.changes, changes);
    expect_saved(&selection, &files);
    wadi__candidate found[] = {{"/new", 3, 13600, false}};
    take(&selection, 17000, -2000, found, 1);
    expect_saved(&selection, &files);
    wadi__file_selection_forget(&selection, 12000);
    expect_saved(&selection, &files);
    wadi__file_selection_forget(&selection, 30000);
    expect_saved(&selection, &files);
    wadi__saved_files_fini(&files);
    wadi__file_selection_fini(&selection);
}
static void test_damaged(void **state) {
    (void)state;
    wadi__file_selection before = {.start_ms = 10000, .remember_ms = 60000, .slide_ms = 1000};
    take_batches(&before);
    wadi__text saved = {0};
    wadi__saved_files files = {0};
    assert_int_equal(wadi__file_selection_save(&before, 11000, &files, &saved, NULL), WADI_OK);
    for (size_t i = 0; i < saved.size; i++) {
        wadi_error err = WADI_ERROR_INIT;
        wadi__file_selection after = {.start_ms = 20000, .slide_ms = 1000};
        saved.bytes[i] ^= 0x40;
        wadi_status status = wadi__file_selection_restore(&after, saved.bytes, saved.size, &err);
        saved.bytes[i] ^= 0x40;
        if (status == WADI_OK) assert_string_equal(batch_text(&after, 14000), "/b 9 13500; ");
        wadi__file_selection_fini(&after);
        after = (wadi__file_selection){.slide_ms = 1000};
        assert_int_not_equal(wadi__file_selection_restore(&after, saved.bytes, i, NULL), WADI_OK);
        wadi__file_selection_fini(&after);
    }
    wadi__saved_files_fini(&files);
    wadi__text_fini(&saved);
    wadi__file_selection_fini(&before);
}
static bool restore_refused(void *arg) {
    const wadi__text *saved = arg;
    wadi__file_selection after = {.slide_ms = 1000};
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__file_selection_restore(&after, saved->bytes, saved->size, &err);
    bool is_refused = status == WADI_E_NOMEM;
    assert_true(status == WADI_OK || is_refused);
    wadi__file_selection_fini(&after);
    return !is_refused;
}

static bool take_some(void *arg) {
    (void)arg;
    wadi__file_selection selection = {.remember_ms = 3000, .slide_ms = 1000};
    wadi__candidate files[] = {{"a", 0, 900, true}, {"b", 0, 950, true}, {"c", 0, 5000, false}};
    bool done = wadi__file_selection_take(&selection, 1000, 0, files, 3) &&
                wadi__file_selection_take(&selection, 2000, -2000, files, 3);
    wadi__file_selection_fini(&selection);
    return done;
}
static void test_no_memory(void **state) {
    (void)state;
    assert_in_range(wadi__unit_refuse_each(take_some, NULL, false), 5, 50);
    wadi__file_selection before = {.start_ms = 10000, .remember_ms = 60000, .slide_ms = 1000};
    wadi__text saved = {0};
    wadi__saved_files files = {0};
    take_batches(&before);
    assert_int_equal(wadi__file_selection_save(&before, 11000, &files, &saved, NULL), WADI_OK);
    assert_in_range(wadi__unit_refuse_each(restore_refused, &saved, false), 5, 200);
    wadi__saved_files_fini(&files);
    wadi__text_fini(&saved);
    wadi__file_selection_fini(&before);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_selection, cases);
    wadi__unit_add(&unit, test_remember_batches);
    wadi__unit_add(&unit, test_not_again_after_going_back);
    wadi__unit_add(&unit, test_batches_are_remembered);
    wadi__unit_add(&unit, test_empty_batches_in_any_order);
    wadi__unit_add(&unit, test_saved_and_restored);
    wadi__unit_add(&unit, test_the_frame_of_files_is_made_anew_when_it_must);
    wadi__unit_add(&unit, test_damaged);
    wadi__unit_add(&unit, test_no_memory);
    return wadi__unit_run(&unit, "selection of files");
}
