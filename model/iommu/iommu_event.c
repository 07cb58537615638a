// SPDX-License-Identifier: Apache-2.0
// The fault event and the invalidation event: mask, pending, message. VT-d "Fault Event Registers",
// "Invalidation Event Registers"; docs/iommu.md I56, I86.
#include "iommu/iommu_internal.h"

static const struct {
    enum reg control, data, address, upper;
} registers[EVENT_COUNT] = {
    [EVENT_FAULT] = {REG_FECTL, REG_FEDATA, REG_FEADDR, REG_FEUADDR},
    [EVENT_INVALIDATION] = {REG_IECTL, REG_IEDATA, REG_IEADDR, REG_IEUADDR},
};

void event_condition(struct iommu *u, enum event e)
{
    uint32_t *control = &u->reg[registers[e].control];

    if ((*control & EVENT_IM) != 0)
        *control |= EVENT_IP;
    else
        u->event_due[e] = true;
}

void event_serviced(struct iommu *u, enum event e)
{
    u->reg[registers[e].control] &= ~EVENT_IP;
}

void event_unmasked(struct iommu *u, enum event e)
{
    if ((u->reg[registers[e].control] & EVENT_IP) == 0)
        return;
    u->reg[registers[e].control] &= ~EVENT_IP;
    u->event_due[e] = true;
}

static enum event due_event(const struct iommu *u)
{
    unsigned e = 0;

    while (e < EVENT_COUNT && !u->event_due[e])
        e++;
    return (enum event)e;
}

bool event_take(struct iommu *u, struct iommu_step *s)
{
    enum event e = due_event(u);
    struct rec_iommu r = {.kind = IOMMU_EVENT};

    if (e == EVENT_COUNT)
        return false;
    u->event_due[e] = false;
    r.addr = (uint64_t)u->reg[registers[e].upper] << 32 | u->reg[registers[e].address];
    r.lo = u->reg[registers[e].data];
    r.count = (uint16_t)e;
    emit_iommu(u, &r);
    *s = (struct iommu_step){
        .action = IOMMU_DO_EVENT, .addr = r.addr, .bytes = 4, .data = (uint32_t)r.lo};
    return true;
}

void event_send(struct iommu *u)
{
    struct iommu_step s;

    if (event_take(u, &s) && u->env.message != NULL)
        u->env.message(u->env.ctx, s.addr, s.data);
}
