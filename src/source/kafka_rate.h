/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_rate.h: how many messages of each Kafka partition go into a batch. Source: Spark 3
 * DirectKafkaInputDStream.maxMessagesPerPartition, clamp. */
#ifndef WADI_SOURCE_KAFKA_RATE_H
#define WADI_SOURCE_KAFKA_RATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wadi__kafka_lag { /* of a topic's partition */
    int64_t from, latest; /* offsets: of the first message that was not taken, past the last */
    int64_t max_rate, min_rate; /* messages a second; 0: no limit. In a batch, at least min_rate */
    int64_t max_messages;       /* out: -1: no limit */
    int64_t until;              /* out: past the last one that the batch takes */
} wadi__kafka_lag;

/* `rate`: messages a second that all partitions may have together, 0 or less: not known. They get
 * shares of it by how far they lag behind. */
void wadi__kafka_rate_limit(wadi__kafka_lag *partitions, size_t count, int64_t batch_ms,
                            double rate);
#endif
