// SPDX-License-Identifier: Apache-2.0
// The C face of the SystemC shell: the RTL of soc_top, the TLM-2.0 bus, RAM and the board's
// devices, advanced a number of clock cycles at a time. One shell lives in a process (SystemC
// elaborates once).
#ifndef RW_SHELL_H
#define RW_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "record.h"
#include "ringwalk.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "devices/pc.h"

struct ucode_word; /* ucode_word.h */

/* Where the RTL's records go, in the order of record_emit.sv. NULL members drop the record. */
struct shell_sink {
    void *ctx;
    void (*bus)(void *ctx, const struct rec_bus *r);
    void (*walk)(void *ctx, const struct rec_walk *r);
    void (*xlate)(void *ctx, const struct rec_xlate *r);
    void (*iwalk)(void *ctx, const struct rec_iwalk *r);
    void (*iommu)(void *ctx, const struct rec_iommu *r);
    void (*dma)(void *ctx, const struct rec_dma *r);
    void (*stim)(void *ctx, const struct rec_stim *r);
    void (*retire)(void *ctx, const struct rec_retire *r);
    void (*sys)(void *ctx, const struct rec_sys *r);
    /* Each microcode word that executes, before the retirement that it belongs to. */
    void (*ucode)(void *ctx, const struct ucode_word *word);
    /* From the board, where it arises among them. */
    void (*board)(void *ctx, const struct board_record *r);
    /* A property of the RTL failed in this cycle: file:line, path and label. */
    void (*assertion)(void *ctx, uint64_t cycle, const char *where, const char *label);
    void (*console)(void *ctx, uint8_t byte);
    void (*guest_exit)(void *ctx, uint32_t status);
    void (*reset)(void *ctx); /* the guest asked for it; shell_reset is the caller's */
};

struct shell_config {
    struct rw_mem mem; /* the RTL side's RAM, already loaded; borrowed */
    struct rw_boot boot;
    struct pc_config board;
    unsigned wait_states_max; /* 0..7 random extra cycles before an ack, from seed */
    uint64_t seed;            /* of the wait states, and of the registers before reset */
    uint8_t *dirty;           /* one byte a page of RAM, set at each write; NULL: none */
    unsigned dma_in_flight;   /* of an IOMMU of somebody else's: requests that it is given before
                                 it has answered one, each under a tag of its own; 0: ours */
};

struct shell; /* opaque */

struct shell *shell_create(const struct shell_config *config, const struct shell_sink *sink);
void shell_destroy(struct shell *s);
/* Advance until `cycles` more have passed or shell_stop was called from a sink; returns the count.
 */
uint64_t shell_run(struct shell *s, uint64_t cycles);
void shell_stop(struct shell *s);
/* Everything begins again as shell_create left it: the RTL through its reset pin, in whatever it is
 * doing, and a new board (power: nothing is kept; otherwise what a battery keeps). The caller has
 * loaded RAM anew. The cycle count begins again, too. */
void shell_reset(struct shell *s, bool power);
/* The next retirement is to be followed by the whole system state (`asked`). */
void shell_ask(struct shell *s, bool ask);
/* RAM address written in the newest cycle, whose record is still to come; UINT64_MAX: none. */
uint64_t shell_written(const struct shell *s);
uint64_t shell_cycle(const struct shell *s);
bool shell_halted(const struct shell *s);
/* Something is due on the board by itself: a timer, a DMA request. */
bool shell_due(const struct shell *s);
bool shell_shut_down(const struct shell *s);
uint64_t shell_unclaimed(const struct shell *s);
uint64_t shell_signals_ignored(const struct shell *s);
/* The reset that the guest asked for is to go on in real mode (pc.h). */
bool shell_wants_real_mode(const struct shell *s);
/* FST of the whole design from now on; false when the file cannot be written. */
bool shell_wave_open(struct shell *s, const char *path);
void shell_wave_close(struct shell *s);

#ifdef __cplusplus
}
#endif
#endif
