/* SPDX-License-Identifier: Apache-2.0 */
/* capture.h: copies of what has changed in something that is kept from batch to batch, on their way
 * to a file. Whoever keeps it makes a capture at times that the sink chooses, which costs no more
 * than copying the records that changed; what they point at is held, not copied. Encoding and
 * writing happen elsewhere. */
#ifndef WADI_DATA_CAPTURE_H
#define WADI_DATA_CAPTURE_H
#include "data/block.h"

typedef enum wadi__section_kind { /* numbers of the format of state files */
                                  WADI__SECTION_REMOVED = 1, /* keys that are gone */
                                  WADI__SECTION_ROWS = 2,    /* records that are new or changed */
                                  WADI__SECTION_PANE =
                                      3, /* partial aggregates that a window gets */
} wadi__section_kind;

typedef struct wadi__section {
    wadi__section_kind kind;
    int64_t time_ms;   /* PANE: when it ends */
    wadi__block *rows; /* one reference; REMOVED: of keys */
    wadi__block
        *notes; /* ROWS: an int64 for each, what the keeper knows of it besides; NULL: none */
} wadi__section;

/* Sections in the order in which they are to be applied. */
typedef struct wadi__capture {
    WADI__VEC(wadi__section) sections;
} wadi__capture;
/* Takes the section's references over; on failure, too. False: no memory. */
bool wadi__capture_add(wadi__capture *capture, wadi__section section);
/* Puts a section in front of the others; there is room for it. */
void wadi__capture_put_first(wadi__capture *capture, wadi__section section);
/* Drops the first ones. */
void wadi__capture_skip(wadi__capture *capture, size_t count);
/* Drops all from number `count` on. */
void wadi__capture_cut(wadi__capture *capture, size_t count);
void wadi__capture_fini(wadi__capture *capture);
size_t wadi__capture_bytes(const wadi__capture *capture);

/* Copying records into a section, chunk by chunk. */
typedef struct wadi__row_copies {
    wadi__block *rows, *notes;           /* notes NULL: none are made */
    wadi__chunk *row_chunk, *note_chunk; /* that are being filled */
    size_t row_size;
    uint32_t rows_max; /* in a chunk */
} wadi__row_copies;
/* `keep` holds what the records point at. False: no memory. */
bool wadi__row_copies_begin(wadi__row_copies *copies, const wadi__type *type, wadi__keep *keep,
                            bool has_notes);
/* New chunks. False: no memory. */
bool wadi__row_copies_turn(wadi__row_copies *copies);
/* Room for the next record, which has that note. NULL: no memory. */
static inline char *wadi__row_copies_next(wadi__row_copies *copies, int64_t note) {
    wadi__chunk *chunk = copies->row_chunk;
    if ((chunk == NULL || chunk->count == copies->rows_max) && !wadi__row_copies_turn(copies))
        return NULL;
    chunk = copies->row_chunk;
    if (copies->notes != NULL) {
        wadi__chunk *notes = copies->note_chunk;
        ((int64_t *)(void *)notes->rows)[notes->count++] = note;
    }
    return chunk->rows + chunk->count++ * copies->row_size;
}
/* Appends what was copied, if that is anything, as a section; nothing if not is_good. False: that,
 * or no memory. */
bool wadi__row_copies_end(wadi__row_copies *copies, bool is_good, wadi__capture *to,
                          wadi__section_kind kind, int64_t time_ms);

typedef struct wadi__note_place { /* in a block of notes */
    size_t chunk;
    uint32_t row;
} wadi__note_place;
/* The next `count` notes, of which there are as many. */
void wadi__notes_read(const wadi__block *notes, wadi__note_place *at, int64_t *to, uint32_t count);

typedef enum wadi__capture_wish {
    WADI__CAPTURE_NOTHING,
    WADI__CAPTURE_CHANGES, /* since the last capture */
    WADI__CAPTURE_ALL,     /* what came before does not count any more */
} wadi__capture_wish;

/* Who takes captures, partition by partition. Any thread; it must not block. */
typedef struct wadi__capture_sink {
    wadi__counted *self;
    /* What is wanted of each partition when it has come to batch time_ms. */
    wadi__capture_wish (*wish)(wadi__counted *self, int64_t time_ms);
    /* Takes what a partition has captured then, and leaves `capture` empty. NULL: it could not, and
     * will do so another time, together with what comes until then; has_lost: which must be all
     * that it has. */
    void (*take)(wadi__counted *self, int64_t time_ms, wadi__capture *capture, bool has_lost);
} wadi__capture_sink;
#endif
