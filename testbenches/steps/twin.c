// SPDX-License-Identifier: Apache-2.0
// The golden model beside an emulator; see the header. A device access of the model takes the next
// one of the emulator's in the same span: address and size must be the same, a write's data too.
#include "twin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "image.h"

#define TPR        UINT64_C(0x80)
#define PAGE       UINT64_C(4096)
#define UART       UINT64_C(0x3f8)
#define DEBUG_PORT UINT64_C(0xe9)
#define EXIT_PORT  UINT64_C(0xf4)

#define CR4_PAE     UINT64_C(0x20)
#define EFER_LMA    UINT64_C(0x400)
#define PDPTE_BYTES 32u

const char *stimulus_name(enum stimulus s)
{
    static const char *const names[STIMULUS_COUNT] = {"port_read", "mmio_read", "nobody_answers",
                                                      "tsc",       "interrupt", "nmi"};

    return names[s];
}

/* --- devices --- */

/* The next device access of the emulator in the span, of that kind; NULL without one. */
static const struct happening *next_access(struct twin *t, enum happening_kind kind)
{
    for (unsigned i = t->taken; i < t->span->count; i++)
        if (t->span->h[i].kind == kind) {
            t->taken = i + 1;
            return &t->span->h[i];
        }
    return NULL;
}

static void device_differs(struct twin *t, uint64_t addr, uint64_t theirs, uint64_t model)
{
    if (t->device_differs)
        return;
    t->device_differs = true;
    t->device_addr = addr;
    t->device_theirs = theirs;
    t->device_model = model;
}

static bool is_tpr(const struct rw_access *a)
{
    return a->src == BUS_APIC && (a->pa & (PAGE - 1)) == TPR && a->bytes == 4;
}

/* Nobody is there, or not for that size: QEMU reads zeros and logs nothing. MOV from CR8 is not
 * logged. */
static void read_unlogged(struct twin *t, const struct rw_access *a, uint8_t *data)
{
    memset(data, 0, a->bytes);
    if (is_tpr(a)) {
        data[0] = t->tpr;
        return;
    }
    t->stimuli[STIMULUS_NOBODY]++;
    t->unlogged = true;
}

static bool in_place(const struct happening *h, const struct rw_access *a, unsigned done)
{
    return h->addr == a->pa + done && h->size <= a->bytes - done;
}

/* What INS stored, or what IN left in RAX. */
static void read_port_behind(struct twin *t, const struct rw_access *a, uint8_t *data)
{
    uint64_t value = t->span->after.f[F_GPR];

    for (unsigned i = 0; i < t->span->count; i++)
        if (t->span->h[i].kind == H_STORE && t->span->h[i].size == a->bytes)
            value = t->span->h[i].value;
    memcpy(data, &value, a->bytes);
    t->stimuli[STIMULUS_PORT_READ]++;
}

static void on_read(void *ctx, const struct rw_access *a, uint8_t *data)
{
    struct twin *t = ctx;
    const struct happening *h;

    memset(data, 0, a->bytes);
    if ((a->flags & BUS_IO) && !t->emulator->ops->shows_ports) {
        read_port_behind(t, a, data);
        return;
    }
    h = next_access(t, H_DEVICE_READ);
    if (h == NULL) {
        read_unlogged(t, a, data);
        return;
    }
    for (unsigned done = 0; done < a->bytes; done += h->size) {
        if (done != 0)
            h = next_access(t, H_DEVICE_READ);
        if (h == NULL || !in_place(h, a, done)) {
            device_differs(t, a->pa, h == NULL ? 0 : h->addr, a->pa + done);
            return;
        }
        memcpy(data + done, &h->value, h->size);
    }
    t->stimuli[a->flags & BUS_IO ? STIMULUS_PORT_READ : STIMULUS_MMIO_READ]++;
}

static void on_write(void *ctx, const struct rw_access *a)
{
    struct twin *t = ctx;
    const struct happening *h;

    if (is_tpr(a))
        t->tpr = a->data[0];
    if ((a->flags & BUS_IO) && (a->pa == UART || a->pa == DEBUG_PORT) &&
        t->written + 1 < TWIN_CONSOLE)
        t->console[t->written++] = (char)a->data[0];
    if ((a->flags & BUS_IO) && a->pa == EXIT_PORT) {
        t->exited = true;
        memcpy(&t->exit_value, a->data, a->bytes < 4 ? a->bytes : 4);
    }
    if ((a->flags & BUS_IO) && !t->emulator->ops->shows_ports)
        return;
    h = next_access(t, H_DEVICE_WRITE);
    for (unsigned done = 0; h != NULL && done < a->bytes; done += h->size) {
        uint64_t value = 0;

        if (done != 0)
            h = next_access(t, H_DEVICE_WRITE);
        if (h == NULL || !in_place(h, a, done)) {
            device_differs(t, a->pa, h == NULL ? 0 : h->addr, a->pa + done);
            return;
        }
        memcpy(&value, a->data + done, h->size);
        if (value != h->value)
            device_differs(t, a->pa, h->value, value);
    }
    t->stimuli[STIMULUS_NOBODY] += h == NULL;
}

/* An instruction begins at pa, or goes on there on its second page. */
static void keep_bytes(struct twin *t, uint64_t pa)
{
    if (t->fetches++ == 0)
        t->byte_count = 0;
    t->fetched_nothing |= !rw_mem_is_ram(&t->mem, pa, 1);
    while (t->byte_count < TWIN_BYTES && rw_mem_is_ram(&t->mem, pa, 1)) {
        t->bytes[t->byte_count++] = t->mem.ram[pa++];
        if (pa % PAGE == 0)
            return;
    }
}

static void on_access(void *ctx, const struct rw_access *a)
{
    struct twin *t = ctx;

    if (a->src == BUS_FETCH) {
        keep_bytes(t, a->pa);
        return;
    }
    if (!(a->flags & BUS_WRITE) || (a->flags & BUS_IO) || a->src == BUS_APIC ||
        !rw_mem_is_ram(&t->mem, a->pa, a->bytes))
        return;
    t->writer[a->pa / 8] = t->writer[(a->pa + a->bytes - 1u) / 8] = (uint32_t)t->number;
    t->dirty[a->pa / PAGE] = 1;
    t->wrote[t->writes % TWIN_WROTE].pa = a->pa;
    t->wrote[t->writes % TWIN_WROTE].walk = a->src == BUS_WALK;
    t->wrote[t->writes++ % TWIN_WROTE].bytes = a->bytes;
    if (a->src == BUS_DATA)
        t->store[t->stores++ % TWIN_STORES] = a->pa;
}

/* The value that the emulator left behind: RDTSC, RDTSCP, RDMSR give EDX:EAX. */
static uint64_t on_tsc(void *ctx, uint64_t adjust)
{
    struct twin *t = ctx;
    const uint64_t *f = t->span->after.f;

    (void)adjust;
    t->stimuli[STIMULUS_TSC]++;
    return f[F_GPR + 2] << 32 | (f[F_GPR] & 0xffffffff);
}

static void on_retire(void *ctx, const struct rec_retire *r)
{
    struct twin *t = ctx;

    t->retire = *r;
}

static void on_xlate(void *ctx, const struct rec_xlate *x)
{
    struct twin *t = ctx;

    if (x->access != ACCESS_FETCH && !x->fault)
        t->data_pa = x->pa;
    t->cached |= x->hit == XLATE_TLB || x->psc != 0;
}

/* --- the twin --- */

static void *map_zeros(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

struct twin *twin_create(const char *program, uint64_t memory_bytes, struct rw_boot *boot,
                         char *error, size_t error_bytes)
{
    struct twin *t = calloc(1, sizeof(*t));
    struct image_options image = {.path = program, .cpuid = boot->cpuid};
    struct rw_model_config config = {.mem = {NULL, memory_bytes}};
    struct rw_env env = {.before = on_access,
                         .read = on_read,
                         .write = on_write,
                         .tsc = on_tsc,
                         .retire = on_retire,
                         .xlate = on_xlate};

    if (t == NULL)
        return NULL;
    env.ctx = t;
    t->ops = rw_golden();
    t->mem.bytes = memory_bytes;
    t->mem.ram = map_zeros(memory_bytes);
    t->writer = map_zeros(memory_bytes / 2);
    t->dirty = map_zeros(memory_bytes / PAGE);
    t->console = calloc(1, TWIN_CONSOLE);
    if (t->mem.ram != NULL && t->writer != NULL && t->dirty != NULL && t->console != NULL &&
        image_load(&image, &t->mem, &config.boot, error, error_bytes)) {
        config.mem = t->mem;
        *boot = config.boot;
        t->model = t->ops->create(&config, &env);
    }
    if (t->model != NULL)
        return t;
    twin_destroy(t);
    return NULL;
}

void twin_destroy(struct twin *t)
{
    if (t->model != NULL)
        t->ops->destroy(t->model);
    if (t->mem.ram != NULL)
        munmap(t->mem.ram, t->mem.bytes);
    if (t->writer != NULL)
        munmap(t->writer, t->mem.bytes / 2);
    if (t->dirty != NULL)
        munmap(t->dirty, t->mem.bytes / PAGE);
    free(t->console);
    free(t);
}

/* The table in RAM; NULL unless PAE paging is in use. */
static const uint8_t *pdptes_of(const struct twin *t, const struct rw_state *s)
{
    uint64_t table = s->sys.cr3 & UINT64_C(0xffffffe0);
    bool pae = (s->sys.cr0 >> 31 & 1) && (s->sys.cr4 & CR4_PAE) && !(s->sys.efer & EFER_LMA);

    return pae && rw_mem_is_ram(&t->mem, table, PDPTE_BYTES) ? t->mem.ram + table : NULL;
}

void twin_load_pdptes(struct twin *t)
{
    struct rw_state s;
    const uint8_t *table;

    t->ops->get_state(t->model, &s);
    table = pdptes_of(t, &s);
    if (table == NULL)
        return;
    memcpy(s.sys.pdpte, table, PDPTE_BYTES);
    t->ops->set_state(t->model, &s);
}

bool twin_pdptes_stale(const struct twin *t)
{
    const uint8_t *table = pdptes_of(t, &t->previous);

    return table != NULL && memcmp(t->previous.sys.pdpte, table, PDPTE_BYTES) != 0;
}

void twin_again(struct twin *t, bool reload)
{
    t->ops->set_state(t->model, &t->previous);
    if (reload)
        twin_load_pdptes(t);
    t->ops->step(t->model);
}

/* The access byte of a descriptor stands at offset 5. */
void twin_drop_accessed(struct twin *t)
{
    uint64_t gdt = t->previous.sys.gdtr_base;

    for (unsigned i = 0; i < t->stores && i < TWIN_STORES; i++) {
        uint64_t pa = t->store[i];
        uint8_t theirs = *t->emulator->ops->ram(t->emulator, pa, 1);

        if ((pa % 8 == 5 || (pa - gdt) % 8 == 5) && t->mem.ram[pa] == (theirs | 1))
            t->mem.ram[pa] = theirs;
    }
}

bool twin_stored(const struct twin *t, uint64_t pa)
{
    for (unsigned i = 0; i < t->writes && i < TWIN_WROTE; i++)
        if (!t->wrote[i].walk && pa - t->wrote[i].pa < t->wrote[i].bytes)
            return true;
    return false;
}

void twin_take_bytes(struct twin *t, uint64_t pa, unsigned bytes)
{
    struct rw_state s;

    memcpy(t->mem.ram + pa, t->emulator->ops->ram(t->emulator, pa, bytes), bytes);
    t->ops->mem_changed(t->model, pa, bytes);
    t->ops->get_state(t->model, &s);
    t->ops->set_state(t->model, &s);
}

void twin_take_ram(struct twin *t)
{
    const struct emulator_ops *ops = t->emulator->ops;
    uint64_t from = 0, to;

    madvise(t->mem.ram, t->mem.bytes, MADV_DONTNEED);
    while (ops->ram_part(t->emulator, from, &from, &to))
        for (; from < to; from += PAGE)
            memcpy(t->mem.ram + from, ops->ram(t->emulator, from, PAGE), PAGE);
}

void twin_awake(struct twin *t)
{
    struct rw_state s;

    t->ops->get_state(t->model, &s);
    s.halted = s.shutdown = s.step_pending = false;
    s.breakpoints_pending = 0;
    t->ops->set_state(t->model, &s);
}

bool twin_answered_all(const struct twin *t)
{
    for (unsigned i = t->taken; i < t->span->count; i++)
        if (t->span->h[i].kind <= H_DEVICE_WRITE)
            return false;
    return true;
}

bool twin_step(struct twin *t, int vector)
{
    t->fetches = t->stores = t->writes = 0;
    t->cached = t->unlogged = t->fetched_nothing = false;
    t->number++;
    t->ops->get_state(t->model, &t->previous);
    t->retire.kind = 0xff;
    if (vector >= 0)
        t->ops->interrupt(t->model, (uint8_t)vector, vector == 2);
    else
        t->ops->step(t->model);
    return t->retire.kind != 0xff;
}

void twin_shot(const struct twin *t, struct shot *out)
{
    struct rw_state s;

    t->ops->get_state(t->model, &s);
    shot_of_state(out, &s);
}

void twin_take(struct twin *t, const struct shot *theirs)
{
    struct rw_state s;

    t->ops->get_state(t->model, &s);
    shot_into_state(theirs, &s);
    t->ops->set_state(t->model, &s);
}
