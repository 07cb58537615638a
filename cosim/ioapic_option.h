// SPDX-License-Identifier: Apache-2.0
// --ioapic-sid BB:DD.F: the source-id of the I/O APIC's messages, as lspci writes one.
#ifndef RW_IOAPIC_OPTION_H
#define RW_IOAPIC_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False with one line in error: not a source-id, or the host bridge's. One of another
 * device may be shared with it. */
bool ioapic_option(const char *text, uint16_t *sid, char *error, size_t error_bytes);

#endif
