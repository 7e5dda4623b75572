/* Tests of page/server.c and page/warden.c: a server that begins and ends often, with guests in it.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_servers_begin_answer_and_end_and_nothing_is_left_of_them),
        cmocka_unit_test(what_fits_exactly_is_read_and_a_byte_more_is_not),
        cmocka_unit_test(an_address_in_use_can_be_tried_again_and_a_wrong_one_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
