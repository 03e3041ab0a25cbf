/* SPDX-License-Identifier: Apache-2.0 */
/* 15_missing_record.c: a receiver that does not say which records it stores. */
#include "words.h"

WADI_RECEIVER(bad) { wadi_receiver_stop(receiver, "done"); }
