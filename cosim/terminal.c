// SPDX-License-Identifier: Apache-2.0
// See the header. What was found is state of the process, as the terminal is: a signal's handler
// has nothing else to go by.
#include "terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct termios found;
static volatile sig_atomic_t is_raw;

void terminal_restore(void)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &found);
    is_raw = 0;
}

/* Not TCSADRAIN: what reads the other side may be the one who sent the signal. */
static void on_signal(int number)
{
    if (is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &found);
    is_raw = 0;
    raise(number); /* the handler is gone: what it does without one */
}

bool terminal_raw(void)
{
    static const int ends[] = {SIGHUP, SIGINT,  SIGQUIT, SIGILL,  SIGABRT, SIGFPE,  SIGSEGV,
                               SIGBUS, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGUSR1, SIGUSR2};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &found) != 0)
        return false;
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        sigaction(ends[i], &action, NULL);
    atexit(terminal_restore);
    raw = found;
    raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    return true;
}
