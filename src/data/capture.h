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
/* Drops all from number `count` on. */
void wadi__capture_cut(wadi__capture *capture, size_t count);
void wadi__capture_fini(wadi__capture *capture);
size_t wadi__capture_bytes(const wadi__capture *capture);

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
