/* SPDX-License-Identifier: Apache-2.0 */
/* 02_forgotten_bind.c: wadi_bind forgotten. */
#include "words.h"

wadi_dstream *f(wadi_dstream *counts) { return wadi_filter(counts, at_least); }
