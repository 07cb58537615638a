#include "block_iommu.h"
void iommu_width_setup(struct bench *b)
{
    (void)b;
}
bool iommu_width_next(struct bench *b)
{
    (void)b;
    return true;
}
