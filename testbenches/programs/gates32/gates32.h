// SPDX-License-Identifier: Apache-2.0
#ifndef GATES32_H
#define GATES32_H

#include "../system32/system32.h"

bool is_ringwalk(void);
void breakpoints(void);

#endif
