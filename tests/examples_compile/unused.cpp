// SPDX-License-Identifier: Apache-2.0
// unused.cpp: the same in C++.
#include "unused.c"
