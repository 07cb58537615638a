// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "step_panes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"
#include "explain_state.h"
#include "peek.h"
#include "scoreboard.h"
#include "system_words.h"
#include "ucode_word.h"

#define MOST_PAST   32
#define MOST_XLATES 64
#define INSN_BYTES  15
#define MOST_CYCLES 100 /* of a pane */

static const char *const levels[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};

/* --- code --- */

static void put_place(FILE *out, char mark, uint64_t rip, const struct symbols *symbols)
{
    char name[80];

    symbols_text(symbols, rip, name, sizeof(name));
    if (name[0] == 0)
        snprintf(name, sizeof(name), "%" PRIx64, rip);
    fprintf(out, "%c %-16s ", mark, name);
}

static void past_code(FILE *out, const struct control *c, const struct symbols *symbols,
                      unsigned past)
{
    struct rec_retire last[MOST_PAST], r;
    struct record_log_entry e;
    unsigned n = 0;

    for (size_t at = 0; record_log_next(control_scoreboard(c)->log, &at, &e);)
        if (e.type == &type_retire && !e.from_model) {
            memcpy(&r, e.record, sizeof(r));
            last[n++ % MOST_PAST] = r;
        }
    past = past < MOST_PAST ? past : MOST_PAST;
    for (unsigned i = n; i < past; i++)
        fputc('\n', out);
    for (unsigned i = n > past ? n - past : 0; i < n; i++) {
        const struct rec_retire *p = &last[i % MOST_PAST];
        char text[128];

        put_place(out, ' ', p->rip, symbols);
        if (p->kind == RETIRE_INSN && p->len != 0) {
            disasm(text, sizeof(text), p->bytes, p->len, p->rip, p->mode);
            fprintf(out, "%s\n", text);
        } else {
            words_event(out, p);
        }
    }
}

void pane_code(FILE *out, const struct control *c, const struct symbols *symbols, unsigned past,
               unsigned next)
{
    struct rw_state state;
    uint64_t rip;

    control_state(c, &state);
    rip = peek_rip(&state);
    past_code(out, c, symbols, past);
    for (unsigned i = 0; i < next; i++) {
        uint8_t bytes[INSN_BYTES];
        char text[128] = "no memory is mapped here";
        size_t got = control_read(c, rip, bytes, sizeof(bytes));
        unsigned length = 0;

        put_place(out, i == 0 ? '>' : ' ', rip, symbols);
        if (got != 0)
            length = disasm(text, sizeof(text), bytes, got, rip, state.regs.mode);
        fprintf(out, "%s\n", text);
        if (length == 0)
            return;
        rip += length;
    }
}

/* --- registers --- */

static void put_register(FILE *out, const char *name, uint64_t now, uint64_t before, char end)
{
    fprintf(out, "%-3s%c%016" PRIx64 "%c", name, now == before ? ' ' : '*', now, end);
}

void pane_registers(FILE *out, const struct rw_state *now, const struct rw_state *before)
{
    static const struct {
        const char *name;
        unsigned number;
    } gpr[] = {{"rax", 0},  {"rbx", 3},  {"rcx", 1},  {"rdx", 2}, {"rsi", 6},  {"rdi", 7},
               {"rbp", 5},  {"rsp", 4},  {"r8", 8},   {"r9", 9},  {"r10", 10}, {"r11", 11},
               {"r12", 12}, {"r13", 13}, {"r14", 14}, {"r15", 15}};

    if (before == NULL)
        before = now;
    for (unsigned i = 0; i < sizeof(gpr) / sizeof(gpr[0]); i++)
        put_register(out, gpr[i].name, now->regs.gpr[gpr[i].number],
                     before->regs.gpr[gpr[i].number], i % 2 == 0 ? ' ' : '\n');
    put_register(out, "rip", now->regs.rip, before->regs.rip, ' ');
    put_register(out, "cr2", now->regs.cr2, before->regs.cr2, '\n');
    put_register(out, "cr3", now->sys.cr3, before->sys.cr3, ' ');
    fprintf(out, "cs%c%04x ss%c%04x\n",
            now->sys.seg[SEG_CS].selector == before->sys.seg[SEG_CS].selector ? ' ' : '*',
            now->sys.seg[SEG_CS].selector,
            now->sys.seg[SEG_SS].selector == before->sys.seg[SEG_SS].selector ? ' ' : '*',
            now->sys.seg[SEG_SS].selector);
    fprintf(out, "fl%c ", now->regs.rflags == before->regs.rflags ? ' ' : '*');
    words_print(out, words_rflags, now->regs.rflags);
    fputc('\n', out);
}

void pane_ucode(FILE *out, const struct control *c)
{
    const struct control_word *w;
    unsigned n = control_words(c, &w);

    fputs("microcode:", out);
    for (unsigned i = 0; i < n; i++)
        if (i == 0 || w[i].word->label != w[i - 1].word->label)
            fprintf(out, " %s", w[i].word->label);
    fputc('\n', out);
}

/* --- translations --- */

static void put_xlate(FILE *out, const struct rec_xlate *x)
{
    static const char *const kinds[] = {"fetch", "read ", "write"};

    fprintf(out, "%s %c 0x%" PRIx64, kinds[x->access % 3], x->user ? 'u' : 's', x->va);
    if (x->fault)
        fprintf(out, " #PF(0x%" PRIx32 ")", x->error_code);
    else
        fprintf(out, " -> 0x%" PRIx64, x->pa);
    if (x->hit == XLATE_TLB)
        fputs("  TLB", out);
    else if (x->hit == XLATE_PAGING_OFF)
        fputs("  paging off", out);
    else
        fprintf(out, "  walked, %" PRIu32 " cycles:", x->latency);
}

void pane_translations(FILE *out, const struct control *c, unsigned count)
{
    char *line[MOST_XLATES] = {NULL}, *walk = NULL;
    struct record_log_entry e;
    size_t bytes;
    unsigned n = 0;
    FILE *f = open_memstream(&walk, &bytes);

    for (size_t at = 0; f != NULL && record_log_next(control_scoreboard(c)->log, &at, &e);) {
        struct rec_xlate x;
        struct rec_walk w;

        if (e.from_model)
            continue;
        if (e.type == &type_walk) {
            memcpy(&w, e.record, sizeof(w));
            if (w.kind != WALK_LOCKED_READ)
                fprintf(f, " %s%s=%" PRIx64, levels[w.level % 6], w.kind == WALK_UPDATE ? ":" : "",
                        w.value);
        }
        if (e.type == &type_xlate) {
            char **to = &line[n++ % MOST_XLATES];
            FILE *o;

            memcpy(&x, e.record, sizeof(x));
            fclose(f);
            free(*to);
            *to = NULL;
            o = open_memstream(to, &bytes);
            if (o != NULL) {
                put_xlate(o, &x);
                fprintf(o, "%s\n", x.hit == XLATE_WALKED ? walk : "");
                fclose(o);
            }
            free(walk);
            walk = NULL;
            f = open_memstream(&walk, &bytes);
        }
    }
    if (f != NULL)
        fclose(f);
    free(walk);
    count = count < MOST_XLATES ? count : MOST_XLATES;
    for (unsigned i = n > count ? n - count : 0; i < n; i++)
        if (line[i % MOST_XLATES] != NULL)
            fputs(line[i % MOST_XLATES], out);
    for (unsigned i = 0; i < MOST_XLATES; i++)
        free(line[i]);
}

/* --- cycles --- */

static void put_beat(FILE *out, const struct rec_bus *b)
{
    static const char *const sources[] = {"fetch", "walk",    "data", "IOMMU",
                                          "DMA",   "message", "APIC", "?"};

    fprintf(out, "bus: %s, %s%s 0x%" PRIx64 ", lanes %04x:", sources[b->src % 8],
            b->flags & BUS_LOCK ? "locked " : "", b->flags & BUS_WRITE ? "write" : "read", b->addr,
            b->be);
    for (unsigned i = 16; i-- > 0;)
        if (b->be >> i & 1)
            fprintf(out, "%s%02x", i == 15 || !(b->be >> (i + 1) & 1) ? " " : "", b->data[i]);
    fputc('\n', out);
}

static void put_records(FILE *out, const struct control *c, uint64_t cycle)
{
    static const char *const kinds[] = {"read", "locked read", "update of"};
    struct record_log_entry e;

    for (size_t at = 0; record_log_next(control_scoreboard(c)->log, &at, &e);) {
        struct rec_xlate x;
        struct rec_walk w;
        struct rec_bus b;

        if (e.from_model || record_value(e.record, &e.type->fields[0]) != cycle)
            continue;
        if (e.type == &type_xlate) {
            memcpy(&x, e.record, sizeof(x));
            fprintf(out, "%14s", "");
            put_xlate(out, &x);
            fputc('\n', out);
        } else if (e.type == &type_walk) {
            memcpy(&w, e.record, sizeof(w));
            fprintf(out, "%14swalk: %s %s, %" PRIx64 "\n", "", kinds[w.kind % 3],
                    levels[w.level % 6], w.value);
        } else if (e.type == &type_bus) {
            memcpy(&b, e.record, sizeof(b));
            fprintf(out, "%14s", "");
            put_beat(out, &b);
        }
    }
}

void pane_cycles(FILE *out, const struct control *c, uint64_t cycle)
{
    const struct rec_retire *last = control_last(c);
    const struct control_word *w;
    unsigned n = control_words(c, &w), i = 0;
    uint64_t first = control_first_cycle(c), at;

    if (last == NULL) {
        fputs("nothing has been executed; . steps a cycle, m a word of the microcode\n", out);
        return;
    }
    at = cycle > first + 2 ? cycle - 2 : first;
    for (uint64_t left = MOST_CYCLES; at <= last->cycle && left > 0; at++, left--) {
        while (i < n && w[i].cycle < at)
            i++;
        fprintf(out, "%c%11" PRIu64 "  ", at == cycle ? '>' : ' ',
                control_cycle(c) - last->cycle + at);
        if (i < n && w[i].cycle == at)
            fprintf(out, "%s+%u: %s\n", w[i].word->label, w[i].word->behind, w[i].word->text);
        else
            fprintf(out, "%s\n",
                    at == last->cycle ? "it retires"
                    : i == 0          ? "fetch and decoding"
                                      : "the word above waits");
        put_records(out, c, at);
    }
}

void pane_tlb(FILE *out, const struct control *c)
{
    const struct scoreboard *sb = control_scoreboard(c);

    if (sb->config.own_mmu)
        fputs("the MMU of this machine is not the model's: what it holds is not known\n", out);
    else
        words_caches(out, sb->ops->mmu(sb->model));
}

void pane_walk(FILE *out, const struct control *c, uint64_t va)
{
    const struct scoreboard *sb = control_scoreboard(c);
    struct explain_query q = {.ctx = (void *)(uintptr_t)&sb->mem, .read = explain_read};
    struct rw_state state;

    control_state(c, &state);
    q.registers = explain_registers(&state, &sb->config.boot.cpuid);
    q.access = (struct legality_access){.va = va,
                                        .kind = LEGALITY_READ,
                                        .user = state.regs.cpl == 3,
                                        .ac = state.regs.rflags >> 18 & 1};
    if (state.sys.cr0 >> 31 & 1)
        explain_translation(out, &q);
    else
        fprintf(out, "paging is off (CR0.PG = 0): physical address 0x%" PRIx64 "\n", va);
}
