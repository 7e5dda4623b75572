"""What a serial port reads of bytes that were sent at another rate, 8N1 on both sides.

The line is drawn as levels in time and sampled as a UART samples it, so that a test's "wrong baud"
is not a pattern somebody thought of. tests/support/uart.h does the same, with parity.
"""


def levels(frame):
    """One level a bit: start, eight bits from the lowest, stop."""
    return [bit for byte in frame
            for bit in [0] + [byte >> i & 1 for i in range(8)] + [1]]


def misheard(frame, sent_at, heard_at):
    wire = levels(frame)
    ratio = sent_at / heard_at  # bits of the sender in one of the receiver's

    def high(at):
        place = int(at * ratio)
        return place >= len(wire) or wire[place]

    at, heard = 0.0, bytearray()
    while at * ratio < len(wire):
        if high(at):
            at += 1 / 16
            continue
        heard.append(sum(high(at + 1.5 + i) << i for i in range(8)))
        at += 9.5
        at += 1 / 16 if high(at) else -0.5  # a low stop bit is taken for the next start
    return bytes(heard)
