/* SPDX-License-Identifier: Apache-2.0 */
/* 17_type_too_many.c: a record too many; the transform of any number of streams names its result alone. */
#include "words.h"

WADI_TRANSFORM_ALL(bad, word_count, word_count, limit) { return rdds[n - 1]; }
