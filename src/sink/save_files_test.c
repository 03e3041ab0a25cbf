/* SPDX-License-Identifier: Apache-2.0 */
/* save_files_test.c: batches as directories, and back through file streams. */
#include "fs/fs.h"
#include "sink/batch_path.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/wadi.h>

WADI_RECORD(pair, (wadi_str, key), (int64_t, value));

static void test_batch_path(void **state) {
    (void)state;
    static const struct {
        const char *prefix, *suffix;
        int64_t batch_ms;
        const char *expected;
    } rows[] = {
        {"out", "txt", 1000, "out-1000.txt"},
        {"out", "", 1000, "out-1000"},
        {"out", NULL, 1000, "out-1000"},
        {"dir/part", "result", 1431637480452, "dir/part-1431637480452.result"},
        {NULL, NULL, 1000, "1000"},
        {"", "a", 1000, "1000.a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *path = wadi__batch_path(rows[i].prefix, rows[i].suffix, rows[i].batch_ms);
        assert_string_equal(path, rows[i].expected);
        wadi__free(path);
    }
}

typedef struct fixture {
    wadi__env *clock, *disk;
    wadi__rig rig;
} fixture;
static fixture begin(void) {
    fixture self;
    self.clock = wadi__manual_clock_new(&wadi__env_real, 0);
    self.disk = wadi__sim_disk_new(self.clock, 1);
    wadi__rig_options options = {.clock = self.clock, .env = self.disk};
    options.settings[0] = (wadi_setting){"wadi.batch.on_failure", "continue"};
    self.rig = wadi__rig_new(&options);
    return self;
}
static void run(fixture *self, uint32_t batches) {
    wadi_error err = WADI_ERROR_INIT;
    if (wadi_start(self->rig.ssc, &err) != WADI_OK) fail_msg("%s", err.message);
    wadi__rig_batches(&self->rig, batches);
    wadi_stop(self->rig.ssc, .keep_context = true);
}
static void end(fixture *self) {
    wadi__rig_free(&self->rig);
    wadi__sim_disk_free(self->disk);
    wadi__manual_clock_free(self->clock);
}
static void assert_file(const fixture *self, const char *path, const char *expected) {
    size_t size;
    char *text = wadi__sim_disk_get(self->disk, path, &size);
    if (expected == NULL) {
        assert_null(text);
        return;
    }
    if (text == NULL) fail_msg("%s is missing", path);
    assert_string_equal(text, expected);
    free(text);
}

static void test_text_files(void **state) {
    (void)state;
    fixture self = begin();
    wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(pair), "a:1 b:2; ; none; c:3", 2);
    wadi_save_as_text_files(in, "/out/p", "txt");
    run(&self, 4);
    assert_file(&self, "/out/p-1000.txt/part-00000", "(a,1)\n");
    assert_file(&self, "/out/p-1000.txt/part-00001", "(b,2)\n");
    assert_file(&self, "/out/p-1000.txt/_SUCCESS", "");
    assert_file(&self, "/out/p-2000.txt/part-00000", ""); /* an empty batch has its files too */
    assert_file(&self, "/out/p-2000.txt/part-00001", "");
    assert_file(&self, "/out/p-2000.txt/_SUCCESS", "");
    assert_file(&self, "/out/p-3000.txt/_SUCCESS", NULL); /* no RDD, no job */
    assert_file(&self, "/out/p-4000.txt/_SUCCESS", "");
    end(&self);
}
static void test_run_again(void **state) {
    (void)state;
    fixture self = begin();
    wadi__sim_disk_put(self.disk, "/out/p-1000/part-00000", "old\n", 4);
    wadi__sim_disk_put(self.disk, "/out/p-1000/other", "mine\n", 5);
    wadi__sim_disk_put(self.disk, "/out/p-1000/_SUCCESS", "", 0);
    wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(int64_t), "7", 1);
    wadi_save_as_text_files(in, "/out/p");
    run(&self, 1);
    assert_file(&self, "/out/p-1000/part-00000", "7\n");
    assert_file(&self, "/out/p-1000/other", "mine\n");
    assert_file(&self, "/out/p-1000/_SUCCESS", "");
    end(&self);
}
static void test_object_files_and_back(void **state) {
    (void)state;
    fixture self = begin();
    wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(pair),
                                       "a:1 b:2; ; a_key_of_more_than_twelve_bytes:3", 2);
    wadi_save_as_object_files(in, "/out/p");
    wadi_dstream *back = wadi_file_stream(self.rig.ssc, pair, "/out/p-*", "object",
                                          .filter = wadi_containing("/part-"));
    wadi__collector *collector = wadi__collector_new(back);
    run(&self, 4);
    char *text = wadi__collector_text(collector, WADI__COLLECTED_SORTED);
    assert_string_equal(
        text, "1000: none; 2000: (a,1) (b,2); 3000:; 4000: (a_key_of_more_than_twelve_bytes,3)");
    free(text);
    end(&self);
    wadi__collector_free(collector);
}
static void test_no_space(void **state) {
    (void)state;
    fixture self = begin();
    wadi__sim_disk_set_capacity(self.disk, 10);
    wadi_dstream *in =
        wadi__rig_input(&self.rig, WADI_TYPE(wadi_str), "much_more_than_ten_bytes; a", 1);
    wadi_save_as_text_files(in, "/out/p");
    run(&self, 2);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_not_equal(wadi_await_termination(self.rig.ssc, &err), WADI_OK);
    if (strstr(err.message, "No space left") == NULL) fail_msg("%s", err.message);
    assert_file(&self, "/out/p-1000/part-00000", NULL);
    assert_file(&self, "/out/p-2000/part-00000", "a\n");
    end(&self);
}
static void test_hadoop_files(void **state) {
    (void)state;
    fixture self = begin();
    wadi_dstream *in = wadi__rig_input(&self.rig, WADI_TYPE(int64_t), "7", 1);
    wadi_save_as_hadoop_files(in, "/out/p", "sequence");
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(self.rig.ssc, &err), WADI_E_INVALID);
    if (strstr(err.message, "save_as_hadoop_files: Hadoop's file formats are not built in yet") ==
        NULL)
        fail_msg("%s", err.message);
    end(&self);
}

int main(void) {
    wadi__unit unit = {0};
    wadi__unit_add(&unit, test_batch_path);
    wadi__unit_add(&unit, test_text_files);
    wadi__unit_add(&unit, test_run_again);
    wadi__unit_add(&unit, test_object_files_and_back);
    wadi__unit_add(&unit, test_no_space);
    wadi__unit_add(&unit, test_hadoop_files);
    return wadi__unit_run(&unit, "saving batches");
}
