// SPDX-License-Identifier: Apache-2.0
// See lines.hh.
#include "lines.hh"

#ifdef RW_LINES

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

#include "verilated_cov.h"

void lines_leave(VerilatedContext &context)
{
    static unsigned left;
    const char *folder = std::getenv("RW_LINES");

    if (folder == nullptr)
        return;
    std::string name =
        std::string(folder) + "/" + std::to_string(getpid()) + "-" + std::to_string(left++);
    std::string part = name + ".part";
    context.coveragep()->write(part.c_str());
    // Verilator's writer does not say when it failed; a whole file has its last line.
    if (std::rename(part.c_str(), (name + ".dat").c_str()) != 0) {
        std::fprintf(stderr, "ringwalk: %s: %s\n", folder, std::strerror(errno));
        std::exit(2);
    }
}

#else

void lines_leave(VerilatedContext &)
{
}

#endif
