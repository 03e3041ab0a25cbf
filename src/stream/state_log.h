/* SPDX-License-Identifier: Apache-2.0 */
/* state_log.h: what state_store.c (rows and index), state_log.c (changes and their log) and
 * state_capture.c (what is saved of them) share. */
#ifndef WADI_STREAM_STATE_LOG_H
#define WADI_STREAM_STATE_LOG_H
#include "stream/state_store.h"

/* Room for so many more keys, so that adding them cannot fail. False: no memory. */
bool wadi__state_index_reserve(wadi__state_store *store, size_t more);
/* Of rows that have their hash. */
void wadi__state_index_add(wadi__state_store *store, wadi__state_row row);
void wadi__state_index_remove(wadi__state_store *store, wadi__state_row row);
wadi__state_row wadi__state_index_find(const wadi__state_store *store, const void *key,
                                       uint64_t hash);

/* The same for the next row that is taken. */
bool wadi__state_row_reserve(wadi__state_store *store);
wadi__state_row wadi__state_row_take(wadi__state_store *store);
void wadi__state_row_give(wadi__state_store *store, wadi__state_row row);

/* Moves all that a record points at into the store's memory, of which *outside tells how many bytes
 * it took. False: no memory. */
bool wadi__state_own(wadi__state_store *store, void *record, size_t *outside);
/* Notes that the key of a row is about to go, if a capture has had it. False: no memory. */
bool wadi__state_note_removed(wadi__state_store *store, wadi__state_row row, bool *is_noted);
/* Takes back what the step has noted. */
void wadi__state_unnote_removed(wadi__state_store *store, uint64_t count);
#endif
