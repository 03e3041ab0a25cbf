/* SPDX-License-Identifier: Apache-2.0 */
/* sink_test.c CONNECTION: wadi_save_to_postgres() into a real database, also when any of its calls
 * fails, before or after it had its effect, and when a batch is run again. Times are those of a
 * manual clock, so a second run of a program has the batches of the first. */
#include "base/log.h"
#include "sink/postgres_pool.h"
#include "testing/stream_case.h"
#include "testing/unit.h"

#include <wadi/postgres.h>
#include <wadi/wadi.h>

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>

static const char *connection; /* of the server */

WADI_RECORD(word_count, (wadi_str, word), (int64_t, count));

/* ---- The test's own eyes ---- */

/* Rows with ; between them, columns with | between. By its own connection, past all faults. */
static const char *ask(const char *sql) {
    static char text[4000];
    static const wadi__postgres_ops *ops;
    static void *link;
    wadi__postgres_fault fault = {0};
    if (ops == NULL) ops = wadi__postgres_open(NULL);
    assert_non_null(ops);
    if (link == NULL) link = ops->open(connection, "the test", &fault);
    void *answer = link != NULL ? ops->query(link, sql, NULL, 0, &fault) : NULL;
    if (answer == NULL) fail_msg("%s: %s", sql, fault.message);
    size_t n = 0;
    text[0] = 0;
    bool has_rows = strncmp(sql, "SELECT", 6) == 0;
    for (int row = 0; has_rows && row < ops->rows(answer); row++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", row > 0 ? ";" : "",
                              ops->value(answer, row, 0));
    ops->free_result(answer);
    return text;
}
static void make_table(const char *columns) {
    char sql[600];
    ask("DROP TABLE IF EXISTS counts");
    ask("DROP TABLE IF EXISTS wadi_batches");
    snprintf(sql, sizeof sql, "CREATE TABLE counts (%s)", columns);
    ask(sql);
}
#define COUNTS "word text NOT NULL, count bigint NOT NULL"
static const char *counts(void) {
    return ask("SELECT word || ':' || count FROM counts ORDER BY word, count");
}
static const char *staged(void) {
    return ask(
        "SELECT count(*) FROM pg_class WHERE relname LIKE 'wadi\\_staged\\_%' AND relkind = 'r'");
}

/* ---- Faults in the module's table ---- */

static const wadi__postgres_ops *real;
static atomic_int calls, fail_at, times;
static bool is_after; /* the call has its effect, but its answer is lost */
static bool fails(void) {
    int n = atomic_fetch_add(&calls, 1) + 1, at = atomic_load(&fail_at);
    return at > 0 && n >= at && n < at + atomic_load(&times);
}
static void lose(wadi__postgres_fault *fault) {
    *fault = (wadi__postgres_fault){.message = "the line is dead"};
}

static void *faulty_open(const char *string, const char *application, wadi__postgres_fault *fault) {
    if (!fails()) return real->open(string, application, fault);
    lose(fault);
    return NULL;
}
static void *faulty_query(void *link, const char *sql, const char *const *parameters, int count,
                          wadi__postgres_fault *fault) {
    bool is_failing = fails();
    void *answer =
        !is_failing || is_after ? real->query(link, sql, parameters, count, fault) : NULL;
    if (!is_failing) return answer;
    if (answer != NULL) real->free_result(answer);
    lose(fault);
    return NULL;
}
static bool faulty_copy_begin(void *link, const char *sql, wadi__postgres_fault *fault) {
    if (!fails()) return real->copy_begin(link, sql, fault);
    lose(fault);
    return false;
}
static bool faulty_copy_add(void *link, const void *bytes, size_t size,
                            wadi__postgres_fault *fault) {
    if (!fails()) return real->copy_add(link, bytes, size, fault);
    lose(fault);
    return false;
}
static bool faulty_copy_end(void *link, wadi__postgres_fault *fault) {
    bool is_failing = fails(), is_done = (!is_failing || is_after) && real->copy_end(link, fault);
    if (!is_failing) return is_done;
    lose(fault);
    return false;
}
static void set_fault(int at, int how_often, bool after) {
    static wadi__postgres_ops faulty;
    real = wadi__postgres_open(NULL);
    if (real == &faulty) fail_msg("faults are set already");
    faulty = *real;
    faulty.open = faulty_open;
    faulty.query = faulty_query;
    faulty.copy_begin = faulty_copy_begin;
    faulty.copy_add = faulty_copy_add;
    faulty.copy_end = faulty_copy_end;
    atomic_store(&calls, 0);
    atomic_store(&fail_at, at);
    atomic_store(&times, how_often);
    is_after = after;
    wadi__postgres_use(&faulty);
}

/* ---- Programs ---- */

/* Chance is real: each run's staging table has its own name. */
static void real_random(wadi__env *env, void *bytes, size_t size) {
    (void)env;
    wadi__env_real.random(&wadi__env_real, bytes, size);
}

static char logged[4000];
static void take_log(wadi__log_level level, const char *module, const char *text, void *arg) {
    (void)arg;
    if (level == WADI__LOG_INFO && strcmp(module, "stream") == 0) return; /* each batch has a line */
    size_t n = strlen(logged);
    snprintf(logged + n, sizeof logged - n, "%s\n", text);
}
typedef struct program {
    const wadi_type *type;
    const char *text; /* its batches */
    uint32_t partitions, batches;
    const char *tries;
    wadi_postgres_options options;
    const char *connection; /* NULL: the server's */
} program;
/* Runs a program that saves to the table `counts`; err gets what it failed with. */
static wadi_status run(const program *self, wadi_error *err) {
    wadi__rig_options options = {
        .settings = {{"spark.task.maxFailures", self->tries != NULL ? self->tries : "4"}}};
    wadi__rig rig = wadi__rig_new(&options);
    rig.clock->random = real_random;
    wadi_postgres_options given = self->options;
    given.size = sizeof given;
    given.where = (wadi_where){__FILE__, __LINE__};
    logged[0] = 0;
    wadi__log_capture(take_log, NULL);
    (wadi_save_to_postgres)(wadi__rig_input(&rig, self->type, self->text, self->partitions),
                            self->connection != NULL ? self->connection : connection, "counts",
                            &given);
    *err = (wadi_error)WADI_ERROR_INIT;
    wadi_status status = wadi_start(rig.ssc, err);
    if (status == WADI_OK) {
        wadi__rig_batches(&rig, self->batches);
        status = wadi_await_termination_or_timeout(rig.ssc, 0, NULL, err);
    }
    wadi__rig_free(&rig);
    wadi__log_capture(NULL, NULL);
    return status;
}
static void run_well(const program *self) {
    wadi_error err;
    if (run(self, &err) != WADI_OK) fail_msg("%s", err.message);
}
static const program words = {WADI_TYPE(word_count), "a:1 b:2 c:3; ; d:4", 2, 3, NULL, {0}, NULL};

/* ---- Tests ---- */

static void test_batches_arrive(void **state) {
    (void)state;
    make_table("id serial, at timestamptz, seen timestamptz DEFAULT now(), " COUNTS);
    program self = words;
    self.options.batch_column = "at";
    run_well(&self);
    assert_string_equal(counts(), "a:1;b:2;c:3;d:4");
    assert_string_equal(ask("SELECT word || extract(epoch FROM at)::int || (seen IS NOT NULL) FROM "
                            "counts ORDER BY 1"),
                        "a1true;b1true;c1true;d3true");
    assert_string_equal(ask("SELECT stream || batch_ms FROM wadi_batches ORDER BY batch_ms"),
                        "counts1000;counts2000;counts3000");
    assert_string_equal(logged, "");
}
static void test_a_second_run(void **state) {
    (void)state;
    make_table(COUNTS);
    run_well(&words);
    ask("DELETE FROM wadi_batches WHERE batch_ms = 3000");
    ask("DELETE FROM counts WHERE word = 'd'");
    run_well(&words);
    assert_string_equal(counts(), "a:1;b:2;c:3;d:4");
    assert_string_equal(logged, "batch 1000 ms of 'counts' is in the database already: skipped\n"
                                "batch 2000 ms of 'counts' is in the database already: skipped\n");
    assert_string_equal(staged(), "1"); /* that of the first run is gone */
    program other = words;
    other.options.name = "another";
    run_well(&other);
    assert_string_equal(counts(), "a:1;a:1;b:2;b:2;c:3;c:3;d:4;d:4");
}
static void test_old_batches_are_forgotten(void **state) {
    (void)state;
    make_table(COUNTS);
    ask("CREATE TABLE wadi_batches (application text NOT NULL, stream text NOT NULL, batch_ms "
        "bigint NOT NULL, "
        "PRIMARY KEY (application, stream, batch_ms))");
    ask("INSERT INTO wadi_batches SELECT 'test', s, b FROM unnest('{counts,other}'::text[]) s, "
        "unnest('{-9998000,-9997001,-9996000}'::bigint[]) b");
    run_well(&words); /* 3000 - 10000 x 1000 is the oldest that is kept */
    assert_string_equal(
        ask("SELECT stream || batch_ms FROM wadi_batches WHERE batch_ms < 0 ORDER BY 1"),
        "counts-9996000;other-9996000;other-9997001;other-9998000");
}

static void test_every_call_fails_once(void **state) {
    (void)state;
    for (int after = 0; after < 2; after++) {
        for (int n = 1;; n++) {
            make_table(COUNTS);
            set_fault(n, 1, after);
            wadi_error err;
            wadi_status status = run(&words, &err);
            wadi__postgres_use(real);
            if (status != WADI_OK) fail_msg("call %d: %s", n, err.message);
            if (strcmp(counts(), "a:1;b:2;c:3;d:4") != 0) fail_msg("call %d: %s", n, counts());
            assert_true(n < 200);
            if (atomic_load(&calls) < n) break;
        }
    }
}
static void test_every_call_fails_for_good(void **state) {
    (void)state;
    program self = words;
    self.tries = "2";
    for (int after = 0; after < 2; after++) {
        for (int n = 1;; n++) {
            make_table(COUNTS);
            set_fault(n, 1000, after);
            wadi_error err;
            wadi_status status = run(&self, &err);
            wadi__postgres_use(real);
            if (status == WADI_OK) break;
            if (strstr(err.message, "the line is dead") == NULL)
                fail_msg("call %d: %s", n, err.message);
            run_well(&self); /* started again: with the batches that it has not done */
            if (strcmp(counts(), "a:1;b:2;c:3;d:4") != 0) fail_msg("call %d: %s", n, counts());
            assert_true(n < 200);
        }
    }
}

/* The server itself cuts all other connections while records are on their way. */
static atomic_int cuts;
WADI_MAP(cut_at_c, word_count, word_count) {
    *out = *in;
    if (wadi_str_equal(in->word, wadi_str_of("c")) && atomic_fetch_add(&cuts, 1) == 0)
        ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND "
            "backend_type = 'client backend'");
}
static void test_the_server_cuts_connections(void **state) {
    (void)state;
    make_table(COUNTS);
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(word_count), "a:1 b:2 c:3; d:4", 2);
    wadi_save_to_postgres(wadi_map(in, cut_at_c), connection, "counts");
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_OK);
    wadi__rig_batches(&rig, 2);
    wadi_await_termination_or_timeout(rig.ssc, 0, NULL, &err);
    if (err.status != WADI_OK) fail_msg("%s", err.message);
    wadi__rig_free(&rig);
    assert_int_equal(atomic_load(&cuts), 2);
    assert_string_equal(counts(), "a:1;b:2;c:3;d:4");
}
static void test_rows_that_were_removed(void **state) {
    (void)state;
    make_table(COUNTS);
    ask("CREATE OR REPLACE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS 'DECLARE t text; "
        "BEGIN "
        "FOR t IN SELECT relname FROM pg_class WHERE relname LIKE ''wadi\\_staged\\_%'' AND "
        "relkind = ''r'' LOOP "
        "EXECUTE ''DELETE FROM '' || t; END LOOP; RETURN NEW; END'");
    run_well(&words);
    ask("CREATE TRIGGER wipe BEFORE INSERT ON wadi_batches FOR EACH ROW EXECUTE FUNCTION wipe()");
    ask("DELETE FROM wadi_batches");
    ask("DELETE FROM counts");
    wadi_error err;
    assert_int_equal(run(&words, &err), WADI_E_STATE);
    if (strstr(err.message, "has the rows of 0 of 2 partitions") == NULL)
        fail_msg("%s", err.message);
    assert_string_equal(counts(), "");
    assert_string_equal(ask("SELECT count(*) FROM wadi_batches"), "0");
}

typedef struct fit_case {
    const char *name, *columns; /* NULL: there is no table */
    const char *batch_column;
    const char *message;
} fit_case;
static fit_case fits[] = {
    {"no table", NULL, NULL,
     "table 'counts' is not there; this makes one that fits: CREATE TABLE \"counts\" (\"word\" "
     "text NOT NULL, \"count\" "
     "bigint NOT NULL); table 'counts'; in save_to_postgres of"},
    {"no table, with a batch column", NULL, "at",
     "\"count\" bigint NOT NULL, \"at\" timestamptz NOT NULL)"},
    {"a column is missing", "word text", NULL,
     "table 'counts' has no column 'count'; it is to be: bigint NOT NULL"},
    {"a column is too narrow", "word text, count integer", NULL,
     "column 'count' of table 'counts' is integer; for its field it is to be: bigint NOT NULL"},
    {"a column is of another kind", "word bigint, count bigint", NULL,
     "column 'word' of table 'counts' is bigint; for its field it is to be: text NOT NULL"},
    {"no batch column", COUNTS, "at",
     "table 'counts' has no column 'at'; it is to be: timestamptz or bigint"},
    {"a batch column of text", "at text, " COUNTS, "at",
     "column 'at' of table 'counts' is text; for its field it is to be: timestamptz or bigint"},
    {"a column that wants a value", "more text NOT NULL, " COUNTS, NULL,
     "null value in column \"more\" of relation \"counts\" violates not-null constraint"},
    {"a row that it does not take", "word text, count bigint CHECK (count <> 2)", NULL,
     "new row for relation \"counts\" violates check constraint"},
};
static void test_fit(void **state) {
    const fit_case *row = *state;
    make_table(row->columns != NULL ? row->columns : "a int");
    if (row->columns == NULL) ask("DROP TABLE counts");
    program self = words;
    self.options.batch_column = row->batch_column;
    wadi_error err;
    assert_int_not_equal(run(&self, &err), WADI_OK);
    if (strstr(err.message, row->message) == NULL) fail_msg("%s", err.message);
    if (row->columns != NULL) assert_string_equal(ask("SELECT count(*) FROM counts"), "0");
}

WADI_RECORD(place, (wadi_str, city), (int32_t, zip));
WADI_SEQ(place_list, place);
WADI_RECORD(order, (int64_t, id), (place, to), (bool, is_paid), (double, price),
            (wadi_str_option, note), (wadi_int64_list, items), (wadi_str_list, tags),
            (double, at, 2), (place_list, over));
WADI_MAP(make_order, int64_t, order) {
    static const int64_t items[] = {1, -2};
    static const place over[] = {{.zip = 1}, {.zip = 2}};
    *out = (order){.id = *in,
                   .to = {wadi_str_of("tab\tquote\"back\\slash\nU\xcc\x88"), 7},
                   .is_paid = true,
                   .price = *in == 2 ? NAN : 1e100,
                   .items = {items, 2},
                   .at = {0.1, INFINITY},
                   .over = {over, 2}};
    if (*in == 2) out->note = (wadi_str_option)WADI_SOME(wadi_str_of("{NULL}"));
    wadi_str *tags = wadi_alloc(task, 2 * sizeof *tags);
    if (tags == NULL) return;
    tags[0] = wadi_str_of("a,b \"c\" \\N");
    tags[1] = wadi_str_of("NULL");
    out->tags = (wadi_str_list){tags, 2};
}
typedef struct value_case {
    const char *name, *select;
    const char *expected; /* of both rows */
} value_case;
static value_case values[] = {
    {"a string", "to_city = E'tab\\tquote\"back\\\\slash\\nU\\u0308'", "t;t"},
    {"numbers", "(id, to_zip, is_paid, price)", "(1,7,t,1e+100);(2,7,t,NaN)"},
    {"an option", "coalesce(note, 'none')", "none;{NULL}"},
    {"sequences of numbers", "items::text || at::text", "{1,-2}{0.1,Infinity};{1,-2}{0.1,Infinity}"},
    {"a sequence of strings", "tags = ARRAY[E'a,b \"c\" \\\\N', 'NULL']", "t;t"},
    {"a sequence of records", "over->1->>'zip'", "2;2"},
};
static void save_orders(void) {
    ask("DROP TABLE IF EXISTS orders");
    ask("CREATE TABLE orders (id bigint, to_city text, to_zip int, is_paid bool, price float8, "
        "note text, items bigint[], tags text[], at float8[], over jsonb)");
    ask("DROP TABLE IF EXISTS wadi_batches");
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(int64_t), "1 2", 1);
    wadi_save_to_postgres(wadi_map(in, make_order), connection, "public.orders");
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_OK);
    wadi__rig_batches(&rig, 1);
    wadi_await_termination_or_timeout(rig.ssc, 0, NULL, &err);
    if (err.status != WADI_OK) fail_msg("%s", err.message);
    wadi__rig_free(&rig);
}
static void test_values(void **state) {
    const value_case *row = *state;
    char sql[200];
    if (row == values) save_orders();
    snprintf(sql, sizeof sql, "SELECT %s FROM orders ORDER BY id", row->select);
    assert_string_equal(ask(sql), row->expected);
}

static void test_no_secrets(void **state) {
    (void)state;
    static const struct {
        const char *string;
        const char *message;
    } rows[] = {
        {"hunter2", "the connection string cannot be read"},
        {"postgresql://me:hunter2@[host/db", "the connection string cannot be read"},
        {"host=/nowhere password=hunter2", "no connection to the database: connection to server"},
        {"postgresql://me:hunter2@%2Fnowhere/db",
         "no connection to the database: connection to server"},
    };
    make_table(COUNTS);
    wadi__log_set_level(WADI__LOG_DEBUG);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        program self = words;
        self.connection = rows[i].string;
        self.tries = "2";
        wadi_error err;
        assert_int_not_equal(run(&self, &err), WADI_OK);
        if (strstr(err.message, rows[i].message) == NULL) fail_msg("%s", err.message);
        assert_null(strstr(err.message, "hunter2"));
        assert_null(strstr(logged, "hunter2"));
    }
    wadi__log_set_level(WADI__LOG_WARN);
}
typedef struct mistake_case {
    const char *name;
    bool has_connection;
    const char *table, *second_table; /* NULL: there is one output */
    const char *batch_column;
    const char *message;
} mistake_case;
static mistake_case mistakes[] = {
    {"two outputs of one name", true, "counts", "counts", NULL,
     "save_to_postgres: two outputs are known by 'counts', so that one's batches would be taken "
     "for the other's; give "
     "one another .name"},
    {"no table", true, "", NULL, NULL, "save_to_postgres: no table is given"},
    {"no connection", false, "counts", NULL, NULL,
     "save_to_postgres: no connection string is given"},
    {"a batch column that is taken", true, "counts", NULL, "count",
     "save_to_postgres: 'count' is the column of a field; .batch_column is to be another"},
};
static void test_mistake(void **state) {
    const mistake_case *row = *state;
    wadi__rig rig = wadi__rig_new(NULL);
    wadi_dstream *in = wadi__rig_input(&rig, WADI_TYPE(word_count), "a:1", 1);
    wadi_save_to_postgres(in, row->has_connection ? connection : NULL, row->table,
                          .batch_column = row->batch_column);
    if (row->second_table != NULL) wadi_save_to_postgres(in, connection, row->second_table);
    wadi_error err = WADI_ERROR_INIT;
    assert_int_equal(wadi_start(rig.ssc, &err), WADI_E_INVALID);
    if (strstr(err.message, row->message) == NULL) fail_msg("%s", err.message);
    wadi__rig_free(&rig);
}

int main(int argc, char **argv) {
    wadi__unit unit = {0};
    if (argc < 2) return 2;
    connection = argv[1];
    wadi__unit_add(&unit, test_batches_arrive);
    wadi__unit_add(&unit, test_a_second_run);
    wadi__unit_add(&unit, test_old_batches_are_forgotten);
    wadi__unit_add(&unit, test_every_call_fails_once);
    wadi__unit_add(&unit, test_every_call_fails_for_good);
    wadi__unit_add(&unit, test_the_server_cuts_connections);
    wadi__unit_add(&unit, test_rows_that_were_removed);
    wadi__unit_rows(&unit, test_fit, fits);
    wadi__unit_rows(&unit, test_values, values);
    wadi__unit_add(&unit, test_no_secrets);
    wadi__unit_rows(&unit, test_mistake, mistakes);
    return wadi__unit_run(&unit, "postgres sink");
}
