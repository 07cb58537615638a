// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "symbols.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAR 0x10000u /* a label without a size names no more than this behind it */

struct symbol {
    uint64_t value, size;
    char *name;
};

struct symbols {
    struct symbol *table; /* by value */
    size_t count;
    Dwfl *lines;
};

static bool names_a_place(const GElf_Sym *sym, const char *name)
{
    unsigned type = GELF_ST_TYPE(sym->st_info);

    return name != NULL && name[0] != 0 && sym->st_shndx != SHN_UNDEF &&
           (type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC);
}

static void take_table(struct symbols *s, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t n = data == NULL || header->sh_entsize == 0 ? 0 : header->sh_size / header->sh_entsize;
    struct symbol *grown;
    GElf_Sym sym;

    if (n == 0 || n > INT32_MAX)
        return;
    grown = realloc(s->table, (s->count + n) * sizeof(*grown));
    if (grown == NULL)
        return;
    s->table = grown;
    for (size_t i = 0; i < n && gelf_getsym(data, (int)i, &sym) != NULL; i++) {
        const char *name = elf_strptr(elf, header->sh_link, sym.st_name);

        if (!names_a_place(&sym, name))
            continue;
        grown[s->count] = (struct symbol){sym.st_value, sym.st_size, strdup(name)};
        s->count += grown[s->count].name != NULL;
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = ((const struct symbol *)a)->value, y = ((const struct symbol *)b)->value;

    return x < y ? -1 : x > y;
}

/* Debugging information is looked for in the file alone. */
static int no_other_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                         const char *file, const char *link, GElf_Word crc, char **found)
{
    (void)module, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc,
        (void)found;
    return -1;
}

static Dwfl *open_lines(const char *path)
{
    static const Dwfl_Callbacks callbacks = {.find_debuginfo = no_other_file,
                                             .section_address = dwfl_offline_section_address};
    Dwfl *d = dwfl_begin(&callbacks);

    if (d == NULL)
        return NULL;
    dwfl_report_begin(d);
    dwfl_report_offline(d, "", path, -1);
    dwfl_report_end(d, NULL, NULL);
    return d;
}

struct symbols *symbols_open(const char *path)
{
    struct symbols *s = calloc(1, sizeof(*s));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = NULL;
    GElf_Shdr header;

    if (s != NULL && fd >= 0 && elf_version(EV_CURRENT) != EV_NONE)
        elf = elf_begin(fd, ELF_C_READ, NULL);
    for (Elf_Scn *section = NULL; elf != NULL && (section = elf_nextscn(elf, section)) != NULL;)
        if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_SYMTAB)
            take_table(s, elf, section, &header);
    if (elf != NULL)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
    if (s != NULL)
        s->lines = open_lines(path);
    if (s != NULL && s->count != 0)
        qsort(s->table, s->count, sizeof(s->table[0]), by_value);
    return s;
}

void symbols_close(struct symbols *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->table[i].name);
    free(s->table);
    if (s->lines != NULL)
        dwfl_end(s->lines);
    free(s);
}

bool symbols_value(const struct symbols *s, const char *name, uint64_t *value)
{
    for (size_t i = 0; s != NULL && i < s->count; i++)
        if (strcmp(s->table[i].name, name) == 0) {
            *value = s->table[i].value;
            return true;
        }
    return false;
}

static bool whole_number(const char *text, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 0);
    return text[0] >= '0' && text[0] <= '9' && *end == 0;
}

bool symbols_place(const struct symbols *s, const char *text, uint64_t *value)
{
    const char *plus = strchr(text, '+');
    char name[128];
    uint64_t more = 0;

    if (whole_number(text, value))
        return true;
    if (plus != NULL && !whole_number(plus + 1, &more))
        return false;
    snprintf(name, sizeof(name), "%.*s", plus == NULL ? 127 : (int)(plus - text), text);
    if (!symbols_value(s, name, value))
        return false;
    *value += more;
    return true;
}

void symbols_text(const struct symbols *s, uint64_t address, char *out, size_t bytes)
{
    size_t low = 0, high = s == NULL ? 0 : s->count;
    uint64_t far;

    out[0] = 0;
    while (low < high) { /* the first one behind it */
        size_t middle = low + (high - low) / 2;

        if (s->table[middle].value <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return;
    far = address - s->table[low - 1].value;
    if (far >= (s->table[low - 1].size != 0 ? s->table[low - 1].size : FAR))
        return;
    snprintf(out, bytes, far == 0 ? "%s" : "%s+0x%" PRIx64, s->table[low - 1].name, far);
}

void symbols_line(const struct symbols *s, uint64_t address, char *out, size_t bytes)
{
    Dwfl_Line *line = s == NULL || s->lines == NULL ? NULL : dwfl_getsrc(s->lines, address);
    const char *file, *slash;
    int number = 0;

    out[0] = 0;
    file = line == NULL ? NULL : dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
    if (file == NULL)
        return;
    slash = strrchr(file, '/');
    snprintf(out, bytes, "%s:%d", slash == NULL ? file : slash + 1, number);
}

unsigned symbols_address_bytes(const struct symbols *s)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = s == NULL || s->lines == NULL ? NULL : dwfl_nextcu(s->lines, NULL, &bias);
    Dwarf_Die die;
    uint8_t bytes = 0;

    return unit != NULL && dwarf_diecu(unit, &die, &bytes, NULL) != NULL ? bytes : 0;
}
