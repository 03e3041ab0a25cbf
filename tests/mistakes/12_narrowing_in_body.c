/* SPDX-License-Identifier: Apache-2.0 */
/* 12_narrowing_in_body.c: a narrowing in a body, and an unused variable. */
#include "words.h"

WADI_MAP(bad, word_count, int32_t) { int unused; *out = in->count; }
