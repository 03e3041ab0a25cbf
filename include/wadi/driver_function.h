/* SPDX-License-Identifier: Apache-2.0 */
/* driver_function.h: how a program declares the functions that run on the driver.
 *
 * They run once per batch, in the thread that generates batches (transforms) or in one that runs
 * their outputs. Their captured values may be any struct and hold pointers: they never leave the
 * process, and are copied as bytes. What they see belongs to the batch, and so do the RDDs that they
 * make, and rows that actions return; they may run actions. Errors of actions fail the batch. What
 * all declared functions have in common is in function.h, which includes this header. */
#ifndef WADI_DRIVER_FUNCTION_H
#define WADI_DRIVER_FUNCTION_H
#pragma GCC system_header
#include <wadi/function.h>

/**
 * Declares how a stream's RDD becomes another: for wadi_transform. The body sees `rdd`, of records
 * of In, and `batch_ms`, and returns an RDD of records of Out, which it made or was given, never
 * NULL: that, or another type, fails the batch.
 * Source:    Spark 3 DStream.transform (the form with the time).
 */
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

/**
 * The same of two streams: for wadi_transform_with. The body sees `rdd`, of records of L, `other`,
 * of R, and `batch_ms`.
 * Source:    Spark 3 DStream.transformWith.
 */
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

/**
 * Declares an output: for wadi_foreach_rdd. The body sees `rdd`, of records of In, and `batch_ms`,
 * and runs actions on it; without any, nothing is computed. It may call wadi_stop(), which then
 * happens in another thread.
 * Source:    Spark 3 DStream.foreachRDD.
 */
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

/**
 * The same as WADI_TRANSFORM of any number of streams: for wadi_transform_all. The body sees
 * rdds[0..n), of any records, in the order of the streams, and `batch_ms`.
 * Source:    Spark 3 StreamingContext.transform.
 */
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
#endif
