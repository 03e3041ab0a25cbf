/* SPDX-License-Identifier: Apache-2.0 */
/* version.c: `wadi version`: of the program, and of the libraries that it was built with. */
#include "cli/commands.h"

#include <lz4.h>
#include <stdio.h>
#include <xxhash.h>
#ifdef WADI_HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef WADI_HAVE_ZLIB
#include <zlib.h>
#endif

static int run(const wadi__cli_args *args) {
    printf("wadi %s\n", WADI_VERSION);
    if (wadi__cli_value(args, "verbose") == NULL) return WADI__CLI_OK;
    printf("compiler %s\n", __VERSION__);
    printf("lz4 %s\n", LZ4_versionString());
    printf("xxhash %u.%u.%u\n", XXH_versionNumber() / 10000, XXH_versionNumber() / 100 % 100,
           XXH_versionNumber() % 100);
#ifdef WADI_HAVE_ZSTD
    printf("zstd %s\n", ZSTD_versionString());
#endif
#ifdef WADI_HAVE_ZLIB
    printf("zlib %s\n", zlibVersion());
#endif
    return WADI__CLI_OK;
}
const wadi__cli_command wadi__cli_version = {
    .name = "version",
    .usage = "[--verbose]",
    .summary = "prints the version",
    .options = {{"verbose", 'v', NULL, "the libraries too", false}},
    .run = run,
};
