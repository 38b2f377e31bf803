/* What the pieces of a record stand for. */
#include "jsonfile.h"

#include <string.h>

char *text_time(char *out, struct span time)
{
    size_t fraction = 0;
    char *begin = out;

    if (time.end - time.at <= DATE)
        return begin;
    memcpy(out, time.at, DATE);
    out[DATE] = '.';
    memset(out + DATE + 1, '0', NANO);
    time.at += DATE;
    if (*time.at == '.')
        for (time.at++; time.at < time.end && *time.at >= '0' && *time.at <= '9'; time.at++)
            if (fraction < NANO)
                out[DATE + 1 + fraction++] = *time.at;
    out += DATE + 1 + NANO;
    if (time.end - time.at > ZONE)
        return begin;
    while (time.at < time.end)
        *out++ = *time.at++;
    *out++ = ' ';
    return out;
}

static unsigned hex(const char *at)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 4 | (unsigned)(at[i] <= '9' ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
    return value;
}

/* \uXXXX, at behind the u; half a pair is U+FFFD. */
static char *put_character(char *out, const char **at, const char *end)
{
    unsigned code;

    if (end - *at < 4) {
        *at = end;
        return out;
    }
    code = hex(*at);
    *at += 4;
    if (code >= 0xd800 && code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' &&
        hex(*at + 2) >= 0xdc00 && hex(*at + 2) < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex(*at + 2) - 0xdc00);
        *at += 6;
    } else if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    if (code < 0x80)
        *out++ = (char)code;
    else if (code < 0x800)
        *out++ = (char)(0xc0 | code >> 6);
    else if (code < 0x10000)
        *out++ = (char)(0xe0 | code >> 12), *out++ = (char)(0x80 | (code >> 6 & 63));
    else {
        *out++ = (char)(0xf0 | code >> 18), *out++ = (char)(0x80 | (code >> 12 & 63));
        *out++ = (char)(0x80 | (code >> 6 & 63));
    }
    if (code >= 0x80)
        *out++ = (char)(0x80 | (code & 63));
    return out;
}

char *text_string(char *out, struct span text)
{
    static const char names[] = "nrtbf", values[] = "\n\r\t\b\f";

    while (text.at < text.end) {
        const char *stop = record_plain(text.at, text.end), *name;

        memcpy(out, text.at, (size_t)(stop - text.at));
        out += stop - text.at;
        if ((text.at = stop + 1) >= text.end)
            break;
        if (*text.at == 'u') {
            text.at++;
            out = put_character(out, &text.at, text.end);
            continue;
        }
        name = strchr(names, *text.at);
        *out++ = name != NULL && *name ? values[name - names] : *text.at;
        text.at++;
    }
    return out;
}

char *text_base64(char *out, struct span raw)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0;
    int have = 0;

    for (; raw.at < raw.end; raw.at++) {
        const char *digit = *raw.at ? strchr(alphabet, *raw.at) : NULL;

        if (digit == NULL)
            continue; /* padding, and the backslash of an escaped slash */
        bits = bits << 6 | (unsigned)(digit - alphabet);
        if ((have += 6) >= 8)
            *out++ = (char)(bits >> (have -= 8));
    }
    return out;
}
