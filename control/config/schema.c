// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/schema.h"

#include "control/config/nearest.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX  4096
#define DEPTH_MAX 8

#define OPTIONAL  CYAML_FLAG_OPTIONAL
#define POINTER   CYAML_FLAG_POINTER
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
// libcyaml's own boolean takes any word for true.
#define BOOL(key, type, member)                                                                              \
    CYAML_FIELD_ENUM(key, OPTIONAL | CYAML_FLAG_STRICT, type, member, booleans, COUNT(booleans))
#define TEXT(key, flags, type, member)                                                                       \
    CYAML_FIELD_STRING_PTR(key, POINTER | (flags), type, member, 0, TEXT_MAX)

static const cyaml_strval_t booleans[] = {
    {"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1}, {"off", 0},
};
static const cyaml_strval_t hugepages[] = {
    {"auto", CONFIG_HUGEPAGES_AUTO},
    {"required", CONFIG_HUGEPAGES_REQUIRED},
    {"never", CONFIG_HUGEPAGES_NEVER},
};
static const cyaml_strval_t drivers[] = {
    {"af_xdp", CONFIG_AF_XDP},
    {"af_packet", CONFIG_AF_PACKET},
    {"tap", CONFIG_TAP},
    {"memif", CONFIG_MEMIF},
    {"virtio_user", CONFIG_VIRTIO_USER},
    {"vhost", CONFIG_VHOST},
    {"ring", CONFIG_RING},
    {"pci", CONFIG_PCI},
};

static const cyaml_schema_value_t text_entry = {CYAML_VALUE_STRING(POINTER, char, 0, TEXT_MAX)};
static const cyaml_schema_value_t number_entry = {CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint32_t)};

static const cyaml_schema_field_t neighbour_fields[] = {
    TEXT("address", 0, struct config_neighbour, address),
    TEXT("mac", 0, struct config_neighbour, mac),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t neighbour_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_neighbour, neighbour_fields)};

static const cyaml_schema_field_t port_fields[] = {
    TEXT("name", 0, struct config_port, name),
    CYAML_FIELD_ENUM("driver", CYAML_FLAG_STRICT, struct config_port, driver, drivers, COUNT(drivers)),
    TEXT("device", OPTIONAL, struct config_port, device),
    CYAML_FIELD_UINT("queues", OPTIONAL, struct config_port, queues),
    CYAML_FIELD_UINT("mtu", OPTIONAL, struct config_port, mtu),
    CYAML_FIELD_SEQUENCE("addresses", POINTER | OPTIONAL, struct config_port, addresses, &text_entry, 0,
                         CONFIG_ADDRESSES_MAX),
    TEXT("gateway", OPTIONAL, struct config_port, gateway),
    TEXT("gateway6", OPTIONAL, struct config_port, gateway6),
    CYAML_FIELD_SEQUENCE("neighbours", POINTER | OPTIONAL, struct config_port, neighbours, &neighbour_entry,
                         0, CONFIG_NEIGHBOURS_MAX),
    TEXT("mac", OPTIONAL, struct config_port, mac),
    BOOL("copy", struct config_port, copy),
    CYAML_FIELD_UINT("busy_budget", OPTIONAL, struct config_port, busy_budget),
    BOOL("server", struct config_port, server),
    BOOL("zero_copy", struct config_port, zero_copy),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t port_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_port, port_fields)};

static const cyaml_schema_field_t config_fields[] = {
    TEXT("node", OPTIONAL, struct config, node),
    CYAML_FIELD_UINT("workers", OPTIONAL, struct config, workers),
    CYAML_FIELD_SEQUENCE("cores", POINTER | OPTIONAL, struct config, cores, &number_entry, 0,
                         CONFIG_WORKERS_MAX),
    BOOL("latency_first", struct config, latency_first),
    CYAML_FIELD_UINT("memory_mb", OPTIONAL, struct config, memory_mb),
    CYAML_FIELD_ENUM("hugepages", OPTIONAL | CYAML_FLAG_STRICT, struct config, hugepages, hugepages,
                     COUNT(hugepages)),
    CYAML_FIELD_UINT("max_value_bytes", OPTIONAL, struct config, max_value_bytes),
    BOOL("diagnostics", struct config, diagnostics),
    CYAML_FIELD_UINT("buffers", OPTIONAL, struct config, buffers),
    CYAML_FIELD_UINT("quantum_us", OPTIONAL, struct config, quantum_us),
    TEXT("run_dir", OPTIONAL, struct config, run_dir),
    TEXT("data_dir", OPTIONAL, struct config, data_dir),
    CYAML_FIELD_SEQUENCE("ports", POINTER, struct config, ports, &port_entry, 1, CONFIG_PORTS_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t config_value = {CYAML_VALUE_MAPPING(POINTER, struct config, config_fields)};

// What libcyaml's log says of a failure: the subject of its first line, and the keys around it, innermost
// first.
struct trace {
    char subject[64];
    bool twice;
    char steps[DEPTH_MAX][72]; // ".mtu", "[0]", or "" for a mapping before its first known key
    unsigned depth;
};

static void copy_until(char *to, size_t size, const char *from, const char *end)
{
    const char *stop = strstr(from, end);
    size_t len = stop ? (size_t)(stop - from) : strlen(from);
    snprintf(to, size, "%.*s", (int)(len < size ? len : size - 1), from);
}

static const char *after(const char *line, const char *prefix)
{
    size_t len = strlen(prefix);
    return !strncmp(line, prefix, len) ? line + len : NULL;
}

static void trace_line(struct trace *t, const char *line)
{
    const char *rest;
    char *step = t->depth < DEPTH_MAX ? t->steps[t->depth] : NULL;
    if ((rest = after(line, "Load: Unexpected key: ")) ||
        (rest = after(line, "Load: Missing required mapping field: "))) {
        copy_until(t->subject, sizeof(t->subject), rest, "\n");
    } else if (after(line, "Load: Mapping field already seen: ")) {
        t->twice = true;
    } else if (step && (rest = after(line, "  in mapping field '"))) {
        step[0] = '.';
        copy_until(step + 1, sizeof(t->steps[0]) - 1, rest, "' (line");
        t->depth++;
    } else if (step && (rest = after(line, "  in sequence entry '"))) {
        // Counted from 1, and 0 when there is no entry yet.
        unsigned long entry = strtoul(rest, NULL, 10);
        snprintf(step, sizeof(t->steps[0]), "[%lu]", entry ? entry - 1 : 0);
        t->depth++;
    } else if (step && after(line, "  in mapping (")) {
        step[0] = '\0';
        t->depth++;
    }
}

static void trace_log(cyaml_log_t level, void *ctx, const char *format, va_list args)
{
    char line[256];
    (void)level;
    vsnprintf(line, sizeof(line), format, args);
    trace_line(ctx, line);
}

// The key of the trace from its step `from` outwards, then subject: "ports[0].mtu".
static void trace_key(const struct trace *t, unsigned from, const char *subject, char *key)
{
    size_t n = 0;
    key[0] = '\0';
    for (unsigned i = t->depth; i > from && n < FAULT_KEY_MAX; i--)
        n += (size_t)snprintf(key + n, FAULT_KEY_MAX - n, "%s", t->steps[i - 1]);
    if (*subject && n < FAULT_KEY_MAX)
        snprintf(key + n, FAULT_KEY_MAX - n, ".%s", subject);
    if (key[0] == '.')
        memmove(key, key + 1, strlen(key));
}

static const cyaml_schema_field_t *fields_at(const char *parent)
{
    if (!*parent)
        return config_fields;
    return strstr(parent, ".neighbours") ? neighbour_fields : port_fields;
}

static bool unknown_key(struct fault *f, const char *parent, const char *key, const char *name)
{
    const char *known[COUNT(port_fields) + COUNT(config_fields)];
    char list[256] = "";
    size_t n = 0;
    for (const cyaml_schema_field_t *field = fields_at(parent); field->key; field++) {
        size_t len = strlen(list);
        snprintf(list + len, sizeof(list) - len, "%s%s", n ? ", " : "", field->key);
        known[n++] = field->key;
    }
    const char *nearest = nearest_word(name, known, n);
    if (nearest)
        return fault_set(f, key, "unknown key; did you mean '%s'?", nearest);
    return fault_set(f, key, "unknown key; known here: %s", list);
}

static bool explain(struct fault *f, const struct trace *t, cyaml_err_t why)
{
    char key[FAULT_KEY_MAX], parent[FAULT_KEY_MAX];
    unsigned inner = t->depth ? 1 : 0;
    trace_key(t, inner, "", parent);
    trace_key(t, t->subject[0] ? inner : 0, t->subject, key);
    switch (why) {
    case CYAML_ERR_INVALID_KEY:
        return unknown_key(f, parent, key, t->subject);
    case CYAML_ERR_MAPPING_FIELD_MISSING:
        return fault_set(f, key, "is missing; give %s", fault_accepted(key));
    case CYAML_ERR_SEQUENCE_ENTRIES_MIN:
    case CYAML_ERR_SEQUENCE_ENTRIES_MAX:
        return fault_set(f, parent, "too %s entries; give %s",
                         why == CYAML_ERR_SEQUENCE_ENTRIES_MIN ? "few" : "many", fault_accepted(parent));
    case CYAML_ERR_ALIAS:
        return fault_set(f, key, "aliases are not accepted; write the value out");
    case CYAML_ERR_OOM:
        return fault_set(f, "", "no memory");
    default:
        if (t->twice)
            return fault_set(f, key, "given twice; give it once");
        return fault_accepted(key) ? fault_value(f, key) : fault_set(f, key, "%s", cyaml_strerror(why));
    }
}

static cyaml_config_t settings(struct trace *t)
{
    return (cyaml_config_t){.log_fn = trace_log,
                            .log_ctx = t,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR,
                            .flags = CYAML_CFG_NO_ALIAS};
}

struct config *schema_load(const char *text, size_t len, struct fault *f)
{
    struct trace trace = {0};
    cyaml_config_t how = settings(&trace);
    struct config *c = NULL;
    cyaml_err_t why =
        cyaml_load_data((const uint8_t *)text, len, &how, &config_value, (cyaml_data_t **)&c, NULL);
    if (why != CYAML_OK)
        explain(f, &trace, why);
    else if (!c)
        fault_set(f, "", "the file is empty; give %s", fault_accepted(""));
    return why == CYAML_OK ? c : NULL;
}

void schema_free(struct config *c)
{
    struct trace trace = {0};
    cyaml_config_t how = settings(&trace);
    cyaml_free(&how, &config_value, c, 0);
}
