// SPDX-License-Identifier: Apache-2.0
// cosim/trigger: what is understood, what is refused, what is met.
#include "trigger.h"

#include <string.h>

#include "gt.h"
#include "record.h"

static char error[400];

static bool parses(const char *text, struct trigger *t)
{
    return trigger_parse(text, NULL, t, error, sizeof(error));
}

static bool refused(const char *text, const char *why)
{
    struct trigger t;

    return !parses(text, &t) && strstr(error, why) != NULL;
}

GT_TEST(trigger, a_fault_of_an_error_code)
{
    struct rec_xlate x = {.fault = 1, .error_code = 7, .va = 0x1000};
    struct trigger t;

    EXPECT_TRUE(parses("xlate.fault=7 and va=0x1000", &t));
    EXPECT_U64(400, t.before);
    EXPECT_U64(60, t.after);
    x.error_code = 6;
    EXPECT_TRUE(!trigger_met(&t, &type_xlate, &x));
    x.error_code = 7;
    x.fault = 0;
    EXPECT_TRUE(!trigger_met(&t, &type_xlate, &x));
    x.fault = 1;
    x.va++;
    EXPECT_TRUE(!trigger_met(&t, &type_xlate, &x));
    x.va--;
    EXPECT_TRUE(trigger_met(&t, &type_xlate, &x));
    EXPECT_TRUE(!trigger_met(&t, &type_xlate, &x)); /* the first one alone */
    EXPECT_TRUE(parses("xlate.fault=0", &t));       /* a fault with the error code 0 */
    x.error_code = x.fault = 0;
    EXPECT_TRUE(!trigger_met(&t, &type_xlate, &x));
}

GT_TEST(trigger, the_nth_and_the_window)
{
    struct rec_dma d = {.fault = 5};
    struct trigger t;

    EXPECT_TRUE(parses(" dma.fault != 0 , nth=3 , before=10,after = 0x20", &t));
    EXPECT_U64(10, t.before);
    EXPECT_U64(32, t.after);
    EXPECT_TRUE(!trigger_met(&t, &type_dma, &d));
    EXPECT_TRUE(!trigger_met(&t, &type_iwalk, &d)); /* another stream */
    EXPECT_TRUE(!trigger_met(&t, &type_dma, &d));
    EXPECT_TRUE(trigger_met(&t, &type_dma, &d));
}

GT_TEST(trigger, each_comparison)
{
    static const struct {
        const char *text;
        bool below, at, above;
    } rows[] = {{"retire.vector=13", false, true, false}, {"retire.vector!=13", true, false, true},
                {"retire.vector<13", true, false, false}, {"retire.vector<=13", true, true, false},
                {"retire.vector>13", false, false, true}, {"retire.vector>=13", false, true, true},
                {"retire.vector", true, true, true}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (uint8_t vector = 12; vector < 15; vector++) {
            struct rec_retire r = {.vector = vector};
            struct trigger t;

            EXPECT_TRUE(parses(rows[i].text, &t));
            EXPECT_TRUE(trigger_met(&t, &type_retire, &r) == (vector == 12   ? rows[i].below
                                                              : vector == 13 ? rows[i].at
                                                                             : rows[i].above));
        }
}

GT_TEST(trigger, what_is_refused)
{
    EXPECT_TRUE(refused("", "there is no ''"));
    EXPECT_TRUE(refused("stale", "there is no 'stale'"));
    EXPECT_TRUE(refused("xlate", "a field is missing behind 'xlate'"));
    EXPECT_TRUE(refused("xlate.nothing", "no field 'nothing'"));
    EXPECT_TRUE(refused("retire.bytes", "no field 'bytes'")); /* no number */
    EXPECT_TRUE(refused("retire.rip=", "a value is missing"));
    EXPECT_TRUE(refused("retire.rip=main", "neither a number nor a symbol"));
    EXPECT_TRUE(refused("retire.rip=1+x", "not a number"));
    EXPECT_TRUE(refused("retire.rip=0x10000000000000000", "neither a number"));
    EXPECT_TRUE(refused("retire.rip=1 and", "no field ''"));
    EXPECT_TRUE(refused("retire.rip=1 or cpl=3", "only `and` joins"));
    EXPECT_TRUE(refused("retire.rip=1,nth=0", "out of range"));
    EXPECT_TRUE(refused("retire.rip=1,often=2", "not 'often'"));
    EXPECT_TRUE(refused("retire.rip=1,nth", "a number is missing"));
    EXPECT_TRUE(refused("retire.rip=1)", "not understood from here on: ')'"));
    EXPECT_TRUE(refused("retire.rip and rip and rip and rip and rip and rip and rip", "too many"));
}
