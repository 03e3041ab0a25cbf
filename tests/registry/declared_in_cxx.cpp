// SPDX-License-Identifier: Apache-2.0
// declared_in_cxx.cpp: a function declared in C++.
#include "shared_record.h"

WADI_MAP(cxx_negate, pair, pair) { *out = pair{in->key, -in->value}; }
