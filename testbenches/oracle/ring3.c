// SPDX-License-Identifier: Apache-2.0
// A second judge from outside, for hosts on which a process cannot be traced faithfully: rows of
// instructions, each tried many times in this process and on the model.
//
//   ring3 64|compat
//
// A trial begins by a return from a signal into its registers (in compatibility mode into the
// 32-bit code segment) and ends in the signal of its fault, or of the INT3 behind it. Registers,
// flags, selectors, vector, error code, CR2 and memory must agree. What the SDM leaves undefined
// must too on a host whose personality is known; on another it is counted where the host shows it
// otherwise. 77: this host cannot run the mode.
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "oracle.h"

enum { ALT_STACK = 65536, RANDOM_TRIALS = 3000, INT3 = 3, SKIPPED = 77 };

#define FL_JUDGED (FL_STATUS | FL_DF | FL_RF | FL_AC)
#define FL_ADJUST (FL_SF | FL_ZF | FL_PF | FL_OF)
#define FL_DIGITS (FL_OF | FL_AF | FL_CF)

/* What a row's trials vary. */
enum sweep {
    DIGITS,  /* every AL; AH, CF and AF at their corners */
    OPERANDS /* registers at random, RBX in and around the data, small values and selectors there */
};

struct row {
    const char *name;
    uint8_t len, bytes[8];
    enum sweep sweep;
    uint64_t undefined; /* flags */
    uint64_t open;      /* bits of RAX that are undefined */
    bool not_amd;       /* AMD's processors document it otherwise */
};

static const struct row rows_64[] = {
    {"adcx r32, r32", 5, {0x66, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"adcx r64, r64", 6, {0x66, 0x48, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"adcx r32, m32", 5, {0x66, 0x0f, 0x38, 0xf6, 0x03}, OPERANDS, 0, 0, false},
    {"adcx r64, m64", 6, {0x66, 0x48, 0x0f, 0x38, 0xf6, 0x03}, OPERANDS, 0, 0, false},
    {"adox r32, r32", 5, {0xf3, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"adox r64, r64", 6, {0xf3, 0x48, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"adox r64, m64", 6, {0xf3, 0x48, 0x0f, 0x38, 0xf6, 0x03}, OPERANDS, 0, 0, false},
    {"66 f3: adox r32", 6, {0x66, 0xf3, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"f3 66: adox r32", 6, {0xf3, 0x66, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"0f 38 f6 alone", 4, {0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"f2 0f 38 f6", 5, {0xf2, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"f2 66 0f 38 f6", 6, {0xf2, 0x66, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"lock adcx", 6, {0xf0, 0x66, 0x0f, 0x38, 0xf6, 0x03}, OPERANDS, 0, 0, false},
    {"lss r32", 3, {0x0f, 0xb2, 0x03}, OPERANDS, 0, 0, false},
    {"lss r16", 4, {0x66, 0x0f, 0xb2, 0x03}, OPERANDS, 0, 0, false},
    {"lss r64", 4, {0x48, 0x0f, 0xb2, 0x03}, OPERANDS, 0, 0, true},
    {"lfs r32", 3, {0x0f, 0xb4, 0x03}, OPERANDS, 0, 0, false},
    {"lfs r64", 4, {0x48, 0x0f, 0xb4, 0x03}, OPERANDS, 0, 0, true},
    {"lgs r16", 4, {0x66, 0x0f, 0xb5, 0x03}, OPERANDS, 0, 0, false},
    {"lss of a register", 3, {0x0f, 0xb2, 0xc3}, OPERANDS, 0, 0, false},
    {"lock lgs", 4, {0xf0, 0x0f, 0xb5, 0x03}, OPERANDS, 0, 0, false},
    {"insb", 1, {0x6c}, OPERANDS, 0, 0, false},
    {"insd", 1, {0x6d}, OPERANDS, 0, 0, false},
    {"outsb", 1, {0x6e}, OPERANDS, 0, 0, false},
    {"outsw", 2, {0x66, 0x6f}, OPERANDS, 0, 0, false},
    {"rep insd", 2, {0xf3, 0x6d}, OPERANDS, 0, 0, false},
    {"repne outsb", 2, {0xf2, 0x6e}, OPERANDS, 0, 0, false},
    {"rep outsd, ecx", 3, {0x67, 0xf3, 0x6f}, OPERANDS, 0, 0, false},
    {"lar r32", 3, {0x0f, 0x02, 0xc1}, OPERANDS, 0, 0xf0000, false},
    {"lar r16", 4, {0x66, 0x0f, 0x02, 0xc1}, OPERANDS, 0, 0, false},
    {"lar r64, m16", 4, {0x48, 0x0f, 0x02, 0x03}, OPERANDS, 0, 0xf0000, false},
    {"lsl r32", 3, {0x0f, 0x03, 0xc1}, OPERANDS, 0, 0, false},
    {"lsl r16, m16", 4, {0x66, 0x0f, 0x03, 0x03}, OPERANDS, 0, 0, false},
    {"lsl r64", 4, {0x48, 0x0f, 0x03, 0xc1}, OPERANDS, 0, 0, false},
    {"verr r16", 3, {0x0f, 0x00, 0xe1}, OPERANDS, 0, 0, false},
    {"verr m16", 3, {0x0f, 0x00, 0x23}, OPERANDS, 0, 0, false},
    {"verw r16", 3, {0x0f, 0x00, 0xe9}, OPERANDS, 0, 0, false},
    {"verw m16", 3, {0x0f, 0x00, 0x2b}, OPERANDS, 0, 0, false},
    {"lock verr", 4, {0xf0, 0x0f, 0x00, 0x23}, OPERANDS, 0, 0, false},
    {"lock verw", 4, {0xf0, 0x0f, 0x00, 0x2b}, OPERANDS, 0, 0, false},
    {"lock lar", 4, {0xf0, 0x0f, 0x02, 0x03}, OPERANDS, 0, 0, false},
    {"shld r16, cl", 4, {0x66, 0x0f, 0xa5, 0xd8}, OPERANDS, FL_STATUS, 0xffff, false},
    {"shrd r16, cl", 4, {0x66, 0x0f, 0xad, 0xd8}, OPERANDS, FL_STATUS, 0xffff, false},
    {"shld r32, 9", 4, {0x0f, 0xa4, 0xd8, 9}, OPERANDS, FL_OF | FL_AF, 0, false},
    {"rcl r8, 9", 3, {0xc0, 0xd0, 9}, OPERANDS, FL_OF, 0, false},
    {"rcr r16, 17", 4, {0x66, 0xc1, 0xd8, 17}, OPERANDS, FL_OF, 0, false},
    {"rol r8, cl", 2, {0xd2, 0xc0}, OPERANDS, FL_OF, 0, false},
    {"ror r8, 8", 3, {0xc0, 0xc8, 8}, OPERANDS, FL_OF, 0, false},
    {"shl r8, cl", 2, {0xd2, 0xe0}, OPERANDS, FL_CF | FL_OF | FL_AF, 0, false},
    {"shr r16, 20", 4, {0x66, 0xc1, 0xe8, 20}, OPERANDS, FL_CF | FL_OF | FL_AF, 0, false},
    {"sysexit", 2, {0x0f, 0x35}, OPERANDS, 0, 0, false},
    {"sysexit, rex.w", 3, {0x48, 0x0f, 0x35}, OPERANDS, 0, 0, false},
};

static const struct row rows_compat[] = {
    {"daa", 1, {0x27}, DIGITS, FL_OF, 0, false},
    {"das", 1, {0x2f}, DIGITS, FL_OF, 0, false},
    {"aaa", 1, {0x37}, DIGITS, FL_ADJUST, 0, false},
    {"aas", 1, {0x3f}, DIGITS, FL_ADJUST, 0, false},
    {"aam", 2, {0xd4, 10}, DIGITS, FL_DIGITS, 0, false},
    {"aam 0", 2, {0xd4, 0}, DIGITS, FL_DIGITS | FL_SF | FL_ZF | FL_PF, 0, false},
    {"aam 1", 2, {0xd4, 1}, DIGITS, FL_DIGITS, 0, false},
    {"aam 7", 2, {0xd4, 7}, DIGITS, FL_DIGITS, 0, false},
    {"aam 255", 2, {0xd4, 255}, DIGITS, FL_DIGITS, 0, false},
    {"aad", 2, {0xd5, 10}, DIGITS, FL_DIGITS, 0, false},
    {"aad 0", 2, {0xd5, 0}, DIGITS, FL_DIGITS, 0, false},
    {"aad 16", 2, {0xd5, 16}, DIGITS, FL_DIGITS, 0, false},
    {"aad 255", 2, {0xd5, 255}, DIGITS, FL_DIGITS, 0, false},
    {"66 aaa", 2, {0x66, 0x37}, DIGITS, FL_ADJUST, 0, false},
    {"salc", 1, {0xd6}, DIGITS, 0, 0, false},
    {"66 salc", 2, {0x66, 0xd6}, DIGITS, 0, 0, false},
    {"lock salc", 2, {0xf0, 0xd6}, DIGITS, 0, 0, false},
    {"lock daa", 2, {0xf0, 0x27}, DIGITS, 0, 0, false},
    {"bound r32", 2, {0x62, 0x03}, OPERANDS, 0, 0, false},
    {"bound r16", 3, {0x66, 0x62, 0x03}, OPERANDS, 0, 0, false},
    {"bound, 16-bit address", 3, {0x67, 0x62, 0x07}, OPERANDS, 0, 0, false},
    {"lock bound", 3, {0xf0, 0x62, 0x03}, OPERANDS, 0, 0, false},
    {"arpl r16, r16", 2, {0x63, 0xcb}, OPERANDS, 0, 0, false},
    {"arpl m16, r16", 2, {0x63, 0x0b}, OPERANDS, 0, 0, false},
    {"66 arpl m16, r16", 3, {0x66, 0x63, 0x0b}, OPERANDS, 0, 0, false},
    {"lock arpl", 3, {0xf0, 0x63, 0x0b}, OPERANDS, 0, 0, false},
    {"lds r32", 2, {0xc5, 0x03}, OPERANDS, 0, 0, false},
    {"lds r16", 3, {0x66, 0xc5, 0x03}, OPERANDS, 0, 0, false},
    {"les r32", 2, {0xc4, 0x03}, OPERANDS, 0, 0, false},
    {"lss r32", 3, {0x0f, 0xb2, 0x03}, OPERANDS, 0, 0, false},
    {"lfs r16", 4, {0x66, 0x0f, 0xb4, 0x03}, OPERANDS, 0, 0, false},
    {"pusha", 1, {0x60}, OPERANDS, 0, 0, false},
    {"pushaw", 2, {0x66, 0x60}, OPERANDS, 0, 0, false},
    {"popa", 1, {0x61}, OPERANDS, 0, 0, false},
    {"popaw", 2, {0x66, 0x61}, OPERANDS, 0, 0, false},
    {"adcx r32, m32", 5, {0x66, 0x0f, 0x38, 0xf6, 0x03}, OPERANDS, 0, 0, false},
    {"adox r32, r32", 5, {0xf3, 0x0f, 0x38, 0xf6, 0xc3}, OPERANDS, 0, 0, false},
    {"insd", 1, {0x6d}, OPERANDS, 0, 0, false},
    {"rep outsb", 2, {0xf3, 0x6e}, OPERANDS, 0, 0, false},
    {"lar r32", 3, {0x0f, 0x02, 0xc1}, OPERANDS, 0, 0xf0000, false},
    {"lsl r16", 4, {0x66, 0x0f, 0x03, 0xc1}, OPERANDS, 0, 0, false},
    {"verr r16", 3, {0x0f, 0x00, 0xe1}, OPERANDS, 0, 0, false},
    {"sysexit", 2, {0x0f, 0x35}, OPERANDS, 0, 0, false},
};

/* --- the processor --- */

static const int greg_of[GPRS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                  REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                  REG_R12, REG_R13, REG_R14, REG_R15};

/* A trial on its way through the two handlers, which may not use FS: the trial may have loaded it.
 */
static struct {
    const struct regs *start;
    struct outcome end;
    uint64_t fs_base;
    gregset_t home; /* registers of the process before the trial */
} flight;

#define SELECTOR_REGISTER(name)                                                                    \
    static uint16_t get_##name(void)                                                               \
    {                                                                                              \
        uint16_t v;                                                                                \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(v));                                         \
        return v;                                                                                  \
    }                                                                                              \
    static void set_##name(uint16_t v)                                                             \
    {                                                                                              \
        __asm__ volatile("mov %0, %%" #name : : "r"(v));                                           \
    }

SELECTOR_REGISTER(ds)
SELECTOR_REGISTER(es)
SELECTOR_REGISTER(fs)
SELECTOR_REGISTER(gs)

static void set_fs_base(uint64_t base)
{
    long number = SYS_arch_prctl;

    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"((long)ARCH_SET_FS), "S"(base)
                     : "rcx", "r11", "memory");
}

static void take_off(int signo, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const struct regs *start = flight.start;

    (void)signo;
    (void)info;
    memcpy(flight.home, r, sizeof(flight.home));
    for (unsigned i = 0; i < GPRS; i++)
        r[greg_of[i]] = (greg_t)start->gpr[i];
    r[REG_RIP] = (greg_t)start->rip;
    r[REG_EFL] = (greg_t)start->rflags;
    r[REG_CSGSFS] = (greg_t)(start->sel[SEG_CS] | (uint64_t)start->sel[SEG_SS] << 48);
    set_ds(start->sel[SEG_DS]);
    set_es(start->sel[SEG_ES]);
}

static void land(int signo, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    struct outcome *o = &flight.end;

    __builtin_ia32_writeeflags_u64(FL_ONE); /* the kernel leaves AC as the trial had it */
    o->regs.sel[SEG_DS] = get_ds();
    o->regs.sel[SEG_ES] = get_es();
    o->regs.sel[SEG_FS] = get_fs();
    o->regs.sel[SEG_GS] = get_gs();
    set_fs(0);
    set_gs(0);
    set_fs_base(flight.fs_base);
    for (unsigned i = 0; i < GPRS; i++)
        o->regs.gpr[i] = (uint64_t)r[greg_of[i]];
    o->regs.rip = (uint64_t)r[REG_RIP];
    o->regs.rflags = (uint64_t)r[REG_EFL];
    o->regs.sel[SEG_CS] = (uint16_t)r[REG_CSGSFS];
    o->regs.sel[SEG_SS] = (uint16_t)(r[REG_CSGSFS] >> 48);
    o->signo = signo;
    o->code = info->si_code;
    o->vector = (int)r[REG_TRAPNO];
    o->error_code = (uint32_t)r[REG_ERR];
    o->address = (uint64_t)r[REG_CR2];
    memcpy(r, flight.home, sizeof(flight.home));
}

static void handle(int signo, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    sigaction(signo, &action, NULL);
}

static bool processor_prepare(void)
{
    static uint8_t stack[ALT_STACK];
    static const int ends[] = {SIGILL, SIGSEGV, SIGTRAP, SIGFPE, SIGBUS};
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    int fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

    handle(SIGUSR1, take_off);
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        handle(ends[i], land);
    return ldt_install() && sigaltstack(&alternate, NULL) == 0 &&
           syscall(SYS_arch_prctl, ARCH_GET_FS, &flight.fs_base) == 0 &&
           mmap((void *)LOW_DATA, DATA_PAGES * PAGE, PROT_READ | PROT_WRITE, fixed, -1, 0) ==
               (void *)LOW_DATA &&
           mmap((void *)LOW_CODE, CODE_PAGES * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, fixed, -1,
                0) == (void *)LOW_CODE &&
           mprotect((void *)(LOW_DATA + (DATA_PAGES - 1) * PAGE), PAGE, PROT_READ) == 0;
}

/* A completed instruction is what ended in the INT3 behind it. */
static void ask_processor(const struct regs *start, unsigned len, struct outcome *out)
{
    flight.start = start;
    raise(SIGUSR1);
    *out = flight.end;
    if (out->vector == INT3 && out->regs.rip == start->rip + len + 1) {
        out->vector = -1;
        out->regs.rip--;
    }
}

/* Is the selector one of a present 32-bit code segment of ring 3? */
static bool is_user_code_32(unsigned selector)
{
    const unsigned present_dpl3_code = 0xf800, long_or_32 = 0x600000, is_32 = 0x400000;
    unsigned rights = 0;
    bool zf;

    __asm__("lar %2, %1" : "=@ccz"(zf), "+r"(rights) : "r"(selector));
    return zf && (rights & present_dpl3_code) == present_dpl3_code &&
           (rights & long_or_32) == is_32;
}

static bool is_amd(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(0, &a, &b, &c, &d) && c == signature_AMD_ecx;
}

/* --- trials --- */

static uint64_t edge(struct rng *r)
{
    switch (rng_below(r, 4)) {
    case 0:
        return rng_below(r, 9) - UINT64_C(4);
    case 1:
        return (UINT64_C(1) << rng_below(r, 64)) - rng_below(r, 2);
    case 2:
        return rng_next(r) | UINT64_C(0xffffffff);
    default:
        return rng_next(r);
    }
}

/* Mostly in the three writable pages; at their end, in the last one, or where nothing is. */
static uint64_t place(struct rng *r)
{
    switch (rng_below(r, 8)) {
    case 0:
        return LOW_DATA + (1 + rng_below(r, DATA_PAGES)) * PAGE - rng_below(r, 12);
    case 1:
        return LOW_DATA + (DATA_PAGES - 1) * PAGE + rng_below(r, PAGE);
    case 2:
        return LOW_DATA + DATA_PAGES * PAGE + rng_below(r, PAGE);
    default:
        return LOW_DATA + 64 + rng_below(r, 3 * PAGE - 128);
    }
}

/* Selectors that Linux gives every process, and the local table's; not 7B, whose limit is the
 * number of the processor. */
static uint16_t selector(struct rng *r)
{
    static const uint16_t selectors[] = {0,    1,    3,    0x10,   0x13,   0x18,  0x28, 0x29,
                                         0x2a, 0x2b, 0x2b, 0x2b,   0x30,   0x33,  0x33, 0x40,
                                         0x43, 0x48, 0x83, 0x1003, 0xfff8, 0xffff};

    if (rng_percent(r, 35))
        return (uint16_t)(SEL_LDT(rng_below(r, LDT_ROWS + 1)) - rng_below(r, 2));
    return selectors[rng_below(r, sizeof(selectors) / sizeof(selectors[0]))];
}

static bool is_writable(uint64_t va)
{
    return va < LOW_DATA + (DATA_PAGES - 1) * PAGE;
}

/* 16 bytes: edges, and now and then a selector where a far pointer may have one; nothing else may
 * stand in these places that names what Linux keeps for itself. */
static void fill_memory(uint8_t *pages, uint64_t va, struct rng *r)
{
    uint64_t words[2] = {edge(r), edge(r)};
    uint8_t bytes[16];

    memcpy(bytes, words, sizeof(bytes));
    for (unsigned at = 0; at <= 8; at += at ? at : 2) {
        unsigned table_entry = (bytes[at] | bytes[at + 1] << 8) & 0xfff8;
        uint16_t s = selector(r);

        if (rng_percent(r, 40) || table_entry == 0x20 || table_entry == 0x78)
            memcpy(bytes + at, &s, sizeof(s));
    }
    for (unsigned i = 0; i < sizeof(bytes) && is_writable(va + i); i++)
        *memory_at(pages, va + i) = bytes[i];
}

static void fill_operands(struct regs *s, uint8_t *pages, bool compat, struct rng *r)
{
    uint64_t flags = FL_STATUS | FL_DF | (rng_percent(r, 10) ? FL_AC : 0);

    for (unsigned i = 0; i < GPRS; i++)
        s->gpr[i] = edge(r);
    s->gpr[RBX] = place(r);
    s->gpr[RSP] = place(r);
    s->gpr[RSI] = place(r);
    s->gpr[RDI] = place(r);
    s->gpr[RCX] = (s->gpr[RCX] & ~UINT64_C(0xffff)) | selector(r);
    if (rng_percent(r, 20))
        s->gpr[RCX] = 0;
    s->rflags |= rng_next(r) & flags;
    fill_memory(pages, s->gpr[RBX], r);
    for (unsigned i = 0; compat && i < GPRS; i++)
        s->gpr[i] = i < 8 ? s->gpr[i] & 0xffffffff : 0;
}

/* index: AL, then AH, then CF, AF and all the others. */
static void fill_digits(struct regs *s, unsigned index)
{
    static const uint8_t ah[] = {0, 1, 9, 0x10, 0x7f, 0xff};
    unsigned flags = index / 256 % 8;

    s->gpr[RAX] = UINT64_C(0x5a5a0000) | (uint64_t)ah[index / 2048] << 8 | (index & 255);
    s->rflags |= (flags & 1 ? FL_CF : 0) | (flags & 2 ? FL_AF : 0) |
                 (flags & 4 ? FL_OF | FL_SF | FL_ZF | FL_PF : 0);
}

enum { DIGIT_TRIALS = 256 * 8 * 6 };

/* --- where hosts differ by their documents, or by what they are --- */

static bool alignment_first(const struct row *row, const struct outcome *h, const struct outcome *m)
{
    (void)row;
    return (h->regs.rflags & FL_AC) && h->vector == 17 && m->vector == 14;
}

static bool no_sysexit(const struct row *row, const struct outcome *h, const struct outcome *m)
{
    return row->bytes[row->len - 1] == 0x35 && h->vector == 6 && m->vector == 13;
}

static bool lock_verw(const struct row *row, const struct outcome *h, const struct outcome *m)
{
    return row->bytes[0] == 0xf0 && row->bytes[row->len - 1] == 0x2b && m->vector == 6 &&
           h->vector != 6;
}

static bool popa_partial(const struct row *row, const struct outcome *h, const struct outcome *m)
{
    return row->bytes[row->len - 1] == 0x61 && h->vector == m->vector && h->vector > 0 &&
           h->regs.gpr[RSP] == m->regs.gpr[RSP];
}

static const struct permit {
    const char *name, *source;
    bool amd;
    bool (*explains)(const struct row *row, const struct outcome *h, const struct outcome *m);
} permits[] = {
    {"#AC before #PF", "SDM Vol. 3A, Priority Among Concurrent Events: open within one access",
     false, alignment_first},
    {"SYSEXIT in long mode is #UD", "AMD64 APM Vol. 3, SYSEXIT", true, no_sysexit},
    {"POPA keeps what it popped before a fault", "this processor; executed again it gives the same",
     true, popa_partial},
    {"LOCK VERW m16 is carried out", "this processor (both manuals: #UD)", true, lock_verw},
};

enum { PERMITS = sizeof(permits) / sizeof(permits[0]) };

static unsigned permit_count[PERMITS];

static bool is_permitted(const struct row *row, const struct outcome *h, const struct outcome *m)
{
    for (unsigned i = 0; i < PERMITS; i++)
        if (permits[i].explains(row, h, m) && (!permits[i].amd || is_amd())) {
            permit_count[i]++;
            return true;
        }
    return false;
}

static void print_permitted(void)
{
    for (unsigned i = 0; i < PERMITS; i++)
        if (permit_count[i])
            printf("permitted: %s: %u (%s)\n", permits[i].name, permit_count[i], permits[i].source);
}

/* --- the judgement --- */

static bool disagree(const char *what, uint64_t host, uint64_t model)
{
    if (host != model)
        printf("  %s: processor 0x%llx, model 0x%llx\n", what, (unsigned long long)host,
               (unsigned long long)model);
    return host != model;
}

/* A hypervisor that loads FS and GS anew makes every null selector 0. */
static uint16_t plain_null(uint16_t s)
{
    return s < 4 ? 0 : s;
}

/* True: a defined result differs. */
static bool differs(const struct row *row, const struct outcome *h, const struct outcome *m,
                    const uint8_t *model_pages)
{
    static const char *const gprs[GPRS] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                           "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    static const char *const sels[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    uint64_t judged = FL_JUDGED & ~(h->vector < 0 ? row->undefined : 0);
    bool pf = h->vector == 14, error = pf || (h->vector >= 10 && h->vector <= 13);
    bool bad = disagree("vector", (unsigned)h->vector, (unsigned)m->vector);

    if (error && !bad)
        bad = disagree("error code", h->error_code, m->error_code);
    if (pf && !bad)
        bad = disagree("cr2", h->address, m->address);
    bad |= disagree("rip", h->regs.rip, m->regs.rip);
    bad |= disagree("rflags", h->regs.rflags & judged, m->regs.rflags & judged);
    for (unsigned i = 0; i < GPRS; i++) {
        uint64_t open = i == RAX ? row->open : 0;

        bad |= disagree(gprs[i], h->regs.gpr[i] | open, m->regs.gpr[i] | open);
    }
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        bad |= disagree(sels[i], plain_null(h->regs.sel[i]), plain_null(m->regs.sel[i]));
    return bad |
           disagree("memory", memcmp((void *)LOW_DATA, model_pages, DATA_PAGES * PAGE) != 0, 0);
}

struct tally {
    unsigned completed, flag[6], open;
};

static const uint64_t flag_bits[6] = {FL_CF, FL_PF, FL_AF, FL_ZF, FL_SF, FL_OF};
static const char *const flag_names[6] = {"CF", "PF", "AF", "ZF", "SF", "OF"};

static void count(struct tally *t, const struct row *row, const struct outcome *h,
                  const struct outcome *m)
{
    uint64_t other = (h->regs.rflags ^ m->regs.rflags) & row->undefined;

    if (h->vector >= 0)
        return;
    t->completed++;
    t->open += ((h->regs.gpr[RAX] ^ m->regs.gpr[RAX]) & row->open) != 0;
    for (unsigned i = 0; i < 6; i++)
        t->flag[i] += (other & flag_bits[i]) != 0;
}

static void print_undefined(const struct row *row, const struct tally *t)
{
    for (unsigned i = 0; i < 6; i++)
        if (t->flag[i])
            printf("%-22s %s undefined: otherwise on this host in %u of %u\n", row->name,
                   flag_names[i], t->flag[i], t->completed);
    if (t->open)
        printf("%-22s rax 0x%llx undefined: otherwise on this host in %u of %u\n", row->name,
               (unsigned long long)row->open, t->open, t->completed);
}

static void print_trial(const struct row *row, const struct regs *s)
{
    printf("%s:", row->name);
    for (unsigned i = 0; i < row->len; i++)
        printf(" %02x", row->bytes[i]);
    printf("; rax %llx rcx %llx rbx %llx rsp %llx rflags %llx\n", (unsigned long long)s->gpr[RAX],
           (unsigned long long)s->gpr[RCX], (unsigned long long)s->gpr[RBX],
           (unsigned long long)s->gpr[RSP], (unsigned long long)s->rflags);
}

/* All trials of a row; false at the first that differs. */
static bool judge(struct guest *g, const struct row *row, unsigned number, bool compat,
                  unsigned *trials)
{
    unsigned n = row->sweep == DIGITS ? DIGIT_TRIALS : RANDOM_TRIALS;
    uint8_t *pages = guest_pages(g), code[16];
    struct tally tally = {0};

    memset(code, 0xcc, sizeof(code));
    memcpy(code, row->bytes, row->len);
    memcpy((void *)LOW_CODE, code, sizeof(code));
    memcpy(memory_at(pages, LOW_CODE), code, sizeof(code));
    for (unsigned i = 0; i < n; i++) {
        struct regs s = {.rip = LOW_CODE, .rflags = FL_ONE | FL_IF};
        struct rng r = rng_for(number, i);
        struct outcome host, model;

        s.sel[SEG_CS] = compat ? SEL_USER32 : SEL_USER64;
        s.sel[SEG_SS] = s.sel[SEG_DS] = s.sel[SEG_ES] = SEL_USERDS;
        if (row->sweep == DIGITS)
            fill_digits(&s, i);
        else
            fill_operands(&s, pages, compat, &r);
        memcpy((void *)LOW_DATA, pages, (DATA_PAGES - 1) * PAGE);
        ask_processor(&s, row->len, &host);
        guest_step(g, &s, &model);
        ++*trials;
        if (is_permitted(row, &host, &model))
            continue;
        if (differs(row, &host, &model, pages)) {
            print_trial(row, &s);
            return false;
        }
        count(&tally, row, &host, &model);
    }
    print_undefined(row, &tally);
    return true;
}

int main(int argc, char **argv)
{
    bool compat = argc == 2 && strcmp(argv[1], "compat") == 0;
    const struct row *rows = compat ? rows_compat : rows_64;
    unsigned n = compat ? sizeof(rows_compat) / sizeof(rows[0]) : sizeof(rows_64) / sizeof(rows[0]);
    unsigned failed = 0, skipped = 0, trials = 0;
    enum rw_undefined as = RW_UNDEFINED_RINGWALK;
    struct guest *g;
    bool known;

    if (!compat && (argc != 2 || strcmp(argv[1], "64") != 0)) {
        fputs("usage: ring3 64|compat\n", stderr);
        return 2;
    }
    if (compat && !is_user_code_32(SEL_USER32)) {
        puts("ring3: skipped, this host has no 32-bit code segment at selector 0x23");
        return SKIPPED;
    }
    known = host_personality(&as);
    g = guest_create(0, as);
    if (g == NULL || !processor_prepare()) {
        fputs("ring3: the pages cannot be had\n", stderr);
        return 2;
    }
    for (unsigned i = 0; i < n; i++) {
        struct row row = rows[i];

        if (known)
            row.undefined = row.open = 0;
        if (row.not_amd && is_amd())
            skipped++;
        else
            failed += !judge(g, &row, i, compat, &trials);
    }
    print_permitted();
    printf("%u instructions, %u trials, %u differ; %u not asked of this make of processor\n", n,
           trials, failed, skipped);
    guest_destroy(g);
    return failed != 0;
}
