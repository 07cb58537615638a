// SPDX-License-Identifier: Apache-2.0
// The IOMMU's registers by the names of VT-d "Register Descriptions".
#ifndef VTD_REGS_H
#define VTD_REGS_H

#define IOMMU UINT64_C(0xFED90000)

#define REG_CAP    0x08
#define REG_ECAP   0x10
#define REG_GCMD   0x18
#define REG_GSTS   0x1C
#define REG_RTADDR 0x20
#define REG_CCMD   0x28
#define REG_FSTS   0x34
#define REG_FECTL  0x38
#define REG_FEDATA 0x3C
#define REG_FEADDR 0x40
#define REG_PMEN   0x64
#define REG_PLM    0x68 /* base, limit: 32 bits each */
#define REG_PHM    0x70 /* 64 bits each */
#define REG_IQH    0x80
#define REG_IQT    0x88
#define REG_IQA    0x90
#define REG_ICS    0x9C
#define REG_IECTL  0xA0
#define REG_IEDATA 0xA4
#define REG_IEADDR 0xA8
#define REG_IQERCD 0xB0
#define REG_IRTA   0xB8

/* Bits of GCMD and GSTS; GSTS_LEVELS: what of GSTS goes back into GCMD, the one-shot commands not.
 */
#define GCMD_TE     31
#define GCMD_SRTP   30
#define GCMD_QIE    26
#define GCMD_IRE    25
#define GCMD_SIRTP  24
#define GCMD_CFI    23
#define GSTS_LEVELS 0x96FFFFFFu

#define ECAP_DT  0x4u
#define FSTS_PFO 0x1u
#define FSTS_PPF 0x2u
#define FSTS_IQE 0x10u
#define FSTS_ITE 0x40u

#endif
