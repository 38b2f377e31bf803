/* Docker's json-file records back to the bytes that the program wrote, at the speed of memory.
 *
 * A record is one JSON object a line: "log", "stream", "time", where the bytes are no UTF-8 "raw" (base64), and keys of
 * other writers, which are passed over. A torn record is passed over, too; one that another was appended to ends where
 * the other begins: inside a string the quotes of that beginning would be escaped.
 */
#ifndef HULL_JSONFILE_H
#define HULL_JSONFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

enum { RUNS = 4096, STDOUT = 1, STDERR = 2, DATE = 19, NANO = 9, ZONE = 6, TIME_MOST = DATE + 1 + NANO + ZONE + 1 };

struct hull_run {
    int stream;
    size_t end; /* in the output; a run begins where the one before ended */
};
struct hull_log {
    int64_t since, until; /* ns since the epoch; what is before, and all from the first behind, is left out */
    int filter, timestamps;
    const char *prefix; /* for --details, behind the time */
    size_t prefix_size;
    int middle[3]; /* by stream: the last byte was no newline */
    int over;      /* until was reached */
    size_t used, made;
    int count;
    struct hull_run runs[RUNS];
};
struct span {
    const char *at, *end;
};
struct record {
    struct span log, raw, time;
    int stream;
};

/* record.c: one line in pieces. */
bool record_find(const char *at, const char *end, struct record *record); /* the whole one of a line */
bool record_ends_line(const struct record *record);
int64_t record_time(const struct record *record); /* ns since the epoch, INT64_MIN where it says none */
const char *record_plain(const char *at, const char *end); /* the next quote or backslash, or the end */

/* text.c: what a piece stands for; each returns the end of what it wrote. */
char *text_time(char *out, struct span time); /* nine digits, so that lines align, and a blank; TIME_MOST at the most */
char *text_string(char *out, struct span text);
char *text_base64(char *out, struct span raw);

/* decode.c: what Python calls. */
void hull_log_decode(struct hull_log *log, const char *in, size_t size, char *out, size_t room);
long hull_log_back(const char *in, size_t size, int whole, long wanted, long *seen, size_t *reached);

#endif
