/* SPDX-License-Identifier: Apache-2.0 */
/* function.h: how a program declares the functions that run on its data.
 *
 *     WADI_MAP(pair_with_one, wadi_str, word_count) { *out = (word_count){*in, 1}; }
 *
 * wraps the body in the loop over a chunk of records, so that the compiler inlines it, and enters
 * the function with its types into the program's registry, so that it can travel as a name. The
 * name then stands for the function: wadi_map(words, pair_with_one). A function may run in many
 * threads at once, and again when a task is retried: it keeps nothing in static variables.
 *
 * A last argument names the record of its captured values, which the body sees as `env`:
 *
 *     WADI_RECORD(limit, (int64_t, min));
 *     WADI_FILTER(at_least, word_count, limit) { return in->count >= env->min; }
 *     wadi_filter(counts, wadi_bind(at_least, .min = 5))
 */
#ifndef WADI_FUNCTION_H
#define WADI_FUNCTION_H
#pragma GCC system_header
#include <wadi/str.h>

typedef struct wadi_context wadi_context;
typedef struct wadi_stream_context wadi_stream_context;
typedef struct wadi_rdd wadi_rdd;
typedef struct wadi_dstream wadi_dstream;
typedef struct wadi_receiver wadi_receiver;
typedef struct wadi_conn wadi_conn;

/* ---- The task: what every body may ask of the run it belongs to. ---- */

struct wadi_task { /* the part that inlined loops read; the engine's own part follows it */
    bool failed;
};
WADI_API uint32_t wadi_task_partition_index(const wadi_task *task);
WADI_API int64_t wadi_task_batch_ms(const wadi_task *task); /* 0 outside a batch */
WADI_API uint32_t wadi_task_attempt(const wadi_task *task);
WADI_API void *wadi_alloc(wadi_task *task, size_t size_bytes); /* freed with the records */

/* Fails the task, and after its retries the batch. The body should return right after. */
WADI_API void wadi_fail(wadi_task *task, const char *fmt, ...) WADI_PRINTF(2, 3);

/* A captured broadcast's records, and the one whose first field equals *key, or NULL. */
#define wadi_broadcast_value(task, b, T, n) ((const T *)wadi__broadcast_value(task, b, WADI_TYPE(T), n))
#define wadi_broadcast_find(task, b, T, key)                                                       \
    ((const T *)wadi__broadcast_find(task, b, WADI_TYPE(T), key))
WADI_API const void *wadi__broadcast_value(wadi_task *, wadi_broadcast, const wadi_type *, size_t *n);
WADI_API const void *wadi__broadcast_find(wadi_task *, wadi_broadcast, const wadi_type *,
                                          const void *key);
/* Adds to a sum (wadi_accumulator_new). What a failed try of a task added never counts. */
WADI_API void wadi_accumulator_add(wadi_task *task, wadi_accumulator accumulator, int64_t n);
/* Merges a record into an accumulator of records (wadi_accumulator_of). */
#define wadi_accumulator_merge(task, accumulator, T, ...)                                          \
    wadi__accumulator_merge((task), (accumulator), WADI_TYPE(T), WADI__REF(T, __VA_ARGS__))
WADI_API void wadi__accumulator_merge(wadi_task *, wadi_accumulator, const wadi_type *, const void *);

/* ---- What a declared function is. Plain structs: bindings fill them in by hand. ---- */

typedef enum wadi_fn_kind {
    WADI_FN_MAP,
    WADI_FN_FLAT_MAP,
    WADI_FN_FILTER,
    WADI_FN_MAP_PARTITION,
    WADI_FN_REDUCE,
    WADI_FN_COMBINE,
    WADI_FN_GROUP,
    WADI_FN_JOIN,
    WADI_FN_COGROUP,
    WADI_FN_UPDATE_STATE,
    WADI_FN_MAP_WITH_STATE,
    WADI_FN_FOREACH,
    WADI_FN_FOREACH_PARTITION,
    WADI_FN_PARTITIONER,
    WADI_FN_TRANSFORM,
    WADI_FN_TRANSFORM_WITH,
    WADI_FN_TRANSFORM_ALL,
    WADI_FN_FOREACH_RDD,
    WADI_FN_RECEIVER,
    WADI_FN_INPUT,
} wadi_fn_kind;

typedef struct wadi_call wadi_call;

typedef struct wadi_fn {
    const char *name;
    wadi_fn_kind kind;
    uint32_t size;            /* of this struct, so that fields can be added */
    const wadi_type *in;      /* NULL: any */
    const wadi_type *other;   /* right side of a join or cogroup */
    const wadi_type *out;     /* NULL: the same as `in`, or none */
    const wadi_type *state;   /* state or accumulator */
    const wadi_type *env;     /* captured values; NULL: none, or driver side only */
    uint32_t env_size;
    void (*run)(wadi_call *call); /* the loop over one chunk */
    void *binding;            /* for language bindings; 0 in declared functions */
    wadi_where where;
} wadi_fn;

/* A function given to an operator: one type per kind, so that the compiler sees a filter where a
 * map belongs. `env` is copied by the operator that gets it. */
#define WADI__HANDLE(kind)                                                                         \
    typedef struct wadi_##kind##_fn {                                                              \
        const wadi_fn *fn;                                                                         \
        const void *env;                                                                           \
    } wadi_##kind##_fn
WADI__HANDLE(map);
WADI__HANDLE(flat_map);
WADI__HANDLE(filter);
WADI__HANDLE(map_partition);
WADI__HANDLE(reduce);
WADI__HANDLE(combine);
WADI__HANDLE(group);
WADI__HANDLE(join);
WADI__HANDLE(cogroup);
WADI__HANDLE(update_state);
WADI__HANDLE(map_with_state);
WADI__HANDLE(foreach);
WADI__HANDLE(foreach_partition);
WADI__HANDLE(partitioner);
WADI__HANDLE(transform);
WADI__HANDLE(transform_with);
WADI__HANDLE(transform_all);
WADI__HANDLE(foreach_rdd);
WADI__HANDLE(receiver);
WADI__HANDLE(input);

/* The type of a declared function that captures values, until wadi_bind gives it some. */
typedef struct wadi_fn_needing_wadi_bind {
    const wadi_fn *fn;
} wadi_fn_needing_wadi_bind;

/* wadi_bind(f, .min = 5): f with its captured values. Lives as long as the enclosing block. */
#define wadi_bind(f, ...) WADI__LITERAL(f##__handle, (f).fn, WADI__REF(f##__env, __VA_ARGS__))

/* ---- The registry: every declared function enters itself before main, or when its shared object
 * is loaded. Two functions of one name are reported when one of them is used. ---- */

typedef struct wadi_fn_node {
    const wadi_fn *fn;
    struct wadi_fn_node *next;
} wadi_fn_node;
WADI_API void wadi__fn_enter(wadi_fn_node *node);
WADI_API void wadi__fn_leave(wadi_fn_node *node);
WADI_API const wadi_fn *wadi_fn_find(const char *name);

#define WADI__REGISTER(f)                                                                          \
    static wadi_fn_node f##__node = {&f##__fn, NULL};                                              \
    __attribute__((constructor)) static void f##__enter(void) { wadi__fn_enter(&f##__node); }      \
    __attribute__((destructor)) static void f##__leave(void) { wadi__fn_leave(&f##__node); }

/* ---- The contract between the engine and the loops. One call is one function over one chunk;
 * each kind uses the fields named in the comments. ---- */

typedef struct wadi_emitter { /* where emitted records go; wadi__emit_more refills at..end */
    void *at, *end;
} wadi_emitter;
typedef struct wadi_iterator { /* the records of a partition; wadi__next_more refills at..end */
    const void *at, *end;
} wadi_iterator;
typedef struct wadi_group_view { /* one key's records, side by side */
    const void *key, *in, *other;
    size_t in_count, other_count;
} wadi_group_view;
typedef struct wadi_state { /* of one key, in mapWithState */
    bool exists, updated, removed, timing_out;
    wadi_task *task;
} wadi_state;
typedef struct wadi_state_slot {
    const void *key;
    void *value;
    bool exists; /* in */
    bool keep;   /* out, updateStateByKey */
    wadi_state state;
} wadi_state_slot;

struct wadi_call {
    const wadi_fn *fn;
    const void *env;
    wadi_task *task;
    size_t count;                  /* records, groups, pairs or slots */
    const void *in;                /* records */
    const uint32_t *rows;          /* map .. foreach: only these of `in`; NULL: all, in order */
    void *out;                     /* map, join: one record for each of `count` */
    uint32_t *selected;            /* filter: the rows that pass .. */
    size_t selected_count;         /* .. and how many they are */
    uint32_t *partitions;          /* partitioner: one for each of `count` */
    uint32_t partition_count;      /* partitioner */
    wadi_emitter *emitter;         /* flat_map, map_partition, group, cogroup, map_with_state */
    wadi_iterator *iterator;       /* map_partition, foreach_partition */
    void *acc;                     /* reduce, combine: into this one; NULL: into accs[i] */
    void *const *accs;
    const bool *is_new;            /* combine */
    const wadi_group_view *groups; /* group, cogroup, update_state */
    const void *const *left, *const *right; /* join: pairs; NULL: no partner */
    wadi_state_slot *slots;        /* update_state, map_with_state */
    wadi_rdd *const *rdds;         /* driver side */
    size_t rdd_count;
    int64_t batch_ms;
    wadi_rdd *result;
    wadi_context *context;
    wadi_receiver *receiver;
    wadi_conn *conn;
    void *state;                   /* input */
    size_t stopped_at;             /* foreach: the one of `count` that failed */
};
WADI_API void wadi__emit_more(wadi_emitter *emitter);
WADI_API bool wadi__next_more(wadi_iterator *iterator); /* false: at the end */

/* Emits a record of the function's Out type. */
#define wadi_emit(out, ...)                                                                        \
    do {                                                                                           \
        if (WADI__UNLIKELY((out)->at == (out)->end)) {                                             \
            (out)->to->at = (out)->at;                                                             \
            wadi__emit_more((out)->to);                                                            \
            (out)->at = (WADI__TYPEOF((out)->at))(out)->to->at;                                    \
            (out)->end = (WADI__TYPEOF((out)->at))(out)->to->end;                                  \
        }                                                                                          \
        *(out)->at++ = (__VA_ARGS__);                                                              \
    } while (0)

/* The next record of the partition, or NULL: while ((in = wadi_next(it))) .. */
#define wadi_next(it)                                                                              \
    ((it)->at != (it)->end ||                                                                      \
             (wadi__next_more((it)->from) &&                                                       \
              ((it)->at = (WADI__TYPEOF((it)->at))(it)->from->at,                                  \
              (it)->end = (WADI__TYPEOF((it)->at))(it)->from->end, true))                          \
         ? (it)->at++                                                                              \
         : NULL)

#define WADI__OUT(f, Out)                                                                          \
    typedef struct f##__out {                                                                      \
        Out *at, *end;                                                                             \
        wadi_emitter *to;                                                                          \
    } f##__out;
#define WADI__OPEN_OUT(f, Out)                                                                     \
    f##__out emitted_ = {(Out *)call_->emitter->at, (Out *)call_->emitter->end, call_->emitter};
#define WADI__CLOSE_OUT call_->emitter->at = emitted_.at;
#define WADI__IN(f, In)                                                                            \
    typedef struct f##__in {                                                                       \
        const In *at, *end;                                                                        \
        wadi_iterator *from;                                                                       \
    } f##__in;
#define WADI__OPEN_IN(f, In)                                                                       \
    f##__in entered_ = {(const In *)call_->iterator->at, (const In *)call_->iterator->end,         \
                       call_->iterator};
#define WADI__TASK_ENV(f) wadi_task *task WADI_UNUSED, const f##__env *env WADI_UNUSED
#define WADI__ENV(f) (const f##__env *)call_->env
/* The loops have functions of their own, whose restrict pointers let compilers keep captured values
 * and sums in registers, and use vector instructions. `rows`: which records; NULL: all. */
#define WADI__EACH_ROW(...)                                                                        \
    if (rows_ == NULL) {                                                                           \
        for (size_t i_ = 0, row_ = 0; i_ < count_; i_++, row_ = i_) { __VA_ARGS__; }               \
    } else {                                                                                       \
        for (size_t i_ = 0, row_; i_ < count_ && (row_ = rows_[i_], true); i_++) { __VA_ARGS__; }  \
    }

/* Asks for rows some way ahead: a loop that does little with each row waits for memory, and processors
 * look ahead no further than the page. */
#define WADI__PREFETCH_ROWS(row) __builtin_prefetch((const void *)((uintptr_t)(row) + 1536))

/* What all kinds share: no captured values, or a record of them. */
#define WADI__PLAIN(f, kind)                                                                       \
    typedef struct f##_captures_nothing f##__env;                                                  \
    typedef wadi_##kind##_fn f##__handle;
#define WADI__CAPTURES(f, kind, Env)                                                               \
    typedef Env f##__env;                                                                          \
    typedef wadi_##kind##_fn f##__handle;
#define WADI__DEFINE(f, KIND, in, other, out, state, env, env_size)                                \
    static void f##__run(wadi_call *call);                                                         \
    static const wadi_fn f##__fn = {#f,                                                            \
                                    WADI_FN_##KIND,                                                \
                                    (uint32_t)sizeof(wadi_fn),                                     \
                                    in,                                                            \
                                    other,                                                         \
                                    out,                                                           \
                                    state,                                                         \
                                    env,                                                           \
                                    (uint32_t)(env_size),                                          \
                                    f##__run,                                                      \
                                    NULL,                                                          \
                                    {__FILE__, __LINE__}};                                         \
    WADI__REGISTER(f)
#define WADI__NAME_PLAIN(f, kind)                                                                  \
    static const wadi_##kind##_fn f WADI_UNUSED = {&f##__fn, NULL};
#define WADI__NAME_CAPTURES(f) static const wadi_fn_needing_wadi_bind f WADI_UNUSED = {&f##__fn};

/* Chooses NAME_n by the number of arguments; the wrong number is said in words. */
#define WADI__BY_COUNT(NAME, ...) WADI__CAT(NAME, WADI__COUNT(__VA_ARGS__))(__VA_ARGS__)
#define WADI__TAKES(what) WADI__STATIC_ASSERT(0, what); struct wadi__takes

/* ---- Functions that run on executors. ---- */

/* Sees `in`, sets `*out`, which starts undefined: assign it as a whole. */
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

/* Sees `in`; wadi_emit(out, v) any number of times. */
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

/* Sees `in`; returns whether to keep it. */
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

/* Runs once per partition: while ((in = wadi_next(it))) .., and wadi_emit(out, v). */
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
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__in *it WADI_UNUSED,                   \
        f##__out *out WADI_UNUSED, WADI__TASK_ENV(f))

/* Merges `in` into `acc`, leaving the key alone. Associative and commutative. */
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

/* Merges `in` into `acc`, a record of another type; when `is_new` it is zero but for its key. */
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

/* Runs once per key: `key`, its records in[0..n), n > 0; wadi_emit(out, v). */
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

/* Runs once per pair with equal keys: `left`, `right`, sets `*out`. Outer: NULL is no partner. */
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

/* Runs once per key of either side: `key`, left[0..left_n), right[0..right_n); wadi_emit(out, v). */
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

/* Runs once per key and batch: in[0..n), maybe n == 0, and `state`, zero but for its key when
 * `is_new`. Returns whether to keep the key. */
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

/* Runs once per record, and with `in` NULL when the key times out: `key`, `state` (below);
 * wadi_emit(out, v). */
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
            f##__state state_ = {(State *)slot_->value, &slot_->state};                            \
            f##__body((const In##__key *)slot_->key, in_ != NULL ? in_ + i_ : NULL, &state_,       \
                      &emitted_, call_->task, env);                                                \
        }                                                                                          \
        WADI__CLOSE_OUT                                                                            \
    }                                                                                              \
    WADI__BODY void f##__body(const In##__key *key WADI_UNUSED, const In *in WADI_UNUSED,          \
        f##__state *state WADI_UNUSED, f##__out *out WADI_UNUSED, WADI__TASK_ENV(f))

/* The state of the record's key. wadi_state_get fails the task when there is none. */
#define wadi_state_exists(state) ((state)->handle->exists)
#define wadi_state_is_timing_out(state) ((state)->handle->timing_out)
#define wadi_state_get(state)                                                                      \
    ((WADI__TYPEOF((state)->value))wadi__state_get((state)->handle, (state)->value))
#define wadi_state_update(state, ...)                                                              \
    (wadi__state_update((state)->handle), *(state)->value = (__VA_ARGS__), (void)0)
#define wadi_state_remove(state) wadi__state_remove((state)->handle)
WADI_API void *wadi__state_get(const wadi_state *state, void *value);
WADI_API void wadi__state_update(wadi_state *state);
WADI_API void wadi__state_remove(wadi_state *state);

/* Sees `in`; for its effects. Stops at the first wadi_fail. */
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

/* Runs once per partition, for its effects: while ((in = wadi_next(it))) .. */
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
    }                                                                                              \
    WADI__BODY void f##__body(const In *in WADI_UNUSED, f##__in *it WADI_UNUSED,                   \
        WADI__TASK_ENV(f))

/* Returns the partition of `in`, below `partition_count`. Equal keys must agree. As the `.partitioner`
 * of an operator by key it may take the key alone: so it suits sides of different records. */
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

/* ---- Functions that run on the driver, once per batch. Their captured values may hold pointers:
 * they never leave the process. ---- */

/* Sees `rdd` and `batch_ms`; returns an RDD of Out. */
#define WADI_TRANSFORM(...) WADI__BY_COUNT(WADI__TRANSFORM_, __VA_ARGS__)
#define WADI__TRANSFORM_3(f, In, Out)                                                              \
    WADI__PLAIN(f, transform)                                                                      \
    WADI__DEFINE(f, TRANSFORM, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, NULL, 0)       \
    WADI__NAME_PLAIN(f, transform)                                                                 \
    WADI__TRANSFORM_LOOP(f, In, Out)
#define WADI__TRANSFORM_4(f, In, Out, Env)                                                         \
    WADI__CAPTURES(f, transform, Env)                                                              \
    WADI__DEFINE(f, TRANSFORM, &wadi_type_of_##In, NULL, &wadi_type_of_##Out, NULL, NULL, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__TRANSFORM_LOOP(f, In, Out)
#define WADI__TRANSFORM_1(...) WADI__TAKES("WADI_TRANSFORM takes (name, In, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_2(...) WADI__TAKES("WADI_TRANSFORM takes (name, In, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_5(...) WADI__TAKES("WADI_TRANSFORM takes (name, In, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_LOOP(f, In, Out)                                                           \
    WADI__BODY wadi_rdd * f##__body(wadi_rdd *rdd WADI_UNUSED, int64_t batch_ms WADI_UNUSED,       \
        const f##__env *env WADI_UNUSED);                                                          \
    static void f##__run(wadi_call *call_) {                                                       \
        call_->result = f##__body(call_->rdds[0], call_->batch_ms, WADI__ENV(f));                  \
    }                                                                                              \
    WADI__BODY wadi_rdd * f##__body(wadi_rdd *rdd WADI_UNUSED, int64_t batch_ms WADI_UNUSED,       \
        const f##__env *env WADI_UNUSED)

/* Sees `rdd`, `other` and `batch_ms`; returns an RDD of Out. */
#define WADI_TRANSFORM_WITH(...) WADI__BY_COUNT(WADI__TRANSFORM_WITH_, __VA_ARGS__)
#define WADI__TRANSFORM_WITH_4(f, L, R, Out)                                                       \
    WADI__PLAIN(f, transform_with)                                                                 \
    WADI__DEFINE(f, TRANSFORM_WITH, &wadi_type_of_##L, &wadi_type_of_##R, &wadi_type_of_##Out, NULL, NULL, 0)\
    WADI__NAME_PLAIN(f, transform_with)                                                            \
    WADI__TRANSFORM_WITH_LOOP(f, L, R, Out)
#define WADI__TRANSFORM_WITH_5(f, L, R, Out, Env)                                                  \
    WADI__CAPTURES(f, transform_with, Env)                                                         \
    WADI__DEFINE(f, TRANSFORM_WITH, &wadi_type_of_##L, &wadi_type_of_##R, &wadi_type_of_##Out, NULL, NULL, sizeof(Env))\
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__TRANSFORM_WITH_LOOP(f, L, R, Out)
#define WADI__TRANSFORM_WITH_1(...) WADI__TAKES("WADI_TRANSFORM_WITH takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_WITH_2(...) WADI__TAKES("WADI_TRANSFORM_WITH takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_WITH_3(...) WADI__TAKES("WADI_TRANSFORM_WITH takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_WITH_6(...) WADI__TAKES("WADI_TRANSFORM_WITH takes (name, L, R, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_WITH_LOOP(f, L, R, Out)                                                    \
    WADI__BODY wadi_rdd * f##__body(wadi_rdd *rdd WADI_UNUSED, wadi_rdd *other WADI_UNUSED,        \
        int64_t batch_ms WADI_UNUSED, const f##__env *env WADI_UNUSED);                            \
    static void f##__run(wadi_call *call_) {                                                       \
        call_->result = f##__body(call_->rdds[0], call_->rdds[1], call_->batch_ms, WADI__ENV(f));  \
    }                                                                                              \
    WADI__BODY wadi_rdd * f##__body(wadi_rdd *rdd WADI_UNUSED, wadi_rdd *other WADI_UNUSED,        \
        int64_t batch_ms WADI_UNUSED, const f##__env *env WADI_UNUSED)

/* Sees `rdd` and `batch_ms`; runs actions on it. */
#define WADI_FOREACH_RDD(...) WADI__BY_COUNT(WADI__FOREACH_RDD_, __VA_ARGS__)
#define WADI__FOREACH_RDD_2(f, In)                                                                 \
    WADI__PLAIN(f, foreach_rdd)                                                                    \
    WADI__DEFINE(f, FOREACH_RDD, &wadi_type_of_##In, NULL, NULL, NULL, NULL, 0)                    \
    WADI__NAME_PLAIN(f, foreach_rdd)                                                               \
    WADI__FOREACH_RDD_LOOP(f, In)
#define WADI__FOREACH_RDD_3(f, In, Env)                                                            \
    WADI__CAPTURES(f, foreach_rdd, Env)                                                            \
    WADI__DEFINE(f, FOREACH_RDD, &wadi_type_of_##In, NULL, NULL, NULL, NULL, sizeof(Env))          \
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__FOREACH_RDD_LOOP(f, In)
#define WADI__FOREACH_RDD_1(...) WADI__TAKES("WADI_FOREACH_RDD takes (name, In) and maybe the record of captured values")
#define WADI__FOREACH_RDD_4(...) WADI__TAKES("WADI_FOREACH_RDD takes (name, In) and maybe the record of captured values")
#define WADI__FOREACH_RDD_LOOP(f, In)                                                              \
    WADI__BODY void f##__body(wadi_rdd *rdd WADI_UNUSED, int64_t batch_ms WADI_UNUSED,             \
        const f##__env *env WADI_UNUSED);                                                          \
    static void f##__run(wadi_call *call_) {                                                       \
        f##__body(call_->rdds[0], call_->batch_ms, WADI__ENV(f));                                  \
    }                                                                                              \
    WADI__BODY void f##__body(wadi_rdd *rdd WADI_UNUSED, int64_t batch_ms WADI_UNUSED,             \
        const f##__env *env WADI_UNUSED)

/* Sees rdds[0..n) and `batch_ms`; returns an RDD of Out. */
#define WADI_TRANSFORM_ALL(...) WADI__BY_COUNT(WADI__TRANSFORM_ALL_, __VA_ARGS__)
#define WADI__TRANSFORM_ALL_2(f, Out)                                                              \
    WADI__PLAIN(f, transform_all)                                                                  \
    WADI__DEFINE(f, TRANSFORM_ALL, NULL, NULL, &wadi_type_of_##Out, NULL, NULL, 0)                 \
    WADI__NAME_PLAIN(f, transform_all)                                                             \
    WADI__TRANSFORM_ALL_LOOP(f)
#define WADI__TRANSFORM_ALL_3(f, Out, Env)                                                         \
    WADI__CAPTURES(f, transform_all, Env)                                                          \
    WADI__DEFINE(f, TRANSFORM_ALL, NULL, NULL, &wadi_type_of_##Out, NULL, NULL, sizeof(Env))       \
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__TRANSFORM_ALL_LOOP(f)
#define WADI__TRANSFORM_ALL_1(...) WADI__TAKES("WADI_TRANSFORM_ALL takes (name, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_ALL_4(...) WADI__TAKES("WADI_TRANSFORM_ALL takes (name, Out) and maybe the record of captured values")
#define WADI__TRANSFORM_ALL_LOOP(f)                                                                \
    WADI__BODY wadi_rdd *f##__body(wadi_rdd *const *rdds WADI_UNUSED, size_t n WADI_UNUSED,        \
                                   int64_t batch_ms WADI_UNUSED, const f##__env *env WADI_UNUSED); \
    static void f##__run(wadi_call *call_) {                                                       \
        call_->result = f##__body(call_->rdds, call_->rdd_count, call_->batch_ms, WADI__ENV(f));   \
    }                                                                                              \
    WADI__BODY wadi_rdd *f##__body(wadi_rdd *const *rdds WADI_UNUSED, size_t n WADI_UNUSED,        \
                                   int64_t batch_ms WADI_UNUSED, const f##__env *env WADI_UNUSED)

/* ---- Ready-made functions. They take records of any shape and work on the fields after the key. ---- */
WADI_API const wadi_reduce_fn wadi_add, wadi_subtract, wadi_min, wadi_max, wadi_concat;
WADI_API wadi_flat_map_fn wadi_split_by(const char *separator); /* strings */
WADI_API wadi_filter_fn wadi_containing(const char *part);      /* strings */
/* Lines of "json" or "csv" into records, by field name or position; damaged lines are counted. */
#define wadi_parse(T, format) wadi__parse(WADI_TYPE(T), (format))
WADI_API wadi_flat_map_fn wadi__parse(const wadi_type *type, const char *format);

/* Joins and cogroups without a function: key, fields of the left side, fields of the right side, in
 * the order of Out's fields. In outer joins those of a side that may lack are WADI_OPTION fields. In
 * cogroups there is a WADI_SEQ for each side: of its records, or of their values where they are a key and
 * one value. zip and cartesian have no common key: there Out has all fields of both sides. */
#define wadi_fields_into(Out) wadi__fields_into(WADI_TYPE(Out))
#define wadi_lists_into(Out) wadi__lists_into(WADI_TYPE(Out))
#define wadi_list_into(Out) wadi__list_into(WADI_TYPE(Out))
WADI_API wadi_join_fn wadi__fields_into(const wadi_type *out);
WADI_API wadi_cogroup_fn wadi__lists_into(const wadi_type *out);
WADI_API wadi_group_fn wadi__list_into(const wadi_type *out);
#endif
