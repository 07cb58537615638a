// SPDX-License-Identifier: Apache-2.0
// --serial-input FILE: what the far end of the UART has to say.
#ifndef RW_SERIAL_OPTION_H
#define RW_SERIAL_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "devices/pc.h"

/* Reads the file into config; false with one line in error. The bytes live as long as the process.
 */
bool serial_option(const char *path, struct pc_config *config, char *error, size_t error_bytes);

#endif
