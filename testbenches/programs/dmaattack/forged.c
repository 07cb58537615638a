// SPDX-License-Identifier: Apache-2.0
// Ring 3 has the traffic generator's function 00:04.0, whose requests can carry the source-ids of
// others (model/devices/traffic.h). The unit goes by the source-id: what another has not, the liar
// does not get, and the record names the other; what another has, it gets. This is why the bridges
// above a device must check source-ids (PCIe "Access Control Services", ACS source validation).
#include "../lib/pci.h"
#include "attack.h"

#define GENERATOR       UINT64_C(0xC0200000)
#define GENERATOR_DEVFN 0x20
#define GENERATOR_ID    0x11E91234

/* Bits of the generator's register of names, and the source-ids. 00:04.1 is in the kernel's own
 * domain, 00:04.2 has no context, bus 1 no root entry. */
#define OWN_NAME      0
#define KERNELS_NAME  1
#define NOBODYS_NAME  2
#define OTHER_BUS     8
#define OTHER_BUS_END 9
#define OWN_SID       0x0020
#define KERNELS_SID   0x0021
#define NOBODYS_SID   0x0022
#define BUS_1_SID     0x0100
#define BUS_1_END_SID 0x01FF

#define READ       0x01
#define WRITE      0x02
#define ASK        0x08 /* a translation request */
#define TRANSLATED 0x10
#define MESSAGE    0x20

/* Seeds whose first request is: 16 bytes, read when the kind leaves it open; 16 bytes, written; 8
 * bytes, as a translation request has them; a message of index FORGED in remappable format; one in
 * compatibility format, to destination 0. */
#define SEED_16         UINT64_C(0xE3564C89355545B9)
#define SEED_8          UINT64_C(0xA80DB76348F712BB)
#define SEED_16_WRITE   UINT64_C(0xAA7887C0FC7B17B7)
#define SEED_REMAPPED   UINT64_C(0x964B42C300BDF69E)
#define SEED_COMPATIBLE UINT64_C(0x255992D382208BC1)

#define FORGED        8 /* of the interrupt-remapping table: an entry of 00:04.1 */
#define VECTOR_FORGED 0x63

struct forgery {
    const char *what;
    unsigned name, kind;
    uint64_t at, seed;
    enum outcome outcome;
    uint16_t sid; /* STOPPED: whose record, and what it says */
    unsigned reason;
    uint64_t recorded;
    void (*prepare)(void);
    bool (*done)(void); /* ALLOWED */
};

#define BY(who, why, at) .outcome = STOPPED, .sid = (who), .reason = (why), .recorded = (at)
#define INDEX(i)         ((uint64_t)(i) << 48)

USER_DATA static struct {
    uint64_t seed, at, kind, names; /* the generator's registers */
    uint64_t sum;                   /* of what came back */
} request;

USER_TEXT static uint64_t carry_out(uint64_t unused)
{
    volatile uint32_t *reg = (volatile uint32_t *)GENERATOR;
    volatile uint64_t *wide = (volatile uint64_t *)GENERATOR;

    wide[1] = request.seed;
    wide[2] = request.at;
    reg[6] = 1; /* the window: this address */
    reg[7] = 1; /* one request */
    reg[8] = 1;
    reg[9] = (uint32_t)request.kind;
    reg[10] = (uint32_t)request.names;
    reg[1] = 1;
    while (reg[1] & 1)
        continue;
    request.sum = reg[14];
    return unused;
}

static bool generator_present(void)
{
    return pci_read(GENERATOR_DEVFN, 0) == GENERATOR_ID;
}

static void give(void)
{
    uint64_t *context = (uint64_t *)CONTEXTS;

    pci_write(GENERATOR_DEVFN, 0x10, (uint32_t)GENERATOR);
    pci_write(GENERATOR_DEVFN, 0x04, 6);
    map_page(GENERATOR, GENERATOR, PTE_P | PTE_W | PTE_U);
    context[OWN_SID * 2] = TABLES | 1;
    context[OWN_SID * 2 + 1] = 1 | DID << 8;
    context[KERNELS_SID * 2] = OWN_TABLES | 1;
    context[KERNELS_SID * 2 + 1] = 1 | OWN_DID << 8;
    domain_give();
}

/* So the caches hold the kernel's context and translation of the secret. */
static void used_by_the_kernel(void)
{
    request.seed = SEED_16;
    request.at = OWN_SECRET;
    request.kind = READ;
    request.names = 1u << KERNELS_NAME;
    carry_out(0);
}

static bool own_read(void)
{
    return request.sum != 0;
}

static bool secret_read(void)
{
    return request.sum != 0;
}

static bool secret_gone(void)
{
    return *(uint64_t *)FRAME_SECRET >> 32 != SECRET_MARK;
}

static bool interrupt_came(void)
{
    uint64_t times = taken[VECTOR_FORGED];

    taken[VECTOR_FORGED] = 0;
    return times == 1;
}

static const struct forgery memory_forgeries[] = {
    {"in its own name: its own page", OWN_NAME, READ, WINDOW, SEED_16, .outcome = ALLOWED,
     .done = own_read},
    {"in its own name: the kernel's page", OWN_NAME, READ, OWN_SECRET, SEED_16,
     BY(OWN_SID, 0x06, OWN_SECRET)},
    {"the same while the IOTLB holds it for the kernel's device", OWN_NAME, READ, OWN_SECRET,
     SEED_16, BY(OWN_SID, 0x06, OWN_SECRET), .prepare = used_by_the_kernel},
    {"a write there", OWN_NAME, WRITE, OWN_SECRET, SEED_16, BY(OWN_SID, 0x05, OWN_SECRET),
     .prepare = used_by_the_kernel},
    {"in the name of a function without a context: a write to its own page", NOBODYS_NAME, WRITE,
     WINDOW_LAST, SEED_16, BY(NOBODYS_SID, 0x02, WINDOW_LAST)},
    {"in that name: a read", NOBODYS_NAME, READ, WINDOW, SEED_16, BY(NOBODYS_SID, 0x02, WINDOW)},
    {"in the name of a device of another bus: a write", OTHER_BUS, WRITE, WINDOW_LAST, SEED_16,
     BY(BUS_1_SID, 0x01, WINDOW_LAST)},
    {"in the name of that bus's last function: a read", OTHER_BUS_END, READ, WINDOW, SEED_16,
     BY(BUS_1_END_SID, 0x01, WINDOW)},
    {"in the name of the kernel's device: a page that only the liar has", KERNELS_NAME, WRITE,
     WINDOW_LAST, SEED_16, BY(KERNELS_SID, 0x05, WINDOW_LAST)},
    {"in that name: the secret as translated already, write", KERNELS_NAME, TRANSLATED,
     FRAME_SECRET, SEED_16_WRITE, BY(KERNELS_SID, 0x0D, FRAME_SECRET),
     .prepare = used_by_the_kernel},
    {"in that name: the secret as translated already, read", KERNELS_NAME, TRANSLATED, FRAME_SECRET,
     SEED_16, BY(KERNELS_SID, 0x0D, FRAME_SECRET), .prepare = used_by_the_kernel},
    {"in that name: asks where the secret lies", KERNELS_NAME, ASK, OWN_SECRET, SEED_8,
     BY(KERNELS_SID, 0x0D, OWN_SECRET)},
    {"in its own name: the secret as translated already", OWN_NAME, TRANSLATED, FRAME_SECRET,
     SEED_16_WRITE, BY(OWN_SID, 0x0D, FRAME_SECRET)},
    {"in the name of the kernel's device: reads the secret; only a bridge that checks names can "
     "stop it",
     KERNELS_NAME, READ, OWN_SECRET, SEED_16, .outcome = ALLOWED, .done = secret_read},
    {"in that name: overwrites it", KERNELS_NAME, WRITE, OWN_SECRET, SEED_16, .outcome = ALLOWED,
     .done = secret_gone},
};

static const struct forgery interrupt_forgeries[] = {
    {"in its own name: the interrupt of the kernel's device", OWN_NAME, MESSAGE, WINDOW,
     SEED_REMAPPED, BY(OWN_SID, 0x26, INDEX(FORGED))},
    {"in the name of a function without a context: that interrupt", NOBODYS_NAME, MESSAGE, WINDOW,
     SEED_REMAPPED, BY(NOBODYS_SID, 0x26, INDEX(FORGED))},
    {"in the name of a device of another bus: that interrupt", OTHER_BUS, MESSAGE, WINDOW,
     SEED_REMAPPED, BY(BUS_1_SID, 0x26, INDEX(FORGED))},
    {"in the name of the kernel's device: compatibility format", KERNELS_NAME, MESSAGE, WINDOW,
     SEED_COMPATIBLE, BY(KERNELS_SID, 0x25, 0)},
    {"in that name: its interrupt; again only a bridge", KERNELS_NAME, MESSAGE, WINDOW,
     SEED_REMAPPED, .outcome = ALLOWED, .done = interrupt_came},
};

static bool as_recorded(const struct forgery *a, const struct fault *f)
{
    if (a->outcome != STOPPED)
        return f->records == 0;
    return f->records == 1 && f->reason == a->reason && f->info == a->recorded && f->sid == a->sid;
}

static void forge(const struct forgery *a)
{
    bool harm = false, allowed = a->outcome == ALLOWED, ok;
    uint64_t interrupts;
    struct fault f;

    if (a->prepare != NULL)
        a->prepare();
    look();
    interrupts = interrupts_so_far();
    request.seed = a->seed;
    request.at = a->at;
    request.kind = a->kind;
    request.names = 1u << a->name;
    run_user(carry_out, 0);
    settle();
    f = take_faults();
    ok = as_recorded(a, &f);
    if (allowed)
        ok &= a->done();
    else
        harm = !unchanged() || interrupts_so_far() != interrupts || request.sum != 0;
    domain_give();
    say(ok && !harm, true, allowed ? "ALLOWED " : "stopped ", a->what);
    if (f.records != 0) {
        put(": ");
        put_reason(f.reason, f.sid, f.info);
    }
    put(allowed ? "\n" : harm ? "; SOMETHING CHANGED\n" : "; nothing changed\n");
}

static void use_entry(void)
{
    uint64_t *entry = (uint64_t *)IRT + FORGED * 2;

    entry[0] = 1 | (uint64_t)VECTOR_FORGED << 16;
    entry[1] = KERNELS_SID | 1 << 18; /* SVT = 01 */
    invalidate_interrupts();
}

void forged(void)
{
    if (!generator_present())
        return;
    give();
    for (unsigned i = 0; i < sizeof(memory_forgeries) / sizeof(memory_forgeries[0]); i++)
        forge(&memory_forgeries[i]);
    use_entry();
    for (unsigned i = 0; i < sizeof(interrupt_forgeries) / sizeof(interrupt_forgeries[0]); i++)
        forge(&interrupt_forgeries[i]);
}
