// SPDX-License-Identifier: Apache-2.0
// See the header. GDB manual, appendix "GDB Remote Serial Protocol": "Packets", "Stop Reply
// Packets", "General Query Packets".
#include "gdb.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "far_socket.h"
#include "gdb_link.h"
#include "gdb_monitor.h"
#include "gdb_registers.h"
#include "options.h"
#include "system_words.h"
#include "timeline.h"

#define SIGNAL_INTERRUPT 2
#define SIGNAL_TRAP      5
#define SIGNAL_ABORT     6
#define SEND_SECONDS     10
#define READ_ONLY        "E.nothing is imposed on either side: registers and memory are read-only"

struct gdb {
    struct gdb_link link;
    struct gdb_options o;
    bool wide;
    bool owes;    /* it was let go: the client waits for a stop reply */
    bool stepped; /* by one retirement, forward */
    char stop[160];
};

/* --- opening --- */

/* Is it 64-bit code? What it was compiled for says its debugging information: a Multiboot image is
 * often 64-bit code in an ELF32 file. */
static bool is_wide(const struct gdb_options *o)
{
    unsigned char ident[EI_NIDENT] = {0};
    unsigned address_bytes = symbols_address_bytes(o->symbols);
    FILE *f = address_bytes == 0 ? fopen(o->program, "rb") : NULL;
    bool elf32;

    if (f == NULL)
        return address_bytes != 4;
    elf32 = fread(ident, 1, sizeof(ident), f) == sizeof(ident) &&
            memcmp(ident, ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] == ELFCLASS32;
    fclose(f);
    return !elf32;
}

static int open_socket(const char *place, char *error, size_t error_bytes)
{
    struct far_socket wish = {.option = "--gdb",
                              .given = place,
                              .what = "gdb's stub",
                              .kinds = "is neither a port nor unix:PATH"};
    char where[600] = "";
    uint64_t port;

    if (option_between(place, 0, 65535, &port))
        snprintf(where, sizeof(where), "tcp:127.0.0.1:%" PRIu64 ",server", port);
    else if (strncmp(place, "unix:", 5) == 0)
        snprintf(where, sizeof(where), "%s,server", place);
    wish.place = where;
    return far_socket(&wish, error, error_bytes);
}

struct gdb *gdb_open(const struct gdb_options *o, char *error, size_t error_bytes)
{
    struct timeval patience = {.tv_sec = SEND_SECONDS};
    struct gdb *g = timeline_shared(sizeof(*g));

    if (g == NULL) {
        snprintf(error, error_bytes, "out of memory for --gdb");
        return NULL;
    }
    g->o = *o;
    g->wide = is_wide(o);
    g->link.fd = open_socket(o->place, error, error_bytes);
    if (g->link.fd < 0)
        return NULL;
    setsockopt(g->link.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return g;
}

void gdb_close(struct gdb *g, int status)
{
    char text[16];

    snprintf(text, sizeof(text), "W%02x", (unsigned)status & 0xFF);
    if (g->owes && !g->link.gone)
        gdb_link_send_text(&g->link, text);
    close(g->link.fd);
}

/* --- small things --- */

static bool hex(const char **at, uint64_t *value)
{
    char *end;

    if (strchr("0123456789abcdefABCDEF", **at) == NULL || **at == 0)
        return false;
    *value = strtoull(*at, &end, 16);
    *at = end;
    return true;
}

/* A,B */
static bool two(const char *at, uint64_t *a, uint64_t *b)
{
    return hex(&at, a) && *at++ == ',' && hex(&at, b);
}

/* What `write` prints is the reply. */
struct reply {
    FILE *out;
    char *text;
    size_t bytes;
};

static bool reply_begin(struct gdb *g, struct reply *r)
{
    r->text = NULL;
    r->out = open_memstream(&r->text, &r->bytes);
    if (r->out == NULL)
        gdb_link_send_text(&g->link, "E.out of memory");
    return r->out != NULL;
}

static void reply_end(struct gdb *g, struct reply *r)
{
    fclose(r->out);
    gdb_link_send(&g->link, r->text, r->bytes);
    free(r->text);
}

/* --- registers and memory --- */

static struct gdb_values values_of(const struct control *c)
{
    struct gdb_values v = {.retirements = control_place(c), .cycle = control_cycle(c)};

    control_state(c, &v.state);
    return v;
}

static void all_registers(struct gdb *g, const struct control *c)
{
    struct gdb_values v = values_of(c);
    struct reply r;

    if (!reply_begin(g, &r))
        return;
    for (unsigned i = 0; i < gdb_registers(g->wide); i++)
        gdb_register(r.out, g->wide, i, &v);
    reply_end(g, &r);
}

static void one_register(struct gdb *g, const struct control *c, const char *args)
{
    struct gdb_values v = values_of(c);
    uint64_t n;
    struct reply r;

    if (!reply_begin(g, &r))
        return;
    if (!hex(&args, &n) || n > UINT32_MAX || !gdb_register(r.out, g->wide, (unsigned)n, &v))
        fputs("E.there is no such register", r.out);
    reply_end(g, &r);
}

static void memory(struct gdb *g, const struct control *c, const char *args)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[GDB_PACKET / 2 - 8];
    char text[GDB_PACKET];
    uint64_t va, n;
    size_t got;

    if (!two(args, &va, &n)) {
        gdb_link_send_text(&g->link, "E.m takes an address and a length");
        return;
    }
    got = control_read(c, va, bytes, n < sizeof(bytes) ? n : sizeof(bytes));
    if (got == 0 && n != 0) {
        gdb_link_send_text(&g->link, "E0e");
        return;
    }
    for (size_t i = 0; i < got; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    gdb_link_send(&g->link, text, 2 * got);
}

/* --- breakpoints and watchpoints: Z and z, type,addr,kind --- */

static void condition(struct gdb *g, struct control *c, const char *packet)
{
    static const enum control_kind kinds[] = {CONTROL_RIP, CONTROL_RIP, CONTROL_WRITE, CONTROL_READ,
                                              CONTROL_ACCESS};
    unsigned type = (unsigned)(packet[1] - '0');
    struct control_condition w;
    uint64_t bytes;

    if (type > 4) {
        gdb_link_send_text(&g->link, "");
        return;
    }
    if (packet[2] != ',' || !two(packet + 3, &w.address, &bytes)) {
        gdb_link_send_text(&g->link, "E.a type, an address and a length are wanted");
        return;
    }
    w.kind = kinds[type];
    w.bytes = w.kind == CONTROL_RIP ? type : (unsigned)bytes;
    if (w.kind != CONTROL_RIP && (bytes == 0 || bytes > CONTROL_WATCH_BYTES))
        gdb_link_send_text(&g->link, "E.1 to 64 bytes can be watched");
    else if (packet[0] == 'z')
        gdb_link_send_text(&g->link, control_remove(c, &w) ? "OK" : "E.that was not set");
    else
        gdb_link_send_text(&g->link, control_add(c, &w) ? "OK" : "E.there are too many");
}

/* --- queries --- */

static void features(struct gdb *g, const char *args)
{
    char part[GDB_PACKET / 2 + 1], *text = NULL;
    uint64_t from, bytes;
    size_t all;
    FILE *f;

    if (strncmp(args, "target.xml:", 11) != 0 || !two(args + 11, &from, &bytes)) {
        gdb_link_send_text(&g->link, "E00");
        return;
    }
    f = open_memstream(&text, &all);
    if (f == NULL) {
        gdb_link_send_text(&g->link, "E.out of memory");
        return;
    }
    gdb_describe(f, g->wide);
    fclose(f);
    from = from < all ? from : all;
    bytes = bytes < all - from ? bytes : all - from;
    bytes = bytes < GDB_PACKET / 2 ? bytes : GDB_PACKET / 2; /* escapes double it at worst */
    part[0] = from + bytes == all ? 'l' : 'm';
    memcpy(part + 1, text + from, bytes);
    gdb_link_send(&g->link, part, bytes + 1);
    free(text);
}

static void monitor(struct gdb *g, struct control *c, const char *args)
{
    char line[512], *text = NULL;
    size_t n = strlen(args) / 2, bytes;
    FILE *out;

    for (size_t i = 0; i < n && i < sizeof(line); i++) {
        char pair[3] = {args[2 * i], args[2 * i + 1], 0};

        line[i] = (char)strtoul(pair, NULL, 16);
    }
    if (n >= sizeof(line)) {
        gdb_link_send_text(&g->link, "E.that is too long");
        return;
    }
    line[n] = 0;
    out = open_memstream(&text, &bytes);
    if (out == NULL) {
        gdb_link_send_text(&g->link, "E.out of memory");
        return;
    }
    gdb_monitor(out, c, &g->o, line);
    fclose(out);
    gdb_link_tell(&g->link, text);
    free(text);
    gdb_link_send_text(&g->link, "OK");
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void query(struct gdb *g, struct control *c, const char *p)
{
    static const struct {
        const char *question, *answer;
    } fixed[] = {
        {"qSupported",
         "PacketSize=4000;qXfer:features:read+;ReverseStep+;ReverseContinue+;QStartNoAckMode+;"
         "swbreak+;hwbreak+;vContSupported+"},
        {"qAttached", "1"}, /* `quit` detaches: the run goes on to its verdict */
        {"qC", "QC1"},
        {"qfThreadInfo", "m1"},
        {"qsThreadInfo", "l"},
        {"qSymbol", "OK"},
    };

    if (begins(p, "qXfer:features:read:")) {
        features(g, p + 20);
        return;
    }
    if (begins(p, "qRcmd,")) {
        monitor(g, c, p + 6);
        return;
    }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (begins(p, fixed[i].question)) {
            gdb_link_send_text(&g->link, fixed[i].answer);
            return;
        }
    gdb_link_send_text(&g->link, "");
}

/* --- stops --- */

static const char *watch_word(enum control_kind kind)
{
    return kind == CONTROL_READ ? "rwatch" : kind == CONTROL_ACCESS ? "awatch" : "watch";
}

static void write_stop(struct gdb *g, const struct control_stop *s)
{
    const struct control_condition *w = &s->condition;
    unsigned signal = SIGNAL_TRAP;
    char more[64] = "";

    switch (s->why) {
    case STANDS_CONDITION:
        if (w->kind == CONTROL_RIP)
            snprintf(more, sizeof(more), "%s:;", w->bytes == 0 ? "swbreak" : "hwbreak");
        else if (w->kind != CONTROL_WRITE_PHYSICAL)
            snprintf(more, sizeof(more), "%s:%" PRIx64 ";", watch_word(w->kind), w->address);
        break;
    case STANDS_EARLIEST:
        snprintf(more, sizeof(more), "replaylog:begin;");
        break;
    case STANDS_ASKED:
        signal = SIGNAL_INTERRUPT;
        break;
    case STANDS_MISMATCH:
        signal = SIGNAL_ABORT;
        break;
    case STANDS_AT_BEGINNING:
    case STANDS_STEPPED:
    case STANDS_END:
        break;
    }
    snprintf(g->stop, sizeof(g->stop), "T%02xthread:1;%s", signal, more);
}

/* A step may be the delivery of an event, which gdb has no word for. */
static void tell_event(struct gdb *g, const struct control *c)
{
    const struct rec_retire *r = control_last(c);
    struct reply text;

    if (r == NULL || r->kind == RETIRE_INSN || !reply_begin(g, &text))
        return;
    fputs("ringwalk: ", text.out);
    words_event(text.out, r);
    fclose(text.out);
    gdb_link_tell(&g->link, text.text);
    free(text.text);
}

static void tell_stop(struct gdb *g, const struct control *c, const struct control_stop *s)
{
    char text[160];

    if (s->why == STANDS_STEPPED && g->stepped)
        tell_event(g, c);
    if (s->why == STANDS_CONDITION && s->condition.kind == CONTROL_WRITE_PHYSICAL) {
        snprintf(text, sizeof(text), "ringwalk: a write to physical 0x%" PRIx64 "\n",
                 s->condition.address);
        gdb_link_tell(&g->link, text);
    }
    if (s->why == STANDS_MISMATCH)
        gdb_link_tell(&g->link, "ringwalk: RTL and model differ; monitor why explains\n");
}

/* --- what the client wants --- */

static bool let_go(struct gdb *g, enum control_next next)
{
    g->owes = next <= NEXT_BACK_RUN;
    g->stepped = next == NEXT_STEP;
    return true;
}

/* vCont;ACTION[:THREAD]...: there is one thread, and the first action is its. */
static bool resume(struct gdb *g, const char *p, enum control_next *next)
{
    bool cont = begins(p, "vCont;");
    char action = cont ? p[6] : p[0];

    switch (action) {
    case 's':
    case 'S':
        *next = NEXT_STEP;
        break;
    case 'c':
    case 'C':
        *next = NEXT_RUN;
        break;
    default:
        gdb_link_send_text(&g->link, "E.that cannot be done");
        return false;
    }
    if (!cont && ((action == 's' || action == 'c') ? p[1] != 0 : strchr(p, ';') != NULL)) {
        gdb_link_send_text(&g->link, READ_ONLY); /* an address to go on at */
        return false;
    }
    return let_go(g, *next);
}

static bool backward(struct gdb *g, const char *p, enum control_next *next)
{
    if (p[1] != 's' && p[1] != 'c') {
        gdb_link_send_text(&g->link, "");
        return false;
    }
    *next = p[1] == 's' ? NEXT_BACK_STEP : NEXT_BACK_RUN;
    return let_go(g, *next);
}

static bool verbose(struct gdb *g, const char *p, enum control_next *next)
{
    if (begins(p, "vCont?")) {
        gdb_link_send_text(&g->link, "vCont;c;C;s;S");
        return false;
    }
    if (begins(p, "vCont;"))
        return resume(g, p, next);
    if (begins(p, "vKill")) {
        gdb_link_send_text(&g->link, "OK");
        *next = NEXT_END;
        return let_go(g, *next);
    }
    gdb_link_send_text(&g->link, "");
    return false;
}

/* True: it has said how the run goes on. */
static bool obey(struct gdb *g, struct control *c, const char *p, enum control_next *next)
{
    switch (p[0]) {
    case '?':
        gdb_link_send_text(&g->link, g->stop);
        return false;
    case 'g':
        all_registers(g, c);
        return false;
    case 'p':
        one_register(g, c, p + 1);
        return false;
    case 'm':
        memory(g, c, p + 1);
        return false;
    case 'G':
    case 'P':
    case 'M':
        gdb_link_send_text(&g->link, READ_ONLY);
        return false;
    case 'Z':
    case 'z':
        condition(g, c, p);
        return false;
    case 'H':
    case 'T':
        gdb_link_send_text(&g->link, "OK");
        return false;
    case 'q':
        query(g, c, p);
        return false;
    case 'Q':
        gdb_link_send_text(&g->link, begins(p, "QStartNoAckMode") ? "OK" : "");
        g->link.no_acks |= begins(p, "QStartNoAckMode");
        return false;
    case 'v':
        return verbose(g, p, next);
    case 's':
    case 'S':
    case 'c':
    case 'C':
        return resume(g, p, next);
    case 'b':
        return backward(g, p, next);
    case 'D':
        gdb_link_send_text(&g->link, "OK");
        *next = NEXT_FREE;
        return let_go(g, *next);
    case 'k':
        *next = NEXT_END;
        return let_go(g, *next);
    default:
        gdb_link_send_text(&g->link, "");
        return false;
    }
}

static void say_gone(void)
{
    fputs("ringwalk: gdb has gone without a word (detach would let the run go on): the run ends\n",
          stderr);
}

static enum control_next stands(void *ctx, struct control *c, const struct control_stop *stop)
{
    struct gdb *g = ctx;
    char packet[GDB_PACKET + 1];
    enum control_next next = NEXT_END;
    size_t bytes;

    if (stop->why == STANDS_END) /* W says it, with the status */
        return NEXT_END;
    write_stop(g, stop);
    if (g->owes) {
        tell_stop(g, c, stop);
        gdb_link_send_text(&g->link, g->stop);
        g->owes = false;
    }
    for (;;) {
        switch (gdb_link_take(&g->link, true, packet, &bytes)) {
        case GDB_PACKET_CAME:
            if (obey(g, c, packet, &next))
                return next;
            break;
        case GDB_TOO_LONG:
            gdb_link_send_text(&g->link, "E.the packet is longer than PacketSize");
            break;
        case GDB_GONE:
            say_gone();
            return NEXT_END;
        case GDB_INTERRUPT: /* it stands */
        case GDB_NOTHING:
            break;
        }
    }
}

static enum control_ask asks(void *ctx)
{
    struct gdb *g = ctx;
    char packet[GDB_PACKET + 1];
    size_t bytes;

    for (;;) {
        switch (gdb_link_take(&g->link, false, packet, &bytes)) {
        case GDB_NOTHING:
            return ASKS_NOTHING;
        case GDB_INTERRUPT:
            return ASKS_TO_STAND;
        case GDB_GONE:
            say_gone();
            return ASKS_TO_END;
        case GDB_PACKET_CAME:
        case GDB_TOO_LONG:
            gdb_link_send_text(&g->link, "E.the run goes on; 03 stops it");
            break;
        }
    }
}

struct debugger gdb_debugger(struct gdb *g)
{
    return (struct debugger){g, stands, asks};
}
