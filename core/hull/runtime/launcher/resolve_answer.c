/* A question about a name, and its answer from the lines of a hosts file. */
#include "resolve.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { HEAD = 12, LABEL = 63, SHORT = 512, A = 1, AAAA = 28, INTERNET = 1, NOBODY = 3, SECONDS = 5, FIXED = 12 };

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

size_t question_answer(const unsigned char *message, const struct question *question, char *hosts,
                       unsigned char *answer)
{
    size_t length = begin(message, question, answer, 0);
    char *line, *next = hosts, *word, *rest;
    bool known = false;

    while ((line = strsep(&next, "\n")) != NULL) {
        char *address = strtok_r(line, " \t", &rest);
        unsigned char bytes[sizeof(struct in6_addr)];
        bool v4 = address != NULL && inet_pton(AF_INET, address, bytes) == 1;

        if (address == NULL || (!v4 && inet_pton(AF_INET6, address, bytes) != 1))
            continue;
        while ((word = strtok_r(NULL, " \t", &rest)) != NULL && *word != '#') {
            if (strcasecmp(word, question->name) != 0)
                continue;
            known = true;
            if (question->type == (v4 ? A : AAAA))
                length = add(answer, length, question->type, bytes, v4 ? 4 : sizeof bytes);
            break;
        }
    }
    return known ? length : 0;
}
