/* SPDX-License-Identifier: Apache-2.0 */
/* map_with_state.h: which streams have snapshots of a state. */
#ifndef WADI_STREAM_OPS_MAP_WITH_STATE_H
#define WADI_STREAM_OPS_MAP_WITH_STATE_H
#include "stream/ops/stateful.h"

bool wadi__is_map_with_state(const wadi_dstream *stream);
#endif
