// SPDX-License-Identifier: Apache-2.0
// Failing properties of the RTL (SVA, --assert). Verilator's runtime prints one and stops the
// process; here it is kept, so that the run can end as a mismatch of stream "assert". Verilator's
// hooks carry no handle, so the first failure of the process is what there is.
#ifndef RW_ASSERTION_H
#define RW_ASSERTION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct assertion_failure {
    char where[96];  /* file:line, the file without its folder */
    char label[192]; /* the property's path and label; then ", FILE.Label" of others of that edge */
};

/* The first property that failed since the last assertion_clear(), or NULL. */
const struct assertion_failure *assertion_failed(void);
/* An edge is over: what fails later is not named beside what has failed. */
void assertion_settle(void);
void assertion_clear(void);
/* The cycle that begins: of a fatal error of the runtime, logic that never settles above all, which
 * ends the process with one line and status 1. */
void assertion_at(uint64_t cycle);

/* What the runtime prints (VL_PRINTF): a failing property is kept, the rest goes to standard error.
 */
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
int assertion_printf(const char *format, ...);

#ifdef __cplusplus
}
#endif
#endif
