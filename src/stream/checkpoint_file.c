/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_file.c: the frames of a checkpoint. */
#include "stream/checkpoint_file.h"

#include "data/frame.h"

#include <string.h>

static const wadi__type *type_of(const wadi_type *pub, wadi_error *err) {
    return wadi__type_intern(pub, err);
}

/* ---- Writing ---- */

static wadi_status add_rows(wadi__text *out, const wadi_type *pub, const void *rows, size_t count,
                            wadi_error *err) {
    const wadi__type *type = type_of(pub, err);
    wadi__row_run run = {rows, pub->size, count};
    if (type == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a type");
    return wadi__frame_write(out, type, &run, count > 0 ? 1 : 0, WADI__FRAME_PLAIN, err);
}
wadi_status wadi__checkpoint_write(wadi__checkpoint *self, wadi__text *out, wadi_error *err) {
    self->head.format = WADI__CHECKPOINT_FORMAT;
    self->head.settings = self->settings.count;
    self->head.pending = self->pending.count;
    self->head.accumulators = self->accumulators.count;
    self->head.streams = self->streams.count;
    wadi_status status = add_rows(out, &wadi_type_of_checkpoint_head, &self->head, 1, err);
    if (status == WADI_OK)
        status = add_rows(out, &wadi_type_of_checkpoint_setting, self->settings.items,
                          self->settings.count, err);
    if (status == WADI_OK)
        status = add_rows(out, &wadi_type_of_checkpoint_pending, self->pending.items,
                          self->pending.count, err);
    if (status == WADI_OK)
        status = add_rows(out, &wadi_type_of_checkpoint_accumulator, self->accumulators.items,
                          self->accumulators.count, err);
    if (status == WADI_OK)
        status = add_rows(out, &wadi_type_of_checkpoint_stream, self->streams.items,
                          self->streams.count, err);
    return status;
}

/* ---- Reading ---- */

typedef struct reading {
    const char *at;
    size_t left;
    wadi__checkpoint *to;
} reading;

/* The next frame as a block. */
static wadi_status next_block(reading *from, const wadi_type *pub, wadi__block **block,
                              wadi_error *err) {
    const wadi__type *type = type_of(pub, err);
    size_t used = 0;
    if (type == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a type");
    wadi_status status = wadi__frame_read(type, from->at, from->left, NULL, block, &used, err);
    if (status == WADI_E_TYPE) { /* a frame of something else */
        status = WADI_E_CORRUPT;
        if (err != NULL) err->status = status;
    }
    if (status == WADI_OK) {
        from->at += used;
        from->left -= used;
    }
    return status;
}
/* The next frame, whose rows are to be `count`, as one array. */
static wadi_status next_rows(reading *from, const wadi_type *pub, uint64_t count, void **rows,
                             wadi_error *err) {
    wadi__block *block = NULL;
    wadi_status status = next_block(from, pub, &block, err);
    if (status != WADI_OK || block == NULL) return status;
    uint64_t found = block->row_count;
    if (found != count) {
        wadi__block_unref(block);
        return wadi_error_context(err, WADI_E_CORRUPT, "%s: %llu rows, expected %llu", pub->name,
                                  (unsigned long long)found, (unsigned long long)count);
    }
    char *copy = wadi__calloc(count > 0 ? count : 1, pub->size), *at = copy;
    bool kept = copy != NULL && wadi__vec_push(&from->to->held, &block->counted);
    if (!kept) {
        wadi__free(copy);
        wadi__block_unref(block);
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to read a checkpoint");
    }
    for (size_t i = 0; i < block->chunks.count; i++) {
        const wadi__chunk *chunk = block->chunks.items[i];
        memcpy(at, chunk->rows, (size_t)chunk->count * pub->size);
        at += (size_t)chunk->count * pub->size;
    }
    *rows = copy;
    return WADI_OK;
}
static wadi_status check_format(int32_t format, wadi_error *err) {
    if (format == WADI__CHECKPOINT_FORMAT) return WADI_OK;
    return wadi_error_context(err, format > 0 ? WADI_E_STATE : WADI_E_CORRUPT,
                              "a checkpoint of format %d; this version of the library reads "
                              "format %d",
                              (int)format, WADI__CHECKPOINT_FORMAT);
}
static wadi_status read_head(reading *from, wadi_error *err) {
    void *rows = NULL;
    wadi_status status = next_rows(from, &wadi_type_of_checkpoint_head, 1, &rows, err);
    if (status != WADI_OK || rows == NULL) return status;
    from->to->head = *(checkpoint_head *)rows;
    wadi__free(rows);
    status = check_format(from->to->head.format, err);
    if (status == WADI_OK && from->to->head.batch_ms <= 0)
        status = wadi_error_context(err, WADI_E_CORRUPT, "a batch interval that is not positive");
    return status;
}
#define NEXT_ROWS(from, T, vec, expected, err)                                             \
    next_vec((from), &wadi_type_of_##T, (expected), (void **)&(vec)->items, &(vec)->count, \
             &(vec)->room, (err))
static wadi_status next_vec(reading *from, const wadi_type *pub, uint64_t count, void **items,
                            size_t *item_count, size_t *room, wadi_error *err) {
    wadi_status status = next_rows(from, pub, count, items, err);
    if (status == WADI_OK) *item_count = *room = (size_t)count;
    return status;
}
static wadi_status read_all(reading *from, wadi_error *err) {
    wadi__checkpoint *to = from->to;
    wadi_status status = read_head(from, err);
    if (status == WADI_OK)
        status = NEXT_ROWS(from, checkpoint_setting, &to->settings, to->head.settings, err);
    if (status == WADI_OK)
        status = NEXT_ROWS(from, checkpoint_pending, &to->pending, to->head.pending, err);
    if (status == WADI_OK)
        status =
            NEXT_ROWS(from, checkpoint_accumulator, &to->accumulators, to->head.accumulators, err);
    if (status == WADI_OK)
        status = NEXT_ROWS(from, checkpoint_stream, &to->streams, to->head.streams, err);
    if (status == WADI_OK && from->left != 0)
        status =
            wadi_error_context(err, WADI_E_CORRUPT, "%zu bytes behind the last frame", from->left);
    return status;
}
wadi_status wadi__checkpoint_read(wadi__checkpoint *checkpoint, const void *bytes, size_t size,
                                  wadi_error *err) {
    *checkpoint = (wadi__checkpoint){0};
    reading from = {bytes, size, checkpoint};
    return read_all(&from, err);
}
wadi_status wadi__checkpoint_read_head(checkpoint_head *head, const void *bytes, size_t size,
                                       wadi_error *err) {
    wadi__checkpoint only = {0};
    reading from = {bytes, size, &only};
    wadi_status status = read_head(&from, err);
    *head = only.head;
    head->application = wadi_str_of(""); /* it would point at what goes now */
    wadi__checkpoint_fini(&only);
    return status;
}
void wadi__checkpoint_fini(wadi__checkpoint *self) {
    for (size_t i = 0; i < self->held.count; i++) wadi__counted_unref(self->held.items[i]);
    wadi__vec_fini(&self->held);
    wadi__vec_fini(&self->settings);
    wadi__vec_fini(&self->pending);
    wadi__vec_fini(&self->accumulators);
    wadi__vec_fini(&self->streams);
    *self = (wadi__checkpoint){0};
}
