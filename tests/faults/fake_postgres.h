/* SPDX-License-Identifier: Apache-2.0 */
/* fake_postgres.h: a database that takes everything and needs no memory: for the sweep of the sink.
 * Its tables have the columns word and count. */
#ifndef WADI_TESTS_FAULTS_FAKE_POSTGRES_H
#define WADI_TESTS_FAULTS_FAKE_POSTGRES_H
#include "sink/postgres_ops.h"

extern const wadi__postgres_ops fake_postgres;
/* Batches that were moved since the last call. */
int fake_postgres_moved(void);
#endif
