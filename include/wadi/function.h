/* SPDX-License-Identifier: Apache-2.0 */
/* function.h: how a program declares the functions that run on its data.
 *
 *     WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
 *
 * wraps the body in the loop over a chunk of records, so that the compiler inlines it, and enters
 * the function with its types into the program's registry, so that it can travel as a name. The
 * name then stands for the function: wadi_map(words, pair_with_one). It is a constant of its source
 * file, of a type of its kind, and lives as long as its program or shared object; no two of one
 * program have one name.
 *
 * A last argument names the record of its captured values, which the body sees as `env`:
 *
 *     WADI_RECORD(limit, (int64_t, min));
 *     WADI_FILTER(at_least, word_count, limit) { return in->count >= env->min; }
 *     wadi_filter(counts, wadi_bind(at_least, .min = 5))
 *
 * Bodies on executors run in tasks' threads, many at once, and again when a task is retried: they
 * keep nothing in static variables, and what they give depends on what they see alone. They also
 * see `task`. All that a body sees is borrowed for the call, and read only where it is const; what
 * it gives may point at its input, at literals, at captured values and at the task's memory
 * (str.h). A record named as something that a body sees is shadowed there. Bodies on the driver run
 * one at a time for each stream; those of receivers in a thread of their own.
 *
 * Numbers of rows are size_t, durations and times int64_t milliseconds (batch_ms: since the
 * epoch). */
#ifndef WADI_FUNCTION_H
#define WADI_FUNCTION_H
#pragma GCC system_header
#include <wadi/call.h>

/* ---- Functions that run on executors, in tasks. Every declaring macro stands at file scope and is
 * followed by the body in braces. Its first argument is the function's name, the next are records'
 * types, one word each and described (record.h); the last may be the record of captured values,
 * seen as `env`, const Env *. The wrong number of arguments does not compile and is said in words.
 * Types are checked when an operator gets the function. Bodies end by return, or in C++ also by
 * nothing but that: no exception may leave them. ---- */

/**
 * Declares a function of one record to one record: for wadi_map, wadi_map_values, wadi_key_by. The
 * body sees `in`, const In *, and sets `*out`, Out *, which starts undefined: assign it as a whole.
 * Source:    Spark 3 RDD.map.
 */
#define WADI_MAP(...) WADI__BY_COUNT(WADI__MAP_, __VA_ARGS__)
#define WADI__MAP_3(f, In, Out)                                                                    \
    WADI__PLAIN(f, map)                                                                            \
    WADI__DEFINE(f, MAP, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, NULL, 0)             \
    WADI__NAME_PLAIN(f, map)                                                                       \
    WADI__MAP_LOOP(f, In, Out)
#define WADI__MAP_4(f, In, Out, Env)                                                               \
    WADI__CAPTURES(f, map, Env)                                                                    \
    WADI__DEFINE(f, MAP, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__MAP_LOOP(f, In, Out)
#define WADI__MAP_1(...) WADI__TAKES("WADI_MAP takes (name, In, Out) and maybe the record of captured values")
#define WADI__MAP_2(...) WADI__TAKES("WADI_MAP takes (name, In, Out) and maybe the record of captured values")
#define WADI__MAP_5(...) WADI__TAKES("WADI_MAP takes (name, In, Out) and maybe the record of captured values")
#define WADI__MAP_LOOP(f, In, Out)                                                                 \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, Out *out WADI_UNUSED, WADI__TASK_ENV(f));  \
    static void f##__loop(const In *__restrict in, Out *__restrict out,                            \
                          const uint32_t *__restrict rows_, size_t count_, wadi_task *task,        \
                          const f##__env *__restrict env) {                                        \
        WADI__EACH_ROW(f##__body(in + row_, out + i_, task, env))                                  \
    }                                                                                              \
    static void f##__run(wadi_call *call_) {                                                       \
        f##__loop((const In *)call_->in, (Out *)call_->out, call_->rows, call_->count, call_->task,\
                  WADI__ENV(f));                                                                   \
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, Out *out WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares a function of one record to any number of records: for wadi_flat_map,
 * wadi_flat_map_values. The body sees `in`, const In *, and emits records of Out: wadi_emit(out,
 * v).
 * Source:    Spark 3 RDD.flatMap.
 */
#define WADI_FLAT_MAP(...) WADI__BY_COUNT(WADI__FLAT_MAP_, __VA_ARGS__)
#define WADI__FLAT_MAP_3(f, In, Out)                                                               \
    WADI__PLAIN(f, flat_map)                                                                       \
    WADI__DEFINE(f, FLAT_MAP, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, NULL, 0)        \
    WADI__NAME_PLAIN(f, flat_map)                                                                  \
    WADI__FLAT_MAP_LOOP(f, In, Out)
#define WADI__FLAT_MAP_4(f, In, Out, Env)                                                          \
    WADI__CAPTURES(f, flat_map, Env)                                                               \
    WADI__DEFINE(f, FLAT_MAP, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__FLAT_MAP_LOOP(f, In, Out)
#define WADI__FLAT_MAP_1(...) WADI__TAKES("WADI_FLAT_MAP takes (name, In, Out) and maybe the record of captured values")
#define WADI__FLAT_MAP_2(...) WADI__TAKES("WADI_FLAT_MAP takes (name, In, Out) and maybe the record of captured values")
#define WADI__FLAT_MAP_5(...) WADI__TAKES("WADI_FLAT_MAP takes (name, In, Out) and maybe the record of captured values")
#define WADI__FLAT_MAP_LOOP(f, In, Out)                                                            \
    WADI__OUT(f, Out)                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__out *out WADI_UNUSED,                 \
        WADI__TASK_ENV(f));                                                                        \
    static void f##__loop(const In *__restrict in, wadi_call *call_,                               \
                          const uint32_t *__restrict rows_, size_t count_, wadi_task *task,        \
                          const f##__env *__restrict env) {                                        \
        WADI__OPEN_OUT(f, Out)                                                                     \
        WADI__EACH_ROW(f##__body(in + row_, &emitted_, task, env))                                 \
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    static void f##__run(wadi_call *call_) {                                                       \
        f##__loop((const In *)call_->in, call_, call_->rows, call_->count, call_->task,            \
                  WADI__ENV(f));                                                                   \
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__out *out WADI_UNUSED,                 \
        WADI__TASK_ENV(f))

/**
 * Declares a test of records: for wadi_filter, and with In wadi_str for the .filter of file
 * streams. The body sees `in`, const In *, and returns whether to keep it.
 * Source:    Spark 3 RDD.filter.
 */
#define WADI_FILTER(...) WADI__BY_COUNT(WADI__FILTER_, __VA_ARGS__)
#define WADI__FILTER_2(f, In)                                                                      \
    WADI__PLAIN(f, filter)                                                                         \
    WADI__DEFINE(f, FILTER, &wadi_type_of_##In, NULL, NULL, NULL, NULL, 0)                         \
    WADI__NAME_PLAIN(f, filter)                                                                    \
    WADI__FILTER_LOOP(f, In)
#define WADI__FILTER_3(f, In, Env)                                                                 \
    WADI__CAPTURES(f, filter, Env)                                                                 \
    WADI__DEFINE(f, FILTER, &wadi_type_of_##In, NULL, NULL, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__FILTER_LOOP(f, In)
#define WADI__FILTER_1(...) WADI__TAKES("WADI_FILTER takes (name, In) and maybe the record of captured values")
#define WADI__FILTER_4(...) WADI__TAKES("WADI_FILTER takes (name, In) and maybe the record of captured values")
#define WADI__FILTER_LOOP(f, In)                                                                   \
    WADI__BODY bool f##__body(const In *in WADI_UNUSED, WADI__TASK_ENV(f));                        \
    static size_t f##__loop(const In *__restrict in, uint32_t *selected_, const uint32_t *rows_,   \
                            size_t count_, wadi_task *task, const f##__env *__restrict env) {      \
        size_t kept_ = 0;                                                                          \
        WADI__EACH_ROW(selected_[kept_] = (uint32_t)row_, kept_ += f##__body(in + row_, task, env))\
        return kept_;                                                                              \
    }                                                                                              \
    static void f##__run(wadi_call *call_) {                                                       \
        call_->selected_count = f##__loop((const In *)call_->in, call_->selected, call_->rows,     \
                                         call_->count, call_->task, WADI__ENV(f));                 \
    }                                                                                              \
    WADI__BODY bool f##__body(const In *in WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares a function of a whole partition: for wadi_map_partitions. It runs once for each, empty
 * ones too. The body sees `it`, from which it takes records, and `in`, const In *, to hold them:
 * while ((in = wadi_next(it))) ..; and emits records of Out: wadi_emit(out, v). It need not take
 * all records.
 * Source:    Spark 3 RDD.mapPartitions; with the index by wadi_task_partition_index(task).
 */
#define WADI_MAP_PARTITION(...) WADI__BY_COUNT(WADI__MAP_PARTITION_, __VA_ARGS__)
#define WADI__MAP_PARTITION_3(f, In, Out)                                                          \
    WADI__PLAIN(f, map_partition)                                                                  \
    WADI__DEFINE(f, MAP_PARTITION, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, NULL, 0)   \
    WADI__NAME_PLAIN(f, map_partition)                                                             \
    WADI__MAP_PARTITION_LOOP(f, In, Out)
#define WADI__MAP_PARTITION_4(f, In, Out, Env)                                                     \
    WADI__CAPTURES(f, map_partition, Env)                                                          \
    WADI__DEFINE(f, MAP_PARTITION, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__MAP_PARTITION_LOOP(f, In, Out)
#define WADI__MAP_PARTITION_1(...) WADI__TAKES("WADI_MAP_PARTITION takes (name, In, Out) and maybe the record of captured values")
#define WADI__MAP_PARTITION_2(...) WADI__TAKES("WADI_MAP_PARTITION takes (name, In, Out) and maybe the record of captured values")
#define WADI__MAP_PARTITION_5(...) WADI__TAKES("WADI_MAP_PARTITION takes (name, In, Out) and maybe the record of captured values")
#define WADI__MAP_PARTITION_LOOP(f, In, Out)                                                       \
    WADI__IN(f, In) WADI__OUT(f, Out)                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__in *it WADI_UNUSED,                   \
        f##__out *out WADI_UNUSED, WADI__TASK_ENV(f));                                             \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        WADI__OPEN_IN(f, In)                                                                       \
        WADI__OPEN_OUT(f, Out)                                                                     \
        f##__body(NULL, &entered_, &emitted_, call_->task, env);                                   \
        WADI__CLOSE_IN                                                                             \
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__in *it WADI_UNUSED,                   \
        f##__out *out WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares how two records become one: for wadi_reduce, wadi_reduce_by_key, wadi_fold, merging
 * accumulators, windows. The body sees `acc`, T *, and `in`, const T *, and merges `in` into
 * `*acc`; by key it leaves the first field alone. It must be associative, and commutative too: in
 * which order records meet is not said.
 * Source:    Spark 3 RDD.reduce, PairRDDFunctions.reduceByKey.
 */
#define WADI_REDUCE(...) WADI__BY_COUNT(WADI__REDUCE_, __VA_ARGS__)
#define WADI__REDUCE_2(f, T)                                                                       \
    WADI__PLAIN(f, reduce)                                                                         \
    WADI__DEFINE(f, REDUCE, &wadi_type_of_##T, NULL, &wadi_type_of_##T, NULL, NULL, 0)             \
    WADI__NAME_PLAIN(f, reduce)                                                                    \
    WADI__REDUCE_LOOP(f, T)
#define WADI__REDUCE_3(f, T, Env)                                                                  \
    WADI__CAPTURES(f, reduce, Env)                                                                 \
    WADI__DEFINE(f, REDUCE, &wadi_type_of_##T, NULL, &wadi_type_of_##T, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__REDUCE_LOOP(f, T)
#define WADI__REDUCE_1(...) WADI__TAKES("WADI_REDUCE takes (name, T) and maybe the record of captured values")
#define WADI__REDUCE_4(...) WADI__TAKES("WADI_REDUCE takes (name, T) and maybe the record of captured values")
#define WADI__REDUCE_LOOP(f, T)                                                                    \
    WADI__BODY void f##__body(T *acc WADI_UNUSED, const T *in WADI_UNUSED, WADI__TASK_ENV(f));     \
    static void f##__loop(T *__restrict acc, const T *__restrict in, const uint32_t *rows_,        \
                          size_t count_, wadi_task *task, const f##__env *__restrict env) {        \
        T sum_ = *acc; /* of its own, so that it can live in registers */                          \
        WADI__EACH_ROW(f##__body(&sum_, in + row_, task, env))                                     \
        *acc = sum_;                                                                               \
    }                                                                                              \
    static void f##__loop_by_key(void *const *accs_, const T *__restrict in, const uint32_t *rows_,\
                                 size_t count_, wadi_task *task, const f##__env *__restrict env) { \
        WADI__EACH_ROW(f##__body((T *)accs_[i_], in + row_, task, env))                            \
    }                                                                                              \
    static void f##__run(wadi_call *call_) {                                                       \
        if (call_->acc != NULL)                                                                    \
            f##__loop((T *)call_->acc, (const T *)call_->in, call_->rows, call_->count,            \
                      call_->task, WADI__ENV(f));                                                  \
        else                                                                                       \
            f##__loop_by_key(call_->accs, (const T *)call_->in, call_->rows, call_->count,         \
                             call_->task, WADI__ENV(f));                                           \
    }                                                                                              \
    WADI__BODY void f##__body(T *acc WADI_UNUSED, const T *in WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares how records go into an accumulator of another type: for wadi_combine_by_key,
 * wadi_aggregate_by_key, wadi_aggregate. The body sees `acc`, Acc *, `in`, const In *, and
 * `is_new`: whether *acc is as it began, which is zeros or *.zero, by key with the key of `in` as
 * its first field. It merges `in` into `*acc` and leaves the key alone.
 * Source:    Spark 3 PairRDDFunctions.combineByKey (createCombiner and mergeValue in one),
 *            aggregateByKey, RDD.aggregate.
 */
#define WADI_COMBINE(...) WADI__BY_COUNT(WADI__COMBINE_, __VA_ARGS__)
#define WADI__COMBINE_3(f, In, Acc)                                                                \
    WADI__PLAIN(f, combine)                                                                        \
    WADI__DEFINE(f, COMBINE, &wadi_type_of_##In, NULL, &wadi_type_of_##Acc, &wadi_type_of_##Acc, NULL, 0)\
    WADI__NAME_PLAIN(f, combine)                                                                   \
    WADI__COMBINE_LOOP(f, In, Acc)
#define WADI__COMBINE_4(f, In, Acc, Env)                                                           \
    WADI__CAPTURES(f, combine, Env)                                                                \
    WADI__DEFINE(f, COMBINE, &wadi_type_of_##In, NULL, &wadi_type_of_##Acc, &wadi_type_of_##Acc, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__COMBINE_LOOP(f, In, Acc)
#define WADI__COMBINE_1(...) WADI__TAKES("WADI_COMBINE takes (name, In, Acc) and maybe the record of captured values")
#define WADI__COMBINE_2(...) WADI__TAKES("WADI_COMBINE takes (name, In, Acc) and maybe the record of captured values")
#define WADI__COMBINE_5(...) WADI__TAKES("WADI_COMBINE takes (name, In, Acc) and maybe the record of captured values")
#define WADI__COMBINE_LOOP(f, In, Acc)                                                             \
    WADI__BODY void f##__body(Acc *acc WADI_UNUSED, const In *in WADI_UNUSED,                      \
        bool is_new WADI_UNUSED, WADI__TASK_ENV(f));                                               \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        const uint32_t *rows_ = call_->rows;                                                       \
        const In *in_ = (const In *)call_->in;                                                     \
        Acc *acc_ = (Acc *)call_->acc;                                                             \
        WADI__EACH_ROW(f##__body(acc_ != NULL ? acc_ : (Acc *)call_->accs[i_], in_ + row_,         \
                                 call_->is_new[i_], call_->task, env))                             \
    }                                                                                              \
    WADI__BODY void f##__body(Acc *acc WADI_UNUSED, const In *in WADI_UNUSED,                      \
        bool is_new WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares a function of all records of a key: for wadi_group_by_key. It runs once for each key. In
 * is declared by WADI_RECORD or WADI_DESCRIBE. The body sees `key`, a pointer to the first field's
 * type, and the key's records, `in`, const In *: in[0..n), n > 0, side by side in the order of the
 * partitions that they came from; it emits records of Out, any number: wadi_emit(out, v).
 * Source:    Spark 3 PairRDDFunctions.groupByKey and what follows it.
 */
#define WADI_GROUP(...) WADI__BY_COUNT(WADI__GROUP_, __VA_ARGS__)
#define WADI__GROUP_3(f, In, Out)                                                                  \
    WADI__PLAIN(f, group)                                                                          \
    WADI__DEFINE(f, GROUP, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, NULL, 0)           \
    WADI__NAME_PLAIN(f, group)                                                                     \
    WADI__GROUP_LOOP(f, In, Out)
#define WADI__GROUP_4(f, In, Out, Env)                                                             \
    WADI__CAPTURES(f, group, Env)                                                                  \
    WADI__DEFINE(f, GROUP, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__GROUP_LOOP(f, In, Out)
#define WADI__GROUP_1(...) WADI__TAKES("WADI_GROUP takes (name, In, Out) and maybe the record of captured values")
#define WADI__GROUP_2(...) WADI__TAKES("WADI_GROUP takes (name, In, Out) and maybe the record of captured values")
#define WADI__GROUP_5(...) WADI__TAKES("WADI_GROUP takes (name, In, Out) and maybe the record of captured values")
#define WADI__GROUP_LOOP(f, In, Out)                                                               \
    WADI__OUT(f, Out)                                                                              \
    WADI__BODY void f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        size_t n WADI_UNUSED, f##__out *out WADI_UNUSED, WADI__TASK_ENV(f));                       \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        WADI__OPEN_OUT(f, Out)                                                                     \
        for (size_t i_ = 0; i_ < count_; i_++) {                                                   \
            const wadi_group_view *group_ = &call_->groups[i_];                                    \
            f##__body((const In##__key *)group_->key, (const In *)group_->in, group_->in_count,    \
                      &emitted_, call_->task, env);                                                \
        }                                                                                          \
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    WADI__BODY void f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        size_t n WADI_UNUSED, f##__out *out WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares what a pair of records becomes: for the joins, wadi_cartesian and wadi_zip. The body
 * sees `left`, const L *, and `right`, const R *, and sets `*out`, Out *, which starts undefined,
 * as a whole. In outer joins one of them is NULL where a record has no partner; in other calls none
 * is.
 * Source:    Spark 3 PairRDDFunctions.join and its outer kin.
 */
#define WADI_JOIN(...) WADI__BY_COUNT(WADI__JOIN_, __VA_ARGS__)
#define WADI__JOIN_4(f, L, R, Out)                                                                 \
    WADI__PLAIN(f, join)                                                                           \
    WADI__DEFINE(f, JOIN, &wadi_type_of_##L, &wadi_type_of_##R, &wadi_type_of_##Out, NULL, NULL, 0)\
    WADI__NAME_PLAIN(f, join)                                                                      \
    WADI__JOIN_LOOP(f, L, R, Out)
#define WADI__JOIN_5(f, L, R, Out, Env)                                                            \
    WADI__CAPTURES(f, join, Env)                                                                   \
    WADI__DEFINE(f, JOIN, &wadi_type_of_##L, &wadi_type_of_##R, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__JOIN_LOOP(f, L, R, Out)
#define WADI__JOIN_1(...) WADI__TAKES("WADI_JOIN takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__JOIN_2(...) WADI__TAKES("WADI_JOIN takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__JOIN_3(...) WADI__TAKES("WADI_JOIN takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__JOIN_6(...) WADI__TAKES("WADI_JOIN takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__JOIN_LOOP(f, L, R, Out)                                                              \
    WADI__BODY void f##__body(const L *left WADI_UNUSED, const R *right WADI_UNUSED,               \
        Out *out WADI_UNUSED, WADI__TASK_ENV(f));                                                  \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        Out *out_ = (Out *)call_->out;                                                             \
        for (size_t i_ = 0; i_ < count_; i_++)                                                     \
            f##__body((const L *)call_->left[i_], (const R *)call_->right[i_], out_ + i_,          \
                      call_->task, env);                                                           \
    }                                                                                              \
    WADI__BODY void f##__body(const L *left WADI_UNUSED, const R *right WADI_UNUSED,               \
        Out *out WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares a function of all records of a key on two sides: for wadi_cogroup. It runs once for each
 * key of either side. L is declared by WADI_RECORD or WADI_DESCRIBE. The body sees `key`, a pointer
 * to the first field's type, left[0..left_n) and right[0..right_n), one of which may be 0, and
 * emits records of Out: wadi_emit(out, v). A side without records may be NULL.
 * Source:    Spark 3 PairRDDFunctions.cogroup.
 */
#define WADI_COGROUP(...) WADI__BY_COUNT(WADI__COGROUP_, __VA_ARGS__)
#define WADI__COGROUP_4(f, L, R, Out)                                                              \
    WADI__PLAIN(f, cogroup)                                                                        \
    WADI__DEFINE(f, COGROUP, &wadi_type_of_##L, &wadi_type_of_##R, &wadi_type_of_##Out, NULL, NULL, 0)\
    WADI__NAME_PLAIN(f, cogroup)                                                                   \
    WADI__COGROUP_LOOP(f, L, R, Out)
#define WADI__COGROUP_5(f, L, R, Out, Env)                                                         \
    WADI__CAPTURES(f, cogroup, Env)                                                                \
    WADI__DEFINE(f, COGROUP, &wadi_type_of_##L, &wadi_type_of_##R, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__COGROUP_LOOP(f, L, R, Out)
#define WADI__COGROUP_1(...) WADI__TAKES("WADI_COGROUP takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__COGROUP_2(...) WADI__TAKES("WADI_COGROUP takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__COGROUP_3(...) WADI__TAKES("WADI_COGROUP takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__COGROUP_6(...) WADI__TAKES("WADI_COGROUP takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__COGROUP_LOOP(f, L, R, Out)                                                           \
    WADI__OUT(f, Out)                                                                              \
    WADI__BODY void f##__body(const L##__key *key WADI_UNUSED, const L *left WADI_UNUSED,          \
        size_t left_n WADI_UNUSED, const R *right WADI_UNUSED, size_t right_n WADI_UNUSED,         \
        f##__out *out WADI_UNUSED, WADI__TASK_ENV(f));                                             \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        WADI__OPEN_OUT(f, Out)                                                                     \
        for (size_t i_ = 0; i_ < count_; i_++) {                                                   \
            const wadi_group_view *group_ = &call_->groups[i_];                                    \
            f##__body((const L##__key *)group_->key, (const L *)group_->in, group_->in_count,      \
                      (const R *)group_->other, group_->other_count, &emitted_, call_->task, env); \
        }                                                                                          \
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    WADI__BODY void f##__body(const L##__key *key WADI_UNUSED, const L *left WADI_UNUSED,          \
        size_t left_n WADI_UNUSED, const R *right WADI_UNUSED, size_t right_n WADI_UNUSED,         \
        f##__out *out WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Runs once per key and batch: `key`, its new records in[0..n), maybe n == 0, and `state`, State *,
 * zero but for its key when `is_new`. Returns whether to keep the key. For
 * wadi_update_state_by_key.
 * Source:    Spark 3 PairDStreamFunctions.updateStateByKey.
 */
#define WADI_UPDATE_STATE(...) WADI__BY_COUNT(WADI__UPDATE_STATE_, __VA_ARGS__)
#define WADI__UPDATE_STATE_3(f, In, State)                                                         \
    WADI__PLAIN(f, update_state)                                                                   \
    WADI__DEFINE(f, UPDATE_STATE, &wadi_type_of_##In, NULL, &wadi_type_of_##State, &wadi_type_of_##State, NULL, 0)\
    WADI__NAME_PLAIN(f, update_state)                                                              \
    WADI__UPDATE_STATE_LOOP(f, In, State)
#define WADI__UPDATE_STATE_4(f, In, State, Env)                                                    \
    WADI__CAPTURES(f, update_state, Env)                                                           \
    WADI__DEFINE(f, UPDATE_STATE, &wadi_type_of_##In, NULL, &wadi_type_of_##State, &wadi_type_of_##State, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__UPDATE_STATE_LOOP(f, In, State)
#define WADI__UPDATE_STATE_1(...) WADI__TAKES("WADI_UPDATE_STATE takes (name, In, State) and maybe the record of captured values")
#define WADI__UPDATE_STATE_2(...) WADI__TAKES("WADI_UPDATE_STATE takes (name, In, State) and maybe the record of captured values")
#define WADI__UPDATE_STATE_5(...) WADI__TAKES("WADI_UPDATE_STATE takes (name, In, State) and maybe the record of captured values")
#define WADI__UPDATE_STATE_LOOP(f, In, State)                                                      \
    WADI__BODY bool f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        size_t n WADI_UNUSED, State *state WADI_UNUSED, bool is_new WADI_UNUSED,                   \
        WADI__TASK_ENV(f));                                                                        \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        for (size_t i_ = 0; i_ < count_; i_++) {                                                   \
            const wadi_group_view *group_ = &call_->groups[i_];                                    \
            wadi_state_slot *slot_ = &call_->slots[i_];                                            \
            slot_->keep = f##__body((const In##__key *)group_->key, (const In *)group_->in,        \
                                   group_->in_count, (State *)slot_->value, !slot_->exists,        \
                                   call_->task, env);                                              \
        }                                                                                          \
    }                                                                                              \
    WADI__BODY bool f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        size_t n WADI_UNUSED, State *state WADI_UNUSED, bool is_new WADI_UNUSED,                   \
        WADI__TASK_ENV(f))

/**
 * Runs once per record, and with `in` NULL when the key times out: `key`, `state` (below);
 * wadi_emit(out, v). For wadi_map_with_state.
 * Source: Spark 3 PairDStreamFunctions.mapWithState.
 */
#define WADI_MAP_WITH_STATE(...) WADI__BY_COUNT(WADI__MAP_WITH_STATE_, __VA_ARGS__)
#define WADI__MAP_WITH_STATE_4(f, In, State, Out)                                                  \
    WADI__PLAIN(f, map_with_state)                                                                 \
    WADI__DEFINE(f, MAP_WITH_STATE, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, &wadi_type_of_##State, NULL, 0)\
    WADI__NAME_PLAIN(f, map_with_state)                                                            \
    WADI__MAP_WITH_STATE_LOOP(f, In, State, Out)
#define WADI__MAP_WITH_STATE_5(f, In, State, Out, Env)                                             \
    WADI__CAPTURES(f, map_with_state, Env)                                                         \
    WADI__DEFINE(f, MAP_WITH_STATE, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, &wadi_type_of_##State, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__MAP_WITH_STATE_LOOP(f, In, State, Out)
#define WADI__MAP_WITH_STATE_1(...) WADI__TAKES("WADI_MAP_WITH_STATE takes (name, In, State, Out) and maybe the record of captured values")
#define WADI__MAP_WITH_STATE_2(...) WADI__TAKES("WADI_MAP_WITH_STATE takes (name, In, State, Out) and maybe the record of captured values")
#define WADI__MAP_WITH_STATE_3(...) WADI__TAKES("WADI_MAP_WITH_STATE takes (name, In, State, Out) and maybe the record of captured values")
#define WADI__MAP_WITH_STATE_6(...) WADI__TAKES("WADI_MAP_WITH_STATE takes (name, In, State, Out) and maybe the record of captured values")
#define WADI__MAP_WITH_STATE_LOOP(f, In, State, Out)                                               \
    WADI__OUT(f, Out) typedef struct f##__state { State *value; wadi_state *handle; } f##__state;  \
    WADI__BODY void f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        f##__state *state WADI_UNUSED, f##__out *out WADI_UNUSED, WADI__TASK_ENV(f));              \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        WADI__OPEN_OUT(f, Out)                                                                     \
        const In *in_ = (const In *)call_->in;                                                     \
        for (size_t i_ = 0; i_ < count_; i_++) {                                                   \
            wadi_state_slot *slot_ = &call_->slots[i_];                                            \
            f##__state state_ = {(State *)slot_->value, slot_->state};                             \
            state_.handle->removed = false; /* by an earlier record of the key */                  \
            f##__body((const In##__key *)slot_->key, in_ != NULL ? in_ + i_ : NULL, &state_,       \
                      &emitted_, call_->task, env);                                                \
        }                                                                                          \
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    WADI__BODY void f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        f##__state *state WADI_UNUSED, f##__out *out WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * The state of the record's key, for bodies of WADI_MAP_WITH_STATE: whether there is one; whether
 * it is timing out, then `in` is NULL; a pointer to it, to be read; a new one, whose key is put
 * right, and whose strings and sequences are copied when the body has returned; none any more.
 *
 * Errors:    the task fails when wadi_state_get() finds none, and when a state is updated or removed
 *            after it was removed for the same record, or while it is timing out.
 * Source:    Spark 3 State.
 */
#define wadi_state_exists(state) ((state)->handle->exists)
#define wadi_state_is_timing_out(state) ((state)->handle->timing_out)
#define wadi_state_get(state)                                                                      \
    ((WADI__TYPEOF((state)->value))wadi__state_get((state)->handle, (state)->value))
#define wadi_state_update(state, ...)                                                              \
    (wadi__state_update((state)->handle), *(state)->value = (__VA_ARGS__), (void)0)
#define wadi_state_remove(state) wadi__state_remove((state)->handle)
WADI_API void wadi__state_refuse(const wadi_state *state, bool is_get);
WADI_API void wadi__state_remove(wadi_state *state);
static inline void *wadi__state_get(const wadi_state *state, void *value) {
    if (!state->exists) wadi__state_refuse(state, true);
    return value;
}
static inline void wadi__state_update(wadi_state *state) {
    const bool may = !state->removed && !state->timing_out;
    if (!may) wadi__state_refuse(state, false);
    state->exists |= may;
    state->updated |= may;
}

/**
 * Declares a function of a record that has effects: for wadi_foreach. The body sees `in`, const In
 * *. It runs for the records of a partition in order and stops at the first wadi_fail(); a try that
 * follows begins anew, so effects may come more than once.
 * Source:    Spark 3 RDD.foreach.
 */
#define WADI_FOREACH(...) WADI__BY_COUNT(WADI__FOREACH_, __VA_ARGS__)
#define WADI__FOREACH_2(f, In)                                                                     \
    WADI__PLAIN(f, foreach)                                                                        \
    WADI__DEFINE(f, FOREACH, &wadi_type_of_##In, NULL, NULL, NULL, NULL, 0)                        \
    WADI__NAME_PLAIN(f, foreach)                                                                   \
    WADI__FOREACH_LOOP(f, In)
#define WADI__FOREACH_3(f, In, Env)                                                                \
    WADI__CAPTURES(f, foreach, Env)                                                                \
    WADI__DEFINE(f, FOREACH, &wadi_type_of_##In, NULL, NULL, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__FOREACH_LOOP(f, In)
#define WADI__FOREACH_1(...) WADI__TAKES("WADI_FOREACH takes (name, In) and maybe the record of captured values")
#define WADI__FOREACH_4(...) WADI__TAKES("WADI_FOREACH takes (name, In) and maybe the record of captured values")
#define WADI__FOREACH_LOOP(f, In)                                                                  \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, WADI__TASK_ENV(f));                        \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        const uint32_t *rows_ = call_->rows;                                                       \
        const In *in_ = (const In *)call_->in;                                                     \
        WADI__EACH_ROW(                                                                            \
            f##__body(in_ + row_, call_->task, env);                                               \
            if (call_->task->failed) {                                                             \
                call_->stopped_at = i_;                                                            \
                return;                                                                            \
            }                                                                                      \
        )                                                                                          \
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, WADI__TASK_ENV(f))

/**
 * Declares a function of a whole partition that has effects: for wadi_foreach_partition. It runs
 * once for each, empty ones too. The body sees `it` and `in`, const In *: while ((in =
 * wadi_next(it))) .. When a try fails, the next begins anew.
 * Source:    Spark 3 RDD.foreachPartition.
 */
#define WADI_FOREACH_PARTITION(...) WADI__BY_COUNT(WADI__FOREACH_PARTITION_, __VA_ARGS__)
#define WADI__FOREACH_PARTITION_2(f, In)                                                           \
    WADI__PLAIN(f, foreach_partition)                                                              \
    WADI__DEFINE(f, FOREACH_PARTITION, &wadi_type_of_##In, NULL, NULL, NULL, NULL, 0)              \
    WADI__NAME_PLAIN(f, foreach_partition)                                                         \
    WADI__FOREACH_PARTITION_LOOP(f, In)
#define WADI__FOREACH_PARTITION_3(f, In, Env)                                                      \
    WADI__CAPTURES(f, foreach_partition, Env)                                                      \
    WADI__DEFINE(f, FOREACH_PARTITION, &wadi_type_of_##In, NULL, NULL, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__FOREACH_PARTITION_LOOP(f, In)
#define WADI__FOREACH_PARTITION_1(...) WADI__TAKES("WADI_FOREACH_PARTITION takes (name, In) and maybe the record of captured values")
#define WADI__FOREACH_PARTITION_4(...) WADI__TAKES("WADI_FOREACH_PARTITION takes (name, In) and maybe the record of captured values")
#define WADI__FOREACH_PARTITION_LOOP(f, In)                                                        \
    WADI__IN(f, In)                                                                                \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__in *it WADI_UNUSED,                   \
        WADI__TASK_ENV(f));                                                                        \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        WADI__OPEN_IN(f, In)                                                                       \
        f##__body(NULL, &entered_, call_->task, env);                                              \
        WADI__CLOSE_IN                                                                             \
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__in *it WADI_UNUSED,                   \
        WADI__TASK_ENV(f))

/**
 * Declares where records go: for wadi_partition_by, and as the .partitioner of operators by key.
 * The body sees `in`, const In *, and `partition_count`, uint32_t, and returns the partition, below
 * `partition_count`; else the task fails. Equal keys must give equal partitions. In may be the
 * records or their key alone: so it suits sides of different records. Two partitioners are taken
 * for the same when name, captured values and count are.
 * Source:    Spark 3 Partitioner.
 */
#define WADI_PARTITIONER(...) WADI__BY_COUNT(WADI__PARTITIONER_, __VA_ARGS__)
#define WADI__PARTITIONER_2(f, In)                                                                 \
    WADI__PLAIN(f, partitioner)                                                                    \
    WADI__DEFINE(f, PARTITIONER, &wadi_type_of_##In, NULL, NULL, NULL, NULL, 0)                    \
    WADI__NAME_PLAIN(f, partitioner)                                                               \
    WADI__PARTITIONER_LOOP(f, In)
#define WADI__PARTITIONER_3(f, In, Env)                                                            \
    WADI__CAPTURES(f, partitioner, Env)                                                            \
    WADI__DEFINE(f, PARTITIONER, &wadi_type_of_##In, NULL, NULL, NULL, &wadi_type_of_##Env, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__PARTITIONER_LOOP(f, In)
#define WADI__PARTITIONER_1(...) WADI__TAKES("WADI_PARTITIONER takes (name, In) and maybe the record of captured values")
#define WADI__PARTITIONER_4(...) WADI__TAKES("WADI_PARTITIONER takes (name, In) and maybe the record of captured values")
#define WADI__PARTITIONER_LOOP(f, In)                                                              \
    WADI__BODY uint32_t f##__body(const In *in WADI_UNUSED,                                        \
        uint32_t partition_count WADI_UNUSED, WADI__TASK_ENV(f));                                  \
    static void f##__run(wadi_call *call_) {                                                       \
        const f##__env *env = WADI__ENV(f);                                                        \
        const size_t count_ = call_->count;                                                        \
        const uint32_t *rows_ = call_->rows;                                                       \
        const In *in_ = (const In *)call_->in;                                                     \
        const uint32_t partition_count_ = call_->partition_count;                                  \
        uint32_t *const partitions_ = call_->partitions;                                           \
        WADI__EACH_ROW(WADI__PREFETCH_ROWS(in_ + row_);                                            \
                       partitions_[i_] = f##__body(in_ + row_, partition_count_, call_->task, env))\
    }                                                                                              \
    WADI__BODY uint32_t f##__body(const In *in WADI_UNUSED,                                        \
        uint32_t partition_count WADI_UNUSED, WADI__TASK_ENV(f))

/* The other functions of a program: on the driver, and ready-made. */
#include <wadi/driver_function.h>
#include <wadi/ready.h>
#endif
