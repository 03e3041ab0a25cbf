/* SPDX-License-Identifier: Apache-2.0 */
/* source.h: where streams come from: sockets, files, queues, own receivers and own inputs. */
#ifndef WADI_SOURCE_H
#define WADI_SOURCE_H
#pragma GCC system_header
#include <wadi/dstream.h>

typedef struct wadi_source_options {
    size_t size;
    wadi_where where;
    wadi_storage_level storage_level; /* of received blocks; default: memory and disk, two copies */
    const char *name;                 /* in the UI and in checkpoints */
    const char *preferred_host;
} wadi_source_options;

/* Lines of text, as wadi_str, from a TCP server; reconnects for ever. */
#define wadi_socket_text_stream(...) WADI__CALL3(wadi_socket_text_stream, wadi_source_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_socket_text_stream)(wadi_stream_context *ssc, const char *host, int port,
                                                 const wadi_source_options *options);
/* Records that a receiver function reads from each connection. */
#define wadi_socket_stream(ssc, host, port, ...)                                                   \
    (wadi_socket_stream)((ssc), (host), (port), WADI__HEAD(__VA_ARGS__, ),                         \
                         WADI__ARGS(wadi_source_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *(wadi_socket_stream)(wadi_stream_context *ssc, const char *host, int port,
                                            wadi_receiver_fn f, const wadi_source_options *options);

/* Records of T from a peer that sends them in blocks: a length of 4 bytes, the highest first, and that
 * many bytes of a frame (wadi_frame_encode). Each becomes one block, without looking at its records. */
#define wadi_raw_socket_stream(ssc, T, host, ...)                                                  \
    wadi__raw_socket_stream((ssc), WADI_TYPE(T), (host), WADI__HEAD(__VA_ARGS__, ),                \
                            WADI__ARGS(wadi_source_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *wadi__raw_socket_stream(wadi_stream_context *, const wadi_type *,
                                               const char *host, int port,
                                               const wadi_source_options *);

/* ---- Files that appear in a directory (or in all that match a pattern) ---- */

typedef struct wadi_file_options {
    size_t size;
    wadi_where where;
    wadi_filter_fn filter;   /* of paths, as wadi_str; default: no leading dot */
    bool existing_files;     /* also those that are there already */
    const char *name;
} wadi_file_options;
#define wadi_text_file_stream(...) WADI__CALL2(wadi_text_file_stream, wadi_file_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_text_file_stream)(wadi_stream_context *ssc, const char *dir,
                                               const wadi_file_options *options);
/* Records of `type` in a format: "object", "csv", "json", "sequence". */
#define wadi_file_stream(ssc, T, dir, ...)                                                         \
    wadi__file_stream((ssc), WADI_TYPE(T), (dir), WADI__HEAD(__VA_ARGS__, ),                       \
                      WADI__ARGS(wadi_file_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *wadi__file_stream(wadi_stream_context *, const wadi_type *, const char *dir,
                                         const char *format, const wadi_file_options *);
/* Byte strings, as wadi_str, of one length. */
#define wadi_binary_records_stream(...)                                                            \
    WADI__CALL3(wadi_binary_records_stream, wadi_file_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_binary_records_stream)(wadi_stream_context *ssc, const char *dir,
                                                    size_t record_bytes,
                                                    const wadi_file_options *options);

/* ---- A queue of RDDs, for tests ---- */

typedef struct wadi_rdd_queue wadi_rdd_queue;
typedef struct wadi_queue_options {
    size_t size;
    wadi_where where;
    bool all_at_once;      /* else one RDD per batch */
    wadi_rdd *default_rdd; /* when the queue is empty; default: an empty one */
    const char *name;
} wadi_queue_options;
#define wadi_queue_stream(ssc, T, ...)                                                             \
    wadi__queue_stream((ssc), WADI_TYPE(T), WADI__HEAD(__VA_ARGS__, ),                             \
                       WADI__ARGS(wadi_queue_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *wadi__queue_stream(wadi_stream_context *, const wadi_type *, wadi_rdd_queue *,
                                          const wadi_queue_options *);
WADI_API wadi_rdd_queue *wadi_rdd_queue_new(wadi_context *sc); /* belongs to the context */
WADI_API void wadi_rdd_queue_push(wadi_rdd_queue *queue, wadi_rdd *rdd); /* any thread */

/* ---- Receivers ---- */

/* Runs in a thread of its own on an executor, and stores what it receives: wadi_store(out, record).
 * Returning restarts it after the restart delay; wadi_receiver_stop() ends it for good. Sees
 * `receiver`, `out` (any of its threads may store) and, in wadi_socket_stream, the open `conn`. */
#define WADI_RECEIVER(...) WADI__BY_COUNT(WADI__RECEIVER_, __VA_ARGS__)
#define WADI__RECEIVER_2(f, Out)                                                                   \
    WADI__PLAIN(f, receiver)                                                                       \
    WADI__DEFINE(f, RECEIVER, NULL, NULL, &wadi_type_of_##Out, NULL, NULL, 0)                        \
    WADI__NAME_PLAIN(f, receiver)                                                                  \
    WADI__RECEIVER_LOOP(f, Out)
#define WADI__RECEIVER_3(f, Out, Env)                                                              \
    WADI__CAPTURES(f, receiver, Env)                                                               \
    WADI__DEFINE(f, RECEIVER, NULL, NULL, &wadi_type_of_##Out, NULL, &wadi_type_of_##Env, sizeof(Env)) \
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__RECEIVER_LOOP(f, Out)
#define WADI__RECEIVER_1(...) WADI__TAKES("WADI_RECEIVER takes (name, Out) and maybe the record of captured values")
#define WADI__RECEIVER_4(...) WADI__TAKES("WADI_RECEIVER takes (name, Out) and maybe the record of captured values")
#define WADI__RECEIVER_LOOP(f, Out)                                                                \
    typedef struct f##__out {                                                                      \
        const Out *type;                                                                           \
        wadi_receiver *to;                                                                         \
    } f##__out;                                                                                    \
    WADI__BODY void f##__body(wadi_receiver *receiver, f##__out *out WADI_UNUSED,                  \
                              wadi_conn *conn WADI_UNUSED,                                         \
                              const f##__env *env WADI_UNUSED);                                    \
    static void f##__run(wadi_call *call_) {                                                       \
        f##__out stored_ = {NULL, call_->receiver};                                                \
        f##__body(call_->receiver, &stored_, call_->conn, WADI__ENV(f));                           \
    }                                                                                              \
    WADI__BODY void f##__body(wadi_receiver *receiver WADI_UNUSED, f##__out *out WADI_UNUSED,      \
                              wadi_conn *conn WADI_UNUSED, const f##__env *env WADI_UNUSED)

#define wadi_receiver_stream(...) WADI__CALL2(wadi_receiver_stream, wadi_source_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_receiver_stream)(wadi_stream_context *ssc, wadi_receiver_fn f,
                                              const wadi_source_options *options);

/* One record: buffered, cut into a block every block interval. Strings are copied. May wait for the
 * rate limit. */
WADI_API void wadi__store(wadi_receiver *to, const void *record, size_t size);
#ifndef __cplusplus
#define wadi_store(out, ...)                                                                       \
    wadi__store((out)->to, (__typeof__(*(out)->type)[1]){__VA_ARGS__}, sizeof *(out)->type)
#else
template <class T> void wadi__store_one(const T *, wadi_receiver *to, const T &record) {
    wadi__store(to, &record, sizeof record);
}
#define wadi_store(out, ...) wadi__store_one((out)->type, (out)->to, __VA_ARGS__)
#endif
/* Many records, as one block. True: stored in all its copies, and logged; now acknowledge them. */
#define wadi_store_block(out, records, n)                                                          \
    wadi__store_block((out)->to, 1 ? (records) : (out)->type, (n), sizeof *(out)->type)
WADI_API bool wadi__store_block(wadi_receiver *to, const void *records, size_t n, size_t size);
/* The same with bytes that are kept beside the block, such as the source's position after it. A
 * restarted receiver, also after a recovery, reads those of its last stored block. */
#define wadi_store_block_with(out, records, n, metadata, metadata_size)                            \
    wadi__store_block_with((out)->to, 1 ? (records) : (out)->type, (n), sizeof *(out)->type,       \
                           (metadata), (metadata_size))
WADI_API bool wadi__store_block_with(wadi_receiver *to, const void *records, size_t n, size_t size,
                                     const void *metadata, size_t metadata_size);
/* NULL: no block with metadata was stored yet. Valid until the receiver stores again. */
WADI_API const void *wadi_receiver_last_metadata(const wadi_receiver *receiver, size_t *size);
/* On the driver: the metadata of the block behind a partition of a receiver stream's own RDD. NULL: none. */
WADI_API const void *wadi_rdd_block_metadata(const wadi_rdd *rdd, uint32_t partition_index, size_t *size);
/* Records as a frame (wadi_frame_encode), as one block. False also when it is damaged or not of Out. */
#define wadi_store_frame(out, bytes, size) wadi__store_frame((out)->to, (bytes), (size))
WADI_API bool wadi__store_frame(wadi_receiver *to, const void *bytes, size_t size);

WADI_API bool wadi_receiver_stopped(const wadi_receiver *receiver);
WADI_API void wadi_receiver_report(wadi_receiver *receiver, const char *fmt, ...) WADI_PRINTF(2, 3);
/* Runs the body again once it has returned and the restart delay has passed
 * (spark.streaming.receiverRestartDelay, 2000 ms). */
WADI_API void wadi_receiver_restart(wadi_receiver *receiver, const char *fmt, ...) WADI_PRINTF(2, 3);
WADI_API void wadi_receiver_restart_after(wadi_receiver *receiver, int64_t delay_ms, const char *fmt,
                                          ...) WADI_PRINTF(3, 4);
WADI_API void wadi_receiver_stop(wadi_receiver *receiver, const char *fmt, ...) WADI_PRINTF(2, 3);

/* The stream's number: 0, 1, .. over all inputs of the context, in order of creation. */
WADI_API int wadi_receiver_stream_id(const wadi_receiver *receiver);
/* f(arg) runs once, in another thread, when the receiver is to stop while its body runs: to unblock a
 * client library that waits. NULL takes it back. */
WADI_API void wadi_receiver_on_stop(wadi_receiver *receiver, void (*f)(void *arg), void *arg);

/* A connection that ends when the receiver stops, and is closed when its body returns. Failing to
 * connect is reported and gives NULL. */
WADI_API wadi_conn *wadi_receiver_connect(wadi_receiver *receiver, wadi_str host, int port);
WADI_API bool wadi_conn_read_line(wadi_conn *conn, wadi_str *line); /* false: at the end */
WADI_API bool wadi_conn_read(wadi_conn *conn, void *bytes, size_t size);
WADI_API bool wadi_conn_write(wadi_conn *conn, const void *bytes, size_t size);

/* ---- Own inputs without a receiver ---- */

/* Runs on the driver once per batch and returns its RDD. `state` is a record: how far the input has
 * come. It starts as zero, is saved in every checkpoint, and a batch that is generated again after
 * a failure sees the state that it saw before. Sees `sc`, `batch_ms`, `state`. */
#define WADI_INPUT(...) WADI__BY_COUNT(WADI__INPUT_, __VA_ARGS__)
#define WADI__INPUT_3(f, Out, State)                                                               \
    WADI__PLAIN(f, input)                                                                          \
    WADI__DEFINE(f, INPUT, NULL, NULL, &wadi_type_of_##Out, &wadi_type_of_##State, NULL, 0)            \
    WADI__NAME_PLAIN(f, input)                                                                     \
    WADI__INPUT_LOOP(f, State)
#define WADI__INPUT_4(f, Out, State, Env)                                                          \
    WADI__CAPTURES(f, input, Env)                                                                  \
    WADI__DEFINE(f, INPUT, NULL, NULL, &wadi_type_of_##Out, &wadi_type_of_##State, NULL, sizeof(Env))  \
    WADI__NAME_CAPTURES(f)                                                                         \
    WADI__INPUT_LOOP(f, State)
#define WADI__INPUT_1(...) WADI__TAKES("WADI_INPUT takes (name, Out, State) and maybe the record of captured values")
#define WADI__INPUT_2(...) WADI__TAKES("WADI_INPUT takes (name, Out, State) and maybe the record of captured values")
#define WADI__INPUT_5(...) WADI__TAKES("WADI_INPUT takes (name, Out, State) and maybe the record of captured values")
#define WADI__INPUT_LOOP(f, State)                                                                 \
    WADI__BODY wadi_rdd *f##__body(wadi_context *sc WADI_UNUSED, int64_t batch_ms WADI_UNUSED,     \
                                   State *state WADI_UNUSED,                                       \
                                   const f##__env *env WADI_UNUSED);                               \
    static void f##__run(wadi_call *call_) {                                                       \
        call_->result =                                                                            \
            f##__body(call_->context, call_->batch_ms, (State *)call_->state, WADI__ENV(f));       \
    }                                                                                              \
    WADI__BODY wadi_rdd *f##__body(wadi_context *sc WADI_UNUSED, int64_t batch_ms WADI_UNUSED,     \
                                   State *state WADI_UNUSED,                                       \
                                   const f##__env *env WADI_UNUSED)
#define wadi_input_stream(...) WADI__CALL2(wadi_input_stream, wadi_source_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_input_stream)(wadi_stream_context *ssc, wadi_input_fn f,
                                           const wadi_source_options *options);
#endif
