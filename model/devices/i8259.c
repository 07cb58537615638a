// SPDX-License-Identifier: Apache-2.0
// The 8259A pair; see the header. Names are the datasheet's.
#include "devices/i8259.h"

#define ICW1         0x10
#define ICW1_SNGL    0x02
#define ICW1_IC4     0x01
#define ICW4_AEOI    0x02
#define ICW4_SFNM    0x10
#define OCW3         0x08
#define OCW3_ESMM    0x40
#define OCW3_SMM     0x20
#define OCW3_P       0x04
#define OCW3_RR      0x02
#define OCW3_RIS     0x01
#define POLL_PENDING 0x80
#define NOBODY       0xFF /* the data bus when no slave has the number that the master calls */
#define ELCR_MASTER  0xF8
#define ELCR_SLAVE   0xDE

static uint8_t bit(unsigned input)
{
    return (uint8_t)(1u << input);
}

static uint8_t requests(const struct i8259 *c)
{
    return (uint8_t)((c->lines & c->elcr) | (c->edges & ~c->elcr));
}

/* Inputs in the order of their priority; 8: none of the bits is set. */
static unsigned rank_of_first(const struct i8259 *c, uint8_t bits)
{
    unsigned rank = 0;

    while (rank < I8259_INPUTS && !(bits & bit((c->first + rank) % I8259_INPUTS)))
        rank++;
    return rank;
}

/* Inputs of the master behind which a slave answers. */
static uint8_t cascaded(const struct i8259 *c)
{
    return c->is_master && !c->single ? c->icw3 : 0;
}

/* Fully nested: a request must stand above everything in service. In special mask mode what is in
 * service and masked holds nothing up; in special fully nested mode nor does a slave.
 * Between ICW1 and the last ICW nothing is asked for. */
static int selected(const struct i8259 *c)
{
    unsigned rank = rank_of_first(c, requests(c) & (uint8_t)~c->imr);
    uint8_t holding = c->isr;

    if (c->special_mask)
        holding &= (uint8_t)~c->imr;
    if (c->icw4 & ICW4_SFNM)
        holding &= (uint8_t)~cascaded(c);
    if (c->step != 0 || rank == I8259_INPUTS || rank >= rank_of_first(c, holding))
        return -1;
    return (int)((c->first + rank) % I8259_INPUTS);
}

static void set_line(struct i8259 *c, unsigned input, bool level)
{
    uint8_t b = bit(input);

    if (level && !(c->lines & b))
        c->edges |= b;
    if (!level)
        c->edges &= (uint8_t)~b; /* a request must stay up until it is acknowledged */
    c->lines = level ? c->lines | b : c->lines & (uint8_t)~b;
}

static void update_cascade(struct i8259_pair *p)
{
    set_line(&p->master, I8259_CASCADE, selected(&p->slave) >= 0);
}

void i8259_input(struct i8259_pair *p, unsigned line, bool level)
{
    set_line(line < 8 ? &p->master : &p->slave, line % 8, level);
    update_cascade(p);
}

bool i8259_int(const struct i8259_pair *p)
{
    return selected(&p->master) >= 0;
}

static uint8_t slave_vector(const struct i8259_pair *p, int8_t *input)
{
    int selects = selected(&p->slave);

    if ((p->slave.icw3 & 7) != I8259_CASCADE)
        return NOBODY;
    *input = (int8_t)selects;
    return (uint8_t)(p->slave.vector | (selects < 0 ? 7 : selects));
}

struct i8259_offer i8259_offered(const struct i8259_pair *p)
{
    int selects = selected(&p->master);
    struct i8259_offer o = {(uint8_t)(p->master.vector | 7), (int8_t)selects, -1};

    if (selects < 0)
        return o;
    if (!(cascaded(&p->master) & bit((unsigned)selects)))
        o.vector = (uint8_t)(p->master.vector | selects);
    else if (selects == I8259_CASCADE)
        o.vector = slave_vector(p, &o.slave);
    else
        o.vector = NOBODY;
    return o;
}

static void end(struct i8259 *c, unsigned input, bool rotate)
{
    c->isr &= (uint8_t)~bit(input);
    if (rotate)
        c->first = (uint8_t)((input + 1) % I8259_INPUTS);
}

static void into_service(struct i8259 *c, unsigned input)
{
    c->edges &= (uint8_t)~bit(input);
    c->isr |= bit(input);
    if (c->icw4 & ICW4_AEOI)
        end(c, input, c->rotate_in_aeoi);
}

void i8259_acknowledge(struct i8259_pair *p, const struct i8259_offer *offer)
{
    if (offer->slave >= 0) {
        set_line(&p->master, I8259_CASCADE, false); /* INT falls with INTA, whatever comes next */
        into_service(&p->slave, (unsigned)offer->slave);
    }
    if (offer->master >= 0)
        into_service(&p->master, (unsigned)offer->master);
    update_cascade(p);
}

static void initialize(struct i8259 *c, uint8_t icw1)
{
    c->edges = c->isr = c->imr = 0;
    c->first = 0;
    c->icw3 = c->is_master ? 0 : 7;
    c->special_mask = c->read_isr = c->poll = c->rotate_in_aeoi = false;
    c->single = (icw1 & ICW1_SNGL) != 0;
    c->wants_icw4 = (icw1 & ICW1_IC4) != 0;
    c->icw4 = 0;
    c->step = 2;
}

/* R, SL, EOI. */
static void ocw2(struct i8259 *c, uint8_t v)
{
    unsigned command = v >> 5, level = v & 7, rank;

    switch (command) {
    case 0:
    case 4:
        c->rotate_in_aeoi = command == 4;
        break;
    case 1:
    case 5:
        rank = rank_of_first(c, c->isr & (uint8_t) ~(c->special_mask ? c->imr : 0));
        if (rank < I8259_INPUTS)
            end(c, (c->first + rank) % I8259_INPUTS, command == 5);
        break;
    case 3:
    case 7:
        end(c, level, command == 7);
        break;
    case 6:
        c->first = (uint8_t)((level + 1) % I8259_INPUTS);
        break;
    default:
        break; /* no operation */
    }
}

static void ocw3(struct i8259 *c, uint8_t v)
{
    if (v & OCW3_P)
        c->poll = true;
    if (v & OCW3_RR)
        c->read_isr = (v & OCW3_RIS) != 0;
    if (v & OCW3_ESMM)
        c->special_mask = (v & OCW3_SMM) != 0;
}

/* ICW2, ICW3 unless single, ICW4 if ICW1 said so. */
static void icw(struct i8259 *c, uint8_t v)
{
    switch (c->step) {
    case 2:
        c->vector = v & 0xF8;
        c->step = c->single ? 4 : 3;
        break;
    case 3:
        c->icw3 = v;
        c->step = 4;
        break;
    default:
        c->icw4 = v;
        c->step = 0;
        break;
    }
    if (c->step == 4 && !c->wants_icw4)
        c->step = 0;
}

static void write_port(struct i8259 *c, uint64_t offset, uint8_t v)
{
    if (offset == 0) {
        if (v & ICW1)
            initialize(c, v);
        else if (v & OCW3)
            ocw3(c, v);
        else
            ocw2(c, v);
    } else if (c->step != 0) {
        icw(c, v);
    } else {
        c->imr = v;
    }
}

/* The read is the acknowledge. */
static uint8_t poll_byte(struct i8259_pair *p, struct i8259 *c)
{
    int input = selected(c);

    c->poll = false;
    if (input < 0)
        return 0;
    if (!c->is_master)
        set_line(&p->master, I8259_CASCADE, false);
    into_service(c, (unsigned)input);
    return (uint8_t)(POLL_PENDING | input);
}

static uint8_t read_port(struct i8259_pair *p, struct i8259 *c, uint64_t offset)
{
    if (c->poll)
        return poll_byte(p, c);
    if (offset != 0)
        return c->imr;
    return c->read_isr ? c->isr : requests(c);
}

static uint64_t master_read(void *self, uint64_t offset, unsigned bytes)
{
    struct i8259_pair *p = self;
    uint8_t v = read_port(p, &p->master, offset);

    (void)bytes;
    update_cascade(p);
    return v;
}

static uint64_t slave_read(void *self, uint64_t offset, unsigned bytes)
{
    struct i8259_pair *p = self;
    uint8_t v = read_port(p, &p->slave, offset);

    (void)bytes;
    update_cascade(p);
    return v;
}

static void master_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct i8259_pair *p = self;

    (void)bytes;
    write_port(&p->master, offset, (uint8_t)value);
}

static void slave_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct i8259_pair *p = self;

    (void)bytes;
    write_port(&p->slave, offset, (uint8_t)value);
    update_cascade(p);
}

static uint64_t elcr_read(void *self, uint64_t offset, unsigned bytes)
{
    const struct i8259_pair *p = self;

    (void)bytes;
    return offset == 0 ? p->master.elcr : p->slave.elcr;
}

static void elcr_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct i8259_pair *p = self;

    (void)bytes;
    if (offset == 0)
        p->master.elcr = (uint8_t)value & ELCR_MASTER;
    else
        p->slave.elcr = (uint8_t)value & ELCR_SLAVE;
    update_cascade(p);
}

void i8259_init(struct i8259_pair *p)
{
    *p = (struct i8259_pair){
        .master = {.imr = 0xFF, .vector = 0x08, .icw3 = 0x04, .icw4 = 1, .is_master = true},
        .slave = {.imr = 0xFF, .vector = 0x70, .icw3 = 0x02, .icw4 = 1}};
}

const struct device_ops i8259_master_ops = {
    .name = "8259-master", .bytes_max = 1, .read = master_read, .write = master_write};
const struct device_ops i8259_slave_ops = {
    .name = "8259-slave", .bytes_max = 1, .read = slave_read, .write = slave_write};
const struct device_ops i8259_elcr_ops = {
    .name = "elcr", .bytes_max = 1, .read = elcr_read, .write = elcr_write};
