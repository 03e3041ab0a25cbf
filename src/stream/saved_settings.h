/* SPDX-License-Identifier: Apache-2.0 */
/* saved_settings.h: which settings a checkpoint keeps: those that the program was given, but for
 * secrets, and for what belongs to the machine and the cluster it ran on. */
#ifndef WADI_STREAM_SAVED_SETTINGS_H
#define WADI_STREAM_SAVED_SETTINGS_H
#include "base/conf.h"
#include "stream/checkpoint_file.h"

typedef WADI__VEC(checkpoint_setting) wadi__setting_rows;
/* Those of `conf`, which must outlive them. False: no memory. */
bool wadi__saved_settings(const wadi__conf *conf, wadi__setting_rows *rows);
/* Whether a setting belongs to the machine or the cluster. */
bool wadi__setting_is_local(const char *name);
/* Logs what differs between a checkpoint and what is in force now. */
void wadi__saved_settings_compare(const wadi__conf *conf, const checkpoint_setting *saved,
                                  size_t count);
#endif
