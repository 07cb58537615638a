// SPDX-License-Identifier: Apache-2.0
// The 8259A pair, from its datasheet.
#include "devices/i8259.h"

#include "gt.h"

/* Ports: the low bit is A0. */
enum port { M0, M1, S0, S1 };

static void out(struct i8259_pair *p, enum port port, uint8_t v)
{
    (port < S0 ? &i8259_master_ops : &i8259_slave_ops)->write(p, port & 1u, 1, v);
}

static uint8_t in(struct i8259_pair *p, enum port port)
{
    return (uint8_t)(port < S0 ? &i8259_master_ops : &i8259_slave_ops)->read(p, port & 1u, 1);
}

static void program(struct i8259_pair *p, uint8_t icw4)
{
    static const uint8_t icws[] = {0x11, 0x20, 0x04, 0x11, 0x28, 0x02};

    i8259_init(p);
    for (unsigned i = 0; i < 3; i++)
        out(p, i == 0 ? M0 : M1, icws[i]);
    out(p, M1, icw4);
    for (unsigned i = 3; i < 6; i++)
        out(p, i == 3 ? S0 : S1, icws[i]);
    out(p, S1, icw4);
}

static uint8_t take(struct i8259_pair *p)
{
    struct i8259_offer o = i8259_offered(p);

    i8259_acknowledge(p, &o);
    return o.vector;
}

static void pulse(struct i8259_pair *p, unsigned line)
{
    i8259_input(p, line, false);
    i8259_input(p, line, true);
}

GT_TEST(i8259, at_reset_everything_is_masked)
{
    struct i8259_pair p;

    i8259_init(&p);
    for (unsigned line = 0; line < 16; line++)
        if (line != 2)
            i8259_input(&p, line, true);
    EXPECT_TRUE(!i8259_int(&p));
    EXPECT_U64(0xFF, in(&p, M1));
    EXPECT_U64(0xFB, in(&p, M0)); /* IRR: all but the cascade, behind which all is masked */
}

/* "Interrupt Sequence": the vector is ICW2's upper bits and the level; IR0 goes before IR1. */
GT_TEST(i8259, the_vector_names_the_level_of_highest_priority)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 5);
    pulse(&p, 1);
    EXPECT_U64(0x21, take(&p));
    EXPECT_TRUE(!i8259_int(&p)); /* IR5 waits for the EOI of IR1 */
    out(&p, M0, 0x20);
    EXPECT_U64(0x25, take(&p));
}

GT_TEST(i8259, the_slave_gives_the_vector_of_its_levels)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 12);
    EXPECT_U64(0x2C, take(&p));
    out(&p, M0, 0x0B);
    out(&p, S0, 0x0B);
    EXPECT_U64(0x04, in(&p, M0));
    EXPECT_U64(0x10, in(&p, S0));
}

GT_TEST(i8259, a_slave_of_another_number_gives_no_vector)
{
    struct i8259_pair p;

    program(&p, 1);
    out(&p, S0, 0x11);
    out(&p, S1, 0x28);
    out(&p, S1, 0x03);
    out(&p, S1, 0x01);
    pulse(&p, 12);
    EXPECT_U64(0xFF, take(&p));
}

/* "Edge and Level Triggered Modes": up until the acknowledge, otherwise IR7 by default. */
GT_TEST(i8259, a_request_that_falls_away_is_ir7_without_service)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 3);
    EXPECT_TRUE(i8259_int(&p));
    i8259_input(&p, 3, false);
    EXPECT_TRUE(!i8259_int(&p));
    EXPECT_U64(0x27, take(&p));
    out(&p, M0, 0x0B);
    EXPECT_U64(0, in(&p, M0));
}

GT_TEST(i8259, an_edge_is_taken_once_and_a_level_again)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 3);
    take(&p);
    out(&p, M0, 0x20);
    EXPECT_TRUE(!i8259_int(&p));
    i8259_elcr_ops.write(&p, 0, 1, 0xFF);
    EXPECT_U64(0xF8, i8259_elcr_ops.read(&p, 0, 1));
    EXPECT_U64(0x23, take(&p));
    EXPECT_TRUE(!i8259_int(&p));
    out(&p, M0, 0x20);
    EXPECT_U64(0x23, take(&p));
}

GT_TEST(i8259, elcr_has_no_bits_for_the_timer_keyboard_cascade_clock_and_coprocessor)
{
    struct i8259_pair p;

    i8259_init(&p);
    i8259_elcr_ops.write(&p, 1, 1, 0xFF);
    EXPECT_U64(0xDE, i8259_elcr_ops.read(&p, 1, 1));
}

/* "End of Interrupt": specific; "Automatic Rotation", "Specific Rotation". */
GT_TEST(i8259, rotation_puts_the_level_served_last)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 4);
    take(&p);
    out(&p, M0, 0xA0); /* rotate on non-specific EOI: IR5 is first now */
    pulse(&p, 4);
    pulse(&p, 6);
    EXPECT_U64(0x26, take(&p));
    out(&p, M0, 0x66); /* specific EOI */
    EXPECT_U64(0x24, take(&p));
    out(&p, M0, 0x64);
    out(&p, M0, 0xC0 | 2); /* set priority: IR2 is last, IR3 first */
    pulse(&p, 1);
    pulse(&p, 7);
    EXPECT_U64(0x27, take(&p));
    out(&p, M0, 0xE0 | 7); /* rotate on specific EOI: IR0 is first */
    EXPECT_U64(0x21, take(&p));
}

GT_TEST(i8259, automatic_eoi_leaves_nothing_in_service_and_may_rotate)
{
    struct i8259_pair p;

    program(&p, 3);
    pulse(&p, 1);
    pulse(&p, 2 + 8);
    pulse(&p, 3 + 8);
    EXPECT_U64(0x21, take(&p));
    EXPECT_U64(0x2A, take(&p));
    EXPECT_U64(0x2B, take(&p)); /* the slave's INT fell in between */
    EXPECT_TRUE(!i8259_int(&p));
    out(&p, M0, 0x80); /* rotate in automatic EOI mode */
    pulse(&p, 0);
    pulse(&p, 1);
    EXPECT_U64(0x20, take(&p));
    pulse(&p, 0);
    EXPECT_U64(0x21, take(&p));
}

/* "Special Mask Mode". */
GT_TEST(i8259, in_special_mask_mode_a_masked_level_in_service_holds_nothing_up)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 3);
    take(&p);
    pulse(&p, 6);
    out(&p, M1, 0x08);
    EXPECT_TRUE(!i8259_int(&p));
    out(&p, M0, 0x68);
    EXPECT_U64(0x26, take(&p));
    out(&p, M0, 0x20); /* a non-specific EOI passes the masked IS3 over */
    out(&p, M0, 0x0B);
    EXPECT_U64(0x08, in(&p, M0));
    out(&p, M0, 0x48); /* ends the mode */
    pulse(&p, 6);
    EXPECT_TRUE(!i8259_int(&p));
}

/* "The Special Fully Nested Mode". */
GT_TEST(i8259, in_special_fully_nested_mode_a_slave_may_interrupt_itself)
{
    for (unsigned special = 0; special < 2; special++) {
        struct i8259_pair p;

        program(&p, special ? 0x11 : 0x01);
        pulse(&p, 12);
        take(&p);
        pulse(&p, 9);
        EXPECT_U64(special, i8259_int(&p));
    }
}

/* "Poll Command": the next read is the acknowledge. */
GT_TEST(i8259, a_poll_acknowledges)
{
    struct i8259_pair p;

    program(&p, 1);
    out(&p, M0, 0x0C);
    EXPECT_U64(0, in(&p, M0));
    pulse(&p, 5);
    out(&p, M0, 0x0C);
    EXPECT_U64(0x85, in(&p, M1));
    EXPECT_U64(0x00, in(&p, M0)); /* IRR */
    out(&p, M0, 0x0B);
    EXPECT_U64(0x20, in(&p, M0));
}

/* "Initialization Command Word 1": edges, mask, service and special mask mode are forgotten. */
GT_TEST(i8259, icw1_begins_anew)
{
    struct i8259_pair p;

    program(&p, 1);
    pulse(&p, 3);
    take(&p);
    pulse(&p, 5);
    out(&p, M1, 0xAA);
    out(&p, M0, 0x0B);
    out(&p, M0, 0x11);
    EXPECT_U64(0, in(&p, M0)); /* IRR again: the edge of IR5 is gone */
    out(&p, M1, 0x40);
    out(&p, M1, 0x04);
    out(&p, M1, 0x01);
    EXPECT_U64(0, in(&p, M1));
    EXPECT_TRUE(!i8259_int(&p));
    pulse(&p, 5);
    EXPECT_U64(0x45, take(&p));
}

/* SNGL: no ICW3, and IR2 is an input like the others. IC4 = 0: no ICW4. */
GT_TEST(i8259, icw1_says_which_words_follow)
{
    struct i8259_pair p;

    program(&p, 1);
    out(&p, M0, 0x12);
    out(&p, M1, 0x50);
    out(&p, M1, 0xF0); /* OCW1 */
    EXPECT_U64(0xF0, in(&p, M1));
    pulse(&p, 12);
    EXPECT_U64(0x52, take(&p));
}
