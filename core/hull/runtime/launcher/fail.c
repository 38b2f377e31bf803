/* The error vocabulary: verb + object + reason, from any process of a launch, told once by the launcher. */
#include "hull.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Where this process reports and what it is doing: the one piece of state that every stage shares. */
static struct {
    int channel; /* 0: this is the launcher itself */
    const struct op *op;
    const struct plan *plan;
    struct launch *launch;
    bool aside;
    int voice; /* 0: stderr; -1: nobody listens; else a client of the monitor */
} at;

void fail_through(int channel)
{
    at.channel = channel;
}

void fail_at(const struct op *op)
{
    at.op = op;
}

void fail_speak(int voice)
{
    at.voice = voice;
}

int fail_voice(void)
{
    return at.voice;
}

void fail_saving(const struct plan *plan)
{
    at.plan = plan;
}

void fail_finishing(struct launch *launch)
{
    at.launch = launch;
}

void fail_aside(bool aside)
{
    at.aside = aside;
}

_Noreturn void fail_told(int code)
{
    struct launch *launch = at.aside ? NULL : at.launch;

    at.launch = launch == NULL ? at.launch : NULL; /* a failure while finishing ends it */
    if (launch != NULL)
        finish_failed(launch);
    _exit(code);
}

_Noreturn void fail(int code, int error, const char *verb, const char *object, const char *reason)
{
    struct message message = {.note = NOTE_FAILED, .failure = {.code = code, .error = error}};
    struct failure *failure = &message.failure;

    if (at.op != NULL)
        snprintf(failure->op, sizeof failure->op, "%s", plan_word(at.op->word));
    snprintf(failure->object, sizeof failure->object, "%s", object);
    snprintf(failure->text, sizeof failure->text, "cannot %s %.256s: %s", verb, object,
             reason != NULL ? reason : strerror(error));
    if (at.channel == 0) {
        fail_tell(failure);
        fail_told(code);
    } else if (write(at.channel, &message, sizeof message) < 0) {
        _exit(EXIT_TOOL); /* the launcher is gone, and with it whoever would read this */
    }
    _exit(code);
}

_Noreturn void fail_errno(const char *verb, const char *object)
{
    fail(EXIT_TOOL, errno, verb, object, NULL);
}

static void say(const char *text)
{
    char packet[1400] = "e", *line = packet + 1;
    int length = snprintf(line, sizeof packet - 1, "hull: %s\n", text);

    for (char *c = line; c < line + length - 1; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?'; /* an image's names may not drive the terminal */
    if (at.voice > 0 ? send(at.voice, packet, (size_t)length + 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0
                     : at.voice == 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* nobody can be told that nobody can be told */
}

void fail_tell(const struct failure *failure)
{
    char where[512], again[600];

    say(failure->text);
    status_failed(failure);
    if (failure->code == EXIT_TOOL && at.plan != NULL && status_save_plan(at.plan, where, sizeof where)) {
        snprintf(again, sizeof again, "repeat it with: hull-launch --plan '%s'", where);
        say(again);
    }
}

void fail_warn(const char *text)
{
    struct message message = {.note = NOTE_WARNING};

    if (at.channel == 0) {
        char line[600];

        snprintf(line, sizeof line, "warning: %.512s", text);
        say(line);
        return;
    }
    snprintf(message.failure.text, sizeof message.failure.text, "%s", text);
    if (write(at.channel, &message, sizeof message) < 0)
        _exit(EXIT_TOOL); /* the launcher is gone */
}
