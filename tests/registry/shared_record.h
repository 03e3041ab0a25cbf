/* SPDX-License-Identifier: Apache-2.0 */
/* shared_record.h: a record that several source files and objects declare, each for itself. */
#ifndef SHARED_RECORD_H
#define SHARED_RECORD_H
#include <wadi/wadi.h>
WADI_RECORD(pair, (int64_t, key), (int64_t, value));
#endif
