/* SPDX-License-Identifier: Apache-2.0 */
/* shuffle_spill.h: a map output, or what it has so far, on its way to disk: a frame for each piece.
 * Loose records are put in order of partition for that, some at a time. */
#ifndef WADI_EXEC_SHUFFLE_SPILL_H
#define WADI_EXEC_SHUFFLE_SPILL_H
#include "exec/shuffle.h"

/* Bytes of the chunks that it holds. */
uint64_t wadi__map_output_bytes(const wadi__map_output *output);
/* Writes all that is in memory to disk; with wadi__map_output_leave() it leaves memory. */
wadi_status wadi__map_output_write(const wadi__map_output *output, wadi__spill *spill,
                                   const wadi__type *type, uint32_t partition_count,
                                   wadi__spilled_pieces **written, wadi_error *err);
/* Takes over what was written. False: no memory, and nothing has changed. */
bool wadi__map_output_leave(wadi__map_output *output, wadi__spilled_pieces *written);
void wadi__spilled_pieces_free(wadi__spilled_pieces *pieces);
#endif
