/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c: gzip by zlib, zstd by libzstd; each optional when the library is built. */
#include "fs/unpack.h"

#include "base/mem.h"

#include <limits.h>
#include <string.h>

#ifdef WADI_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef WADI_HAVE_ZSTD
#include <zstd.h>
#endif

struct wadi__unpack {
    wadi__packing packing;
    bool is_inside;   /* a member or frame has begun and not ended */
    bool has_padding; /* zeros follow the last member, as tape drives leave them: all the rest must
                         be zeros */
#ifdef WADI_HAVE_ZLIB
    z_stream gzip;
#endif
#ifdef WADI_HAVE_ZSTD
    ZSTD_DStream *zstd;
#endif
};

wadi__packing wadi__packing_of(const char *path) {
    size_t len = strlen(path);
    if (len > 3 && strcmp(path + len - 3, ".gz") == 0) return WADI__PACKING_GZIP;
    if (len > 4 && strcmp(path + len - 4, ".zst") == 0) return WADI__PACKING_ZSTD;
    return WADI__PACKING_NONE;
}

/* ---- gzip ---- */

#ifdef WADI_HAVE_ZLIB
static void *zlib_alloc(void *arg, unsigned count, unsigned size) {
    (void)arg;
    return wadi__calloc(count, size);
}
static void zlib_free(void *arg, void *p) {
    (void)arg;
    wadi__free(p);
}
static wadi_status gzip_init(wadi__unpack *unpack, wadi_error *err) {
    unpack->gzip.zalloc = zlib_alloc;
    unpack->gzip.zfree = zlib_free;
    if (inflateInit2(&unpack->gzip, 16 + MAX_WBITS) == Z_OK) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory to unpack gzip data");
}
static wadi_status gzip_run(wadi__unpack *unpack, const char **in, const char *in_end, char **out,
                            char *out_end, wadi_error *err) {
    z_stream *stream = &unpack->gzip;
    for (bool first = true; *out < out_end && (*in < in_end || (first && unpack->is_inside));
         first = false) {
        if (!unpack->is_inside && (unpack->has_padding || (stream->total_in > 0 && **in == 0))) {
            unpack->has_padding = true;
            if (*(*in)++ != 0)
                return wadi_error_context(err, WADI_E_CORRUPT,
                                          "bytes follow the zeros behind gzip data");
            continue;
        }
        size_t in_size = (size_t)(in_end - *in), out_size = (size_t)(out_end - *out);
        stream->next_in = (unsigned char *)(uintptr_t)*in;
        stream->avail_in = in_size < UINT_MAX ? (unsigned)in_size : UINT_MAX;
        stream->next_out = (unsigned char *)*out;
        stream->avail_out = out_size < UINT_MAX ? (unsigned)out_size : UINT_MAX;
        unpack->is_inside = true;
        int rc = inflate(stream, Z_NO_FLUSH);
        *in = (const char *)stream->next_in;
        *out = (char *)stream->next_out;
        if (rc == Z_STREAM_END) {
            unpack->is_inside = false;
            unsigned long seen = stream->total_in;
            inflateReset(stream);
            stream->total_in = seen; /* tells the first member from further ones */
        } else if (rc == Z_MEM_ERROR) {
            return wadi_error_context(err, WADI_E_NOMEM, "no memory to unpack gzip data");
        } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
            return wadi_error_context(err, WADI_E_CORRUPT, "damaged gzip data: %s",
                                      stream->msg != NULL ? stream->msg
                                                          : "a dictionary is missing");
        }
    }
    return WADI_OK;
}
#endif

/* ---- zstd ---- */

#ifdef WADI_HAVE_ZSTD
static wadi_status zstd_init(wadi__unpack *unpack, wadi_error *err) {
    unpack->zstd = wadi__mem_refused() ? NULL : ZSTD_createDStream();
    if (unpack->zstd != NULL) return WADI_OK;
    return wadi_error_context(err, WADI_E_NOMEM, "no memory to unpack zstd data");
}
static wadi_status zstd_run(wadi__unpack *unpack, const char **in, const char *in_end, char **out,
                            char *out_end, wadi_error *err) {
    ZSTD_inBuffer from = {*in, (size_t)(in_end - *in), 0};
    ZSTD_outBuffer to = {*out, (size_t)(out_end - *out), 0};
    wadi_status status = WADI_OK;
    for (bool first = true; status == WADI_OK && to.pos < to.size &&
                            (from.pos < from.size || (first && unpack->is_inside));
         first = false) {
        size_t rc = ZSTD_decompressStream(unpack->zstd, &to, &from);
        if (ZSTD_isError(rc))
            status = wadi_error_context(err, WADI_E_CORRUPT, "damaged zstd data: %s",
                                        ZSTD_getErrorName(rc));
        unpack->is_inside = rc != 0;
    }
    if (from.pos > 0) *in += from.pos;
    *out += to.pos;
    return status;
}
#endif

/* ---- Both ---- */

wadi_status wadi__unpack_new(wadi__packing packing, wadi__unpack **unpack, wadi_error *err) {
    wadi__unpack *made = wadi__calloc(1, sizeof *made);
    if (made == NULL) return wadi_error_context(err, WADI_E_NOMEM, "no memory to unpack a file");
    wadi_status status = WADI_E_INVALID;
    made->packing = packing;
#ifdef WADI_HAVE_ZLIB
    if (packing == WADI__PACKING_GZIP) status = gzip_init(made, err);
#endif
#ifdef WADI_HAVE_ZSTD
    if (packing == WADI__PACKING_ZSTD) status = zstd_init(made, err);
#endif
    if (status == WADI_E_INVALID)
        wadi_error_context(err, status, "this libwadi was built without %s",
                           packing == WADI__PACKING_GZIP ? "zlib" : "libzstd");
    if (status == WADI_OK)
        *unpack = made;
    else
        wadi__free(made);
    return status;
}
void wadi__unpack_free(wadi__unpack *unpack) {
    if (unpack == NULL) return;
#ifdef WADI_HAVE_ZLIB
    if (unpack->packing == WADI__PACKING_GZIP) inflateEnd(&unpack->gzip);
#endif
#ifdef WADI_HAVE_ZSTD
    if (unpack->packing == WADI__PACKING_ZSTD) ZSTD_freeDStream(unpack->zstd);
#endif
    wadi__free(unpack);
}
wadi_status wadi__unpack_run(wadi__unpack *unpack, const char **in, const char *in_end, char **out,
                             char *out_end, wadi_error *err) {
#ifdef WADI_HAVE_ZLIB
    if (unpack->packing == WADI__PACKING_GZIP)
        return gzip_run(unpack, in, in_end, out, out_end, err);
#endif
#ifdef WADI_HAVE_ZSTD
    if (unpack->packing == WADI__PACKING_ZSTD)
        return zstd_run(unpack, in, in_end, out, out_end, err);
#endif
    (void)unpack, (void)in, (void)in_end, (void)out, (void)out_end;
    return wadi_error_context(err, WADI_E_INVALID, "this libwadi cannot unpack files");
}
wadi_status wadi__unpack_end(const wadi__unpack *unpack, wadi_error *err) {
    if (!unpack->is_inside) return WADI_OK;
    return wadi_error_context(err, WADI_E_CORRUPT, "the %s data is cut off",
                              unpack->packing == WADI__PACKING_GZIP ? "gzip" : "zstd");
}
