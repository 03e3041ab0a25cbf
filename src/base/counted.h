/* SPDX-License-Identifier: Apache-2.0 */
/* counted.h: the head of every object that several threads share: a count of references and what to
 * do when the last one goes. It must be the first member. Such an object is immutable once shared.
 */
#ifndef WADI_BASE_COUNTED_H
#define WADI_BASE_COUNTED_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct wadi__counted {
    atomic_uint refs;
    void (*destroy)(struct wadi__counted *object);
} wadi__counted;

static inline void wadi__counted_init(wadi__counted *object,
                                      void (*destroy)(wadi__counted *object)) {
    atomic_init(&object->refs, 1);
    object->destroy = destroy;
}
static inline void wadi__counted_ref(wadi__counted *object) {
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}
/* NULL is fine. */
static inline void wadi__counted_unref(wadi__counted *object) {
    if (object != NULL && atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1)
        object->destroy(object);
}
/* Whether the caller holds the only reference, so that it may write or reuse the object. */
static inline bool wadi__counted_is_unique(const wadi__counted *object) {
    return atomic_load_explicit(&object->refs, memory_order_acquire) == 1;
}
#endif
