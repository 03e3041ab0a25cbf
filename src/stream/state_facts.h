/* SPDX-License-Identifier: Apache-2.0 */
/* state_facts.h: what is shown of the states, and windows with an inverse, that a program keeps: by
 * pages, REST, metrics, and `wadi status`. */
#ifndef WADI_STREAM_STATE_FACTS_H
#define WADI_STREAM_STATE_FACTS_H
#include <wadi/dstream.h>

typedef struct wadi__snapshot_facts { /* of the newest snapshot that is safe on disk */
    int64_t batch_ms;                 /* whose state it is; -1: there is none */
    int64_t size_bytes;               /* that were written for it, a base or what had changed .. */
    int64_t took_ms;                  /* .. and how long that took; -1 both: an earlier run did */
} wadi__snapshot_facts;

typedef struct wadi__state_facts {
    int64_t keys;
    int64_t bytes; /* in memory; -1: not known */
    uint32_t partition_count;
    wadi__snapshot_facts snapshot;
} wadi__state_facts;

typedef struct wadi__state_shown { /* a stream that keeps a state */
    char name[160];                /* "update_state_by_key at word_count.c:20" */
    int64_t checkpoint_ms;         /* between two snapshots; 0: none are taken */
    wadi__state_facts facts;
} wadi__state_shown;
enum { WADI__STATES_SHOWN_MAX = 64 };

/* Fills in those of a program that runs, at most WADI__STATES_SHOWN_MAX; returns how many. Any
 * thread. */
size_t wadi__states_shown(const wadi_stream_context *ssc, wadi__state_shown *rows);
#endif
