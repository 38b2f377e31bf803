/* Names that stand for addresses, and what an address is called. */
#include "resolve.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { NIBBLES = 32, LABEL = 63 };

static const char v4_end[] = ".in-addr.arpa", v6_end[] = ".ip6.arpa";

static bool has_end(const char *name, const char *end, size_t *before)
{
    size_t length = strlen(name), size = strlen(end);

    *before = length - size;
    return length > size && strcmp(name + length - size, end) == 0;
}

static size_t read_v4(const char *name, size_t length, unsigned char address[16])
{
    unsigned char backwards[4];
    char text[INET_ADDRSTRLEN];

    if (length >= sizeof text)
        return 0;
    memcpy(text, name, length);
    text[length] = '\0';
    if (inet_pton(AF_INET, text, backwards) != 1)
        return 0;
    for (size_t i = 0; i < sizeof backwards; i++)
        address[i] = backwards[sizeof backwards - 1 - i];
    return sizeof backwards;
}

static size_t read_v6(const char *name, size_t length, unsigned char address[16])
{
    static const char digits[] = "0123456789abcdef";

    if (length != 2 * NIBBLES - 1)
        return 0;
    memset(address, 0, 16);
    for (size_t i = 0; i < NIBBLES; i++) {
        const char *digit = strchr(digits, name[2 * i]);

        if (digit == NULL || (i + 1 < NIBBLES && name[2 * i + 1] != '.'))
            return 0;
        address[15 - i / 2] |= (unsigned char)((digit - digits) << (i % 2 ? 4 : 0));
    }
    return 16;
}

size_t reverse_address(const char *name, unsigned char address[16])
{
    size_t before;

    if (has_end(name, v4_end, &before))
        return read_v4(name, before, address);
    return has_end(name, v6_end, &before) ? read_v6(name, before, address) : 0;
}

size_t reverse_name(const struct named *named, unsigned char name[RESOLVE_NAME])
{
    size_t used = 0;
    char text[RESOLVE_NAME];
    const char *at = text, *dot;

    if (named->network == NULL ||
        snprintf(text, sizeof text, "%s.%s", named->words, named->network) >= (int)sizeof text - 2)
        return 0;
    for (; at != NULL; at = dot != NULL ? dot + 1 : NULL) {
        size_t size = (dot = strchr(at, '.')) != NULL ? (size_t)(dot - at) : strlen(at);

        if (size == 0 || size > LABEL)
            return 0;
        name[used++] = (unsigned char)size;
        memcpy(name + used, at, size);
        used += size;
    }
    name[used++] = 0;
    return used;
}
