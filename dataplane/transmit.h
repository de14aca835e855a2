// SPDX-License-Identifier: BSD-3-Clause
// Sending: frames are collected per port and given to it in bursts; a worker without a queue on the port
// hands them to one that has.
#ifndef GODWIT_DATAPLANE_TRANSMIT_H
#define GODWIT_DATAPLANE_TRANSMIT_H

#include "dataplane/worker.h"

// Sends the frame in m (complete, data_len = pkt_len set) out of the port it belongs to (m->port). Takes
// ownership.
void transmit(struct worker *w, struct rte_mbuf *m);

// Sends the answer of len bytes that was built in place of the received frame; frees m when len is 0: there
// is none. Takes ownership.
void transmit_answer(struct worker *w, struct rte_mbuf *m, uint32_t len);

// Gives everything collected to the ports. What a port does not take is dropped by name.
void transmit_flush(struct worker *w);

#endif
