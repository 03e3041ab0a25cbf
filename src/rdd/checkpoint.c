/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c: RDDs that are read from files of their own. */
#include "rdd/checkpoint.h"

#include "base/conf.h"
#include "fs/output_dir.h"
#include "rdd/action/job.h"
#include "rdd/ops/files.h"

char *wadi__checkpoint_dir_of(wadi_context *sc) {
    pthread_mutex_lock(&sc->scope.lock);
    char *dir = sc->checkpoint_dir != NULL ? wadi__strdup(sc->checkpoint_dir) : NULL;
    pthread_mutex_unlock(&sc->scope.lock);
    const char *set =
        sc->conf != NULL ? wadi__conf_string(sc->conf, WADI__CONF_CHECKPOINT_DIRECTORY) : NULL;
    return dir == NULL && set != NULL ? wadi__strdup(set) : dir;
}
void wadi_rdd_checkpoint(wadi_rdd *rdd) {
    if (rdd == NULL || wadi__rdd_is_broken(rdd)) return;
    char *dir = wadi__checkpoint_dir_of(rdd->sc);
    int unmarked = WADI__UNMARKED;
    if (dir != NULL) {
        atomic_compare_exchange_strong(&rdd->checkpoint, &unmarked, WADI__MARKED);
    } else {
        wadi_error err = WADI_ERROR_INIT;
        wadi_error_context(&err, WADI_E_STATE,
                           "the checkpoint directory has not been set: wadi_checkpoint(ssc, dir), "
                           "or spark.streaming.checkpoint.directory");
        wadi__job_fail(rdd, "checkpoint", &err);
    }
    wadi__free(dir);
}

/* The part files by number, as far as there are partitions. */
static bool name_parts(wadi__inputs *files, const char *dir, uint32_t count) {
    if (!wadi__vec_reserve(files, count)) return false;
    for (uint32_t i = 0; i < count; i++) {
        char *path = wadi__fs_join(dir, wadi__part_name_of(i).text);
        if (path == NULL) return false;
        files->items[files->count++] = (wadi__input){path, -1, 0};
    }
    return true;
}
wadi_status wadi__rdd_set_saved(wadi_rdd *rdd, char *dir, wadi_error *err) {
    wadi__inputs files = {0};
    wadi_op_options options = {.size = sizeof options, .where = rdd->where};
    wadi_rdd *saved = NULL;
    wadi_status status = WADI_OK;
    if (!name_parts(&files, dir, rdd->partition_count)) {
        status = wadi_error_context(err, WADI_E_NOMEM, "no memory for names of %u files",
                                    rdd->partition_count);
    } else {
        saved = wadi__rdd_make_object_files(rdd->sc, rdd->type, files.items, files.count, &options);
        if (wadi__rdd_is_broken(saved))
            status = wadi_error_context(err, saved->err->status, "%s", saved->err->message);
    }
    wadi__inputs_fini(&files);
    if (status != WADI_OK) {
        wadi__free(dir);
        return status;
    }
    rdd->saved_dir = dir;
    wadi_rdd_ref(saved);
    wadi__scope_release(wadi__context_scope(rdd->sc), saved); /* it goes with this one */
    atomic_store_explicit(&rdd->saved, saved, memory_order_release);
    return WADI_OK;
}
