/* SPDX-License-Identifier: Apache-2.0 */
/* source.h: where streams come from: sockets, files, queues, own receivers and own inputs.
 *
 * Each call makes an input stream, a node of the context's graph (dstream.h) without parents, and
 * what holds for other calls that build a graph holds here: the driver thread calls them before
 * wadi_start(); they return a stream at once, never NULL, that belongs to its context; texts,
 * functions and captured values are copied; mistakes stick to the context with the caller's file
 * and line and are told by wadi_start(): WADI_E_INVALID for arguments, WADI_E_TYPE for functions
 * and records that do not fit, WADI_E_STATE after the start, WADI_E_NOMEM. Nothing is opened before
 * the start.
 *
 * Sources that receive run in a thread of their own, which takes one of the master's slots: with
 * local[1] nothing is processed, of which the log warns. They cut what they get into blocks, one
 * each spark.streaming.blockInterval (200 ms, at most the batch interval); a batch has the blocks
 * that were cut before it, a partition each. When memory or wadi.batches.waiting_max is used up
 * they wait, and their peers with them. Times are milliseconds. */
#ifndef WADI_SOURCE_H
#define WADI_SOURCE_H
#pragma GCC system_header
#include <wadi/dstream.h>

/** Options of sources that receive, and of wadi_input_stream(). */
typedef struct wadi_source_options {
    size_t size;
    wadi_where where;
    wadi_storage_level storage_level; /* of received blocks; all mean memory, one copy, so far */
    const char *name;                 /* in the UI, messages and checkpoints; NULL: the source's */
    const char *preferred_host;       /* where the receiver is to run; no effect on one machine */
} wadi_source_options;

/**
 * Lines of text from a TCP server: wadi_socket_text_stream(ssc, "localhost", 9999). It connects
 * anew for ever, after spark.streaming.receiverRestartDelay (2000 ms), when the server refuses,
 * closes or fails; the log tells why.
 *
 * Shapes:    host: a name or address. port: 1 to 65535. Records: wadi_str, without the "\n" or
 *            "\r\n" that ends them, any bytes; a last line may lack it. A line longer than
 *            wadi.source.line_max_bytes is skipped and told in the log.
 * Errors:    WADI_E_INVALID, no host, another port.
 * Source:    Spark 3 StreamingContext.socketTextStream, SocketInputDStream.
 */
#define wadi_socket_text_stream(...) WADI__CALL3(wadi_socket_text_stream, wadi_source_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_socket_text_stream)(wadi_stream_context *ssc, const char *host, int port,
                                                 const wadi_source_options *options);

/**
 * Records that a receiver function reads from each connection: wadi_socket_stream(ssc, host, port,
 * f). f: a WADI_RECEIVER, which sees the open connection as `conn`; when it returns, the connection
 * is closed and another made as of wadi_socket_text_stream(). Records: its Out.
 * Source:    Spark 3 StreamingContext.socketStream.
 */
#define wadi_socket_stream(ssc, host, port, ...)                                                   \
    (wadi_socket_stream)((ssc), (host), (port), WADI__HEAD(__VA_ARGS__, ),                         \
                         WADI__ARGS(wadi_source_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *(wadi_socket_stream)(wadi_stream_context *ssc, const char *host, int port,
                                            wadi_receiver_fn f, const wadi_source_options *options);

/**
 * Records of T from a peer that sends them in blocks: wadi_raw_socket_stream(ssc, click, host,
 * port). Each is a length of 4 bytes, the highest first, and that many bytes of a frame
 * (wadi_frame_encode), and becomes one block. Fields go by name: those that the frame lacks are
 * zero. A frame that is damaged or of other records ends the connection, and the log tells; then as
 * of wadi_socket_text_stream().
 * Source:    Spark 3 StreamingContext.rawSocketStream; docs/formats/frame.md.
 */
#define wadi_raw_socket_stream(ssc, T, host, ...)                                                  \
    wadi__raw_socket_stream((ssc), WADI_TYPE(T), (host), WADI__HEAD(__VA_ARGS__, ),                \
                            WADI__ARGS(wadi_source_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *wadi__raw_socket_stream(wadi_stream_context *, const wadi_type *,
                                               const char *host, int port,
                                               const wadi_source_options *);

/* ---- Files that appear in a directory (or in all that match a pattern) ---- */

/** Options of file streams. */
typedef struct wadi_file_options {
    size_t size;
    wadi_where where;
    wadi_filter_fn filter;   /* of paths, as wadi_str, on the driver; default: no leading dot */
    bool existing_files;     /* also those that are there already */
    const char *name;        /* in the UI and in checkpoints; NULL: the source's */
} wadi_file_options;

/**
 * The files that are new in a directory, each batch: lines of text; records of T in a format; byte
 * strings of one length:
 *
 *     wadi_text_file_stream(ssc, "/data/logs"),
 *     wadi_file_stream(ssc, click, "/data/clicks", "json"),
 *     wadi_binary_records_stream(ssc, "/data/samples", 16)
 *
 * A file is taken once, by the first batch whose time is not before its modification time and that
 * finds it, when the filter passes it. Without .existing_files it must be modified after the stream
 * was made. What is older than spark.streaming.fileStream.minRememberDuration (60 s, in whole
 * batches) is never taken. So files should be moved into the directory whole; what is written to
 * them later is not read.
 *
 * Shapes:    dir: a directory, or a pattern of directories (rdd.h); those below it are not looked
 *            at. T: the record. format: "object" (wadi_save_as_object_file), "csv" or "json"
 *            (wadi_parse). Records: wadi_str; T; wadi_str of record_bytes each. A partition for
 *            each part of a file, as of wadi_text_file(); `.gz` and `.zst` are unpacked.
 * Errors:    WADI_E_INVALID, no directory or a pattern that makes no sense, another format
 *            ("sequence": not there yet), record_bytes 0 or above 2^31 - 1; WADI_E_TYPE, .filter
 *            takes other records than wadi_str. A directory that is missing or cannot be listed
 *            makes batches empty, and the log tells; a file that cannot be read fails the batch.
 * Source:    Spark 3 FileInputDStream.
 */
#define wadi_text_file_stream(...) WADI__CALL2(wadi_text_file_stream, wadi_file_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_text_file_stream)(wadi_stream_context *ssc, const char *dir,
                                               const wadi_file_options *options);
#define wadi_file_stream(ssc, T, dir, ...)                                                         \
    wadi__file_stream((ssc), WADI_TYPE(T), (dir), WADI__HEAD(__VA_ARGS__, ),                       \
                      WADI__ARGS(wadi_file_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *wadi__file_stream(wadi_stream_context *, const wadi_type *, const char *dir,
                                         const char *format, const wadi_file_options *);
#define wadi_binary_records_stream(...)                                                            \
    WADI__CALL3(wadi_binary_records_stream, wadi_file_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_binary_records_stream)(wadi_stream_context *ssc, const char *dir,
                                                    size_t record_bytes,
                                                    const wadi_file_options *options);

/* ---- A queue of RDDs, for tests ---- */

/** A queue of RDDs: opaque; any thread may push to it. */
typedef struct wadi_rdd_queue wadi_rdd_queue;

/** Options of wadi_queue_stream(). */
typedef struct wadi_queue_options {
    size_t size;
    wadi_where where;
    bool all_at_once;      /* else one RDD per batch */
    wadi_rdd *default_rdd; /* when the queue is empty; default: an empty one */
    const char *name;      /* in the UI and in checkpoints; NULL: the source's */
} wadi_queue_options;

/**
 * Batches that somebody pushes: wadi_queue_stream(ssc, int64_t, queue). Each batch takes the oldest
 * RDD off the queue, or with .all_at_once all of them as their union; when there is none,
 * .default_rdd, or an empty one.
 *
 * Shapes:    T: the records of the RDDs that are pushed. Several streams may take from one queue.
 * Errors:    WADI_E_INVALID, the queue is NULL or of another engine context; WADI_E_TYPE,
 *            .default_rdd has other records. A batch that takes an RDD of other records fails.
 * Source:    Spark 3 StreamingContext.queueStream.
 */
#define wadi_queue_stream(ssc, T, ...)                                                             \
    wadi__queue_stream((ssc), WADI_TYPE(T), WADI__HEAD(__VA_ARGS__, ),                             \
                       WADI__ARGS(wadi_queue_options, WADI__TAIL(__VA_ARGS__, )))
WADI_API wadi_dstream *wadi__queue_stream(wadi_stream_context *, const wadi_type *, wadi_rdd_queue *,
                                          const wadi_queue_options *);

/** A new queue, never NULL, which belongs to its engine context. Any thread. Without memory: one
 * that takes nothing, and WADI_E_NOMEM sticks to the batch, outside one to the context. */
WADI_API wadi_rdd_queue *wadi_rdd_queue_new(wadi_context *sc);

/** Pushes an RDD, which then belongs to the queue, and to the batch that takes it; no other call
 * may use it after that without a reference of its own (wadi_rdd_ref). Any thread, also while the
 * program runs. A NULL queue or RDD is passed by. WADI_E_NOMEM sticks as above, and the RDD is
 * still its maker's. */
WADI_API void wadi_rdd_queue_push(wadi_rdd_queue *queue, wadi_rdd *rdd);

/* ---- Receivers ---- */

/**
 * Declares a receiver: for wadi_receiver_stream, wadi_socket_stream. The body runs in a thread of
 * its own on an executor, from the start of the program, and stores what it receives:
 * wadi_store(out, record).
 *
 * It sees `receiver`, `out` (any of the body's own threads may store) and, in wadi_socket_stream,
 * the open `conn`, else NULL; and `env`. It runs until wadi_receiver_stopped() and should then
 * return within 2 s: what waits for a connection of wadi_receiver_connect() is woken, other waiting
 * by wadi_receiver_on_stop(). A body that is not back is named in the log and left behind.
 * Returning otherwise runs it again after the restart delay; wadi_receiver_stop() ends it for good.
 * `receiver`, `out` and `conn` may not be used any more when it has returned.
 * Source:    Spark 3 Receiver.
 */
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

/** What a receiver of one's own stores: wadi_receiver_stream(ssc, f). f: a WADI_RECEIVER. Records:
 * its Out, in the order in which they were stored. Source: Spark 3
 * StreamingContext.receiverStream. */
#define wadi_receiver_stream(...) WADI__CALL2(wadi_receiver_stream, wadi_source_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_receiver_stream)(wadi_stream_context *ssc, wadi_receiver_fn f,
                                              const wadi_source_options *options);

/** Stores one record of Out: wadi_store(out, record). It is buffered, and cut into a block every
 * block interval; strings are copied. It waits while there is no room, and gives up, silently, when
 * the receiver is to stop. In C `record` may be an initializer in braces. The body's threads. */
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

/**
 * Store many records as one block: n of them, const Out *; the same with bytes that are kept beside
 * the block, such as the source's position after it (a restarted receiver reads those of its last
 * stored block); a frame of them (wadi_frame_encode), `size` bytes. What was stored before by
 * wadi_store() is cut first, so that order stays.
 *
 * Shapes:    true: stored; now acknowledge them. With spark.streaming.receiver.writeAheadLog.enable
 *            they are safe on disk then. False: not stored, and the receiver reports why.
 * Ownership: records, bytes and metadata are copied. metadata may be NULL: none.
 * Threads:   the body's. They wait while there is no room.
 * Errors:    false: no memory, the receiver is to stop, or the log cannot be written or not within
 *            spark.streaming.receiver.blockStoreTimeout (30 s); of a frame also: it is damaged, or
 *            not of Out.
 * Source:    Spark 3 Receiver.store of an ArrayBuffer, an iterator, and bytes.
 */
#define wadi_store_block(out, records, n)                                                          \
    wadi__store_block((out)->to, 1 ? (records) : (out)->type, (n), sizeof *(out)->type)
WADI_API bool wadi__store_block(wadi_receiver *to, const void *records, size_t n, size_t size);
#define wadi_store_block_with(out, records, n, metadata, metadata_size)                            \
    wadi__store_block_with((out)->to, 1 ? (records) : (out)->type, (n), sizeof *(out)->type,       \
                           (metadata), (metadata_size))
WADI_API bool wadi__store_block_with(wadi_receiver *to, const void *records, size_t n, size_t size,
                                     const void *metadata, size_t metadata_size);
#define wadi_store_frame(out, bytes, size) wadi__store_frame((out)->to, (bytes), (size))
WADI_API bool wadi__store_frame(wadi_receiver *to, const void *bytes, size_t size);

/** The metadata of the last block that was stored with some, *size bytes, also before a restart of
 * the receiver, and of the program when blocks are logged.
 * NULL, *size 0: there is none yet. Valid until the receiver stores again. size: NULL is fine. The
 * body's own thread. */
WADI_API const void *wadi_receiver_last_metadata(const wadi_receiver *receiver, size_t *size);

/** On the driver: the metadata of the block behind a partition of a receiver stream's own RDD,
 * *size bytes; they belong to the RDD. NULL, *size 0: it has none, or there is no such partition.
 * size: NULL is fine. Any thread. */
WADI_API const void *wadi_rdd_block_metadata(const wadi_rdd *rdd, uint32_t partition_index, size_t *size);

/** Whether the body is to return: the program stops. The body's threads. */
WADI_API bool wadi_receiver_stopped(const wadi_receiver *receiver);

/**
 * Tell what has happened, as printf has it, cut after 255 bytes: in the log, where the same text
 * again is information only, and as the receiver's last error. report does no more. restart and
 * restart_after also say how long to wait, once the body has returned, before it runs again:
 * spark.streaming.receiverRestartDelay (2000 ms), or delay_ms milliseconds, 0 or more. stop also
 * ends the receiver for good when the body returns. None of them returns for the body. The body's
 * threads.
 */
WADI_API void wadi_receiver_report(wadi_receiver *receiver, const char *fmt, ...) WADI_PRINTF(2, 3);
WADI_API void wadi_receiver_restart(wadi_receiver *receiver, const char *fmt, ...) WADI_PRINTF(2, 3);
WADI_API void wadi_receiver_restart_after(wadi_receiver *receiver, int64_t delay_ms, const char *fmt,
                                          ...) WADI_PRINTF(3, 4);
WADI_API void wadi_receiver_stop(wadi_receiver *receiver, const char *fmt, ...) WADI_PRINTF(2, 3);

/** The stream's number: 0, 1, .. over all inputs of the context, in order of creation. Any
 * thread. */
WADI_API int wadi_receiver_stream_id(const wadi_receiver *receiver);

/** f(arg) runs once, in another thread, when the receiver is to stop while its body runs: to
 * unblock a client library that waits; at once, in this thread, if it is to stop already. It must
 * not block. NULL takes it back, which a body does before it releases what `arg` is; a call that
 * has begun may still run. The body's own thread. */
WADI_API void wadi_receiver_on_stop(wadi_receiver *receiver, void (*f)(void *arg), void *arg);


/** Connects to a TCP server: host, a name or address; port, 1 to 65535; within 30 s. The connection
 * ends when the receiver is to stop, and is closed when the body returns; there is nothing to
 * release. NULL: it failed, which is reported, or the receiver is to stop. The body's own thread,
 * as of the next three. */
WADI_API wadi_conn *wadi_receiver_connect(wadi_receiver *receiver, wadi_str host, int port);

/**
 * Read and write a connection; all wait as long as it takes. read_line: the next line, without the
 * "\n" or "\r\n" that ends it; a last one may lack it; valid until the next read. read: `size`
 * bytes, all of them. write: `size` bytes.
 *
 * Shapes:    true: done. False: the connection is at its end, the receiver is to stop, or it
 *            failed, which is reported; some of the bytes may have been read or written. After
 *            read_line met a line longer than wadi.source.line_max_bytes the connection is at its
 *            end.
 */
WADI_API bool wadi_conn_read_line(wadi_conn *conn, wadi_str *line);
WADI_API bool wadi_conn_read(wadi_conn *conn, void *bytes, size_t size);
WADI_API bool wadi_conn_write(wadi_conn *conn, const void *bytes, size_t size);

/* ---- Own inputs without a receiver ---- */

/**
 * Declares an input of one's own: for wadi_input_stream. The body runs on the driver, in the thread
 * that generates batches, once per batch, and returns its RDD, of records of Out, or NULL: none in
 * this batch.
 *
 * It sees `sc`, `batch_ms`, `state`, State *, and `env`. *state is a record: how far the input has
 * come. It starts as zero, is saved in every checkpoint, and a batch that is generated again after a
 * failure sees the state that it saw before; so that its records are the same, they should depend on
 * *state and batch_ms alone. When the body fails the change is undone. Strings in it are copied.
 * Errors:    the batch fails when the body returns other records than Out, or an action of it
 *            fails, or by wadi_rdd_fail().
 * Source:    Spark 3 InputDStream.compute.
 */
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
/** What an input of one's own makes: wadi_input_stream(ssc, f). f: a WADI_INPUT. Records: its Out,
 * in the partitions of the RDD that it returns. Of the options only .name has a meaning. */
#define wadi_input_stream(...) WADI__CALL2(wadi_input_stream, wadi_source_options, __VA_ARGS__)
WADI_API wadi_dstream *(wadi_input_stream)(wadi_stream_context *ssc, wadi_input_fn f,
                                           const wadi_source_options *options);
#endif
