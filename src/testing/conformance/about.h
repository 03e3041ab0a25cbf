/* SPDX-License-Identifier: Apache-2.0 */
/* about.h: the reasons for which a case may expect to fail, and how Wadi words each. */
#ifndef WADI_TESTING_CONFORMANCE_ABOUT_H
#define WADI_TESTING_CONFORMANCE_ABOUT_H
#include <stdbool.h>

bool wadi__case_about_is_known(const char *about);
/* Whether a message of Wadi's gives this reason. */
bool wadi__case_about_matches(const char *about, const char *message);
#endif
