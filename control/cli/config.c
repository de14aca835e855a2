// SPDX-License-Identifier: BSD-3-Clause
// The verbs config get and config set.
#include "control/cli/print.h"
#include "control/cli/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_settings(const json_t *r)
{
    static const char *const titles[] = {"setting", "value", "from", "changes"};
    const json_t *setting;
    size_t i;
    struct table *t = table_open(titles, 4);
    json_array_foreach (json_object_get(r, "config"), i, setting) {
        const json_t *value = json_object_get(setting, "value");
        char *text =
            json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY);
        table_cell(t, text_of(setting, "key"));
        table_cell(t, text ? text : "");
        table_cell(t, text_of(setting, "source"));
        table_cell(t, truth_of(setting, "runtime") ? "at run time" : "in the file, at start");
        free(text);
    }
    table_print_and_close(t);
}

int verb_config_get(struct call *c)
{
    json_t *params = c->args_count ? json_pack("{s:s}", "key", c->args[0]) : NULL;
    return request_and_show(c, "config.get", params, show_settings);
}

// A word as the JSON value it stands for: a boolean, a number, null for 'default', else the word.
static json_t *value_of(const char *word)
{
    static const char *const yes[] = {"true", "on", "yes"}, *const no[] = {"false", "off", "no"};
    for (unsigned i = 0; i < 3; i++) {
        if (!strcmp(word, yes[i]))
            return json_true();
        if (!strcmp(word, no[i]))
            return json_false();
    }
    if (!strcmp(word, "default"))
        return json_null();
    char *end;
    errno = 0;
    long long n = strtoll(word, &end, 10);
    return *word && !*end && !errno ? json_integer(n) : json_string(word);
}

int verb_config_set(struct call *c)
{
    json_t *params = json_pack("{s:s, s:o}", "key", c->args[0], "value", value_of(c->args[1]));
    if (!params) {
        fputs("godwitctl: KEY and VALUE must be UTF-8\n", stderr);
        return EXIT_REFUSED;
    }
    return request_and_show(c, "config.set", params, show_settings);
}
