/* Small parsers, each total: every input has an answer. */
#include "hull.h"

#include <string.h>

/* Decimal digits only: no sign, no space, no empty text. */
bool text_number(const char *text, unsigned long long most, unsigned long long *value)
{
    unsigned long long sum = 0;

    if (*text == '\0')
        return false;
    for (; *text; text++) {
        unsigned digit = (unsigned)(*text - '0');

        if (digit > 9 || sum > (most - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return sum <= most;
}

unsigned long long text_must_number(const char *text, unsigned long long most, const char *what)
{
    unsigned long long value = 0;

    if (!text_number(text, most, &value))
        fail(EXIT_TOOL, 0, "understand", text, what);
    return value;
}

/* Whether a comma list holds a word. */
bool text_has(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

ssize_t text_bytes(const char *hex, void *bytes, size_t most)
{
    size_t length = strlen(hex);

    if (length % 2 != 0 || length / 2 > most)
        return -1;
    for (size_t i = 0; i < length; i += 2) {
        int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

        if (high < 0 || low < 0)
            return -1;
        ((unsigned char *)bytes)[i / 2] = (unsigned char)(high << 4 | low);
    }
    return (ssize_t)(length / 2);
}

const char *text_decimal(unsigned number)
{
    static char room[16];
    char *at = room + sizeof room - 1;

    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return at;
}

/* Fails instead of cutting. */
char *text_join(char *buffer, size_t size, const char *a, const char *b, const char *c)
{
    size_t la = strlen(a), lb = strlen(b), lc = strlen(c);

    if (la + lb + lc >= size)
        fail(EXIT_TOOL, ENAMETOOLONG, "use the path", b, NULL);
    memcpy(buffer, a, la);
    memcpy(buffer + la, b, lb);
    memcpy(buffer + la + lb, c, lc + 1);
    return buffer;
}
