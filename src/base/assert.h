/* SPDX-License-Identifier: Apache-2.0 */
/* assert.h: checks of the library's own mistakes. They stay on in release builds; nothing that
 * comes from outside is ever asserted on. */
#ifndef WADI_BASE_ASSERT_H
#define WADI_BASE_ASSERT_H

#define WADI_ASSERT(condition)                    \
    (__builtin_expect(!!(condition), 1) ? (void)0 \
                                        : wadi__assert_failed(#condition, __FILE__, __LINE__))

/* Says what does not hold and where, and aborts. */
_Noreturn void wadi__assert_failed(const char *condition, const char *file, int line);
#endif
