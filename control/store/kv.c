// SPDX-License-Identifier: BSD-3-Clause
#include "control/store/kv.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYOUT 1 // of the file: its user_version

struct kv {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *get, *set, *del, *list;
};

// Exclusive: the first access takes the file and keeps it, so that two daemons cannot share one.
static const char open_sql[] =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "COMMIT;";

// Writes what went wrong and what mends it. Returns false.
static bool explain(const struct kv *kv, char *err, size_t err_len)
{
    const char *remedy;
    switch (sqlite3_errcode(kv->db)) {
    case SQLITE_BUSY:
        remedy = "another process uses it; stop that one, or choose another data_dir";
        break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        remedy = "move it away: settings then return to those of the configuration file";
        break;
    case SQLITE_FULL:
        remedy = "free space on its disk";
        break;
    default:
        remedy = "check the permissions and the disk of its directory";
    }
    snprintf(err, err_len, "%s: %s; %s", kv->path, sqlite3_errmsg(kv->db), remedy);
    return false;
}

static bool check_layout(struct kv *kv, char *err, size_t err_len)
{
    sqlite3_stmt *s;
    int layout = -1;
    if (sqlite3_prepare_v2(kv->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        layout = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    if (layout == 0) {
        char sql[40];
        snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", LAYOUT);
        return sqlite3_exec(kv->db, sql, NULL, NULL, NULL) == SQLITE_OK || explain(kv, err, err_len);
    }
    if (layout == LAYOUT)
        return true;
    snprintf(err, err_len,
             "%s: layout %d, but this version knows %d; move it away or install the newer version", kv->path,
             layout, LAYOUT);
    return false;
}

static bool prepare(struct kv *kv)
{
    static const char *const sql[] = {
        "SELECT value FROM kv WHERE key=?1",
        "INSERT INTO kv VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value=?2",
        "DELETE FROM kv WHERE key=?1",
        "SELECT key, value FROM kv ORDER BY key",
    };
    sqlite3_stmt **const statements[] = {&kv->get, &kv->set, &kv->del, &kv->list};
    for (unsigned i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
        if (sqlite3_prepare_v2(kv->db, sql[i], -1, statements[i], NULL) != SQLITE_OK)
            return false;
    return true;
}

struct kv *kv_open(const char *path, char *err, size_t err_len)
{
    struct kv *kv = calloc(1, sizeof(*kv));
    if (!kv || !(kv->path = strdup(path))) {
        free(kv);
        snprintf(err, err_len, "no memory");
        return NULL;
    }
    bool ok = sqlite3_open(path, &kv->db) == SQLITE_OK &&
              sqlite3_exec(kv->db, open_sql, NULL, NULL, NULL) == SQLITE_OK && prepare(kv);
    if (!ok)
        explain(kv, err, err_len);
    if (!ok || !check_layout(kv, err, err_len)) {
        kv_close(kv);
        return NULL;
    }
    return kv;
}

void kv_close(struct kv *kv)
{
    if (!kv)
        return;
    sqlite3_finalize(kv->get);
    sqlite3_finalize(kv->set);
    sqlite3_finalize(kv->del);
    sqlite3_finalize(kv->list);
    sqlite3_close(kv->db);
    free(kv->path);
    free(kv);
}

char *kv_get(struct kv *kv, const char *key)
{
    char *value = NULL;
    sqlite3_bind_text(kv->get, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(kv->get) == SQLITE_ROW)
        value = strdup((const char *)sqlite3_column_text(kv->get, 0));
    sqlite3_reset(kv->get);
    return value;
}

bool kv_set(struct kv *kv, const char *key, const char *value, char *err, size_t err_len)
{
    sqlite3_stmt *s = value ? kv->set : kv->del;
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    if (value)
        sqlite3_bind_text(s, 2, value, -1, SQLITE_STATIC);
    bool ok = sqlite3_step(s) == SQLITE_DONE || explain(kv, err, err_len);
    sqlite3_reset(s);
    return ok;
}

bool kv_list(struct kv *kv, void (*each)(void *ctx, const char *key, const char *value), void *ctx)
{
    int step;
    while ((step = sqlite3_step(kv->list)) == SQLITE_ROW)
        each(ctx, (const char *)sqlite3_column_text(kv->list, 0),
             (const char *)sqlite3_column_text(kv->list, 1));
    sqlite3_reset(kv->list);
    return step == SQLITE_DONE;
}
