/* SPDX-License-Identifier: Apache-2.0 */
/* recovery.c: stream contexts that may go on where another run of the program ended.
 *
 * A checkpoint cannot be read yet, so one that is there is an error of the start, unless the program
 * asks to start afresh then. */
#include "base/log.h"
#include "fs/fs.h"
#include "stream/nowhere.h"
#include "stream/options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* checkpoint-1000, checkpoint-1000.bk */
static bool is_checkpoint(const char *name) {
    if (strncmp(name, "checkpoint-", 11) != 0 || !isdigit((unsigned char)name[11])) return false;
    const char *at = name + 11;
    while (isalnum((unsigned char)*at) || *at == '_' || *at == '.') at++;
    return *at == 0;
}
static wadi_status has_checkpoint(wadi__env *env, const char *dir, bool *has, wadi_error *err) {
    wadi__file_stat stat;
    bool exists = false;
    wadi__names names = {0};
    wadi_status status = wadi__fs_stat(env, dir, &stat, &exists, err);
    if (status == WADI_OK && exists) status = wadi__fs_list(env, dir, &names, err);
    for (size_t i = 0; i < names.count; i++) *has |= is_checkpoint(names.items[i]);
    wadi__names_fini(&names);
    return status;
}
static void look_into(wadi_stream_context *ssc, const char *dir,
                      const wadi_recovery_options *options) {
    char message[sizeof((wadi_error *)NULL)->message];
    wadi_error err = WADI_ERROR_INIT;
    bool has = false;
    wadi_status status = has_checkpoint(ssc->env, dir, &has, &err);
    if (status == WADI_OK && !has) return;
    if (status == WADI_OK) {
        status = WADI_E_STATE;
        snprintf(message, sizeof message,
                 "%s holds a checkpoint, and recovery is not built in yet; name another directory, "
                 "or give .create_on_error to start afresh",
                 dir);
    } else {
        snprintf(message, sizeof message, "%s", err.message);
    }
    if (options->create_on_error)
        wadi__log_warn("stream", "starting afresh: %s", message);
    else
        wadi__stream_context_mistake(ssc, &options->where, "get_or_create", status, message);
}
wadi_stream_context *(wadi_stream_context_get_or_create)(
    const char *dir, wadi_stream_context *(*create)(void *arg), void *arg,
    const wadi_recovery_options *given) {
    wadi_recovery_options options;
    bool known = wadi__options_take(&options, sizeof options, given);
    wadi_stream_context *ssc =
        create != NULL ? create(arg)
                       : wadi__nowhere_context(&options.where, "get_or_create", "the function");
    ssc = wadi__some_context(ssc, &options.where, "get_or_create");
    if (!known)
        wadi__stream_context_mistake(ssc, &options.where, "get_or_create", WADI_E_INVALID,
                                     WADI__OPTION_UNKNOWN);
    if (dir != NULL && !ssc->takes_nothing) look_into(ssc, dir, &options);
    return ssc;
}
wadi_stream_context *(wadi_stream_context_get_active_or_create)(
    const char *dir, wadi_stream_context *(*create)(void *arg), void *arg,
    const wadi_recovery_options *options) {
    wadi_stream_context *active = wadi_stream_context_get_active();
    return active != NULL ? active
                          : (wadi_stream_context_get_or_create)(dir, create, arg, options);
}
bool wadi_stream_context_is_recovered(const wadi_stream_context *ssc) {
    (void)ssc;
    return false;
}
