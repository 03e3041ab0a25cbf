/* SPDX-License-Identifier: Apache-2.0 */
/* json_tree.h: JSON that is read: what the module wadi-ui.so does for history by jansson. A NULL
 * node is an absent one, and gives what stands for nothing. */
#ifndef WADI_UI_JSON_TREE_H
#define WADI_UI_JSON_TREE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WADI__JSON_TREE_OPS_VERSION = 1 };

typedef struct wadi__json_tree_ops { /* what the module exports as wadi__json_tree_module */
    uint32_t version;
    /* NULL: it is no JSON object, or there is no memory. */
    void *(*parse)(const char *text, size_t size);
    void (*free)(void *root);
    const void *(*member)(const void *object, const char *name);
    size_t (*count)(const void *array);
    const void *(*at)(const void *array, size_t i);
    int64_t (*integer)(const void *node, int64_t otherwise);
    bool (*boolean)(const void *node);
    const char *(*string)(const void *node); /* NULL: it is none */
} wadi__json_tree_ops;
#endif
