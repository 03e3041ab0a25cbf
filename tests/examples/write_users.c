/* SPDX-License-Identifier: Apache-2.0 */
/* write_users.c FOLDER USER=COUNTRY..: writes the object file that stream_dataset_join.c joins with. */
#include <string.h>
#include <wadi/wadi.h>

WADI_RECORD(user_info, (wadi_str, user), (wadi_str, country));

int main(int argc, char **argv) {
    wadi_context *sc = wadi_context_new("local[2]", "WriteUsers");
    user_info rows[8];
    size_t n = 0;
    for (int i = 2; i < argc && n < 8; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL) return 2;
        rows[n++] = (user_info){wadi_str_view(argv[i], (size_t)(equals - argv[i])), wadi_str_of(equals + 1)};
    }
    wadi_rdd *users = wadi_parallelize(sc, user_info, rows, n, .partitions = 1);
    wadi_save_as_object_file(users, argv[1]);
    return wadi_finish(sc);
}
