// SPDX-License-Identifier: Apache-2.0
// See the header. The sectors written lie in a sparse mapping of the file's size.
#include "disk_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct disk_file {
    struct disk disk;
    char *path;
    int fd;
    uint8_t *front;   /* sectors that were written */
    uint8_t *written; /* one byte a sector */
};

static bool read_sector(void *ctx, uint64_t sector, uint8_t data[DISK_SECTOR])
{
    struct disk_file *f = ctx;

    if (f->written[sector]) {
        memcpy(data, f->front + sector * DISK_SECTOR, DISK_SECTOR);
        return true;
    }
    return pread(f->fd, data, DISK_SECTOR, (off_t)(sector * DISK_SECTOR)) == DISK_SECTOR;
}

static bool write_sector(void *ctx, uint64_t sector, const uint8_t data[DISK_SECTOR])
{
    struct disk_file *f = ctx;

    memcpy(f->front + sector * DISK_SECTOR, data, DISK_SECTOR);
    f->written[sector] = 1;
    return true;
}

static bool flush(void *ctx)
{
    (void)ctx;
    return true;
}

/* 0: none was made. */
static uint64_t sectors_of(const struct disk_file *f, char *error, size_t error_bytes)
{
    struct stat s;

    if (fstat(f->fd, &s) != 0 || !S_ISREG(s.st_mode)) {
        snprintf(error, error_bytes, "%s: is not a regular file", f->path);
        return 0;
    }
    if (s.st_size < DISK_SECTOR)
        snprintf(error, error_bytes, "%s: is shorter than a sector of %u bytes", f->path,
                 DISK_SECTOR);
    return (uint64_t)s.st_size / DISK_SECTOR;
}

static void *sparse(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static bool prepare(struct disk_file *f, bool read_only, char *error, size_t error_bytes)
{
    uint64_t sectors;

    f->fd = open(f->path, read_only ? O_RDONLY : O_RDWR);
    if (f->fd < 0) {
        snprintf(error, error_bytes, "%s: cannot be opened: %s%s", f->path, strerror(errno),
                 errno == EACCES || errno == EROFS ? " (,ro behind its name?)" : "");
        return false;
    }
    sectors = sectors_of(f, error, error_bytes);
    if (sectors == 0)
        return false;
    f->disk = (struct disk){.ctx = f,
                            .sectors = sectors,
                            .read_only = read_only,
                            .read = read_sector,
                            .write = write_sector,
                            .flush = flush};
    f->front = sparse(sectors * DISK_SECTOR);
    f->written = sparse(sectors);
    if (f->front != NULL && f->written != NULL)
        return true;
    snprintf(error, error_bytes, "%s: is too large: %s", f->path, strerror(errno));
    return false;
}

struct disk_file *disk_file_open(const char *option, char *error, size_t error_bytes)
{
    struct disk_file *f = calloc(1, sizeof(*f));
    size_t length = strlen(option);
    bool read_only = length > 3 && strcmp(option + length - 3, ",ro") == 0;

    if (f == NULL || (f->path = strdup(option)) == NULL) {
        snprintf(error, error_bytes, "out of memory for the disk");
        free(f);
        return NULL;
    }
    if (read_only)
        f->path[length - 3] = 0;
    if (prepare(f, read_only, error, error_bytes))
        return f;
    disk_file_close(f);
    return NULL;
}

const struct disk *disk_file_disk(const struct disk_file *f)
{
    return &f->disk;
}

bool disk_file_commit(struct disk_file *f, char *error, size_t error_bytes)
{
    for (uint64_t s = 0; s < f->disk.sectors; s++) {
        const uint8_t *next = memchr(f->written + s, 1, f->disk.sectors - s);

        if (next == NULL)
            return true;
        s = (uint64_t)(next - f->written);
        if (pwrite(f->fd, f->front + s * DISK_SECTOR, DISK_SECTOR, (off_t)(s * DISK_SECTOR)) !=
            DISK_SECTOR) {
            snprintf(error, error_bytes, "%s: cannot be written: %s", f->path, strerror(errno));
            return false;
        }
    }
    return true;
}

void disk_file_close(struct disk_file *f)
{
    if (f->front != NULL)
        munmap(f->front, f->disk.sectors * DISK_SECTOR);
    if (f->written != NULL)
        munmap(f->written, f->disk.sectors);
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f);
}
