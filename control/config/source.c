// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct source {
    yaml_document_t document;
};

// A second document after the first would be ignored silently: it is refused.
static bool is_last(yaml_parser_t *parser, unsigned *line, char *problem, size_t problem_len)
{
    yaml_document_t next;
    if (!yaml_parser_load(parser, &next))
        return false;
    bool last = !yaml_document_get_root_node(&next);
    if (!last) {
        *line = (unsigned)next.start_mark.line + 1;
        snprintf(problem, problem_len, "a second document; one file holds one");
    }
    yaml_document_delete(&next);
    return last;
}

struct source *source_open(const char *text, size_t len, unsigned *line, char *problem, size_t problem_len)
{
    yaml_parser_t parser;
    struct source *s = calloc(1, sizeof(*s));
    *line = 1;
    snprintf(problem, problem_len, "no memory");
    if (!s || !yaml_parser_initialize(&parser)) {
        free(s);
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    problem[0] = '\0';
    bool loaded = yaml_parser_load(&parser, &s->document);
    if (!loaded || !is_last(&parser, line, problem, problem_len)) {
        if (!problem[0]) {
            *line = (unsigned)parser.problem_mark.line + 1;
            snprintf(problem, problem_len, "not YAML: %s", parser.problem ? parser.problem : "no memory");
        }
        if (loaded)
            yaml_document_delete(&s->document);
        free(s);
        s = NULL;
    }
    yaml_parser_delete(&parser);
    return s;
}

void source_close(struct source *s)
{
    if (s)
        yaml_document_delete(&s->document);
    free(s);
}

struct place {
    yaml_node_t *value; // NULL: not there
    size_t line;        // of the key or list entry, from 0; of the innermost one found when not there
};

static bool is_key(const yaml_node_t *node, const char *name, size_t len)
{
    return node && node->type == YAML_SCALAR_NODE && node->data.scalar.length == len &&
           !memcmp(node->data.scalar.value, name, len);
}

// Steps into the value of a mapping's key; of a key given twice, the last.
static void step_key(yaml_document_t *d, struct place *p, const char *name, size_t len)
{
    yaml_node_t *mapping = p->value;
    p->value = NULL;
    if (mapping->type != YAML_MAPPING_NODE)
        return;
    for (yaml_node_pair_t *e = mapping->data.mapping.pairs.start; e < mapping->data.mapping.pairs.top; e++) {
        const yaml_node_t *key = yaml_document_get_node(d, e->key);
        if (is_key(key, name, len)) {
            p->value = yaml_document_get_node(d, e->value);
            p->line = key->start_mark.line;
        }
    }
}

static void step_entry(yaml_document_t *d, struct place *p, unsigned long index)
{
    yaml_node_t *list = p->value;
    p->value = NULL;
    if (list->type != YAML_SEQUENCE_NODE)
        return;
    yaml_node_item_t *item = list->data.sequence.items.start;
    if (index < (unsigned long)(list->data.sequence.items.top - item)) {
        p->value = yaml_document_get_node(d, item[index]);
        p->line = p->value->start_mark.line;
    }
}

static struct place find(const struct source *s, const char *key)
{
    yaml_document_t *d = (yaml_document_t *)&s->document;
    struct place p = {.value = yaml_document_get_root_node(d)};
    while (p.value && *key) {
        if (*key == '[') {
            char *end;
            step_entry(d, &p, strtoul(key + 1, &end, 10));
            key = *end ? end + 1 : end;
        } else {
            size_t len = strcspn(key, ".[");
            step_key(d, &p, key, len);
            key += len;
        }
        if (*key == '.')
            key++;
    }
    return p;
}

bool source_has(const struct source *s, const char *key)
{
    return find(s, key).value != NULL;
}

unsigned source_line(const struct source *s, const char *key)
{
    return (unsigned)find(s, key).line + 1;
}

const char *source_value(const struct source *s, const char *key)
{
    const yaml_node_t *value = find(s, key).value;
    return value && value->type == YAML_SCALAR_NODE ? (const char *)value->data.scalar.value : NULL;
}
