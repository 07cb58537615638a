// SPDX-License-Identifier: Apache-2.0
// The layouts as data; see the header.
#include "unit_layout.h"

#include <stdio.h>

#include "explain_dma.h"

#define FIRST_RECORD 0x200u
#define RECORDS      8u
#define RECORD_BYTES 16u
#define FIELD_END                                                                                  \
    {                                                                                              \
        0, 0, NULL, NULL, NULL                                                                     \
    }
#define NAMED(v, rows) ((v) < sizeof(rows) / sizeof((rows)[0]) ? (rows)[v] : "?")

static const char *context_granularity(uint64_t v)
{
    static const char *const rows[] = {"none", "global", "domain-selective", "device-selective"};

    return NAMED(v, rows);
}

static const char *iotlb_granularity(uint64_t v)
{
    static const char *const rows[] = {"none", "global", "domain-selective",
                                       "page-selective within its domain"};

    return NAMED(v, rows);
}

static const char *entry_granularity(uint64_t v)
{
    return v ? "index-selective" : "global";
}

static const char *function_mask(uint64_t v)
{
    static const char *const rows[] = {"this function", "functions but for bit 2",
                                       "functions but for bits 2:1", "every function"};

    return NAMED(v, rows);
}

static const char *table_mode(uint64_t v)
{
    static const char *const rows[] = {"legacy", "scalable", "reserved", "abort-DMA"};

    return NAMED(v, rows);
}

static const char *fault_reason(uint64_t v)
{
    return explain_dma_reason((uint8_t)v);
}

const char *unit_queue_error(uint64_t v)
{
    static const char *const rows[] = {"none",
                                       "tail beyond the queue",
                                       "descriptor not read",
                                       "no such type of descriptor",
                                       "reserved or bad field of the descriptor",
                                       "width of descriptors (IQA.DW)"};

    return NAMED(v, rows);
}

/* --- registers --- */

static const struct unit_field gcmd[] = {{31, 31, "TE", "translation", NULL},
                                         {30, 30, "SRTP", "set root table pointer", NULL},
                                         {26, 26, "QIE", "queued invalidation", NULL},
                                         {25, 25, "IRE", "interrupt remapping", NULL},
                                         {24, 24, "SIRTP", "set interrupt table pointer", NULL},
                                         {23, 23, "CFI", "compatibility format", NULL},
                                         FIELD_END};
static const struct unit_field gsts[] = {{31, 31, "TES", "translation is on", NULL},
                                         {30, 30, "RTPS", "root table pointer set", NULL},
                                         {26, 26, "QIES", "queued invalidation is on", NULL},
                                         {25, 25, "IRES", "interrupt remapping is on", NULL},
                                         {24, 24, "IRTPS", "interrupt table pointer set", NULL},
                                         {23, 23, "CFIS", "compatibility format passes", NULL},
                                         FIELD_END};
static const struct unit_field rtaddr[] = {{63, 12, "RTA", "root table, page", NULL},
                                           {11, 10, "TTM", "translation table mode", table_mode},
                                           FIELD_END};
static const struct unit_field ccmd[] = {{63, 63, "ICC", "invalidate", NULL},
                                         {62, 61, "CIRG", "granularity asked", context_granularity},
                                         {60, 59, "CAIG", "granularity done", context_granularity},
                                         {33, 32, "FM", "function mask", function_mask},
                                         {31, 16, "SID", "source-id", NULL},
                                         {15, 0, "DID", "domain", NULL},
                                         FIELD_END};
static const struct unit_field iotlb[] = {{63, 63, "IVT", "invalidate", NULL},
                                          {61, 60, "IIRG", "granularity asked", iotlb_granularity},
                                          {58, 57, "IAIG", "granularity done", iotlb_granularity},
                                          {49, 49, "DR", "drain reads", NULL},
                                          {48, 48, "DW", "drain writes", NULL},
                                          {47, 32, "DID", "domain", NULL},
                                          FIELD_END};
static const struct unit_field iva[] = {{63, 12, "ADDR", "page", NULL},
                                        {6, 6, "IH", "leaves alone", NULL},
                                        {5, 0, "AM", "2^AM pages", NULL},
                                        FIELD_END};
static const struct unit_field fsts[] = {{15, 8, "FRI", "index of the first record", NULL},
                                         {6, 6, "ITE", "invalidation time-out", NULL},
                                         {5, 5, "ICE", "invalidation completion error", NULL},
                                         {4, 4, "IQE", "queue error", NULL},
                                         {1, 1, "PPF", "a fault record is pending", NULL},
                                         {0, 0, "PFO", "fault records overflowed", NULL},
                                         FIELD_END};
static const struct unit_field event_control[] = {
    {31, 31, "IM", "mask", NULL}, {30, 30, "IP", "pending", NULL}, FIELD_END};
static const struct unit_field event_data[] = {{31, 0, "data", "of the message", NULL}, FIELD_END};
static const struct unit_field event_address[] = {{31, 2, "MA", "address of the message", NULL},
                                                  FIELD_END};
static const struct unit_field event_upper[] = {
    {31, 0, "MUA", "upper address of the message", NULL}, FIELD_END};
static const struct unit_field pmen[] = {{31, 31, "EPM", "protected regions asked for", NULL},
                                         {0, 0, "PRS", "protected regions in force", NULL},
                                         FIELD_END};
static const struct unit_field low_bound[] = {{31, 0, "bound", "of the region", NULL}, FIELD_END};
static const struct unit_field high_bound[] = {{63, 0, "bound", "of the region", NULL}, FIELD_END};
static const struct unit_field queue_at[] = {{18, 4, "QH/QT", "number of a descriptor", NULL},
                                             FIELD_END};
static const struct unit_field iqa[] = {{63, 12, "IQA", "queue, page", NULL},
                                        {11, 11, "DW", "descriptors of 32 bytes", NULL},
                                        {2, 0, "QS", "2^(QS+8) descriptors", NULL},
                                        FIELD_END};
static const struct unit_field ics[] = {{0, 0, "IWC", "a wait has completed", NULL}, FIELD_END};
static const struct unit_field iqercd[] = {{63, 48, "ICESID", "source-id of ICE", NULL},
                                           {47, 32, "ITESID", "source-id of ITE", NULL},
                                           {3, 0, "IQEI", "queue error", unit_queue_error},
                                           FIELD_END};
static const struct unit_field irta[] = {{63, 12, "IRTA", "table, page", NULL},
                                         {11, 11, "EIME", "x2APIC mode", NULL},
                                         {3, 0, "S", "2^(S+1) entries", NULL},
                                         FIELD_END};
static const struct unit_field ver[] = {
    {7, 4, "MAX", "major version", NULL}, {3, 0, "MIN", "minor version", NULL}, FIELD_END};
static const struct unit_field cap[] = {{55, 55, "DRD", "read draining", NULL},
                                        {54, 54, "DWD", "write draining", NULL},
                                        {53, 48, "MAMV", "largest AM", NULL},
                                        {47, 40, "NFR", "fault records less 1", NULL},
                                        {39, 39, "PSI", "page-selective invalidation", NULL},
                                        {37, 34, "SLLPS", "large pages of the second stage", NULL},
                                        {33, 24, "FRO", "offset of the fault records / 16", NULL},
                                        {22, 22, "ZLR", "zero-length reads", NULL},
                                        {21, 16, "MGAW", "guest address width less 1", NULL},
                                        {12, 8, "SAGAW", "widths of the second stage", NULL},
                                        {7, 7, "CM", "caching mode", NULL},
                                        {6, 6, "PHMR", "protected high memory", NULL},
                                        {5, 5, "PLMR", "protected low memory", NULL},
                                        {2, 0, "ND", "number of domains", NULL},
                                        FIELD_END};
static const struct unit_field ecap[] = {{23, 20, "MHMV", "largest IM", NULL},
                                         {17, 8, "IRO", "offset of IVA / 16", NULL},
                                         {6, 6, "PT", "pass-through", NULL},
                                         {4, 4, "EIM", "x2APIC mode", NULL},
                                         {3, 3, "IR", "interrupt remapping", NULL},
                                         {2, 2, "DT", "device-TLBs", NULL},
                                         {1, 1, "QI", "queued invalidation", NULL},
                                         {0, 0, "C", "coherent walks", NULL},
                                         FIELD_END};
static const struct unit_field frcd[] = {{127, 127, "F", "fault", NULL},
                                         {126, 126, "T1", "1 read, 0 write", NULL},
                                         {125, 124, "AT", "address type", NULL},
                                         {103, 96, "FR", "reason", fault_reason},
                                         {92, 92, "T2", "type, its second bit", NULL},
                                         {79, 64, "SID", "source-id", NULL},
                                         {63, 12, "FI", "page, or 63:48 the interrupt index", NULL},
                                         FIELD_END};

const struct unit_layout unit_fault_record = {"FRCD", "Fault Recording Registers", RECORD_BYTES,
                                              frcd};
const struct unit_layout unit_context_command = {"CCMD", "Context Command Register", 8, ccmd};
const struct unit_layout unit_iotlb_command = {"IOTLB", "IOTLB Invalidate Register", 8, iotlb};
const struct unit_layout unit_invalidate_address = {"IVA", "Invalidate Address Register", 8, iva};

static const struct {
    uint32_t offset;
    struct unit_layout layout;
} registers[] = {
    {0x000, {"VER", "Version Register", 4, ver}},
    {0x008, {"CAP", "Capability Register", 8, cap}},
    {0x010, {"ECAP", "Extended Capability Register", 8, ecap}},
    {0x018, {"GCMD", "Global Command Register", 4, gcmd}},
    {0x01C, {"GSTS", "Global Status Register", 4, gsts}},
    {0x020, {"RTADDR", "Root Table Address Register", 8, rtaddr}},
    {0x028, {"CCMD", "Context Command Register", 8, ccmd}},
    {0x034, {"FSTS", "Fault Status Register", 4, fsts}},
    {0x038, {"FECTL", "Fault Event Control Register", 4, event_control}},
    {0x03C, {"FEDATA", "Fault Event Data Register", 4, event_data}},
    {0x040, {"FEADDR", "Fault Event Address Register", 4, event_address}},
    {0x044, {"FEUADDR", "Fault Event Upper Address Register", 4, event_upper}},
    {0x064, {"PMEN", "Protected Memory Enable Register", 4, pmen}},
    {0x068, {"PLMBASE", "Protected Low-Memory Base Register", 4, low_bound}},
    {0x06C, {"PLMLIMIT", "Protected Low-Memory Limit Register", 4, low_bound}},
    {0x070, {"PHMBASE", "Protected High-Memory Base Register", 8, high_bound}},
    {0x078, {"PHMLIMIT", "Protected High-Memory Limit Register", 8, high_bound}},
    {0x080, {"IQH", "Invalidation Queue Head Register", 8, queue_at}},
    {0x088, {"IQT", "Invalidation Queue Tail Register", 8, queue_at}},
    {0x090, {"IQA", "Invalidation Queue Address Register", 8, iqa}},
    {0x09C, {"ICS", "Invalidation Completion Status Register", 4, ics}},
    {0x0A0, {"IECTL", "Invalidation Event Control Register", 4, event_control}},
    {0x0A4, {"IEDATA", "Invalidation Event Data Register", 4, event_data}},
    {0x0A8, {"IEADDR", "Invalidation Event Address Register", 4, event_address}},
    {0x0AC, {"IEUADDR", "Invalidation Event Upper Address Register", 4, event_upper}},
    {0x0B0, {"IQERCD", "Invalidation Queue Error Record Register", 8, iqercd}},
    {0x0B8, {"IRTA", "Interrupt Remapping Table Address Register", 8, irta}},
    {0x100, {"IVA", "Invalidate Address Register", 8, iva}},
    {0x108, {"IOTLB", "IOTLB Invalidate Register", 8, iotlb}},
};

const struct unit_layout *unit_register(uint32_t offset, unsigned *within)
{
    if (offset >= FIRST_RECORD && offset < FIRST_RECORD + RECORDS * RECORD_BYTES) {
        *within = offset % RECORD_BYTES;
        return &unit_fault_record;
    }
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        *within = offset - registers[i].offset;
        if (offset >= registers[i].offset && *within < registers[i].layout.bytes)
            return &registers[i].layout;
    }
    return NULL;
}

void unit_register_text(char *out, size_t bytes, uint32_t offset)
{
    unsigned within = 0;
    const struct unit_layout *u = unit_register(offset, &within);

    if (u == NULL)
        snprintf(out, bytes, "offset 0x%x", offset);
    else if (u == &unit_fault_record)
        snprintf(out, bytes, "FRCD%u+%u", (offset - FIRST_RECORD) / RECORD_BYTES, within);
    else if (within != 0)
        snprintf(out, bytes, "%s+%u", u->name, within);
    else
        snprintf(out, bytes, "%s", u->name);
}

/* --- descriptors --- */

static const struct unit_field context_inv[] = {{49, 48, "FM", "function mask", function_mask},
                                                {47, 32, "SID", "source-id", NULL},
                                                {31, 16, "DID", "domain", NULL},
                                                {5, 4, "G", "granularity", context_granularity},
                                                FIELD_END};
static const struct unit_field iotlb_inv[] = {{127, 76, "ADDR", "page", NULL},
                                              {70, 70, "IH", "leaves alone", NULL},
                                              {69, 64, "AM", "2^AM pages", NULL},
                                              {31, 16, "DID", "domain", NULL},
                                              {7, 7, "DR", "drain reads", NULL},
                                              {6, 6, "DW", "drain writes", NULL},
                                              {5, 4, "G", "granularity", iotlb_granularity},
                                              FIELD_END};
static const struct unit_field device_tlb_inv[] = {{127, 76, "ADDR", "page", NULL},
                                                   {64, 64, "S", "more than a page", NULL},
                                                   {47, 32, "SID", "source-id", NULL},
                                                   {20, 16, "MIP", "most outstanding", NULL},
                                                   FIELD_END};
static const struct unit_field interrupt_inv[] = {{47, 32, "IIDX", "index", NULL},
                                                  {31, 27, "IM", "2^IM entries", NULL},
                                                  {4, 4, "G", "granularity", entry_granularity},
                                                  FIELD_END};
static const struct unit_field wait[] = {{127, 66, "SADDR", "status address / 4", NULL},
                                         {63, 32, "SDATA", "status data", NULL},
                                         {6, 6, "FN", "fence", NULL},
                                         {5, 5, "SW", "write the status", NULL},
                                         {4, 4, "IF", "raise the event", NULL},
                                         FIELD_END};

const struct unit_layout *unit_descriptor(uint64_t low)
{
    static const struct unit_layout rows[] = {
        {NULL, NULL, 0, NULL},
        {"cc_inv_dsc", "Context-Cache Invalidate Descriptor", 16, context_inv},
        {"iotlb_inv_dsc", "IOTLB Invalidate Descriptor", 16, iotlb_inv},
        {"dev_tlb_inv_dsc", "Device-TLB Invalidate Descriptor", 16, device_tlb_inv},
        {"iec_inv_dsc", "Interrupt Entry Cache Invalidate Descriptor", 16, interrupt_inv},
        {"inv_wait_dsc", "Invalidation Wait Descriptor", 16, wait}};
    unsigned type = (unsigned)(low & 15) | (unsigned)(low >> 9 & 7) << 4;

    return type != 0 && type < sizeof(rows) / sizeof(rows[0]) ? &rows[type] : NULL;
}
