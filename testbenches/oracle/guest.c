// SPDX-License-Identifier: Apache-2.0
// The model in the host's clothes: long mode, CPL 3, the child's pages at the same linear
// addresses, and a GDT, IDT and TSS with the selectors and gates that Linux gives a process.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"

enum {
    RAM_BYTES = 1 << 21,
    PA_PML4 = 0x1000,
    PA_TABLES = 0x2000,
    PA_GDT = 0x40000,
    PA_IDT = 0x41000,
    PA_TSS = 0x42000,
    PA_STACK_TOP = 0x44000,
    PA_HANDLER = 0x45000,
    PA_LDT = 0x46000,
    PA_PAGES = 0x100000,
};

#define KERNEL UINT64_C(0xffff800000000000) /* + physical address */

#define PTE_P  UINT64_C(0x01)
#define PTE_RW UINT64_C(0x02)
#define PTE_US UINT64_C(0x04)
#define PTE_AD UINT64_C(0x60) /* accessed, dirty */
#define PTE_XD (UINT64_C(1) << 63)

struct guest {
    const struct rw_model_ops *ops;
    struct rw_model *model;
    uint8_t *ram;
    uint64_t next_table;
    struct rec_retire retired;
    struct rw_state origin; /* what no trial changes */
};

static uint64_t get8(const struct guest *g, uint64_t pa)
{
    uint64_t v;

    memcpy(&v, g->ram + pa, 8);
    return v;
}

static void put8(struct guest *g, uint64_t pa, uint64_t v)
{
    memcpy(g->ram + pa, &v, 8);
}

static void map_page(struct guest *g, uint64_t va, uint64_t pa, uint64_t rights)
{
    uint64_t table = PA_PML4;

    for (unsigned shift = 39; shift > 12; shift -= 9) {
        uint64_t at = table + (va >> shift & 511) * 8;

        if (!get8(g, at)) {
            put8(g, at, g->next_table | PTE_P | PTE_RW | PTE_US | PTE_AD);
            g->next_table += PAGE;
            assert(g->next_table <= PA_GDT);
        }
        table = get8(g, at) & ~UINT64_C(0xfff);
    }
    put8(g, table + (va >> 12 & 511) * 8, pa | rights | PTE_P | PTE_AD);
}

static void map_all(struct guest *g)
{
    for (unsigned i = 0; i < DATA_PAGES; i++) {
        uint64_t rights = PTE_US | PTE_XD | (i < DATA_PAGES - 1 ? PTE_RW : 0);

        map_page(g, LOW_DATA + i * PAGE, PA_PAGES + i * PAGE, rights);
        map_page(g, HIGH_DATA + i * PAGE, PA_PAGES + i * PAGE, rights);
    }
    for (unsigned i = 0; i < CODE_PAGES; i++)
        map_page(g, LOW_CODE + i * PAGE, PA_PAGES + (DATA_PAGES + i) * PAGE, PTE_US);
    for (uint64_t pa = PA_GDT; pa <= PA_LDT; pa += PAGE)
        map_page(g, KERNEL + pa, pa, PTE_RW);
}

/* Linux arch/x86/include/asm/segment.h: the GDT of x86-64. */
static void build_gdt(struct guest *g, uint32_t cpu)
{
    const uint64_t tss = KERNEL + PA_TSS;

    put8(g, PA_GDT + 0x08, UINT64_C(0x00cf9b000000ffff)); /* kernel 32-bit code */
    put8(g, PA_GDT + 0x10, UINT64_C(0x00af9b000000ffff)); /* kernel code */
    put8(g, PA_GDT + 0x18, UINT64_C(0x00cf93000000ffff)); /* kernel data */
    put8(g, PA_GDT + 0x20, UINT64_C(0x00cffb000000ffff)); /* user 32-bit code */
    put8(g, PA_GDT + 0x28, UINT64_C(0x00cff3000000ffff)); /* user data */
    put8(g, PA_GDT + 0x30, UINT64_C(0x00affb000000ffff)); /* user code */
    put8(g, PA_GDT + 0x40,
         0x67 | (tss & 0xffffff) << 16 | UINT64_C(0x8b) << 40 | (tss >> 24 & 0xff) << 56);
    put8(g, PA_GDT + 0x48, tss >> 32);
    put8(g, PA_GDT + 0x78, /* the CPU's number as its limit: expand-down data */
         UINT64_C(0x0040f50000000000) | (cpu & 0xffff) | (uint64_t)(cpu >> 16 & 0xf) << 48);
    ldt_write(g->ram + PA_LDT);
}

/* Interrupt gates to one handler; a program may call 3, 4 and 0x80. */
static void build_idt(struct guest *g)
{
    const uint64_t handler = KERNEL + PA_HANDLER;

    for (unsigned v = 0; v < 256; v++) {
        uint64_t dpl = v == 3 || v == 4 || v == 0x80 ? 3 : 0;

        put8(g, PA_IDT + v * 16,
             (handler & 0xffff) | UINT64_C(0x10) << 16 | (UINT64_C(0x8e) | dpl << 5) << 40 |
                 (handler >> 16 & 0xffff) << 48);
        put8(g, PA_IDT + v * 16 + 8, handler >> 32);
    }
    put8(g, PA_TSS + 4, KERNEL + PA_STACK_TOP); /* RSP0 */
    g->ram[PA_TSS + 0x66] = 0x68;               /* no I/O permission bitmap */
}

/* CR4 as Linux sets it, as far as the model has the bits. */
static void settle_origin(struct guest *g, uint32_t tsc_aux)
{
    struct rec_sys *sys = &g->origin.sys;

    g->ops->get_state(g->model, &g->origin);
    sys->cr0 |= 0x50023 | UINT64_C(1) << 31; /* AM WP NE MP PE */
    sys->cr4 = 0x3108a8;                     /* SMAP SMEP FSGSBASE UMIP PGE PAE DE */
    sys->efer = 0xd01;                       /* NXE LMA LME SCE */
    sys->gdtr_base = KERNEL + PA_GDT;
    sys->gdtr_limit = 0x7f;
    sys->idtr_base = KERNEL + PA_IDT;
    sys->idtr_limit = 0xfff;
    sys->tsc_aux = tsc_aux;
    sys->seg[SEG_LDTR] = (struct rec_seg_state){
        .base = KERNEL + PA_LDT, .limit = LDT_ROWS * 8 - 1, .selector = 0x50, .attr = 0x82};
    sys->seg[SEG_TR] = (struct rec_seg_state){
        .base = KERNEL + PA_TSS, .limit = 0x67, .selector = 0x40, .attr = 0x8b};
}

static void on_retire(void *ctx, const struct rec_retire *r)
{
    struct guest *g = ctx;

    g->retired = *r;
}

struct guest *guest_create(uint32_t tsc_aux, enum rw_undefined undefined)
{
    struct guest *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->ops = rw_golden();
    g->ram = aligned_alloc(PAGE, RAM_BYTES);
    if (!g->ram) {
        free(g);
        return NULL;
    }
    memset(g->ram, 0, RAM_BYTES);
    g->next_table = PA_TABLES;
    map_all(g);
    build_gdt(g, tsc_aux);
    build_idt(g);

    struct rw_model_config config = {
        .mem = {g->ram, RAM_BYTES},
        .boot = {.long_mode = true, .cr3 = PA_PML4, .undefined = undefined}};
    struct rw_env env = {.ctx = g, .retire = on_retire};

    g->model = g->ops->create(&config, &env);
    settle_origin(g, tsc_aux);
    return g;
}

void guest_destroy(struct guest *g)
{
    g->ops->destroy(g->model);
    free(g->ram);
    free(g);
}

uint8_t *memory_at(uint8_t *pages, uint64_t va)
{
    if (va - LOW_DATA < DATA_PAGES * PAGE)
        return pages + (va - LOW_DATA);
    if (va - HIGH_DATA < DATA_PAGES * PAGE)
        return pages + (va - HIGH_DATA);
    if (va - LOW_CODE < CODE_PAGES * PAGE)
        return pages + DATA_PAGES * PAGE + (va - LOW_CODE);
    return NULL;
}

uint8_t *guest_pages(struct guest *g)
{
    return g->ram + PA_PAGES;
}

static struct rec_seg_state segment(uint16_t selector, uint64_t base)
{
    struct rec_seg_state s = {.base = base, .selector = selector};

    if (selector < 4)
        return s;
    if (is_ldt(selector))
        return ldt_segment(selector, base);
    s.limit = 0xffffffff;
    s.attr = selector == SEL_USER32 ? 0xc0fb : selector == SEL_USER64 ? 0xa0fb : 0xc0f3;
    return s;
}

static void load(struct guest *g, const struct regs *r)
{
    struct rw_state s = g->origin;

    memcpy(s.regs.gpr, r->gpr, sizeof r->gpr);
    s.regs.rip = r->rip;
    s.regs.rflags = r->rflags | FL_TF; /* the host is single-stepped; PUSHF shows it */
    s.regs.cpl = 3;
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        s.sys.seg[i] = segment(r->sel[i], i == SEG_FS   ? r->fs_base
                                          : i == SEG_GS ? r->gs_base
                                                        : ldt_base(r->sel[i]));
    g->ops->set_state(g->model, &s);
}

/* What the handler finds on its stack. SDM Vol. 3A "64-Bit Mode Stack Frame". */
static void read_frame(const struct guest *g, struct outcome *out)
{
    uint64_t pa = out->regs.gpr[RSP] - KERNEL + (g->retired.flags & RETIRE_HAS_ERROR_CODE ? 8 : 0);

    assert(pa >= PA_TSS && pa < PA_STACK_TOP);
    out->regs.rip = get8(g, pa);
    out->regs.sel[SEG_CS] = (uint16_t)get8(g, pa + 8);
    out->regs.rflags = get8(g, pa + 16);
    out->regs.gpr[RSP] = get8(g, pa + 24);
    out->regs.sel[SEG_SS] = (uint16_t)get8(g, pa + 32);
}

void guest_step(struct guest *g, const struct regs *start, struct outcome *out)
{
    struct rw_state s;

    load(g, start);
    g->ops->step(g->model);
    g->ops->get_state(g->model, &s);
    if (s.mov_ss_shadow) { /* the single-step trap is held for one instruction */
        g->ops->step(g->model);
        g->ops->get_state(g->model, &s);
    }
    *out = (struct outcome){.vector = -1};
    memcpy(out->regs.gpr, s.regs.gpr, sizeof out->regs.gpr);
    out->regs.rip = s.regs.rip;
    out->regs.rflags = s.regs.rflags;
    out->regs.fs_base = s.sys.seg[SEG_FS].base;
    out->regs.gs_base = s.sys.seg[SEG_GS].base;
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        out->regs.sel[i] = s.sys.seg[i].selector;
    if (g->retired.kind == RETIRE_INSN)
        return;
    out->vector = g->retired.vector;
    out->error_code = g->retired.error_code;
    out->address = g->retired.cr2;
    read_frame(g, out);
}
