/* Bytes as JSON: what a program writes is rarely malicious and always arbitrary. */
#include "monitor.h"

#include <string.h>

/* How many bytes the UTF-8 character at `s` has; 0: it is none. */
static size_t character(const unsigned char *s, size_t room)
{
    static const struct {
        unsigned char first, last, low, high; /* of the second byte */
        size_t length;
    } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (*s < forms[i].first || *s > forms[i].last)
            continue;
        if (room < forms[i].length || s[1] < forms[i].low || s[1] > forms[i].high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((s[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* Where to cut a piece, so that no character is: at `length`, or up to three bytes before. */
size_t encode_cut(const char *bytes, size_t length)
{
    for (size_t back = 1; back <= 3 && back < length; back++) {
        unsigned char c = (unsigned char)bytes[length - back];
        size_t whole = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

        if ((c & 0xc0) == 0x80)
            continue;
        return whole > back ? length - back : length;
    }
    return length;
}

static size_t escape(char *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef", letters[' '] = {['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    char letter = c >= ' ' && c < 127 ? (char)c : c < ' ' ? letters[c] : '\0';

    if (letter != '\0') {
        out[0] = '\\';
        out[1] = letter;
        return 2;
    }
    memcpy(out, "\\u00", 4);
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    return 6;
}

/* At most six bytes for one. `exact` becomes false where a byte is no UTF-8: U+FFFD stands in its place. */
size_t encode_text(char *out, const char *bytes, size_t length, bool *exact)
{
    static const unsigned char plain[256] = {[' ' ... '!'] = 1, ['#' ... '['] = 1, [']' ... '~'] = 1};
    const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
    char *put = out;

    while (at < end) {
        const unsigned char *from = at;
        size_t whole;

        while (at < end && plain[*at])
            at++;
        memcpy(put, from, (size_t)(at - from));
        put += at - from;
        if (at == end)
            break;
        if (*at < 0x80) {
            put += escape(put, *at++);
        } else if ((whole = character(at, (size_t)(end - at))) > 0) {
            memcpy(put, at, whole);
            put += whole;
            at += whole;
        } else {
            *exact = false;
            memcpy(put, "\xef\xbf\xbd", 3);
            put += 3;
            at++;
        }
    }
    return (size_t)(put - out);
}

size_t encode_base64(char *out, const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;
    char *put = out;

    for (size_t i = 0; i < length; i += 3) {
        unsigned group = (unsigned)s[i] << 16;

        group |= i + 1 < length ? (unsigned)s[i + 1] << 8 : 0;
        group |= i + 2 < length ? s[i + 2] : 0;
        *put++ = digits[group >> 18];
        *put++ = digits[group >> 12 & 63];
        *put++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
        *put++ = i + 2 < length ? digits[group & 63] : '=';
    }
    return (size_t)(put - out);
}
