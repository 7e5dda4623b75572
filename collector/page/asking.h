/* asking.h - one request while it comes in: its target, the lines of its head, the pieces of its
 * body.
 *
 * Hostile and incomplete; what is complete is a struct http_request. Inside page/ only, of
 * server.c: the server's thread.
 */
#ifndef PAGE_ASKING_H
#define PAGE_ASKING_H

#include "page/request.h"

/* From its first line until its answer is sent. */
struct asking {
    char target[HTTP_URL_MAX]; /* as on the wire: the library undoes escapes in its own copy */
    bool begun;
    struct http_request request;
    char *body; /* NULL: none yet */
    size_t body_size, body_room;
};

/* NULL: no memory. A target that does not fit is "", which is none. */
struct asking *asking_new(const char *target);
void asking_free(struct asking *asking);

/* One more piece of the body, for whose size the caller stands. False: no memory. */
bool asking_add(struct asking *asking, const char *bytes, size_t size);

/* A head whose lines do not stand one behind the other, each ended by CR and LF, was put together
 * by the library: of a folded header (of which it gets the name wrong), around a NUL, or of lines
 * ended by LF alone. Its parser before 1.0 lets all of them pass (A6); how it leaves the lines in
 * its buffer is the same in all its versions up to there. */
struct asking_lines {
    struct http_head head;
    const char *expected; /* where the next name has to begin; NULL: anywhere */
    bool checked;
    bool broken;
};
/* As the library has them in its buffer; `value` NULL: none. */
void asking_line(struct asking_lines *lines, const char *name, size_t name_size, const char *value,
                 size_t value_size);

#endif
