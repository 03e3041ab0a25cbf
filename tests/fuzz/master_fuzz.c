/* SPDX-License-Identifier: Apache-2.0 */
/* master_fuzz.c: any text as a master, and lines behind it as settings that a program gives:
 * `name=value`. */
#include "base/conf.h"
#include "exec/engine.h"
#include "fuzz.h"

/* local, local[*], local[n] with n from 1 to 1024. */
static bool is_master(const char *text) {
    if (strcmp(text, "local") == 0 || strcmp(text, "local[*]") == 0) return true;
    if (strncmp(text, "local[", 6) != 0) return false;
    unsigned long n = 0;
    const char *at = text + 6;
    for (; *at >= '0' && *at <= '9'; at++)
        if (n <= 1024) n = n * 10 + (unsigned long)(*at - '0');
    return at > text + 6 && strcmp(at, "]") == 0 && n >= 1 && n <= 1024;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    char *text = fuzz_text(&in), *lines = strchr(text, '\n');
    if (lines != NULL) *lines++ = 0;
    uint32_t slots = wadi__master_slots(text);
    fuzz_check((slots > 0) == is_master(text));
    wadi__conf *conf = wadi__conf_new();
    while (lines != NULL) {
        char *line = lines, *equals;
        if ((lines = strchr(line, '\n')) != NULL) *lines++ = 0;
        if ((equals = strchr(line, '=')) == NULL) continue;
        *equals = 0;
        size_t mistakes = wadi__conf_mistake_count(conf);
        wadi__conf_set(conf, line, equals + 1, WADI__CONF_FROM_CODE, "x.c:7");
        if (wadi__conf_mistake_count(conf) == mistakes && wadi__conf_get(conf, line) != NULL)
            fuzz_check(strlen(wadi__conf_get(conf, line)) <= strlen(equals + 1));
    }
    wadi__conf_free(conf);
    free(text);
    return 0;
}
