/* A question about a name or an address, and its answer from what is named. */
#include "resolve.h"

#include <ctype.h>
#include <netinet/in.h>
#include <string.h>

enum { HEAD = 12, LABEL = 63, SHORT = 512, INTERNET = 1, NOBODY = 3, SECONDS = 5, FIXED = 12 };
enum { A = 1, POINTER = 12, AAAA = 28 };

static unsigned pair(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

bool question_read(const unsigned char *message, size_t length, struct question *question)
{
    size_t at = HEAD, used = 0;

    if (length < HEAD || (message[2] & 0xf8) != 0 || pair(message + 4) != 1)
        return false; /* an answer, another operation, or several questions */
    while (at < length && message[at] != 0) {
        size_t label = message[at++];

        if (label > LABEL || label > length - at || used + label + 1 >= RESOLVE_NAME)
            return false;
        for (size_t i = 0; i < label; i++) {
            if (!isgraph(message[at + i]) || message[at + i] == '.')
                return false;
            question->name[used++] = (char)tolower(message[at + i]);
        }
        question->name[used++] = '.';
        at += label;
    }
    if (used == 0 || at >= length || length - at < 5)
        return false;
    question->name[used - 1] = '\0';
    question->type = pair(message + at + 1);
    question->end = at + 5;
    return pair(message + at + 3) == INTERNET;
}

static size_t begin(const unsigned char *message, const struct question *question, unsigned char *answer, int code)
{
    memcpy(answer, message, question->end);
    answer[2] = 0x84 | (message[2] & 1); /* an answer with authority; whether recursion was wanted */
    answer[3] = (unsigned char)(0x80 | code);
    memset(answer + 6, 0, 6);
    return question->end;
}

size_t question_refuse(const unsigned char *message, const struct question *question, unsigned char *answer)
{
    return begin(message, question, answer, NOBODY);
}

static size_t add(unsigned char *answer, size_t length, unsigned type, const void *address, size_t size)
{
    const unsigned char fixed[FIXED] = {0xc0, HEAD, 0, (unsigned char)type, 0, INTERNET, 0, 0, 0, SECONDS, 0,
                                        (unsigned char)size};

    if (length + FIXED + size > SHORT)
        return length;
    memcpy(answer + length, fixed, FIXED);
    memcpy(answer + length + FIXED, address, size);
    answer[7]++;
    return length + FIXED + size;
}

static size_t answer_pointer(const struct named *named, size_t count, const struct question *question,
                             unsigned char *answer, size_t length)
{
    unsigned char address[16], name[RESOLVE_NAME];
    size_t size = reverse_address(question->name, address), got;

    for (const struct named *one = named; size > 0 && one < named + count; one++)
        if (one->size == size && memcmp(one->address, address, size) == 0 && (got = reverse_name(one, name)) > 0)
            return add(answer, length, POINTER, name, got);
    return length;
}

size_t question_answer(const unsigned char *message, const struct question *question, const struct named *named,
                       size_t count, unsigned char *answer)
{
    size_t head = begin(message, question, answer, 0), length = head;
    bool known = false;

    if (question->type == POINTER)
        length = answer_pointer(named, count, question, answer, length);
    for (const struct named *one = named; length == head && one < named + count; one++)
        known |= names_call(one, question->name);
    if (!known)
        return length > head ? length : 0;
    for (const struct named *one = named; one < named + count; one++)
        if (question->type == (one->size == sizeof(struct in_addr) ? A : AAAA) && names_call(one, question->name))
            length = add(answer, length, question->type, one->address, one->size);
    return length;
}
