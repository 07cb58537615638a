// SPDX-License-Identifier: Apache-2.0
// The one interface of a memory-mapped or port-mapped device model. A device is plain C, the same
// under the RTL and under the model alone. Time is the cycle count of the machine. A device reaches
// the rest of the machine only through struct device_host.
#ifndef RW_DEVICE_H
#define RW_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#define DEVICE_NEVER UINT64_MAX

/* A DMA request as a device issues it: 1..16 bytes inside one aligned 16-byte block; a read may
 * have none. */
struct device_dma {
    uint64_t addr;
    uint16_t sid; /* bus 15:8, device 7:3, function 2:0 */
    uint8_t len, tag;
    uint8_t at; /* address type: 0 untranslated, 1 translation request, 2 translated */
    bool write;
    uint8_t data[16]; /* of a write; 0 behind len */
};

struct device_dma_done {
    uint16_t sid; /* of the request */
    uint8_t tag;
    bool ok; /* false: blocked; data is all ones */
    uint8_t data[16];
};

/* What a device may ask of its surroundings. */
struct device_host {
    void *ctx;
    void (*dma)(void *ctx, const struct device_dma *req); /* answered later by dma_done */
    /* The device-TLB of this source-id has done its invalidation. */
    void (*complete)(void *ctx, uint16_t sid, bool error);
    void (*console)(void *ctx, uint8_t byte);
    void (*guest_exit)(void *ctx, uint32_t status);
    void (*reset)(
        void *ctx); /* the whole machine begins again, soon; of an outside it may be NULL */
    /* The device's wire to the interrupt controllers; the board's own (pc.h), no outside has it. */
    void (*irq)(void *ctx, unsigned line, bool level);
};

struct device_ops {
    const char *name;
    unsigned bytes_max; /* a wider access arrives as several of these, low first; 0: any */
    /* offset is relative to the device's region; bytes 1, 2, 4 or 8; the value is in the low bits
     */
    uint64_t (*read)(void *self, uint64_t offset, unsigned bytes);
    void (*write)(void *self, uint64_t offset, unsigned bytes, uint64_t value);
    void (*advance)(void *self, uint64_t now); /* NULL: time means nothing to it */
    /* The cycle at which advance must be called because a line changes or something is sent;
     * DEVICE_NEVER when only a register would read otherwise: advance comes before each access. */
    uint64_t (*next_event)(const void *self);
    void (*dma_done)(void *self, const struct device_dma_done *done);
};

struct device {
    const struct device_ops *ops;
    void *self;
};

#endif
