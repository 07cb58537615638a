// SPDX-License-Identifier: Apache-2.0
// Program images; see the header. Boot structures (information structure, strings, memory map,
// modules' table, page tables, FACS) lie in the last 64 KiB of RAM; modules follow the program.
// What a PC's firmware leaves is there before the program: devices/acpi.h, devices/bios.h.
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/bios.h"
#include "devices/ioapic.h"
#include "iommu/iommu.h"

#define MB_MAGIC       0x1BADB002u
#define MB_BOOT_MAGIC  0x2BADB002u
#define MB_SEARCH      8192
#define MB_AOUT_FIELDS 0x00010000u
#define MB_REQUIRED    0x0000FFFFu
#define MB_KNOWN       0x00000003u /* page-aligned modules, memory information */
#define BOOT_AREA      0x10000u
#define MAX_SEGMENTS   64
#define MAX_MODULES    16
#define FIRMWARE_END   UINT64_C(0x100000)
#define FEATURE_CX8    0x100u /* EDX of CPUID leaf 1 */
#define FEATURE_APIC   0x200u
#define ECAM_BASE      UINT64_C(0xB0000000)
#define ECAM_BYTES     UINT64_C(0x100000)

/* From the information structure on. */
#define INFO_MAP     0x100u
#define INFO_MODULES 0x200u
#define INFO_LOADER  0x300u
#define INFO_LINE    0x400u
#define INFO_STRINGS 0xC00u
#define INFO_END     0x2000u

struct loader {
    struct rw_mem *mem;
    uint8_t *file;
    size_t file_bytes;
    const char *path;
    char *error;
    size_t error_bytes;
    struct {
        uint64_t from, to;
    } segments[MAX_SEGMENTS];
    unsigned segment_count;
    uint64_t high; /* end of the highest segment */
};

static bool refuse(struct loader *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct loader *l, const char *format, ...)
{
    va_list args;
    int used = snprintf(l->error, l->error_bytes, "%s: ", l->path);

    va_start(args, format);
    if (used > 0 && (size_t)used < l->error_bytes)
        vsnprintf(l->error + used, l->error_bytes - (size_t)used, format, args);
    va_end(args);
    return false;
}

static bool read_file(struct loader *l, const char *path, uint8_t **data, size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    long size = -1;

    *data = NULL;
    if (f == NULL)
        return refuse(l, "cannot be opened: %s", strerror(errno));
    if (fseek(f, 0, SEEK_END) == 0)
        size = ftell(f);
    if (size < 0 || size > (1L << 30) || fseek(f, 0, SEEK_SET) != 0) {
        fclose(f);
        return refuse(l, "is not a readable file of at most 1 GiB");
    }
    *bytes = (size_t)size;
    *data = malloc(*bytes + 1);
    if (*data == NULL || fread(*data, 1, *bytes, f) != *bytes) {
        fclose(f);
        free(*data);
        *data = NULL;
        return refuse(l, "cannot be read");
    }
    fclose(f);
    return true;
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* Room for [pa, pa + bytes) in RAM, outside the boot area and every other segment. */
static bool claim(struct loader *l, uint64_t pa, uint64_t bytes)
{
    uint64_t top = l->mem->bytes - BOOT_AREA;

    if (bytes == 0)
        return true;
    if (pa > top || bytes > top - pa || !rw_mem_is_ram(l->mem, pa, 1) ||
        (pa < 0xA0000 && pa + bytes > 0xA0000))
        return refuse(l,
                      "segment 0x%" PRIx64 "+0x%" PRIx64 " does not fit in %" PRIu64
                      " MiB of RAM (try --memory)",
                      pa, bytes, l->mem->bytes >> 20);
    if (pa < FIRMWARE_END && pa + bytes > ACPI_BASE)
        return refuse(l, "segment 0x%" PRIx64 "+0x%" PRIx64 " lies where the firmware's tables are",
                      pa, bytes);
    for (unsigned i = 0; i < l->segment_count; i++)
        if (pa < l->segments[i].to && l->segments[i].from < pa + bytes)
            return refuse(l, "segments overlap at 0x%" PRIx64, pa);
    if (l->segment_count == MAX_SEGMENTS)
        return refuse(l, "has more than %u loadable segments", MAX_SEGMENTS);
    l->segments[l->segment_count].from = pa;
    l->segments[l->segment_count++].to = pa + bytes;
    if (pa + bytes > l->high)
        l->high = pa + bytes;
    return true;
}

static bool load_segment(struct loader *l, uint64_t offset, uint64_t file_bytes, uint64_t pa,
                         uint64_t mem_bytes)
{
    if (offset > l->file_bytes || file_bytes > l->file_bytes - offset)
        return refuse(l, "is truncated: a segment ends beyond the file");
    if (mem_bytes < file_bytes)
        return refuse(l, "has a segment larger in the file than in memory");
    if (!claim(l, pa, mem_bytes))
        return false;
    memcpy(l->mem->ram + pa, l->file + offset, file_bytes);
    return true;
}

static bool load_elf32(struct loader *l, uint64_t *entry)
{
    Elf32_Ehdr eh;

    if (l->file_bytes < sizeof(eh))
        return refuse(l, "is truncated: no ELF header");
    memcpy(&eh, l->file, sizeof(eh));
    if (eh.e_phentsize != sizeof(Elf32_Phdr) || eh.e_phnum == 0 || eh.e_phoff > l->file_bytes ||
        (uint64_t)eh.e_phnum * sizeof(Elf32_Phdr) > l->file_bytes - eh.e_phoff)
        return refuse(l, "is truncated or has no program headers");
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        Elf32_Phdr ph;

        memcpy(&ph, l->file + eh.e_phoff + i * sizeof(ph), sizeof(ph));
        if (ph.p_type == PT_LOAD &&
            !load_segment(l, ph.p_offset, ph.p_filesz, ph.p_paddr, ph.p_memsz))
            return false;
    }
    *entry = eh.e_entry;
    return true;
}

static bool load_elf64(struct loader *l, uint64_t *entry)
{
    Elf64_Ehdr eh;

    if (l->file_bytes < sizeof(eh))
        return refuse(l, "is truncated: no ELF header");
    memcpy(&eh, l->file, sizeof(eh));
    if (eh.e_machine != EM_X86_64 || eh.e_type != ET_EXEC)
        return refuse(l, "is not a static x86-64 executable");
    if (eh.e_phentsize != sizeof(Elf64_Phdr) || eh.e_phnum == 0 || eh.e_phoff > l->file_bytes ||
        (uint64_t)eh.e_phnum * sizeof(Elf64_Phdr) > l->file_bytes - eh.e_phoff)
        return refuse(l, "is truncated or has no program headers");
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        Elf64_Phdr ph;

        memcpy(&ph, l->file + eh.e_phoff + i * sizeof(ph), sizeof(ph));
        if (ph.p_type == PT_INTERP)
            return refuse(l, "wants a dynamic loader; link it with -static -nostdlib");
        if (ph.p_type == PT_LOAD &&
            !load_segment(l, ph.p_offset, ph.p_filesz, ph.p_paddr, ph.p_memsz))
            return false;
    }
    *entry = eh.e_entry;
    return true;
}

/* The Multiboot header, or NULL. */
static const uint8_t *find_multiboot(const struct loader *l)
{
    size_t limit = l->file_bytes < MB_SEARCH ? l->file_bytes : MB_SEARCH;

    for (size_t at = 0; at + 12 <= limit; at += 4) {
        const uint8_t *h = l->file + at;

        if (get32(h) == MB_MAGIC && (uint32_t)(get32(h) + get32(h + 4) + get32(h + 8)) == 0)
            return h;
    }
    return NULL;
}

static bool load_aout(struct loader *l, const uint8_t *h, uint64_t *entry)
{
    uint32_t header, load, load_end, bss_end;
    uint64_t at = (uint64_t)(h - l->file), offset, bytes;

    if (at + 32 > l->file_bytes)
        return refuse(l, "is truncated: Multiboot address fields");
    header = get32(h + 12);
    load = get32(h + 16);
    load_end = get32(h + 20);
    bss_end = get32(h + 24);
    *entry = get32(h + 28);
    if (load > header || at < header - load)
        return refuse(l, "has Multiboot address fields that contradict each other");
    offset = at - (header - load);
    bytes = load_end == 0 ? l->file_bytes - offset : (uint64_t)load_end - load;
    if (load_end != 0 && load_end < load)
        return refuse(l, "has Multiboot address fields that contradict each other");
    return load_segment(l, offset, bytes, load,
                        bss_end > load + bytes ? (uint64_t)bss_end - load : bytes);
}

/* --- the information structure --- */

static void put32(struct rw_mem *mem, uint64_t pa, uint32_t v)
{
    memcpy(mem->ram + pa, &v, sizeof(v));
}

static void put64(struct rw_mem *mem, uint64_t pa, uint64_t v)
{
    memcpy(mem->ram + pa, &v, sizeof(v));
}

/* Multiboot "mmap_addr": what is not in the list is not there. */
static uint32_t put_memory_map(struct rw_mem *mem, uint64_t pa)
{
    const uint64_t top = mem->bytes - BOOT_AREA;
    const struct {
        uint64_t from, to;
        uint32_t type; /* 1: RAM to use; 2: reserved */
    } ranges[] = {{0, 0xA0000, 1},
                  {ACPI_BASE, FIRMWARE_END, 2},
                  {FIRMWARE_END, top, 1},
                  {top, mem->bytes, 2},
                  {ECAM_BASE, ECAM_BASE + ECAM_BYTES, 2}};
    const unsigned count = sizeof(ranges) / sizeof(ranges[0]);

    for (unsigned i = 0; i < count; i++, pa += 24) {
        put32(mem, pa, 20);
        put64(mem, pa + 4, ranges[i].from);
        put64(mem, pa + 12, ranges[i].to - ranges[i].from);
        put32(mem, pa + 20, ranges[i].type);
    }
    return 24 * count;
}

/* A module's string is its file's name. */
static bool put_module_name(struct loader *l, const char *name, uint64_t entry, uint64_t *string)
{
    size_t bytes = strlen(name) + 1;

    if (bytes > l->mem->bytes - BOOT_AREA + INFO_END - *string)
        return refuse(l, "the names of the modules are too long");
    memcpy(l->mem->ram + *string, name, bytes);
    put32(l->mem, entry + 8, (uint32_t)*string);
    *string += bytes;
    return true;
}

static bool load_module(struct loader *l, const char *name, uint64_t entry)
{
    uint64_t from = l->high > FIRMWARE_END ? l->high : FIRMWARE_END;
    uint64_t pa = (from + 0xFFF) & ~UINT64_C(0xFFF);
    uint8_t *data;
    size_t bytes;

    l->path = name;
    if (!read_file(l, name, &data, &bytes))
        return false;
    if (!claim(l, pa, bytes)) {
        free(data);
        return false;
    }
    memcpy(l->mem->ram + pa, data, bytes);
    free(data);
    put32(l->mem, entry, (uint32_t)pa);
    put32(l->mem, entry + 4, (uint32_t)(pa + bytes));
    return true;
}

static bool load_modules(struct loader *l, const struct image_options *o, uint64_t info)
{
    uint64_t string = info + INFO_STRINGS;

    if (o->module_count > MAX_MODULES)
        return refuse(l, "takes at most %u modules", MAX_MODULES);
    for (unsigned i = 0; i < o->module_count; i++) {
        uint64_t entry = info + INFO_MODULES + 16 * i;

        if (!load_module(l, o->modules[i], entry) ||
            !put_module_name(l, o->modules[i], entry, &string))
            return false;
    }
    return true;
}

/* The program's file name without its folders, then --append: the first word is the program, as
 * QEMU and GRUB Legacy have it. */
static bool put_line(struct loader *l, const struct image_options *o, uint64_t line)
{
    const char *slash = strrchr(o->path, '/'), *append = o->append == NULL ? "" : o->append;
    const char *name = slash == NULL ? o->path : slash + 1;
    const size_t room = INFO_STRINGS - INFO_LINE;

    if (strlen(name) + 1 + strlen(append) >= room)
        return refuse(l, "the command line (the file's name and --append) is longer than %zu bytes",
                      room - 1);
    snprintf((char *)l->mem->ram + line, room, "%s%s%s", name, *append == '\0' ? "" : " ", append);
    return true;
}

/* Multiboot "Boot information format". */
static bool put_information(struct loader *l, const struct image_options *o, uint64_t info)
{
    static const char loader[] = "ringwalk";
    struct rw_mem *mem = l->mem;

    put32(mem, info, 0x24D); /* memory sizes, command line, modules, memory map, loader's name */
    put32(mem, info + 4, 640);
    put32(mem, info + 8, (uint32_t)((mem->bytes - BOOT_AREA - FIRMWARE_END) >> 10));
    put32(mem, info + 16, (uint32_t)info + INFO_LINE);
    put32(mem, info + 20, o->module_count);
    put32(mem, info + 24, (uint32_t)info + INFO_MODULES);
    put32(mem, info + 44, put_memory_map(mem, info + INFO_MAP));
    put32(mem, info + 48, (uint32_t)info + INFO_MAP);
    put32(mem, info + 64, (uint32_t)info + INFO_LOADER);
    memcpy(mem->ram + info + INFO_LOADER, loader, sizeof(loader));
    return put_line(l, o, info + INFO_LINE) && load_modules(l, o, info);
}

struct acpi_config image_firmware(const struct image_options *o, uint64_t memory_bytes)
{
    struct iommu_config unit = iommu_config_of(&o->vtd);

    return (struct acpi_config){.memory_bytes = memory_bytes,
                                .haw = unit.haw,
                                .interrupt_remapping = !(unit.away >> IOMMU_IR & 1),
                                .ioapic_sid = o->ioapic_sid == 0 ? IOAPIC_SID : o->ioapic_sid};
}

static void put_firmware(struct rw_mem *mem, const struct image_options *o)
{
    struct acpi_config c = image_firmware(o, mem->bytes);

    const struct bios_processor p = {
        .signature = o->cpuid.signature != 0 ? o->cpuid.signature : RW_SIGNATURE,
        .features = FEATURE_APIC | (o->cpuid.away >> RW_CX8 & 1 ? 0 : FEATURE_CX8)};

    acpi_build(mem->ram + ACPI_BASE, &c);
    bios_build_mp(mem->ram + BIOS_MP, &p);
    acpi_build_facs(mem->ram + mem->bytes - ACPI_FACS_BELOW);
}

/* Identity map of the first 4 GiB in 2-MByte pages: P, R/W; leaves PS. */
static void put_page_tables(struct rw_mem *mem, uint64_t pml4)
{
    put64(mem, pml4, (pml4 + 0x1000) | 3);
    for (uint64_t g = 0; g < 4; g++) {
        uint64_t directory = pml4 + 0x2000 + g * 0x1000;

        put64(mem, pml4 + 0x1000 + g * 8, directory | 3);
        for (uint64_t i = 0; i < 512; i++)
            put64(mem, directory + i * 8, (g << 30) | (i << 21) | 0x83);
    }
}

static bool load(struct loader *l, const struct image_options *o, struct rw_boot *boot)
{
    uint64_t info = l->mem->bytes - BOOT_AREA, tables = info + 0x2000;
    const uint8_t *header = find_multiboot(l);
    bool elf = l->file_bytes > EI_CLASS && memcmp(l->file, ELFMAG, SELFMAG) == 0;
    bool ok;

    bios_build_data(l->mem->ram + BIOS_DATA); /* a program may be loaded over it */
    *boot = (struct rw_boot){.cpuid = o->cpuid, .vtd = o->vtd, .undefined = o->undefined};
    if (header != NULL && (get32(header + 4) & MB_REQUIRED & ~MB_KNOWN) != 0)
        return refuse(l, "asks for Multiboot features that are not offered (flags 0x%x)",
                      get32(header + 4));
    if (header != NULL && (get32(header + 4) & MB_AOUT_FIELDS))
        ok = load_aout(l, header, &boot->rip);
    else if (header != NULL && elf && l->file[EI_CLASS] == ELFCLASS32)
        ok = load_elf32(l, &boot->rip);
    else if (elf && l->file[EI_CLASS] == ELFCLASS64)
        ok = load_elf64(l, &boot->rip);
    else
        return refuse(l, "is neither a Multiboot 1 image nor a static ELF64 executable");
    if (!ok || !put_information(l, o, info))
        return false;
    if (l->segment_count == 0)
        return refuse(l, "has nothing to load");
    put_firmware(l->mem, o);
    boot->long_mode = header == NULL;
    if (!boot->long_mode && boot->rip >> 32 != 0)
        return refuse(l, "begins above 4 GiB, where Multiboot's 32-bit code cannot");
    if (boot->long_mode && (o->cpuid.away >> RW_LM & 1))
        return refuse(l, "starts in long mode, which --cpuid takes away (lm)");
    if (boot->long_mode) {
        put_page_tables(l->mem, tables);
        boot->cr3 = tables;
        boot->rsi = info;
        boot->rsp = info;
    } else {
        boot->rax = MB_BOOT_MAGIC;
        boot->rbx = info;
    }
    return start_apply(&o->start, boot, l->error, l->error_bytes);
}

bool image_load(const struct image_options *o, struct rw_mem *mem, struct rw_boot *boot,
                char *error, size_t error_bytes)
{
    struct loader l = {.mem = mem, .path = o->path, .error = error, .error_bytes = error_bytes};
    bool ok = read_file(&l, o->path, &l.file, &l.file_bytes) && load(&l, o, boot);

    free(l.file);
    return ok;
}
