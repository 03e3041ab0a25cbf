/* SPDX-License-Identifier: Apache-2.0 */
/* runtime_dir.h: the directory of sockets by which `wadi` reaches the programs of its own user:
 * $WADI_RUNTIME_DIR, else wadi in $XDG_RUNTIME_DIR, else in /run/user/UID, else /tmp/wadi-UID. */
#ifndef WADI_BASE_RUNTIME_DIR_H
#define WADI_BASE_RUNTIME_DIR_H
#include <stdbool.h>
#include <stddef.h>

enum { WADI__RUNTIME_PATH_MAX = 100 }; /* of a socket in it: sun_path holds little more */

/* Its path. make: it is made, with mode 0700, if it is not there. 0; -EPERM: somebody else's, or
 * others may write there; another -errno. */
int wadi__runtime_dir(char *path, size_t size, bool make);
#endif
