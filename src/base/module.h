/* SPDX-License-Identifier: Apache-2.0 */
/* module.h: parts of the library that need others' libraries stand in shared objects of their own,
 * which are loaded when they are first asked for: the library itself needs none of them. */
#ifndef WADI_BASE_MODULE_H
#define WADI_BASE_MODULE_H
#include <wadi/error.h>

/* The table that the module wadi-NAME.so exports as `symbol`. It stays loaded. Looked for in
 * WADI_MODULE_PATH (folders with colons between), beside the library or the program that it is part
 * of, in "wadi" there, and where the library was installed. NULL: err says what is missing. Any
 * thread. */
const void *wadi__module_open(const char *name, const char *symbol, wadi_error *err);
#endif
