/* SPDX-License-Identifier: Apache-2.0 */
/* spill.c: files without a name. */
#include "exec/spill.h"

#include "base/mem.h"
#include "base/pool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void spill_destroy(wadi__counted *counted) {
    wadi__spill *spill = (wadi__spill *)counted;
    pthread_mutex_destroy(&spill->lock);
    wadi__free(spill->folder);
    wadi__free(spill);
}
wadi__spill *wadi__spill_new(wadi__env *env, const char *folder, int64_t bytes_max) {
    wadi__spill *spill = wadi__calloc(1, sizeof *spill);
    if (spill == NULL || (spill->folder = wadi__strdup(folder)) == NULL) {
        wadi__free(spill);
        return NULL;
    }
    wadi__counted_init(&spill->counted, spill_destroy);
    spill->env = env;
    spill->bytes_max = bytes_max;
    pthread_mutex_init(&spill->lock, NULL);
    return spill;
}
/* holds lock */
static void list_file(wadi__spill_file *file) {
    file->after = file->spill->files;
    if (file->after != NULL) file->after->before = file;
    file->spill->files = file;
}
/* holds lock */
static void unlist_file(wadi__spill_file *file) {
    if (file->after != NULL) file->after->before = file->before;
    if (file->before != NULL)
        file->before->after = file->after;
    else
        file->spill->files = file->after;
}
/* A file that nobody has a frame of, and that is not listed. */
static void free_file(wadi__spill_file *file) {
    wadi__spill *spill = file->spill;
    if (file->handle >= 0) spill->env->file_close(spill->env, file->handle);
    wadi__free(file);
    wadi__counted_unref(&spill->counted);
}
void wadi__spill_close(wadi__spill *spill) {
    if (spill == NULL) return;
    for (wadi__spill_file *at = spill->files; at != NULL;
         at = at->after) { /* nobody writes any more */
        spill->env->file_close(spill->env, at->handle);
        at->handle = -1;
    }
    wadi__counted_unref(&spill->counted);
}

/* ---- Files ---- */

static wadi_status failed(const wadi__spill *spill, const char *what, int64_t bytes, int rc,
                          wadi_error *err) {
    char reason[128];
    return wadi_error_context(
        err, WADI_E_IO,
        "%s %" PRId64 " bytes that do not fit into memory in folder %s: %s; make room there, name "
        "another folder by spark.local.dir, or raise wadi.memory.max_bytes",
        what, bytes, spill->folder, strerror_r(-rc, reason, sizeof reason));
}
/* Opens a file in a folder of its own, and removes both names. Returns the handle, or -errno. */
static int open_nameless(wadi__spill *spill) {
    wadi__env *env = spill->env;
    uint64_t number;
    env->random(env, &number, sizeof number);
    char *folder = wadi__format("%s/wadi-%016" PRIx64, spill->folder, number);
    char *path = folder != NULL ? wadi__format("%s/spill", folder) : NULL;
    int rc = path != NULL ? env->dir_make(env, folder, 0700) : -ENOMEM;
    if (rc == -ENOENT && env->dir_make(env, spill->folder, 0700) == 0)
        rc = env->dir_make(env, folder, 0700);
    if (rc == 0) {
        rc = env->file_open(
            env, path,
            WADI__OPEN_READ | WADI__OPEN_WRITE | WADI__OPEN_CREATE | WADI__OPEN_EXCLUSIVE, 0600);
        if (rc >= 0) env->file_unlink(env, path);
        env->dir_remove(env, folder);
    }
    wadi__free(path);
    wadi__free(folder);
    return rc;
}
static wadi_status new_file(wadi__spill *spill, int64_t bytes, wadi__spill_file **file,
                            wadi_error *err) {
    wadi__spill_file *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory for a spill file");
    made->handle = open_nameless(spill);
    if (made->handle < 0) {
        wadi_status status = failed(spill, "put", bytes, made->handle, err);
        wadi__free(made);
        return status;
    }
    made->spill = spill;
    made->is_written = true;
    wadi__counted_ref(&spill->counted);
    pthread_mutex_lock(&spill->lock);
    list_file(made);
    pthread_mutex_unlock(&spill->lock);
    *file = made;
    return WADI_OK;
}
/* A file that the caller alone writes on until done_writing(). */
static wadi_status take_file(wadi__spill *spill, int64_t bytes, wadi__spill_file **file,
                             wadi_error *err) {
    pthread_mutex_lock(&spill->lock);
    *file = spill->idle;
    if (*file != NULL) {
        spill->idle = (*file)->next;
        (*file)->is_written = true; /* whoever gives its last frame back leaves it alone */
    }
    pthread_mutex_unlock(&spill->lock);
    return *file != NULL ? WADI_OK : new_file(spill, bytes, file, err);
}
static void done_writing(wadi__spill *spill, wadi__spill_file *file, bool has_frame) {
    pthread_mutex_lock(&spill->lock);
    file->is_written = false;
    file->is_full = file->end >= WADI__SPILL_FILE_BYTES;
    file->frames += has_frame;
    bool is_gone = file->frames == 0;
    if (is_gone) unlist_file(file);
    if (!is_gone && !file->is_full) {
        file->next = spill->idle;
        spill->idle = file;
    }
    pthread_mutex_unlock(&spill->lock);
    if (is_gone) free_file(file);
}
void wadi__spill_release(wadi__spilled *frame) {
    wadi__spill_file *file = frame->file;
    if (file == NULL) return;
    wadi__spill *spill = file->spill;
    atomic_fetch_sub_explicit(&spill->bytes, frame->size_bytes, memory_order_relaxed);
    *frame = (wadi__spilled){0};
    pthread_mutex_lock(&spill->lock);
    bool is_gone = --file->frames == 0 && !file->is_written;
    if (is_gone && !file->is_full) {
        wadi__spill_file **at = &spill->idle;
        while (*at != file) at = &(*at)->next;
        *at = file->next;
    }
    if (is_gone) unlist_file(file);
    pthread_mutex_unlock(&spill->lock);
    if (is_gone) free_file(file);
}

/* ---- Frames ---- */

static int write_all(wadi__spill *spill, wadi__spill_file *file, const char *at, size_t size) {
    while (size > 0) {
        ssize_t rc = spill->env->file_write(spill->env, file->handle, at, size);
        if (rc == -EINTR) continue;
        if (rc <= 0) return rc < 0 ? (int)rc : -EIO;
        file->end += rc; /* what was written in vain stays as a gap */
        at += rc;
        size -= (size_t)rc;
    }
    return 0;
}
static wadi_status reserve(wadi__spill *spill, int64_t size, wadi_error *err) {
    int64_t before = atomic_fetch_add_explicit(&spill->bytes, size, memory_order_relaxed);
    if (spill->bytes_max == 0 || before + size <= spill->bytes_max) return WADI_OK;
    atomic_fetch_sub_explicit(&spill->bytes, size, memory_order_relaxed);
    return wadi_error_context(err, WADI_E_IO,
                              "%" PRId64 " bytes do not fit into memory, and %" PRId64
                              " of the %" PRId64
                              " bytes of wadi.spill.max_bytes are taken: raise that, or "
                              "wadi.memory.max_bytes",
                              size, before, spill->bytes_max);
}
wadi_status wadi__spill_write_bytes(wadi__spill *spill, const void *bytes, size_t size,
                                    uint32_t row_count, wadi__spilled *to, wadi_error *err) {
    if (size > UINT32_MAX)
        return wadi_error_context(err, WADI_E_INVALID, "a frame of %zu bytes to be spilled", size);
    wadi_status status = reserve(spill, (int64_t)size, err);
    if (status != WADI_OK) return status;
    wadi__spill_file *file = NULL;
    status = take_file(spill, (int64_t)size, &file, err);
    if (status == WADI_OK) {
        int64_t offset = file->end;
        int rc = write_all(spill, file, bytes, size);
        if (rc == 0) *to = (wadi__spilled){file, offset, (uint32_t)size, row_count};
        if (rc < 0) status = failed(spill, "write", (int64_t)size, rc, err);
        done_writing(spill, file, rc == 0);
    }
    if (status != WADI_OK)
        atomic_fetch_sub_explicit(&spill->bytes, (int64_t)size, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&spill->bytes_so_far, size, memory_order_relaxed);
    return status;
}
wadi_status wadi__spill_write(wadi__spill *spill, const wadi__type *type, const wadi__row_run *runs,
                              size_t run_count, wadi__spilled *to, wadi_error *err) {
    wadi__text frame = {0};
    uint64_t rows = 0;
    for (size_t i = 0; i < run_count; i++) rows += runs[i].count;
    wadi_status status = wadi__frame_write(&frame, type, runs, run_count, WADI__FRAME_LZ4, err);
    if (status == WADI_OK)
        status = wadi__spill_write_bytes(spill, frame.bytes, frame.size, (uint32_t)rows, to, err);
    wadi__text_fini(&frame);
    return status;
}
static wadi_status read_all(wadi__spill *spill, const wadi__spilled *from, char *to,
                            wadi_error *err) {
    for (uint32_t got = 0; got < from->size_bytes;) {
        ssize_t rc = spill->env->file_pread(spill->env, from->file->handle, to + got,
                                            from->size_bytes - got, from->offset + got);
        if (rc == -EINTR) continue;
        if (rc < 0) {
            char reason[128];
            return wadi_error_context(err, WADI_E_IO, "read %u spilled bytes in folder %s: %s",
                                      from->size_bytes, spill->folder,
                                      strerror_r((int)-rc, reason, sizeof reason));
        }
        if (rc == 0)
            return wadi_error_context(err, WADI_E_CORRUPT,
                                      "a spill file in folder %s ends within a frame",
                                      spill->folder);
        got += (uint32_t)rc;
    }
    return WADI_OK;
}
wadi_status wadi__spill_read(wadi__spill *spill, const wadi__spilled *from, const wadi__type *type,
                             wadi__block **block, wadi_error *err) {
    char *bytes = wadi__pool_get(from->size_bytes);
    if (bytes == NULL)
        return wadi_error_context(err, WADI_E_NOMEM, "no memory to read %u spilled bytes",
                                  from->size_bytes);
    wadi_status status = read_all(spill, from, bytes, err);
    if (status == WADI_OK) {
        status = wadi__frame_read(type, bytes, from->size_bytes, NULL, block, NULL, err);
        if (status != WADI_OK)
            wadi_error_context(err, status, "in a spill file in folder %s", spill->folder);
    }
    wadi__pool_put(bytes, from->size_bytes);
    return status;
}
