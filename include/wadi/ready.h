/* SPDX-License-Identifier: Apache-2.0 */
/* ready.h: ready-made functions, to be given to operators in place of declared ones.
 *
 * They take records of any shape and work on the fields after the key; in a type that is no record,
 * such as int64_t, on the value itself. Fields that are records count field by field. function.h
 * includes this header. */
#ifndef WADI_READY_H
#define WADI_READY_H
#pragma GCC system_header
#include <wadi/function.h>

/**
 * Reduce functions: each of the fields after the key is the sum, the difference (acc - in), the
 * less or the greater of both; concat puts `in` behind `acc`. For wadi_reduce, wadi_reduce_by_key,
 * wadi_fold, accumulators, windows.
 *
 * Shapes:    add, subtract: whole numbers, which wrap around, and floats. min, max: numbers, bool
 *            and strings, in the order that record.h tells. concat: strings and sequences, new ones
 *            in the task's memory.
 * Ownership: constants of the library.
 * Errors:    of the operator that gets it: WADI_E_TYPE, one of the fields is something else, or
 *            there is none.
 */
WADI_API const wadi_reduce_fn wadi_add, wadi_subtract, wadi_min, wadi_max, wadi_concat;

/**
 * Functions of strings: pieces between separators, empty ones too, which point into the string; and
 * whether `part` is anywhere in it. By vector code.
 *
 * Shapes:    separator, part: C strings of one byte or more.
 * Ownership: the text is copied, once for each different text, for the life of the process.
 * Threads:   any.
 * Errors:    of the operator that gets it: WADI_E_INVALID, the text is empty or NULL (or there was no
 *            memory to copy it); WADI_E_TYPE, the records are no strings.
 * Source:    Spark programs write _.split(" ") and _.contains(part).
 */
WADI_API wadi_flat_map_fn wadi_split_by(const char *separator);
WADI_API wadi_filter_fn wadi_containing(const char *part);

/**
 * Lines of "json" or "csv" into records of T: wadi_flat_map(lines, wadi_parse(click, "json")).
 *
 * Shapes:    json: an object a line, fields by name; those that T lacks are passed by, those that
 *            are missing or null are zero. csv: cells by position, as many as T has fields and
 *            elements of arrays, quoted as RFC 4180 has it. Empty lines are passed by; damaged ones
 *            too, and each task logs how many, with the first of them.
 * Ownership: strings of the records point into the line or at the task's memory. What the call
 *            itself keeps, once for each T and format, lives as long as the process.
 * Threads:   any.
 * Errors:    of the operator that gets it: WADI_E_INVALID, another format; WADI_E_TYPE, the format
 *            has no form for T; WADI_E_INVALID too, the JSON module is not installed.
 */
#define wadi_parse(T, format) wadi__parse(WADI_TYPE(T), (format))
WADI_API wadi_flat_map_fn wadi__parse(const wadi_type *type, const char *format);

/**
 * Joins, cogroups and groups without a function: wadi_join(a, b, wadi_fields_into(both)).
 *
 * Shapes:    fields_into, for joins: Out has the key, the fields after it of the left side, those
 *            of the right side, in this order, names aside. In outer joins those of a side that may
 *            lack are WADI_OPTION fields, which in other places may be too. For zip and cartesian,
 *            which have no common key, Out has all fields of both sides. A type that is no record
 *            counts as one field. lists_into, for cogroups: Out has the key and a WADI_SEQ for each
 *            side: of its records, or of their values where they are a key and one value.
 *            list_into, for groups: the same of one side. The result's key, and so its partitioner,
 *            stays known.
 * Ownership: constants of the library; lists are in the task's memory.
 * Threads:   any.
 * Errors:    of the operator that gets it: WADI_E_TYPE, the fields of Out are not these; the
 *            message names one.
 * Source:    what Spark's join and cogroup give by themselves, as pairs.
 */
#define wadi_fields_into(Out) wadi__fields_into(WADI_TYPE(Out))
#define wadi_lists_into(Out) wadi__lists_into(WADI_TYPE(Out))
#define wadi_list_into(Out) wadi__list_into(WADI_TYPE(Out))
WADI_API wadi_join_fn wadi__fields_into(const wadi_type *out);
WADI_API wadi_cogroup_fn wadi__lists_into(const wadi_type *out);
WADI_API wadi_group_fn wadi__list_into(const wadi_type *out);
#endif
