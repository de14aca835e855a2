// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/request.h"

#include "control/api/api.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TIMEOUT_MS 5000

// Which group may use the socket, as far as this user can see.
static void explain_denied(const char *socket)
{
    struct stat st;
    const struct group *g = stat(socket, &st) == 0 ? getgrgid(st.st_gid) : NULL;
    fprintf(stderr, "godwitctl: no permission for %s: ", socket);
    if (g && st.st_gid)
        fprintf(stderr, "be root or in group %s (usermod -aG %s USER, then log in again)\n", g->gr_name,
                g->gr_name);
    else
        fputs("be root, or have godwitd started with --group NAME and be in that group\n", stderr);
}

static void explain(const struct call *c, const struct api_reply *err)
{
    int pid = api_server_pid(c->socket);
    if (err->code == API_DENIED)
        explain_denied(c->socket);
    else if (pid < 0 && (errno == ENOENT || errno == ECONNREFUSED))
        fprintf(
            stderr,
            "godwitctl: godwitd is not running: nobody listens on %s\n"
            "Start it with 'systemctl start godwitd', or 'godwitd --config FILE'; give another socket with "
            "--socket.\n",
            c->socket);
    else
        fprintf(stderr, "godwitctl: %s\n", err->message);
}

json_t *request(const struct call *c, const char *method, json_t *params)
{
    struct api_reply err;
    json_t *result = api_call(c->socket, method, params, TIMEOUT_MS, &err);
    if (!result)
        explain(c, &err);
    return result;
}

void request_print_json(const json_t *result)
{
    json_dumpf(result, stdout, JSON_INDENT(2));
    putchar('\n');
}

int request_and_show(const struct call *c, const char *method, json_t *params, void (*show)(const json_t *))
{
    json_t *result = request(c, method, params);
    if (!result)
        return EXIT_REFUSED;
    if (c->json)
        request_print_json(result);
    else
        show(result);
    json_decref(result);
    return EXIT_DONE;
}

uint64_t number_of(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

bool truth_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
