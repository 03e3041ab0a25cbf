/* SPDX-License-Identifier: Apache-2.0 */
/* host.c GUEST: knows nothing of Wadi, and runs what a shared object brings along; twice, closing
 * it. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
    for (int i = 0; i < 2 && argc > 1; i++) {
        void *guest = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        void *symbol = guest != NULL ? dlsym(guest, "guest_run") : NULL;
        int (*run)(void) = NULL;
        memcpy(&run, &symbol, sizeof run);
        if (run == NULL) {
            printf("%s\n", dlerror());
            return 1;
        }
        int failed = run();
        dlclose(guest);
        if (failed) return 1;
    }
    return argc < 2;
}
