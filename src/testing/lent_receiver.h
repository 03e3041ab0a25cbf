/* SPDX-License-Identifier: Apache-2.0 */
/* lent_receiver.h: a receiver whose body does nothing: it lends itself to the test, which stores.
 */
#ifndef WADI_TESTING_LENT_RECEIVER_H
#define WADI_TESTING_LENT_RECEIVER_H
#include "stream/receiver.h"

/* Until it is to stop. Receiver thread. */
static inline void wadi__lent_until_stopped(wadi_receiver *receiver) {
    pthread_mutex_lock(&receiver->lock);
    while (!wadi_receiver_stopped(receiver))
        wadi__event_wait(&receiver->changed, &receiver->lock, receiver->ssc->env,
                         WADI__DEADLINE_NONE);
    pthread_mutex_unlock(&receiver->lock);
}
/* The body: tells the _Atomic(wadi_receiver *) at this address, and waits until it is to stop. */
static inline void wadi__lend_receiver(wadi_receiver *receiver, int64_t address) {
    atomic_store((_Atomic(wadi_receiver *) *)(uintptr_t)address, receiver);
    wadi__lent_until_stopped(receiver);
}
#endif
