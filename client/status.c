// SPDX-License-Identifier: BSD-3-Clause
#include "client/godwit.h"

static const char *const names[GODWIT_STATUS_MAX] = {
    [GODWIT_OK] = "ok",
    [GODWIT_NOT_FOUND] = "not_found",
    [GODWIT_EXISTS] = "exists",
    [GODWIT_VERSION_DIFFERS] = "version",
    [GODWIT_NOT_INTEGER] = "not_integer",
    [GODWIT_OVERFLOW] = "overflow",
    [GODWIT_NO_MEMORY] = "no_memory",
    [GODWIT_TOO_LARGE] = "too_large",
    [GODWIT_NOT_EXECUTED] = "not_executed",
    [GODWIT_TOOBIG] = "toobig",
    [GODWIT_OVERLOADED] = "overloaded",
    [GODWIT_NOT_READY] = "not_ready",
    [GODWIT_TIMEOUT] = "timeout",
    [GODWIT_REFUSED] = "refused",
    [GODWIT_BAD_TENANT] = "bad_tenant",
    [GODWIT_UNKNOWN] = "unknown",
    [GODWIT_ANSWER_LOST] = "answer_lost",
    [GODWIT_BUSY] = "busy",
    [GODWIT_INVALID] = "invalid",
    [GODWIT_SYSTEM] = "system",
};

const char *godwit_status_name(unsigned status)
{
    return status < GODWIT_STATUS_MAX ? names[status] : "?";
}
