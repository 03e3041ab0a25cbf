# SPDX-License-Identifier: Apache-2.0
"""blocks.py: the code blocks of a page, with what the tests are told about them.

    <!-- docs: send: to be or not to be -->
    ```c
    ...
    ```
    ```text output
    ...
    ```

The first word after the fence is the language, the second says what a block is: HACKING.md lists them. A
comment that begins with `docs:` holds "key: value" lines about the next block; readers do not see it."""

import os
import re
from dataclasses import dataclass, field

FENCE = re.compile(r"^```(.*)$")
COMMENT = re.compile(r"<!--\s*docs:(.*?)-->", re.DOTALL)


@dataclass
class Block:
    page: str
    line: int  # of its first line of text
    words: list  # after the fence
    text: str
    told: list = field(default_factory=list)  # (key, value)
    after: list = field(default_factory=list)  # `text` blocks that follow it, up to the next of C
    before: tuple = None  # of a program that upgrades another: that one

    @property
    def place(self):
        return f"{self.page}:{self.line}"

    def all(self, key):
        return [value for known, value in self.told if known == key]

    def one(self, key, default=None):
        values = self.all(key)
        return values[-1] if values else default


def read_told(comment):
    told = []
    for line in comment.strip().splitlines():
        key, colon, value = line.strip().partition(":")
        if not colon:
            raise ValueError(f"'{line}' is no 'key: value'")
        told.append((key.strip(), value.strip().encode().decode("unicode_escape")))
    return told


def of_page(path, root):
    """All blocks; those of `text` hang on the block before them."""
    page = os.path.relpath(path, root)
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    blocks, before, i = [], [], 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        if not fence:
            before.append(lines[i])
            i += 1
            continue
        begin = i + 1
        end = next((j for j in range(begin, len(lines)) if lines[j].startswith("```")), None)
        if end is None:
            raise ValueError(f"{page}:{begin}: a block without an end")
        told = [pair for comment in COMMENT.findall("\n".join(before)) for pair in read_told(comment)]
        block = Block(page, begin + 1, fence.group(1).split(), "\n".join(lines[begin:end]) + "\n", told)
        if block.words[:1] == ["text"] and blocks:
            blocks[-1].after.append(block)
        else:
            blocks.append(block)
        before, i = [], end + 1
    return blocks
