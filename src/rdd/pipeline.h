/* SPDX-License-Identifier: Apache-2.0 */
/* pipeline.h: how records move through a stage.
 *
 * A task opens the last RDD of its stage for one partition, with the sink that wants the records. Each
 * operator on the way makes itself a sink, and opens its parent with that; the first one makes a
 * cursor. Each step of the cursor pushes about a chunk of records down through all of them. What an
 * operator puts into its own output chunk travels on when that is full, and the rest at the end.
 *
 * So nothing is called per record but the loops that the users' functions were compiled into. */
#ifndef WADI_RDD_PIPELINE_H
#define WADI_RDD_PIPELINE_H
#include "base/arena.h"
#include "data/block.h"
#include "rdd/bound_fn.h"

typedef struct wadi__task wadi__task;
typedef struct wadi__sink wadi__sink;
typedef struct wadi__cursor wadi__cursor;

/* Records on their way; at most wadi__chunk_rows_max() of them. */
typedef struct wadi__slice {
    const void *rows;
    uint32_t count;           /* of records that count: rows 0..count, or selected[0..count) */
    const uint32_t *selected; /* which rows; NULL: all, in order */
    const uint64_t *hashes;   /* of the keys, by row; NULL: not known */
    wadi__chunk *chunk;       /* that the rows lie in, to be referred to instead of copied; or NULL */
} wadi__slice;

struct wadi__sink {
    /* Takes records; they stay where they are until it returns, and longer only with a reference to
     * the chunk. What they point at lives as long as the task's keep. Does nothing once the task
     * has failed. */
    void (*push)(wadi__sink *sink, const wadi__slice *slice);
    /* NULL, or takes whole lines of text that nobody has cut into records, each with its end, the very
     * last perhaps without. Sources of lines call it instead of push, for an operator that needs few of them. */
    void (*push_text)(wadi__sink *sink, const char *text, size_t size_bytes);
    /* Slices are to bring hashes that are at hand, though that takes a little; else they may. */
    bool wants_hashes;
};
static inline void wadi__push(wadi__sink *sink, const wadi__slice *slice) { sink->push(sink, slice); }

/* Something to do when the cursor has no more records, before the sinks below it do theirs. */
typedef struct wadi__at_end {
    void (*end)(struct wadi__at_end *self);
    struct wadi__at_end *next;
} wadi__at_end;

struct wadi__cursor {
    /* Pushes some records, perhaps none. False: there are no more. */
    bool (*step)(wadi__cursor *cursor);
    wadi__at_end *first_end, *last_end; /* in the order of the operators, source first */
};
void wadi__cursor_on_end(wadi__cursor *cursor, wadi__at_end *at_end);
/* One step; at the end everything that waits is pushed. False: that was the end, or the task failed. */
bool wadi__cursor_step(wadi__cursor *cursor, wadi__task *task);

/* Something to release when the task ends, however it does. */
typedef struct wadi__at_close {
    void (*close)(struct wadi__at_close *self);
    struct wadi__at_close *next;
} wadi__at_close;

typedef WADI__VEC(wadi__chunk *) wadi__chunks;

typedef struct wadi__row_count {
    uint64_t rows;
    bool is_unknown; /* some were not counted */
} wadi__row_count;

/* A task on its thread. The first member is what users' loops see. */
struct wadi__task {
    wadi_task user; /* .failed */
    wadi_context *sc;
    struct wadi__env *env;
    uint64_t stage_id;
    uint32_t partition_index, attempt;
    int64_t batch_ms;
    bool is_checked;      /* WADI_CHECK=1 */
    wadi__keep *keep;     /* strings that it makes, and what those that it read point at */
    wadi__arena scratch;  /* operators of this task; goes with it */
    wadi__chunks chunks;  /* output chunks of operators, to be released with it */
    wadi__arena lasting;  /* what belongs to the task and not to one operator */
    bool is_short;        /* it is tried again because there was no memory: what can be done by parts is */
    bool is_in_part;      /* its scratch and keep go before it ends */
    const struct wadi__part *part; /* of a wide operator's input that is worked on alone; exec/ */
    wadi_error err;       /* the first failure */
    const atomic_bool *is_cancelled; /* of the job; NULL: cannot be */
    const struct wadi__call_site *at; /* the function that runs now, for messages */
    struct wadi__task_updates *updates; /* of accumulators; exec/ */
    struct wadi__batch_additions *additions; /* where these go when it has succeeded; NULL: they count */
    struct wadi__task_broadcasts *broadcasts; /* that it has asked for; exec/ */
    bool is_counted;      /* somebody wants to know of .. */
    wadi__row_count rows_in, rows_out; /* .. what it reads from sources, stored datasets and shuffles, and gives; exec/ */
    bool has_opened;      /* its last dataset, whose records it gives */
    uint64_t keys_seen;   /* the most keys that one of its tables held .. */
    const wadi_rdd *keys_at; /* .. and whose aggregation that was */
    wadi__at_close *closes;
};
static inline void wadi__task_on_close(wadi__task *task, wadi__at_close *close) {
    close->next = task->closes;
    task->closes = close;
}
static inline bool wadi__task_is_over(const wadi__task *task) {
    return task->user.failed ||
           (task->is_cancelled != NULL && atomic_load_explicit(task->is_cancelled, memory_order_relaxed));
}
/* Fails the task with the library's own reason; the first one counts. */
void wadi__task_fail(wadi__task *task, wadi_status status, const char *fmt, ...) WADI_PRINTF(3, 4);
void wadi__task_fail_err(wadi__task *task, const wadi_error *err);
/* Zeroed memory of an operator, until the task ends. NULL: the task has failed. */
void *wadi__task_scratch(wadi__task *task, size_t size_bytes);
/* Zeroed memory that belongs to the task, not to the operator that runs now. */
void *wadi__task_lasting(wadi__task *task, size_t size_bytes);
/* Scratch with undefined contents. */
void *wadi__task_room(wadi__task *task, size_t size_bytes);
/* Keeps an object alive as long as the records of this task. False: the task has failed. */
bool wadi__task_keep(wadi__task *task, wadi__counted *object);

/* ---- Output chunks of operators ---- */

/* An operator's current output chunk; starts zeroed. */
typedef struct wadi__output {
    wadi__chunk *chunk;
    size_t slot; /* in task->chunks, plus 1; 0: none yet */
} wadi__output;
/* An empty chunk for at least `count` records: the same as last time when nobody kept it. NULL: the task
 * has failed. */
wadi__chunk *wadi__output_chunk(wadi__output *output, wadi__task *task, size_t record_size, size_t count,
                                bool with_hashes);

/* ---- Calling users' functions ---- */

/* A function in a pipeline. */
typedef struct wadi__call_site {
    const wadi_rdd *rdd;       /* whose operator it is */
    const wadi__bound_fn *fn;
    const wadi_fn *code;
    wadi__task *task;
    uint64_t rows_before;      /* records that went through it before this call */
    const char *action_name;   /* that it belongs to; NULL: to the operator of `rdd` */
    bool sets_key;             /* the operator does, once the body has filled in the rest */
} wadi__call_site;
/* Looks the function's code up. False: the task has failed. */
bool wadi__call_site_init(wadi__call_site *site, const wadi_rdd *rdd, const wadi__bound_fn *fn,
                          wadi__task *task);
/* Runs the loop over one chunk; fills in fn, env and task. When the user's code fails the task, finds
 * out at which record and says so. */
void wadi__call_site_run(wadi__call_site *site, wadi_call *call);

/* Where emitted records go: a wadi_emitter with its chunk and the sink below. */
typedef struct wadi__emit_op {
    wadi_emitter base;
    wadi__at_end at_end;
    wadi__task *task;
    wadi__sink *next;
    const wadi__type *type;
    wadi__output output;
    char *reserve;    /* room for one record, written when there is no memory for a chunk */
    void (*before_push)(struct wadi__emit_op *self, char *rows, uint32_t count); /* or NULL */
    uint64_t emitted; /* records pushed so far */
    bool is_probing;  /* throws away what is emitted */
} wadi__emit_op;
/* False: the task has failed. */
bool wadi__emit_op_init(wadi__emit_op *emit, wadi__task *task, const wadi__type *type, wadi__sink *next);
/* Pushes what is waiting. */
void wadi__emit_op_flush(wadi__emit_op *emit);

/* ---- Pulling: mapPartitions and foreachPartition take records when they want them. ---- */

/* Records that wait to be taken, in a chunk with a reference to it. */
typedef struct wadi__pulled {
    wadi__chunk *chunk;
    const char *rows;
    uint32_t count;
} wadi__pulled;

/* A sink that lists what is pushed, and an iterator over it; more comes from the cursor. */
typedef struct wadi__pull {
    wadi_iterator base;
    wadi__sink sink;
    wadi__task *task;
    wadi__cursor *cursor;
    size_t record_size;
    bool is_at_end;
    WADI__VEC(wadi__pulled) waiting;
    size_t next;          /* of `waiting` */
    wadi__pulled current; /* that at..end lie in; no chunk: none */
    uint64_t rows_before; /* records handed out before the current ones */
} wadi__pull;
/* Opens a parent to be pulled from. NULL: the task has failed. */
wadi__pull *wadi__pull_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task);
/* How many records the iterator has given, as far as the loop has written it back. */
uint64_t wadi__pull_handed_out(const wadi__pull *pull);
/* Adds that to the message of a body that has failed its task. */
void wadi__pull_explain(const wadi__pull *pull);
/* Releases what was not taken. */
void wadi__pull_close(wadi__pull *pull);
#endif
