// SPDX-License-Identifier: Apache-2.0
// The shim between tests in C and GoogleTest.
#include "gt.h"

#include <gtest/gtest.h>
#include <iomanip>
#include <vector>

namespace
{

struct c_test {
    const char *suite, *name, *file;
    int line;
    gt_function *run;
};

// Constructors of other files may register before any object here would be made.
std::vector<c_test> &tests()
{
    static std::vector<c_test> all;
    return all;
}

class c_fixture : public testing::Test
{
  public:
    explicit c_fixture(gt_function *run) : run_(run)
    {
    }
    void TestBody() override
    {
        run_();
    }

  private:
    gt_function *run_;
};

} // namespace

void gt_register(const char *suite, const char *name, const char *file, int line, gt_function *run)
{
    tests().push_back({suite, name, file, line, run});
}

void gt_expect_u64(const char *file, int line, const char *expected_text, const char *actual_text,
                   uint64_t expected, uint64_t actual)
{
    if (expected != actual)
        ADD_FAILURE_AT(file, line) << std::hex << std::showbase << actual_text << " is " << actual
                                   << ", expected " << expected << " (" << expected_text << ")";
}

void gt_expect_true(const char *file, int line, const char *text, bool value)
{
    if (!value)
        ADD_FAILURE_AT(file, line) << text << " is false";
}

void gt_expect_str(const char *file, int line, const char *actual_text, const char *expected,
                   const char *actual)
{
    if (std::string(expected) != actual)
        ADD_FAILURE_AT(file, line)
            << actual_text << " is \"" << actual << "\", expected \"" << expected << "\"";
}

int main(int argc, char **argv)
{
    testing::InitGoogleTest(&argc, argv);
    for (const c_test &t : tests())
        testing::RegisterTest(t.suite, t.name, nullptr, nullptr, t.file, t.line,
                              [t]() -> testing::Test * { return new c_fixture(t.run); });
    return RUN_ALL_TESTS();
}
