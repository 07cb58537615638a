// SPDX-License-Identifier: Apache-2.0
// What a kernel reads of the firmware: the RSDP by scanning, RSDT or XSDT, FADT, MADT, MCFG, DMAR
// and their checksums; fw_cfg; the real-time clock; the PM timer; that the tables cannot be
// written.
#include "../lib/acpi.h"

#define SCAN_TO    UINT64_C(0x100000)
#define FW_SELECT  0x510
#define FW_DATA    0x511
#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71

static unsigned failures;

static void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    put("\n");
    failures += !ok;
}

static void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static void read_tables(const uint8_t *rsdp)
{
    const uint8_t *fadt = acpi_table(rsdp, "FACP"), *madt = acpi_table(rsdp, "APIC");
    const uint8_t *mcfg = acpi_table(rsdp, "MCFG"), *dmar = acpi_table(rsdp, "DMAR"), *e, *scope;

    check("FADT, MADT, MCFG, DMAR are there", fadt && madt && mcfg && dmar);
    if (!fadt || !madt || !mcfg || !dmar)
        return;
    check("FADT: SCI 9, PM1 at 600 and 604, timer at 608",
          fadt[46] == 9 && acpi_get32(fadt + 56) == 0x600 && acpi_get32(fadt + 64) == 0x604 &&
              acpi_get32(fadt + 76) == 0x608);
    check("FADT: reset register at CF9", acpi_get64(fadt + 120) == 0xCF9);
    check("FADT leads to the DSDT",
          memcmp((const void *)(uint64_t)acpi_get32(fadt + 40), "DSDT", 4) == 0);
    check("MADT: local APICs at FEE00000", acpi_get32(madt + 36) == 0xFEE00000);
    e = acpi_entry(madt, 44, 1, 1);
    check("MADT: IOAPIC at FEC00000, GSI 0",
          e && acpi_get32(e + 4) == 0xFEC00000 && acpi_get32(e + 8) == 0);
    e = acpi_entry(madt, 44, 1, 2);
    check("MADT: IRQ 0 is GSI 2", e && e[3] == 0 && acpi_get32(e + 4) == 2);
    check("MCFG: ECAM at B0000000", acpi_get64(mcfg + 44) == 0xB0000000);
    check("MCFG: configuration space is there",
          read32(acpi_get64(mcfg + 44)) == (outl(0xCF8, 0x80000000), inl(0xCFC)));
    e = acpi_entry(dmar, 48, 2, 0);
    check("DMAR: a unit at FED90000", e && acpi_get64(e + 8) == 0xFED90000);
    check("DMAR: for every device, or a list of them", e && ((e[4] & 1) || e[2] > 24));
    scope = e ? e + 16 : dmar;
    check("DMAR: the IOAPIC is a device of bus FF", e && scope[0] == 3 && scope[5] == 0xFF);
    check("DMAR and ECAP agree on interrupt remapping",
          (dmar[37] & 1) == (read64(0xFED90000 + 0x10) >> 3 & 1));
}

static void write_tables(const uint8_t *rsdp)
{
    volatile uint8_t *p = (volatile uint8_t *)(uintptr_t)rsdp;
    uint64_t last = read64(SCAN_TO - 8);
    uint8_t byte = p[9];

    p[9] = (uint8_t)~byte;
    check("the RSDP cannot be written", p[9] == byte);
    __asm__ volatile("lock xaddb %0, %1" : "+q"(byte), "+m"(p[9]));
    check("not by a locked access either", p[9] == byte);
    __asm__ volatile("rep stosb"
                     :
                     : "D"((uint64_t)SCAN_TO - 4096), "a"(0x5A), "c"(4096)
                     : "memory");
    check("nor the last page", read64(SCAN_TO - 8) == last);
}

/* --- fw_cfg --- */

static void fw_item(uint16_t key, void *to, unsigned bytes)
{
    uint8_t *p = to;

    outw(FW_SELECT, key);
    while (bytes-- > 0)
        *p++ = inb(FW_DATA);
}

static void read_fw_cfg(void)
{
    uint8_t signature[4], ram[8], cpus[2], count[4];

    fw_item(0, signature, 4);
    check("fw_cfg: signature", memcmp(signature, "QEMU", 4) == 0);
    fw_item(5, cpus, 2);
    check("fw_cfg: one processor", cpus[0] == 1 && cpus[1] == 0);
    fw_item(3, ram, 8);
    check("fw_cfg: 256 MiB", acpi_get64(ram) == UINT64_C(256) << 20);
    fw_item(0x19, count, 4);
    check("fw_cfg: a directory of files", count[0] == 0 && count[3] != 0);
}

/* --- clocks --- */

static uint8_t cmos(uint8_t index)
{
    outb(CMOS_INDEX, index);
    return inb(CMOS_DATA);
}

static void cmos_put(uint8_t index, uint8_t v)
{
    outb(CMOS_INDEX, index);
    outb(CMOS_DATA, v);
}

static void read_clock(void)
{
    uint8_t b = cmos(0x0B), seconds = cmos(0);
    uint32_t above_16m = cmos(0x34) | (uint32_t)cmos(0x35) << 8;

    check("RTC: the power is good", cmos(0x0D) == 0x80);
    check("RTC: BCD, 24 hours", (b & 0x06) == 0x02);
    check("RTC: seconds are BCD", (seconds & 15) < 10 && seconds < 0x60);
    check("CMOS: 240 MiB above 16", above_16m == 0xF00);
    cmos_put(0x0B, b | 0x80);
    cmos_put(0, 0x34);
    cmos_put(2, 0x12);
    check("RTC: SET holds what is written", cmos(0) == 0x34 && cmos(2) == 0x12);
    cmos_put(0x0B, b);
    cmos_put(0x50, 0xA5);
    check("CMOS: a byte of RAM", cmos(0x50) == 0xA5);
}

static uint32_t pm_timer(void)
{
    return inl(0x608) & 0xFFFFFF;
}

static void read_timer(void)
{
    uint32_t from = pm_timer(), last = from;
    bool back = false;

    for (unsigned i = 0; i < 20000000 && ((last - from) & 0xFFFFFF) < 100; i++) {
        uint32_t now = pm_timer();

        back |= ((now - last) & 0xFFFFFF) > 0x7FFFFF;
        last = now;
    }
    check("PM timer: goes forward, and only so", !back && ((last - from) & 0xFFFFFF) >= 100);
}

static const uint8_t *mp_pointer(void)
{
    for (uint64_t at = 0xF0000; at < 0x100000; at += 16)
        if (memcmp((const void *)at, "_MP_", 4) == 0 && acpi_sum((const uint8_t *)at, 16) == 0)
            return (const uint8_t *)at;
    return NULL;
}

/* For software older than ACPI: the BIOS data area, the tables of the MultiProcessor Specification.
 */
static void before_acpi(void)
{
    const uint8_t *volatile data = (const uint8_t *)0x400; /* gcc takes it for NULL otherwise */
    uint32_t serial = acpi_get32(data) & 0xFFFF, memory = acpi_get32(data + 0x13) & 0xFFFF;
    const uint8_t *p = mp_pointer(), *t, *e;
    bool boots = false, ioapic = false;
    uint32_t entries, length;

    check("BIOS: COM1 is at 3F8", serial == 0x3F8);
    check("BIOS: base memory ends below 640 KiB", memory >= 600 && memory <= 640);
    check("MP: a pointer to a table", p != NULL && acpi_get32(p + 4) != 0);
    if (p == NULL)
        return;
    t = (const uint8_t *)(uint64_t)acpi_get32(p + 4);
    length = acpi_get32(t + 4) & 0xFFFF;
    entries = acpi_get32(t + 32) >> 16;
    check("MP: its sum", memcmp(t, "PCMP", 4) == 0 && acpi_sum(t, length) == 0);
    check("MP: local APICs at FEE00000", acpi_get32(t + 36) == 0xFEE00000);
    for (e = t + 44; entries > 0; entries--) {
        boots = boots || (e[0] == 0 && e[1] == 0 && (e[3] & 3) == 3);
        ioapic = ioapic || (e[0] == 2 && (e[3] & 1) && acpi_get32(e + 4) == 0xFEC00000);
        e += e[0] == 0 ? 20 : 8;
    }
    check("MP: its entries end where it does", e == t + length);
    check("MP: the processor and the I/O APIC", boots && ioapic);
}

int main(void)
{
    const uint8_t *rsdp = acpi_rsdp();

    check("an RSDP between E0000 and FFFFF", rsdp != NULL);
    if (rsdp != NULL) {
        read_tables(rsdp);
        write_tables(rsdp);
    }
    read_fw_cfg();
    before_acpi();
    read_clock();
    read_timer();
    line("failures", failures);
    return failures != 0;
}
