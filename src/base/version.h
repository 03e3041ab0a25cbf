/* SPDX-License-Identifier: Apache-2.0 */
/* version.h: the library's version, that of meson.build, which checks it. */
#ifndef WADI_BASE_VERSION_H
#define WADI_BASE_VERSION_H
#define WADI__VERSION "0.1.0"
#endif
