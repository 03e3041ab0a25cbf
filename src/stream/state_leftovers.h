/* SPDX-License-Identifier: Apache-2.0 */
/* state_leftovers.h: folders of states that the program does not have any more: it was started with
 * .drop_unused_state, or afresh over what another had left. */
#ifndef WADI_STREAM_STATE_LEFTOVERS_H
#define WADI_STREAM_STATE_LEFTOVERS_H
#include "stream/stream_context.h"

/* Removes those that are of no stream of the program. No checkpoint that is kept may name them.
 * What cannot be removed is logged, and stays. Any thread, once the program runs. */
void wadi__state_leftovers_remove(const wadi_stream_context *ssc);
#endif
