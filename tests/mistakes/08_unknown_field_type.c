/* SPDX-License-Identifier: Apache-2.0 */
/* 08_unknown_field_type.c: a field that is no record. */
#include "words.h"

typedef struct point { int x; } point;
WADI_RECORD(bad, (wadi_str, name), (point, at));
