/* SPDX-License-Identifier: Apache-2.0 */
/* doctor.c: `wadi doctor`: looks at the machine, its limits and the settings, as a program would
 * find them, and says what to change. */
#include "base/machine.h"
#include "base/module.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "cli/values.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

enum { FILES_WANTED = 4096, SPACE_WANTED_MIB = 1024, CLOCK_OFF_MAX_MS = 500 };

typedef enum verdict { FINE, REMARK, WRONG } verdict;
typedef struct examination {
    const wadi__conf *conf;
    bool as_json;
    unsigned remarks, wrongs;
    wadi__text out;
} examination;

/* What was looked at, what was found, and what to do about it; to_do NULL: nothing. */
static void tell(examination *self, verdict given, const char *what, const char *to_do,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void tell(examination *self, verdict given, const char *what, const char *to_do,
                 const char *fmt, ...) {
    static const char *const words[] = {"ok", "remark", "wrong"};
    char found[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(found, sizeof found, fmt, args);
    va_end(args);
    self->remarks += given == REMARK;
    self->wrongs += given == WRONG;
    if (!self->as_json) {
        wadi__cli_format(&self->out, "%-7s %-10s %s\n", words[given], what, found);
        if (to_do != NULL) wadi__cli_format(&self->out, "%-18s to do: %s\n", "", to_do);
        return;
    }
    wadi__cli_format(&self->out, "{\"verdict\":\"%s\",\"what\":\"%s\",\"found\":", words[given],
                     what);
    wadi__cli_json_string(&self->out, found, strlen(found));
    if (to_do != NULL) {
        wadi__cli_format(&self->out, ",\"toDo\":");
        wadi__cli_json_string(&self->out, to_do, strlen(to_do));
    }
    wadi__cli_format(&self->out, "}\n");
}

/* ---- The machine ---- */

static void look_at_cores(examination *self) {
    uint32_t usable = wadi__machine_cores();
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    tell(self, usable > 1 ? FINE : REMARK, "cores",
         usable > 1 ? NULL
                    : "a program with a receiver needs two slots: --master 'local[2]' at least",
         "%u of %ld may be used; local[*] is local[%u]", usable, online, usable);
}
static void look_at_memory(examination *self) {
    double all_mib = (double)wadi__machine_memory_bytes() / 1048576;
    bool is_set = wadi__conf_is_set(self->conf, WADI__CONF_MEMORY_MAX);
    double bound_mib = is_set ? (double)wadi__conf_int(self->conf, WADI__CONF_MEMORY_MAX) / 1048576
                              : 0.6 * all_mib;
    bool is_too_much = bound_mib > 0.9 * all_mib;
    tell(self, is_too_much ? WRONG : FINE, "memory",
         is_too_much
             ? "lower wadi.memory.max_bytes to 60 % of the memory, so that the kernel need not "
               "end the program"
             : NULL,
         "%.0f MiB may be used; the bound for records is %.0f MiB%s", all_mib, bound_mib,
         is_set ? "" : ", 60 % of that");
}
static void look_at_files(examination *self) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    bool is_few = limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < FILES_WANTED;
    tell(self, is_few ? REMARK : FINE, "files",
         is_few ? "ulimit -n 65536, or LimitNOFILE=65536 in the service's unit" : NULL,
         "%llu may be open at once", (unsigned long long)limit.rlim_cur);
}
static void look_at_core_files(examination *self) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
    bool is_off = limit.rlim_cur == 0;
    tell(self, FINE, "core", NULL, "core files are %s", is_off ? "off" : "on");
}
static void look_at_clock(examination *self) {
    struct timex now = {0};
    int state = adjtimex(&now);
    bool is_off = state == TIME_ERROR || (now.status & STA_UNSYNC) != 0;
    double error_ms = (double)now.maxerror / 1000;
    if (state < 0)
        tell(self, REMARK, "clock", NULL, "the kernel does not tell: %s", strerror(errno));
    else if (is_off || error_ms > CLOCK_OFF_MAX_MS)
        tell(self, REMARK, "clock",
             "run chrony or systemd-timesyncd: file streams and batch times go by it",
             "it is not kept in step with others");
    else
        tell(self, FINE, "clock", NULL, "it is kept in step, to %.0f ms", error_ms);
}
static void look_at_modules(examination *self) {
    static const struct {
        const char *name, *symbol, *what;
    } modules[] = {{"ui", "wadi__http_module", "web pages, REST and metrics"},
                   {"json", "wadi__json_module", "JSON records"},
                   {"postgres", "wadi__postgres_module", "saving to PostgreSQL"}};
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        wadi_error err = WADI_ERROR_INIT;
        bool is_there = wadi__module_open(modules[i].name, modules[i].symbol, &err) != NULL;
        if (is_there)
            tell(self, FINE, "module", NULL, "%s: wadi-%s is there", modules[i].what,
                 modules[i].name);
        else
            tell(self, REMARK, "module", "install what it needs, if the program uses it", "%s: %s",
                 modules[i].what, err.message);
    }
}

/* ---- Places ---- */

static void look_at_place(examination *self, const char *what, const char *setting,
                          const char *path) {
    struct statvfs space;
    char to_do[200];
    snprintf(to_do, sizeof to_do, "make it, give it to the program's user, or change %s", setting);
    if (statvfs(path, &space) != 0 || access(path, W_OK | X_OK) != 0) {
        tell(self, WRONG, what, to_do, "%s: %s", path, strerror(errno));
        return;
    }
    double free_mib = (double)space.f_bavail * (double)space.f_frsize / 1048576;
    bool is_little = free_mib < SPACE_WANTED_MIB;
    snprintf(to_do, sizeof to_do, "make room, or change %s", setting);
    tell(self, is_little ? REMARK : FINE, what, is_little ? to_do : NULL, "%s: %.0f MiB are free",
         path, free_mib);
}
static void look_at_places(examination *self) {
    const char *checkpoint = wadi__conf_string(self->conf, WADI__CONF_CHECKPOINT_DIRECTORY);
    look_at_place(self, "spill", "spark.local.dir",
                  wadi__conf_string(self->conf, WADI__CONF_LOCAL_DIR));
    if (checkpoint != NULL && checkpoint[0] != 0)
        look_at_place(self, "checkpoint", "spark.streaming.checkpoint.directory", checkpoint);
}
static void look_at_port(examination *self) {
    if (!wadi__conf_bool(self->conf, WADI__CONF_UI_ENABLED)) return;
    int port = (int)wadi__conf_int(self->conf, WADI__CONF_UI_PORT);
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (probe < 0) return;
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool is_free = bind(probe, (struct sockaddr *)&at, sizeof at) == 0;
    close(probe);
    if (port == 0) return;
    tell(self, FINE, "port", NULL,
         is_free ? "%d is free for the pages"
                 : "%d is taken; the pages will be at the next free one",
         port);
}

/* ---- Settings ---- */

static void look_at_mistakes(examination *self) {
    size_t count = wadi__conf_mistake_count(self->conf);
    for (size_t i = 0; i < count; i++)
        tell(self, WRONG, "settings", "correct it: no program starts with it", "%s",
             wadi__conf_mistake(self->conf, i));
    if (count == 0) tell(self, FINE, "settings", NULL, "no mistakes");
}
static void look_at_pages(examination *self) {
    const wadi__conf *conf = self->conf;
    const char *address = wadi__conf_string(conf, WADI__CONF_UI_BIND);
    bool is_own = strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
    bool is_asked = wadi__conf_string(conf, WADI__CONF_UI_PASSWORD) != NULL ||
                    wadi__conf_string(conf, WADI__CONF_UI_TOKEN) != NULL;
    bool is_secure = wadi__conf_string(conf, WADI__CONF_UI_CERTIFICATE) != NULL;
    if (is_own || !wadi__conf_bool(conf, WADI__CONF_UI_ENABLED)) return;
    if (!is_asked)
        tell(self, REMARK, "pages", "set wadi.ui.password or wadi.ui.token",
             "whoever reaches %s reads them", address);
    else if (!is_secure)
        tell(self, REMARK, "pages", "set wadi.ui.tls_certificate and wadi.ui.tls_key",
             "passwords go to %s in the clear", address);
}
static void look_at_settings(examination *self) {
    const wadi__conf *conf = self->conf;
    bool limits = wadi__conf_bool(conf, WADI__CONF_BACKPRESSURE_ENABLED) ||
                  wadi__conf_is_set(conf, WADI__CONF_RECEIVER_MAX_RATE);
    bool logs = wadi__conf_bool(conf, WADI__CONF_RECEIVER_WAL_ENABLE);
    bool is_graceful = wadi__conf_bool(conf, WADI__CONF_STOP_GRACEFULLY);
    if (!limits)
        tell(self, REMARK, "load",
             "spark.streaming.backpressure.enabled=true, if batches fall behind",
             "receivers take what comes, up to the bound on memory");
    if (!logs && !is_graceful)
        tell(self, REMARK, "ending",
             "spark.streaming.stopGracefullyOnShutdown=true, or "
             "spark.streaming.receiver.writeAheadLog."
             "enable=true, where receivers must lose nothing",
             "SIGTERM does not wait for what receivers hold");
}

static int run(const wadi__cli_args *args) {
    wadi__conf *conf = wadi__cli_settings_read(args);
    examination self = {.conf = conf, .as_json = wadi__cli_value(args, "json") != NULL};
    look_at_cores(&self);
    look_at_memory(&self);
    look_at_files(&self);
    look_at_core_files(&self);
    look_at_clock(&self);
    look_at_places(&self);
    look_at_port(&self);
    look_at_modules(&self);
    look_at_mistakes(&self);
    look_at_pages(&self);
    look_at_settings(&self);
    wadi__cli_flush(&self.out);
    if (wadi__cli_value(args, "settings") != NULL) wadi__conf_print(conf, stdout);
    if (!self.as_json) printf("%u wrong, %u remarks\n", self.wrongs, self.remarks);
    wadi__text_fini(&self.out);
    wadi__conf_free(conf);
    return self.wrongs > 0 ? WADI__CLI_FOUND : WADI__CLI_OK;
}
const wadi__cli_command wadi__cli_doctor = {
    .name = "doctor",
    .usage = "[OPTIONS]",
    .summary = "looks at machine, limits and settings, and says what to change",
    .text =
        "Takes the settings options of run, and looks at what a program would find with them. Exit "
        "status 1: something is wrong; remarks are no reason for it. Secrets are hidden.",
    .options = {WADI__CLI_SETTING_OPTIONS,
                {"settings", 0, NULL, "prints every setting with its origin, too", false},
                {"json", 0, NULL, "as JSON, a finding a line", false}},
    .examples = {{"wadi doctor --properties-file wordcount.conf --settings",
                  "before a program goes live"}},
    .run = run,
};
