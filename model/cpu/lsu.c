// SPDX-License-Identifier: Apache-2.0
// Memory access: segment checks, translation of each page, beats inside aligned 16-byte blocks.
// SDM Vol. 3A "Protection", "Limit Checking", "Type Checking"; order from docs/cpu.md "Data
// accesses and their order".
#include "lsu.h"

#include "breakpoint.h"
#include "decode_cache.h"
#include "segment.h"

#define ATTR_P    0x80u
#define ATTR_CODE 0x08u
#define ATTR_ED   0x04u /* data: expand-down */
#define ATTR_RW   0x02u /* data: writable; code: readable */
#define ATTR_DB   0x4000u

uint8_t *lsu_ram_page(const struct cpu *cpu, uint64_t pa)
{
    pa &= ~UINT64_C(0xfff);
    return rw_mem_is_ram(&cpu->mem, pa, 4096) ? cpu->mem.ram + pa : NULL;
}

static void before(struct cpu *cpu, const struct rw_access *a)
{
    if (cpu->env.before)
        cpu->env.before(cpu->env.ctx, a);
}

static bool is_ram(const struct cpu *cpu, const struct rw_access *a)
{
    return !(a->flags & BUS_IO) && a->src != BUS_APIC && rw_mem_is_ram(&cpu->mem, a->pa, a->bytes);
}

static void beat_read(struct cpu *cpu, const struct rw_access *a, uint8_t *data)
{
    before(cpu, a);
    if (is_ram(cpu, a))
        memcpy(data, cpu->mem.ram + a->pa, a->bytes);
    else if (cpu->env.read)
        cpu->env.read(cpu->env.ctx, a, data);
    else
        memset(data, 0xff, a->bytes);
}

static void beat_write(struct cpu *cpu, struct rw_access *a, const uint8_t *data)
{
    a->flags |= BUS_WRITE;
    memcpy(a->data, data, a->bytes);
    before(cpu, a);
    if (is_ram(cpu, a)) {
        if (!rw_mem_keeps(a->pa))
            return;
        memcpy(cpu->mem.ram + a->pa, data, a->bytes);
        decode_cache_written(cpu, a->pa, a->bytes);
    } else if (cpu->env.write) {
        cpu->env.write(cpu->env.ctx, a);
    }
}

static unsigned beat_bytes(uint64_t pa, unsigned left)
{
    unsigned room = 16 - (unsigned)(pa & 15);

    return left < room ? left : room;
}

/* One beat of a load or store: the local APIC's page belongs to the processor. */
static struct rw_access data_beat(const struct cpu *cpu, uint64_t pa, unsigned left)
{
    struct rw_access a = {.pa = pa, .src = BUS_DATA, .bytes = (uint8_t)beat_bytes(pa, left)};

    if ((pa & ~UINT64_C(0xfff)) == cpu->apic_page) {
        a.src = BUS_APIC;
        a.pa = APIC_BUS_PAGE | (pa & 0xfff);
    }
    return a;
}

void lsu_load(struct cpu *cpu, const struct span *s, uint8_t *data)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t pa = s->pa[i];

        for (unsigned left = s->bytes[i], n; left; left -= n, pa += n, data += n) {
            struct rw_access a = data_beat(cpu, pa, left);

            n = a.bytes;
            a.flags = s->flags;
            beat_read(cpu, &a, data);
        }
    }
}

/* The last write of a locked sequence ends the lock. */
void lsu_store(struct cpu *cpu, const struct span *s, const uint8_t *data)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t pa = s->pa[i];

        for (unsigned left = s->bytes[i], n; left; left -= n, pa += n, data += n) {
            struct rw_access a = data_beat(cpu, pa, left);
            bool last = left == a.bytes && (i == 1 || !s->bytes[1]);

            n = a.bytes;
            a.flags = last ? 0 : s->flags;
            beat_write(cpu, &a, data);
        }
    }
}

uint64_t lsu_phys_read(struct cpu *cpu, uint64_t pa, unsigned bytes, uint8_t src, uint8_t flags)
{
    struct rw_access a = {.pa = pa, .bytes = (uint8_t)bytes, .src = src, .flags = flags};
    uint8_t data[16] = {0};

    beat_read(cpu, &a, data);
    return le_load(data, bytes);
}

void lsu_phys_write(struct cpu *cpu, uint64_t pa, unsigned bytes, uint8_t src, uint8_t flags,
                    uint64_t v)
{
    struct rw_access a = {.pa = pa, .bytes = (uint8_t)bytes, .src = src, .flags = flags};
    uint8_t data[8];

    memcpy(data, &v, sizeof data);
    beat_write(cpu, &a, data);
}

/* What is asked, without the answer. */
static struct rec_xlate asked(const struct mmu_req *req)
{
    struct rec_xlate x;

    memset(&x, 0, sizeof x);
    x.va = req->va;
    x.requester = req->access == ACCESS_FETCH ? 0 : 1;
    x.access = req->access;
    x.user = req->user;
    x.implicit = req->implicit;
    return x;
}

static void record_xlate(struct cpu *cpu, const struct mmu_req *req, const struct mmu_rsp *rsp)
{
    struct rec_xlate x;

    if (!cpu->env.xlate)
        return;
    x = asked(req);
    x.pa = rsp->pa;
    x.error_code = rsp->error_code;
    x.latency = rsp->latency;
    x.fault = rsp->fault;
    x.page_log2 = rsp->page_log2;
    x.memtype = rsp->memtype;
    x.hit = rsp->hit;
    x.psc = rsp->psc;
    cpu->env.xlate(cpu->env.ctx, &x);
}

static void translate_elsewhere(struct cpu *cpu, const struct mmu_req *req, struct mmu_rsp *rsp)
{
    struct rec_xlate x = asked(req);

    cpu->env.translate(cpu->env.ctx, &x);
    *rsp = (struct mmu_rsp){.pa = x.pa,
                            .error_code = x.error_code,
                            .latency = x.latency,
                            .fault = x.fault,
                            .page_log2 = x.page_log2,
                            .memtype = x.memtype,
                            .hit = x.hit,
                            .psc = x.psc};
}

static enum exec translate(struct cpu *cpu, const struct mmu_req *req, uint64_t *pa)
{
    struct mmu_rsp rsp;

    if (cpu->env.translate)
        translate_elsewhere(cpu, req, &rsp);
    else
        mmu_translate(&cpu->mmu, &cpu->mmu_ctx, req, &rsp);
    if (cpu->mmu.data.epoch != cpu->data_epoch || cpu->mmu.code.epoch != cpu->code_epoch)
        cpu_quick_age(cpu);
    record_xlate(cpu, req, &rsp);
    *pa = rsp.pa;
    if (!rsp.fault)
        return EXEC_OK;
    return raise_exception(
        cpu, (struct fault){
                 .vector = VEC_PF, .has_error = true, .error = rsp.error_code, .cr2 = req->va});
}

/* Remember a page for the inline accesses of lsu.h. */
static void quick_fill(struct cpu *cpu, const struct mmu_req *req, uint64_t pa)
{
    struct quick *table = req->access == ACCESS_WRITE ? cpu->quick_write : cpu->quick_read;
    bool checks_alignment = req->user && req->ac && (cpu->sys.cr0 & CR0_AM);
    uint8_t *host = lsu_ram_page(cpu, pa);
    bool is_apic = (pa & ~UINT64_C(0xfff)) == cpu->apic_page;

    if (!host || req->implicit || checks_alignment || is_apic)
        return;
    if (cpu->breakpoints.write && breakpoint_on_page(cpu, req->va))
        return;
    if (req->access == ACCESS_WRITE && (decode_cache_holds(cpu, pa) || !rw_mem_keeps(pa)))
        return;
    table[quick_slot(req->va)] = (struct quick){
        .tag = quick_tag(cpu, req->va, quick_key(cpu->quick_gen, req->user)), .host = host};
}

/* What an address of the access wraps at. */
static uint64_t lin_mask(const struct cpu *cpu, const struct lin *l)
{
    return (l->flags & LSU_WIDE) && cpu_is_long(cpu) ? ~UINT64_C(0) : cpu->la_mask;
}

enum exec lsu_translate(struct cpu *cpu, const struct lin *l, struct span *s)
{
    unsigned room = 4096 - (unsigned)(l->la & 0xfff);
    bool implicit = (l->flags & LSU_IMPLICIT) != 0;
    struct mmu_req req = {.va = l->la,
                          .access = l->access,
                          .user = !implicit && l->cpl == 3,
                          .implicit = implicit,
                          .ac = (cpu->rflags & RFLAGS_AC) != 0};

    s->flags = l->flags & LSU_LOCK ? BUS_LOCK : 0;
    s->bytes[0] = l->bytes < room ? l->bytes : room;
    s->bytes[1] = l->bytes - s->bytes[0];
    if (translate(cpu, &req, &s->pa[0]) != EXEC_OK)
        return EXEC_RAISED;
    if (cpu->plain)
        quick_fill(cpu, &req, s->pa[0]);
    if (s->bytes[1]) {
        req.va = (l->la + room) & lin_mask(cpu, l);
        if (translate(cpu, &req, &s->pa[1]) != EXEC_OK)
            return EXEC_RAISED;
    }
    if (l->align && (l->la & (l->align - 1)) && req.user && req.ac && (cpu->sys.cr0 & CR0_AM))
        return raise_error(cpu, VEC_AC, 0);
    if (cpu->breakpoints.write && !(l->flags & LSU_PROBE))
        breakpoint_data(cpu, l->la, l->bytes, lin_mask(cpu, l), l->access == ACCESS_WRITE);
    return EXEC_OK;
}

enum seg_use { SEG_READ, SEG_WRITTEN, SEG_PROBED };

static bool limit_allows(const struct rec_seg_state *s, uint64_t off, unsigned bytes)
{
    struct seg_range range = {.limit = s->limit,
                              .down = (s->attr & (ATTR_CODE | ATTR_ED)) == ATTR_ED,
                              .top = s->attr & ATTR_DB ? 0xffffffff : 0xffff};

    return segment_range_holds(&range, off, bytes);
}

static bool type_allows(const struct rec_seg_state *s, enum seg_use use)
{
    if (!(s->attr & ATTR_P))
        return false; /* null or unusable */
    if (s->attr & ATTR_CODE)
        return use == SEG_PROBED || (use == SEG_READ && (s->attr & ATTR_RW));
    return use != SEG_WRITTEN || (s->attr & ATTR_RW);
}

/* SDM Vol. 3A "Limit Checking", "Type Checking", "Canonical Addressing": the linear address. */
static enum exec linear(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes,
                        enum seg_use use, uint64_t *la)
{
    bool allowed;

    *la = (off + cpu->seg_base[seg]) & cpu->la_mask;
    if (cpu_is_64(cpu)) {
        allowed = is_canonical(cpu, *la) && is_canonical(cpu, *la + bytes - 1);
    } else {
        const struct rec_seg_state *s = &cpu->sys.seg[seg];

        allowed = type_allows(s, use) && limit_allows(s, off, bytes);
    }
    if (allowed)
        return EXEC_OK;
    return raise_error(cpu, seg == SEG_SS ? VEC_SS : VEC_GP, 0);
}

enum exec lsu_linear(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, bool write,
                     uint64_t *la)
{
    return linear(cpu, seg, off, bytes, write ? SEG_WRITTEN : SEG_READ, la);
}

static enum exec open_span(struct cpu *cpu, unsigned seg, uint64_t off, struct lin *l,
                           struct span *s)
{
    l->cpl = cpu->cpl;
    if (lsu_linear(cpu, seg, off, l->bytes, l->access == ACCESS_WRITE, &l->la))
        return EXEC_RAISED;
    return lsu_translate(cpu, l, s);
}

enum exec lsu_read(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, uint64_t *v)
{
    struct lin l = {.bytes = bytes, .access = ACCESS_READ, .align = bytes};
    struct span s;
    uint8_t data[16];

    if (open_span(cpu, seg, off, &l, &s) != EXEC_OK)
        return EXEC_RAISED;
    lsu_load(cpu, &s, data);
    *v = le_load(data, bytes);
    return EXEC_OK;
}

enum exec lsu_write(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, uint64_t v)
{
    struct lin l = {.bytes = bytes, .access = ACCESS_WRITE, .align = bytes};
    struct span s;
    uint8_t data[8];

    if (open_span(cpu, seg, off, &l, &s) != EXEC_OK)
        return EXEC_RAISED;
    memcpy(data, &v, sizeof data);
    lsu_store(cpu, &s, data);
    return EXEC_OK;
}

/* data: 16 bytes of room. */
enum exec lsu_rmw_begin(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes, bool lock,
                        struct rmw *m, uint8_t *data)
{
    struct lin l = {
        .bytes = bytes, .access = ACCESS_WRITE, .align = bytes, .flags = lock ? LSU_LOCK : 0};

    m->host = NULL;
    if (open_span(cpu, seg, off, &l, &m->span) != EXEC_OK)
        return EXEC_RAISED;
    lsu_load(cpu, &m->span, data);
    return EXEC_OK;
}

/* A byte is checked and translated as for a load, but not loaded; code that is not readable will do
 * (SDM Vol. 2 "CLFLUSH", "CLFLUSHOPT", "CLWB"). */
enum exec lsu_probe(struct cpu *cpu, unsigned seg, uint64_t off)
{
    struct lin l = {.bytes = 1, .access = ACCESS_READ, .flags = LSU_PROBE};
    struct span s;

    l.cpl = cpu->cpl;
    if (linear(cpu, seg, off, l.bytes, SEG_PROBED, &l.la) != EXEC_OK)
        return EXEC_RAISED;
    return lsu_translate(cpu, &l, &s);
}

/* A store of this size is checked and translated, but not made (ENTER). */
enum exec lsu_probe_write(struct cpu *cpu, unsigned seg, uint64_t off, unsigned bytes)
{
    struct lin l = {.bytes = bytes, .access = ACCESS_WRITE, .align = bytes, .flags = LSU_PROBE};
    struct span s;

    return open_span(cpu, seg, off, &l, &s);
}

/* The canonical check of an implicit access (docs/cpu.md S14), then its translation. */
static enum exec sys_translate(struct cpu *cpu, struct lin *l, struct span *s)
{
    l->flags |= LSU_IMPLICIT | LSU_WIDE;
    if (!cpu_is_long(cpu))
        l->la &= 0xffffffff;
    else if (!is_canonical(cpu, l->la) || !is_canonical(cpu, l->la + l->bytes - 1))
        return raise_gp(cpu, cpu->ext);
    return lsu_translate(cpu, l, s);
}

enum exec lsu_sys_read(struct cpu *cpu, uint64_t la, unsigned bytes, uint64_t *v)
{
    struct lin l = {.la = la, .bytes = bytes, .access = ACCESS_READ};
    struct span s;
    uint8_t data[16];

    if (sys_translate(cpu, &l, &s) != EXEC_OK)
        return EXEC_RAISED;
    lsu_load(cpu, &s, data);
    *v = le_load(data, bytes);
    return EXEC_OK;
}

/* Accessed and busy bits: a locked read and write of one byte. */
enum exec lsu_sys_set_bits(struct cpu *cpu, uint64_t la, uint8_t bits)
{
    struct lin l = {.la = la, .bytes = 1, .access = ACCESS_WRITE, .flags = LSU_LOCK};
    struct span s;
    uint8_t byte = 0;

    if (sys_translate(cpu, &l, &s) != EXEC_OK)
        return EXEC_RAISED;
    lsu_load(cpu, &s, &byte);
    byte |= bits;
    lsu_store(cpu, &s, &byte);
    return EXEC_OK;
}

/* docs/cpu.md "Fetch translations": the window becomes the page of la. False: cpu->raised. */
bool lsu_fetch_window(struct cpu *cpu, uint64_t la)
{
    struct mmu_req req = {.va = la, .access = ACCESS_FETCH, .user = cpu->cpl == 3};
    struct fetch_window *w = &cpu->window;
    struct quick *q = &cpu->quick_fetch[quick_slot(la)];
    uint64_t page = la & ~UINT64_C(0xfff), pa;

    w->valid = false;
    if (window_quick(cpu, la))
        return true;
    if (translate(cpu, &req, &pa) != EXEC_OK)
        return false;
    pa &= ~UINT64_C(0xfff);
    *w = (struct fetch_window){true, page, pa, lsu_ram_page(cpu, pa)};
    if (cpu->plain && w->host)
        *q = (struct quick){.tag = page | quick_key(cpu->fetch_gen, req.user), .host = w->host};
    return true;
}
