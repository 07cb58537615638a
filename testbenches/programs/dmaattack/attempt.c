// SPDX-License-Identifier: Apache-2.0
// One attempt: ring 3 gives its device something to write, tries, and looks at what the device
// brought home; the kernel looks at the fault records, the interrupts and its own memory.
#include "attack.h"

#define PAYLOAD UINT64_C(0xA77AC4ED00000000)
#define WORDS   8                   /* an order moves 64 bytes at most */
#define LOOT    (FRAME_OWN + 0x800) /* where ring 3 looks */
#define PAGES   ((KERNEL_END - ROOT) / 4096)

unsigned failures;
volatile uint64_t taken[256];

static void on_interrupt(struct frame *f)
{
    taken[f->vector]++;
    if (f->vector != 2)
        write32(UINT64_C(0xFEE000B0), 0); /* EOI */
}

void expect_interrupts(void)
{
    on_trap(2, on_interrupt);
    for (unsigned v = 32; v < 256; v++)
        on_trap(v, on_interrupt);
    write32(UINT64_C(0xFEE000F0), 0x1FF);
}

void settle(void)
{
    __asm__ volatile("sti" : : : "memory");
    for (unsigned i = 0; i < 200; i++)
        __asm__ volatile("pause");
    __asm__ volatile("cli" : : : "memory");
}

uint64_t interrupts_so_far(void)
{
    uint64_t sum = 0;

    for (unsigned v = 0; v < 256; v++)
        sum += taken[v];
    return sum;
}

/* --- the console --- */

static void put_source(uint16_t sid)
{
    put_hex(sid >> 8);
    put(":");
    put_hex(sid >> 3 & 31);
    put(".");
    put_dec(sid & 7);
}

void put_reason(unsigned reason, uint16_t sid, uint64_t info)
{
    put(reason_name(reason));
    put("; recorded: source-id ");
    put_source(sid);
    if (reason >= 0x20) {
        put(", index ");
        put_dec(info >> 48);
    } else {
        put(", address ");
        put_hex(info);
    }
}

void say(bool ok, bool unlike_qemu, const char *verdict, const char *text)
{
    put(ok ? verdict : "FAIL    ");
    put(unlike_qemu ? " (unlike QEMU) " : " ");
    put(text);
    failures += !ok;
}

/* --- memory behind it --- */

/* Where the attempts aim: the first bytes of each page of the kernel's and of three frames, and the
 * secret's last ones. */
#define PLACES (PAGES + 4)

static const uint64_t *place(unsigned i)
{
    static const uint64_t frames[] = {FRAME_READ, FRAME_LAST, FRAME_SECRET,
                                      FRAME_SECRET + 4096 - 8 * WORDS};

    return (const uint64_t *)(i < PAGES ? ROOT + i * 4096 : frames[i - PAGES]);
}

static uint64_t seen[PLACES][WORDS];

void look(void)
{
    for (unsigned i = 0; i < PLACES; i++)
        for (unsigned word = 0; word < WORDS; word++)
            seen[i][word] = place(i)[word];
}

bool unchanged(void)
{
    for (unsigned i = 0; i < PLACES; i++)
        for (unsigned word = 0; word < WORDS; word++)
            if (seen[i][word] != place(i)[word])
                return false;
    return true;
}

bool payload_at(uint64_t pa)
{
    return memcmp((void *)pa, (void *)FRAME_OWN, 8) == 0;
}

static bool holds_secret(const uint64_t *words)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (words[i] >> 32 == SECRET_MARK)
            return true;
    return false;
}

/* --- one attempt --- */

/* Other bytes each time, so that an attempt that succeeds changes something. */
static void load_device(uint32_t first)
{
    static uint64_t number;
    uint64_t *own = (uint64_t *)FRAME_OWN;

    number++;
    for (unsigned i = 0; i < WORDS; i++)
        own[i] = PAYLOAD + number * WORDS + i;
    if (first != 0)
        *(uint32_t *)own = first;
    edu_as_user((struct order){WINDOW, 8 * WORDS, false, false});
}

static bool device_brought_secret(void)
{
    edu_as_user((struct order){WINDOW + 0x800, 8 * WORDS, true, false});
    return holds_secret((uint64_t *)LOOT);
}

static bool as_recorded(const struct attempt *a, const struct fault *f)
{
    if (a->outcome != STOPPED)
        return f->records == 0;
    return f->records == 1 && f->reason == a->reason && f->info == a->recorded &&
           f->sid == EDU_SID && (a->reason >= 0x20 || f->read == !a->order.write);
}

/* What changed that should not have. */
struct harm {
    bool memory, interrupt, secret;
};

static void report(const struct attempt *a, const struct fault *f, const struct harm *h, bool ok)
{
    static const char *const verdicts[] = {"stopped ", "stopped ", "ALLOWED "};

    say(ok, a->unlike_qemu, verdicts[a->outcome], a->what);
    if (f->records != 0) {
        put(": ");
        put_reason(f->reason, f->sid, f->info);
    } else if (a->outcome != ALLOWED) {
        put(": nothing is recorded");
    }
    if (a->outcome != ALLOWED)
        put(h->memory ? "; MEMORY CHANGED" : "; memory unchanged");
    put(h->interrupt ? "; AN INTERRUPT CAME" : "");
    put(h->secret ? "; THE SECRET CAME OUT" : "");
    put("\n");
}

static void attempt(const struct attempt *a)
{
    struct harm h = {0};
    uint64_t interrupts;
    struct fault f;
    bool ok;

    load_device(a->payload);
    if (a->prepare != NULL)
        a->prepare();
    look();
    interrupts = interrupts_so_far();
    edu_as_user(a->order);
    settle();
    f = take_faults();
    ok = as_recorded(a, &f);
    if (a->outcome == ALLOWED) {
        ok &= a->done();
    } else {
        h.memory = !unchanged();
        h.interrupt = interrupts_so_far() != interrupts;
    }
    if (a->prepare != NULL)
        domain_give();
    if (!a->order.write && a->outcome != ALLOWED)
        h.secret = device_brought_secret();
    report(a, &f, &h, ok && !h.memory && !h.interrupt && !h.secret);
}

void attempt_all(const struct attempt *rows, unsigned count, bool unlike_qemu)
{
    for (unsigned i = 0; i < count; i++) {
        struct attempt a = rows[i];

        a.unlike_qemu |= unlike_qemu;
        if (!a.unlike_qemu || !on_qemu())
            attempt(&a);
    }
}
