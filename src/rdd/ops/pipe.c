/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c: each partition through a command of the shell (Spark's PipedRDD).
 *
 * The task writes and reads by turns, whatever the command is ready for, so neither side waits for
 * the other for ever, however much lies between. Records are printed only once the command has
 * taken those before them. When it stops reading, the rest of the partition is not computed.
 * Unlike Spark, which fails then, that is no error: head may do so. */
#include "base/buffer.h"
#include "base/conf.h"
#include "data/print.h"
#include "data/scan.h"
#include "rdd/ops/ops.h"

#include <wadi/str.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>

typedef struct pipe_state {
    char *command;
    int64_t line_max_bytes;
} pipe_state;

enum {
    PRINTED_BYTES = 64 << 10, /* of records, at a time; as much as a pipe holds */
    BUFFER_BYTES = 256 << 10, /* of what is read */
    TAIL_BYTES = 200,         /* of the standard error, in messages */
    TAIL_READS_MAX = 64,      /* of it, once the command has ended: more than a pipe holds */
    SHOWN_MAX = 100,          /* bytes of the command there */
};

typedef struct pipe_op {
    wadi__cursor cursor;
    wadi__at_close at_close;
    const wadi_rdd *rdd;
    wadi__task *task;
    wadi__sink *sink;
    wadi__output output;
    wadi__process *process;
    int open;             /* of WADI__PROCESS_IN, _OUT and _ERR, those that have not ended */
    wadi__pull *pull;     /* the records */
    wadi__text printed;   /* records for the command .. */
    size_t written;       /* .. and how many bytes of that it has */
    wadi__buffer *buffer; /* kept by the task; lines point into it */
    size_t line, filled;  /* where the unfinished line begins, and where unread room does */
    size_t searched;      /* bytes of that line which have no end */
    char tail[4096];      /* of the standard error */
    size_t tail_size;
} pipe_op;

static const pipe_state *state_of(const pipe_op *op) { return (const pipe_state *)op->rdd->state; }

static void fail(pipe_op *op, wadi_status status, const char *what) {
    wadi__task_fail(op->task, status, "%s; in pipe through '%.*s%s'", what, SHOWN_MAX,
                    state_of(op)->command, strlen(state_of(op)->command) > SHOWN_MAX ? ".." : "");
}
static void fail_errno(pipe_op *op, const char *what, int64_t rc) {
    char text[200], reason[128];
    snprintf(text, sizeof text, "%s: %s", what, strerror_r((int)-rc, reason, sizeof reason));
    fail(op, rc == -ENOMEM ? WADI_E_NOMEM : WADI_E_IO, text);
}

/* ---- Into the command ---- */

static void end_in(pipe_op *op) {
    op->task->env->process_close_in(op->task->env, op->process);
    op->open &= ~WADI__PROCESS_IN;
    wadi__pull_close(op->pull);
}
/* Prints the next records. False: there are no more. */
static bool print_some(pipe_op *op) {
    const wadi__type *type = op->rdd->parents[0].rdd->type;
    wadi_iterator *it = &op->pull->base;
    op->printed.size = op->written = 0;
    while (op->printed.size < PRINTED_BYTES && !op->printed.failed) {
        if (it->at == it->end && !wadi__next_more(it)) break;
        wadi__print_value(&op->printed, type, it->at);
        wadi__text_add(&op->printed, "\n", 1);
        it->at = (const char *)it->at + type->pub.size;
    }
    if (op->printed.failed) fail(op, WADI_E_NOMEM, "no memory to print records");
    return op->printed.size > 0 && !op->printed.failed;
}
static void write_some(pipe_op *op) {
    ssize_t put =
        op->task->env->process_write(op->task->env, op->process, op->printed.bytes + op->written,
                                     op->printed.size - op->written);
    if (put >= 0)
        op->written += (size_t)put;
    else if (put == -EPIPE)
        end_in(op);
    else if (put != -EAGAIN)
        fail_errno(op, "records cannot be written", put);
}

/* ---- Out of it ---- */

/* A new buffer with the unfinished line at its beginning. */
static bool next_buffer(pipe_op *op) {
    size_t carried = op->filled - op->line;
    size_t wanted = carried >= BUFFER_BYTES / 2 ? carried * 2 : BUFFER_BYTES;
    wadi__buffer *buffer = wadi__buffer_new(wanted);
    if (buffer == NULL) {
        fail(op, WADI_E_NOMEM, "no memory for the lines that come back");
        return false;
    }
    if (op->buffer != NULL) memcpy(buffer->bytes, op->buffer->bytes + op->line, carried);
    bool is_kept = wadi__task_keep(op->task, &buffer->counted);
    wadi__buffer_unref(buffer); /* the task's keep has one */
    if (!is_kept) return false;
    op->buffer = buffer;
    op->line = 0;
    op->filled = carried;
    return true;
}
static bool is_too_long(pipe_op *op, size_t size) {
    if ((int64_t)size <= state_of(op)->line_max_bytes) return false;
    char what[128];
    snprintf(what, sizeof what,
             "a line of more than %" PRId64 " bytes (wadi.source.line_max_bytes)",
             state_of(op)->line_max_bytes);
    fail(op, WADI_E_INVALID, what);
    return true;
}
static void push_lines(pipe_op *op, wadi__chunk *out, size_t count) {
    const wadi_str *rows = (const wadi_str *)(void *)out->rows;
    size_t longest = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].len > longest) longest = rows[i].len;
    if (is_too_long(op, longest)) return;
    out->count = (uint32_t)count;
    wadi__slice slice = {out->rows, out->count, NULL, NULL, out};
    wadi__push(op->sink, &slice);
}
/* Pushes the lines that are whole; at the end also the last one, which may lack its end. */
static void cut_lines(pipe_op *op, bool is_end) {
    const char *bytes = op->buffer != NULL ? op->buffer->bytes : NULL;
    while (op->line < op->filled && !wadi__task_is_over(op->task)) {
        size_t left = op->filled - op->line, used = 0, count;
        if (!is_end && memchr(bytes + op->line + op->searched, '\n', left - op->searched) == NULL) {
            op->searched = left;
            is_too_long(op, left > 1 ? left - 1 : 0); /* there may be a '\r' */
            return;
        }
        wadi__chunk *out =
            wadi__output_chunk(&op->output, op->task, sizeof(wadi_str), WADI__CHUNK_ROWS, false);
        if (out == NULL) return;
        wadi_str *rows = (wadi_str *)(void *)out->rows;
        count = wadi__scan_lines(bytes + op->line, left, rows, WADI__CHUNK_ROWS, &used);
        if (count == 0) {
            rows[count++] = wadi_str_view(bytes + op->line, left);
            used = left;
        }
        op->line += used;
        op->searched = 0;
        push_lines(op, out, count);
    }
}
static void read_lines(pipe_op *op) {
    if (op->buffer == NULL || op->filled == op->buffer->capacity_bytes)
        if (!next_buffer(op)) return;
    ssize_t got = op->task->env->process_read(op->task->env, op->process, WADI__PROCESS_OUT,
                                              op->buffer->bytes + op->filled,
                                              op->buffer->capacity_bytes - op->filled);
    if (got == -EAGAIN) return;
    if (got < 0) {
        fail_errno(op, "lines cannot be read", got);
        return;
    }
    op->filled += (size_t)got;
    if (got == 0) op->open &= ~WADI__PROCESS_OUT;
    cut_lines(op, got == 0);
}
/* Keeps the end of the standard error. */
static void read_error(pipe_op *op) {
    if (op->tail_size > TAIL_BYTES) {
        memmove(op->tail, op->tail + op->tail_size - TAIL_BYTES, TAIL_BYTES);
        op->tail_size = TAIL_BYTES;
    }
    ssize_t got =
        op->task->env->process_read(op->task->env, op->process, WADI__PROCESS_ERR,
                                    op->tail + op->tail_size, sizeof op->tail - op->tail_size);
    if (got > 0)
        op->tail_size += (size_t)got;
    else if (got != -EAGAIN)
        op->open &= ~WADI__PROCESS_ERR;
}

/* ---- The end ---- */

static void fail_status(pipe_op *op, int status) {
    while (op->tail_size > 0 && op->tail[op->tail_size - 1] == '\n') op->tail_size--;
    size_t shown = op->tail_size < TAIL_BYTES ? op->tail_size : TAIL_BYTES;
    char what[TAIL_BYTES + 120], how[100];
    if (status == -1)
        snprintf(how, sizeof how,
                 "how the command ended is not known, since the program ignores SIGCHLD");
    else if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "the command was ended by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "the command ended with status %d", WEXITSTATUS(status));
    snprintf(what, sizeof what, "%s%s%.*s", how, shown > 0 ? ", saying: " : "", (int)shown,
             op->tail + op->tail_size - shown);
    fail(op, WADI_E_USER, what);
}
static void finish(pipe_op *op) {
    wadi__env *env = op->task->env;
    /* Whatever it had to say is there by now, though one that it started may go on. */
    int wanted = WADI__PROCESS_ERR | WADI__PROCESS_ENDED;
    for (int i = 0; i < TAIL_READS_MAX && (op->open & WADI__PROCESS_ERR) != 0; i++) {
        if ((env->process_poll(env, op->process, wanted) & WADI__PROCESS_ERR) == 0) break;
        read_error(op);
    }
    int status;
    wadi__process *process = op->process;
    op->process = NULL;
    env->process_end(env, process, false, &status);
    if (status != 0) fail_status(op, status);
}
/* One turn: a write, a read, or both. */
static bool pipe_step(wadi__cursor *cursor) {
    pipe_op *op = (pipe_op *)cursor;
    wadi__task *task = op->task;
    if (op->process == NULL) return false;
    if ((op->open & WADI__PROCESS_IN) != 0 && op->written == op->printed.size && !print_some(op)) {
        if (wadi__task_is_over(task)) return false;
        end_in(op);
    }
    bool is_read = (op->open & (WADI__PROCESS_IN | WADI__PROCESS_OUT)) == 0;
    int can = task->env->process_poll(task->env, op->process,
                                      op->open | (is_read ? WADI__PROCESS_ENDED : 0));
    if (can < 0) fail_errno(op, "the command cannot be waited for", can);
    if (can <= 0) return true;
    if ((can & WADI__PROCESS_ERR) != 0) read_error(op);
    if ((can & WADI__PROCESS_OUT) != 0) read_lines(op);
    if ((can & WADI__PROCESS_IN) != 0) write_some(op);
    if ((can & WADI__PROCESS_ENDED) == 0) return true;
    finish(op);
    return false;
}
static void pipe_close(wadi__at_close *at_close) {
    pipe_op *op = (pipe_op *)(void *)((char *)at_close - offsetof(pipe_op, at_close));
    wadi__env *env = op->task->env;
    if (op->process != NULL) env->process_end(env, op->process, true, NULL);
    wadi__pull_close(op->pull);
    wadi__text_fini(&op->printed);
}
static wadi__cursor *pipe_open(const wadi_rdd *rdd, uint32_t partition, wadi__task *task,
                               wadi__sink *sink) {
    pipe_op *op = wadi__task_scratch(task, sizeof *op);
    if (op == NULL) return NULL;
    op->cursor.step = pipe_step;
    op->rdd = rdd;
    op->task = task;
    op->sink = sink;
    op->pull = wadi__pull_open(rdd->parents[0].rdd, partition, task);
    if (op->pull == NULL) return NULL;
    op->at_close.close = pipe_close;
    wadi__task_on_close(task, &op->at_close);
    int rc = task->env->process_start(task->env, state_of(op)->command, &op->process);
    if (rc < 0) {
        fail_errno(op, "the command cannot be started", rc);
        return NULL;
    }
    op->open = WADI__PROCESS_IN | WADI__PROCESS_OUT | WADI__PROCESS_ERR;
    return &op->cursor;
}
static void pipe_destroy(void *state) { wadi__free(((pipe_state *)state)->command); }

const wadi__rdd_ops wadi__rdd_pipe_ops = {
    .name = "pipe",
    .state_size = sizeof(pipe_state),
    .open = pipe_open,
    .destroy = pipe_destroy,
};

wadi_rdd *(wadi_pipe)(wadi_rdd *in, const char *command, const wadi_op_options *options) {
    wadi_rdd *rdd = wadi__rdd_new(in->sc, WADI__OP_PIPE, in, &options->where);
    if (wadi__rdd_is_broken(rdd)) return wadi__rdd_done(rdd, options);
    wadi__rdd_retype(rdd, wadi__type_str());
    pipe_state *state = (pipe_state *)rdd->state;
    state->line_max_bytes = wadi__conf_int(in->sc->conf, WADI__CONF_LINE_MAX);
    if (command == NULL || command[0] == 0)
        wadi__rdd_set_error(rdd, WADI_E_INVALID, "no command is given");
    else if ((state->command = wadi__strdup(command)) == NULL)
        wadi__rdd_set_error(rdd, WADI_E_NOMEM, "no memory for a command");
    return wadi__rdd_done(rdd, options);
}
