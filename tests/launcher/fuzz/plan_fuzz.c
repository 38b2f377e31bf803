/* libFuzzer over the plan's reader: no input may read past its end, leak, or be half accepted. */
#include "hull.h"

#include <stdlib.h>
#include <string.h>

_Noreturn void fail(int code, int error, const char *verb, const char *object, const char *reason)
{
    (void)code, (void)error, (void)verb, (void)object, (void)reason;
    abort(); /* the reader proper answers; it never ends the process */
}

_Noreturn void fail_errno(const char *verb, const char *object)
{
    fail(EXIT_TOOL, errno, verb, object, NULL);
}

void fail_saving(const struct plan *plan)
{
    (void)plan;
}

/* What was accepted, written again, must be the very same bytes. */
static void rewrite(const struct plan *plan, const char *given, size_t size)
{
    static char text[1 << 20];
    size_t used = 0;

#define PUT(word) (memcpy(text + used, word, strlen(word) + 1), used += strlen(word) + 1)
    PUT("hull-plan");
    PUT("1");
    EACH(op, plan) {
        PUT(plan_word(op->word));
        for (int i = 0; i < PLAN_ARGUMENTS && op->arg[i] != NULL; i++)
            PUT(op->arg[i]);
    }
    PUT("end");
    if (used != size || memcmp(text, given, size) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plan plan;
    char *copy = malloc(size ? size : 1);
    unsigned long long number;

    memcpy(copy, data, size);
    if (plan_parse(&plan, copy, size) == NULL) {
        rewrite(&plan, (const char *)data, size);
        EACH(op, &plan)
            for (int i = 0; i < PLAN_ARGUMENTS && op->arg[i] != NULL; i++) {
                text_number(op->arg[i], UINT64_MAX, &number);
                text_has(op->arg[i], "ro");
            }
    }
    free(plan.ops);
    free(copy);
    return 0;
}
