// SPDX-License-Identifier: Apache-2.0
// What arrived at the UART and when: kept in memory, written to a file as it happens, read back
// from one. Text: the line SERIAL_RECORD_MAGIC, then one line for each thing that arrived,
//   LIFE CYCLE BYTE   LIFE counts the resets before it, CYCLE is of that life; BYTE is hexadecimal
//   LIFE CYCLE gone   the far end has nothing more to say
//   stop COUNT        the user ended the run behind so many cycles (the model alone: retirements)
#ifndef RW_SERIAL_RECORD_H
#define RW_SERIAL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SERIAL_RECORD_MAGIC "ringwalk serial input 1\n"

struct serial_event {
    uint64_t cycle;
    uint32_t life;
    int16_t byte; /* -1: gone */
};

struct serial_record {
    struct serial_event *event;
    size_t count, room;
    uint64_t stop; /* UINT64_MAX: nobody ended the run */
    FILE *out;     /* NULL: into no file */
};

void serial_record_init(struct serial_record *r);
/* From now on into this file, too; false with one line in error. */
bool serial_record_to(struct serial_record *r, const char *path, char *error, size_t error_bytes);
void serial_record_add(struct serial_record *r, struct serial_event e);
void serial_record_stop(struct serial_record *r, uint64_t count);
bool serial_record_save(const struct serial_record *r, const char *path, char *error,
                        size_t error_bytes);
/* text, behind the magic line, is one string; false with one line in error. */
bool serial_record_parse(struct serial_record *r, const char *path, char *text, char *error,
                         size_t error_bytes);
/* False with one line in error when the file did not take it all. */
bool serial_record_close(struct serial_record *r, char *error, size_t error_bytes);

#endif
