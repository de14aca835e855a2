// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/jsonrpc.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static unsigned counted; // calls of "count"

static json_t *echo(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)err;
    return json_pack("{s:O?}", "params", params ? (json_t *)params : json_null());
}

static json_t *count(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)params, (void)err;
    return json_integer(++counted);
}

static json_t *refuse(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)params;
    err->code = API_REFUSED;
    snprintf(err->message, sizeof(err->message), "not now");
    return NULL;
}

// A result of `size` bytes.
static json_t *large(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)err;
    size_t size = (size_t)json_integer_value(json_object_get(params, "size"));
    char *text = malloc(size);
    memset(text, 'x', size);
    json_t *result = json_stringn(text, size);
    free(text);
    return result;
}

static const struct api_method methods[] = {
    {"echo", echo}, {"count", count}, {"refuse", refuse}, {"large", large}, {NULL, NULL},
};

#define ERROR(id, code, message)                                                                             \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" message "\"}}\n"

static const struct {
    const char *line;
    const char *reply; // NULL: none
} exchanges[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"echo\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"params\":null}}\n"},
    {" {\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"echo\",\"params\":{\"x\":[1]}}\r",
     "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"params\":{\"x\":[1]}}}\n"},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"refuse\"}", ERROR("null", "1", "not now")},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}", ERROR("1", "-32601", "no method 'nothing'")},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":[1]}",
     ERROR("1", "-32602", "params must be an object")},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}", NULL},
    {"", NULL},
    {" \t\r", NULL},
    {"{\"id\":1,\"method\":\"echo\"}", ERROR("null", "-32600", "\\\"jsonrpc\\\" must be \\\"2.0\\\"")},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}",
     ERROR("null", "-32600", "\\\"method\\\" must be a string")},
    {"{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"echo\"}",
     ERROR("null", "-32600", "\\\"id\\\" must be a string, a number or null")},
    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}]",
     ERROR("null", "-32600", "batches are not served: send one object a line")},
};

static void test_exchanges(void)
{
    for (unsigned i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
        char *reply = jsonrpc_answer(methods, NULL, exchanges[i].line, strlen(exchanges[i].line));
        bool same = exchanges[i].reply ? reply && !strcmp(reply, exchanges[i].reply) : !reply;
        if (!same)
            fprintf(stderr, "%s\n  gave %s", exchanges[i].line, reply ? reply : "nothing\n");
        CU_ASSERT(same);
        free(reply);
    }
}

static void test_not_json(void)
{
    static const char *const lines[] = {"{",  "nul", "{\"a\":1,\"a\":2}", "\xff\xfe", "{\"x\":\"\\u0000\"}",
                                        "1 2"};
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char *reply = jsonrpc_answer(methods, NULL, lines[i], strlen(lines[i]));
        CU_ASSERT_FATAL(reply != NULL);
        CU_ASSERT(strstr(reply, "\"code\":-32700") != NULL);
        CU_ASSERT(strstr(reply, "\"id\":null") != NULL);
        free(reply);
    }
}

static void test_notification_is_carried_out(void)
{
    const char *line = "{\"jsonrpc\":\"2.0\",\"method\":\"count\"}";
    unsigned before = counted;
    CU_ASSERT_PTR_NULL(jsonrpc_answer(methods, NULL, line, strlen(line)));
    CU_ASSERT_EQUAL(counted, before + 1);
}

// A server in a thread of its own, in a fresh directory.
static struct {
    char dir[64], path[96];
    struct api_server *server;
    pthread_t thread;
    atomic_bool stop;
} host;

static void *host_run(void *arg)
{
    (void)arg;
    struct pollfd p = {.fd = api_server_fd(host.server), .events = POLLIN};
    while (!host.stop)
        if (poll(&p, 1, 10) > 0)
            api_server_poll(host.server);
    return NULL;
}

static void host_start(void)
{
    char err[256] = "";
    strcpy(host.dir, "/tmp/godwit-api-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(host.dir));
    snprintf(host.path, sizeof(host.path), "%s/s.sock", host.dir);
    host.server = api_server_open(host.path, NULL, methods, NULL, err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(host.server);
    host.stop = false;
    pthread_create(&host.thread, NULL, host_run, NULL);
}

static void host_stop(void)
{
    host.stop = true;
    pthread_join(host.thread, NULL);
    api_server_close(host.server);
    CU_ASSERT_EQUAL(access(host.path, F_OK), -1);
    rmdir(host.dir);
}

static int dial(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, host.path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    struct timeval limit = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    return fd;
}

static bool served(void)
{
    struct api_reply err;
    json_t *result = api_call(host.path, "echo", NULL, 2000, &err);
    json_decref(result);
    return result != NULL;
}

static void test_call(void)
{
    host_start();
    struct api_reply err;
    json_t *result = api_call(host.path, "echo", json_pack("{s:i}", "k", 3), 2000, &err);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(result, "params"), "k")), 3);
    json_decref(result);
    CU_ASSERT_PTR_NULL(api_call(host.path, "refuse", NULL, 2000, &err));
    CU_ASSERT_EQUAL(err.code, API_REFUSED);
    CU_ASSERT_STRING_EQUAL(err.message, "not now");
    result = api_call(host.path, "large", json_pack("{s:i}", "size", 1000000), 5000, &err);
    CU_ASSERT_EQUAL(json_string_length(result), 1000000);
    json_decref(result);
    CU_ASSERT_PTR_NULL(api_call(host.path, "large", json_pack("{s:i}", "size", 2000000), 5000, &err));
    CU_ASSERT_EQUAL(err.code, API_INTERNAL);
    CU_ASSERT_EQUAL(api_server_pid(host.path), getpid());
    host_stop();
}

static void test_half_lines(void)
{
    host_start();
    const char *text = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"count\"}\n\n{\"jsonrpc\":\"2.0\",\"id\":2,"
                       "\"method\":\"count\"}\n";
    counted = 40;
    int fd = dial();
    for (const char *p = text; *p; p++)
        CU_ASSERT_EQUAL(send(fd, p, 1, 0), 1);
    const char *want =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":41}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":42}\n";
    char got[200] = "";
    CU_ASSERT_EQUAL(recv(fd, got, strlen(want), MSG_WAITALL), (ssize_t)strlen(want));
    CU_ASSERT_STRING_EQUAL(got, want);
    close(fd);
    host_stop();
}

// Bytes of any kind, in pieces of any size, never stop the server from answering others.
static void test_garbage(void)
{
    host_start();
    unsigned seed = 20230;
    for (int round = 0; round < 200; round++) {
        char bytes[600];
        size_t len = 1 + (size_t)rand_r(&seed) % sizeof(bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = rand_r(&seed) % 8 ? "{}[]\",:0e-\n\\u"[rand_r(&seed) % 13] : (char)rand_r(&seed);
        int fd = dial();
        CU_ASSERT_EQUAL(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
        close(fd);
    }
    CU_ASSERT(served());
    host_stop();
}

// Reads until the server closes; returns how many bytes came.
static size_t drain(int fd)
{
    char buf[65536];
    size_t total = 0;
    ssize_t n;
    while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
        total += (size_t)n;
    CU_ASSERT(n == 0 || errno == ECONNRESET);
    return total;
}

static void test_line_too_long(void)
{
    host_start();
    int fd = dial();
    char block[4096];
    memset(block, ' ', sizeof(block));
    ssize_t n = 1;
    size_t sent = 0;
    while (n > 0 && sent < 4 * API_LINE_MAX) {
        n = send(fd, block, sizeof(block), MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
    }
    CU_ASSERT(sent >= API_LINE_MAX);
    CU_ASSERT(sent < 4 * API_LINE_MAX);
    drain(fd);
    close(fd);
    CU_ASSERT(served());
    host_stop();
}

// Asks for `replies` results of 100 kB without reading any. Returns the connection.
static int ask_and_never_read(unsigned replies)
{
    const char *ask = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\",\"params\":{\"size\":100000}}\n";
    int fd = dial();
    for (unsigned i = 0; i < replies; i++)
        if (send(fd, ask, strlen(ask), MSG_NOSIGNAL) < 0)
            break;
    return fd;
}

static void test_slow_reader_is_cut_off(void)
{
    host_start();
    int fd = ask_and_never_read(200);
    while (served() && send(fd, " ", 1, MSG_NOSIGNAL) == 1)
        ;
    CU_ASSERT(errno == EPIPE || errno == ECONNRESET);
    CU_ASSERT(drain(fd) < 200 * 100000u);
    CU_ASSERT(served());
    close(fd);
    host_stop();
}

static void test_many_clients_that_never_read(void)
{
    host_start();
    int fds[2 * API_CLIENTS_MAX];
    for (unsigned i = 0; i < 2 * API_CLIENTS_MAX; i++) {
        fds[i] = ask_and_never_read(3);
        if (i % 16 == 0)
            CU_ASSERT(served());
    }
    CU_ASSERT(served());
    for (unsigned i = 0; i < 2 * API_CLIENTS_MAX; i++)
        close(fds[i]);
    host_stop();
}

static void test_socket_file(void)
{
    host_start();
    char err[256];
    struct stat st;
    CU_ASSERT_EQUAL(stat(host.path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
    CU_ASSERT_PTR_NULL(api_server_open(host.path, NULL, methods, NULL, err, sizeof(err)));
    CU_ASSERT(strstr(err, "in use by a running process") != NULL);
    CU_ASSERT_PTR_NULL(api_server_open(host.dir, NULL, methods, NULL, err, sizeof(err)));
    CU_ASSERT(strstr(err, "is not a socket") != NULL);
    CU_ASSERT(served());
    host_stop();
}

static void test_stale_socket_is_replaced(void)
{
    char dir[] = "/tmp/godwit-api-XXXXXX", path[64], err[256] = "";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s.sock", dir);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    close(fd);
    struct api_server *s = api_server_open(path, NULL, methods, NULL, err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    api_server_close(s);
    rmdir(dir);
}

static void test_call_fails(void)
{
    struct api_reply err;
    CU_ASSERT_PTR_NULL(api_call("/nonexistent/godwit.sock", "echo", NULL, 100, &err));
    CU_ASSERT_EQUAL(err.code, API_UNAVAILABLE);
    CU_ASSERT_STRING_EQUAL(err.message, "/nonexistent/godwit.sock: nobody listens");

    // A server that is never polled accepts the connection in its backlog and stays silent.
    char dir[] = "/tmp/godwit-api-XXXXXX", path[64], why[256] = "";
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s.sock", dir);
    struct api_server *s = api_server_open(path, NULL, methods, NULL, why, sizeof(why));
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    CU_ASSERT_PTR_NULL(api_call(path, "echo", NULL, 100, &err));
    clock_gettime(CLOCK_MONOTONIC, &b);
    CU_ASSERT_EQUAL(err.code, API_UNAVAILABLE);
    CU_ASSERT(strstr(err.message, "no answer in time") != NULL);
    double ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
    CU_ASSERT(ms >= 99 && ms < 2000);
    api_server_close(s);
    rmdir(dir);
}

static const struct unit_test tests[] = {
    {"requests get the standard replies", test_exchanges},
    {"what is not JSON is a parse error", test_not_json},
    {"a notification is carried out, unanswered", test_notification_is_carried_out},
    {"a call returns result or error", test_call},
    {"lines arrive in any pieces", test_half_lines},
    {"garbage harms nobody else", test_garbage},
    {"a line too long ends the connection", test_line_too_long},
    {"a slow reader is cut off", test_slow_reader_is_cut_off},
    {"clients that never read do not keep others out", test_many_clients_that_never_read},
    {"the socket has mode 0660 and one owner", test_socket_file},
    {"a stale socket is replaced", test_stale_socket_is_replaced},
    {"a call without answer fails in time", test_call_fails},
};
UNIT_MAIN("api", tests)
