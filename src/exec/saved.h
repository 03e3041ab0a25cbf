/* SPDX-License-Identifier: Apache-2.0 */
/* saved.h: RDDs that were marked by wadi_rdd_checkpoint(): after a job that went through them they
 * are saved, and their lineage ends there. */
#ifndef WADI_EXEC_SAVED_H
#define WADI_EXEC_SAVED_H
#include "rdd/checkpoint.h"

#include <pthread.h>

/* A job may read the parents of an RDD that was saved while it ran, so these go when all jobs of
 * then have ended. Jobs are told apart by two turns: new ones belong to the present turn, and when
 * all of the other have ended, that one becomes the present. */
typedef WADI__VEC(wadi_rdd *) wadi__cut_list;
typedef struct wadi__saved { /* of an engine */
    pthread_mutex_t lock;
    uint32_t turn;         /* the present one, 0 or 1; guarded by lock, as all below */
    uint32_t jobs[2];      /* that run, by turn */
    wadi__cut_list cut[2]; /* saved in that turn, one reference each: their parents are to go */
    char *root;            /* DIR/rdds/RUN, where this run saves; NULL: nothing yet */
} wadi__saved;

void wadi__saved_init(wadi__saved *saved);
/* Removes what is left in the run's folder. */
void wadi__saved_fini(wadi__saved *saved, wadi__env *env);

/* Removes what runs before this one have left in a directory that belongs to this one alone. */
void wadi__saved_clean(wadi__saved *saved, wadi__env *env, const char *dir);

/* Around each job: what it reads stays until it ends. begins returns its turn. */
uint32_t wadi__saved_job_begins(wadi__saved *saved);
void wadi__saved_job_ends(wadi__saved *saved, uint32_t turn);
/* Saves a marked RDD by a job of its own; does nothing if it is not marked (any more). In a job.
 * Failure: it stays marked. */
wadi_status wadi__saved_save(wadi__saved *saved, wadi_rdd *rdd, wadi_error *err);
#endif
