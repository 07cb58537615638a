// SPDX-License-Identifier: Apache-2.0
// The whole opcode map, every opcode of the four maps with every ModRM byte under every combination
// of prefixes, and every SIB byte under every REX, in the three modes: the golden model's decoder
// against Zydis. Length, sizes, operands; and which are #UD, by running them at CPL 0.
//   opcodes [--stride N] [--show N]   one candidate in N (1); differences to print (20)
// Known differences are counted and said by reason (opcodes_known.c).
// Exit status: 0 all agree, 1 they do not, 2 usage.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"

enum { REX_CHOICES = 17, KNOWN_REASONS = 8 };

struct judge {
    ZydisDecoder decoder[3];
    struct cpu *cpu;
    struct ring0 *ring0;
    uint64_t stride, show;
    uint64_t candidates, ran, hidden, differ;
    struct {
        const char *why;
        uint64_t count;
    } known[KNOWN_REASONS];
};

/* A combination of prefixes; rex 0: none. */
struct prefixes {
    bool size, address, lock;
    uint8_t rep, segment, rex;
};

static const uint8_t reps[] = {0, 0xf2, 0xf3};
static const uint8_t segments[] = {0, 0x2e, 0x64, 0x36};
static const char *const mode_names[] = {"16", "32", "64"};

static unsigned put_prefixes(uint8_t *b, const struct prefixes *p)
{
    unsigned n = 0;

    if (p->segment)
        b[n++] = p->segment;
    if (p->address)
        b[n++] = 0x67;
    if (p->rep)
        b[n++] = p->rep;
    if (p->size)
        b[n++] = 0x66;
    if (p->lock)
        b[n++] = 0xf0;
    if (p->rex)
        b[n++] = p->rex;
    return n;
}

static unsigned put_opcode(uint8_t *b, unsigned map, uint8_t opcode)
{
    unsigned n = 0;

    if (map >= 1)
        b[n++] = 0x0f;
    if (map >= 2)
        b[n++] = map == 2 ? 0x38 : 0x3a;
    b[n++] = opcode;
    return n;
}

static void complain(struct judge *j, const struct candidate *c, const char *text)
{
    char name[96] = "(invalid)";
    ZydisFormatter f;

    if (j->differ++ >= j->show)
        return;
    ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
    if (ZYAN_SUCCESS(c->status))
        ZydisFormatterFormatInstruction(&f, &c->insn, c->ops, c->insn.operand_count_visible, name,
                                        sizeof(name), 0, NULL);
    printf("%s-bit", mode_names[c->mode]);
    for (unsigned i = 0; i < 15; i++)
        printf(" %02x", c->bytes[i]);
    printf("\n  %s: %s\n", name, text);
}

static void check_valid(struct judge *j, const struct candidate *c, bool ud)
{
    bool valid = ZYAN_SUCCESS(c->status) && is_offered(c);
    int vector = 6;

    if (!ud && (vector = ring0_vector(j->ring0, c)) == -2) {
        j->hidden++;
        return;
    }
    j->ran += !ud;
    if (c->status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG)
        return;
    if (valid && vector == 6)
        complain(j, c, "Zydis has it, the model raises #UD");
    else if (!valid && vector != 6)
        complain(j, c,
                 ZYAN_SUCCESS(c->status) ? "not offered, the model does not raise #UD"
                                         : "Zydis has it not, the model does not raise #UD");
}

static bool count_known(struct judge *j, const char *why)
{
    unsigned i = 0;

    if (why == NULL)
        return false;
    while (i < KNOWN_REASONS - 1 && j->known[i].why != NULL && j->known[i].why != why)
        i++;
    j->known[i].why = why;
    j->known[i].count++;
    return true;
}

static void judge(struct judge *j, struct candidate *c, bool run)
{
    char text[DIFFERENCE_TEXT];
    bool ud;

    if (j->candidates++ % j->stride != 0)
        return;
    c->status = ZydisDecoderDecodeFull(&j->decoder[c->mode], c->bytes, 15, &c->insn, c->ops);
    if (c->status == ZYDIS_STATUS_NO_MORE_DATA)
        c->status = ZYDIS_STATUS_INSTRUCTION_TOO_LONG;
    if (count_known(j, known_difference(c)))
        return;
    if (!operands_agree(j->cpu, c, &ud, text))
        complain(j, c, text);
    else if (run)
        check_valid(j, c, ud);
}

/* Every ModRM byte behind the opcode; with sib every SIB byte of those that want one. */
static void each_modrm(struct judge *j, enum decode_mode mode, const struct prefixes *p,
                       unsigned map, uint8_t opcode, bool sib)
{
    /* Both signs in displacements and immediates of each size. */
    static const uint8_t tail[] = {0x92, 0x34, 0x56, 0xf8, 0x1a, 0xbc, 0x5e,
                                   0x70, 0x81, 0x23, 0xc5, 0x67, 0x09, 0xab};
    bool run = p->segment == 0 && !p->address && !sib;
    struct candidate c = {.mode = mode, .map = (uint8_t)map, .opcode = opcode};
    unsigned n = put_prefixes(c.bytes, p);

    n += put_opcode(c.bytes + n, map, opcode);
    memcpy(c.bytes + n + 1, tail, sizeof(tail));
    for (unsigned m = 0; m < 256; m++) {
        c.modrm = c.bytes[n] = (uint8_t)m;
        if (!sib) {
            judge(j, &c, run);
        } else if (m < 0xc0 && (m & 7) == 4) {
            for (unsigned s = 0; s < 256; s++) {
                c.bytes[n + 1] = (uint8_t)s;
                judge(j, &c, false);
            }
            c.bytes[n + 1] = tail[0];
        }
    }
}

/* A prefix, REX in 64-bit mode and the escape byte are no opcodes. */
static bool is_opcode(enum decode_mode mode, unsigned map, unsigned b)
{
    static const uint8_t prefix[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
                                     0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x0f};

    if (map == 1)
        return b != 0x38 && b != 0x3a;
    if (map != 0)
        return true;
    return memchr(prefix, (int)b, sizeof(prefix)) == NULL &&
           !(mode == DECODE_64 && (b & 0xf0) == 0x40);
}

static void each_opcode(struct judge *j, enum decode_mode mode, const struct prefixes *p, bool sib)
{
    for (unsigned map = 0; map < 4; map++)
        for (unsigned b = 0; b < 256; b++)
            if (is_opcode(mode, map, b))
                each_modrm(j, mode, p, map, (uint8_t)b, sib);
}

static void each_prefix(struct judge *j, enum decode_mode mode)
{
    unsigned rexes = mode == DECODE_64 ? REX_CHOICES : 1;

    for (unsigned x = 0; x < rexes; x++) {
        uint8_t rex = x ? (uint8_t)(0x3f + x) : 0;

        for (unsigned i = 0; i < 2 * 2 * 2 * 3 * 4; i++) {
            struct prefixes p = {.size = i & 1,
                                 .address = i >> 1 & 1,
                                 .lock = i >> 2 & 1,
                                 .rep = reps[i / 8 % 3],
                                 .segment = segments[i / 24],
                                 .rex = rex};

            each_opcode(j, mode, &p, false);
        }
        each_opcode(j, mode, &(struct prefixes){.rex = rex}, true);
        each_opcode(j, mode, &(struct prefixes){.address = true, .rex = rex}, true);
    }
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t v = strtoull(text ? text : "", &end, 10);

    if (text == NULL || *text == 0 || *end != 0 || v == 0) {
        fprintf(stderr, "opcodes: wants a number above 0, not '%s'\n", text ? text : "");
        exit(2);
    }
    return v;
}

static void read_options(struct judge *j, char **argv)
{
    for (; *argv; argv += 2) {
        if (strcmp(*argv, "--stride") == 0) {
            j->stride = number(argv[1]);
        } else if (strcmp(*argv, "--show") == 0) {
            j->show = number(argv[1]);
        } else {
            fprintf(stderr, "opcodes: unknown option '%s'; opcodes [--stride N] [--show N]\n",
                    *argv);
            exit(2);
        }
    }
}

static void report(const struct judge *j)
{
    for (unsigned i = 0; i < KNOWN_REASONS && j->known[i].why != NULL; i++)
        printf("known: %llu (%s)\n", (unsigned long long)j->known[i].count, j->known[i].why);
    printf(
        "opcodes: %llu encodings, %llu of them run (%llu more ended in a shutdown), %llu differ\n",
        (unsigned long long)(j->candidates / j->stride), (unsigned long long)j->ran,
        (unsigned long long)j->hidden, (unsigned long long)j->differ);
}

/* What this processor's CPUID does not offer is a NOP or the older instruction there. */
static void prepare_decoder(ZydisDecoder *d, ZydisMachineMode mode, ZydisStackWidth stack)
{
    static const ZydisDecoderMode absent[] = {ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET,
                                              ZYDIS_DECODER_MODE_WBNOINVD,
                                              ZYDIS_DECODER_MODE_CLDEMOTE};

    ZydisDecoderInit(d, mode, stack);
    for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        ZydisDecoderEnableMode(d, absent[i], ZYAN_FALSE);
}

int main(int argc, char **argv)
{
    struct judge j = {.stride = 1, .show = 20};

    (void)argc;
    read_options(&j, argv + 1);
    prepare_decoder(&j.decoder[DECODE_16], ZYDIS_MACHINE_MODE_LONG_COMPAT_16, ZYDIS_STACK_WIDTH_16);
    prepare_decoder(&j.decoder[DECODE_32], ZYDIS_MACHINE_MODE_LONG_COMPAT_32, ZYDIS_STACK_WIDTH_32);
    prepare_decoder(&j.decoder[DECODE_64], ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    j.cpu = calloc(1, sizeof(*j.cpu));
    j.ring0 = ring0_create();
    if (j.cpu == NULL || j.ring0 == NULL) {
        fprintf(stderr, "opcodes: no memory\n");
        return 2;
    }
    for (enum decode_mode mode = DECODE_16; mode <= DECODE_64; mode++)
        each_prefix(&j, mode);
    report(&j);
    ring0_destroy(j.ring0);
    free(j.cpu);
    return j.differ != 0;
}
