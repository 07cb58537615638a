// SPDX-License-Identifier: Apache-2.0
// A file as the disk of a run. It is not written while the run goes on: what the guest writes
// stands in front of it, and reaches it at the end of a run without a difference, so that the
// replay of a failure finds the file as the failing run did.
#ifndef RW_DISK_FILE_H
#define RW_DISK_FILE_H

#include <stddef.h>

#include "devices/disk.h"

struct disk_file; /* opaque */

/* option: FILE or FILE,ro. NULL with one line in error when it cannot be a disk. */
struct disk_file *disk_file_open(const char *option, char *error, size_t error_bytes);
const struct disk *disk_file_disk(const struct disk_file *f);
/* What was written goes into the file; false with one line in error. */
bool disk_file_commit(struct disk_file *f, char *error, size_t error_bytes);
void disk_file_close(struct disk_file *f);

#endif
