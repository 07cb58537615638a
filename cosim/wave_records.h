// SPDX-License-Identifier: Apache-2.0
// The records of both sides as signals of a wave: records.rtl.STREAM and records.model.STREAM with
// a signal for each field and `count`, how many there were; records.differs, one for each stream. A
// field keeps its value until the next record of its stream. The model has no cycles: its record
// stands at that of the RTL which it was compared with, and is x where the RTL's has none. A beat
// on the bus that agrees is one record, the RTL's.
#ifndef RW_WAVE_RECORDS_H
#define RW_WAVE_RECORDS_H

#include "record_fields.h"

struct wave_records; /* opaque */

/* Of the cycles [from, to), which count from the first reset. NULL: out of memory. */
struct wave_records *wave_records_create(uint64_t from, uint64_t to);
void wave_records_destroy(struct wave_records *w);
/* In the order in which they came. before: cycles before the reset from which the RTL's record
 * counts. */
void wave_records_add(struct wave_records *w, const struct record_type *t, bool from_model,
                      const void *record, uint64_t before);
/* Does one of the RTL's still wait for the model's? Beats on the bus never do, nor that a DMA
 * request was accepted. */
bool wave_records_waiting(const struct wave_records *w);
/* Into the wave of these cycles, which is closed. differs: the stream of the first difference;
 * NULL: there is none. False: it cannot be written, or out of memory. */
bool wave_records_into(struct wave_records *w, const char *path, const char *differs);

#endif
