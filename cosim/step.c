// SPDX-License-Identifier: Apache-2.0
// See the header. The screen, with ncurses, is drawn anew each time the run stands: the process
// that draws it may be another one.
#include "step.h"

#include <errno.h>
#include <inttypes.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "peek.h"
#include "scoreboard.h"
#include "step_panes.h"
#include "system_words.h"
#include "timeline.h"

#define ROWS          24
#define COLUMNS       80
#define CODE_ROWS     11 /* of 24; then microcode, translations, a line of tabs, the pane, 2 lines */
#define XLATE_ROWS    4
#define CONSOLE_BYTES 16384
#define CTRL_C        3
#define KEYS          64
#define STEP_KEYS     "sb mM.,"

enum tab { TAB_TLB, TAB_SYSTEM, TAB_CONSOLE, TAB_WHY, TAB_WALK, TAB_CYCLES, TABS };

/* A retirement is entered at its end, or by steps that are smaller than it. */
enum entry { ENTERS_END, ENTERS_FIRST_CYCLE, ENTERS_FIRST_WORD, ENTERS_LAST_WORD };

struct step {
    const struct symbols *symbols;
    FILE *console;
    SCREEN *screen;
    char program[64], message[120];
    enum tab tab;
    bool zoomed, has_once, has_shown, has_walk;
    unsigned scroll;
    uint64_t walk;
    uint64_t cycle;    /* of the last retirement, at which the user is */
    enum entry enters; /* where in the next one */
    bool stepping;     /* not running: what steps on waits for its turn */
    char ahead[KEYS];  /* typed meanwhile */
    unsigned typed;
    struct control_condition once; /* what it runs to, this one time */
    struct rw_state before, shown; /* registers where it stood last, where it stands */
    uint64_t place;
};

/* --- the terminal --- */

static FILE *open_console(void)
{
    int fd = memfd_create("console", MFD_CLOEXEC);

    return fd < 0 ? NULL : fdopen(fd, "a+");
}

/* The terminal is given back first. */
static void on_signal(int number)
{
    endwin();
    signal(number, SIG_DFL);
    raise(number);
}

struct step *step_open(const char *program, const struct symbols *symbols, char *error,
                       size_t error_bytes)
{
    struct step *s = timeline_shared(sizeof(*s));
    const char *name = strrchr(program, '/'), *term = getenv("TERM");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        snprintf(error, error_bytes, "step wants a terminal; run --gdb wants none");
        return NULL;
    }
    if (s == NULL || (s->console = open_console()) == NULL) {
        snprintf(error, error_bytes, "out of memory for step");
        return NULL;
    }
    s->symbols = symbols;
    snprintf(s->program, sizeof(s->program), "%s", name == NULL ? program : name + 1);
    signal(SIGTERM, on_signal);
    signal(SIGHUP, on_signal);
    s->screen = newterm(NULL, stdout, stdin);
    if (s->screen == NULL || tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1) {
        if (s->screen != NULL)
            endwin();
        snprintf(error, error_bytes, "TERM=%s: step needs a terminal with a cursor that moves",
                 term == NULL ? "" : term);
        return NULL;
    }
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    curs_set(0);
    return s;
}

FILE *step_console(struct step *s)
{
    return s->console;
}

void step_lost(void)
{
    endwin();
}

static size_t said(const struct step *s, char *text, size_t most)
{
    off_t end;
    ssize_t n;

    fflush(s->console);
    end = lseek(fileno(s->console), 0, SEEK_END);
    n = pread(fileno(s->console), text, most, end > (off_t)most ? end - (off_t)most : 0);
    return n < 0 ? 0 : (size_t)n;
}

void step_close(struct step *s, FILE *out)
{
    char piece[4096];
    off_t at = 0;
    ssize_t n;

    endwin();
    fflush(s->console);
    while ((n = pread(fileno(s->console), piece, sizeof(piece), at)) > 0) {
        fwrite(piece, 1, (size_t)n, out);
        at += n;
    }
    fflush(out);
}

/* --- drawing --- */

struct box {
    int row, column, rows, columns;
};

static void put_line(const struct box *b, int row, const char *text, size_t bytes)
{
    int column = b->column, end = b->column + b->columns;

    for (size_t i = 0; i < bytes && column < end; i++) {
        unsigned char ch = (unsigned char)text[i];

        mvaddch(b->row + row, column++, ch >= 0x20 && ch < 0x7F ? ch : '.');
    }
    while (column < end)
        mvaddch(b->row + row, column++, ' ');
}

/* Lines from `skip` on; how many there are. Lines that begin with `mark` stand out. */
static unsigned put_text(const struct box *b, const char *text, unsigned skip, char mark)
{
    unsigned lines = 0;
    int row = 0;

    while (*text != 0) {
        const char *end = strchr(text, '\n');
        size_t n = end == NULL ? strlen(text) : (size_t)(end - text);

        if (lines++ >= skip && row < b->rows) {
            if (mark != 0 && text[0] == mark)
                attron(A_BOLD);
            put_line(b, row++, text, n);
            attroff(A_BOLD);
        }
        text += end == NULL ? n : n + 1;
    }
    while (row < b->rows)
        put_line(b, row++, "", 0);
    return lines;
}

struct sheet {
    FILE *out;
    char *text;
    size_t bytes;
};

static bool sheet_begin(struct sheet *s)
{
    s->text = NULL;
    s->out = open_memstream(&s->text, &s->bytes);
    return s->out != NULL;
}

static unsigned sheet_put(struct sheet *s, const struct box *b, unsigned skip, char mark)
{
    unsigned lines;

    fclose(s->out);
    lines = put_text(b, s->text, skip, mark);
    free(s->text);
    return lines;
}

static void write_tab(FILE *out, const struct step *s, const struct control *c)
{
    char console[CONSOLE_BYTES];
    const char *why;

    switch (s->tab) {
    case TAB_TLB:
        pane_tlb(out, c);
        break;
    case TAB_SYSTEM:
        words_system(out, &s->shown);
        break;
    case TAB_CONSOLE:
        fwrite(console, 1, said(s, console, sizeof(console)), out);
        break;
    case TAB_WHY:
        why = control_why_text(c);
        fputs(why == NULL ? "no exception so far\n" : why, out);
        break;
    case TAB_WALK:
        if (s->has_walk)
            pane_walk(out, c, s->walk);
        else
            fputs("w asks for an address\n", out);
        break;
    case TAB_CYCLES:
        pane_cycles(out, c, s->cycle);
        break;
    case TABS:
        break;
    }
}

static void put_status(const struct step *s, const struct control *c)
{
    static const char *const modes[] = {"real", "protected", "compat", "64-bit"};
    struct box b = {0, 0, 1, COLS};
    char text[200];

    snprintf(text, sizeof(text), " %s  retirements %" PRIu64 "  cycle %" PRIu64 "  ring %u  %s%s",
             s->program, control_place(c), control_cycle(c), s->shown.regs.cpl,
             modes[s->shown.regs.mode & 3], s->shown.halted ? "  halted" : "");
    attron(A_REVERSE);
    put_line(&b, 0, text, strlen(text));
    attroff(A_REVERSE);
}

static void put_tabs(const struct step *s, int row)
{
    static const char *const names[TABS] = {"1 TLB", "2 system", "3 console",
                                            "4 why", "5 walk",   "6 cycles"};
    int column = 0;

    attron(A_UNDERLINE);
    mvhline(row, 0, ' ', COLS);
    for (unsigned i = 0; i < TABS; i++) {
        mvprintw(row, column, i == s->tab ? "[%s]" : " %s ", names[i]);
        column += (int)strlen(names[i]) + 3;
    }
    attroff(A_UNDERLINE);
}

static void put_top(const struct step *s, const struct control *c, int rows, int translations)
{
    struct box code = {1, 0, rows, COLS - PANE_REGISTERS_COLUMNS - 1};
    struct box registers = {1, COLS - PANE_REGISTERS_COLUMNS, rows, PANE_REGISTERS_COLUMNS};
    struct box ucode = {1 + rows, 0, 1, COLS}, xlates = {2 + rows, 0, translations, COLS};
    unsigned past = (unsigned)rows * 2 / 5;
    struct sheet t;

    if (sheet_begin(&t)) {
        pane_code(t.out, c, s->symbols, past, (unsigned)rows - past);
        sheet_put(&t, &code, 0, '>');
    }
    if (sheet_begin(&t)) {
        pane_registers(t.out, &s->shown, &s->before);
        sheet_put(&t, &registers, 0, 0);
    }
    attron(A_UNDERLINE);
    if (sheet_begin(&t)) {
        pane_ucode(t.out, c);
        sheet_put(&t, &ucode, 0, 0);
    }
    attroff(A_UNDERLINE);
    if (sheet_begin(&t)) {
        pane_translations(t.out, c, (unsigned)translations);
        sheet_put(&t, &xlates, 0, 0);
    }
}

static void fit(void)
{
    struct winsize w;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0 &&
        (w.ws_row != LINES || w.ws_col != COLS))
        resizeterm(w.ws_row, w.ws_col);
}

static void draw(struct step *s, const struct control *c)
{
    static const char keys[] =
        "s b step  m M word  . , cycle  c r run  t T walked  f F fault  p break  w z q";
    int more, code, xlates, tabs;
    struct box pane, message;
    struct sheet t;

    fit();
    erase();
    if (LINES < ROWS || COLS < COLUMNS) {
        mvprintw(0, 0, "step wants %dx%d,", COLUMNS, ROWS);
        mvprintw(1, 0, "this is %dx%d; q quits", COLS, LINES);
        refresh();
        return;
    }
    more = LINES - ROWS;
    code = CODE_ROWS + more / 3;
    xlates = XLATE_ROWS + more / 6;
    tabs = s->zoomed ? 1 : 2 + code + xlates;
    pane = (struct box){tabs + 1, 0, LINES - tabs - 3, COLS};
    message = (struct box){LINES - 2, 0, 1, COLS};
    put_status(s, c);
    if (!s->zoomed)
        put_top(s, c, code, xlates);
    put_tabs(s, tabs);
    if (sheet_begin(&t)) {
        unsigned rows = (unsigned)pane.rows, lines;

        write_tab(t.out, s, c);
        fflush(t.out);
        lines = 0;
        for (const char *p = t.text; (p = strchr(p, '\n')) != NULL; p++)
            lines++;
        if (s->scroll + rows > lines)
            s->scroll = lines > rows ? lines - rows : 0;
        sheet_put(&t, &pane, s->tab == TAB_CONSOLE && lines > rows ? lines - rows : s->scroll,
                  s->tab == TAB_CYCLES ? '>' : 0);
    }
    attron(A_BOLD);
    put_line(&message, 0, s->message, strlen(s->message));
    attroff(A_BOLD);
    message.row++;
    put_line(&message, 0, keys, strlen(keys));
    refresh();
}

/* --- keys --- */

static bool ask(const struct step *s, const char *what, uint64_t *value)
{
    char text[100] = "";
    bool ok;

    curs_set(1);
    echo();
    mvhline(LINES - 2, 0, ' ', COLS);
    mvprintw(LINES - 2, 0, "%s: ", what);
    getnstr(text, (int)sizeof(text) - 1);
    noecho();
    curs_set(0);
    ok = symbols_place(s->symbols, text, value);
    if (!ok)
        snprintf(((struct step *)(uintptr_t)s)->message, sizeof(s->message),
                 text[0] == 0 ? "%.0s" : "%s: neither a number nor a symbol", text);
    return ok;
}

static void toggle(struct step *s, struct control *c)
{
    struct control_condition w = {.kind = CONTROL_RIP};
    char name[80];
    const char *end;

    if (!ask(s, "breakpoint, set or taken away, at an address or symbol", &w.address))
        return;
    end = control_remove(c, &w) ? "taken away" : control_add(c, &w) ? "set" : "one too many";
    symbols_text(s->symbols, w.address, name, sizeof(name));
    snprintf(s->message, sizeof(s->message), "breakpoint at 0x%" PRIx64 " %s: %s", w.address, name,
             end);
}

static void to_tab(struct step *s, enum tab tab)
{
    s->tab = tab;
    s->scroll = 0;
}

/* Keys that let nothing go. */
static void look(struct step *s, struct control *c, int key)
{
    uint64_t va;

    switch (key) {
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
        to_tab(s, (enum tab)(key - '1'));
        break;
    case '\t':
        to_tab(s, (enum tab)((s->tab + 1) % TABS));
        break;
    case KEY_NPAGE:
    case 'n':
        s->scroll += 3;
        break;
    case KEY_PPAGE:
    case 'N':
        s->scroll -= s->scroll < 3 ? s->scroll : 3;
        break;
    case 'z':
        s->zoomed = !s->zoomed;
        break;
    case 'p':
        toggle(s, c);
        break;
    case 'w':
        if (ask(s, "walk of an address or symbol", &va)) {
            s->walk = va;
            s->has_walk = true;
            to_tab(s, TAB_WALK);
        }
        break;
    default:
        break;
    }
}

static enum control_next run_once(struct step *s, struct control *c, enum control_kind kind,
                                  enum control_next next)
{
    s->once = (struct control_condition){.kind = kind};
    s->has_once = control_add(c, &s->once);
    return next;
}

/* The next word, or the one before; false: that is not in this retirement. */
static bool to_word(struct step *s, const struct control *c, bool forward)
{
    const struct control_word *w;
    unsigned n = control_words(c, &w);

    for (unsigned k = 0; k < n; k++) {
        const struct control_word *this = &w[forward ? k : n - 1 - k];

        if (forward ? this->cycle > s->cycle : this->cycle < s->cycle) {
            s->cycle = this->cycle;
            return true;
        }
    }
    return false;
}

static bool to_cycle(struct step *s, const struct control *c, bool forward)
{
    const struct rec_retire *r = control_last(c);

    if (r == NULL || s->cycle == (forward ? r->cycle : control_first_cycle(c)))
        return false;
    s->cycle += forward ? 1 : UINT64_MAX;
    return true;
}

/* A smaller step than a retirement. True: it leads out of this one. */
static bool leaves(struct step *s, const struct control *c, int key, enum control_next *next)
{
    bool forward = key == 'm' || key == '.', word = key == 'm' || key == 'M';

    to_tab(s, TAB_CYCLES);
    s->message[0] = 0;
    if (word ? to_word(s, c, forward) : to_cycle(s, c, forward))
        return false;
    *next = forward ? NEXT_STEP : NEXT_BACK_STEP;
    s->enters = !forward ? word ? ENTERS_LAST_WORD : ENTERS_END
                : word   ? ENTERS_FIRST_WORD
                         : ENTERS_FIRST_CYCLE;
    return true;
}

static void enter(struct step *s, const struct control *c)
{
    const struct rec_retire *r = control_last(c);
    const struct control_word *w;
    unsigned n = control_words(c, &w);

    s->cycle = r == NULL ? 0 : r->cycle;
    if (r != NULL && s->enters == ENTERS_FIRST_CYCLE)
        s->cycle = control_first_cycle(c);
    else if (n != 0 && s->enters != ENTERS_END)
        s->cycle = w[s->enters == ENTERS_FIRST_WORD ? 0 : n - 1].cycle;
    s->enters = ENTERS_END;
}

/* True: it lets the run go. */
static bool lets_go(struct step *s, struct control *c, int key, enum control_next *next)
{
    switch (key) {
    case 's':
    case ' ':
        *next = NEXT_STEP;
        return true;
    case 'b':
        *next = NEXT_BACK_STEP;
        return true;
    case 'c':
        *next = NEXT_RUN;
        return true;
    case 'r':
        *next = NEXT_BACK_RUN;
        return true;
    case 't':
        *next = run_once(s, c, CONTROL_WALKED, NEXT_RUN);
        return true;
    case 'T':
        *next = run_once(s, c, CONTROL_WALKED, NEXT_BACK_RUN);
        return true;
    case 'f':
        *next = run_once(s, c, CONTROL_EXCEPTION, NEXT_RUN);
        return true;
    case 'F':
        *next = run_once(s, c, CONTROL_EXCEPTION, NEXT_BACK_RUN);
        return true;
    case '.':
    case ',':
    case 'm':
    case 'M':
        return leaves(s, c, key, next);
    case 'q':
    case CTRL_C:
    case ERR: /* the terminal has gone */
        *next = NEXT_END;
        return true;
    default:
        return false;
    }
}

static void tell(struct step *s, const struct control *c, const struct control_stop *stop)
{
    static const char *const words[] = {
        [STANDS_AT_BEGINNING] = "before the first instruction",
        [STANDS_STEPPED] = "",
        [STANDS_CONDITION] = "a breakpoint",
        [STANDS_ASKED] = "stopped",
        [STANDS_EARLIEST] = "it cannot go further back",
        [STANDS_MISMATCH] = "RTL and model differ: b, r go back; q ends it, with the report",
        [STANDS_END] = "the program has ended, and both sides agree: b, r go back; q quits"};
    bool fault = stop->why == STANDS_CONDITION && stop->condition.kind == CONTROL_EXCEPTION;
    const struct rec_retire *r = control_last(c);
    struct sheet t;

    snprintf(s->message, sizeof(s->message), "%s", words[stop->why]);
    if (stop->why == STANDS_CONDITION && stop->condition.kind == CONTROL_WALKED)
        snprintf(s->message, sizeof(s->message), "a translation that walked");
    if (fault)
        to_tab(s, TAB_WHY);
    if ((stop->why == STANDS_STEPPED || fault) && r != NULL && r->kind != RETIRE_INSN &&
        sheet_begin(&t)) {
        words_event(t.out, r);
        fclose(t.out);
        snprintf(s->message, sizeof(s->message), "%.*s", (int)strcspn(t.text, "\n"), t.text);
        free(t.text);
    }
}

static int next_key(struct step *s)
{
    int key = s->ahead[0];

    if (s->typed == 0)
        return getch();
    memmove(s->ahead, s->ahead + 1, --s->typed);
    return key;
}

static enum control_next stands(void *ctx, struct control *c, const struct control_stop *stop)
{
    struct step *s = ctx;
    bool over = stop->why == STANDS_MISMATCH || stop->why == STANDS_END;
    enum control_next next = NEXT_END;

    if (s->has_once)
        control_remove(c, &s->once);
    s->has_once = false;
    s->before = s->shown;
    control_state(c, &s->shown);
    if (!s->has_shown)
        s->before = s->shown;
    s->has_shown = true;
    enter(s, c);
    tell(s, c, stop);
    clearok(curscr, TRUE); /* another process may have drawn it */
    for (;;) {
        int key;

        draw(s, c);
        key = next_key(s);
        if (key == ERR && errno == EINTR)
            continue;
        if (!lets_go(s, c, key, &next)) {
            look(s, c, key);
            continue;
        }
        if (!over || next == NEXT_END || next == NEXT_BACK_STEP || next == NEXT_BACK_RUN)
            break;
        if (s->has_once)
            control_remove(c, &s->once);
        s->has_once = false;
        s->enters = ENTERS_END;
        tell(s, c, stop);
    }
    s->stepping = next == NEXT_STEP || next == NEXT_BACK_STEP;
    if (next == NEXT_RUN || next == NEXT_BACK_RUN) {
        mvhline(LINES - 2, 0, ' ', COLS);
        mvprintw(LINES - 2, 0, "it runs; any key stops it, q ends it");
        refresh();
    }
    return next;
}

/* Not by getch, which would draw: what this process last drew need not be what stands there. */
static enum control_ask asks(void *ctx)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    struct step *s = ctx;
    enum control_ask asked = ASKS_NOTHING;
    char keys[KEYS];
    ssize_t n;

    if (poll(&p, 1, 0) <= 0)
        return ASKS_NOTHING;
    n = read(STDIN_FILENO, keys, sizeof(keys));
    if (n <= 0)
        return ASKS_TO_END;
    for (ssize_t i = 0; i < n && asked == ASKS_NOTHING; i++) {
        if (keys[i] == 'q' || keys[i] == CTRL_C)
            asked = ASKS_TO_END;
        else if (!s->stepping || keys[i] == 0 || strchr(STEP_KEYS, keys[i]) == NULL)
            asked = ASKS_TO_STAND;
        else if (s->typed < KEYS)
            s->ahead[s->typed++] = keys[i];
    }
    if (asked == ASKS_TO_STAND)
        s->typed = 0;
    return asked;
}

struct debugger step_debugger(struct step *s)
{
    return (struct debugger){s, stands, asks};
}
