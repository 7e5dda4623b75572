/* uart.h - what a serial port gives for bytes that were sent with other settings than its own.
 *
 * The line is drawn in time: start bit, eight data bits from the lowest, a parity bit where there
 * is one, stop bits, high while idle. The receiver does what a 16550 and the Linux driver do: it
 * waits for the start bit's edge, samples in the middle of each bit at its own rate, and takes a
 * low stop bit for the next start. With parity on (INPCK without IGNPAR or PARMRK, as libmodbus
 * sets it) a character with a wrong parity or stop bit reads as 0; without, it reads as it was
 * sampled.
 */
#ifndef TESTS_UART_H
#define TESTS_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uart {
    double baud;
    char parity; /* 'N', 'E', 'O' */
    int stop_bits;
};

enum { UART_BITS = 12, UART_BYTES = 300 };

/* The bits of what is sent, one after the other, at the sender's rate. */
struct uart_wave {
    double baud;
    size_t count;
    bool bits[UART_BITS * UART_BYTES];
};

static inline bool uart_parity_bit(uint8_t byte, char parity)
{
    return (__builtin_popcount(byte) % 2 != 0) == (parity == 'E');
}

static inline void uart_draw(struct uart_wave *wave, const struct uart *sender,
                             const uint8_t *bytes, size_t count)
{
    wave->baud = sender->baud;
    wave->count = 0;
    for (size_t i = 0; i < count && i < UART_BYTES; i++) {
        wave->bits[wave->count++] = false;
        for (int bit = 0; bit < 8; bit++)
            wave->bits[wave->count++] = (bytes[i] >> bit & 1) != 0;
        if (sender->parity != 'N')
            wave->bits[wave->count++] = uart_parity_bit(bytes[i], sender->parity);
        for (int stop = 0; stop < sender->stop_bits; stop++)
            wave->bits[wave->count++] = true;
    }
}

static inline bool uart_level(const struct uart_wave *wave, double seconds)
{
    size_t at = (size_t)(seconds * wave->baud);

    return seconds < 0 || at >= wave->count || wave->bits[at];
}

/* A line on which up to two talk at once; a low level of either is heard. */
struct uart_line {
    struct uart_wave one, other;
    double later; /* when `other` begins, seconds after `one` */
};

static inline bool uart_is_high(const struct uart_line *line, double seconds)
{
    return uart_level(&line->one, seconds) && uart_level(&line->other, seconds - line->later);
}

/* Returns how many bytes the receiver gives. */
static inline size_t uart_receive(const struct uart_line *line, const struct uart *receiver,
                                  uint8_t *out, size_t room)
{
    double bit = 1.0 / receiver->baud, step = bit / 16, at = 0.0;
    double end = (double)line->one.count / line->one.baud;
    double other_end = line->later + (double)line->other.count / line->other.baud;
    size_t heard = 0;

    end = other_end > end ? other_end : end;
    while (at < end && heard < room) {
        bool damaged = false;
        double begun = at;
        uint8_t byte = 0;

        if (uart_is_high(line, at)) {
            at += step;
            continue;
        }
        for (int i = 0; i < 8; i++)
            byte |= (uint8_t)(uart_is_high(line, begun + (1.5 + i) * bit) << i);
        at = begun + 9.5 * bit;
        if (receiver->parity != 'N') {
            damaged = uart_is_high(line, at) != uart_parity_bit(byte, receiver->parity);
            at += bit;
        }
        if (uart_is_high(line, at)) {
            at += step; /* the stop bit: the next edge is waited for */
        } else {
            damaged = true;
            at -= bit / 2; /* taken for the start bit that began half a bit ago */
        }
        out[heard++] = receiver->parity != 'N' && damaged ? 0 : byte;
    }
    return heard;
}

static inline size_t uart_hear(const struct uart *sender, const uint8_t *bytes, size_t count,
                               const struct uart *receiver, uint8_t *out, size_t room)
{
    static struct uart_line line;

    line.later = 0.0;
    uart_draw(&line.one, sender, bytes, count);
    uart_draw(&line.other, sender, bytes, 0);
    return uart_receive(&line, receiver, out, room);
}

#endif
