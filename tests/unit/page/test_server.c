/* Tests of page/server.c and page/warden.c: a server that begins and ends often, with guests in it.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "page/server.h"

static void say_hello(void *self, const struct http_request *request, struct http_answer *answer)
{
    answer_bytes(answer, "text/plain", strdup("hello"), 5);
}

/* Sends back what it was sent. */
static void echo(void *self, const struct http_request *request, struct http_answer *answer)
{
    char *copy = malloc(request->body_size + 1);

    memcpy(copy, request->body, request->body_size);
    answer_bytes(answer, "application/octet-stream", copy, request->body_size);
}

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static struct server *start(int port, void (*answer)(void *, const struct http_request *,
                                                     struct http_answer *))
{
    char listen_at[64];
    struct error err = {0};
    const struct server_setup setup = {
        .listen = listen_at, .clock = clock_system(), .answer = answer};
    struct server *server;

    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%d", port);
    server = server_start(&setup, &err);
    if (server == NULL)
        fail_msg("%s", err.text);
    return server;
}

static int connect_to(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void send_words(int fd, const char *words)
{
    assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL), strlen(words));
}

/* What comes until `end` does or the other side closes. */
static void hear(int fd, const char *end, char *out, size_t size)
{
    size_t used = 0;
    ssize_t got;

    out[0] = '\0';
    while (used + 1 < size && strstr(out, end) == NULL &&
           (got = recv(fd, out + used, size - 1 - used, 0)) > 0) {
        used += (size_t)got;
        out[used] = '\0';
    }
}

static size_t descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static void a_thousand_servers_begin_answer_and_end_and_nothing_is_left_of_them(void **state)
{
    int port = free_port();
    size_t before = 0;
    char heard[4096];

    for (int i = 0; i < 1000; i++) {
        struct server *server = start(port, say_hello);
        int asks = connect_to(port), idle = connect_to(port);

        send_words(asks, GET);
        hear(asks, "hello", heard, sizeof heard);
        assert_non_null(strstr(heard, "HTTP/1.1 200"));
        send_words(idle, "GET / HT");
        server_stop(server); /* both are still connected */
        assert_int_equal(recv(asks, heard, sizeof heard, 0), 0);
        close(asks);
        close(idle);
        if (i == 9)
            before = descriptors();
    }
    assert_int_equal(descriptors(), before);
}

static void what_fits_exactly_is_read_and_a_byte_more_is_not(void **state)
{
    int port = free_port();
    struct server *server = start(port, echo);
    int fd = connect_to(port);
    char head[256], heard[8192];
    char *body = malloc(HTTP_BODY_MAX + 1);
    struct page_status status;

    memset(body, 'x', HTTP_BODY_MAX);
    body[HTTP_BODY_MAX - 1] = 'y';
    body[HTTP_BODY_MAX] = '\0';
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             HTTP_BODY_MAX);
    send_words(fd, head);
    send_words(fd, body);
    hear(fd, "\r\n\r\n", heard, sizeof heard);
    assert_non_null(strstr(heard, "HTTP/1.1 200"));
    snprintf(head, sizeof head, "Content-Length: %d\r\n", HTTP_BODY_MAX);
    assert_non_null(strstr(heard, head));
    close(fd);
    fd = connect_to(port);
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             HTTP_BODY_MAX + 1);
    send_words(fd, head);
    hear(fd, "\r\n\r\n", heard, sizeof heard);
    assert_non_null(strstr(heard, "HTTP/1.1 413"));
    close(fd);
    server_status(server, &status);
    assert_int_equal(status.requests, 2);
    assert_int_equal(status.refused, 1);
    server_stop(server);
    free(body);
}

static void large_bodies_of_many_take_no_more_memory_than_is_set_apart_for_them(void **state)
{
    enum { ALL = 40, TAKEN = 32, SENT = 200 << 10, SMALL = 100 };
    int port = free_port(), closed = 0;
    struct server *server = start(port, echo);
    char *body = malloc(SENT), head[256], heard[4096];
    struct pollfd all[ALL];

    memset(body, 'x', SENT);
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             HTTP_BODY_MAX);
    for (int i = 0; i < ALL; i++) {
        all[i] = (struct pollfd){.fd = connect_to(port), .events = POLLIN};
        send_words(all[i].fd, head);
        for (ssize_t sent = 0, part = 0; sent < SENT && part >= 0; sent += part)
            part = send(all[i].fd, body, (size_t)(SENT - sent), MSG_NOSIGNAL);
    }
    while (closed < ALL - TAKEN) { /* whose time is not over for long */
        assert_true(poll(all, ALL, 5000) > 0);
        for (int i = 0; i < ALL; i++)
            if (all[i].fd >= 0 && all[i].revents != 0) {
                assert_true(recv(all[i].fd, heard, sizeof heard, 0) <= 0);
                close(all[i].fd);
                all[i].fd = -1;
                closed++;
            }
    }
    closed = connect_to(port);
    snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%0*d",
             SMALL, SMALL, 7);
    send_words(closed, head);
    hear(closed, "0007", heard, sizeof heard);
    assert_non_null(strstr(heard, "HTTP/1.1 200"));
    close(closed);
    for (int i = 0; i < ALL; i++)
        if (all[i].fd >= 0)
            close(all[i].fd);
    server_stop(server);
    free(body);
}

static void an_address_in_use_can_be_tried_again_and_a_wrong_one_not(void **state)
{
    int port = free_port();
    struct server *server = start(port, say_hello);
    char listen_at[64];
    struct server_setup setup = {.listen = listen_at, .clock = clock_system(), .answer = say_hello};
    struct error err = {0};

    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%d", port);
    assert_null(server_start(&setup, &err));
    assert_int_equal(err.kind, ERROR_PEER);
    assert_non_null(strstr(err.text, listen_at));
    server_stop(server);
    err = (struct error){0};
    setup.listen = "nowhere.example:80";
    assert_null(server_start(&setup, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    setup.listen = "192.0.2.7:8980"; /* nobody has it: it may come with the network */
    assert_null(server_start(&setup, &err));
    assert_int_equal(err.kind, ERROR_PEER);
    snprintf(listen_at, sizeof listen_at, "[::1]:%d", port);
    setup.listen = listen_at;
    server = server_start(&setup, &err);
    if (server == NULL) /* a machine without IPv6 */
        assert_int_equal(err.kind, ERROR_PEER);
    server_stop(server);
}

/* Of a certificate for nobody, and its key, as PEM. */
static void make_certificate(char *certificate, char *key, size_t size)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    BIO *words[] = {BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};

    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    assert_int_equal(X509_set_pubkey(made, pair), 1);
    assert_true(X509_sign(made, pair, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(words[0], made), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(words[1], pair, NULL, NULL, 0, NULL, NULL), 1);
    memset(certificate, 0, size);
    memset(key, 0, size);
    assert_true(BIO_read(words[0], certificate, (int)size - 1) > 0);
    assert_true(BIO_read(words[1], key, (int)size - 1) > 0);
    BIO_free(words[0]);
    BIO_free(words[1]);
    X509_free(made);
    EVP_PKEY_free(pair);
}

static struct server *start_secure(int port)
{
    char listen_at[64], certificate[4096], key[4096];
    struct error err = {0};
    const struct server_setup setup = {.listen = listen_at,
                                       .certificate = certificate,
                                       .key = key,
                                       .clock = clock_system(),
                                       .answer = say_hello};
    struct server *server;

    make_certificate(certificate, key, sizeof key);
    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%d", port);
    server = server_start(&setup, &err);
    if (server == NULL)
        fail_msg("%s", err.text);
    return server;
}

static size_t connections(struct server *server)
{
    struct page_status status;

    server_status(server, &status);
    return status.connections;
}

/* What all threads work while nothing is said on this connection for a while. */
static int64_t work_ms(int fd)
{
    enum { WHILE_MS = 200 };
    struct pollfd quiet = {.fd = fd, .events = POLLIN};
    struct timespec from, to;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    assert_int_equal(poll(&quiet, 1, WHILE_MS), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    return (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
}

enum { NO_WORK_MS = 20 };

static void half_of_anything_is_waited_for_asleep(void **state)
{
    static const char *const halves[] = {"G", "GET / HTTP/1.1\r\nHost: a\r\nX",
                                         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
                                         "\x16", "\x16\x03\x01\x02\x01\x01"};

    for (int secure = 0; secure < 2; secure++) {
        int port = free_port();
        struct server *server = secure ? start_secure(port) : start(port, say_hello);

        for (size_t i = secure ? 3 : 0; i < (secure ? 5 : 3); i++) {
            int fd = connect_to(port);

            send_words(fd, halves[i]);
            while (connections(server) != 1)
                sched_yield();
            assert_in_range(work_ms(fd), 0, NO_WORK_MS);
            close(fd);
            while (connections(server) != 0)
                sched_yield();
        }
        server_stop(server);
    }
}

/* Takes every descriptor there is; gives how many. */
static int take_descriptors(int *taken, int most)
{
    int count = 0;

    while (count < most && (taken[count] = dup(STDIN_FILENO)) >= 0)
        count++;
    return count;
}

static void who_cannot_be_let_in_is_waited_for_asleep_and_let_in_later(void **state)
{
    struct rlimit before, few = {.rlim_cur = 64};
    int port = free_port(), taken[64], count, fd;
    struct server *server = start(port, say_hello);
    char heard[4096];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    count = take_descriptors(taken, 64);
    assert_in_range(count, 1, 63);
    close(taken[--count]);
    fd = connect_to(port); /* the last one */
    send_words(fd, GET);
    assert_in_range(work_ms(fd), 0, NO_WORK_MS);
    while (count > 0)
        close(taken[--count]);
    hear(fd, "hello", heard, sizeof heard);
    assert_non_null(strstr(heard, "HTTP/1.1 200"));
    close(fd);
    server_stop(server);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_servers_begin_answer_and_end_and_nothing_is_left_of_them),
        cmocka_unit_test(what_fits_exactly_is_read_and_a_byte_more_is_not),
        cmocka_unit_test(large_bodies_of_many_take_no_more_memory_than_is_set_apart_for_them),
        cmocka_unit_test(an_address_in_use_can_be_tried_again_and_a_wrong_one_not),
        cmocka_unit_test(half_of_anything_is_waited_for_asleep),
        cmocka_unit_test(who_cannot_be_let_in_is_waited_for_asleep_and_let_in_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
