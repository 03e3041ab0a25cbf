/* SPDX-License-Identifier: Apache-2.0 */
/* state_log.h: what state_store.c (rows and index) and state_log.c (changes and their log) share.
 */
#ifndef WADI_STREAM_STATE_LOG_H
#define WADI_STREAM_STATE_LOG_H
#include "stream/state_store.h"

/* Room for one more key, so that the next call cannot fail. False: no memory. */
bool wadi__state_index_reserve(wadi__state_store *store);
/* Of rows that have their hash. */
void wadi__state_index_add(wadi__state_store *store, wadi__state_row row);
void wadi__state_index_remove(wadi__state_store *store, wadi__state_row row);
wadi__state_row wadi__state_index_find(const wadi__state_store *store, const void *key,
                                       uint64_t hash);

/* The same for the next row that is taken. */
bool wadi__state_row_reserve(wadi__state_store *store);
wadi__state_row wadi__state_row_take(wadi__state_store *store);
void wadi__state_row_give(wadi__state_store *store, wadi__state_row row);
#endif
