/* SPDX-License-Identifier: Apache-2.0 */
/* case_fuzz.c: any JSON as a conformance case: its form is checked, and what is wrong is said. */
#include "fuzz.h"
#include "testing/conformance/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_error_t err;
    json_t *json = json_loadb((const char *)data, size,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &err);
    if (json == NULL) return 0;
    wadi__case_form form;
    bool is_known = wadi__case_form_check(&form, json);
    fuzz_check(is_known == (form.mistake[0] == 0));
    json_decref(json);
    return 0;
}
