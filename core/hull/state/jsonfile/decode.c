/* Blocks of records to blocks of bytes, forwards; and backwards to where the last lines begin. */
#include "jsonfile.h"

#include <string.h>

static void put_record(struct hull_log *log, const struct record *record, char *out)
{
    char *at = out + log->made, *begin = at, *text;
    struct hull_run *last = log->count ? &log->runs[log->count - 1] : NULL;

    if (!log->middle[record->stream]) {
        if (log->timestamps)
            at = text_time(at, record->time);
        memcpy(at, log->prefix, log->prefix_size);
        at += log->prefix_size;
    }
    text = at;
    at = record->raw.at != NULL ? text_base64(at, record->raw) : text_string(at, record->log);
    if (at == text)
        return; /* nothing was written: no line begins */
    log->middle[record->stream] = at[-1] != '\n';
    log->made += (size_t)(at - begin);
    if (last == NULL || last->stream != record->stream) {
        last = &log->runs[log->count++];
        last->stream = record->stream;
    }
    last->end = log->made;
}

/* Decode the whole lines of `in` until it, the room or the runs are at an end; `used`, `made` and `runs` tell. */
void hull_log_decode(struct hull_log *log, const char *in, size_t size, char *out, size_t room)
{
    const char *at = in, *end = in + size, *line_end;
    struct record record;

    log->made = 0, log->count = 0;
    while (log->count < RUNS && (line_end = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        if (room - log->made < (size_t)(line_end - at) + log->prefix_size + TIME_MOST)
            break;
        if (record_find(at, line_end, &record)) {
            int64_t when = log->filter ? record_time(&record) : 0;

            if (log->filter && when > log->until) {
                log->over = 1;
                break;
            }
            if (!log->filter || when >= log->since)
                put_record(log, &record, out);
        }
        at = line_end + 1;
    }
    log->used = (size_t)(at - in);
}

/* Walk back over the records of `in`, which ends behind a newline and begins one if `whole`, until `wanted` lines were
 * passed. `seen` counts them, -1 before the first record; a last line that is not finished counts. Returns where they
 * begin, -1 where they begin before; `reached` is the first byte that was walked over. */
long hull_log_back(const char *in, size_t size, int whole, long wanted, long *seen, size_t *reached)
{
    const char *end = in + size, *at;
    struct record record;

    for (; end > in; end = at) {
        at = memrchr(in, '\n', (size_t)(end - in) - 1);
        if (at == NULL && !whole)
            break;
        at = at == NULL ? in : at + 1;
        if (!record_find(at, end - 1, &record))
            continue;
        if (*seen < 0)
            *seen = !record_ends_line(&record);
        if (record_ends_line(&record) && (*seen)++ == wanted) {
            *reached = (size_t)(end - in);
            return (long)*reached;
        }
    }
    *reached = (size_t)(end - in);
    return -1;
}
