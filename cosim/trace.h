// SPDX-License-Identifier: Apache-2.0
// A trace of the RTL's retirements for whoever reads them later (ringwalk run --trace): a line for
// each, ucode=LABEL,LABEL... the labels of the microcode that it went through, each where it was
// entered, then its record's fields that are not 0.
#ifndef RW_TRACE_H
#define RW_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"

#define TRACE_LABELS 4096 /* bytes of labels in a line; those that do not fit are left out */

struct trace;

/* FILE, or FILE,FROM-TO: only retirements whose rip lies there. NULL with one line in error. */
struct trace *trace_open(const char *option, char *error, size_t error_bytes);
void trace_ucode(struct trace *t, const char *label);
void trace_retire(struct trace *t, const struct rec_retire *r);
/* False: not all could be written. NULL is none. */
bool trace_close(struct trace *t);

#endif
