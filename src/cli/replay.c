/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c: `wadi replay`: runs one past batch again. The program runs on a copy of its checkpoint
 * directory that has the checkpoint from which that batch follows as its newest one, and is told to
 * make this batch alone (src/stream/replay_once.h). Files are linked where that can be, since none
 * is ever changed in its place. */
#include "base/env.h"
#include "cli/commands.h"
#include "cli/program.h"
#include "fs/fs.h"
#include "stream/checkpoint_dir.h"
#include "stream/state_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 1 << 30 };

/* ---- Which checkpoint ---- */

typedef struct choice {
    char *name;                   /* of the file; NULL: there is none */
    int64_t oldest_ms, newest_ms; /* batches that could be run; oldest above newest: none */
} choice;

static void see(choice *self, int64_t time_ms) {
    if (time_ms < self->oldest_ms) self->oldest_ms = time_ms;
    if (time_ms > self->newest_ms) self->newest_ms = time_ms;
}
static wadi_status read_whole(const char *dir, const char *name, wadi__checkpoint *checkpoint) {
    wadi__env *env = wadi__env_current();
    char *path = wadi__cli_must(wadi__fs_join(dir, name)), *bytes = NULL;
    size_t size = 0;
    *checkpoint = (wadi__checkpoint){0};
    wadi_status status = wadi__fs_read_all(env, path, FILE_BYTES_MAX, &bytes, &size, NULL);
    if (status == WADI_OK) status = wadi__checkpoint_read(checkpoint, bytes, size, NULL);
    for (size_t i = 0; status == WADI_OK && i < checkpoint->streams.count; i++) {
        const checkpoint_stream *stream = &checkpoint->streams.items[i];
        if (stream->is_state && stream->kept.len > 0)
            status = wadi__state_files_check(env, dir, stream->name, stream->kept, NULL);
    }
    wadi__free(bytes);
    wadi__free(path);
    return status;
}
/* Whether a recovery from it runs the batch again. */
static bool runs_again(choice *self, const wadi__checkpoint *checkpoint, int64_t batch_ms) {
    bool does = checkpoint->head.time_ms == batch_ms;
    see(self, checkpoint->head.time_ms);
    for (size_t i = 0; i < checkpoint->pending.count; i++) {
        see(self, checkpoint->pending.items[i].time_ms);
        does |= checkpoint->pending.items[i].time_ms == batch_ms;
    }
    return does;
}
/* The newest one: it has the most to go on from. */
static choice choose(const char *dir, int64_t batch_ms) {
    choice self = {NULL, INT64_MAX, INT64_MIN};
    wadi__checkpoint_list list = {0};
    wadi__checkpoint_dir_list(wadi__env_current(), dir, &list, NULL);
    for (size_t i = list.count; i > 0; i--) {
        wadi__checkpoint checkpoint;
        bool does = read_whole(dir, list.items[i - 1].name, &checkpoint) == WADI_OK &&
                    runs_again(&self, &checkpoint, batch_ms);
        if (does && self.name == NULL)
            self.name = wadi__cli_must(wadi__strdup(list.items[i - 1].name));
        wadi__checkpoint_fini(&checkpoint);
    }
    wadi__checkpoint_list_fini(&list);
    return self;
}
static int none_chosen(const choice *self, const char *dir, int64_t batch_ms) {
    char what[80], why[200];
    snprintf(what, sizeof what, "batch %" PRId64 " ms cannot be run again", batch_ms);
    if (self->oldest_ms > self->newest_ms) {
        wadi__cli_error(what, dir, "there is no whole checkpoint",
                        "wadi checkpoint verify tells more");
        return WADI__CLI_FAILED;
    }
    snprintf(why, sizeof why,
             "checkpoints and logs hold the input of batches from %" PRId64 " ms to %" PRId64 " ms",
             self->oldest_ms, self->newest_ms);
    wadi__cli_error(
        what, dir, why,
        "take one of these; to keep an older one, copy the directory while it is there");
    return WADI__CLI_FOUND;
}

/* ---- The copy ---- */

static int copy_bytes(const char *from, const char *to) {
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in >= 0 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    ssize_t sent = out >= 0 ? 1 : -1;
    while (sent > 0) sent = sendfile(out, in, NULL, 1 << 30);
    int rc = sent < 0 ? -errno : 0;
    if (in >= 0) close(in);
    if (out >= 0 && close(out) != 0 && rc == 0) rc = -errno;
    return rc;
}
typedef struct copying {
    const char *from, *to, *chosen; /* chosen NULL: below the directory itself */
    int rc;
} copying;
static int copy_dir(const char *from, const char *to, const char *chosen);
/* Of the checkpoints one alone; the lock is the program's. */
static bool is_left_out(const copying *self, const char *name) {
    if (self->chosen == NULL) return false;
    bool is_other = strncmp(name, "checkpoint-", 11) == 0 && strcmp(name, self->chosen) != 0;
    return is_other || strcmp(name, "lock") == 0 || strcmp(name, "temp") == 0;
}
static bool copy_entry(const char *name, void *arg) {
    copying *self = arg;
    if (is_left_out(self, name)) return true;
    char *from = wadi__cli_must(wadi__format("%s/%s", self->from, name));
    char *to = wadi__cli_must(wadi__format("%s/%s", self->to, name));
    struct stat found;
    if (lstat(from, &found) != 0)
        self->rc = errno == ENOENT ? 0 : -errno; /* the program that runs has removed it */
    else if (S_ISDIR(found.st_mode))
        self->rc = copy_dir(from, to, NULL);
    else if (S_ISREG(found.st_mode) && link(from, to) != 0)
        self->rc = copy_bytes(from, to);
    wadi__free(from);
    wadi__free(to);
    return self->rc == 0;
}
static int copy_dir(const char *from, const char *to, const char *chosen) {
    wadi__env *env = wadi__env_current();
    copying self = {from, to, chosen, 0};
    if (mkdir(to, 0700) != 0 && errno != EEXIST) return -errno;
    int rc = env->dir_list(env, from, copy_entry, &self);
    return rc < 0 ? rc : self.rc;
}

/* ---- The program ---- */

/* Runs it to its end; Ctrl-C is for it, or for its debugger. */
static int run_program(const wadi__cli_args *args, const char *copy, const char *batch) {
    pid_t child = fork();
    if (child < 0) {
        wadi__cli_error("the program cannot be run", args->words[1], strerror(errno), NULL);
        return WADI__CLI_FAILED;
    }
    if (child == 0) {
        if (setenv("WADI_REPLAY_DIR", copy, 1) != 0 || setenv("WADI_REPLAY_BATCH", batch, 1) != 0)
            wadi__cli_must(NULL);
        _exit(wadi__cli_exec(args->words + 1));
    }
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
static int run_on_copy(const wadi__cli_args *args, const char *dir, const char *chosen,
                       const char *batch) {
    const char *place = getenv("TMPDIR");
    char *copy = wadi__cli_must(
        wadi__format("%s/wadi-replay-XXXXXX", place != NULL && place[0] != 0 ? place : "/tmp"));
    int status = WADI__CLI_FAILED;
    int rc = mkdtemp(copy) != NULL ? copy_dir(dir, copy, chosen) : -errno;
    if (rc == 0)
        status = run_program(args, copy, batch);
    else
        wadi__cli_error("the checkpoint directory cannot be copied", copy, strerror(-rc),
                        "set TMPDIR to a directory with room, best on the same file system");
    if (wadi__cli_value(args, "keep") == NULL)
        wadi__fs_remove_all(wadi__env_current(), copy, NULL);
    else
        fprintf(stderr, "wadi: the copy is in %s\n", copy);
    wadi__free(copy);
    return status;
}
static int run(const wadi__cli_args *args) {
    const char *dir = args->words[0], *batch = wadi__cli_value(args, "batch");
    if (args->word_count < 2) return wadi__cli_usage_error(args->command, "the program is missing");
    if (batch == NULL || batch[0] == 0 || strlen(batch) > 18 ||
        batch[strspn(batch, "0123456789")] != 0)
        return wadi__cli_usage_error(args->command, "--batch takes the time of a batch, in ms");
    int64_t batch_ms = strtoll(batch, NULL, 10);
    choice chosen = choose(dir, batch_ms);
    if (chosen.name == NULL) return none_chosen(&chosen, dir, batch_ms);
    int status = run_on_copy(args, dir, chosen.name, batch);
    wadi__free(chosen.name);
    return status;
}
const wadi__cli_command wadi__cli_replay = {
    .name = "replay",
    .usage = "DIR --batch TIME PROGRAM [ARGUMENTS]",
    .summary = "runs one past batch again, from its checkpoint and logs",
    .text =
        "The program, which goes on from checkpoints (wadi_stream_context_get_or_create), runs on "
        "a copy of "
        "its checkpoint directory: no receiver starts, what the batch follows from is made again, "
        "its "
        "outputs run, and the program ends. Outputs go where they always go. The program may be a "
        "debugger with its arguments. Its exit status is the program's.",
    .words_min = 1,
    .words_max = -1,
    .ends_at_word = 2,
    .completes = "dir",
    .options = {{"batch", 'b', "TIME", "the batch, in ms, as print and the pages show it", false},
                {"keep", 'k', NULL, "leaves the copy there, and says where", false}},
    .examples =
        {{"wadi replay checkpoint --batch 1772355605000 gdb --args ./wordcount localhost 9999",
          "under a debugger"}},
    .run = run,
};
