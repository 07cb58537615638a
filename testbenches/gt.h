// SPDX-License-Identifier: Apache-2.0
// GoogleTest for tests written in C: GT_TEST registers a function, EXPECT_* report through gt.cc.
#ifndef GT_H
#define GT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void gt_function(void);

void gt_register(const char *suite, const char *name, const char *file, int line, gt_function *run);
void gt_expect_u64(const char *file, int line, const char *expected_text, const char *actual_text,
                   uint64_t expected, uint64_t actual);
void gt_expect_true(const char *file, int line, const char *text, bool value);
void gt_expect_str(const char *file, int line, const char *actual_text, const char *expected,
                   const char *actual);

#ifdef __cplusplus
}
#endif

#define GT_TEST(suite, name)                                                                       \
    static void gt_##suite##_##name(void);                                                         \
    __attribute__((constructor)) static void gt_register_##suite##_##name(void)                    \
    {                                                                                              \
        gt_register(#suite, #name, __FILE__, __LINE__, gt_##suite##_##name);                       \
    }                                                                                              \
    static void gt_##suite##_##name(void)

#define EXPECT_U64(expected, actual)                                                               \
    gt_expect_u64(__FILE__, __LINE__, #expected, #actual, (uint64_t)(expected), (uint64_t)(actual))
#define EXPECT_TRUE(value)           gt_expect_true(__FILE__, __LINE__, #value, (value))
#define EXPECT_STR(expected, actual) gt_expect_str(__FILE__, __LINE__, #actual, expected, actual)

#endif
