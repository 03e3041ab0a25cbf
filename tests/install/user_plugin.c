/* SPDX-License-Identifier: Apache-2.0 */
/* user_plugin.c: a plugin outside the tree, which the user's program loads at run time. */
#include <wadi/wadi.h>

WADI_FILTER(is_short, wadi_str) { return in->len <= 2; }
