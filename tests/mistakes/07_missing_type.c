/* SPDX-License-Identifier: Apache-2.0 */
/* 07_missing_type.c: a type forgotten. */
#include "words.h"

WADI_MAP(bad, wadi_str) { (void)in; }
