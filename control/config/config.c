// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/config.h"

#include "control/config/check.h"
#include "control/config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 262144u

static const char *const driver_names[CONFIG_DRIVERS] = {
    [CONFIG_AF_XDP] = "af_xdp",
    [CONFIG_AF_PACKET] = "af_packet",
    [CONFIG_TAP] = "tap",
    [CONFIG_MEMIF] = "memif",
    [CONFIG_VIRTIO_USER] = "virtio_user",
    [CONFIG_VHOST] = "vhost",
    [CONFIG_RING] = "ring",
    [CONFIG_PCI] = "pci",
};

const char *const config_keys[] = {
    "node",        "workers", "cores",      "latency_first", "memory_mb", "hugepages", "max_value_bytes",
    "diagnostics", "buffers", "quantum_us", "run_dir",       "data_dir",  NULL,
};

static uint32_t given_keys(const struct source *source)
{
    uint32_t given = 0;
    for (unsigned i = 0; config_keys[i]; i++)
        given |= (uint32_t)source_has(source, config_keys[i]) << i;
    return given;
}

void config_force_latency_first(struct config *c)
{
    c->latency_first = true;
    for (unsigned i = 0; config_keys[i]; i++)
        c->forced |= (uint32_t)!strcmp(config_keys[i], "latency_first") << i;
}

const char *config_driver_name(enum config_driver d)
{
    return driver_names[d];
}

struct config *config_parse(const char *name, const char *text, size_t len, char *err, size_t err_len)
{
    unsigned line;
    char problem[160];
    struct source *source = source_open(text, len, &line, problem, sizeof(problem));
    if (!source) {
        snprintf(err, err_len, "%s:%u: %s", name, line, problem);
        return NULL;
    }
    struct fault f = {.file = name, .source = source, .err = err, .err_len = err_len};
    struct config *c = schema_load(text, len, &f);
    if (c && (!defaults_fill(c, &f) || !check_config(c, &f))) {
        config_free(c);
        c = NULL;
    }
    if (c)
        c->given = given_keys(source);
    source_close(source);
    return c;
}

struct config *config_load(const char *path, char *err, size_t err_len)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(FILE_MAX + 1);
    struct config *c = NULL;
    if (!file) {
        snprintf(err, err_len, "%s: cannot open: %s", path, strerror(errno));
    } else if (!text) {
        snprintf(err, err_len, "%s: no memory", path);
    } else {
        size_t len = fread(text, 1, FILE_MAX + 1, file);
        if (ferror(file))
            snprintf(err, err_len, "%s: cannot read: %s", path, strerror(errno));
        else if (len > FILE_MAX)
            snprintf(err, err_len, "%s: longer than %u bytes; this is no configuration", path, FILE_MAX);
        else
            c = config_parse(path, text, len, err, err_len);
    }
    if (file)
        fclose(file);
    free(text);
    return c;
}

void config_free(struct config *c)
{
    if (c)
        schema_free(c);
}
