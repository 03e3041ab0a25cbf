/* SPDX-License-Identifier: Apache-2.0 */
/* file_listing.h: the plain files that lie directly in a directory, or in all directories that
 * match a pattern, with their modification times. */
#ifndef WADI_SOURCE_FILE_LISTING_H
#define WADI_SOURCE_FILE_LISTING_H
#include "fs/fs.h"
#include "source/file_selection.h"

typedef struct wadi__file_listing {   /* starts as zeros */
    wadi__names paths;                /* sorted in each directory */
    WADI__VEC(wadi__candidate) files; /* of the same number; they point at `paths` */
    bool has_directory;               /* there was one at least */
} wadi__file_listing;

/* What vanishes meanwhile is left out. After an error the listing is to be released all the same.
 */
wadi_status wadi__file_listing_make(wadi__file_listing *listing, wadi__env *env,
                                    const char *pattern, wadi_error *err);
void wadi__file_listing_fini(wadi__file_listing *listing);
#endif
