/* SPDX-License-Identifier: Apache-2.0 */
/* assets.h: the files of assets/, and the chart library where scripts/get_charts has fetched it, as
 * they are served below /static/. The table is made by assets/embed.py. */
#ifndef WADI_UI_ASSETS_H
#define WADI_UI_ASSETS_H
#include <stddef.h>

typedef struct wadi__asset {
    const char *name, *type, *etag;
    const char *bytes;
    size_t size;
} wadi__asset;
extern const wadi__asset wadi__assets[];
extern const size_t wadi__asset_count;
#endif
