/* SPDX-License-Identifier: Apache-2.0 */
/* conf_fuzz.c: bytes of any kind as a settings file. It must not crash, leak or take unbounded
 * memory, and whatever it takes must read back and print. */
#include "base/assert.h"
#include "base/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_back(const char *name, const char *value, wadi__conf_origin origin,
                      const char *place, void *arg) {
    const wadi__conf *conf = arg;
    WADI_ASSERT(value != NULL || origin == WADI__CONF_FROM_DEFAULT);
    WADI_ASSERT(wadi__conf_get(conf, name) == value);
    WADI_ASSERT(strlen(name) <= WADI__CONF_NAME_MAX);
    WADI_ASSERT((place[0] != 0) == (origin != WADI__CONF_FROM_DEFAULT));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    wadi__conf *conf = wadi__conf_new();
    if (conf == NULL) return 0;
    wadi__conf_set_properties(conf, (const char *)bytes, size, WADI__CONF_FROM_FILE, "fuzz.conf");
    char *lines = strndup((const char *)bytes, size);
    if (lines != NULL) wadi__conf_set_lines(conf, lines, WADI__CONF_FROM_ENVIRONMENT, "WADI_CONF");
    free(lines);

    WADI_ASSERT(wadi__conf_mistake_count(conf) <= WADI__CONF_MISTAKES_MAX + 2);
    for (size_t i = 0; i < wadi__conf_mistake_count(conf); i++)
        WADI_ASSERT(wadi__conf_mistake(conf, i)[0] != 0);
    wadi__conf_each(conf, read_back, conf);
    char *text = NULL;
    size_t text_size = 0;
    FILE *to = open_memstream(&text, &text_size);
    if (to != NULL) {
        wadi__conf_print(conf, to);
        WADI_ASSERT(fclose(to) == 0);
        free(text);
    }
    wadi__conf_free(conf);
    return 0;
}
