/* SPDX-License-Identifier: Apache-2.0 */
/* conf_value.c: numbers, durations, sizes and choices from text. */
#include "base/conf_value.h"

#include "base/conf_nearest.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Text in work: without the spaces around it. */
typedef struct piece {
    const char *at;
    size_t size;
} piece;

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static int lower(char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

static piece trim(const char *text) {
    while (is_space(*text)) text++;
    size_t size = strlen(text);
    while (size > 0 && is_space(text[size - 1])) size--;
    return (piece){text, size};
}
static bool is_word(piece text, const char *word) {
    size_t i = 0;
    while (i < text.size && word[i] != 0 && lower(text.at[i]) == lower(word[i])) i++;
    return i == text.size && word[i] == 0;
}

/* Takes a whole number off the front; too large ones become the largest. False: there is none. */
static bool take_whole(piece *text, int64_t *whole) {
    size_t i = 0;
    bool is_negative = text->size > 0 && text->at[0] == '-';
    if (text->size > 0 && (text->at[0] == '-' || text->at[0] == '+')) i++;
    if (i == text->size || !is_digit(text->at[i])) return false;
    for (*whole = 0; i < text->size && is_digit(text->at[i]); i++) {
        int digit = is_negative ? '0' - text->at[i] : text->at[i] - '0';
        if (__builtin_mul_overflow(*whole, 10, whole) ||
            __builtin_add_overflow(*whole, digit, whole))
            *whole = is_negative ? INT64_MIN : INT64_MAX;
    }
    text->at += i;
    text->size -= i;
    return true;
}

typedef struct suffix {
    const char *word;
    int64_t times, by; /* value * times / by, in the row's unit */
} suffix;
static const suffix ms_suffixes[] = {
    {"", 1, 1},        {"us", 1, 1000},   {"ms", 1, 1},       {"s", 1000, 1}, {"m", 60000, 1},
    {"min", 60000, 1}, {"h", 3600000, 1}, {"d", 86400000, 1}, {NULL, 0, 0},
};
static const suffix second_suffixes[] = {
    {"", 1, 1},     {"us", 1, 1000000}, {"ms", 1, 1000}, {"s", 1, 1},  {"m", 60, 1},
    {"min", 60, 1}, {"h", 3600, 1},     {"d", 86400, 1}, {NULL, 0, 0},
};
static const suffix byte_suffixes[] = {
    {"", 1, 1},          {"b", 1, 1},          {"k", 1LL << 10, 1}, {"kb", 1LL << 10, 1},
    {"m", 1LL << 20, 1}, {"mb", 1LL << 20, 1}, {"g", 1LL << 30, 1}, {"gb", 1LL << 30, 1},
    {"t", 1LL << 40, 1}, {"tb", 1LL << 40, 1}, {"p", 1LL << 50, 1}, {"pb", 1LL << 50, 1},
    {NULL, 0, 0},
};
static const suffix no_suffixes[] = {{"", 1, 1}, {NULL, 0, 0}};

static bool parse_whole(piece text, const suffix *at, int64_t *whole) {
    if (!take_whole(&text, whole)) return false;
    while (at->word != NULL && !is_word(text, at->word)) at++;
    if (at->word == NULL) return false;
    bool is_negative = *whole < 0;
    if (__builtin_mul_overflow(*whole, at->times, whole))
        *whole = is_negative ? INT64_MIN : INT64_MAX; /* far out of every range */
    *whole /= at->by;
    return true;
}
/* With a point, whatever locale the program has set. */
static bool parse_real(piece text, double *real) {
    char copy[64], *end;
    if (text.size == 0 || text.size >= sizeof copy) return false;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* static, so there always is one */
    memcpy(copy, text.at, text.size);
    copy[text.size] = 0;
    *real = strtod_l(copy, &end, plain);
    freelocale(plain);
    return *end == 0 && isfinite(*real);
}

/* What a type takes, in words, after "which is no". */
static const char *const type_words[] = {
    [WADI__CONF_TYPE_BOOL] = "truth value: true or false",
    [WADI__CONF_TYPE_INT] = "whole number",
    [WADI__CONF_TYPE_DOUBLE] = "number",
    [WADI__CONF_TYPE_BYTES] = "size such as 512k, 64m or 2g",
    [WADI__CONF_TYPE_MS] = "duration such as 200ms, 5s or 2min",
    [WADI__CONF_TYPE_SECONDS] = "duration such as 5s, 2min or 1h",
};

/* "is 'abc' ": the value, cut and without control characters. */
static size_t begin_why(char *why, size_t size, piece text) {
    char shown[81];
    size_t n = text.size < sizeof shown - 1 ? text.size : sizeof shown - 1;
    memcpy(shown, text.at, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)shown[i] < 32) shown[i] = '?';
    shown[n] = 0;
    int len = snprintf(why, size, "is '%s%s'", shown, n < text.size ? ".." : "");
    return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}
static bool refuse_form(const wadi__conf_entry *row, piece text, char *why, size_t size) {
    size_t at = begin_why(why, size, text);
    snprintf(why + at, size - at, ", which is no %s", type_words[row->type]);
    return false;
}
static bool refuse_range(const wadi__conf_entry *row, piece text, char *why, size_t size) {
    size_t at = begin_why(why, size, text);
    snprintf(why + at, size - at, "; it must be from %.15g to %.15g%s%s", row->min, row->max,
             row->unit[0] != 0 ? " " : "", row->unit);
    return false;
}
static bool refuse_choice(const wadi__conf_entry *row, piece text, char *why, size_t size) {
    const char *nearest = NULL;
    size_t nearest_size = 0, least = SIZE_MAX;
    char list[256] = "";
    for (const char *at = row->choices; at != NULL;) {
        size_t word_size = strcspn(at, "|"), used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%.*s", used > 0 ? ", " : "", (int)word_size,
                 at);
        size_t distance = wadi__conf_distance(text.at, text.size, at, word_size);
        if (distance < least) least = distance, nearest = at, nearest_size = word_size;
        at = at[word_size] == '|' ? at + word_size + 1 : NULL;
    }
    size_t at = begin_why(why, size, text);
    if (nearest_size == strlen(list))
        snprintf(why + at, size - at, "; it must be %s", list);
    else
        snprintf(why + at, size - at, "; it must be one of %s; did you mean '%.*s'?", list,
                 (int)nearest_size, nearest);
    return false;
}

static bool parse_choice(const wadi__conf_entry *row, piece text, char *why, size_t why_size) {
    for (const char *at = row->choices; at != NULL;) {
        size_t size = strcspn(at, "|");
        if (size == text.size && memcmp(at, text.at, size) == 0) return true;
        at = at[size] == '|' ? at + size + 1 : NULL;
    }
    return refuse_choice(row, text, why, why_size);
}

bool wadi__conf_value_parse(const wadi__conf_entry *row, const char *value,
                            wadi__conf_number *number, char *why, size_t why_size) {
    piece text = trim(value);
    bool is_read = true;
    *number = (wadi__conf_number){0, 0};
    switch (row->type) {
    case WADI__CONF_TYPE_STRING: return true;
    case WADI__CONF_TYPE_CHOICE: return parse_choice(row, text, why, why_size);
    case WADI__CONF_TYPE_BOOL:
        number->whole = is_word(text, "true");
        return number->whole != 0 || is_word(text, "false") ||
               refuse_form(row, text, why, why_size);
    case WADI__CONF_TYPE_DOUBLE: is_read = parse_real(text, &number->real); break;
    case WADI__CONF_TYPE_INT: is_read = parse_whole(text, no_suffixes, &number->whole); break;
    case WADI__CONF_TYPE_BYTES: is_read = parse_whole(text, byte_suffixes, &number->whole); break;
    case WADI__CONF_TYPE_MS: is_read = parse_whole(text, ms_suffixes, &number->whole); break;
    case WADI__CONF_TYPE_SECONDS:
        is_read = parse_whole(text, second_suffixes, &number->whole);
        break;
    }
    if (!is_read) return refuse_form(row, text, why, why_size);
    if (row->type != WADI__CONF_TYPE_DOUBLE) number->real = (double)number->whole;
    if (number->real < row->min || number->real > row->max)
        return refuse_range(row, text, why, why_size);
    return true;
}
