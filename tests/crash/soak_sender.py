# SPDX-License-Identifier: Apache-2.0
"""soak_sender.py: text for a soak, sent again until it is acknowledged, so many groups a second. What a group says follows
from its number, so that what it adds to the counts is known."""

import collections
import random
import struct
import time

from of_receiver import Sender

VOCABULARY, TEXTS, WORDS_A_LINE, LINES = 200000, 64, 12, 1000
CATCH_UP_S = 1  # what was not sent in a longer pause is not made up for

Weights = collections.namedtuple("Weights", "text words lines count weight")


def word(number):
    return f"a-longer-word-{number}" if number % 4 == 0 else f"word-{number}"


def _make_texts():
    """Some words come often, most seldom."""
    chance, texts = random.Random(1), []
    for _ in range(TEXTS):
        numbers = [int(VOCABULARY * chance.random() ** 2) for _ in range(LINES * WORDS_A_LINE)]
        lines = [" ".join(map(word, numbers[at:at + WORDS_A_LINE])) for at in range(0, len(numbers), WORDS_A_LINE)]
        text = "".join(line + "\n" for line in lines).encode()
        texts.append(Weights(text, collections.Counter(map(word, numbers)), LINES, len(numbers), sum(numbers)))
    return texts


_texts = _make_texts()


def weights_of(group):
    return _texts[group % TEXTS]


def words_of(batches):
    """All that is counted in them, by word."""
    times, words = collections.Counter(), collections.Counter()
    for group in batches.counted:
        times[group % TEXTS] += batches.count_of(group)
    for text, n in times.items():
        for each, count in _texts[text].words.items():
            words[each] += n * count
    return words


class TextSender(Sender):
    def __init__(self, chance):
        super().__init__(chance)
        self.rate = 20.0  # groups a second
        self.due = 0

    def _new_group(self):
        return [self.acknowledged]

    def _bytes_of(self, group):
        text = weights_of(group[0]).text
        return struct.pack("=qq", group[0], len(text)) + text

    def _pause(self):
        now = time.monotonic()
        self.due = max(self.due + 1 / self.rate, now - CATCH_UP_S)
        time.sleep(max(0, self.due - now))
