/* SPDX-License-Identifier: Apache-2.0 */
/* conf_test.c: the table, the order of force, and all mistakes at once. */
#include "base/conf.h"

#include "base/env.h"
#include "testing/sim_disk.h"
#include "testing/unit.h"

#include <errno.h>

static const wadi__conf_origin FILE_ = WADI__CONF_FROM_FILE,
                               ENVIRONMENT = WADI__CONF_FROM_ENVIRONMENT,
                               CODE = WADI__CONF_FROM_CODE;

/* ---- The table ---- */

static void test_rows_are_sound(void **state) {
    (void)state;
    for (int id = 0; id < WADI__CONF_COUNT; id++) {
        const wadi__conf_entry *row = wadi__conf_entry_of((wadi__conf_id)id);
        assert_true(strncmp(row->name, "spark.", 6) == 0 || strncmp(row->name, "wadi.", 5) == 0);
        assert_true(row->min <= row->max);
        assert_int_equal(row->type == WADI__CONF_TYPE_CHOICE, row->choices != NULL);
        assert_int_equal(row->text[strlen(row->text) - 1], '.');
        for (int other = 0; other < id; other++)
            assert_string_not_equal(row->name, wadi__conf_entry_of((wadi__conf_id)other)->name);
        bool is_number = row->type == WADI__CONF_TYPE_INT || row->type == WADI__CONF_TYPE_DOUBLE ||
                         row->type == WADI__CONF_TYPE_BYTES || row->type == WADI__CONF_TYPE_MS ||
                         row->type == WADI__CONF_TYPE_SECONDS;
        if (is_number) assert_true(row->max > row->min);
    }
}
/* Each name, and each default as Spark has it. */
typedef struct default_case {
    const char *name, *value; /* NULL: unset */
} default_case;
#define S "spark.streaming."
static const default_case default_cases[] = {
    {S "backpressure.enabled", "false"},
    {S "backpressure.initialRate", NULL},
    {S "backpressure.rateEstimator", "pid"},
    {S "backpressure.pid.proportional", "1.0"},
    {S "backpressure.pid.integral", "0.2"},
    {S "backpressure.pid.derived", "0.0"},
    {S "backpressure.pid.minRate", "100"},
    {S "receiver.maxRate", NULL},
    {S "blockInterval", "200ms"},
    {S "blockQueueSize", "10"},
    {S "receiverRestartDelay", "2000"},
    {S "receiver.blockStoreTimeout", "30"},
    {S "receiver.writeAheadLog.enable", "false"},
    {S "receiver.writeAheadLog.class", NULL},
    {S "driver.writeAheadLog.class", NULL},
    {S "receiver.writeAheadLog.rollingIntervalSecs", "60"},
    {S "driver.writeAheadLog.rollingIntervalSecs", "60"},
    {S "receiver.writeAheadLog.maxFailures", "3"},
    {S "driver.writeAheadLog.maxFailures", "3"},
    {S "receiver.writeAheadLog.closeFileAfterWrite", "false"},
    {S "driver.writeAheadLog.closeFileAfterWrite", "false"},
    {S "driver.writeAheadLog.allowBatching", "true"},
    {S "driver.writeAheadLog.batchingTimeout", "5000"},
    {S "unpersist", "true"},
    {S "stopSparkContextByDefault", "true"},
    {S "stopGracefullyOnShutdown", "false"},
    {S "gracefulStopTimeout", NULL},
    {S "concurrentJobs", "1"},
    {S "checkpoint.directory", NULL},
    {S "fileStream.minRememberDuration", "60s"},
    {S "minRememberDuration", "60s"},
    {S "ui.retainedBatches", "1000"},
    {S "sessionByKey.deltaChainThreshold", "20"},
    {S "clock", NULL},
    {S "manualClock.jump", "0"},
    {S "dynamicAllocation.enabled", "false"},
    {S "dynamicAllocation.testing", "false"},
    {S "dynamicAllocation.minExecutors", NULL},
    {S "dynamicAllocation.maxExecutors", NULL},
    {S "dynamicAllocation.scalingInterval", "60"},
    {S "dynamicAllocation.scalingUpRatio", "0.9"},
    {S "dynamicAllocation.scalingDownRatio", "0.3"},
    {S "kafka.maxRatePerPartition", "0"},
    {S "kafka.minRatePerPartition", "1"},
    {S "kafka.consumer.cache.enabled", "true"},
    {S "kafka.consumer.cache.initialCapacity", "16"},
    {S "kafka.consumer.cache.maxCapacity", "64"},
    {S "kafka.consumer.cache.loadFactor", "0.75"},
    {S "kafka.consumer.poll.ms", NULL},
    {S "kafka.allowNonConsecutiveOffsets", "false"},
    {"spark.app.name", NULL},
    {"spark.master", NULL},
    {"spark.default.parallelism", NULL},
    {"spark.task.maxFailures", "4"},
    {"spark.local.dir", "/tmp"},
    {"spark.ui.port", "4040"},
    {"spark.ui.showConsoleProgress", "false"},
    {"spark.port.maxRetries", "16"},
    {"spark.eventLog.enabled", "false"},
    {"spark.eventLog.dir", "file:///tmp/spark-events"},
    {"spark.eventLog.rolling.maxFileSize", "128m"},
    {"spark.ui.retainedJobs", "1000"},
    {"spark.ui.retainedStages", "1000"},
    {"spark.ui.retainedTasks", "100000"},
    {"spark.ui.enabled", "true"},
    {"spark.redaction.regex", "(?i)secret|password|token|access[.]?key"},
    {"wadi.batch.on_failure", "stop"},
};
static void test_default(void **state) {
    const default_case *row = *state;
    wadi__conf *conf = wadi__conf_new();
    const char *value = wadi__conf_get(conf, row->name);
    if (row->value == NULL)
        assert_null(value);
    else
        assert_string_equal(value, row->value);
    /* the name is known: as a value of the program's own it would be taken, or be a slip */
    assert_true(wadi__conf_set(conf, row->name, value != NULL ? value : "1", CODE, "x.c:1"));
    assert_int_equal(wadi__conf_mistake_count(conf), 0);
    wadi__conf_free(conf);
}

/* ---- The order of force ---- */

typedef struct set_step {
    wadi__conf_origin origin; /* 0: no more */
    const char *name, *value;
} set_step;
typedef struct force_case {
    const char *name;
    set_step steps[4];
    const char *get, *expected;
} force_case;
static const force_case force_cases[] = {
    {"a file beats the default",
     {{WADI__CONF_FROM_FILE, "spark.ui.port", "1"}},
     "spark.ui.port",
     "1"},
    {"the environment beats a file",
     {{WADI__CONF_FROM_FILE, "spark.ui.port", "1"},
      {WADI__CONF_FROM_ENVIRONMENT, "spark.ui.port", "2"}},
     "spark.ui.port",
     "2"},
    {"code beats the environment",
     {{WADI__CONF_FROM_ENVIRONMENT, "spark.ui.port", "2"},
      {WADI__CONF_FROM_CODE, "spark.ui.port", "3"}},
     "spark.ui.port",
     "3"},
    {"whatever comes first",
     {{WADI__CONF_FROM_CODE, "spark.ui.port", "3"},
      {WADI__CONF_FROM_ENVIRONMENT, "spark.ui.port", "2"},
      {WADI__CONF_FROM_FILE, "spark.ui.port", "1"}},
     "spark.ui.port",
     "3"},
    {"of two in code the later",
     {{WADI__CONF_FROM_CODE, "spark.ui.port", "3"}, {WADI__CONF_FROM_CODE, "spark.ui.port", "4"}},
     "spark.ui.port",
     "4"},
    {"a mistake beats nothing",
     {{WADI__CONF_FROM_FILE, "spark.ui.port", "1"}, {WADI__CONF_FROM_CODE, "spark.ui.port", "x"}},
     "spark.ui.port",
     "1"},
    {"the program's own",
     {{WADI__CONF_FROM_FILE, "spark.mykey", "a"},
      {WADI__CONF_FROM_ENVIRONMENT, "spark.mykey", "b"}},
     "spark.mykey",
     "b"},
    {"own ones in code",
     {{WADI__CONF_FROM_CODE, "my.setting", "a"}, {WADI__CONF_FROM_FILE, "my.setting", "b"}},
     "my.setting",
     "a"},
    {"an old name",
     {{WADI__CONF_FROM_FILE, S "minRememberDuration", "2min"}},
     S "fileStream.minRememberDuration",
     "2min"},
    {"the new name beats the old",
     {{WADI__CONF_FROM_FILE, S "fileStream.minRememberDuration", "3s"},
      {WADI__CONF_FROM_FILE, S "minRememberDuration", "2s"}},
     S "minRememberDuration",
     "3s"},
    {"also when it comes later",
     {{WADI__CONF_FROM_FILE, S "minRememberDuration", "2s"},
      {WADI__CONF_FROM_FILE, S "fileStream.minRememberDuration", "3s"}},
     S "minRememberDuration",
     "3s"},
    {"unless the old has more force",
     {{WADI__CONF_FROM_FILE, S "fileStream.minRememberDuration", "3s"},
      {WADI__CONF_FROM_CODE, S "minRememberDuration", "2s"}},
     S "minRememberDuration",
     "2s"},
    {"text is kept as it was",
     {{WADI__CONF_FROM_CODE, S "blockInterval", " 5S "}},
     S "blockInterval",
     " 5S "},
    {"no such setting", {{WADI__CONF_FROM_DEFAULT, NULL, NULL}}, "nothing", NULL},
};
static void test_force(void **state) {
    const force_case *row = *state;
    wadi__conf *conf = wadi__conf_new();
    for (const set_step *step = row->steps; step->origin != 0 && step < row->steps + 4; step++)
        assert_true(wadi__conf_set(conf, step->name, step->value, step->origin, "x.c:1"));
    const char *value = wadi__conf_get(conf, row->get);
    if (row->expected == NULL)
        assert_null(value);
    else
        assert_string_equal(value, row->expected);
    wadi__conf_free(conf);
}
static void test_typed(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_BLOCK_INTERVAL), 200);
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_LINE_MAX), 16 << 20);
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_FILE_STREAM_MIN_REMEMBER), 60);
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_DEFAULT_PARALLELISM), 0);
    assert_true(wadi__conf_double(conf, WADI__CONF_PID_INTEGRAL) == 0.2);
    assert_true(wadi__conf_bool(conf, WADI__CONF_UNPERSIST));
    assert_false(wadi__conf_bool(conf, WADI__CONF_BACKPRESSURE_ENABLED));
    assert_null(wadi__conf_string(conf, WADI__CONF_MASTER));
    assert_string_equal(wadi__conf_string(conf, WADI__CONF_ON_FAILURE), "stop");
    assert_false(wadi__conf_is_set(conf, WADI__CONF_UNPERSIST));
    wadi__conf_set(conf, S "unpersist", "FALSE", FILE_, "f:1");
    wadi__conf_set(conf, "wadi.memory.max_bytes", "2g", FILE_, "f:2");
    wadi__conf_set(conf, S "receiver.maxRate", "-1", FILE_, "f:3");
    assert_false(wadi__conf_bool(conf, WADI__CONF_UNPERSIST));
    assert_true(wadi__conf_is_set(conf, WADI__CONF_UNPERSIST));
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_MEMORY_MAX), (int64_t)2 << 30);
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_RECEIVER_MAX_RATE), -1);
    assert_int_equal(wadi__conf_mistake_count(conf), 0);
    wadi__conf_free(conf);
}
static void test_what_was_given_out_stays(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    wadi__conf_set(conf, "my.key", "first", CODE, "x.c:1");
    const char *first = wadi__conf_get(conf, "my.key");
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof name, "my.key%d", i);
        wadi__conf_set(conf, "my.key", name, CODE, "x.c:2");
        wadi__conf_set(conf, name, "v", CODE, "x.c:3");
    }
    assert_string_equal(first, "first");
    assert_string_equal(wadi__conf_get(conf, "my.key"), "my.key99");
    wadi__conf_free(conf);
}

/* ---- Mistakes ---- */

typedef struct mistake_case {
    const char *name, *setting, *value;
    const char *expected; /* NULL: none */
} mistake_case;
static const mistake_case mistake_cases[] = {
    {"a slip in a name", S "blockIntervall", "1s",
     "x.c:7: there is no setting 'spark.streaming.blockIntervall'; did you mean "
     "'spark.streaming.blockInterval'?"},
    {"capitals in a name", "Spark.Master", "local",
     "x.c:7: there is no setting 'Spark.Master'; did you mean 'spark.master'?"},
    {"two slips outside of the prefixes", "sprk.app.nam", "x",
     "x.c:7: there is no setting 'sprk.app.nam'; did you mean 'spark.app.name'?"},
    {"three slips outside are another name", "sprk.ap.nam", "x", NULL},
    {"a slip in the prefix", "wady.batch.on_failure", "stop",
     "x.c:7: there is no setting 'wady.batch.on_failure'; did you mean 'wadi.batch.on_failure'?"},
    {"any other under wadi.", "wadi.frobnicate", "1",
     "x.c:7: there is no setting 'wadi.frobnicate'; did you mean 'wadi."},
    {"any other under spark.streaming.", S "kafka.consumer.cache.max", "1",
     "x.c:7: there is no setting 'spark.streaming.kafka.consumer.cache.max'; did you mean "
     "'spark.streaming.kafka.consumer.cache."},
    {"executors' memory", "spark.executor.memory", "4g", NULL},
    {"the serializer", "spark.serializer", "org.apache.spark.serializer.KryoSerializer", NULL},
    {"SQL", "spark.sql.shuffle.partitions", "8", NULL},
    {"SQL's streaming", "spark.sql.streaming.checkpointLocation", "/c", NULL},
    {"Hadoop", "spark.hadoop.fs.s3a.access.key", "x", NULL},
    {"YARN", "spark.yarn.queue", "x", NULL},
    {"the event log", "spark.eventLog.enabled", "true", NULL},
    {"other pages", "spark.ui.killEnabled", "true", NULL},
    {"the application's id", "spark.app.id", "x", NULL},
    {"CPUs of a task", "spark.task.cpus", "1", NULL},
    {"the driver's port", "spark.driver.port", "7077", NULL},
    {"own of spark.", "spark.mykey", "x", NULL},
    {"own", "greeting", "", NULL},
    {"a wrong number", "spark.task.maxFailures", "many",
     "x.c:7: spark.task.maxFailures is 'many', which is no whole number"},
    {"out of range", "spark.task.maxFailures", "0",
     "x.c:7: spark.task.maxFailures is '0'; it must be from 1 to 1000000 tries"},
    {"a wrong choice", "wadi.batch.on_failure", "contineu",
     "x.c:7: wadi.batch.on_failure is 'contineu'; it must be one of stop, continue; did you mean "
     "'continue'?"},
    {"a wrong pattern", "spark.redaction.regex", "(",
     "x.c:7: spark.redaction.regex is '(', which is no pattern: "},
    {"no name", "", "x", "x.c:7: a setting without a name"},
    {"not even an empty name", NULL, "x", "x.c:7: a setting without a name"},
    {"no value", "spark.ui.port", NULL, "x.c:7: spark.ui.port has no value"},
    {"no value of an own one", "my.key", NULL, "x.c:7: my.key has no value"},
};
static void test_mistake(void **state) {
    const mistake_case *row = *state;
    wadi__conf *conf = wadi__conf_new();
    assert_true(wadi__conf_set(conf, row->setting, row->value, CODE, "x.c:7"));
    assert_int_equal(wadi__conf_mistake_count(conf), row->expected != NULL);
    if (row->expected != NULL) {
        const char *mistake = wadi__conf_mistake(conf, 0);
        if (strncmp(mistake, row->expected, strlen(row->expected)) != 0)
            assert_string_equal(mistake, row->expected);
        bool is_whole = strchr("?'s", row->expected[strlen(row->expected) - 1]) != NULL;
        if (is_whole) assert_true(strlen(mistake) >= strlen(row->expected));
    } else {
        assert_string_equal(wadi__conf_get(conf, row->setting), row->value);
    }
    wadi__conf_free(conf);
}
static void test_names_of_all_lengths(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    char name[WADI__CONF_NAME_MAX + 2];
    memset(name, 'n', sizeof name);
    name[WADI__CONF_NAME_MAX] = 0;
    assert_true(wadi__conf_set(conf, name, "v", CODE, "x.c:1"));
    assert_int_equal(wadi__conf_mistake_count(conf), 0);
    name[WADI__CONF_NAME_MAX] = 'n';
    name[WADI__CONF_NAME_MAX + 1] = 0;
    assert_true(wadi__conf_set(conf, name, "v", CODE, "x.c:1"));
    assert_string_equal(wadi__conf_mistake(conf, 0),
                        "x.c:1: a name of 256 bytes, 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn..'; "
                        "255 are the most");
    wadi__conf_free(conf);
}
static void test_mistakes_are_bounded(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    for (int i = 0; i < WADI__CONF_MISTAKES_MAX + 5; i++)
        wadi__conf_set(conf, "wadi.x", "1", CODE, "x.c:1");
    assert_int_equal(wadi__conf_mistake_count(conf), WADI__CONF_MISTAKES_MAX + 1);
    assert_string_equal(wadi__conf_mistake(conf, WADI__CONF_MISTAKES_MAX),
                        "5 more mistakes in the settings");
    wadi__conf_free(conf);
}

/* A file that is made to keep us busy. */
static void test_names_are_bounded(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    for (int i = 0; i < WADI__CONF_OWN_MAX + 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "own.%d", i);
        assert_true(wadi__conf_set(conf, name, "v", CODE, "x.c:1"));
    }
    assert_int_equal(wadi__conf_mistake_count(conf), 2);
    assert_string_equal(
        wadi__conf_mistake(conf, 0),
        "x.c:1: own.1000 is one name too many; the program may have 1000 of its own");
    assert_true(
        wadi__conf_set(conf, "own.7", "again", CODE, "x.c:1")); /* those that it has may change */
    assert_string_equal(wadi__conf_get(conf, "own.7"), "again");
    wadi__conf_free(conf);
}

/* ---- Lines and files ---- */

static void assert_mistakes(const wadi__conf *conf, const char *const *expected, size_t count) {
    for (size_t i = 0; i < count && i < wadi__conf_mistake_count(conf); i++)
        assert_string_equal(wadi__conf_mistake(conf, i), expected[i]);
    assert_int_equal(wadi__conf_mistake_count(conf), count);
}
static void test_lines(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    assert_true(wadi__conf_set_lines(conf,
                                     "spark.ui.port=8080\n"
                                     "\n"
                                     "  my.key = a = b \r\n"
                                     "nonsense\n"
                                     "wadi.batch.on_failure=never\n"
                                     "=x\n"
                                     "spark.task.maxFailures=2",
                                     ENVIRONMENT, "WADI_CONF"));
    static const char *const expected[] = {
        "WADI_CONF:4: no '='; each line is name=value",
        ("WADI_CONF:5: wadi.batch.on_failure is 'never'; it must be one of stop, continue; did you "
         "mean 'stop'?"),
        "WADI_CONF:6: a setting without a name",
    };
    assert_mistakes(conf, expected, 3);
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_UI_PORT), 8080);
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_TASK_MAX_FAILURES), 2);
    assert_string_equal(wadi__conf_get(conf, "my.key"), "a = b");
    assert_true(wadi__conf_set_lines(conf, "", ENVIRONMENT, "WADI_CONF"));
    assert_true(wadi__conf_set_lines(conf, "\n \n", ENVIRONMENT, "WADI_CONF"));
    assert_mistakes(conf, expected, 3);
    wadi__conf_free(conf);
}
static const char spark_file[] =
    "# Spark's own example\n"
    "spark.master            local[4]\n"
    "spark.eventLog.enabled=true\n"
    "spark.executor.extraJavaOptions  -XX:+PrintGCDetails -Dkey=value \\\n"
    "     -Dnumbers=\"one two\"   \n"
    "spark.streaming.blockInterval: 50ms  \n"
    "spark.streaming.concurentJobs 2\n"
    "my.key \\u00zz\n";
static const char *const spark_file_mistakes[] = {
    ("conf/wadi.conf:7: there is no setting 'spark.streaming.concurentJobs'; did you mean "
     "'spark.streaming.concurrentJobs'?"),
    "conf/wadi.conf:8: \\u without the four digits of a character",
};
static void test_file(void **state) {
    (void)state;
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    wadi__sim_disk_put(disk, "/conf/wadi.conf", spark_file, sizeof spark_file - 1);
    wadi__sim_disk_set_short(disk, true);
    wadi__env_use(disk);
    wadi__conf *conf = wadi__conf_new();
    assert_true(wadi__conf_set_file(conf, "conf/wadi.conf", "main.c:3"));
    assert_mistakes(conf, spark_file_mistakes, 2);
    assert_string_equal(wadi__conf_string(conf, WADI__CONF_MASTER), "local[4]");
    assert_int_equal(wadi__conf_int(conf, WADI__CONF_BLOCK_INTERVAL), 50);
    assert_string_equal(wadi__conf_get(conf, "spark.executor.extraJavaOptions"),
                        "-XX:+PrintGCDetails -Dkey=value -Dnumbers=\"one two\"");
    wadi__conf_free(conf);
    wadi__env_use(NULL);
    wadi__sim_disk_free(disk);
}
static void test_files_that_cannot_be_read(void **state) {
    (void)state;
    wadi__env *disk = wadi__sim_disk_new(&wadi__env_real, 1);
    char *large = calloc(1, WADI__CONF_FILE_MAX + 1);
    memset(large, '#', WADI__CONF_FILE_MAX + 1);
    wadi__sim_disk_put(disk, "/large", large, WADI__CONF_FILE_MAX + 1);
    wadi__sim_disk_put(disk, "/largest", large, WADI__CONF_FILE_MAX);
    free(large);
    wadi__sim_disk_put(disk, "/broken", "a=b", 3);
    wadi__env_use(disk);
    wadi__conf *conf = wadi__conf_new();
    assert_true(wadi__conf_set_file(conf, "/largest", "main.c:1"));
    assert_true(wadi__conf_set_file(conf, "/missing", "main.c:2"));
    assert_true(wadi__conf_set_file(conf, "/large", "main.c:3"));
    wadi__sim_disk_fail(disk, WADI__SIM_READ, 2, 1,
                        EIO); /* after the content, where the end should be */
    assert_true(wadi__conf_set_file(conf, "/broken", "main.c:4"));
    assert_true(wadi__conf_set_file(conf, "/", "main.c:5"));
    static const char *const expected[] = {
        "main.c:2: settings file /missing: No such file or directory",
        "main.c:3: settings file /large: File too large",
        "main.c:4: settings file /broken: Input/output error",
        "main.c:5: settings file /: Is a directory",
    };
    assert_mistakes(conf, expected, 4);
    assert_null(wadi__conf_get(conf, "a"));
    assert_int_equal(wadi__sim_disk_open_files(disk), 0);
    wadi__conf_free(conf);
    wadi__env_use(NULL);
    wadi__sim_disk_free(disk);
}

/* ---- Printing ---- */

static char *printed(const wadi__conf *conf) {
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    wadi__conf_print(conf, to);
    assert_int_equal(fclose(to), 0);
    return text;
}
static void test_print(void **state) {
    (void)state;
    wadi__conf *conf = wadi__conf_new();
    wadi__conf_set(conf, "spark.app.name", "count\nwords", CODE, "main.c:12");
    wadi__conf_set(conf, "spark.ui.port", "8080", FILE_, "wadi.conf:3");
    wadi__conf_set(conf, "a.first", "1", ENVIRONMENT, "WADI_CONF:1");
    wadi__conf_set(conf, "z.last", "2", CODE, "main.c:13");
    char *text = printed(conf);
    assert_int_equal(strncmp(text,
                             "a.first = 1  # environment WADI_CONF:1\nspark.app.name = "
                             "count\\nwords  # code main.c:12\n",
                             86),
                     0);
    assert_non_null(strstr(text, "\nspark.ui.port = 8080  # file wadi.conf:3\n"));
    assert_non_null(strstr(text, "\nspark.task.maxFailures = 4  # default\n"));
    assert_non_null(strstr(text, "\nspark.master =   # unset\n"));
    assert_non_null(strstr(text, "\nz.last = 2  # code main.c:13\n"));
    size_t lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) lines++;
    assert_int_equal(lines, WADI__CONF_COUNT + 2);
    free(text);
    wadi__conf_free(conf);
}
typedef struct secret_case {
    const char *name, *pattern, *setting, *value;
    bool expected;
} secret_case;
static const secret_case secret_cases[] = {
    {"a password", NULL, "my.db.Password", "x", true},
    {"an access key", NULL, "spark.hadoop.fs.s3a.access.key", "x", true},
    {"a value that tells", NULL, "my.url", "http://h/?TOKEN=1", true},
    {"a harmless one", NULL, "my.key", "x", false},
    {"the pattern itself", NULL, "spark.redaction.regex", "secret", false},
    {"another pattern", "^my[.]", "my.key", "x", true},
    {"which is all there is", "^my[.]", "my2.password", "x", false},
    {"its case counts", "Key", "my.key", "x", false},
    {"no pattern", "", "password", "password", false},
};
static void test_secret(void **state) {
    const secret_case *row = *state;
    wadi__conf *conf = wadi__conf_new();
    if (row->pattern != NULL)
        wadi__conf_set(conf, "spark.redaction.regex", row->pattern, CODE, "x.c:1");
    assert_int_equal(wadi__conf_mistake_count(conf), 0);
    assert_int_equal(wadi__conf_is_secret(conf, row->setting, row->value), row->expected);
    wadi__conf_set(conf, row->setting, row->value, CODE, "x.c:2");
    char *text = printed(conf), line[200];
    snprintf(line, sizeof line, "%s = %s  # code x.c:2\n", row->setting,
             row->expected ? "*********(redacted)" : row->value);
    assert_non_null(strstr(text, line));
    free(text);
    wadi__conf_free(conf);
}

/* ---- Memory ---- */

static bool use_all(void *arg) {
    (void)arg;
    wadi__conf *conf = wadi__conf_new();
    if (conf == NULL) return false;
    bool has_memory = wadi__conf_set(conf, "my.key", "v", CODE, "x.c:1");
    has_memory &= wadi__conf_set(conf, "spark.ui.port", "1", CODE, "x.c:1");
    has_memory &= wadi__conf_set(conf, "wadi.x", "1", CODE, "x.c:1");
    has_memory &= wadi__conf_set_lines(conf, "a=b\nc", ENVIRONMENT, "WADI_CONF");
    has_memory &=
        wadi__conf_set_properties(conf, spark_file, sizeof spark_file - 1, FILE_, "conf/wadi.conf");
    has_memory &= wadi__conf_set_file(conf, "/does/not/exist", "x.c:2");
    size_t count = wadi__conf_mistake_count(conf);
    assert_true(count > 0);
    if (!has_memory)
        assert_string_equal(wadi__conf_mistake(conf, count - 1), "no memory to keep the settings");
    char *text = printed(conf); /* has every row, with memory or without */
    assert_non_null(strstr(text, "wadi.batch.on_failure = stop  # default\n"));
    free(text);
    wadi__conf_free(conf);
    wadi__pool_trim();
    return has_memory;
}
static void test_no_memory_at_every_request(void **state) {
    (void)state;
    wadi__pool_trim();
    assert_true(wadi__unit_refuse_each(use_all, NULL, false) > 5);
    wadi__unit_refuse_each(use_all, NULL, true);
}

int main(void) {
    static wadi__unit unit;
    wadi__unit_add(&unit, test_rows_are_sound);
    wadi__unit_rows(&unit, test_default, default_cases);
    wadi__unit_rows(&unit, test_force, force_cases);
    wadi__unit_add(&unit, test_typed);
    wadi__unit_add(&unit, test_what_was_given_out_stays);
    wadi__unit_rows(&unit, test_mistake, mistake_cases);
    wadi__unit_add(&unit, test_names_of_all_lengths);
    wadi__unit_add(&unit, test_mistakes_are_bounded);
    wadi__unit_add(&unit, test_names_are_bounded);
    wadi__unit_add(&unit, test_lines);
    wadi__unit_add(&unit, test_file);
    wadi__unit_add(&unit, test_files_that_cannot_be_read);
    wadi__unit_add(&unit, test_print);
    wadi__unit_rows(&unit, test_secret, secret_cases);
    wadi__unit_add(&unit, test_no_memory_at_every_request);
    return wadi__unit_run(&unit, "conf");
}
