/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_rate.c: how many messages of each Kafka partition go into a batch. */
#include "source/kafka_rate.h"

static double lag_of(const wadi__kafka_lag *partition) {
    return partition->latest > partition->from ? (double)(partition->latest - partition->from) : 0;
}
/* Messages a second; 0: no limit. */
static double rate_of(const wadi__kafka_lag *partition, double rate, double total_lag) {
    double most = (double)partition->max_rate;
    if (rate <= 0) return most;
    double share = lag_of(partition) / total_lag * rate;
    return most > 0 && most < share ? most : share;
}
static int64_t in_batch(double rate, int64_t batch_ms) {
    double messages = (double)batch_ms / 1000 * rate;
    return messages < 9e18 ? (int64_t)messages : INT64_MAX;
}
void wadi__kafka_rate_limit(wadi__kafka_lag *partitions, size_t count, int64_t batch_ms,
                            double rate) {
    double total_lag = 0, total_rate = 0;
    for (size_t i = 0; i < count; i++) total_lag += lag_of(&partitions[i]);
    bool is_limited = rate <= 0 || total_lag > 0;
    for (size_t i = 0; i < count && is_limited; i++)
        total_rate += rate_of(&partitions[i], rate, total_lag);
    is_limited = is_limited && total_rate > 0;
    for (size_t i = 0; i < count; i++) {
        wadi__kafka_lag *partition = &partitions[i];
        partition->max_messages = -1;
        partition->until = partition->latest;
        if (!is_limited) continue;
        int64_t most = in_batch(rate_of(partition, rate, total_lag), batch_ms);
        partition->max_messages = most > partition->min_rate ? most : partition->min_rate;
        if (partition->max_messages < partition->latest - partition->from)
            partition->until = partition->from + partition->max_messages;
    }
}
