// SPDX-License-Identifier: Apache-2.0
// What the debugger's answers say: registers into a shot, a traced step into a span. Bochs 2.7.
#include <stdlib.h>
#include <string.h>

#include "bochs.h"

#define EFER_LMA UINT64_C(0x400)
#define FL_FIXED UINT64_C(2)

/* 0x..., or 01234567_89abcdef */
static uint64_t hex(const char *p)
{
    uint64_t v = 0;

    if (p[0] == '0' && p[1] == 'x')
        p += 2;
    for (;; p++) {
        unsigned c = (unsigned char)*p;

        if (c - '0' < 10)
            v = v << 4 | (c - '0');
        else if ((c | 0x20) - 'a' < 6)
            v = v << 4 | ((c | 0x20) - 'a' + 10);
        else if (c != '_')
            return v;
    }
}

/* The number behind `name` at or after p; 0 without one. */
static uint64_t after(const char *p, const char *name)
{
    const char *at = strstr(p, name);

    return at == NULL ? 0 : hex(at + strlen(name));
}

static void registers(struct shot *s, const char *text)
{
    static const char *const names[16] = {
        "rax: ", "rcx: ", "rdx: ", "rbx: ", "rsp: ", "rbp: ", "rsi: ", "rdi: ",
        "r8 : ", "r9 : ", "r10: ", "r11: ", "r12: ", "r13: ", "r14: ", "r15: "};

    for (unsigned i = 0; i < 16; i++)
        s->f[F_GPR + i] = after(text, names[i]);
    s->f[F_RIP] = after(text, "\nrip: ");
    s->f[F_RFLAGS] = after(text, "\neflags ") | FL_FIXED;
}

/* "cs:0x0008, dh=0x00cf9b00, dl=0x0000ffff, valid=1": a descriptor's two halves. */
static void segment(struct shot *s, const char *line, enum rec_seg seg)
{
    uint64_t high = after(line, "dh="), low = after(line, "dl=");
    uint64_t limit = (high & 0xf0000) | (low & 0xffff);

    s->f[F_SELECTOR(seg)] = hex(strchr(line, ':') + 1);
    s->f[F_BASE(seg)] = (high & 0xff000000) | (high & 0xff) << 16 | low >> 16;
    s->f[F_LIMIT(seg)] = high >> 23 & 1 ? limit << 12 | 0xfff : limit;
    s->f[F_ATTR(seg)] = high >> 8 & 0xf0ff;
    if (!after(line, "valid=")) { /* unusable: of a data segment the base still counts */
        s->f[F_LIMIT(seg)] = s->f[F_ATTR(seg)] = 0;
        if (seg >= SEG_LDTR)
            s->f[F_BASE(seg)] = 0;
    }
}

static void segments(struct shot *s, const char *text)
{
    static const struct {
        const char *name;
        enum rec_seg seg;
    } segments[] = {{"es:", SEG_ES}, {"cs:", SEG_CS}, {"ss:", SEG_SS},     {"ds:", SEG_DS},
                    {"fs:", SEG_FS}, {"gs:", SEG_GS}, {"ldtr:", SEG_LDTR}, {"\ntr:", SEG_TR}};

    for (unsigned i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
        const char *line = strstr(text, segments[i].name);

        if (line != NULL)
            segment(s, line, segments[i].seg);
    }
    s->f[F_GDTR_BASE] = after(text, "gdtr:base=");
    s->f[F_GDTR_LIMIT] = after(strstr(text, "gdtr:"), "limit=");
    s->f[F_IDTR_BASE] = after(text, "idtr:base=");
    s->f[F_IDTR_LIMIT] = after(strstr(text, "idtr:"), "limit=");
}

static void control(struct shot *s, const char *text)
{
    s->f[F_CR0] = after(text, "CR0=");
    s->f[F_CR2] = after(text, "laddr=");
    s->f[F_CR3] = after(text, "CR3=");
    s->f[F_CR4] = after(text, "CR4=");
    s->f[F_EFER] = after(text, "EFER=");
}

static void debug(struct shot *s, const char *text)
{
    static const char *const names[4] = {"DR0=", "DR1=", "DR2=", "DR3="};

    for (unsigned i = 0; i < 4; i++)
        s->f[F_DR + i] = after(text, names[i]);
    s->f[F_DR6] = after(text, "DR6=");
    s->f[F_DR7] = after(text, "DR7=");
}

static void settle(struct shot *s)
{
    s->full = true;
    s->wide = (s->f[F_EFER] & EFER_LMA) && (s->f[F_ATTR(SEG_CS)] >> 13 & 1);
    s->f[F_CPL] = s->f[F_SELECTOR(SEG_CS)] & 3;
}

bool text_state(struct shot *s, char *text, bool bases)
{
    static const char *const begins[] = {"CPU0:\nrax: ", "\nes:0x", "\nCR0=0x", "\nDR0=0x"};
    static const enum rec_seg wide_bases[] = {SEG_FS, SEG_GS, SEG_LDTR, SEG_TR};
    const char *at[4], *from = text;

    for (unsigned i = 0; i < 4; i++) {
        from = at[i] = strstr(from, begins[i]);
        if (from == NULL)
            return false;
    }
    registers(s, at[0]);
    segments(s, at[1]);
    control(s, at[2]);
    debug(s, at[3]);
    for (unsigned i = 0; bases && i < 4; i++) {
        from = strstr(from + 1, "\nbase = ");
        if (from == NULL)
            return false;
        if (s->f[F_ATTR(wide_bases[i])] != 0 || i < 2) /* FS and GS have one even if null */
            s->f[F_BASE(wide_bases[i])] = after(from, "base = ");
    }
    settle(s);
    text[at[0] - text] = '\0';
    return true;
}

/* --- a traced step --- */

static struct happening *add(struct span *s, enum happening_kind kind)
{
    if (s->count == SPAN_MAX) {
        s->crowded = true;
        s->count--;
    }
    s->h[s->count] = (struct happening){.kind = kind};
    return &s->h[s->count++];
}

/* "[CPU0 WR]: LIN 0x... PHY 0x... (len=4, WB): 0x..."; a page walk's has no LIN. */
static void access(struct span *s, const char *line, uint64_t memory_bytes)
{
    bool write = line[6] == 'W'; /* RW is the read of a read-modify-write */
    const char *len = strstr(line, "len="), *value = strstr(line, "): ");
    uint64_t pa = after(line, "PHY ");
    bool ram = pa < memory_bytes && bochs_is_ram(pa);
    struct happening *h;

    if (ram && !write)
        return;
    h = add(s, ram ? H_STORE : write ? H_DEVICE_WRITE : H_DEVICE_READ);
    h->addr = pa;
    h->size = len == NULL ? 0 : (unsigned)strtoul(len + 4, NULL, 10);
    h->value = value == NULL ? 0 : hex(value + 3);
}

/* An exception is shown as such, and once more as what is delivered. */
static bool is_its_delivery(const struct span *s, const char *line, bool exception_before)
{
    return exception_before && s->h[s->count - 1].vector == (uint8_t)hex(line);
}

static void delivery(struct span *s, const char *line, bool interrupt, bool began)
{
    struct happening *h = add(s, H_DELIVER);

    h->vector = (uint8_t)hex(line);
    h->error = (uint32_t)after(line, "error_code=");
    h->software = interrupt && began;
    h->external = interrupt && !began;
    h->shot = s->before;
}

void text_step(struct span *s, const char *text, uint64_t memory_bytes, bool *began)
{
    static const char exception[] = "CPU 0: Exception ", interrupt[] = "CPU 0: Interrupt ";

    bool exception_before = false;

    *began = false;
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, "(0).[", 5) == 0) {
            *began = true;
        } else if (strncmp(line, "[CPU0 ", 6) == 0) {
            access(s, line, memory_bytes);
        } else if (strncmp(line, exception, sizeof(exception) - 1) == 0) {
            delivery(s, line + sizeof(exception) - 1, false, *began);
            exception_before = true;
        } else if (strncmp(line, interrupt, sizeof(interrupt) - 1) == 0) {
            if (!is_its_delivery(s, line + sizeof(interrupt) - 1, exception_before))
                delivery(s, line + sizeof(interrupt) - 1, true, *began);
            exception_before = false;
        }
        line = strchr(line, '\n');
        line += line != NULL;
    }
}

/* The delivery before s->h[n], with whatever else happened between; -1 without one. */
static int delivery_before(const struct span *s, int n)
{
    while (--n >= 0 && s->h[n].kind != H_DELIVER)
        continue;
    return n;
}

void text_shutdown(struct span *s)
{
    enum { DF = 8 };
    int last = delivery_before(s, (int)s->count), before = delivery_before(s, last);

    if (last >= 0 && before >= 0 && s->h[before].vector == DF)
        add(s, H_SHUTDOWN);
}
