/* SPDX-License-Identifier: Apache-2.0 */
/* table.c: the kinds of tables. */
#include "testing/conformance/table.h"

#include <string.h>

static const wadi__case_table *const tables[] = {
    &wadi__case_time_arith,
    &wadi__case_timer_start,
    &wadi__case_timer_restart,
    &wadi__case_file_stream,
    &wadi__case_file_stream_remember,
    &wadi__case_checkpoint_interval,
    &wadi__case_output_path,
    &wadi__case_print,
    &wadi__case_save_layout,
    &wadi__case_wal_rotation,
    &wadi__case_wal_clean,
    &wadi__case_wal_framing,
    &wadi__case_input_info,
    &wadi__case_pid_sequence,
    &wadi__case_pid_invalid,
    &wadi__case_rate_estimator_name,
    &wadi__case_rate_limiter,
    &wadi__case_kafka_max_messages,
    &wadi__case_allocation_ratio,
    &wadi__case_allocation_request,
    &wadi__case_allocation_kill,
    &wadi__case_allocation_params,
    &wadi__case_streaming_kmeans,
    &wadi__case_kmeans_half_life,
    &wadi__case_receiver_scheduling,
    &wadi__case_ui_normalize_duration,
    &wadi__case_ui_convert_unit,
    &wadi__case_ui_batch_time,
    &wadi__case_state_map,
    &wadi__case_state_object,
    &wadi__case_state_record,
};

const wadi__case_table *wadi__case_table_find(const char *kind) {
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (strcmp(tables[i]->kind, kind) == 0) return tables[i];
    return NULL;
}
