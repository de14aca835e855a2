// SPDX-License-Identifier: BSD-3-Clause
// Key -> slot, exactly as Redis Cluster: CRC16 (XMODEM) of the key, or of the part between the first '{' and
// the next '}' when that part is not empty, modulo 16384. Pure; used by data plane, client library and tools.
#ifndef GODWIT_CONTROL_CLUSTER_SLOT_H
#define GODWIT_CONTROL_CLUSTER_SLOT_H

#include <stdint.h>

#define SLOT_COUNT 16384u

// CRC-16/XMODEM: polynomial 0x1021, initial value 0, no reflection. CRC of "123456789" is 0x31c3.
uint16_t crc16(const void *data, uint32_t len);
uint16_t slot_of_key(const void *key, uint32_t len);

#endif
