/* SPDX-License-Identifier: Apache-2.0 */
/* 05_undeclared_capture.c: uses captures that it did not declare. */
#include "words.h"

WADI_FILTER(bad, word_count) { return in->count > env->min; }
