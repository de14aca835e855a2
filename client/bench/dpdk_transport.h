// SPDX-License-Identifier: BSD-3-Clause
// The client library over a DPDK port: context is the struct dpdk_port.
#ifndef GODWIT_CLIENT_BENCH_DPDK_TRANSPORT_H
#define GODWIT_CLIENT_BENCH_DPDK_TRANSPORT_H

#include "client/client.h"

extern const struct client_transport dpdk_transport;

#endif
