/* SPDX-License-Identifier: Apache-2.0 */
/* stream_context.h: a stream program: its graph, and what runs it.
 *
 * Threads: the driver (whoever calls), the job generator (generator.c: one, makes batches), job threads
 * (scheduler.c: run output operations), one thread for each receiver, one that cuts blocks. `lock` guards
 * the life cycle and what the comments below say; it is never held over a callback or an env call. */
#ifndef WADI_STREAM_STREAM_CONTEXT_H
#define WADI_STREAM_STREAM_CONTEXT_H
#include "base/event.h"
#include "base/listener_bus.h"
#include "stream/dstream.h"
#include "stream/input_info.h"
#include "stream/output.h"
#include "stream/progress.h"

typedef struct wadi__generator wadi__generator;
typedef struct wadi__scheduler wadi__scheduler;
typedef struct wadi__tracker wadi__tracker;
typedef struct wadi__checkpointer wadi__checkpointer;
typedef struct wadi__listener_node wadi__listener_node;

struct wadi_stream_context {
    wadi_context *sc;
    wadi__env *env;
    int64_t batch_ms;
    int64_t remember_ms;  /* wadi_remember(); 0: not called */
    bool unpersists;      /* spark.streaming.unpersist */
    bool stops_on_failure; /* wadi.batch.on_failure */
    char *checkpoint_dir; /* NULL: none */
    bool is_recovered;    /* goes on from a checkpoint there */
    bool drops_unused_state; /* of streams that the program no longer has */

    /* The graph; the driver's until start. */
    WADI__VEC(wadi_dstream *) nodes; /* all, in order of creation, parents first */
    WADI__VEC(wadi__output_op *) outputs; /* in order of registration */
    int input_count;
    WADI__VEC(wadi_error *) mistakes; /* guarded by lock while there are other threads */
    bool lost_a_mistake;  /* there was no memory to keep one */
    wadi_dstream *broken_node;
    bool takes_nothing;   /* a stand-in, where no context could be: calls on it do nothing, silently */

    pthread_mutex_t lock;
    wadi__event changed;     /* state, error, is_stopping, callers */
    wadi_stream_state state; /* guarded by lock */
    bool is_stopping;        /* somebody is in wadi_stop(); guarded by lock */
    wadi__thread *stopper;   /* stops for a thread of the program itself; guarded by lock */
    bool takes_callers;      /* the parts of a running program are there; guarded by lock */
    uint32_t callers;        /* threads in a call of them, which keep them there; guarded by lock */
    bool has_failed;         /* err is set; guarded by lock */
    uint64_t failed_batches; /* guarded by lock */
    atomic_bool is_asked_to_stop; /* by a signal */
    atomic_bool is_left;     /* a user's function never returned: nothing that it may use is freed */
    int64_t inputs_deadline_ns; /* until when inputs are waited for; the stopping thread's */
    wadi_error err;          /* the first failure of a batch; guarded by lock */
    wadi__progress progress; /* guarded by lock */

    wadi__listener_node *listeners; /* in the order in which they were added */
    _Atomic(wadi__listener_bus *) bus; /* to them, from start on; NULL: nobody listens */
    wadi__input_info input_info; /* of batches that are being made; the generator's */

    /* While active: */
    int64_t zero_ms;
    int64_t replayed_until_ms; /* batches up to it are made again by a recovery, several at a time; INT64_MIN: none .. */
    int64_t replay_held_until_ms; /* .. and nothing is forgotten before this batch is completed */
    int64_t only_ms;      /* `wadi replay`: this batch alone is made; 0: all are */
    int64_t rerun_ms;     /* the first batch that a recovery would run again; INT64_MAX: there will be none */
    uint64_t epoch;       /* of this run over the checkpoint directory, 1 the first; 0: there is none */
    wadi__generator *generator;
    wadi__scheduler *scheduler;
    wadi__tracker *tracker;
    wadi__checkpointer *checkpointer; /* NULL: there is no checkpoint directory */
    struct wadi__rate_control *rate_control; /* NULL: rates do not follow the load */
    struct wadi__control *control;       /* NULL: nobody can reach it */
    struct wadi__supervisor *supervisor; /* NULL: there is none */
    struct wadi__state_writer *state_writer; /* NULL: no stream has a state to be saved */
};

/* ---- For builders of the graph ---- */

/* Takes a new node in. False: no memory. */
bool wadi__stream_context_add(wadi_stream_context *ssc, wadi_dstream *node);
/* What builders return without memory; the mistake is kept. */
wadi_dstream *wadi__stream_context_broken_node(wadi_stream_context *ssc, const wadi__dstream_ops *ops,
                                               const wadi_where *where);
/* Keeps a mistake: "wordcount.c:22: reduce_by_key: ..". */
void wadi__stream_context_mistake(wadi_stream_context *ssc, const wadi_where *where, const char *op,
                                  wadi_status status, const char *message);
/* The same of one whose message has the place already. */
void wadi__stream_context_mistake_err(wadi_stream_context *ssc, const wadi_error *err);
/* Keeps the mistake of adding something after start or stop. False: it was one. */
bool wadi__stream_context_check_open(wadi_stream_context *ssc, const wadi_where *where, const char *op);

void wadi__stream_context_free(wadi_stream_context *ssc);

/* ---- While it runs ---- */

/* A batch (or its generation) failed: the first failure is kept for await, and unless the program goes on
 * after failures, waiters are woken. Any thread. */
void wadi__stream_context_fail(wadi_stream_context *ssc, const wadi_error *err);
#endif
