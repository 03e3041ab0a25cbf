# SPDX-License-Identifier: Apache-2.0
"""fragments.py: pieces of C cut into declarations, which stand outside of functions, and statements."""

import re

WORD_OF_STATEMENT = re.compile(r"^(if|for|while|do|switch|return|else)\b")
DECLARES = re.compile(r"^(#|typedef\b|static\b|extern\b|enum\b|WADI_[A-Z_]+\()")
FUNCTION = re.compile(r"^[a-z_][\w\s*]*?\b(\w+)\([^;]*\)\s*\{")
PROTOTYPE = re.compile(r"^[a-z_]\w*[\s*][\w\s*]*\([^()]*\);$")
NAMES = [
    re.compile(r"^(WADI_(?:ALIAS|DESCRIBE)\(\s*\w+)"),  # of a type that has been declared by that name
    re.compile(r"^WADI_[A-Z_]+\(\s*(\w+)"),
    re.compile(r"^typedef\b.*?(\w+);\s*$", re.DOTALL),
    re.compile(r"^#include\s+(\S+)"),
    re.compile(r"^#define\s+(\w+)"),
    re.compile(r"^(?:static|extern)?[\w\s*]*?\b(\w+)\("),
]
STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)


def without_comments(chunk):
    return re.sub(r"/\*.*?\*/", "", chunk, flags=re.DOTALL).strip()


def is_whole(chunk):
    """Whether a statement, a declaration or a directive ends here."""
    code = STRING_OR_COMMENT.sub(lambda m: '""' if m.group()[0] in "\"'" else "", chunk).strip()
    if not code or chunk.count("/*") > chunk.count("*/"):
        return False
    if code.startswith("#"):
        return not code.endswith("\\")
    depth = sum(code.count(c) for c in "({[") - sum(code.count(c) for c in ")}]")
    return depth == 0 and code[-1] in ";}"


def chunks_of(text):
    chunk = ""
    for line in text.splitlines(keepends=True):
        chunk += line
        if is_whole(chunk):
            yield chunk
            chunk = ""
    if chunk.strip():
        yield chunk


def is_declaration(chunk):
    code = without_comments(chunk)
    is_function = FUNCTION.match(code) or PROTOTYPE.match(code)
    return bool(DECLARES.match(code) or (is_function and not WORD_OF_STATEMENT.match(code)))


def name_of(chunk):
    code = without_comments(chunk)
    for pattern in NAMES:
        match = pattern.match(code)
        if match:
            return match.group(1)
    return code


def split(text, name):
    """({name: declaration}, statements), each under the line of the page's program NAME.c where it stands."""
    declarations, statements, line = {}, "", 1
    for chunk in chunks_of(text):
        placed = f'#line {line} "{name}.c"\n{chunk}'
        line += chunk.count("\n")
        if is_declaration(chunk):
            declarations[name_of(chunk)] = placed
        else:
            statements += placed
    return declarations, statements
