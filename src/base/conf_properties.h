/* SPDX-License-Identifier: Apache-2.0 */
/* conf_properties.h: a reader of files in the properties form, as java.util.Properties.load() has
 * it and Spark's settings files use it:
 *
 *     # a comment, also with !
 *     name value
 *     name = value          the first blank, = or : that has no \ before it ends the name
 *     name: a long \        a \ at the end of a line goes on with the next one,
 *           value           whose leading blanks do not count
 *     name caf\u00e9\n      \t \n \r \f \uXXXX; before any other character a \ is dropped
 *
 * Lines end with LF, CR LF or CR. The bytes are UTF-8. Lives on the caller's stack; one thread. */
#ifndef WADI_BASE_CONF_PROPERTIES_H
#define WADI_BASE_CONF_PROPERTIES_H
#include <stdbool.h>
#include <stddef.h>

typedef struct wadi__properties {
    /* the setting that was read last; the texts live until the next one is read */
    const char *name, *value; /* both NULL when there is a mistake */
    const char *mistake;      /* what is wrong with its line, else NULL; static text */
    int line;                 /* where it begins, from 1 */
    /* the reader's own */
    const char *at, *end;
    int next_line;
    char *buffer; /* holds what is left unescaped, so it is as large as the input */
} wadi__properties;

/* `bytes` stay the caller's and must live as long as the reader. False: no memory. */
bool wadi__properties_open(wadi__properties *reader, const char *bytes, size_t size);
/* The next setting, or the next line that is wrong. False: that was all. */
bool wadi__properties_next(wadi__properties *reader);
void wadi__properties_close(wadi__properties *reader);
#endif
