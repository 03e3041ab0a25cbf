/* SPDX-License-Identifier: Apache-2.0 */
/* runtime_dir.c: where a user's programs have their sockets. In /tmp anybody may have been there
 * before, so the owner is looked at. */
#include "base/runtime_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dir(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}
static int choose(char *path, size_t size) {
    char user[64];
    unsigned uid = (unsigned)geteuid();
    const char *own = getenv("WADI_RUNTIME_DIR"), *session = getenv("XDG_RUNTIME_DIR");
    snprintf(user, sizeof user, "/run/user/%u", uid);
    int length;
    if (own != NULL && own[0] != 0)
        length = snprintf(path, size, "%s", own);
    else if (session != NULL && session[0] == '/')
        length = snprintf(path, size, "%s/wadi", session);
    else if (is_dir(user))
        length = snprintf(path, size, "%s/wadi", user);
    else
        length = snprintf(path, size, "/tmp/wadi-%u", uid);
    return length > 0 && (size_t)length < size ? 0 : -ENAMETOOLONG;
}
int wadi__runtime_dir(char *path, size_t size, bool make) {
    struct stat found;
    int rc = choose(path, size);
    if (rc < 0) return rc;
    if (make && mkdir(path, 0700) < 0 && errno != EEXIST) return -errno;
    if (lstat(path, &found) < 0) return -errno;
    bool is_own = S_ISDIR(found.st_mode) && found.st_uid == geteuid();
    return is_own && (found.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? 0 : -EPERM;
}
