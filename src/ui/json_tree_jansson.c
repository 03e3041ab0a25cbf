/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree_jansson.c: of the module wadi-ui.so: reading JSON. */
#include "ui/json_tree.h"

#include <jansson.h>

static json_t *node_of(const void *node) { return (json_t *)(uintptr_t)node; }
static void *parse(const char *text, size_t size) {
    json_t *root = json_loadb(text, size, 0, NULL);
    if (json_is_object(root)) return root;
    json_decref(root);
    return NULL;
}
static void free_root(void *root) { json_decref(root); }
static const void *member(const void *object, const char *name) {
    return json_object_get(node_of(object), name);
}
static size_t count(const void *array) { return json_array_size(node_of(array)); }
static const void *at(const void *array, size_t i) { return json_array_get(node_of(array), i); }
static int64_t integer(const void *node, int64_t otherwise) {
    return json_is_integer(node_of(node)) ? json_integer_value(node_of(node)) : otherwise;
}
static bool boolean(const void *node) { return json_is_true(node_of(node)); }
static const char *string(const void *node) { return json_string_value(node_of(node)); }

extern const wadi__json_tree_ops wadi__json_tree_module;
__attribute__((visibility("default"))) const wadi__json_tree_ops wadi__json_tree_module = {
    .version = WADI__JSON_TREE_OPS_VERSION,
    .parse = parse,
    .free = free_root,
    .member = member,
    .count = count,
    .at = at,
    .integer = integer,
    .boolean = boolean,
    .string = string,
};
