/* SPDX-License-Identifier: Apache-2.0 */
/* 01_filter_for_map.c: a filter given to map. */
#include "words.h"

wadi_dstream *f(wadi_dstream *words) { return wadi_map(words, is_long); }
