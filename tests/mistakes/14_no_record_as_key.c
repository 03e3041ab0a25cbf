/* SPDX-License-Identifier: Apache-2.0 */
/* 14_no_record_as_key.c: groups what has no key. */
#include "words.h"

WADI_GROUP(bad, wadi_str, wadi_str) { wadi_emit(out, in[n - 1]); }
