/* SPDX-License-Identifier: Apache-2.0 */
/* join_test.c: two streams and more by key, batch by batch. */
#include "stream/ops/cases.h"

WADI_RECORD(mean, (wadi_str, key), (int64_t, sum), (int64_t, count));
WADI_RECORD(joined, (wadi_str, key), (wadi_int64_option, left), (wadi_int64_option, right));
WADI_JOIN(both_sides, pair, pair, joined) {
    *out = (joined){.key = left != NULL ? left->key : right->key};
    if (left != NULL) out->left = (wadi_int64_option)WADI_SOME(left->value);
    if (right != NULL) out->right = (wadi_int64_option)WADI_SOME(right->value);
}
WADI_RECORD(listed, (wadi_str, key), (wadi_int64_list, left), (wadi_int64_list, right));
WADI_RECORD(listed3, (wadi_str, key), (wadi_int64_list, a), (wadi_int64_list, b),
            (wadi_int64_list, c));
WADI_COGROUP(count_sides, pair, pair, mean) {
    wadi_emit(out, (mean){*key, (int64_t)left_n, (int64_t)right_n});
}

BUILD(build_join, return wadi_join(in[0], in[1], both_sides);)
BUILD(build_left, return wadi_left_outer_join(in[0], in[1], both_sides);)
BUILD(build_right, return wadi_right_outer_join(in[0], in[1], both_sides);)
BUILD(build_full, return wadi_full_outer_join(in[0], in[1], both_sides);)
BUILD(build_full_ready, return wadi_full_outer_join(in[0], in[1], wadi_fields_into(joined));)
BUILD(build_cogroup, return wadi_cogroup(in[0], in[1], count_sides);)
BUILD(build_cogroup_ready, return wadi_cogroup(in[0], in[1], wadi_lists_into(listed));)
BUILD(build_cogroup_all, return wadi_cogroup_all(listed3, in[0], in[1], in[2]);)

static wadi__stream_case cases[] = {
    {"join",
     {PAIRS("a:1 b:2 a:3; a:1"), PAIRS("a:7 c:8; ")},
     build_join,
     .expected = "1000: (a,Some(1),Some(7)) (a,Some(3),Some(7)); 2000:",
     .form = WADI__COLLECTED_SORTED},
    {"left_outer_join",
     {PAIRS("a:1 b:2"), PAIRS("a:7 c:8")},
     build_left,
     .expected = "1000: (a,Some(1),Some(7)) (b,Some(2),None)",
     .form = WADI__COLLECTED_SORTED},
    {"right_outer_join",
     {PAIRS("a:1 b:2"), PAIRS("a:7 c:8")},
     build_right,
     .expected = "1000: (a,Some(1),Some(7)) (c,None,Some(8))",
     .form = WADI__COLLECTED_SORTED},
    {"full_outer_join",
     {PAIRS("a:1 b:2"), PAIRS("a:7 c:8")},
     build_full,
     .expected = "1000: (a,Some(1),Some(7)) (b,Some(2),None) (c,None,Some(8))",
     .form = WADI__COLLECTED_SORTED},
    {"full_outer_join: ready-made",
     {PAIRS("a:1 b:2"), PAIRS("a:7 c:8")},
     build_full_ready,
     .expected = "1000: (a,Some(1),Some(7)) (b,Some(2),None) (c,None,Some(8))",
     .form = WADI__COLLECTED_SORTED},
    {"join: a batch without an RDD fails",
     {PAIRS("a:1; a:1"), PAIRS("a:7; none")},
     build_join,
     .expected = "1000: (a,Some(1),Some(7))",
     .error = "Couldn't generate RDD from parent at time 2000 ms; in operator join"},
    {"cogroup",
     {PAIRS("a:1 b:2 a:3"), PAIRS("a:7 c:8")},
     build_cogroup,
     .expected = "1000: (a,2,1) (b,1,0) (c,0,1)",
     .form = WADI__COLLECTED_SORTED},
    {"cogroup: ready-made",
     {PAIRS("a:1 b:2"), PAIRS("a:7 c:8")},
     build_cogroup_ready,
     .expected = "1000: (a,[1],[7]) (b,[2],[]) (c,[],[8])",
     .form = WADI__COLLECTED_SORTED},
    {"cogroup_all",
     {PAIRS("a:1"), PAIRS("b:7"), PAIRS("a:2 c:3; a:1")},
     build_cogroup_all,
     .expected = "1000: (a,[1],[],[2]) (b,[],[7],[]) (c,[],[],[3]); 2000: (a,[],[],[1])",
     .form = WADI__COLLECTED_SORTED,
     .batches = 2},
    {"cogroup: a batch without an RDD fails",
     {PAIRS("none"), PAIRS("a:7")},
     build_cogroup,
     .expected = "",
     .error = "Couldn't generate RDD from parent at time 1000 ms; in operator cogroup"},
};
RUN_CASES("joins and cogroups")
