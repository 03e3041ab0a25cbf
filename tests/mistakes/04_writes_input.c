/* SPDX-License-Identifier: Apache-2.0 */
/* 04_writes_input.c: writes its input. */
#include "words.h"

WADI_MAP(bad, word_count, word_count) { in->count = 3; *out = *in; }
