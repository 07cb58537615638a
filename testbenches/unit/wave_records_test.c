// SPDX-License-Identifier: Apache-2.0
// Records of both sides in one wave: which of the model's stands beside which of the RTL's, what
// differs, what the wave had before. Read back by fst2vcd.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gt.h"
#include "record.h"
#include "shell/wave_merge.h"
#include "wave_records.h"

#include "gtkwave/fstapi.h"

#define STATES 64

/* A wave of one signal that changes at 0, 155 and 900; it has an enumeration whose table is longer
 * than 512 bytes. */
static void base_wave(const char *path)
{
    void *w = fstWriterCreate(path, 1);
    static char name[STATES][24], value[STATES][8];
    const char *names[STATES], *values[STATES];
    fstHandle h;

    for (unsigned i = 0; i < STATES; i++) {
        snprintf(name[i], sizeof(name[i]), "StateNumber%u", i);
        for (unsigned b = 0; b < 6; b++)
            value[i][b] = (char)('0' + (i >> (5 - b) & 1));
        names[i] = name[i];
        values[i] = value[i];
    }

    fstWriterSetTimescale(w, -9);
    fstWriterSetScope(w, FST_ST_VCD_MODULE, "TOP", NULL);
    fstWriterEmitEnumTableRef(w, fstWriterCreateEnumTable(w, "states", STATES, 6, names, values));
    h = fstWriterCreateVar(w, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, 4, "own[3:0]", 0);
    fstWriterSetUpscope(w);
    fstWriterEmitTimeChange(w, 0);
    fstWriterEmitValueChange(w, h, "0001");
    fstWriterEmitTimeChange(w, 155);
    fstWriterEmitValueChange(w, h, "1010");
    fstWriterEmitTimeChange(w, 900);
    fstWriterEmitValueChange(w, h, "0110");
    fstWriterClose(w);
}

struct vcd {
    char *text;
    size_t bytes;
};

static struct vcd read_back(const char *path)
{
    struct vcd v = {NULL, 0};
    FILE *out = open_memstream(&v.text, &v.bytes), *in;
    char command[300];
    int c;

    snprintf(command, sizeof(command), "fst2vcd -e %s 2>/dev/null", path);
    in = popen(command, "r");
    while (in != NULL && out != NULL && (c = fgetc(in)) != EOF)
        fputc(c, out);
    if (in != NULL)
        pclose(in);
    if (out != NULL)
        fclose(out);
    return v;
}

/* The value of a signal at a time: of the scopes a.b.c and a name, as binary without leading zeros;
 * x: unknown. */
static void value_at(const struct vcd *v, const char *wanted, uint64_t time, char out[160])
{
    char scope[8][32], id[16] = "", full[300];
    unsigned depth = 0;
    char *copy = strdup(v->text), *at = copy, *line;
    uint64_t now = 0;

    snprintf(out, 160, "x");
    while (copy != NULL && (line = strsep(&at, "\n")) != NULL) {
        char a[160], b[160], name[64];

        if (sscanf(line, "$scope %*s %31s", scope[depth & 7]) == 1)
            depth++;
        else if (strncmp(line, "$upscope", 8) == 0)
            depth--;
        else if (sscanf(line, "$var %*s %*s %15s %63s", b, name) == 2) {
            size_t n = 0;

            full[0] = '\0';
            for (unsigned i = 0; i < depth; i++)
                n += (size_t)snprintf(full + n, sizeof(full) - n, "%s.", scope[i]);
            name[strcspn(name, "[")] = '\0';
            snprintf(full + n, sizeof(full) - n, "%s", name);
            if (strcmp(full, wanted) == 0)
                snprintf(id, sizeof(id), "%s", b);
        } else if (line[0] == '#')
            now = strtoull(line + 1, NULL, 10);
        else if (now <= time && sscanf(line, "b%159s %159s", a, b) == 2 && strcmp(b, id) == 0)
            snprintf(out, 160, "%s", a + (a[0] == 'x' ? strlen(a) - 1 : strspn(a, "0")));
        else if (now <= time && id[0] != '\0' && line[0] != '\0' && strcmp(line + 1, id) == 0)
            snprintf(out, 160, "%c", line[0]);
    }
    if (out[0] == '\0')
        snprintf(out, 160, "0");
    free(copy);
}

static void expect_at(const struct vcd *v, const char *signal, uint64_t time, const char *bits)
{
    char is[160];

    value_at(v, signal, time, is);
    if (strcmp(is, bits) != 0)
        fprintf(stderr, "%s at %llu: %s, not %s\n", signal, (unsigned long long)time, is, bits);
    EXPECT_TRUE(strcmp(is, bits) == 0);
}

static struct rec_xlate xlate(uint64_t cycle, uint64_t va, uint8_t hit)
{
    return (struct rec_xlate){.cycle = cycle, .va = va, .hit = hit};
}

static void add(struct wave_records *w, bool model, struct rec_xlate x, uint64_t before)
{
    wave_records_add(w, &type_xlate, model, &x, before);
}

GT_TEST(wave_records, the_models_stands_in_the_cycle_of_the_one_it_was_compared_with)
{
    char path[] = "/tmp/wave_records_XXXXXX";
    struct wave_records *w = wave_records_create(10, 80);
    struct vcd v;

    close(mkstemp(path));
    base_wave(path);
    add(w, false, xlate(9, 1, 1), 0); /* before the window */
    add(w, false, xlate(20, 2, 1), 0);
    add(w, true, xlate(0, 1, 1), 0);    /* met the one before the window */
    add(w, false, xlate(10, 3, 0), 20); /* behind a reset: cycle 30 */
    add(w, true, xlate(0, 2, 1), 20);
    add(w, true, xlate(0, 3, 0), 20);
    add(w, false, xlate(50, 4, 1), 0);
    add(w, true, xlate(0, 4, 0), 0);   /* what differs */
    add(w, false, xlate(80, 5, 1), 0); /* behind the window */
    EXPECT_TRUE(wave_records_into(w, path, "xlate"));
    wave_records_destroy(w);
    v = read_back(path);
    EXPECT_TRUE(strstr(v.text, " states 64 StateNumber0 ") != NULL);
    EXPECT_TRUE(strstr(v.text, " StateNumber63 ") != NULL && strstr(v.text, " 111111 ") != NULL);
    expect_at(&v, "TOP.own", 100, "1");
    expect_at(&v, "TOP.own", 155, "1010");
    expect_at(&v, "TOP.own", 950, "110");
    expect_at(&v, "records.rtl.xlate.count", 199, "x");
    expect_at(&v, "records.rtl.xlate.count", 200, "1");
    expect_at(&v, "records.model.xlate.count", 200, "1");
    expect_at(&v, "records.model.xlate.va", 200, "10");
    expect_at(&v, "records.model.xlate.va", 300, "11");
    expect_at(&v, "records.rtl.xlate.va", 499, "11");
    expect_at(&v, "records.differs.xlate", 499, "0");
    expect_at(&v, "records.differs.xlate", 500, "1");
    expect_at(&v, "records.rtl.xlate.hit", 500, "1");
    expect_at(&v, "records.model.xlate.hit", 500, "0");
    expect_at(&v, "records.rtl.xlate.va", 900, "100");
    expect_at(&v, "records.rtl.walk.count", 900, "x");
    free(v.text);
    unlink(path);
}

GT_TEST(wave_records, one_that_the_other_side_lacks_is_x_there)
{
    char path[] = "/tmp/wave_records_XXXXXX";
    struct wave_records *w = wave_records_create(0, 80);
    struct vcd v;

    close(mkstemp(path));
    base_wave(path);
    add(w, false, xlate(20, 2, 1), 0);
    EXPECT_TRUE(wave_records_waiting(w));
    add(w, true, xlate(0, 2, 1), 0);
    EXPECT_TRUE(!wave_records_waiting(w));
    add(w, true, xlate(0, 6, 1), 0); /* the model says it first */
    add(w, false, xlate(25, 6, 1), 0);
    EXPECT_TRUE(!wave_records_waiting(w));
    add(w, false, xlate(30, 7, 1), 0);
    add(w, true, xlate(0, 8, 1), 0); /* of one behind the window: nothing differs */
    EXPECT_TRUE(wave_records_waiting(w));
    EXPECT_TRUE(wave_records_into(w, path, NULL));
    wave_records_destroy(w);
    v = read_back(path);
    expect_at(&v, "records.model.xlate.va", 249, "10");
    expect_at(&v, "records.model.xlate.va", 250, "110");
    expect_at(&v, "records.rtl.xlate.va", 300, "111");
    expect_at(&v, "records.model.xlate.va", 300, "x");
    expect_at(&v, "records.model.xlate.count", 300, "10");
    free(v.text);
    unlink(path);
}

GT_TEST(wave_records, a_wave_that_is_none_stays_as_it_was)
{
    char path[] = "/tmp/wave_records_XXXXXX", text[8] = "";
    struct wave_records *w = wave_records_create(0, 80);
    FILE *f = fdopen(mkstemp(path), "w+");

    fputs("no wave", f);
    fflush(f);
    add(w, false, xlate(20, 2, 1), 0);
    EXPECT_TRUE(!wave_records_into(w, path, NULL));
    EXPECT_TRUE(!wave_merge("/nonexistent/wave.fst", NULL, 0, NULL, 0));
    rewind(f);
    EXPECT_TRUE(fgets(text, sizeof(text), f) != NULL && strcmp(text, "no wave") == 0);
    fclose(f);
    wave_records_destroy(w);
    unlink(path);
}
