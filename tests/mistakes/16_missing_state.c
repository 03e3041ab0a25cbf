/* SPDX-License-Identifier: Apache-2.0 */
/* 16_missing_state.c: an input of its own without a state. */
#include "words.h"

WADI_INPUT(bad, word_count) { return NULL; }
