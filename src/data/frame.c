/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c: heads, checksums and packing of frames; types and columns have files of their own. */
#include "data/frame.h"

#include "base/buffer.h"
#include "data/frame_parts.h"

#include <inttypes.h>
#include <limits.h>
#include <lz4.h>
#include <string.h>
#include <xxhash.h>
#ifdef WADI_HAVE_ZSTD
#include <zstd.h>
#endif

static const char magic[4] = {'W', 'D', 'F', 'R'};
static uint64_t checksum_of(const wadi__frame_head *head, const void *rest, size_t size) {
    return XXH3_64bits_withSeed(rest, size,
                                XXH3_64bits(head, offsetof(wadi__frame_head, checksum)));
}

/* ---- Writing ---- */

/* How many bytes the packed form may take at most, and packing; 0: it cannot be packed so. */
static size_t packed_max(wadi__frame_packing packing, size_t size) {
    if (packing == WADI__FRAME_LZ4 && size <= LZ4_MAX_INPUT_SIZE)
        return (size_t)LZ4_compressBound((int)size);
#ifdef WADI_HAVE_ZSTD
    if (packing == WADI__FRAME_ZSTD) return ZSTD_compressBound(size);
#endif
    return 0;
}
static size_t pack(wadi__frame_packing packing, const char *from, size_t size, char *to,
                   size_t room) {
#ifdef WADI_HAVE_ZSTD
    if (packing == WADI__FRAME_ZSTD) {
        size_t packed = ZSTD_compress(to, room, from, size, 1);
        return ZSTD_isError(packed) ? 0 : packed;
    }
#endif
    (void)packing;
    return (size_t)LZ4_compress_default(from, to, (int)size, (int)room);
}
/* Packs the body at `from` in place, if that makes it smaller. False: no memory. */
static bool pack_body(wadi__text *out, size_t from, wadi__frame_head *head,
                      wadi__frame_packing packing) {
    size_t size = out->size - from, room = packed_max(packing, size);
    if (room == 0 || size == 0) return true;
    char *packed = wadi__malloc(room);
    if (packed == NULL) return false;
    size_t packed_size = pack(packing, out->bytes + from, size, packed, room);
    if (packed_size > 0 && packed_size < size) {
        memcpy(out->bytes + from, packed, packed_size);
        out->size = from + packed_size;
        head->packing = (uint8_t)packing;
    }
    wadi__free(packed);
    return true;
}
wadi_status wadi__frame_write(wadi__text *out, const wadi__type *type, const wadi__row_run *runs,
                              size_t run_count, wadi__frame_packing packing, wadi_error *err) {
    wadi__frame_head head = {.version = WADI__FRAME_VERSION};
    memcpy(head.magic, magic, sizeof magic);
    for (size_t i = 0; i < run_count; i++) head.row_count += runs[i].count;
    size_t start = out->size;
    wadi__text_add(out, &head, sizeof head);
    if (!wadi__stored_type_write(out, type) && !out->failed) {
        out->size = start;
        return wadi_error_context(err, WADI_E_INVALID,
                                  "a name in a record is longer than 255 bytes");
    }
    size_t body = out->size;
    wadi__columns_write(out, type, runs, run_count);
    if (!out->failed) {
        head.type_bytes = (uint32_t)(body - start - sizeof head);
        head.body_bytes = out->size - body;
        if (!pack_body(out, body, &head, packing)) out->failed = true;
    }
    if (out->failed) {
        out->failed = false;
        out->size = start;
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for a frame of %" PRIu64 " records",
                                  head.row_count);
    }
    head.stored_bytes = out->size - body;
    char *at = out->bytes + start;
    head.checksum = checksum_of(&head, at + sizeof head, out->size - start - sizeof head);
    memcpy(at, &head, sizeof head);
    return WADI_OK;
}
wadi_status wadi__frame_write_block(wadi__text *out, const wadi__block *block,
                                    wadi__frame_packing packing, wadi_error *err) {
    size_t count = block->chunks.count;
    wadi__row_run few[16] = {{0}}, *runs = count <= 16 ? few : wadi__calloc(count, sizeof *runs);
    if (runs == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a frame");
    for (size_t i = 0; i < count; i++) {
        const wadi__chunk *chunk = block->chunks.items[i];
        runs[i] = (wadi__row_run){chunk->rows, chunk->record_size, chunk->count};
    }
    wadi_status status = wadi__frame_write(out, block->type, runs, count, packing, err);
    if (runs != few) wadi__free(runs);
    return status;
}

/* ---- Reading ---- */

static wadi_status read_head(const void *bytes, size_t size, wadi__frame_head *head,
                             wadi_error *err) {
    if (size < sizeof *head)
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: %zu bytes, its head has %zu",
                                  size, sizeof *head);
    memcpy(head, bytes, sizeof *head);
    if (memcmp(head->magic, magic, sizeof magic) != 0)
        return wadi_error_context(err, WADI_E_CORRUPT,
                                  "no frame: it begins with %02x%02x%02x%02x, expected WDFR",
                                  (unsigned char)head->magic[0], (unsigned char)head->magic[1],
                                  (unsigned char)head->magic[2], (unsigned char)head->magic[3]);
    if (head->version != WADI__FRAME_VERSION)
        return wadi_error_context(err, WADI_E_CORRUPT,
                                  "a frame of version %u; this library reads version %d",
                                  head->version, WADI__FRAME_VERSION);
    if (head->packing > WADI__FRAME_ZSTD || head->zero != 0 || head->zero_too != 0)
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: its head makes no sense");
    if (head->stored_bytes > SIZE_MAX / 4 || head->body_bytes > SIZE_MAX / 4 ||
        (head->packing == WADI__FRAME_PLAIN && head->stored_bytes != head->body_bytes))
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: its sizes make no sense");
    return WADI_OK;
}
wadi_status wadi__frame_size(const void *bytes, size_t size, uint64_t *frame_bytes,
                             wadi_error *err) {
    wadi__frame_head head = {0};
    wadi_status status = read_head(bytes, size, &head, err);
    if (status == WADI_OK) *frame_bytes = sizeof head + head.type_bytes + head.stored_bytes;
    return status;
}
static wadi_status unpack(const wadi__frame_head *head, const char *stored, char *to,
                          wadi_error *err) {
    if (head->packing == WADI__FRAME_LZ4) {
        if (head->body_bytes > LZ4_MAX_INPUT_SIZE || head->stored_bytes > INT_MAX)
            return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: too large for LZ4");
        int got = LZ4_decompress_safe(stored, to, (int)head->stored_bytes, (int)head->body_bytes);
        if (got >= 0 && (uint64_t)got == head->body_bytes) return WADI_OK;
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: its LZ4 data");
    }
#ifdef WADI_HAVE_ZSTD
    size_t got = ZSTD_decompress(to, (size_t)head->body_bytes, stored, (size_t)head->stored_bytes);
    if (!ZSTD_isError(got) && got == head->body_bytes) return WADI_OK;
    return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: its zstd data");
#else
    (void)stored, (void)to;
    return wadi_error_context(err, WADI_E_INVALID,
                              "a frame packed with zstd; this libwadi was built without it");
#endif
}
/* Whether the columns can be as long as the head says, so that a damaged size costs no memory: LZ4
 * packs to a 255th at most, and a zstd frame tells its size. */
static bool is_size_sound(const wadi__frame_head *head, const char *stored) {
    if (head->packing == WADI__FRAME_LZ4) return head->body_bytes / 255 <= head->stored_bytes;
#ifdef WADI_HAVE_ZSTD
    if (head->packing == WADI__FRAME_ZSTD)
        return ZSTD_getFrameContentSize(stored, (size_t)head->stored_bytes) == head->body_bytes;
#endif
    (void)stored;
    return true;
}
/* Where the columns lie; what they lie in is kept by the block. */
static wadi_status find_body(const wadi__frame_head *head, const char *stored, wadi__counted *owner,
                             wadi__keep *keep, const char **body, wadi_error *err) {
    wadi__buffer *buffer = NULL;
    wadi_status status = WADI_OK;
    *body = stored;
    if (head->packing != WADI__FRAME_PLAIN || owner == NULL) {
        if (!is_size_sound(head, stored))
            return wadi_error_context(err, WADI_E_CORRUPT,
                                      "damaged frame: its sizes make no sense");
        buffer = wadi__buffer_new((size_t)head->body_bytes);
        if (buffer == NULL)
            status = WADI_E_NOMEM;
        else if (head->packing != WADI__FRAME_PLAIN)
            status = unpack(head, stored, buffer->bytes, err);
        else if (head->body_bytes > 0)
            memcpy(buffer->bytes, stored, (size_t)head->body_bytes);
        if (buffer != NULL) *body = buffer->bytes;
        owner = buffer != NULL ? &buffer->counted : NULL;
    }
    if (status == WADI_OK && !wadi__keep_add(keep, owner)) status = WADI_E_NOMEM;
    wadi__buffer_unref(buffer);
    if (status == WADI_E_NOMEM)
        wadi_error_context(err, status, "no memory for a frame of %" PRIu64 " bytes",
                           head->body_bytes);
    return status;
}
static wadi_status read_body(const wadi__frame_head *head, const char *at, const wadi__type *type,
                             bool any_name, wadi__counted *owner, wadi__block *block,
                             wadi__arena *arena, wadi_error *err) {
    wadi__stored_type *stored;
    bool has_gaps;
    const char *body = NULL;
    wadi_status status = wadi__stored_type_read(at, head->type_bytes, arena, &stored, err);
    if (status == WADI_OK) status = wadi__stored_type_match(stored, type, any_name, &has_gaps, err);
    if (status == WADI_OK)
        status = find_body(head, at + head->type_bytes, owner, block->keep, &body, err);
    if (status != WADI_OK) return status;
    return wadi__columns_read(stored, body, (size_t)head->body_bytes, head->row_count, has_gaps,
                              block, err);
}
/* The head of a whole frame whose checksum is right. */
static wadi_status check(const void *bytes, size_t size, wadi__frame_head *head, wadi_error *err) {
    wadi_status status = read_head(bytes, size, head, err);
    if (status != WADI_OK) return status;
    uint64_t rest = head->type_bytes + head->stored_bytes;
    if (rest > size - sizeof *head)
        return wadi_error_context(err, WADI_E_CORRUPT, "damaged frame: %zu bytes of %" PRIu64, size,
                                  rest + sizeof *head);
    uint64_t checksum = checksum_of(head, (const char *)bytes + sizeof *head, (size_t)rest);
    if (checksum == head->checksum) return WADI_OK;
    return wadi_error_context(err, WADI_E_CORRUPT,
                              "damaged frame: checksum %016" PRIx64 ", expected %016" PRIx64,
                              checksum, head->checksum);
}
wadi_status wadi__frame_check(const void *bytes, size_t size, size_t *used, wadi_error *err) {
    wadi__frame_head head = {0};
    wadi_status status = check(bytes, size, &head, err);
    if (status == WADI_OK) *used = sizeof head + head.type_bytes + (size_t)head.stored_bytes;
    return status;
}
static wadi_status read_frame(const wadi__type *type, bool any_name, const void *bytes, size_t size,
                              wadi__counted *owner, wadi__block **block, size_t *used,
                              wadi_error *err) {
    wadi__frame_head head = {0};
    wadi_status status = check(bytes, size, &head, err);
    if (status != WADI_OK) return status;
    const char *at = (const char *)bytes + sizeof head;
    wadi__keep *keep = wadi__keep_new();
    wadi__block *made = keep != NULL ? wadi__block_new(type, keep) : NULL;
    wadi__keep_unref(keep);
    if (made == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory for the records of a frame");
    wadi__arena arena = {0};
    status = read_body(&head, at, type, any_name, owner, made, &arena, err);
    wadi__arena_fini(&arena);
    if (status != WADI_OK) {
        wadi__block_unref(made);
        return status;
    }
    *block = made;
    if (used != NULL) *used = sizeof head + head.type_bytes + (size_t)head.stored_bytes;
    return WADI_OK;
}
wadi_status wadi__frame_read(const wadi__type *type, const void *bytes, size_t size,
                             wadi__counted *owner, wadi__block **block, size_t *used,
                             wadi_error *err) {
    return read_frame(type, false, bytes, size, owner, block, used, err);
}
wadi_status wadi__frame_read_renamed(const wadi__type *type, const void *bytes, size_t size,
                                     wadi__counted *owner, wadi__block **block, size_t *used,
                                     wadi_error *err) {
    return read_frame(type, true, bytes, size, owner, block, used, err);
}

/* ---- The public form ---- */

wadi_status wadi__frame_encode(const wadi_type *pub, const void *records, size_t n, void **p_bytes,
                               size_t *p_size, wadi_error *err) {
    const wadi__type *type = wadi__type_intern(pub, err);
    if (type == NULL) return err != NULL ? err->status : WADI_E_TYPE;
    if (records == NULL && n > 0)
        return wadi_error_context(err, WADI_E_INVALID, "%zu records at NULL", n);
    wadi__text out = {0};
    wadi__row_run run = {records, type->pub.size, n};
    wadi_status status = wadi__frame_write(&out, type, &run, n > 0, WADI__FRAME_PLAIN, err);
    if (status != WADI_OK) {
        wadi__text_fini(&out);
        return status;
    }
    *p_bytes = out.bytes;
    *p_size = out.size;
    return WADI_OK;
}
void wadi_frame_free(void **p_bytes) {
    wadi__free(*p_bytes);
    *p_bytes = NULL;
}
