// SPDX-License-Identifier: Apache-2.0
// ringwalk explain: why an address translates as it does, for the processor or for a device, at a
// point of a program on the golden model.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "explain_state.h"
#include "machine.h"
#include "options.h"
#include "run.h"

#define MAX_ARGS 128
#define NO_FLAG  SIZE_MAX

static const char help[] =
    "ringwalk explain PROGRAM [options]: why an address translates as it does, at a point of the\n"
    "program on the golden model\n"
    "  --va A                  the linear address; or, for a device,\n"
    "  --iova A --sid BB:DD.F  its address and its source-id\n"
    "  --at-rip R [--nth N]    before the instruction at R, when it comes for the N-th time (1)\n"
    "  --at-instruction N      behind so many instructions; without either: where the program "
    "ends\n"
    "  --data D                of a device's write to 0xFEExxxxx: what it writes (0)\n"
    "  --access read|write|fetch   (read; of a device read or write)\n"
    "  --ring 0|3              whose access (that of the point)\n"
    "  and the options of ringwalk model\n";

struct wish {
    bool has_va, has_iova, has_sid, has_ring, reached;
    uint64_t va, iova, data, ring, instructions;
    uint16_t sid;
    enum legality_kind kind;
    struct run_point point;
    struct rw_cpuid cpuid;
    struct rw_vtd vtd;
};

/* --- at the point --- */

static void explain_va(const struct wish *w, const struct rw_state *state, struct rw_mem *mem)
{
    struct explain_query q = {.registers = explain_registers(state, &w->cpuid),
                              .access = {.va = w->va,
                                         .kind = w->kind,
                                         .user = w->has_ring ? w->ring == 3 : state->regs.cpl == 3,
                                         .ac = state->regs.rflags >> 18 & 1},
                              .ctx = mem,
                              .read = explain_read};

    if (state->sys.cr0 >> 31 & 1)
        explain_translation(stdout, &q);
    else
        printf("paging is off (CR0.PG = 0): physical address 0x%" PRIx64 "\n", w->va);
}

/* VT-d "Interrupt Address Range": a dword write is an interrupt request, anything else no request
 * at all. */
static bool explain_message(const struct wish *w, const struct iommu *u, struct rw_mem *mem)
{
    struct explain_interrupt_query q = explain_interrupts_of(u, &w->vtd);

    if (w->iova >> 20 != 0xFEE || w->kind != LEGALITY_WRITE || w->iova % 4 != 0)
        return false;
    q.request = (struct explain_interrupt_request){
        .sid = w->sid, .address = w->iova, .data = (uint32_t)w->data};
    q.ctx = mem;
    q.read = explain_read_words;
    explain_interrupt(stdout, &q);
    return true;
}

static bool explain_rejected(const struct wish *w, const struct iommu *u)
{
    struct explain_gate_query q = explain_gate_of(u, &w->vtd);

    if (w->iova >> 20 != 0xFEE)
        return false;
    q.sid = w->sid;
    q.bytes = 4;
    q.write = w->kind == LEGALITY_WRITE;
    q.address = w->iova;
    explain_gate(stdout, &q);
    return true;
}

static void explain_iova(const struct wish *w, const struct machine *m, struct rw_mem *mem)
{
    struct explain_dma_query q = {
        .unit = explain_unit(&w->vtd),
        .root = iommu_root(machine_iommu(m)),
        .request = {.sid = w->sid, .write = w->kind == LEGALITY_WRITE, .address = w->iova},
        .ctx = mem,
        .read = explain_read_words};

    if (explain_message(w, machine_iommu(m), mem) || explain_rejected(w, machine_iommu(m)))
        return;
    if (!(iommu_status(machine_iommu(m)) >> 31 & 1))
        puts("DMA remapping is off (GSTS.TES = 0): the address is not translated; if it were on:");
    explain_dma(stdout, &q);
}

static void here(void *ctx, const struct machine *m, const struct rw_mem *mem)
{
    struct wish *w = ctx;
    struct rw_mem ram = *mem;
    struct rw_state state;

    w->reached = true;
    machine_state(m, &state);
    printf("behind %" PRIu64 " retirements, at rip 0x%" PRIx64 ", ring %u\n",
           machine_counts(m).retirements, state.regs.rip, state.regs.cpl);
    if (w->has_va)
        explain_va(w, &state, &ram);
    if (w->has_iova)
        explain_iova(w, m, &ram);
}

/* --- the command line --- */

static bool take_kind(struct wish *w, const char *text)
{
    static const char *const names[] = {
        [LEGALITY_FETCH] = "fetch", [LEGALITY_READ] = "read", [LEGALITY_WRITE] = "write"};

    for (enum legality_kind k = LEGALITY_FETCH; k <= LEGALITY_WRITE; k++)
        if (strcmp(text, names[k]) == 0) {
            w->kind = k;
            return true;
        }
    return false;
}

/* True: it is one of these; *good: and its value is one. */
static bool take(struct wish *w, const char *name, const char *value, bool *good)
{
    static const struct {
        const char *name;
        size_t at, has;
    } numbers[] = {
        {"--va", offsetof(struct wish, va), offsetof(struct wish, has_va)},
        {"--iova", offsetof(struct wish, iova), offsetof(struct wish, has_iova)},
        {"--data", offsetof(struct wish, data), NO_FLAG},
        {"--ring", offsetof(struct wish, ring), offsetof(struct wish, has_ring)},
        {"--at-rip", offsetof(struct wish, point.rip), offsetof(struct wish, point.has_rip)},
        {"--nth", offsetof(struct wish, point.nth), NO_FLAG},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(name, numbers[i].name) != 0)
            continue;
        *good = value != NULL && option_number(value, (uint64_t *)((char *)w + numbers[i].at));
        if (numbers[i].has != NO_FLAG)
            *(bool *)((char *)w + numbers[i].has) = true;
        return true;
    }
    if (strcmp(name, "--access") == 0) {
        *good = value != NULL && take_kind(w, value);
        return true;
    }
    if (strcmp(name, "--sid") == 0) {
        *good = w->has_sid = value != NULL && option_source_id(value, &w->sid);
        return true;
    }
    return false;
}

static int wrong(const struct wish *w)
{
    if (w->has_va == w->has_iova)
        return cli_refuse("explain takes --va or --iova; --help lists the options");
    if (w->has_iova != w->has_sid)
        return cli_refuse("--iova and --sid go together");
    if (w->has_iova && w->kind == LEGALITY_FETCH)
        return cli_refuse("a device does not fetch");
    if (w->data > UINT32_MAX)
        return cli_refuse("--data: a message has 32 bits");
    if (w->has_ring && w->ring > 3)
        return cli_refuse("--ring %" PRIu64 ": there are 0 to 3", w->ring);
    if (w->point.nth == 0)
        return cli_refuse("--nth counts from 1");
    return 0;
}

int cli_explain(const struct cli *cli, int argc, char **argv)
{
    struct wish w = {.kind = LEGALITY_READ, .point = {.nth = 1, .here = here, .ctx = &w}};
    char *rest[MAX_ARGS] = {argv[0]};
    int n = 1, status;

    w.point.cpuid = &w.cpuid;
    w.point.vtd = &w.vtd;
    for (int i = 1; i < argc; i++) {
        char *name = argv[i], *equals = strchr(name, '=');
        char own[32];
        bool good = true;

        if (strcmp(name, "--help") == 0) {
            fputs(help, stdout);
            return 0;
        }
        snprintf(own, sizeof(own), "%.*s", equals == NULL ? 31 : (int)(equals - name), name);
        if (strcmp(own, "--at-instruction") == 0) {
            if (n + 2 >= MAX_ARGS || (equals == NULL && i + 1 == argc))
                return cli_refuse("--at-instruction wants a number");
            rest[n++] = (char *)(uintptr_t) "--max-instructions";
            rest[n++] = equals == NULL ? argv[++i] : equals + 1;
            continue;
        }
        if (!take(&w, own, equals == NULL ? (i + 1 < argc ? argv[i + 1] : NULL) : equals + 1,
                  &good)) {
            if (n + 1 >= MAX_ARGS)
                return cli_refuse("too many arguments");
            rest[n++] = name;
            continue;
        }
        if (!good)
            return cli_refuse("%s: '%s' is no value of it; --help lists the options", own,
                              equals != NULL ? equals + 1
                              : i + 1 < argc ? argv[i + 1]
                                             : "");
        i += equals == NULL;
    }
    rest[n] = NULL;
    status = wrong(&w);
    if (status != 0)
        return status;
    status = cli_model_to(cli, n, rest, &w.point);
    if (status == 0 && !w.reached)
        return cli_refuse("the program does not come to that point");
    return fflush(stdout) == 0 ? status : cli_refuse("standard output cannot be written");
}
