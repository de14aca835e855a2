// SPDX-License-Identifier: BSD-3-Clause
// A request or reply of the native protocol as JSON. Field names are those of docs/protocol.md.
// Session ids are strings of 16 hex digits; other numbers are JSON integers, or decimal strings where they
// exceed 2^63 - 1. Keys and values are strings where they are UTF-8, else "key_hex" and "value_hex".
#ifndef GODWIT_CLIENT_PCAP_NATIVE_JSON_H
#define GODWIT_CLIENT_PCAP_NATIVE_JSON_H

#include <jansson.h>

#include "dataplane/serve/native.h"

// Add to object what was decoded.
void native_json_request(json_t *object, const struct native_request *req);
void native_json_reply(json_t *object, const struct native_reply *rep);

#endif
