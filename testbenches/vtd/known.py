# SPDX-License-Identifier: Apache-2.0
"""Where QEMU 7.2's intel-iommu is not what VT-d says. A row changes one check of reading.py or unit.py; QEMU must
then do exactly what that reading says, so a row hides nothing else."""
from dataclasses import dataclass


@dataclass
class Row:
    name: str
    what: str
    source: str


ROWS = [
    Row("collapse", "a second fault of one source-id while its record is pending is dropped, PFO stays 0",
        "VT-d \"Primary Fault Logging\" permits it; docs/iommu.md I20: not collapsed"),
    Row("pasid", "FRCD's PV is FFFFh for a request without PASID (PP 0) that had a good context entry",
        "VT-d \"Fault Recording Registers\": PV is meaningful with PP = 1 only"),
    Row("hit", "a hit in the IOTLB that denies the access blocks it and records nothing, also when the tables now grant it",
        "VT-d \"Second-Stage Translation Faults\": 5h, 6h are recorded; hw/i386/intel_iommu.c looks at rights only in a walk"),
    Row("haw", "the host address width is the guest's, 39 or 48, not 40: other bits of an address are reserved",
        "the DMAR table says so (its HAW field); docs/iommu.md has 40"),
    Row("ttm", "TTM other than 00 is not looked at without scalable mode",
        "VT-d \"Fault Reason Encodings\", 30h"),
    Row("pt", "pass-through takes any AW that is supported",
        "VT-d \"Context Entry\": AW is to be the largest of SAGAW; docs/iommu.md I13"),
    Row("fee", "a page that overlaps 0xFEExxxxx is refused as a whole, the address of the request is not asked",
        "VT-d \"Fault Reason Encodings\", Eh: the output address of the request"),
    Row("caig", "a domain-selective invalidation of contexts is made as a global one and CAIG says so",
        "VT-d \"Context Command Register\" permits it; docs/iommu.md I4"),
    Row("tm", "bit 62 (TM) of a leaf is not reserved with device-TLBs",
        "VT-d \"Second-Stage Paging Entries\": reserved in present editions, once TM"),
    Row("unrecorded", "a fault of an interrupt request is not recorded",
        "VT-d \"Interrupt Remapping Faults\""),
    Row("compat", "a message in compatibility format always passes; there is no CFI",
        "VT-d \"Interrupt Requests in Compatibility Format\": 25h with CFIS = 0"),
    Row("data", "data 31:16 counts with SHV only",
        "VT-d \"Remappable Format\": reserved; docs/iommu.md I72"),
    Row("wrap", "handle plus subhandle wraps at 16 bits",
        "VT-d \"Interrupt Remapping Table\": at or above 2^(S+1) is 21h"),
    Row("dst", "DST outside 47:40 is not checked with EIME = 0",
        "VT-d \"Interrupt Remapping Table Entry\": reserved"),
    Row("high", "of a destination of 32 bits the local APIC gets the low 8",
        "VT-d \"Interrupt Remapping Table Entry\": DST 31:8 goes to address 63:40; QEMU's TCG local APIC has no x2APIC"),
    Row("im", "IM = 1 is not checked without posted interrupts",
        "VT-d \"Interrupt Remapping Table Entry\": reserved, 24h"),
    Row("source", "a message that is a DMA write of the device has no source-id: SVT is not looked at",
        "VT-d \"Interrupt Remapping\", source validation: any request"),
    Row("buses", "SVT = 10 takes SID 15:8 as the last bus and 7:0 as the first",
        "VT-d \"Interrupt Remapping Table Entry\": 15:8 is the first"),
    Row("iqercd", "there is no IQERCD", "VT-d \"Invalidation Queue Error Record Register\""),
    Row("type", "bits 11:9 are no part of a descriptor's type",
        "VT-d \"Queue-based Invalidation Descriptors\", present editions: type 6:4"),
    Row("iec", "no reserved bit and no IM of an interrupt-entry descriptor is checked",
        "VT-d \"Interrupt Entry Cache Invalidate Descriptor\""),
    Row("devtlb", "a device-TLB descriptor is carried out without ECAP.DT",
        "VT-d \"Queue-based Invalidation Descriptors\": 3h, not supported"),
    Row("pfsid", "PFSID of a device-TLB descriptor is reserved",
        "VT-d \"Device-TLB Invalidate Descriptor\", present editions: PFSID"),
    Row("later", "types 6 and 7 are carried out without scalable mode",
        "VT-d \"Queue-based Invalidation Descriptors\": 3h, not supported"),
    Row("neither", "a wait with neither IF nor SW is an error",
        "VT-d \"Invalidation Wait Descriptor\": two independent requests"),
]
NAMES = frozenset(row.name for row in ROWS)
