/* SPDX-License-Identifier: Apache-2.0 */
/* context.h: what a graph of RDDs sees of the engine context, and the engine's ops table, which exec/
 * fills in. The context itself is made in exec/context.c. */
#ifndef WADI_RDD_CONTEXT_H
#define WADI_RDD_CONTEXT_H
#include "base/env.h"
#include "base/vec.h"
#include "rdd/action.h"

#include <wadi/rdd.h>

#include <pthread.h>

typedef struct wadi__conf wadi__conf;
typedef struct wadi__engine wadi__engine;

/* Where RDDs and rows made by a driver function belong: to the batch it runs in, else to the context.
 * The stream's threads enter their batch's scope while they run user functions. */
typedef struct wadi__scope {
    pthread_mutex_t lock;
    WADI__VEC(wadi_rdd *) rdds;            /* one reference each; guarded by lock */
    WADI__VEC(wadi__counted *) held;       /* rows that actions returned; guarded by lock */
    wadi_error err;                        /* the first failure; guarded by lock */
    WADI__VEC(wadi_error *) later_errs;    /* outside a batch the next WADI__LATER_ERRORS_MAX; guarded by lock */
    bool has_failed;
    int64_t batch_ms;                      /* 0 outside a batch */
    int output_id;                         /* of the output operation that it belongs to; -1: none */
    atomic_bool is_cancelled;              /* its tasks are to end */
    struct wadi__batch_additions *additions; /* to accumulators, of its batch; exec/. NULL: they count at once */
} wadi__scope;

void wadi__scope_init(wadi__scope *scope, int64_t batch_ms);
void wadi__scope_clear(wadi__scope *scope); /* releases all that belongs to it, but the first error */
void wadi__scope_fini(wadi__scope *scope);
/* Makes `scope` that of the calling thread; returns the one before, to be given back. NULL: none. */
wadi__scope *wadi__scope_enter(wadi__scope *scope);
/* Keeps the first error, and of the context later ones too, while there are not very many. */
enum { WADI__LATER_ERRORS_MAX = 200 };
void wadi__scope_fail(wadi__scope *scope, const wadi_error *err);
/* Number i of the errors, from 0, as long as nothing fails meanwhile. NULL: there are no more. */
const wadi_error *wadi__scope_error(const wadi__scope *scope, size_t i);
/* Takes over a reference to an RDD. False: no memory, and it stays the caller's. */
bool wadi__scope_adopt(wadi__scope *scope, wadi_rdd *rdd);
/* Gives up the scope's reference to an RDD, if it has one. */
void wadi__scope_release(wadi__scope *scope, wadi_rdd *rdd);
/* Takes over a reference. False: no memory, and it stays the caller's. */
bool wadi__scope_hold(wadi__scope *scope, wadi__counted *object);

struct wadi_context {
    char *app_name, *master;
    wadi__env *env;
    wadi__conf *conf;
    wadi__engine *engine;         /* NULL: stopped, or never came up */
    uint32_t default_parallelism; /* partitions where none are named */
    wadi__scope scope;            /* of what is made outside a batch */
    bool is_checked;              /* WADI_CHECK=1 */
    bool is_broken;               /* could not be made; scope.err says why */
    struct wadi__shared_vars *shared_vars; /* broadcasts and accumulators: exec/ */
    atomic_bool is_stopped;       /* nothing new may be computed or made */
    bool is_forked;               /* this process is a child of the one that made it: without its threads */
    bool is_left;                 /* a user's function never returned: finishing frees nothing */
    wadi_error action_err;        /* the first failure of an action outside a batch; guarded by scope.lock */
    char *checkpoint_dir;         /* of its stream context; NULL: none; guarded by scope.lock */
    struct wadi__on_finish *on_finish; /* newest first */
    struct wadi__ui *ui;          /* its pages; ui/. NULL: none */
    struct wadi__console_progress *console; /* bars of its stages; exec/. NULL: none */
    _Atomic(struct wadi__engine_listeners *) listeners; /* exec/; NULL: nobody listens */
    struct wadi_context *next;    /* all contexts of the process */
};

/* Something of a module below to be released before the context is. */
typedef struct wadi__on_finish {
    void (*finish)(struct wadi__on_finish *self);
    struct wadi__on_finish *next;
    bool is_used; /* by others, so those go first; and it stays if one of them is left behind */
} wadi__on_finish;

/* The scope of the calling thread: its batch's, or the context's. */
wadi__scope *wadi__context_scope(wadi_context *sc);
/* The one that the calling thread has entered; NULL: none. */
wadi__scope *wadi__scope_now(void);
uint64_t wadi__context_next_id(void); /* of RDDs, shuffles, blocks: never repeated in a process */

/* What RDDs ask of the engine; set by exec/context.c for the process. */
typedef struct wadi__engine_ops {
    /* Opens a node for a task: its stored block if it is persisted, the reduce side of a shuffle, else
     * its own operator. NULL: the task has failed. Task thread. */
    wadi__cursor *(*open)(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                          wadi__sink *sink);
    /* Computes the given partitions of `rdd` with an action; `each` gets their results in the order
     * of the partitions, on the calling thread. Driver threads only. */
    wadi_status (*run_job)(wadi_context *sc, wadi_rdd *rdd, const uint32_t *partitions, size_t count,
                           const wadi__action *action, wadi__action_each *each, void *arg,
                           wadi_error *err);
    /* Forgets the stored partitions of a persisted RDD. */
    void (*unpersist)(wadi_context *sc, uint64_t rdd_id);
    /* Forgets the map outputs of a shuffle. */
    void (*drop_shuffle)(wadi_context *sc, uint64_t shuffle_id);
} wadi__engine_ops;
extern const wadi__engine_ops *wadi__engine_used;

/* Why a context computes and makes nothing. */
static inline const char *wadi__context_refusal(const wadi_context *sc) {
    if (sc->is_forked) return "the context was made before this process was forked; make a new one after the fork";
    return sc->is_stopped ? "the context has been stopped" : "the context could not be made";
}

/* What contexts get that are made by a program which goes on from a checkpoint: settings, of the least force, and
 * the seed of hashes, so that records go to the partitions where they went before. */
typedef struct wadi__inherited {
    const wadi_setting *settings;
    size_t setting_count;
    const uint64_t *hash_seed; /* two words; NULL: any */
    const char *from;          /* shown as their place */
} wadi__inherited;
/* For contexts that the calling thread makes from now on; NULL: nothing. Returns what it was. exec/context.c */
const wadi__inherited *wadi__context_inherit(const wadi__inherited *inherited);

/* Ends all jobs; later ones fail, and datasets cannot be made any more. exec/context.c */
void wadi__context_stop(wadi_context *sc);
#endif
