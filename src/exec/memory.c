/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c: shares of the bound, and who leaves first. */
#include "exec/memory.h"

#include "base/log.h"
#include "base/pool.h"
#include "exec/engine.h"
#include "exec/engine_listener.h"

enum { SHARE_MIN = 64 << 10 };
size_t wadi__memory_share_most = SIZE_MAX;

size_t wadi__memory_share(const wadi__task *task) {
    size_t limit = wadi__pool_limit(), used = wadi__pool_in_use();
    if (wadi__memory_share_most != SIZE_MAX) return wadi__memory_share_most;
    if (limit == 0) return SIZE_MAX;
    size_t share = limit / 2 / task->sc->engine->slots;
    if (task->is_short && share > (limit - (used < limit ? used : limit)) / 2)
        share = (limit - (used < limit ? used : limit)) / 2;
    return share > SHARE_MIN ? share : SHARE_MIN;
}
/* Whether something has left memory. */
static bool evict_one(wadi_context *sc) {
    wadi__engine *engine = sc->engine;
    wadi__evicted left;
    wadi_error err = WADI_ERROR_INIT;
    wadi_status status = wadi__block_store_evict(&engine->blocks, &left, &err);
    uint64_t freed = left.freed_bytes;
    if (freed > 0 && wadi__engine_tells_blocks(sc)) wadi__tell_block_evicted(sc, &left);
    if (status == WADI_OK && freed == 0)
        status = wadi__shuffle_store_evict(&engine->shuffles, engine->spill, &freed, &err);
    if (status != WADI_OK)
        wadi__log_warn("exec", "what nobody uses stays in memory: %s", err.message);
    return freed > 0;
}
static bool has_room(size_t limit, uint64_t size_bytes) {
    return size_bytes < limit && wadi__pool_in_use() + size_bytes <= limit / 8 * 7;
}
bool wadi__memory_make_room(wadi_context *sc, uint64_t size_bytes) {
    const size_t limit = wadi__memory_share_most != SIZE_MAX ? 1 : wadi__pool_limit();
    if (limit == 0) return true;
    while (!has_room(limit, size_bytes))
        if (!evict_one(sc)) return has_room(limit, size_bytes);
    return true;
}
