/* The log: Docker's json-file, a line of the program's one line, rotated without a lost byte.
 *
 * Should: write whole lines, many at once. Mustn't: wait for anybody but the disk, or end because that is full.
 */
#include "monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { FLUSH = 64 << 10, LINE_MOST = PIECE_MAX * 6 + (PIECE_MAX / 3 + 1) * 4 + 160, ROOM = FLUSH + LINE_MOST };

static struct {
    int fd; /* 0: none is kept */
    const char *path;
    unsigned long long most, files, size, lost;
    size_t used;
    char stamp[40];
    time_t second;
} record;
static char out[ROOM] ROOMY;

unsigned long long record_lost(void)
{
    return record.lost;
}

static int open_log(const char *path)
{
    return open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* A monitor that was killed may have left half a line: the next must not be glued to it. */
static void end_line(void)
{
    struct stat found;
    char last = '\n';

    MUST(fstat(record.fd, &found), "look at", record.path);
    record.size = (unsigned long long)found.st_size;
    if (found.st_size > 0 && pread(record.fd, &last, 1, found.st_size - 1) == 1 && last != '\n' &&
        write(record.fd, "\n", 1) == 1)
        record.size++;
}

void record_open(const struct plan *plan)
{
    const struct op *op = plan_find(plan, W_LOG);

    if (op == NULL || strcmp(op->arg[0], "none") == 0)
        return;
    fail_at(op);
    if (strcmp(op->arg[0], "json-file") != 0)
        fail(EXIT_TOOL, EINVAL, "log by", op->arg[0], "the drivers are json-file and none");
    record.path = op->arg[1];
    record.most = text_must_number(op->arg[2], INT64_MAX, "it is not a number of bytes");
    record.files = text_must_number(op->arg[3], 1000, "it is not a number of files");
    record.fd = MUST(open_log(record.path), "open the log", record.path);
    end_line();
    fail_at(NULL);
}

static const char *numbered(char *room, size_t size, unsigned long long number)
{
    if (number == 0)
        return record.path;
    snprintf(room, size, "%s.%llu", record.path, number);
    return room;
}

/* The new file is there before the old one moves; where it cannot be made, the old one goes on. */
static void rotate(void)
{
    char from[4096], to[4096], fresh[4096];
    int fd;

    record.size = 0; /* next try: as many bytes later */
    if (strlen(record.path) > sizeof fresh - 32)
        return;
    snprintf(fresh, sizeof fresh, "%s.new", record.path);
    unlink(fresh);
    if ((fd = open_log(fresh)) < 0)
        return;
    for (unsigned long long number = record.files > 0 ? record.files - 1 : 0; number > 0; number--)
        rename(numbered(from, sizeof from, number - 1), numbered(to, sizeof to, number));
    if (rename(fresh, record.path) < 0) {
        close(fd);
        return;
    }
    close(record.fd);
    record.fd = fd;
}

/* Keep what could not be written for the next time, but leave no half line behind. */
static void write_back(size_t done)
{
    size_t whole = done;

    while (whole > 0 && out[whole - 1] != '\n')
        whole--;
    if (whole < done && ftruncate(record.fd, (off_t)(record.size + whole)) < 0)
        whole = done;
    record.size += whole;
    record.used -= whole;
    memmove(out, out + whole, record.used);
}

void record_flush(void)
{
    size_t done = 0;

    while (done < record.used) {
        ssize_t put = write(record.fd, out + done, record.used - done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            write_back(done);
            return;
        }
        done += (size_t)put;
    }
    record.size += done;
    record.used = 0;
}

void record_settle(void)
{
    settle_room(out + record.used, sizeof out - record.used);
}

static void refresh_stamp(void)
{
    struct timespec now = {0};
    struct tm parts;

    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != record.second && gmtime_r(&now.tv_sec, &parts) != NULL) {
        strftime(record.stamp, sizeof record.stamp, "%Y-%m-%dT%H:%M:%S", &parts);
        record.second = now.tv_sec;
    }
    snprintf(record.stamp + 19, sizeof record.stamp - 19, ".%09ldZ", now.tv_nsec);
}

static char *append(char *put, const char *text)
{
    size_t length = strlen(text);

    memcpy(put, text, length);
    return put + length;
}

static void put_line(const struct stream *stream, const char *bytes, size_t length)
{
    bool exact = true;
    char *start, *put;

    if (record.used >= FLUSH)
        record_flush();
    if (record.used + LINE_MOST > ROOM) { /* the disk is full, and so is the room for what it did not take */
        record.lost += length;
        return;
    }
    start = out + record.used;
    put = append(start, "{\"log\":\"");
    put += encode_text(put, bytes, length, &exact);
    put = append(append(put, "\",\"stream\":\""), stream->name);
    put = append(append(put, "\",\"time\":\""), record.stamp);
    if (!exact) {
        put = append(put, "\",\"raw\":\"");
        put += encode_base64(put, bytes, length);
    }
    put = append(put, "\"}\n");
    length = (size_t)(put - start);
    if (record.most > 0 && record.size + record.used > 0 && record.size + record.used + length > record.most) {
        record_flush(); /* what is before this line belongs to the old file */
        if (record.used == 0)
            rotate();
        memmove(out + record.used, start, length);
    }
    record.used += length;
}

/* Log the lines that are whole, and the rest at the end. */
void record_take(struct stream *stream, bool end)
{
    size_t at = 0;

    if (record.fd == 0) {
        stream->used = 0;
        return;
    }
    refresh_stamp();
    while (at < stream->used) {
        const char *from = stream->bytes + at;
        size_t left = stream->used - at, length = left < PIECE_MAX ? left : PIECE_MAX;
        const char *newline = memchr(from, '\n', length);

        if (newline != NULL)
            length = (size_t)(newline - from) + 1;
        else if (left >= PIECE_MAX)
            length = encode_cut(from, PIECE_MAX);
        else if (!end)
            break;
        put_line(stream, from, length);
        at += length;
    }
    memmove(stream->bytes, stream->bytes + at, stream->used - at);
    stream->used -= at;
}
