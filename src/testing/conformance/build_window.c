/* SPDX-License-Identifier: Apache-2.0 */
/* build_window.c: windows. */
#include "testing/conformance/declared.h"
#include "testing/conformance/operator.h"

wadi__case_stream wadi__case_build_window(wadi__case_builder *builder, wadi__case_stream in,
                                          const json_t *op) {
    (void)builder;
    int64_t window_ms = wadi__case_ms_of(op, "window_ms");
    wadi_dstream *made =
        wadi_window(in.stream, window_ms, .slide_ms = wadi__case_ms_of(op, "slide_ms"));
    return (wadi__case_stream){made, in.is_pairs};
}
/* The functions of a window: the reducing one, and perhaps its inverse and a filter. */
typedef struct window_functions {
    case_named fn, inverse, filter;
    bool has_inverse, has_filter;
    wadi__case_state_name name;
} window_functions;
static window_functions functions_of(wadi__case_builder *builder, const json_t *op) {
    const json_t *inverse = json_object_get(op, "inv_fn"), *filter = json_object_get(op, "filter");
    window_functions made = {.fn = wadi__case_named_of(builder, json_object_get(op, "fn")),
                             .has_inverse = inverse != NULL,
                             .has_filter = filter != NULL,
                             .name = wadi__case_state_name_of(builder)};
    if (inverse != NULL) made.inverse = wadi__case_named_of(builder, inverse);
    if (filter != NULL) made.filter = wadi__case_named_of(builder, filter);
    return made;
}
/* Options of a stream of values or pairs; what they point at lives as long as `f`. */
static wadi_window_options options_of(const window_functions *f, bool of_pairs, const json_t *op) {
    static const wadi_reduce_fn no_inverse;
    static const wadi_filter_fn no_filter;
    return (wadi_window_options){
        .size = sizeof(wadi_window_options),
        .slide_ms = wadi__case_ms_of(op, "slide_ms"),
        .inverse = f->has_inverse ? wadi__case_reduce_fn(of_pairs, &f->inverse) : no_inverse,
        .filter = f->has_filter ? wadi__case_filter_fn(of_pairs, &f->filter) : no_filter,
        .partitions = wadi__case_partitions_of(op),
        .name = f->name.text};
}
wadi__case_stream wadi__case_build_reduce_by_window(wadi__case_builder *builder,
                                                    wadi__case_stream in, const json_t *op) {
    window_functions f = functions_of(builder, op);
    in = wadi__case_as_values(in);
    wadi_window_options options = options_of(&f, false, op);
    wadi_dstream *made = (wadi_reduce_by_window)(in.stream, wadi__case_reduce_fn(false, &f.fn),
                                                 wadi__case_ms_of(op, "window_ms"), &options);
    return (wadi__case_stream){made, false};
}
wadi__case_stream wadi__case_build_reduce_by_key_and_window(wadi__case_builder *builder,
                                                            wadi__case_stream in,
                                                            const json_t *op) {
    window_functions f = functions_of(builder, op);
    in = wadi__case_as_pairs(in);
    wadi_window_options options = options_of(&f, true, op);
    wadi_dstream *made =
        (wadi_reduce_by_key_and_window)(in.stream, wadi__case_reduce_fn(true, &f.fn),
                                        wadi__case_ms_of(op, "window_ms"), &options);
    return (wadi__case_stream){made, true};
}
wadi__case_stream wadi__case_build_count_by_window(wadi__case_builder *builder,
                                                   wadi__case_stream in, const json_t *op) {
    int64_t window_ms = wadi__case_ms_of(op, "window_ms");
    wadi_dstream *counts =
        wadi_count_by_window(in.stream, window_ms, .slide_ms = wadi__case_ms_of(op, "slide_ms"),
                             .name = wadi__case_state_name_of(builder).text);
    return (wadi__case_stream){wadi_map(counts, wadi__case_of_count_fn()), false};
}
wadi__case_stream wadi__case_build_count_by_value_and_window(wadi__case_builder *builder,
                                                             wadi__case_stream in,
                                                             const json_t *op) {
    in = wadi__case_as_values(in);
    wadi_dstream *counts = wadi_count_by_value_and_window(
        in.stream, wadi__case_ms_of(op, "window_ms"), .slide_ms = wadi__case_ms_of(op, "slide_ms"),
        .partitions = wadi__case_partitions_of(op), .name = wadi__case_state_name_of(builder).text);
    return (wadi__case_stream){wadi_map_values(counts, wadi__case_of_count_pair_fn()), true};
}
wadi__case_stream wadi__case_build_group_by_key_and_window(wadi__case_builder *builder,
                                                           wadi__case_stream in, const json_t *op) {
    (void)builder;
    in = wadi__case_as_pairs(in);
    wadi_dstream *groups = wadi_group_by_key_and_window(
        in.stream, wadi__case_group_fn(), wadi__case_ms_of(op, "window_ms"),
        .slide_ms = wadi__case_ms_of(op, "slide_ms"), .partitions = wadi__case_partitions_of(op));
    return (wadi__case_stream){wadi_map_values(groups, wadi__case_of_group_fn()), true};
}
