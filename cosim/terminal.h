// SPDX-License-Identifier: Apache-2.0
// The terminal of standard input, raw while a run has it: every key is the guest's. What is printed
// is still made lines.
#ifndef RW_TERMINAL_H
#define RW_TERMINAL_H

#include <stdbool.h>

/* False: it is no terminal, and nothing was done. It is given back at exit, at every signal that
 * ends the process, and by terminal_restore. */
bool terminal_raw(void);
void terminal_restore(void);

#endif
