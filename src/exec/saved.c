/* SPDX-License-Identifier: Apache-2.0 */
/* saved.c: saving RDDs, each in a folder of its own: DIR/rdds/RUN/rdd-ID. RUN is a random name, so
 * that runs and contexts which share a directory do not meet; a folder goes with its RDD. */
#include "exec/saved.h"

#include "fs/output_dir.h"

#include <inttypes.h>

void wadi__saved_init(wadi__saved *self) { pthread_mutex_init(&self->lock, NULL); }
void wadi__saved_fini(wadi__saved *self, wadi__env *env) { /* no job runs, so no list has any */
    if (self->root != NULL) wadi__fs_remove_all(env, self->root, NULL);
    wadi__free(self->root);
    pthread_mutex_destroy(&self->lock);
}

/* What cannot be removed now will be by the next run. */
void wadi__saved_clean(wadi__saved *self, wadi__env *env, const char *dir) {
    wadi__names runs = {0};
    char *all = wadi__fs_join(dir, "rdds");
    if (all != NULL) wadi__fs_list_if_any(env, all, &runs, NULL);
    pthread_mutex_lock(&self->lock);
    char *own = self->root != NULL ? wadi__strdup(self->root) : NULL;
    bool is_known = self->root == NULL || own != NULL;
    pthread_mutex_unlock(&self->lock);
    for (size_t i = 0; i < runs.count && is_known; i++) {
        char *run = wadi__fs_join(all, runs.items[i]);
        if (run != NULL && (own == NULL || strcmp(run, own) != 0))
            wadi__fs_remove_all(env, run, NULL);
        wadi__free(run);
    }
    wadi__free(own);
    wadi__free(all);
    wadi__names_fini(&runs);
}

/* ---- When parents go ---- */

uint32_t wadi__saved_job_begins(wadi__saved *self) {
    pthread_mutex_lock(&self->lock);
    uint32_t turn = self->turn;
    self->jobs[turn]++;
    pthread_mutex_unlock(&self->lock);
    return turn;
}
/* Takes what no job may read any more. holds lock */
static wadi__cut_list take_old(wadi__saved *self) {
    uint32_t other = 1 - self->turn;
    wadi__cut_list old = {0};
    if (self->jobs[other] > 0) return old;
    old = self->cut[other];
    self->cut[other] = (wadi__cut_list){0};
    if (self->cut[self->turn].count > 0) self->turn = other;
    return old;
}
static void release(wadi__cut_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        wadi__rdd_drop_parents(list->items[i]);
        wadi_rdd_unref(&list->items[i]);
    }
    wadi__vec_fini(list);
}
void wadi__saved_job_ends(wadi__saved *self, uint32_t turn) {
    pthread_mutex_lock(&self->lock);
    self->jobs[turn]--;
    wadi__cut_list older = take_old(self), old = take_old(self);
    pthread_mutex_unlock(&self->lock);
    release(&older);
    release(&old);
}
/* Without memory for the list the parents stay as long as the RDD itself. */
static void cut(wadi__saved *self, wadi_rdd *rdd) {
    pthread_mutex_lock(&self->lock);
    if (wadi__vec_push(&self->cut[self->turn], rdd)) wadi_rdd_ref(rdd);
    pthread_mutex_unlock(&self->lock);
}

/* ---- Saving ---- */

/* The folder of an RDD. NULL: no memory, or there is no directory any more. */
static char *folder_of(wadi__saved *self, const wadi_rdd *rdd) {
    char *dir = wadi__checkpoint_dir_of(rdd->sc);
    uint64_t run;
    rdd->sc->env->random(rdd->sc->env, &run, sizeof run);
    pthread_mutex_lock(&self->lock);
    if (self->root == NULL && dir != NULL)
        self->root = wadi__format("%s/rdds/%016" PRIx64, dir, run);
    char *folder = self->root != NULL ? wadi__format("%s/rdd-%" PRIu64, self->root, rdd->id) : NULL;
    pthread_mutex_unlock(&self->lock);
    wadi__free(dir);
    return folder;
}
static bool nothing(uint32_t partition, wadi__task_result *result, void *arg) {
    (void)partition, (void)result, (void)arg;
    return true;
}
static wadi_status write_parts(wadi_rdd *rdd, const char *folder, wadi_error *err) {
    wadi__output_dir dir;
    wadi_status status = wadi__output_dir_open(&dir, rdd->sc->env, folder, true, err);
    if (status != WADI_OK) return status;
    uint32_t count = rdd->partition_count;
    uint32_t *partitions = wadi__malloc(count * sizeof *partitions);
    wadi__action action = {.kind = WADI__ACTION_SAVE_OBJECT, .path = dir.temporary};
    if (partitions == NULL)
        status =
            wadi_error_context(err, WADI_E_NOMEM, "no memory for a job of %u partitions", count);
    for (uint32_t i = 0; i < count && partitions != NULL; i++) partitions[i] = i;
    if (status == WADI_OK)
        status = wadi__engine_used->run_job(rdd->sc, rdd, partitions, count, &action, nothing, NULL,
                                            err);
    wadi__free(partitions);
    if (status == WADI_OK) return wadi__output_dir_commit(&dir, err);
    wadi__output_dir_abort(&dir);
    return status;
}
wadi_status wadi__saved_save(wadi__saved *self, wadi_rdd *rdd, wadi_error *err) {
    int marked = WADI__MARKED;
    if (!atomic_compare_exchange_strong(&rdd->checkpoint, &marked, WADI__BEING_SAVED))
        return WADI_OK;
    char *folder = folder_of(self, rdd);
    wadi_status status =
        folder != NULL ? write_parts(rdd, folder, err)
                       : wadi_error_context(err, WADI_E_NOMEM, "no memory for a folder's name");
    if (status == WADI_OK) {
        status = wadi__rdd_set_saved(rdd, folder, err);
        folder = NULL;
    }
    wadi__free(folder);
    if (status == WADI_OK) {
        cut(self, rdd);
        return WADI_OK;
    }
    atomic_store(&rdd->checkpoint, WADI__MARKED);
    char place[200];
    return wadi_error_context(err, status, "saving the dataset of %s in the checkpoint directory",
                              wadi__rdd_place(rdd, place, sizeof place));
}
