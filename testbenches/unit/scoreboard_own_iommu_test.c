// SPDX-License-Identifier: Apache-2.0
// An IOMMU of somebody else's in the scoreboard: what it may do before it is judged, what software
// may read, what has to come. docs/lockstep.md "An IOMMU of your own".
#include "scoreboard_bench.h"

#define CAP_HI  0x0Cu
#define CCMD_HI 0x2Cu
#define GCMD    0x18u
#define FSTS    0x34u
#define FECTL   0x38u
#define FEDATA  0x3Cu
#define FEADDR  0x40u
#define IQH     0x80u
#define IQT     0x88u
#define IQERCD  0xB0u
#define FRCD    0x200u
#define TE      UINT32_C(0x80000000)
#define QIE     UINT32_C(0x04000000)

#define SID      0x0010
#define PLACE    UINT64_C(0x100)
#define EVENT_AT UINT64_C(0xFEE00000)

/* root entry not present, a write by SID at 0; F */
#define RECORD_HI (UINT64_C(0x8000000100000000) | SID)

static struct scoreboard *begun(void)
{
    struct scoreboard *sb = board_of(false, true);

    sb->model_halted = true; /* the order is drained as it fills */
    return sb;
}

static void expect_first(struct scoreboard *sb, const char *stream, const char *field)
{
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR(stream, sb->diff.first.stream);
    EXPECT_STR(field, sb->diff.first.field);
    scoreboard_destroy(sb);
}

static void expect_agreed(struct scoreboard *sb)
{
    EXPECT_STR("", sb->diff.first.field);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
}

static void accept_of(struct scoreboard *sb, uint16_t sid, uint8_t tag, bool write, uint64_t addr)
{
    struct board_record r = {.cycle = 10,
                             .kind = BOARD_DMA,
                             .addr = addr,
                             .sid = sid,
                             .len = 4,
                             .tag = tag,
                             .flags = write ? BUS_WRITE : 0,
                             .data = {0xA0, 1, 2, 3}};

    scoreboard_board(sb, &r);
}

static void accept(struct scoreboard *sb, uint8_t tag, bool write, uint64_t addr)
{
    accept_of(sb, SID, tag, write, addr);
}

static void answer(struct scoreboard *sb, uint8_t tag, bool ok, uint64_t pa, uint8_t fault)
{
    struct board_record r = {.cycle = 30,
                             .kind = BOARD_ANSWER,
                             .tag = tag,
                             .ok = ok,
                             .addr = pa,
                             .value = fault,
                             .data = {0, 0, 0, 0}};

    scoreboard_board(sb, &r);
}

static void access_at(struct scoreboard *sb, uint8_t src, bool write, uint64_t addr, unsigned bytes,
                      const void *data)
{
    struct rec_bus b = {.cycle = 20,
                        .seq = sb->bus.acks,
                        .addr = addr & ~UINT64_C(15),
                        .src = src,
                        .flags = write ? BUS_WRITE : 0};

    b.be = (uint16_t)(((1u << bytes) - 1) << (addr & 15));
    memcpy(b.data + (addr & 15), data, bytes);
    scoreboard_bus(sb, &b);
}

static const uint8_t payload[4] = {0xA0, 1, 2, 3}, zeros[16];

static void told(struct scoreboard *sb, enum board_kind kind, uint64_t lo, uint64_t hi)
{
    struct board_record r = {.cycle = 25, .kind = (uint8_t)kind};

    memcpy(r.data, &lo, 8);
    memcpy(r.data + 8, &hi, 8);
    scoreboard_board(sb, &r);
}

static void reg(struct scoreboard *sb, uint32_t offset, uint32_t value)
{
    sb->beat.cycle = 5;
    own_iommu_write(sb, offset, 4, value);
}

static void reads(struct scoreboard *sb, uint32_t offset, uint32_t value, uint64_t cycle)
{
    sb->beat.cycle = cycle;
    own_iommu_read(sb, offset, 4, value);
}

static void pass(struct scoreboard *sb, uint64_t cycle)
{
    scoreboard_window(sb, cycle, 0, false);
}

/* --- requests --- */

GT_TEST(own_iommu, what_a_request_may_write_is_the_models)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, true, PLACE);
    access_at(sb, BUS_DMA, true, PLACE, 4, payload);
    EXPECT_U64(0xA0, ram[PLACE]);
    answer(sb, 1, true, PLACE, 0);
    EXPECT_U64(1, sb->counts.stimuli[STIM_LEGAL_ANSWER]);
    expect_agreed(sb);
}

GT_TEST(own_iommu, what_it_may_not_write_is_not_taken_over)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, true, PLACE);
    access_at(sb, BUS_DMA, true, PLACE + 0x100000, 4, payload);
    EXPECT_U64(0, ram[PLACE]);
    expect_first(sb, "bus", "record"); /* nothing is there, and nothing reached the board */
    sb = begun();
    accept(sb, 1, true, 0x1100); /* translation is off */
    access_at(sb, BUS_DMA, true, 0x100, 4, payload);
    EXPECT_U64(0, ram[0x100]);
    expect_first(sb, "legality", "verdict");
}

GT_TEST(own_iommu, data_of_no_request_is_seen)
{
    struct scoreboard *sb = begun();

    access_at(sb, BUS_DMA, true, PLACE, 4, payload);
    expect_first(sb, "pins", "bus_req_o");
    sb = begun();
    accept(sb, 1, false, PLACE); /* a read */
    access_at(sb, BUS_DMA, true, PLACE, 4, payload);
    EXPECT_U64(0, ram[PLACE]);
    expect_first(sb, "pins", "bus_req_o");
}

GT_TEST(own_iommu, what_was_read_is_what_memory_holds)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, false, PLACE);
    access_at(sb, BUS_DMA, false, PLACE, 4, payload);
    expect_first(sb, "bus", "data");
}

GT_TEST(own_iommu, the_answer_has_what_was_read)
{
    struct scoreboard *sb = begun();
    struct board_record r = {.cycle = 30, .kind = BOARD_ANSWER, .tag = 1, .ok = 1, .addr = PLACE};

    accept(sb, 1, false, PLACE);
    access_at(sb, BUS_DMA, false, PLACE, 4, zeros);
    r.data[2] = 7;
    scoreboard_board(sb, &r);
    expect_first(sb, "legality", "dma_rsp_o.rdata");
}

GT_TEST(own_iommu, an_answer_that_moved_nothing_is_seen)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, true, PLACE);
    answer(sb, 1, true, PLACE, 0);
    expect_first(sb, "legality", "access");
}

GT_TEST(own_iommu, an_answer_is_judged)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, true, PLACE);
    answer(sb, 1, false, 0, 5); /* translation is off: no fault */
    expect_first(sb, "legality", "verdict");
}

GT_TEST(own_iommu, an_answer_without_a_request_is_seen)
{
    struct scoreboard *sb = begun();

    answer(sb, 1, true, PLACE, 0);
    expect_first(sb, "pins", "dma_rsp_valid_o");
}

GT_TEST(own_iommu, what_moves_twice_is_seen)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, true, PLACE);
    access_at(sb, BUS_DMA, true, PLACE, 4, payload);
    access_at(sb, BUS_DMA, true, PLACE, 4, payload);
    answer(sb, 1, true, PLACE, 0);
    expect_first(sb, "pins", "bus_req_o");
}

GT_TEST(own_iommu, writes_of_one_requester_keep_their_order)
{
    struct scoreboard *sb = begun();

    accept(sb, 1, true, PLACE);
    accept(sb, 2, true, PLACE + 16);
    access_at(sb, BUS_DMA, true, PLACE + 16, 4, payload);
    access_at(sb, BUS_DMA, true, PLACE, 4, payload);
    answer(sb, 2, true, PLACE + 16, 0);
    answer(sb, 1, true, PLACE, 0);
    expect_first(sb, "order", "write");
}

GT_TEST(own_iommu, a_request_is_accepted_and_answered_in_time)
{
    struct scoreboard *sb = begun();

    said(sb, BOARD_OFFER, 10, 0);
    pass(sb, 5010);
    EXPECT_TRUE(!sb->diff.failed);
    pass(sb, 5011);
    expect_first(sb, "dma", "dma_ready_o");
    sb = begun();
    accept(sb, 1, true, PLACE);
    pass(sb, 5010);
    EXPECT_TRUE(!sb->diff.failed);
    pass(sb, 5011);
    expect_first(sb, "dma", "dma_rsp_valid_o");
}

/* --- faults, events --- */

/* The root table lies at 0, where nothing is present. */
static struct scoreboard *faulting(void)
{
    struct scoreboard *sb = begun();

    reg(sb, FEDATA, 0x31);
    reg(sb, FEADDR, (uint32_t)EVENT_AT);
    reg(sb, FECTL, 0);
    reg(sb, GCMD, TE);
    accept(sb, 1, true, PLACE);
    return sb;
}

GT_TEST(own_iommu, a_record_that_may_be_is_what_software_reads)
{
    struct scoreboard *sb = faulting();

    told(sb, BOARD_RECORDED, 0, RECORD_HI);
    reads(sb, FRCD + 12, (uint32_t)(RECORD_HI >> 32), 40);
    reads(sb, FSTS, 2, 40);
    EXPECT_TRUE(!sb->diff.failed);
    reads(sb, FSTS, 0, 40);
    expect_first(sb, "registers", "FSTS");
}

GT_TEST(own_iommu, in_the_cycle_of_a_record_software_may_read_what_was)
{
    struct scoreboard *sb = faulting();

    told(sb, BOARD_RECORDED, 0, RECORD_HI);
    reads(sb, FSTS, 0, 25);
    EXPECT_TRUE(!sb->diff.failed);
    reads(sb, FSTS, 0, 26);
    expect_first(sb, "registers", "FSTS");
}

GT_TEST(own_iommu, a_record_of_another_fault_is_not_taken_over)
{
    struct scoreboard *sb = faulting();

    told(sb, BOARD_RECORDED, 0, RECORD_HI ^ UINT64_C(0x400000000)); /* reason 5h */
    EXPECT_U64(0, iommu_register(sb->iommu, FRCD + 12));
    expect_first(sb, "legality", "frcd_o");
    sb = begun();
    told(sb, BOARD_RECORDED, 0, RECORD_HI); /* of nobody */
    expect_first(sb, "legality", "frcd_o");
}

GT_TEST(own_iommu, a_request_is_recorded_once)
{
    struct scoreboard *sb = faulting();
    struct board_record second = {.cycle = 26, .kind = BOARD_RECORDED, .tag = 1};
    uint64_t hi = RECORD_HI;

    told(sb, BOARD_RECORDED, 0, RECORD_HI);
    memcpy(second.data + 8, &hi, 8);
    scoreboard_board(sb, &second);
    EXPECT_U64(0, iommu_register(sb->iommu, FRCD + 28));
    expect_first(sb, "legality", "frcd_o");
    sb = faulting();
    accept(sb, 2, true, PLACE);
    told(sb, BOARD_RECORDED, 0, RECORD_HI);
    scoreboard_board(sb, &second);
    expect_agreed(sb);
}

/* Eight are recorded, the ninth is not. */
static struct scoreboard *overflown(void)
{
    struct scoreboard *sb = faulting();
    struct board_record r = {.cycle = 26, .kind = BOARD_RECORDED};
    uint64_t hi = RECORD_HI;

    memcpy(r.data + 8, &hi, 8);
    for (r.tag = 0; r.tag < 8; r.tag++) {
        scoreboard_board(sb, &r);
        answer(sb, 1, false, 0, 1);
        accept_of(sb, r.tag < 7 ? SID : SID + 1, 1, true, PLACE); /* who has no record yet */
    }
    return sb;
}

GT_TEST(own_iommu, a_fault_without_a_place_shows_as_overflow)
{
    struct scoreboard *sb = overflown();

    reads(sb, FSTS, 2, 40); /* it has not been answered */
    answer(sb, 1, false, 0, 1);
    EXPECT_TRUE(!sb->diff.failed);
    reads(sb, FSTS, 3, 40);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
    sb = overflown();
    answer(sb, 1, false, 0, 1);
    reads(sb, FSTS, 2, 40);
    expect_first(sb, "registers", "FSTS");
    sb = faulting();
    reads(sb, FSTS, 1, 40); /* every record is free */
    expect_first(sb, "registers", "FSTS");
}

GT_TEST(own_iommu, the_event_of_a_fault_is_sent)
{
    struct scoreboard *sb = faulting();
    uint32_t data = 0x31;

    told(sb, BOARD_RECORDED, 0, RECORD_HI);
    answer(sb, 1, false, 0, 1);
    pass(sb, 5025);
    EXPECT_TRUE(!sb->diff.failed);
    pass(sb, 5026);
    expect_first(sb, "message", "deadline");
    sb = faulting();
    told(sb, BOARD_RECORDED, 0, RECORD_HI);
    answer(sb, 1, false, 0, 1);
    said(sb, BOARD_WRITE, 20, 0);
    ((struct board_record *)ring_newest(&sb->board.accesses))->addr = EVENT_AT;
    ((struct board_record *)ring_newest(&sb->board.accesses))->len = 4;
    ((struct board_record *)ring_newest(&sb->board.accesses))->flags = BUS_WRITE;
    ((struct board_record *)ring_newest(&sb->board.accesses))->src = BUS_MESSAGE;
    memcpy(((struct board_record *)ring_newest(&sb->board.accesses))->data, &data, 4);
    access_at(sb, BUS_MESSAGE, true, EVENT_AT, 4, &data);
    pass(sb, 9000);
    expect_agreed(sb);
}

GT_TEST(own_iommu, a_message_of_nobody_is_seen)
{
    struct scoreboard *sb = begun();

    access_at(sb, BUS_MESSAGE, true, PLACE, 4, payload);
    EXPECT_U64(0, ram[PLACE]);
    expect_first(sb, "pins", "bus_req_o");
}

/* --- the queue --- */

#define WAIT_LO UINT64_C(0xA5A5A5A500000025)
#define STATUS  UINT64_C(0x800)

/* A wait with a status stands in the queue, at 0. */
static struct scoreboard *queued(uint64_t lo)
{
    struct scoreboard *sb = begun();
    const uint64_t descriptor[2] = {lo, STATUS};

    memcpy(ram, descriptor, sizeof(descriptor));
    reg(sb, IQT, 0x10);
    reg(sb, GCMD, QIE);
    return sb;
}

static void fetch(struct scoreboard *sb)
{
    access_at(sb, BUS_IOMMU_WALK, false, 0, 16, ram);
}

static const uint32_t status = 0xA5A5A5A5;

GT_TEST(own_iommu, a_wait_writes_its_status_and_is_told)
{
    struct scoreboard *sb = queued(WAIT_LO);

    fetch(sb);
    access_at(sb, BUS_IOMMU_WALK, true, STATUS, 4, &status);
    EXPECT_U64(0xA5, ram[STATUS]);
    told(sb, BOARD_DESCRIPTOR, WAIT_LO, STATUS);
    reads(sb, IQH, 0x10, 40);
    pass(sb, 9000);
    expect_agreed(sb);
}

GT_TEST(own_iommu, a_status_is_that_of_the_wait)
{
    struct scoreboard *sb = queued(WAIT_LO);
    const uint32_t other = 0xA5A5A5A4;

    fetch(sb);
    access_at(sb, BUS_IOMMU_WALK, true, STATUS, 4, &other);
    EXPECT_U64(0, ram[STATUS]);
    expect_first(sb, "pins", "bus_req_o");
}

GT_TEST(own_iommu, a_wait_is_not_told_without_its_status)
{
    struct scoreboard *sb = queued(WAIT_LO);

    fetch(sb);
    told(sb, BOARD_DESCRIPTOR, WAIT_LO, STATUS);
    expect_first(sb, "pins", "desc_valid_o");
}

GT_TEST(own_iommu, a_descriptor_is_read_before_it_is_told)
{
    struct scoreboard *sb = queued(WAIT_LO & ~UINT64_C(0x20));

    told(sb, BOARD_DESCRIPTOR, WAIT_LO & ~UINT64_C(0x20), STATUS);
    expect_first(sb, "pins", "desc_valid_o");
}

GT_TEST(own_iommu, a_wrong_descriptor_is_no_good_one)
{
    struct scoreboard *sb = queued(7);

    fetch(sb);
    told(sb, BOARD_DESCRIPTOR, 7, STATUS);
    expect_first(sb, "pins", "desc_valid_o");
}

GT_TEST(own_iommu, the_queue_does_not_stand)
{
    struct scoreboard *sb = queued(WAIT_LO);

    pass(sb, 5005);
    EXPECT_TRUE(!sb->diff.failed);
    pass(sb, 5006);
    expect_first(sb, "iommu", "deadline");
}

GT_TEST(own_iommu, the_head_is_not_behind_what_was_read)
{
    struct scoreboard *sb = queued(WAIT_LO);

    fetch(sb);
    reads(sb, IQH, 0, 40);
    reads(sb, IQH, 0x10, 40);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
    sb = queued(WAIT_LO);
    reads(sb, IQH, 0x10, 40);
    expect_first(sb, "registers", "IQH");
}

GT_TEST(own_iommu, an_error_of_the_queue_shows_where_there_is_one)
{
    struct scoreboard *sb = queued(7); /* of no type */

    fetch(sb);
    reads(sb, FSTS, 0, 40);
    reads(sb, FSTS, 0x10, 41);
    reads(sb, IQERCD, 3, 42);
    EXPECT_TRUE(!sb->diff.failed);
    reads(sb, FSTS, 0, 43); /* and stays */
    expect_first(sb, "registers", "FSTS");
    sb = queued(WAIT_LO);
    fetch(sb);
    reads(sb, FSTS, 0x10, 41);
    expect_first(sb, "registers", "FSTS");
}

/* --- registers --- */

GT_TEST(own_iommu, what_cap_leaves_to_a_design_is_its_own_and_stays)
{
    struct scoreboard *sb = begun();
    uint32_t high = iommu_register(sb->iommu, CAP_HI);

    reads(sb, CAP_HI, (high & ~(0x3Fu << 16)) | 9u << 16, 10); /* MAMV */
    reads(sb, CAP_HI, (high & ~(0x3Fu << 16)) | 9u << 16, 11);
    EXPECT_TRUE(!sb->diff.failed);
    reads(sb, CAP_HI, (high & ~(0x3Fu << 16)) | 8u << 16, 12);
    expect_first(sb, "registers", "CAP+4");
    sb = begun();
    reads(sb, CAP_HI, high ^ 1u << 8, 10); /* NFR */
    expect_first(sb, "registers", "CAP+4");
}

GT_TEST(own_iommu, an_invalidation_may_be_a_coarser_one)
{
    struct scoreboard *sb = begun();

    reg(sb, CCMD_HI, 0xC0000000); /* of a domain */
    reads(sb, CCMD_HI, 0x50000000, 10);
    reads(sb, CCMD_HI, 0x48000000, 11);
    EXPECT_TRUE(!sb->diff.failed);
    reads(sb, CCMD_HI, 0x58000000, 12);
    expect_first(sb, "registers", "CCMD+4");
}
