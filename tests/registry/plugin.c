/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c: a shared object with a function and a record's descriptor of its own. */
#include "shared_record.h"

WADI_MAP(plugin_double, pair, pair) { *out = (pair){in->key, in->value * 2}; }
