/* SPDX-License-Identifier: Apache-2.0 */
/* 03_wrong_emit.c: emits the wrong record. */
#include "words.h"

WADI_FLAT_MAP(split, wadi_str, wadi_str) { wadi_emit(out, (word_count){*in, 1}); }
