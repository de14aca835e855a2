// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/store/record.h"

#include "dataplane/store/store.h"

const void *record_key(const struct record *r, uint32_t *len)
{
    *len = record_key_len(r);
    return record_key_at(r);
}

void *record_value(struct record *r, uint32_t *len)
{
    *len = record_value_len(r);
    return record_key_at(r) + record_key_len(r);
}

uint32_t record_version(const struct record *r)
{
    return r->ver;
}

uint64_t record_timestamp(const struct record *r)
{
    return r->ts;
}

uint64_t record_expiry(const struct record *r)
{
    return record_when(r);
}

uint8_t record_origin(const struct record *r)
{
    return r->meta & RECORD_ORIGIN_MASK;
}
