/* SPDX-License-Identifier: Apache-2.0 */
/* call.h: what the declaring macros of function.h make: the task that a body sees, the description of
 * a function, the registry that it enters, and how the engine calls it. Programs see the task alone;
 * bindings to other languages fill in the rest by hand. */
#ifndef WADI_CALL_H
#define WADI_CALL_H
#pragma GCC system_header
#include <wadi/str.h>

/** The objects of the other headers, all opaque: an engine context and a stream program on it
 * (context.h), datasets and streams (operators.h, rdd.h, dstream.h), a receiver and its connection
 * (source.h). */
typedef struct wadi_context wadi_context;
typedef struct wadi_stream_context wadi_stream_context;
typedef struct wadi_rdd wadi_rdd;
typedef struct wadi_dstream wadi_dstream;
typedef struct wadi_receiver wadi_receiver;
typedef struct wadi_conn wadi_conn;

/* ---- The task: what every body may ask of the run it belongs to. ---- */

/** One try of a task. The engine makes it; bodies see it as `task`, in whose thread alone it may be
 * used, and only while they run. */
struct wadi_task {
    bool failed; /* read by inlined loops; the engine's own part follows it */
};

/** Which partition the task computes, from 0. In a filter of paths (source.h): 0. */
WADI_API uint32_t wadi_task_partition_index(const wadi_task *task);
/** The time of the batch that the task belongs to, in milliseconds since the epoch; 0 outside a
 * batch. */
WADI_API int64_t wadi_task_batch_ms(const wadi_task *task);
/** How many tries of the task failed before this one: 0 in the first, at most
 * spark.task.maxFailures - 1. */
WADI_API uint32_t wadi_task_attempt(const wadi_task *task);

/**
 * Memory for what a body gives: strings, items of sequences.
 *
 * Shapes:    size_bytes bytes, their contents undefined, aligned for any type of a field.
 * Ownership: the task's; freed with the last record that uses them, never by the body.
 * Threads:   the body's own.
 * Errors:    without memory, the bound wadi.memory.max_bytes included, the task fails with
 *            WADI_E_NOMEM; up to 64 KiB are given all the same, so that the body can go on to its
 *            end, above that NULL.
 */
WADI_API void *wadi_alloc(wadi_task *task, size_t size_bytes);

/**
 * Fails the task: it is tried again, up to spark.task.maxFailures tries in all, then its job fails
 * and with it the batch. The message tells the text, the operator and function, and the record that
 * the body saw. What this try gave, and added to accumulators, does not count. The body goes on and
 * should return right after; loops may run it for further records of the chunk, but for
 * WADI_FOREACH, which stops.
 *
 * Shapes:    fmt and what follows: as printf has it; cut after 300 bytes. The first reason of a try
 *            is kept.
 * Threads:   the body's own.
 */
WADI_API void wadi_fail(wadi_task *task, const char *fmt, ...) WADI_PRINTF(2, 3);

/**
 * The records of a broadcast (wadi_broadcast_new): all of them, const T *, *n of them, in the order
 * in which they were given; and the first one whose key (first field) equals *key, or NULL when
 * there is none. It is found by an index that the first such call makes.
 *
 * Shapes:    b: a wadi_broadcast, usually captured. n: NULL is fine. key: of the type of T's first
 *            field.
 * Ownership: the context's; they live as long as the records that point at them.
 * Threads:   the body's own.
 * Errors:    NULL, *n = 0, and the task fails with WADI_E_TYPE: there is no such broadcast, or it
 *            has other records.
 */
#define wadi_broadcast_value(task, b, T, n) ((const T *)wadi__broadcast_value(task, b, WADI_TYPE(T), n))
#define wadi_broadcast_find(task, b, T, key)                                                       \
    ((const T *)wadi__broadcast_find(task, b, WADI_TYPE(T), key))
WADI_API const void *wadi__broadcast_value(wadi_task *, wadi_broadcast, const wadi_type *, size_t *n);
WADI_API const void *wadi__broadcast_find(wadi_task *, wadi_broadcast, const wadi_type *,
                                          const void *key);
/**
 * Adds to a sum (wadi_accumulator_new); and merges a record of T, given by its fields, into an
 * accumulator of records (wadi_accumulator_of): wadi_accumulator_merge(task, env->longest,
 * wadi_str, *in).
 *
 * Shapes:    n may be negative; a sum wraps around. What a try of a task adds begins as the
 *            accumulator's zero, and is merged into its value when the try has succeeded; what a
 *            failed try added never counts. A partition that is computed for two actions counts
 *            twice.
 * Threads:   the body's own.
 * Errors:    the task fails with WADI_E_TYPE: there is no such accumulator, or it has other
 *            records.
 */
WADI_API void wadi_accumulator_add(wadi_task *task, wadi_accumulator accumulator, int64_t n);
#define wadi_accumulator_merge(task, accumulator, T, ...)                                          \
    wadi__accumulator_merge((task), (accumulator), WADI_TYPE(T), WADI__REF(T, __VA_ARGS__))
WADI_API void wadi__accumulator_merge(wadi_task *, wadi_accumulator, const wadi_type *, const void *);

/* ---- What a declared function is. Plain structs: bindings fill them in by hand. ---- */

/** The kinds of functions, one for each declaring macro. */
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
    WADI_FN_RATE_ESTIMATOR,
} wadi_fn_kind;

/** One call of a function; below. */
typedef struct wadi_call wadi_call;

/** A function. Declared ones are constant; one that a binding fills in by hand must stay, with all
 * that it points at, until the operator that gets it has returned, and `run` as long as jobs may
 * call it. */
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

/** A function given to an operator: wadi_map_fn, wadi_flat_map_fn, wadi_filter_fn, .., one type per
 * kind, so that the compiler sees a filter where a map belongs. {.fn, .env}: the function, and its
 * captured values, which the operator that gets it copies, with what they point at. */
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
WADI__HANDLE(rate_estimator);

/** The type of a declared function that captures values, until wadi_bind gives it some. */
typedef struct wadi_fn_needing_wadi_bind {
    const wadi_fn *fn;
} wadi_fn_needing_wadi_bind;

/** wadi_bind(f, .min = 5): f with its captured values, as the initializer of their record; what is
 * left out is zero. In C++17 by position. f: a declared function that captures values, by its name.
 * The result lives as long as the enclosing block; in C++ as long as the full expression, so it
 * stands in the operator's call. */
#define wadi_bind(f, ...) WADI__LITERAL(f##__handle, (f).fn, WADI__REF(f##__env, __VA_ARGS__))

/* ---- The registry: every declared function enters itself before main, or when its shared object
 * is loaded. Two functions of one name are reported when one of them is used. ---- */

/** A function's entry. Not for users, who find functions by wadi_fn_find(). */
typedef struct wadi_fn_node {
    const wadi_fn *fn;
    struct wadi_fn_node *next;
} wadi_fn_node;
WADI_API void wadi__fn_enter(wadi_fn_node *node);
WADI_API void wadi__fn_leave(wadi_fn_node *node);

/** The function of this name: declared anywhere in the program, its shared libraries and loaded
 * plugins, or filled in by hand and given to an operator before. NULL: there is none. It is valid
 * until its shared object is unloaded. Of two with one name, either; an operator that gets one of
 * them makes a mistake (WADI_E_INVALID). Any thread. */
WADI_API const wadi_fn *wadi_fn_find(const char *name);

#define WADI__REGISTER(f)                                                                          \
    static wadi_fn_node f##__node = {&f##__fn, NULL};                                              \
    __attribute__((constructor)) static void f##__enter(void) { wadi__fn_enter(&f##__node); }      \
    __attribute__((destructor)) static void f##__leave(void) { wadi__fn_leave(&f##__node); }

/* ---- The contract between the engine and the loops, for bindings that write `run` by hand. One
 * call is one function over one chunk; each kind uses the fields named in the comments. ---- */

/** What calls carry besides rows. A loop moves `at` on by the size of what it wrote or read. */
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
typedef struct wadi_state { /* of one key, in mapWithState; all its records in a call share it */
    bool exists, updated, timing_out;
    bool removed; /* by this record */
    wadi_task *task;
} wadi_state;
typedef struct wadi_state_slot {
    const void *key;
    void *value;
    bool exists;       /* in, updateStateByKey */
    bool keep;         /* out, updateStateByKey */
    wadi_state *state; /* mapWithState */
} wadi_state_slot;

/** What estimators of rates see: rate.h. */
typedef struct wadi_rate_batch wadi_rate_batch;

/** One call of a function. The engine fills in what goes in, sees to it that there is room for what
 * comes out, and owns all of it; `run` writes the fields that are said to be results and nothing
 * else. In a task's thread; of driver functions in the driver's, of receivers in their own. */
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
    void *state;                   /* input, rate_estimator */
    size_t stopped_at;             /* foreach: the one of `count` that failed */
    const wadi_rate_batch *completed; /* rate_estimator .. */
    double rate;                   /* .. and what it returns */
};

/** Makes room in an emitter that is full, and puts the next records in front of an iterator that
 * has come to its end. Not for users, but bindings call them when at == end. */
WADI_API void wadi__emit_more(wadi_emitter *emitter);
WADI_API bool wadi__next_more(wadi_iterator *iterator); /* false: at the end */

/**
 * Emits a record of the function's Out type, any number of times: wadi_emit(out, (word_count){*in,
 * 1}). For bodies of WADI_FLAT_MAP, WADI_MAP_PARTITION, WADI_GROUP, WADI_COGROUP and
 * WADI_MAP_WITH_STATE.
 *
 * Shapes:    out: the body's. The record is an expression of its type, which is copied; an
 *            initializer in braces needs its type before it.
 * Ownership: the record is copied; what it points at: see str.h.
 * Errors:    none to be looked at: when the rest of the stage fails or is cancelled, what is
 *            emitted is thrown away.
 */
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

/** The next record of the partition, const In *, or NULL at its end, also when the task is to end
 * early: while ((in = wadi_next(it))) .. For bodies of WADI_MAP_PARTITION and
 * WADI_FOREACH_PARTITION. The record stays until the next call; strings and sequences that it
 * points at as long as the task. */
#define wadi_next(it)                                                                              \
    ((it)->at != (it)->end ||                                                                      \
             (wadi__next_more((it)->from) &&                                                       \
              ((it)->at = (WADI__TYPEOF((it)->at))(it)->from->at,                                  \
              (it)->end = (WADI__TYPEOF((it)->at))(it)->from->end, true))                          \
         ? (WADI__PREFETCH_ROWS((it)->at), (it)->at++)                                             \
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
#define WADI__CLOSE_IN call_->iterator->at = entered_.at; /* messages say how many it gave */
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

/* Asks for rows some way ahead: a loop that does little with each row waits for memory, and
 * processors look ahead no further than the page. */
#define WADI__PREFETCH_ROWS(row) __builtin_prefetch((const void *)((uintptr_t)(row) + 6144))

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
#endif
