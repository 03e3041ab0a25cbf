/* SPDX-License-Identifier: Apache-2.0 */
/* library.c: a shared library with a function, which programs are linked to. */
#include "shared_record.h"

WADI_MAP(library_square, pair, pair) { *out = (pair){in->key, in->value * in->value}; }

/* So that the linker sees a use of the library. */
extern int library_is_linked;
int library_is_linked = 1;
