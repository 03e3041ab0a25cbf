/* SPDX-License-Identifier: Apache-2.0 */
/* recorder.h: what the outputs of a program gave, over all its lives. An output that runs again for
 * a batch must give the same. */
#ifndef SIMULATE_RECORDER_H
#define SIMULATE_RECORDER_H
#include "interpreter.h"

#include <pthread.h>

typedef struct recorder {
    pthread_mutex_t lock;
    const sim_plan *plan;
    int64_t zero_ms, batch_ms;
    results seen;  /* sorted */
    char *problem; /* the first; NULL: none */
    uint32_t runs; /* of outputs */
} recorder;

void recorder_init(recorder *self, const sim_plan *plan, int64_t batch_ms);
void recorder_fini(recorder *self);
/* The program begins from nothing. What ran before is a problem if there is any. */
void recorder_begin(recorder *self, int64_t zero_ms);
/* An output of a batch; takes the bag over. Any thread. */
void recorder_take(recorder *self, int node, int64_t time_ms, bag *given);
/* Whether every output of every batch of the plan has run. */
bool recorder_is_complete(recorder *self);
void recorder_problem(recorder *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#endif
