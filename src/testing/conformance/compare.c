/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c: values against expectations. Where order does not count, each element needs a partner
 * of its own: a matching in a bipartite graph, found by augmenting paths (Kuhn 1955), since two
 * bags may match one element in different ways. */
#include "testing/conformance/compare.h"

#include "testing/must.h"

#include <string.h>

static bool has_tag(const json_t *value, const char *tag) {
    const char *found = json_string_value(json_array_get(value, 0));
    return found != NULL && strcmp(found, tag) == 0;
}
static bool match_one_by_one(const json_t *expected, const json_t *actual) {
    size_t count = json_array_size(expected);
    if (json_array_size(actual) != count) return false;
    for (size_t i = 0; i < count; i++)
        if (!wadi__case_matches(json_array_get(expected, i), json_array_get(actual, i)))
            return false;
    return true;
}

typedef struct matching {
    const json_t *expected, *actual;
    size_t count;
    size_t *partner; /* of actual element i: the expected one, or `count` */
    bool *is_seen;   /* actual elements, in the search under way */
} matching;

/* Finds a partner for expected element e, moving others to their next choice. */
static bool find_partner(matching *m, size_t e) {
    for (size_t a = 0; a < m->count; a++) {
        if (m->is_seen[a] ||
            !wadi__case_matches(json_array_get(m->expected, e), json_array_get(m->actual, a)))
            continue;
        m->is_seen[a] = true;
        if (m->partner[a] != m->count && !find_partner(m, m->partner[a])) continue;
        m->partner[a] = e;
        return true;
    }
    return false;
}
static bool match_bags(const json_t *expected, const json_t *actual) {
    matching m = {.expected = expected, .actual = actual, .count = json_array_size(expected)};
    if (json_array_size(actual) != m.count) return false;
    m.partner = wadi__must_calloc(m.count, sizeof *m.partner);
    m.is_seen = wadi__must_calloc(m.count, sizeof *m.is_seen);
    for (size_t i = 0; i < m.count; i++) m.partner[i] = m.count;
    bool all = true;
    for (size_t e = 0; all && e < m.count; e++) {
        memset(m.is_seen, 0, m.count * sizeof *m.is_seen);
        all = find_partner(&m, e);
    }
    free(m.partner);
    free(m.is_seen);
    return all;
}

/* Whether each value of one array has an equal one in the other. */
static bool cover(const json_t *expected, const json_t *actual, bool each_expected) {
    const json_t *each = each_expected ? expected : actual;
    const json_t *in = each_expected ? actual : expected;
    for (size_t i = 0; i < json_array_size(each); i++) {
        bool found = false;
        for (size_t j = 0; !found && j < json_array_size(in); j++)
            found = wadi__case_matches(json_array_get(expected, each_expected ? i : j),
                                       json_array_get(actual, each_expected ? j : i));
        if (!found) return false;
    }
    return true;
}

bool wadi__case_matches(const json_t *expected, const json_t *actual) {
    if (!json_is_array(expected)) return json_equal(expected, actual);
    if (!json_is_array(actual)) return false;
    const json_t *expected_items = json_array_get(expected, 1);
    const json_t *actual_items = json_array_get(actual, 1);
    if (has_tag(expected, "bag"))
        return has_tag(actual, "list") && match_bags(expected_items, actual_items);
    if (has_tag(expected, "set"))
        return has_tag(actual, "list") && cover(expected_items, actual_items, true) &&
               cover(expected_items, actual_items, false);
    if (has_tag(expected, "list"))
        return has_tag(actual, "list") && match_one_by_one(expected_items, actual_items);
    return match_one_by_one(expected, actual); /* pair, some, none: the tag is an element too */
}
bool wadi__case_batch_matches(const json_t *expected, const json_t *actual, bool unordered) {
    return unordered ? match_bags(expected, actual) : match_one_by_one(expected, actual);
}
