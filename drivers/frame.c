#include "drivers/frame.h"

#include <assert.h>
#include <string.h>

enum {
    MBAP_SIZE = 6,  /* transaction, protocol, length; the length counts what follows */
    LENGTH_MIN = 2, /* unit and function */
    LENGTH_MAX = 254,
    EXCEPTION_BIT = 0x80,
    REGISTERS_MAX = 125,
    BITS_MAX = 2000,
};

static bool function_reads_bits(uint8_t function)
{
    return function == 1 || function == 2;
}

static bool function_reads(uint8_t function)
{
    return function >= 1 && function <= 4;
}

static void put_word(uint8_t *out, unsigned word)
{
    out[0] = (uint8_t)(word >> 8);
    out[1] = (uint8_t)word;
}

static unsigned get_word(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

bool request_is_valid(const struct request *request)
{
    unsigned most = function_reads_bits(request->function) ? BITS_MAX : REGISTERS_MAX;

    return function_reads(request->function) && request->count <= most &&
           (unsigned)request->address + request->count <= 65536;
}

size_t request_data_size(const struct request *request)
{
    if (function_reads_bits(request->function))
        return ((size_t)request->count + 7) / 8;
    return (size_t)request->count * 2;
}

bool request_is_same(const struct request *one, const struct request *other)
{
    return one->unit == other->unit && one->function == other->function &&
           one->address == other->address && one->count == other->count;
}

bool request_looks_like(const struct request *one, const struct request *other)
{
    return one->unit == other->unit && one->function == other->function &&
           request_data_size(one) == request_data_size(other);
}

/* Unit, function, address, count: the same on both wires. */
static void write_body(const struct request *request, uint8_t *out)
{
    assert(request_is_valid(request)); /* a write function can not leave this program */
    out[0] = request->unit;
    out[1] = request->function;
    put_word(out + 2, request->address);
    put_word(out + 4, request->count);
}

size_t frame_write_tcp(const struct request *request, uint16_t tid, uint8_t *out)
{
    put_word(out, tid);
    put_word(out + 2, 0);
    put_word(out + 4, 6);
    write_body(request, out + MBAP_SIZE);
    return MBAP_SIZE + 6;
}

uint16_t frame_crc(const uint8_t *bytes, size_t size)
{
    /* One step for half a byte: x^16 + x^15 + x^2 + 1, reflected. */
    static const uint16_t half[16] = {0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00,
                                      0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401,
                                      0x5000, 0x9C01, 0x8801, 0x4400};
    unsigned crc = 0xFFFF;

    for (size_t i = 0; i < size; i++) {
        crc = (crc >> 4) ^ half[(crc ^ bytes[i]) & 15];
        crc = (crc >> 4) ^ half[(crc ^ (unsigned)(bytes[i] >> 4)) & 15];
    }
    return (uint16_t)crc;
}

size_t frame_write_rtu(const struct request *request, uint8_t *out)
{
    uint16_t crc;

    write_body(request, out);
    crc = frame_crc(out, 6);
    out[6] = (uint8_t)crc; /* low byte first, alone in Modbus */
    out[7] = (uint8_t)(crc >> 8);
    return FRAME_RTU_REQUEST;
}

/* Our transaction and our unit: it is what was asked, an exception, or a lie. `body` begins at the
 * function and is `size` bytes by the header's word; only `there` of them have come. */
static struct judgement judge_body(const struct request *request, const uint8_t *body, size_t size,
                                   size_t there, size_t whole)
{
    const struct judgement bad = {.verdict = FRAME_BAD};
    size_t data = request_data_size(request);

    if (there >= 1 && body[0] == (request->function | EXCEPTION_BIT)) {
        if (size != 2)
            return bad;
        if (there < 2)
            return (struct judgement){.verdict = FRAME_MORE};
        return (struct judgement){FRAME_EXCEPTION, whole, NULL, body[1]};
    }
    if ((there >= 1 && body[0] != request->function) || size != 2 + data ||
        (there >= 2 && body[1] != data))
        return bad;
    if (there < size)
        return (struct judgement){.verdict = FRAME_MORE};
    return (struct judgement){FRAME_ANSWER, whole, body + 2, 0};
}

struct judgement frame_judge_tcp(const struct request *request, uint16_t tid, const uint8_t *bytes,
                                 size_t size)
{
    const struct judgement more = {.verdict = FRAME_MORE};
    size_t length, whole;
    bool ours;

    if (size >= 4 && get_word(bytes + 2) != 0)
        return (struct judgement){.verdict = FRAME_LOST};
    if (size < MBAP_SIZE)
        return more;
    length = get_word(bytes + 4);
    if (length < LENGTH_MIN || length > LENGTH_MAX)
        return (struct judgement){.verdict = FRAME_LOST};
    whole = MBAP_SIZE + length;
    ours = request != NULL && get_word(bytes) == tid;
    if (ours && size == MBAP_SIZE)
        return more;
    if (ours && bytes[6] == request->unit)
        return judge_body(request, bytes + 7, length - 1,
                          (size < whole ? size : whole) - MBAP_SIZE - 1, whole);
    if (size < whole)
        return more;
    return (struct judgement){ours ? FRAME_OTHER_UNIT : FRAME_STALE, whole, NULL, 0};
}

static bool crc_holds(const uint8_t *bytes, size_t size)
{
    uint16_t crc = frame_crc(bytes, size - 2);

    return bytes[size - 2] == (uint8_t)crc && bytes[size - 1] == (uint8_t)(crc >> 8);
}

/* What may begin at one place of an RTU line. */
enum guess {
    GUESS_NOTHING,
    GUESS_NOT_YET, /* it may, but is not whole */
    GUESS_ANSWER,
    GUESS_EXCEPTION,
    GUESS_DAMAGED, /* ours by its head, and the CRC is wrong */
    GUESS_ECHO,
    GUESS_REQUEST, /* a whole request of somebody */
    GUESS_FRAME,   /* a whole answer of somebody, or ours to another question */
};

/* Our own request heard again. The first bytes of an answer can look like it, never all eight
 * unless the device really sent our request back: then it is not taken, whatever it was. */
static enum guess guess_echo(const struct request *request, const uint8_t *bytes, size_t size)
{
    uint8_t echo[FRAME_REQUEST_MAX];
    size_t whole = frame_write_rtu(request, echo);

    if (memcmp(bytes, echo, size < whole ? size : whole) != 0)
        return GUESS_NOTHING;
    return size < whole ? GUESS_NOT_YET : GUESS_ECHO;
}

static enum guess guess_ours(const struct request *request, const uint8_t *bytes, size_t size)
{
    size_t data = request_data_size(request);
    bool refusal = size > 1 && bytes[1] == (request->function | EXCEPTION_BIT);
    size_t whole = refusal ? 5 : 5 + data;

    if (bytes[0] != request->unit)
        return GUESS_NOTHING;
    if (size > 1 && bytes[1] != request->function && !refusal)
        return GUESS_NOTHING;
    if (size > 2 && !refusal && bytes[2] != data)
        return GUESS_NOTHING;
    if (size < whole)
        return GUESS_NOT_YET;
    if (!crc_holds(bytes, whole))
        return GUESS_DAMAGED;
    return refusal ? GUESS_EXCEPTION : GUESS_ANSWER;
}

/* How long an answer that begins like this would be; 0: none begins like this. */
static size_t answer_size(const uint8_t *bytes, size_t size)
{
    if (size < 3 || bytes[0] == 0 || bytes[0] > 247)
        return 0;
    if (bytes[1] & EXCEPTION_BIT)
        return 5;
    if (!function_reads(bytes[1]) || bytes[2] > 250)
        return 0;
    if (!function_reads_bits(bytes[1]) && bytes[2] % 2 != 0)
        return 0;
    return (size_t)bytes[2] + 5;
}

/* Frames of others: they are stepped over whole, so that what they carry is not searched. */
static enum guess guess_other(const uint8_t *bytes, size_t size, size_t *whole)
{
    bool unit = bytes[0] != 0 && bytes[0] <= 247;
    size_t answer = answer_size(bytes, size);

    if (size < 2)
        return unit ? GUESS_NOT_YET : GUESS_NOTHING;
    if (size >= FRAME_RTU_REQUEST && crc_holds(bytes, FRAME_RTU_REQUEST)) {
        *whole = FRAME_RTU_REQUEST; /* an answer of this size is taken for a request: safer */
        return GUESS_REQUEST;
    }
    if (answer != 0 && size >= answer && crc_holds(bytes, answer)) {
        *whole = answer;
        return GUESS_FRAME;
    }
    if (!unit || !function_reads(bytes[1]))
        return GUESS_NOTHING;
    return size < FRAME_RTU_REQUEST || size < answer ? GUESS_NOT_YET : GUESS_NOTHING;
}

static enum guess guess_at(const struct request *request, const uint8_t *bytes, size_t size,
                           bool last, size_t *whole)
{
    enum guess echo = guess_echo(request, bytes, size);
    enum guess ours, other;

    *whole = echo == GUESS_ECHO ? FRAME_RTU_REQUEST : 1;
    if (echo == GUESS_ECHO || (echo == GUESS_NOT_YET && !last))
        return echo;
    ours = guess_ours(request, bytes, size);
    if (ours == GUESS_ANSWER || ours == GUESS_EXCEPTION) {
        *whole = ours == GUESS_EXCEPTION ? 5 : 5 + request_data_size(request);
        return ours;
    }
    if (ours == GUESS_NOT_YET && !last)
        return ours;
    other = guess_other(bytes, size, whole);
    if (other == GUESS_NOTHING || (other == GUESS_NOT_YET && last))
        return ours == GUESS_DAMAGED ? GUESS_DAMAGED : GUESS_NOTHING;
    return other;
}

static void overhear(const struct request *request, enum guess guess, const uint8_t *bytes,
                     struct overheard *heard)
{
    bool ours = bytes[0] == request->unit;

    heard->echo |= guess == GUESS_ECHO;
    heard->crc |= guess == GUESS_DAMAGED;
    heard->master |= guess == GUESS_REQUEST && ours;
    if (guess == GUESS_FRAME && !ours)
        heard->whose = bytes[0];
    heard->unit |= (guess == GUESS_FRAME || guess == GUESS_REQUEST) && !ours;
    heard->noise |= guess == GUESS_NOTHING || (guess == GUESS_FRAME && ours);
}

struct judgement frame_search_rtu(const struct request *request, const uint8_t *bytes, size_t size,
                                  bool last, struct overheard *heard)
{
    size_t at = 0;

    while (at < size) {
        size_t whole = 1;
        enum guess guess = guess_at(request, bytes + at, size - at, last, &whole);

        if (guess == GUESS_NOT_YET)
            break;
        if (guess == GUESS_ANSWER)
            return (struct judgement){FRAME_ANSWER, at + whole, bytes + at + 3, 0};
        if (guess == GUESS_EXCEPTION)
            return (struct judgement){FRAME_EXCEPTION, at + whole, NULL, bytes[at + 2]};
        overhear(request, guess, bytes + at, heard);
        at += whole;
    }
    return (struct judgement){.verdict = FRAME_MORE, .used = at};
}

/* Half of the head alone, one byte or two, may be noise that looks like us. */
static bool begins_like_answer(const struct request *request, const uint8_t *bytes, size_t size)
{
    bool refusal = size > 1 && bytes[1] == (request->function | EXCEPTION_BIT);

    return size >= 3 && bytes[0] == request->unit &&
           (refusal || (bytes[1] == request->function && bytes[2] == request_data_size(request)));
}

enum piece frame_piece_rtu(const struct request *request, const uint8_t *bytes, size_t size,
                           size_t *used)
{
    enum guess guess;

    *used = 1;
    guess = request != NULL ? guess_at(request, bytes, size, true, used)
                            : guess_other(bytes, size, used);
    switch (guess) {
    case GUESS_ANSWER:
    case GUESS_EXCEPTION:
        return PIECE_ANSWER;
    case GUESS_ECHO:
        return PIECE_ECHO;
    case GUESS_REQUEST:
        return PIECE_REQUEST;
    case GUESS_FRAME:
        return PIECE_FRAME;
    case GUESS_DAMAGED:
        return PIECE_DAMAGED;
    case GUESS_NOTHING:
    case GUESS_NOT_YET:
        break;
    }
    *used = 1;
    return request != NULL && begins_like_answer(request, bytes, size) ? PIECE_CUT : PIECE_BYTE;
}

bool frame_is_heard_rtu(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        size_t whole = 0;
        enum guess guess = guess_other(bytes + at, size - at, &whole);

        if (guess == GUESS_REQUEST || guess == GUESS_FRAME)
            return true;
    }
    return false;
}
