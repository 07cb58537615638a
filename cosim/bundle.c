// SPDX-License-Identifier: Apache-2.0
// Failure bundles; see the header. Where no snapshot stands early enough the wave comes from a
// second run of the same command from reset: the same seed gives the same cycles.
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "snapshot.h"
#include "timeline.h"

#define UNITS_PER_CYCLE 10 /* of the FST's time */
#define MAX_ARGS        64
#define SERIAL_FILE     "serial.input"

extern char **environ;

static FILE *create(const char *folder, const char *name, char *error, size_t error_bytes)
{
    char path[1200];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    if (f == NULL)
        snprintf(error, error_bytes, "%s: cannot be written: %s", path, strerror(errno));
    return f;
}

static bool finish(FILE *f, const char *what, char *error, size_t error_bytes)
{
    bool ok = !ferror(f);

    if (fclose(f) != 0)
        ok = false;
    if (!ok)
        snprintf(error, error_bytes, "%s: cannot be written: %s", what, strerror(errno));
    return ok;
}

static void shell_quote(FILE *f, const char *s)
{
    fputc('\'', f);
    for (; *s != 0; s++) {
        if (*s == '\'')
            fputs("'\\''", f);
        else
            fputc(*s, f);
    }
    fputc('\'', f);
}

/* One argument a line in `command`, for replay; the same as a shell line for people in `report`. */
static bool write_command(const struct bundle_request *b, const char *folder, char *error,
                          size_t error_bytes)
{
    FILE *f = create(folder, "replay.sh", error, error_bytes);
    char cwd[1024], serial_path[1200];

    snprintf(serial_path, sizeof(serial_path), "%s/" SERIAL_FILE, folder);
    if (f == NULL ||
        (b->serial != NULL && !serial_save(b->serial, serial_path, error, error_bytes)))
        return false;
    fputs("#!/bin/sh\ncd ", f);
    shell_quote(f, getcwd(cwd, sizeof(cwd)) != NULL ? cwd : ".");
    fputs(" && exec ", f);
    shell_quote(f, b->program);
    for (int i = 1; i < b->argc; i++) {
        fputc(' ', f);
        shell_quote(f, b->argv[i]);
    }
    if (b->serial != NULL) {
        fputs(" --serial-input ", f);
        shell_quote(f, serial_path);
    }
    fputs(" --no-bundle\n", f);
    return finish(f, "replay.sh", error, error_bytes);
}

static bool write_report(const struct bundle_request *b, const char *folder, char *error,
                         size_t error_bytes)
{
    FILE *f = create(folder, "report.txt", error, error_bytes);

    if (f == NULL)
        return false;
    b->report(f, b->context);
    fprintf(f, "\nto reproduce: sh %s/replay.sh\nto see it: ringwalk wave %s\n", folder, folder);
    if (!finish(f, "report.txt", error, error_bytes))
        return false;
    f = create(folder, "records.log", error, error_bytes);
    if (f == NULL)
        return false;
    record_log_print(b->log, f);
    return finish(f, "records.log", error, error_bytes);
}

const char *bundle_view_of(const char *stream)
{
    static const char *const unit[] = {"dma", "iwalk", "iommu", "registers", "pins", "order"};

    if (strcmp(stream, "xlate") == 0 || strcmp(stream, "walk") == 0)
        return "mmu";
    for (unsigned i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
        if (strcmp(stream, unit[i]) == 0)
            return "iommu";
    return "cpu";
}

static void put_view_line(const struct bundle_request *b, FILE *out, const char *line)
{
    size_t n = b->view_place == NULL ? 0 : strlen(b->view_place);
    const char *words = strstr(line, " words/");

    if (line[0] == '^' && words != NULL)
        fprintf(out, "%.*s %s%s", (int)(words - line), line, RW_WAVES_DIR "/", words + 1);
    else if (n != 0 && strncmp(line, b->view_place, n) == 0)
        fprintf(out, "%s%s", b->wave_place, line + n);
    else
        fputs(line, out);
}

/* A saved view with this run's file, time and cursor in front. */
static bool write_view(const struct bundle_request *b, const char *view, const char *folder,
                       const char *name, char *error, size_t error_bytes)
{
    uint64_t at = b->cycle * UNITS_PER_CYCLE;
    char source[1200], line[512];
    FILE *in, *out;

    snprintf(source, sizeof(source), "%s/%s.gtkw", RW_WAVES_DIR, view);
    in = fopen(source, "r");
    if (in == NULL) {
        snprintf(error, error_bytes, "%s: cannot be opened: %s", source, strerror(errno));
        return false;
    }
    out = create(folder, name, error, error_bytes);
    if (out == NULL) {
        fclose(in);
        return false;
    }
    fprintf(out, "[dumpfile] \"%s/wave.fst\"\n", folder);
    fprintf(out, "[timestart] %" PRIu64 "\n", at > 130 ? at - 130 : 0);
    fprintf(out, "*-5.500000 %" PRIu64 " -1 -1 -1\n", at);
    while (fgets(line, sizeof(line), in) != NULL)
        put_view_line(b, out, line);
    fclose(in);
    return finish(out, name, error, error_bytes);
}

/* The end of the same command, run once more with the wave on; -1: it could not be run. */
static int run_again(const struct bundle_request *b, const struct snapshot_order *order,
                     const char *folder, char *error, size_t error_bytes)
{
    char wave[1250], serial_input[1250], from[48], to[48];
    char *args[MAX_ARGS];
    int n = 0, status = 0;
    pid_t child;
    posix_spawn_file_actions_t quiet;

    snprintf(wave, sizeof(wave), "--wave=%s", order->wave);
    snprintf(from, sizeof(from), "--wave-from=%" PRIu64, order->from);
    snprintf(to, sizeof(to), "--wave-to=%" PRIu64, order->to);
    for (; n < b->argc && n < MAX_ARGS - 9; n++)
        args[n] = b->argv[n];
    if (b->serial != NULL) {
        snprintf(serial_input, sizeof(serial_input), "--serial-input=%s/" SERIAL_FILE, folder);
        args[n++] = serial_input;
    }
    args[n++] = wave;
    args[n++] = from;
    args[n++] = to;
    args[n++] = (char[]){"--no-bundle"};
    args[n++] = (char[]){"--quiet"};
    args[n] = NULL;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&child, b->program, &quiet, NULL, args, environ) != 0) {
        snprintf(error, error_bytes, "%s: cannot be run for the wave", b->program);
        return -1;
    }
    posix_spawn_file_actions_destroy(&quiet);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static bool make_wave(const struct bundle_request *b, const char *folder, char *error,
                      size_t error_bytes)
{
    struct snapshot_order order = {.from = b->cycle > b->before ? b->cycle - b->before : 0,
                                   .to = b->cycle + b->after,
                                   .whole = !b->asked};
    int status = -1;

    snprintf(order.wave, sizeof(order.wave), "%s/wave.fst", folder);
    if (b->snapshots != NULL)
        status = snapshots_wake(b->snapshots, &order);
    else if (b->timeline != NULL)
        status = timeline_send(b->timeline, &order);
    if (status < 0)
        status = run_again(b, &order, folder, error, error_bytes);
    if (status < 0)
        return false;
    if (status == 1 || b->asked)
        return true;
    snprintf(error, error_bytes, "the traced run did not reproduce the difference");
    return false;
}

/* waves/page/page.py reads what the others wrote; what it has to say of a failure is one line on
 * the standard error. */
static bool draw_page(const char *folder, char *error, size_t error_bytes)
{
    char *args[] = {RW_PYTHON, RW_WAVES_DIR "/page/page.py", (char *)(uintptr_t)folder, NULL};
    int status = 0;
    pid_t child;

    if (posix_spawn(&child, args[0], NULL, NULL, args, environ) == 0) {
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return true;
    }
    snprintf(error, error_bytes, "%s/page.html: cannot be made by %s %s", folder, args[0], args[1]);
    return false;
}

bool bundle_write(const struct bundle_request *b, char path[BUNDLE_PATH], char *error,
                  size_t error_bytes)
{
    char real[4096]; /* what the files of the bundle say of themselves holds in any folder */

    if (mkdir(b->root, 0777) != 0 && errno != EEXIST) {
        snprintf(error, error_bytes, "%s: cannot be made: %s", b->root, strerror(errno));
        return false;
    }
    snprintf(path, BUNDLE_PATH, "%s/%s-seed%" PRIu64 "-cycle%" PRIu64, b->root, b->name, b->seed,
             b->cycle);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        snprintf(error, error_bytes, "%s: cannot be made: %s", path, strerror(errno));
        return false;
    }
    if (realpath(path, real) == NULL || strlen(real) >= BUNDLE_PATH) {
        snprintf(error, error_bytes, "%s: its path is too long", path);
        return false;
    }
    return write_command(b, real, error, error_bytes) &&
           write_report(b, real, error, error_bytes) &&
           write_view(b, b->view, real, "wave.gtkw", error, error_bytes) &&
           write_view(b, "sides", real, "sides.gtkw", error, error_bytes) &&
           make_wave(b, real, error, error_bytes) && draw_page(real, error, error_bytes);
}

bool bundle_replay(const char *path, char *error, size_t error_bytes)
{
    char script[1200];

    snprintf(script, sizeof(script), "%s/replay.sh", path);
    if (access(script, R_OK) != 0) {
        snprintf(error, error_bytes, "%s: is not a bundle: %s", path, strerror(errno));
        return false;
    }
    execl("/bin/sh", "sh", script, (char *)NULL);
    snprintf(error, error_bytes, "/bin/sh: %s", strerror(errno));
    return false;
}

bool bundle_open_wave(const char *path, bool sides, char *error, size_t error_bytes)
{
    char view[1200];

    snprintf(view, sizeof(view), "%s/%s.gtkw", path, sides ? "sides" : "wave");
    if (access(view, R_OK) != 0) {
        snprintf(error, error_bytes, "%s: is not a bundle: %s", path, strerror(errno));
        return false;
    }
    execlp("gtkwave", "gtkwave", view, (char *)NULL);
    snprintf(error, error_bytes, "gtkwave: %s; install it with: apt-get install gtkwave",
             strerror(errno));
    return false;
}
