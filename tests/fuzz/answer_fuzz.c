/* SPDX-License-Identifier: Apache-2.0 */
/* answer_fuzz.c: any bytes as the JSON that a program's pages answer with. */
#include "cli/json.h"
#include "fuzz.h"

#include <string.h>

static void look_at(wadi__json value, int depth) {
    char text[40];
    wadi__json_text(value, text, sizeof text);
    fuzz_check(strlen(text) < sizeof text);
    (void)wadi__json_int(value, -1);
    (void)wadi__json_is_true(value);
    for (size_t i = 0; depth < 3 && i < 4; i++) {
        wadi__json item = wadi__json_item(value, i);
        fuzz_check(item.size == 0 ||
                   (item.at >= value.at && item.at + item.size <= value.at + value.size));
        if (item.size > 0) look_at(item, depth + 1);
    }
    wadi__json member = wadi__json_member(value, "id");
    if (depth < 3 && member.size > 0) look_at(member, depth + 1);
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz in = {data, size};
    char *text = fuzz_text(&in);
    look_at(wadi__json_of(text, strlen(text)), 0);
    free(text);
    return 0;
}
