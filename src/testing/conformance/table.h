/* SPDX-License-Identifier: Apache-2.0 */
/* table.h: cases that are tables: pure functions and small state machines, by kind. */
#ifndef WADI_TESTING_CONFORMANCE_TABLE_H
#define WADI_TESTING_CONFORMANCE_TABLE_H
#include "testing/conformance/form.h"
#include "testing/conformance/result.h"

typedef struct wadi__case_table {
    const char *kind;
    const wadi__case_field *fields; /* of the case */
    /* `json` has passed the check of its fields. */
    void (*run)(const json_t *json, wadi__case_results *results);
} wadi__case_table;
/* NULL: there is no such kind. */
const wadi__case_table *wadi__case_table_find(const char *kind);

/* ---- For the files of the kinds ---- */

/* clang-format off */
#define WADI__CASE_TABLE_FIELDS                                                                    \
    {"name", wadi__case_form_string, true},                                                        \
    {"kind", wadi__case_form_string, true},                                                        \
    {"family", wadi__case_form_string, true},                                                      \
    {"source", wadi__case_form_string, false},                                                     \
    {"note", wadi__case_form_string, false},                                                       \
    {"derived", wadi__case_form_bool, false},                                                      \
    {"checked", wadi__case_form_string, false}
/* clang-format on */

/* clang-format off */
extern const wadi__case_table
    wadi__case_time_arith,
    wadi__case_timer_start,
    wadi__case_timer_restart,
    wadi__case_checkpoint_interval,
    wadi__case_output_path,
    wadi__case_print,
    wadi__case_save_layout,
    wadi__case_file_stream,
    wadi__case_file_stream_remember,
    wadi__case_wal_rotation,
    wadi__case_wal_clean,
    wadi__case_wal_framing,
    wadi__case_input_info,
    wadi__case_pid_sequence,
    wadi__case_pid_invalid,
    wadi__case_rate_estimator_name,
    wadi__case_rate_limiter,
    wadi__case_kafka_max_messages,
    wadi__case_allocation_ratio,
    wadi__case_allocation_request,
    wadi__case_allocation_kill,
    wadi__case_allocation_params,
    wadi__case_streaming_kmeans,
    wadi__case_kmeans_half_life,
    wadi__case_receiver_scheduling,
    wadi__case_ui_normalize_duration,
    wadi__case_ui_convert_unit,
    wadi__case_ui_batch_time,
    wadi__case_state_map,
    wadi__case_state_object,
    wadi__case_state_record;
/* clang-format on */
#endif
