/* SPDX-License-Identifier: Apache-2.0 */
/* shared_vars_test.c: accumulators, exact whatever fails, and broadcasts. */
#include "exec/shared_vars.h"
#include "testing/keyed.h"
#include "testing/unit.h"

static wadi_context *sc;

/* ---- Accumulators: what they hold ---- */

WADI_RECORD(seen, (wadi_str, longest), (int64_t, count), (wadi_int64_list, last));
WADI_REDUCE(merge_seen, seen) {
    if (in->longest.len > acc->longest.len) acc->longest = in->longest;
    acc->count += in->count;
    if (in->last.count > 0) acc->last = in->last;
}
WADI_RECORD(counters, (wadi_accumulator, sum), (wadi_accumulator, count), (wadi_accumulator, most),
            (wadi_accumulator, seen), (int64_t, failing_tries));
WADI_MAP(add_all, int64_t, int64_t, counters) {
    *out = *in;
    wadi_accumulator_add(task, env->sum, *in);
    wadi_accumulator_add(task, env->count, 1);
    wadi_accumulator_merge(task, env->most, int64_t, *in);
    int64_t *last = wadi_alloc(task, sizeof *last);
    *last = *in;
    seen one = {
        wadi_str_printf(task, "number %0*d of them all", (int)(*in % 100), (int)*in), 1, {last, 1}};
    wadi_accumulator_merge(task, env->seen, seen, one.longest, one.count, one.last);
    if (*in % 100 == 99 && wadi_task_attempt(task) < env->failing_tries) wadi_fail(task, "not yet");
}
static counters make_counters(wadi_context *own) {
    static const int64_t least = INT64_MIN;
    return (counters){
        .sum = wadi_accumulator_new(own, "sum"),
        .count = wadi_accumulator_new(own, "count"),
        .most = wadi_accumulator_of(own, int64_t, "most", wadi_max, &least),
        .seen = wadi_accumulator_of(own, seen, "seen", merge_seen, NULL),
    };
}
/* That many hundreds of numbers, one in each partition. */
static wadi_rdd *hundreds(wadi_context *own, int64_t count) {
    static int64_t numbers[2000];
    if (numbers[1] == 0)
        for (int64_t i = 0; i < 2000; i++) numbers[i] = i;
    wadi_op_options options = {.size = sizeof options, .partitions = (uint32_t)count};
    return wadi__parallelize(own, WADI_TYPE(int64_t), numbers, (size_t)(100 * count), &options);
}
static void check_counters(wadi_context *own, const counters *all, int64_t n) {
    assert_int_equal(wadi_accumulator_value(own, all->sum), n * (n - 1) / 2);
    assert_int_equal(wadi_accumulator_value(own, all->count), n);
    assert_int_equal(wadi_accumulator_value(own, all->most), n - 1);
    const seen *record = wadi_accumulator_record(own, seen, all->seen);
    assert_int_equal(record->count, n);
    assert_int_equal(record->longest.len, strlen("number  of them all") + 99);
    assert_int_equal(record->last.count, 1);
    assert_int_equal(record->last.items[0] % 100, 99);
}
typedef struct try_case {
    const char *name;
    int64_t failing_tries;
} try_case;
static try_case tries[] = {
    {"each task once", 0}, {"each task again", 1}, {"each task four times", 3}};
/* Adds all of them in tasks, some of which fail. */
#define ADD_ALL(rdd, all, failing) \
    wadi_count(wadi_map(           \
        (rdd), wadi_bind(add_all, (all).sum, (all).count, (all).most, (all).seen, (failing))))
static void test_tries(void **state) {
    const try_case *row = *state;
    counters all = make_counters(sc);
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(ADD_ALL(hundreds(sc, 20), all, row->failing_tries), 2000);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    check_counters(sc, &all, 2000);
}
/* The tasks that succeeded before the job failed have counted, as in Spark; the others have not. */
static void test_failed_job(void **state) {
    (void)state;
    wadi_context *own = wadi_context_new("local", "failed");
    counters all = make_counters(own);
    test_batch batch;
    test_batch_begin(&batch);
    assert_int_equal(ADD_ALL(hundreds(own, 20), all, 4), 0);
    test_says(test_batch_error(&batch), "not yet");
    test_batch_end(&batch);
    assert_int_equal(wadi_accumulator_value(own, all.count), 0);
    assert_int_equal(wadi_accumulator_value(own, all.most), INT64_MIN);
    wadi_finish(own);
}
static void test_added_by_jobs_and_stages(void **state) {
    (void)state;
    counters all = make_counters(sc);
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *added =
        wadi_map(hundreds(sc, 5), wadi_bind(add_all, all.sum, all.count, all.most, all.seen, 1));
    assert_int_equal(wadi_count(wadi_repartition(added, 3)), 500); /* in a map stage */
    check_counters(sc, &all, 500);
    const seen *kept = wadi_accumulator_record(sc, seen, all.seen);
    wadi_str before = kept->longest;
    char text[200];
    memcpy(text, wadi_str_data(&before), before.len);
    assert_int_equal(wadi_count(added), 500); /* it is computed again, and counts again */
    assert_memory_equal(wadi_str_data(&before), text, before.len); /* what was read stays */
    assert_int_equal(wadi_accumulator_value(sc, all.count), 1000);
    assert_int_equal(wadi_accumulator_record(sc, seen, all.seen)->count, 1000);
    test_batch_end(&batch);
}

/* ---- Merges that fail ---- */

WADI_REDUCE(merge_up_to_three, int64_t) { /* the task's own sum is 1, the accumulator's is larger */
    if (*acc + *in > 3) wadi_fail(task, "four are too many");
    *acc += *in;
}
WADI_RECORD(limited, (wadi_accumulator, limit), (wadi_accumulator, before),
            (wadi_accumulator, after));
WADI_MAP_PARTITION(add_one_each, int64_t, int64_t, limited) {
    while ((in = wadi_next(it))) wadi_emit(out, *in);
    wadi_accumulator_add(task, env->before, 1);
    wadi_accumulator_merge(task, env->limit, int64_t, 1);
    wadi_accumulator_add(task, env->after, 1);
}
/* What a task added counts whole or not at all. */
static void test_merge_fails(void **state) {
    (void)state;
    limited env = {wadi_accumulator_of(sc, int64_t, "limited", merge_up_to_three, NULL),
                   wadi_accumulator_new(sc, NULL), wadi_accumulator_new(sc, NULL)};
    test_batch batch;
    test_batch_begin(&batch);
    size_t n;
    const int64_t *rows =
        wadi_collect(wadi_map_partitions(hundreds(sc, 5),
                                         wadi_bind(add_one_each, env.limit, env.before, env.after)),
                     int64_t, &n);
    assert_null(rows);
    test_says(test_batch_error(&batch),
              "four are too many; in merging into accumulator 'limited'; in task ");
    test_batch_end(&batch);
    assert_int_equal(wadi_accumulator_value(sc, env.limit), 3);
    assert_int_equal(wadi_accumulator_value(sc, env.before), 3);
    assert_int_equal(wadi_accumulator_value(sc, env.after), 3);
}
/* A map task whose additions cannot be merged leaves nothing behind either. */
WADI_REDUCE(merge_at_last, int64_t) {
    if (*acc > 0 && wadi_task_attempt(task) < 3) wadi_fail(task, "not yet");
    *acc += *in;
}
static void test_merge_fails_at_first(void **state) {
    (void)state;
    limited env = {wadi_accumulator_of(sc, int64_t, "at last", merge_at_last, NULL),
                   wadi_accumulator_new(sc, NULL), wadi_accumulator_new(sc, NULL)};
    test_batch batch;
    test_batch_begin(&batch);
    wadi_rdd *added = wadi_map_partitions(
        hundreds(sc, 5), wadi_bind(add_one_each, env.limit, env.before, env.after));
    assert_int_equal(wadi_count(wadi_repartition(added, 2)), 500);
    assert_string_equal(test_batch_error(&batch), "");
    test_batch_end(&batch);
    assert_int_equal(wadi_accumulator_value(sc, env.limit), 5);
    assert_int_equal(wadi_accumulator_value(sc, env.after), 5);
}

/* ---- Mistakes ---- */

WADI_RECORD(one_counter, (wadi_accumulator, counter));
WADI_MAP(merge_word, int64_t, int64_t, one_counter) {
    *out = *in;
    wadi_str word = wadi_str_of("word");
    wadi__accumulator_merge(task, env->counter, WADI_TYPE(wadi_str), &word);
}
WADI_MAP(merge_word_after_number, int64_t, int64_t, one_counter) {
    *out = *in;
    wadi_accumulator_add(task, env->counter, 1);
    wadi_str word = wadi_str_of("word");
    wadi__accumulator_merge(task, env->counter, WADI_TYPE(wadi_str), &word);
}
WADI_MAP(merge_number, int64_t, int64_t, one_counter) {
    *out = *in;
    wadi_accumulator_add(task, env->counter, 1);
}
static void test_mistakes_in_tasks(void **state) {
    (void)state;
    wadi_accumulator number = wadi_accumulator_new(sc, "numbers"), none = {0},
                     words = wadi_accumulator_of(sc, wadi_str, "words", wadi_max, NULL);
    wadi_map_fn wrong[] = {wadi_bind(merge_word, number),
                           wadi_bind(merge_word_after_number, number),
                           wadi_bind(merge_number, words), wadi_bind(merge_number, none)};
    static const char *const says[] = {"accumulator 'numbers' has records of another type",
                                       "accumulator 'numbers' has records of another type",
                                       "accumulator 'words' has records of another type",
                                       "there is no such accumulator: was it captured?"};
    for (size_t i = 0; i < 4; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_count(wadi_map(wadi_range(sc, 0, 3), wrong[i]));
        test_says(test_batch_error(&batch), says[i]);
        assert_int_equal(batch.scope.err.status, WADI_E_TYPE);
        test_batch_end(&batch);
    }
    assert_int_equal(wadi_accumulator_value(sc, number), 0);
}
static void test_mistakes_on_the_driver(void **state) {
    (void)state;
    test_batch batch;
    wadi_accumulator words = wadi_accumulator_of(sc, wadi_str, "words", wadi_max, NULL);
    test_batch_begin(&batch);
    assert_int_equal(wadi_accumulator_value(sc, (wadi_accumulator){0}), 0);
    test_says(test_batch_error(&batch),
              "an accumulator cannot be read: there is none with this handle");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    assert_int_equal(wadi_accumulator_value(sc, words), 0);
    test_says(test_batch_error(&batch),
              "an accumulator cannot be read: 'words' has records of another type");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_type bad = wadi_type_of_wadi_str;
    bad.size = 3;
    assert_null(wadi__accumulator_record(sc, words, &bad, NULL));
    test_says(test_batch_error(&batch), "an accumulator cannot be read: the descriptor of ");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_accumulator made = wadi_accumulator_of(sc, int64_t, "x", (wadi_reduce_fn){0}, NULL);
    assert_int_equal(made.id, 0);
    test_says(test_batch_error(&batch), "an accumulator cannot be made: no function is given");
    test_batch_end(&batch);
    test_batch_begin(&batch);
    made = wadi_accumulator_of(sc, wadi_str, "x", merge_seen, NULL);
    test_says(test_batch_error(&batch), "'merge_seen' takes seen");
    test_batch_end(&batch);
}

/* ---- Memory of accumulators ---- */

WADI_REDUCE(newer, wadi_str) { *acc = *in; }
WADI_MAP_PARTITION(add_long_text, int64_t, int64_t, one_counter) {
    (void)it;
    (void)out;
    enum { SIZE = 100000 };
    char *bytes = wadi_alloc(task, SIZE);
    memset(bytes, 'x', SIZE);
    wadi_str text = wadi_str_view(bytes, SIZE);
    wadi__accumulator_merge(task, env->counter, WADI_TYPE(wadi_str), &text);
}
static void test_does_not_grow(void **state) {
    (void)state;
    wadi_accumulator text = wadi_accumulator_of(sc, wadi_str, "text", newer, NULL);
    size_t before = wadi__pool_in_use();
    for (int i = 0; i < 50; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_count(wadi_map_partitions(hundreds(sc, 10), wadi_bind(add_long_text, text)));
        assert_int_equal(wadi_accumulator_record(sc, wadi_str, text)->len, 100000);
        test_batch_end(&batch);
    }
    assert_true(wadi__pool_in_use() < before + (4 << 20));
}
/* Whichever request for memory is refused: when the job has succeeded, the counts are right. */
static void test_exact_without_memory(void **state) {
    (void)state;
    uint64_t failed = 0, n = 1;
    for (bool is_reached = true; is_reached; n++) {
        wadi_context *own = wadi_context_new("local", "memory");
        counters all = make_counters(own);
        test_batch batch;
        test_batch_begin(&batch);
        wadi_rdd *in = hundreds(own, 3);
        uint64_t requests = wadi__mem_requests();
        wadi__mem_fail_at(n, false);
        int64_t count = ADD_ALL(in, all, 0);
        wadi__mem_fail_at(0, false);
        is_reached = wadi__mem_requests() - requests >= n;
        if (batch.scope.has_failed) {
            failed++;
            assert_int_equal(batch.scope.err.status, WADI_E_NOMEM);
        } else {
            assert_int_equal(count, 300);
            check_counters(own, &all, 300);
        }
        test_batch_end(&batch);
        wadi_finish(own);
    }
    assert_true(n > 30 && failed < n);
}
static bool make_one(void *arg) {
    (void)arg;
    wadi_context *own = wadi_context_new("local", "making");
    static const seen zero = {.count = 1};
    wadi_accumulator made = wadi_accumulator_of(own, seen, "seen", merge_seen, &zero);
    static const char *const words[] = {"one", "another word that is long"};
    wadi_str rows[] = {wadi_str_of(words[0]), wadi_str_of(words[1])};
    wadi_broadcast also = wadi_broadcast_new(own, wadi_str, rows, 2);
    if (made.id == 0 || also.id == 0) assert_true(own->scope.has_failed);
    return wadi_finish(own) == 0;
}
static void test_making_without_memory(void **state) {
    (void)state;
    make_one(NULL); /* types are entered once */
    assert_true(wadi__unit_refuse_each(make_one, NULL, false) > 5);
}

/* ---- Broadcasts ---- */

WADI_RECORD(city, (wadi_str, name), (int64_t, number), (wadi_int64_list, near));
WADI_RECORD(two_lists, (wadi_broadcast, cities), (wadi_broadcast, numbers));
WADI_MAP(number_of_city, wadi_str, int64_t, two_lists) {
    const city *found = wadi_broadcast_find(task, env->cities, city, in);
    *out = found != NULL ? found->number + (int64_t)found->near.count : -1;
}
WADI_MAP(sum_of_numbers, int64_t, int64_t, two_lists) { /* asks for both at each record */
    size_t n, city_count;
    const int64_t *numbers = wadi_broadcast_value(task, env->numbers, int64_t, &n);
    wadi_broadcast_value(task, env->cities, city, &city_count);
    *out = (int64_t)city_count * 1000;
    for (size_t i = 0; i < n; i++) *out += numbers[i];
    (void)in;
}
static wadi_broadcast make_cities(int64_t count, size_t in_all) {
    city *rows = calloc(in_all, sizeof *rows);
    static const int64_t near[] = {1, 2, 3};
    char(*names)[40] = calloc(in_all, sizeof *names);
    for (size_t i = 0; i < in_all; i++) {
        int64_t number = (int64_t)i % count;
        snprintf(names[i], 40, "%.*scity %d", (int)(number % 25), "of the name of a long, long",
                 (int)number);
        rows[i] = (city){wadi_str_of(names[i]), (int64_t)i, {near, 3}};
    }
    wadi_broadcast made = wadi_broadcast_new(sc, city, rows, in_all);
    memset(rows, 0xa5, in_all * sizeof *rows); /* they were copied, with all that they point at */
    memset(names, 0xa5, in_all * sizeof *names);
    free(rows);
    free(names);
    return made;
}
static void test_find(void **state) {
    (void)state;
    enum { COUNT = 5000 };
    wadi_broadcast cities = make_cities(COUNT, COUNT * 3); /* each name thrice: the first counts */
    test_batch batch;
    test_batch_begin(&batch);
    static wadi_str asked[COUNT * 2];
    static char names[COUNT * 2][40];
    for (int i = 0; i < COUNT * 2; i++) {
        snprintf(names[i], 40, "%.*scity %d", i % 25, "of the name of a long, long", i);
        asked[i] = wadi_str_of(names[i]);
    }
    size_t n;
    const int64_t *rows =
        wadi_collect(wadi_map(wadi_parallelize(sc, wadi_str, asked, COUNT * 2, .partitions = 4),
                              wadi_bind(number_of_city, .cities = cities)),
                     int64_t, &n);
    assert_string_equal(test_batch_error(&batch), "");
    assert_int_equal(n, COUNT * 2);
    for (size_t i = 0; i < n; i++) assert_int_equal(rows[i], i < COUNT ? (int64_t)i + 3 : -1);
    test_batch_end(&batch);
}
static void test_values(void **state) {
    (void)state;
    static const int64_t numbers[] = {1, 10, 100};
    wadi_broadcast cities = make_cities(2, 2), list = wadi_broadcast_new(sc, int64_t, numbers, 3),
                   empty = wadi_broadcast_new(sc, int64_t, NULL, 0);
    test_batch batch;
    test_batch_begin(&batch);
    enum { COUNT = 100000 };
    const int64_t *first = wadi_first(
        wadi_map(wadi_range(sc, 0, 3), wadi_bind(sum_of_numbers, cities, empty)), int64_t);
    assert_int_equal(*first, 2000);
    size_t n, before = wadi__mem_in_use() > 0 ? (size_t)wadi__mem_in_use() : 0;
    const int64_t *rows = wadi_collect(wadi_map(wadi_coalesce(wadi_range(sc, 0, COUNT), 1),
                                                wadi_bind(sum_of_numbers, cities, list)),
                                       int64_t, &n);
    assert_int_equal(n, COUNT);
    for (size_t i = 0; i < n; i++)
        if (rows[i] != 2111) fail_msg("row %zu is %" PRId64, i, rows[i]);
    assert_true((size_t)wadi__mem_in_use() < before + 100000); /* nothing was kept per record */
    test_batch_end(&batch);
}
static void test_broadcast_mistakes(void **state) {
    (void)state;
    static const int64_t numbers[] = {1};
    wadi_broadcast list = wadi_broadcast_new(sc, int64_t, numbers, 1);
    wadi_map_fn wrong[] = {wadi_bind(sum_of_numbers, list, list),
                           wadi_bind(sum_of_numbers, {0}, {0})};
    static const char *const says[] = {"the broadcast has records of another type",
                                       "there is no such broadcast: was it captured?"};
    test_batch batch;
    for (size_t i = 0; i < 2; i++) {
        test_batch_begin(&batch);
        wadi_count(wadi_map(wadi_range(sc, 0, 3), wrong[i]));
        test_says(test_batch_error(&batch), says[i]);
        test_batch_end(&batch);
    }
    test_batch_begin(&batch);
    assert_int_equal(wadi_broadcast_new(sc, int64_t, numbers, (size_t)1 << 31).id, 0);
    test_says(test_batch_error(&batch), "a broadcast cannot be made: 2147483648 records; at most");
    assert_int_equal(batch.scope.err.status, WADI_E_INVALID);
    test_batch_end(&batch);
    test_batch_begin(&batch);
    assert_int_equal(wadi_broadcast_new(sc, int64_t, NULL, 3).id, 0);
    test_says(test_batch_error(&batch), "a broadcast cannot be made: 3 rows at NULL");
    assert_int_equal(batch.scope.err.status, WADI_E_INVALID);
    test_batch_end(&batch);
    test_batch_begin(&batch);
    wadi_type bad = wadi_type_of_int64_t;
    bad.size = 3;
    assert_int_equal(wadi__broadcast_new(sc, &bad, numbers, 1, NULL).id, 0);
    test_says(test_batch_error(&batch), "a broadcast cannot be made: the descriptor of ");
    test_batch_end(&batch);
}
WADI_MAP(asks_wrongly, int64_t, int64_t, two_lists) {
    wadi_type bad = wadi_type_of_int64_t;
    bad.size = 3;
    *out = wadi__broadcast_value(task, env->numbers, &bad, NULL) != NULL;
    (void)in;
}
WADI_MAP(merges_wrongly, int64_t, int64_t, one_counter) {
    wadi_type bad = wadi_type_of_int64_t;
    bad.size = 3;
    wadi__accumulator_merge(task, env->counter, &bad, in);
    *out = *in;
}
static void test_descriptors_of_bodies(void **state) {
    (void)state;
    static const int64_t numbers[] = {1};
    wadi_broadcast list = wadi_broadcast_new(sc, int64_t, numbers, 1);
    wadi_accumulator sum = wadi_accumulator_new(sc, NULL);
    wadi_map_fn wrong[] = {wadi_bind(asks_wrongly, list, list), wadi_bind(merges_wrongly, sum)};
    for (size_t i = 0; i < 2; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        wadi_count(wadi_map(wadi_range(sc, 0, 3), wrong[i]));
        test_says(test_batch_error(&batch), "the descriptor of int64_t has ");
        test_batch_end(&batch);
    }
}
static uint64_t digest_of_finding(void *arg) {
    wadi_str asked[] = {wadi_str_of("city 0"), wadi_str_of("no city"), wadi_str_of("ocity 1")};
    const wadi_broadcast *cities = arg;
    return test_digest(wadi_map(wadi_parallelize(sc, wadi_str, asked, 3),
                                wadi_bind(number_of_city, .cities = *cities)),
                       true);
}
static void test_finding_without_memory(void **state) {
    (void)state;
    wadi_broadcast cities = make_cities(100, 100);
    test_sweep(digest_of_finding, &cities);
    for (uint64_t n = 1; n < 100; n++) { /* of which the index is made in the task */
        wadi_broadcast fresh = make_cities(3, 3);
        test_batch batch;
        test_batch_begin(&batch);
        wadi__mem_fail_at(n, true);
        uint64_t digest = digest_of_finding(&fresh);
        wadi__mem_fail_at(0, false);
        bool failed = batch.scope.has_failed;
        if (failed)
            assert_int_equal(batch.scope.err.status, WADI_E_NOMEM);
        else
            assert_int_equal(digest, digest_of_finding(&fresh));
        test_batch_end(&batch);
        if (!failed) return;
    }
    fail_msg("it never succeeds");
}

/* ---- Several threads ---- */

typedef struct shared_work {
    counters all;
    wadi_broadcast cities;
} shared_work;
static void *work_on(void *arg) {
    const shared_work *work = arg;
    for (int i = 0; i < 10; i++) {
        test_batch batch;
        test_batch_begin(&batch);
        assert_int_equal(ADD_ALL(hundreds(sc, 4), work->all, i % 2), 400);
        wadi_str asked = wadi_str_of("city 0");
        const int64_t *found =
            wadi_first(wadi_map(wadi_parallelize(sc, wadi_str, &asked, 1),
                                wadi_bind(number_of_city, .cities = work->cities)),
                       int64_t);
        assert_int_equal(*found, 3);
        assert_true(wadi_accumulator_value(sc, work->all.count) >= 400 * (i + 1));
        test_batch_end(&batch);
    }
    return NULL;
}
static void test_concurrent_jobs(void **state) {
    (void)state;
    enum { THREADS = 4 };
    shared_work work = {make_counters(sc), make_cities(10, 10)};
    hundreds(sc, 4); /* fills in the numbers */
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work_on, &work);
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    assert_int_equal(wadi_accumulator_value(sc, work.all.count), THREADS * 4000);
    assert_int_equal(wadi_accumulator_value(sc, work.all.sum),
                     (int64_t)THREADS * 10 * 400 * 399 / 2);
    assert_int_equal(wadi_accumulator_record(sc, seen, work.all.seen)->count, THREADS * 4000);
}

int main(void) {
    sc = wadi_context_new("local[4]", "shared_vars");
    wadi__unit unit = {0};
    wadi__unit_rows(&unit, test_tries, tries);
    wadi__unit_add(&unit, test_failed_job);
    wadi__unit_add(&unit, test_added_by_jobs_and_stages);
    wadi__unit_add(&unit, test_merge_fails);
    wadi__unit_add(&unit, test_merge_fails_at_first);
    wadi__unit_add(&unit, test_mistakes_in_tasks);
    wadi__unit_add(&unit, test_mistakes_on_the_driver);
    wadi__unit_add(&unit, test_does_not_grow);
    wadi__unit_add(&unit, test_exact_without_memory);
    wadi__unit_add(&unit, test_making_without_memory);
    wadi__unit_add(&unit, test_find);
    wadi__unit_add(&unit, test_values);
    wadi__unit_add(&unit, test_broadcast_mistakes);
    wadi__unit_add(&unit, test_descriptors_of_bodies);
    wadi__unit_add(&unit, test_finding_without_memory);
    wadi__unit_add(&unit, test_concurrent_jobs);
    int failed = wadi__unit_run(&unit, "shared_vars");
    return wadi_finish(sc) + failed;
}
