/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h: searching text with vector instructions, chosen when the process starts: AVX-512 with VBMI2
 * where there is one, else plain C. (AVX2 brings nothing over SSE here: see docs/decisions.)
 *
 * The bytes searched may be followed by WADI__SCAN_PADDING readable ones; none of the functions reads
 * further, and the results never depend on them. */
#ifndef WADI_DATA_SCAN_H
#define WADI_DATA_SCAN_H
#include <wadi/record.h>

enum { WADI__SCAN_PADDING = 64 };

/* Cuts whole lines: rows[i] is line i without its "\n" or "\r\n". Stops at rows_max lines, or before the
 * unfinished last one. Returns how many; *used is where the rest begins. */
size_t wadi__scan_lines(const char *bytes, size_t size, wadi_str *rows, size_t rows_max, size_t *used);

/* How many "\n" there are. */
size_t wadi__scan_count_lines(const char *bytes, size_t size);

/* Where `part` occurs first, or NULL; part_size >= 1. */
const char *wadi__scan_find(const char *bytes, size_t size, const char *part, size_t part_size);

/* Which of rows (or of rows[selected[i]]) contain `part`: their indices to `kept`. Rows that lie side by
 * side in memory are searched at once. Returns how many. */
size_t wadi__scan_containing(const wadi_str *rows, const uint32_t *selected, size_t count,
                             const char *part, size_t part_size, uint32_t *kept);

/* Of the lines of text, cuts those that contain `part`, as wadi__scan_lines does; the last line may lack its
 * end. Stops at rows_max of them. */
size_t wadi__scan_lines_containing(const char *text, size_t size, const char *part, size_t part_size,
                                   wadi_str *rows, size_t rows_max, size_t *used);

/* "avx512" or "plain". For tests: wadi__scan_use_plain(true) takes the plain one from now on. */
const char *wadi__scan_variant(void);
void wadi__scan_use_plain(bool plain);
#endif
