// SPDX-License-Identifier: Apache-2.0
// The IOMMU's registers by name; see the header.
#include "iommu_names.h"

#include <stddef.h>

struct register_name {
    uint16_t offset, bytes;
    const char *name;
};

static const struct register_name names[] = {
    {0x000, 4, "VER"},      {0x008, 8, "CAP"},     {0x010, 8, "ECAP"},     {0x018, 4, "GCMD"},
    {0x01C, 4, "GSTS"},     {0x020, 8, "RTADDR"},  {0x028, 8, "CCMD"},     {0x034, 4, "FSTS"},
    {0x038, 4, "FECTL"},    {0x03C, 4, "FEDATA"},  {0x040, 4, "FEADDR"},   {0x044, 4, "FEUADDR"},
    {0x064, 4, "PMEN"},     {0x068, 4, "PLMBASE"}, {0x06C, 4, "PLMLIMIT"}, {0x070, 8, "PHMBASE"},
    {0x078, 8, "PHMLIMIT"}, {0x080, 8, "IQH"},     {0x088, 8, "IQT"},      {0x090, 8, "IQA"},
    {0x09C, 4, "ICS"},      {0x0A0, 4, "IECTL"},   {0x0A4, 4, "IEDATA"},   {0x0A8, 4, "IEADDR"},
    {0x0AC, 4, "IEUADDR"},  {0x0B0, 8, "IQERCD"},  {0x0B8, 8, "IRTA"},     {0x100, 8, "IVA"},
    {0x108, 8, "IOTLB"},    {0x200, 128, "FRCD"},
};

const char *iommu_register_name(uint32_t offset)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (offset >= names[i].offset && offset - names[i].offset < names[i].bytes)
            return names[i].name;
    return "offset";
}
