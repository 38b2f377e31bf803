/* One line of a log in pieces; nothing is copied. */
#include "jsonfile.h"

#include <string.h>

static const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;

static uint64_t zero_bytes(uint64_t x)
{
    return (x - ones) & ~x & highs;
}

/* From anywhere outside an escape to the next quote or backslash. */
const char *record_plain(const char *at, const char *end)
{
    uint64_t word;

    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        if (zero_bytes(word ^ (ones * '"')) | zero_bytes(word ^ (ones * '\\')))
            break;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

static bool take(struct span *in, char what)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\r'))
        in->at++;
    if (in->at == in->end || *in->at != what)
        return false;
    in->at++;
    return true;
}

static bool take_string(struct span *in, struct span *value)
{
    if (!take(in, '"'))
        return false;
    value->at = in->at;
    while ((in->at = record_plain(in->at, in->end)) < in->end && *in->at == '\\')
        if ((in->at += 2) > in->end)
            return false;
    value->end = in->at;
    return take(in, '"');
}

/* Pass over a number, a word, an object or a list. */
static bool take_other(struct span *in)
{
    struct span string;
    int depth = 0;

    while (in->at < in->end) {
        char c = *in->at;

        if (c == '"') {
            if (!take_string(in, &string))
                return false;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}'))
            return true;
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        in->at++;
    }
    return false;
}

static bool is(struct span text, const char *word)
{
    size_t size = strlen(word);

    return (size_t)(text.end - text.at) == size && memcmp(text.at, word, size) == 0;
}

static bool parse(struct span in, struct record *record)
{
    struct span key, value;

    *record = (struct record){.stream = STDOUT};
    if (!take(&in, '{'))
        return false;
    do {
        if (!take_string(&in, &key) || !take(&in, ':'))
            return false;
        if (!take_string(&in, &value)) {
            if (in.at == in.end || !take_other(&in))
                return false;
        } else if (is(key, "log"))
            record->log = value;
        else if (is(key, "stream"))
            record->stream = is(value, "stderr") ? STDERR : STDOUT;
        else if (is(key, "time"))
            record->time = value;
        else if (is(key, "raw"))
            record->raw = value;
    } while (take(&in, ','));
    return take(&in, '}') && record->log.at != NULL && !take(&in, '{');
}

/* The whole record of a line: the last one that begins in it, where a torn one stands before. */
bool record_find(const char *at, const char *end, struct record *record)
{
    static const char beginning[] = "{\"log\":\"";

    while (!parse((struct span){at, end}, record))
        if ((at = memmem(at + 1, (size_t)(end - at - (at < end)), beginning, sizeof beginning - 1)) == NULL)
            return false;
    return true;
}

bool record_ends_line(const struct record *record)
{
    const char *at = record->log.end - 1;
    bool escaped = false;

    if (at <= record->log.at || *at != 'n')
        return false;
    while (at > record->log.at && *--at == '\\')
        escaped = !escaped;
    return escaped;
}

static int64_t digits(const char *at, int count)
{
    int64_t value = 0;

    while (count-- > 0)
        value = value * 10 + (*at++ - '0');
    return value;
}

/* RFC 3339 as Docker writes it, in UTC; INT64_MIN where it is not. Days by the civil calendar from 1 March on. */
int64_t record_time(const struct record *record)
{
    struct span time = record->time;
    int64_t year, month, days, value, scale = 100000000;

    if (time.end - time.at <= DATE || time.at[10] != 'T' || time.end[-1] != 'Z')
        return INT64_MIN;
    year = digits(time.at, 4), month = digits(time.at + 5, 2);
    year -= month <= 2;
    days = (month + 9) % 12 * 153 + 2;
    days = year * 365 + year / 4 - year / 100 + year / 400 + days / 5 + digits(time.at + 8, 2) - 1 - 719468;
    value = ((days * 24 + digits(time.at + 11, 2)) * 60 + digits(time.at + 14, 2)) * 60 + digits(time.at + 17, 2);
    value *= 1000000000;
    for (const char *at = time.at + DATE + 1; at < time.end - 1 && scale > 0; at++, scale /= 10)
        value += (*at - '0') * scale;
    return value;
}
