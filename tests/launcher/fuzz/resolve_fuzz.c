/* libFuzzer over the resolver's answers: the first bytes are a message, the rest a hosts file. */
#include "resolve.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT = 1 << 16, LINES = 64, SHORT = 512 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct named named[LINES];
    char *text;
    unsigned char *message, answer[RESOLVE_MESSAGE];
    struct question question;
    size_t length = size > 0 ? data[0] : 0, got;

    if (size == 0 || length > size - 1 || size > TEXT)
        return 0;
    message = malloc(length + 1); /* of its own size: a byte behind it is a fault */
    memcpy(message, data + 1, length);
    message = realloc(message, length ? length : 1);
    if (question_read(message, length, &question)) {
        if (question.end > length || strlen(question.name) + 1 >= RESOLVE_NAME)
            abort();
        text = malloc(size - length);
        memcpy(text, data + 1 + length, size - 1 - length);
        text[size - 1 - length] = '\0';
        got = question_answer(message, &question, named, names_read(text, named, LINES), answer);
        free(text);
        if (got > SHORT || (got != 0 && got < question.end) || question_refuse(message, &question, answer) > length)
            abort();
    }
    free(message);
    return 0;
}
