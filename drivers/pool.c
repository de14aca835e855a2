// SPDX-License-Identifier: BSD-3-Clause
#include "drivers/pool.h"

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

static bool fill(struct rte_mempool *pool, uint16_t room, uint16_t private_room)
{
    struct rte_pktmbuf_pool_private shared = {.mbuf_data_room_size = room, .mbuf_priv_size = private_room};
    int rc = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);

    if (rc == 0) {
        rte_pktmbuf_pool_init(pool, &shared);
        rc = rte_mempool_populate_default(pool);
    }
    if (rc < 0) {
        rte_errno = -rc;
        return false;
    }
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
    return true;
}

struct rte_mempool *pool_create(const char *name, unsigned n, unsigned cache, uint16_t private_room,
                                uint16_t room, int socket, bool dma)
{
    if (dma)
        return rte_pktmbuf_pool_create(name, n, cache, private_room, room, socket);
    struct rte_mempool *pool = rte_mempool_create_empty(
        name, n, sizeof(struct rte_mbuf) + private_room + room, cache,
        sizeof(struct rte_pktmbuf_pool_private), socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (pool && !fill(pool, room, private_room)) {
        rte_mempool_free(pool);
        return NULL;
    }
    return pool;
}
