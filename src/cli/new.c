/* SPDX-License-Identifier: Apache-2.0 */
/* new.c: `wadi new`: a project that builds and passes its test at once. */
#include "cli/new.h"
#include "cli/commands.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 64 };

/* Names of programs, of directories and of units of systemd, all at once. */
static bool is_name(const char *name) {
    size_t length = strlen(name);
    bool is_good = length > 0 && length <= NAME_MAX_BYTES && name[0] >= 'a' && name[0] <= 'z';
    return is_good && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}
/* The text with the name put in. */
static char *filled(const char *text, const char *name) {
    static const char mark[] = "@NAME@";
    size_t marks = 0;
    for (const char *at = text; (at = strstr(at, mark)) != NULL; at += sizeof mark - 1) marks++;
    char *made = wadi__cli_must(wadi__malloc(strlen(text) + marks * strlen(name) + 1)), *to = made;
    for (const char *at; (at = strstr(text, mark)) != NULL; text = at + sizeof mark - 1) {
        memcpy(to, text, (size_t)(at - text));
        to += at - text;
        to = stpcpy(to, name);
    }
    memcpy(to, text, strlen(text) + 1);
    return made;
}
static int failed(const char *path) {
    wadi__cli_error("the project cannot be written", path, strerror(errno),
                    errno == EEXIST ? "choose another name; nothing is overwritten"
                                    : "run it where you may write");
    return WADI__CLI_FAILED;
}
static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) return failed(path);
    size_t size = strlen(text);
    bool is_written = write(file, text, size) == (ssize_t)size;
    bool is_closed = close(file) == 0;
    return is_written && is_closed ? WADI__CLI_OK : failed(path);
}
static int run(const wadi__cli_args *args) {
    const char *name = args->words[0];
    if (!is_name(name))
        return wadi__cli_usage_error(args->command,
                                     "'%s' is no name: a to z first, then also 0 to 9, _ and -, "
                                     "at most %d",
                                     name, NAME_MAX_BYTES);
    if (mkdir(name, 0777) != 0) return failed(name);
    int status = WADI__CLI_OK;
    const wadi__cli_new_file *at = wadi__cli_new_files;
    for (; at->path != NULL && status == WADI__CLI_OK; at++) {
        char *own = filled(at->path, name), *text = filled(at->text, name);
        char *path = wadi__cli_must(wadi__format("%s/%s", name, own));
        status = write_file(path, text);
        wadi__free(own);
        wadi__free(text);
        wadi__free(path);
    }
    if (status == WADI__CLI_OK)
        printf("%s is there. Try:\n  cd %s && meson setup build && meson test -C build\n", name,
               name);
    return status;
}
const wadi__cli_command wadi__cli_new = {
    .name = "new",
    .usage = "NAME",
    .summary = "makes a project: source, build, test, systemd unit",
    .text = "A word count over TCP with totals that survive a failure, in a directory NAME. It "
            "builds with "
            "Meson against the installed library, and passes its test.",
    .words_min = 1,
    .words_max = 1,
    .examples = {{"wadi new wordcount && cd wordcount && meson setup build && meson test -C build",
                  "from nothing to a tested program"}},
    .run = run,
};
