/* SPDX-License-Identifier: Apache-2.0 */
/* json_simd.cpp: the module wadi-json.so: simdjson's on-demand parser behind a C table. Values go
 * straight into the fields that the descriptor names; nothing is built in between. */
#include "data/json.h"

#include <wadi/str.h>

#include <limits>
#include <new>
#include <simdjson.h>

namespace {
using namespace simdjson;

struct parse_run {
    const char *line, *original; /* the bytes that are read, and those that strings point at */
    const char *end;
    void *(*alloc)(void *arg, size_t size);
    void *alloc_arg;
    const char *why = nullptr;

    bool no(const char *reason) {
        if (why == nullptr) why = reason;
        return false;
    }
    bool no(error_code error) { return error != MEMALLOC && no(error_message(error)); }
};

template <class V> bool is_null(V &value) {
    bool null;
    return !value.is_null().get(null) && null;
}
template <class T> bool put_whole(parse_run &run, int64_t v, void *to) {
    if (v < std::numeric_limits<T>::min() || v > std::numeric_limits<T>::max())
        return run.no("a number too large for its field");
    T narrow = static_cast<T>(v);
    memcpy(to, &narrow, sizeof narrow);
    return true;
}
template <class V> bool fill_int(parse_run &run, V &value, uint32_t size, void *to) {
    int64_t v;
    if (auto error = value.get_int64().get(v)) return run.no(error);
    switch (size) {
    case 1: return put_whole<int8_t>(run, v, to);
    case 2: return put_whole<int16_t>(run, v, to);
    case 4: return put_whole<int32_t>(run, v, to);
    default: memcpy(to, &v, 8); return true;
    }
}
template <class V> bool fill_uint(parse_run &run, V &value, uint32_t size, void *to) {
    uint64_t v;
    if (auto error = value.get_uint64().get(v)) return run.no(error);
    if (size < 8 && v >> (8 * size) != 0) return run.no("a number too large for its field");
    memcpy(to, &v, size);
    return true;
}
template <class V> bool fill_float(parse_run &run, V &value, uint32_t size, void *to) {
    double v;
    if (auto error = value.get_double().get(v)) return run.no(error);
    float narrow = static_cast<float>(v);
    memcpy(to, size == 4 ? static_cast<const void *>(&narrow) : static_cast<const void *>(&v),
           size);
    return true;
}
/* From the byte behind the opening quote up to the closing one, if no escape comes first. */
const char *plain_end(const parse_run &run, const char *from) {
    const char *quote =
        static_cast<const char *>(memchr(from, '"', static_cast<size_t>(run.end - from)));
    if (quote == nullptr || memchr(from, '\\', static_cast<size_t>(quote - from)) != nullptr)
        return nullptr;
    return quote;
}
std::string_view token_of(ondemand::value &value) { return value.raw_json_token(); }
std::string_view token_of(ondemand::document &value) {
    std::string_view token;
    return value.raw_json_token().get(token) ? std::string_view() : token;
}
/* A value that was looked at is passed by when its array or object goes on; a document is not. */
void pass_by(ondemand::value &) {}
void pass_by(ondemand::document &value) { (void)value.get_raw_json_string(); }
template <class V> bool fill_str(parse_run &run, V &value, void *to) {
    std::string_view token = token_of(value);
    if (token.empty() || token[0] != '"') return run.no("no string");
    const char *from = token.data() + 1, *until = plain_end(run, from);
    wadi_str s;
    if (until != nullptr) {
        s = wadi_str_view(run.original + (from - run.line), static_cast<size_t>(until - from));
        pass_by(value);
    } else {
        std::string_view text;
        if (auto error = value.get_string().get(text)) return run.no(error);
        char *copy = static_cast<char *>(run.alloc(run.alloc_arg, text.size()));
        if (copy == nullptr) return false;
        memcpy(copy, text.data(), text.size());
        s = wadi_str_view(copy, text.size());
    }
    memcpy(to, &s, sizeof s);
    return true;
}

template <class V> bool fill(parse_run &run, V &value, const wadi_type *type, char *to);

/* Fills at most `room` elements; *count tells how many there were. */
bool fill_elements(parse_run &run, ondemand::array &array, const wadi_type *element, char *to,
                   size_t room, size_t *count) {
    *count = 0;
    for (auto item : array) {
        ondemand::value value;
        if (auto error = item.get(value)) return run.no(error);
        if (*count == room) return run.no("too many elements");
        if (!fill(run, value, element, to + *count * element->size)) return false;
        ++*count;
    }
    return true;
}
template <class V> bool fill_array(parse_run &run, V &value, const wadi_field *field, char *to) {
    ondemand::array array;
    size_t count;
    if (is_null(value)) return true;
    if (auto error = value.get_array().get(array)) return run.no(error);
    if (!fill_elements(run, array, field->type, to, field->count, &count)) return false;
    return count == field->count || run.no("too few elements");
}
template <class V> bool fill_seq(parse_run &run, V &value, const wadi_type *element, char *to) {
    ondemand::array array;
    size_t room, count = 0;
    if (auto error = value.get_array().get(array)) return run.no(error);
    if (auto error = array.count_elements().get(room)) return run.no(error);
    wadi_str_list seq = {nullptr, 0}; /* all sequences have this layout */
    if (room > 0) {
        char *items = static_cast<char *>(run.alloc(run.alloc_arg, room * element->size));
        if (items == nullptr) return false;
        memset(items, 0, room * element->size);
        if (!fill_elements(run, array, element, items, room, &count)) return false;
        seq.items = reinterpret_cast<const wadi_str *>(items);
        seq.count = count;
    }
    memcpy(to, &seq, sizeof seq);
    return true;
}
/* Whether the key that begins at `raw` is `name`. */
bool is_named(const char *raw, const char *name) {
    while (*name != 0 && *raw == *name) raw++, name++;
    return *name == 0 && *raw == '"';
}
/* The field that a key names; keys mostly come in the order of the fields, so `next` is tried
 * first. */
const wadi_field *find_field(const parse_run &run, ondemand::field &pair, const wadi_type *type,
                             uint32_t *next) {
    const char *raw = pair.key().raw();
    for (uint32_t i = 0; i < type->field_count; i++) {
        uint32_t at = *next + i < type->field_count ? *next + i : *next + i - type->field_count;
        if (!is_named(raw, type->fields[at].name)) continue;
        *next = at + 1 < type->field_count ? at + 1 : 0;
        return &type->fields[at];
    }
    if (plain_end(run, raw) != nullptr) return nullptr;
    std::string_view name; /* with escapes */
    if (pair.unescaped_key().get(name)) return nullptr;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (name == type->fields[i].name) return &type->fields[i];
    return nullptr;
}
template <class V> bool fill_record(parse_run &run, V &value, const wadi_type *type, char *to) {
    ondemand::object object;
    uint32_t next = 0;
    if (auto error = value.get_object().get(object)) return run.no(error);
    for (auto item : object) {
        ondemand::field pair;
        if (auto error = std::move(item).get(pair)) return run.no(error);
        const wadi_field *field = find_field(run, pair, type, &next);
        if (field == nullptr) continue;
        ondemand::value inner = pair.value();
        char *at = to + field->offset;
        if (field->count > 1 ? !fill_array(run, inner, field, at)
                             : !fill(run, inner, field->type, at))
            return false;
    }
    return true;
}
template <class V> bool fill(parse_run &run, V &value, const wadi_type *type, char *to) {
    ondemand::json_type found;
    if (auto error = value.type().get(found)) return run.no(error);
    if (found == ondemand::json_type::null) {
        memset(to, 0, type->size); /* also when the name came before */
        return is_null(value) || run.no("neither a value nor null");
    }
    switch (type->kind) {
    case WADI_KIND_BOOL: {
        bool v;
        if (auto error = value.get_bool().get(v)) return run.no(error);
        *to = v ? 1 : 0;
        return true;
    }
    case WADI_KIND_INT: return fill_int(run, value, type->size, to);
    case WADI_KIND_UINT: return fill_uint(run, value, type->size, to);
    case WADI_KIND_FLOAT: return fill_float(run, value, type->size, to);
    case WADI_KIND_STR: return fill_str(run, value, to);
    case WADI_KIND_RECORD: return fill_record(run, value, type, to);
    case WADI_KIND_SEQ: return fill_seq(run, value, type->element, to);
    case WADI_KIND_ALIAS: return fill(run, value, type->element, to);
    case WADI_KIND_OPTION: to[type->element->size] = 1; return fill(run, value, type->element, to);
    default: return run.no("a type that has no form in JSON");
    }
}

bool json_parse(void *parser, const wadi_type *type, const char *line, size_t size,
                const char *original, void *record, void *(*alloc)(void *arg, size_t size),
                void *alloc_arg, const char **why) {
    parse_run run{line, original, line + size, alloc, alloc_arg};
    ondemand::document document;
    padded_string_view text(line, size, size + SIMDJSON_PADDING);
    auto error = static_cast<ondemand::parser *>(parser)->iterate(text).get(document);
    bool done = error ? run.no(error) : fill(run, document, type, static_cast<char *>(record));
    const char *rest;
    if (done && document.current_location().get(rest) == SUCCESS)
        done = run.no("text behind the value");
    *why = run.why;
    return done;
}
void *json_open() { return new (std::nothrow) ondemand::parser; }
void json_close(void *parser) { delete static_cast<ondemand::parser *>(parser); }
} // namespace

extern "C" __attribute__((visibility("default"))) const wadi__json_ops wadi__json_module = {
    WADI__JSON_OPS_VERSION, SIMDJSON_PADDING, json_open, json_close, json_parse};
