/* SPDX-License-Identifier: Apache-2.0 */
/* saved_settings.c: settings in checkpoints. */
#include "stream/saved_settings.h"

#include "base/log.h"

#include <string.h>

/* As in Spark: taken from the environment of the new run. */
static const char *const local_names[] = {
    "spark.driver.host",
    "spark.driver.bindAddress",
    "spark.driver.port",
    "spark.ui.port",
    "spark.blockManager.port",
    "spark.kubernetes.driver.pod.name",
    "spark.kubernetes.executor.podNamePrefix",
    "spark.yarn.app.id",
    "spark.yarn.app.attemptId",
    "spark.yarn.keytab",
    "spark.yarn.principal",
    "spark.kerberos.keytab",
    "spark.kerberos.principal",
    "spark.yarn.credentials.file",
    "spark.yarn.credentials.renewalTime",
    "spark.yarn.credentials.updateTime",
};
bool wadi__setting_is_local(const char *name) {
    static const char ui_filter[] = "spark.org.apache.hadoop.yarn.server.webproxy.amfilter.";
    for (size_t i = 0; i < sizeof local_names / sizeof local_names[0]; i++)
        if (strcmp(name, local_names[i]) == 0) return true;
    return strncmp(name, ui_filter, sizeof ui_filter - 1) == 0;
}
typedef struct gathering {
    const wadi__conf *conf;
    wadi__setting_rows *rows;
    bool has_no_memory;
} gathering;
static void add(const char *name, const char *value, wadi__conf_origin origin, const char *place,
                void *arg) {
    gathering *self = arg;
    (void)place;
    if (origin == WADI__CONF_FROM_DEFAULT || value == NULL || wadi__setting_is_local(name) ||
        wadi__conf_is_secret(self->conf, name, value))
        return;
    checkpoint_setting row = {wadi_str_of(name), wadi_str_of(value)};
    if (!wadi__vec_push(self->rows, row)) self->has_no_memory = true;
}
bool wadi__saved_settings(const wadi__conf *conf, wadi__setting_rows *rows) {
    gathering all = {conf, rows, false};
    wadi__conf_each(conf, add, &all);
    return !all.has_no_memory;
}
void wadi__saved_settings_compare(const wadi__conf *conf, const checkpoint_setting *saved,
                                  size_t count) {
    char name[WADI__CONF_NAME_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        const wadi_str *key = &saved[i].name, *was = &saved[i].value;
        if (key->len >= sizeof name) continue;
        memcpy(name, wadi_str_data(key), key->len);
        name[key->len] = 0;
        const char *now = wadi__conf_get(conf, name);
        if (now == NULL || wadi_str_equal(wadi_str_of(now), *was)) continue;
        wadi__log_warn("stream", "%s is %s now; it was %.*s in the checkpoint", name, now,
                       (int)was->len, wadi_str_data(was));
    }
}
