#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""model.py DRIVER SEED COUNT [OPTION ...]: random pipelines, with what SEMANTICS.md says comes out of them, run by the driver.
model.py --print SEED COUNT prints the cases instead.

The model is a plain interpreter over Python lists, with a function for each operator, that knows nothing of the
library. A dataset is a list of partitions and maybe the number of partitions that its keys are hashed over. What
lies where after a shuffle is not known: from then on only the elements count, not their order, unless they were
sorted. How many partitions a join or sort of datasets has is not said; from then on they are not counted."""

import json
import os
import random
import subprocess
import sys
import tempfile

# ---- Datasets. Elements: int, str, ("pair", k, v), ("list", (..)), ("bag", (..)), ("some", x), ("none",). ----


class Rdd:
    def __init__(self, parts, hashed=None, is_exact=True, is_ordered=None, is_counted=True):
        self.parts, self.hashed, self.is_exact = parts, hashed, is_exact
        self.is_ordered = is_exact if is_ordered is None else is_ordered  # all elements, one after another
        self.is_counted = is_counted  # there are as many partitions

    def all(self):
        return [x for part in self.parts for x in part]

    def each_part(self, f, hashed=None):
        return Rdd([f(part) for part in self.parts], hashed, self.is_exact, self.is_ordered, self.is_counted)

    def each(self, f, hashed=None):
        return self.each_part(lambda part: [y for x in part for y in f(x)], hashed)


def shuffled(elements, n, by_key=True):
    return Rdd([list(elements)] + [[] for _ in range(n - 1)], n if by_key else None, False)


def joined_somehow(elements):
    return Rdd([list(elements)], None, False, is_counted=False)


def sort_by_key(rdd):
    keys = [p[1] for p in rdd.all()]
    return Rdd([sorted(rdd.all(), key=lambda p: p[1])], None, False, len(set(keys)) == len(keys), False)


def union(rdds):
    filled = [rdd for rdd in rdds if rdd.parts]
    hashes = {rdd.hashed for rdd in filled}
    if not all(rdd.is_counted for rdd in rdds):  # they may or may not be put together by their keys
        return joined_somehow([x for rdd in rdds for x in rdd.all()])
    if len(hashes) == 1 and None not in hashes:
        return shuffled([x for rdd in filled for x in rdd.all()], hashes.pop())
    return Rdd([part for rdd in rdds for part in rdd.parts], None, all(rdd.is_exact for rdd in rdds))


class BadBatch(Exception):
    pass


def need(rdd):
    if rdd is None:
        raise BadBatch("a parent produced no RDD")
    return rdd


class Stream:
    """compute(t) gives the dataset of a time, or None. `kind` says what the elements are."""

    def __init__(self, slide, kind, compute):
        self.slide, self.kind, self.compute, self.known = slide, kind, compute, {}

    def at(self, t):
        if t <= 0 or t % self.slide:
            return None
        if t not in self.known:
            self.known[t] = self.compute(t)
        return self.known[t]


def unary(parent, kind, f):
    """No dataset gives none."""
    def compute(t):
        rdd = parent.at(t)
        return None if rdd is None else f(rdd)
    return Stream(parent.slide, kind, compute)


mistakes = []  # made while the graph of a case is built, in order


def transformed(parents, kind, f):
    """No dataset fails the batch."""
    if len({parent.slide for parent in parents}) > 1:
        mistakes.append("different slide durations")
    return Stream(parents[0].slide, kind, lambda t: f(t, *[need(parent.at(t)) for parent in parents]))


def window(parent, length, slide):
    if length % parent.slide:
        mistakes.append("window not a multiple of parent slide")
    if slide % parent.slide:
        mistakes.append("slide not a multiple of parent slide")

    def compute(t):
        members = [parent.at(at) for at in range(t - length + parent.slide, t + 1, parent.slide)]
        return union([rdd for rdd in members if rdd is not None])
    return Stream(slide, parent.kind, compute)


def reduced_values(f, rdds):
    """By key: what f makes of the values of some datasets, oldest first."""
    groups = {}
    for rdd in rdds:
        for p in [] if rdd is None else rdd.all():
            groups.setdefault(p[1], []).append(p[2])
    return {k: f(values) for k, values in groups.items()}


def reduced_window(parent, length, slide, f, n):
    """reduceByKeyAndWindow without an inverse."""
    inner = window(parent, length, slide)
    return Stream(inner.slide, parent.kind, lambda t: shuffled(
        [pair(k, v) for k, v in reduced_values(f, [inner.compute(t)]).items()], n))


def updated_window(parent, length, slide, n, keeps):
    """The same with sums, from the window before: Spark's ReducedWindowedDStream, word for word."""
    inner = window(parent, length, slide)  # for the checks

    def compute(t):
        before = stream.at(t - slide)
        start, step = t - length + parent.slide, parent.slide  # of the window's batches
        old = reduced_values(sum, [parent.at(at) for at in range(start - slide, start - step + 1, step)])
        new = reduced_values(sum, [parent.at(at) for at in range(t - slide + step, t + 1, step)])
        values = {} if before is None else {p[1]: p[2] for p in before.all()}
        for k in {**old, **new}:
            if k not in values and k not in new:
                raise BadBatch("no previous value and no new value for a key")
            values[k] = values[k] - old.get(k, 0) + new.get(k, 0) if k in values else new[k]
        return shuffled([pair(k, v) for k, v in values.items() if keeps(pair(k, v))], n)
    stream = Stream(inner.slide, parent.kind, compute)
    return stream


# ---- Kinds of elements: "int", "str", "any", or ("pair", key, value); "open" has bags inside. ----

def is_pair(kind):
    return isinstance(kind, tuple)


def is_open(kind):
    return kind == "open" or is_pair(kind) and kind[2] == "open"


def pair(k, v):
    return ("pair", k, v)


def characters(s):
    return list(s)


MAPS = {  # by the kind of element: name, argument or None, kind of the result, function
    "int": [
        ("add_const", 7, "int", lambda x: x + 7), ("mul_const", -3, "int", lambda x: x * -3),
        ("negate", None, "int", lambda x: -x), ("to_string", None, "str", str),
        ("pair_mod_one", 4, ("pair", "int", "int"), lambda x: pair(abs(x) % 4 * (1 if x >= 0 else -1), 1)),
        ("pair_self", None, ("pair", "int", "int"), lambda x: pair(x, x)),
    ],
    "str": [
        ("len", None, "int", len), ("to_upper", None, "str", str.upper),
        ("pair_len", None, ("pair", "str", "int"), lambda x: pair(x, len(x))),
    ],
}
FLAT_MAPS = {
    "int": [("x_and_double", None, "int", lambda x: [x, 2 * x]), ("v_and_plus", 5, "int", lambda x: [x, x + 5])],
    "str": [
        ("split_space", None, "str", lambda s: s.split(" ")), ("chars", None, "str", characters),
        ("suffix_1_2", None, "str", lambda s: [s + "1", s + "2"]),
        ("len_chars", None, ("pair", "int", "str"), lambda s: [pair(len(s), c) for c in s]),
    ],
}
FILTERS = {
    "int": [("even", None, lambda x: x % 2 == 0), ("gt", 3, lambda x: x > 3)],
    "str": [("contains", "a", lambda s: "a" in s)],
}
PAIR_FILTERS = {  # by the kind of the value
    "int": [("value_nonzero", None, lambda p: p[2] != 0), ("value_positive", None, lambda p: p[2] > 0),
            ("value_ge", 2, lambda p: p[2] >= 2)],
}
def expire(values, old):
    counter, idle = old[1:] if old is not None else (0, 0)
    idle = idle + 1 if sum(values) == 0 else 0
    return None if idle == 2 else pair(counter + sum(values), idle)


UPDATES = {  # of the batch time, the values of a key, its state or None; the new state or None
    "running_sum": lambda t, values, old: (old or 0) + sum(values),
    "append_list": lambda t, values, old: ("bag", (old[1] if old is not None else ()) + tuple(values)),
    "time_sum_if_values": lambda t, values, old: (old or 0) + (t if values else 0),
    "drop_when_idle": lambda t, values, old: (old or 0) + sum(values) if values else None,
    "expire_after_two_idle": lambda t, values, old: expire(values, old),
}
MAPS_WITH_STATE = {  # of a key, a value, the state or None; what is emitted, and the new state or None
    "emit_nothing": lambda k, v, old: ([], v + (old or 0)),
    "emit_sum": lambda k, v, old: ([v + (old or 0)], v + (old or 0)),
    "emit_pair": lambda k, v, old: ([pair(k, v + (old or 0))], v + (old or 0)),
    "emit_key_twice": lambda k, v, old: ([k + k], v + (old or 0)),
    "toggle_emit_removed": lambda k, v, old: ([], v) if old is None else ([k], None),
    "emit_key_on_timeout": lambda k, v, old: ([], 1),
    "set_once_emit_key_on_timeout": lambda k, v, old: ([], v if old is None else old),
}
WORDS = ["a", "b", "ab", "", "a b", "ca", "some longer word", "a b  c"]


def named(name, argument):
    return name if argument is None else [name, argument]


# ---- Generating: each function picks parameters, and returns (operator, stream), or None where it does not fit ----


class Generator:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.now = 0  # the batch that is being made
        self.batch_ms = self.chance.choice([100, 300, 1000])
        self.parallelism = self.chance.choice([1, 2, 2, 3, 5])
        self.partitions = self.chance.choice([1, 2, 2, 3])
        self.batches = self.chance.randint(1, 5)
        self.inputs = {}
        self.used = set()

    def choose(self, items):
        return self.chance.choice(list(items))

    # inputs

    def element(self, kind):
        if kind == "int":
            return self.chance.randint(-9, 20)
        if kind == "str":
            return self.choose(WORDS)
        return pair(self.element(kind[1]), self.element(kind[2]))

    def add_input(self, name):
        kind = self.choose(["int", "str", ("pair", "str", "int"), ("pair", "int", "str"), ("pair", "str", "str")])
        nulls = self.choose([0, 0, 0, 0.3])
        batches = [None if self.chance.random() < nulls else
                   [self.element(kind) for _ in range(self.chance.randint(0, 5))] for _ in range(self.batches)]

        def compute(t):
            k = t // self.batch_ms - 1
            batch = batches[k] if k < len(batches) else []
            n, p = 0 if batch is None else len(batch), self.partitions
            return None if batch is None else Rdd([batch[i * n // p:(i + 1) * n // p] for i in range(p)])
        self.inputs[name] = (batches, Stream(self.batch_ms, kind, compute))

    # operators

    def map(self, s):
        choices = [("identity", None, s.kind, lambda x: x)]
        if not is_open(s.kind):
            choices += [("pair_one", None, ("pair", s.kind if s.kind in ("int", "str") else "any", "int"),
                         lambda x: pair(x, 1)),
                        ("pair_const", "c", ("pair", s.kind if s.kind in ("int", "str") else "any", "str"),
                         lambda x: pair(x, "c"))]
        if is_pair(s.kind):
            choices.append(("key", None, s.kind[1], lambda p: p[1]))
            if s.kind[2] in ("int", "str"):
                choices += [("value", None, s.kind[2], lambda p: p[2]),
                            ("swap", None, ("pair", s.kind[2], s.kind[1]), lambda p: pair(p[2], p[1]))]
        else:
            choices += 2 * MAPS.get(s.kind, [])
        name, argument, kind, f = self.choose(choices)
        return {"op": "map", "fn": named(name, argument)}, unary(s, kind, lambda rdd: rdd.each(lambda x: [f(x)]))

    def flat_map(self, s):
        choices = FLAT_MAPS.get(s.kind, []) if not is_pair(s.kind) else []
        if is_pair(s.kind) and s.kind[1] == "str" and s.kind[2] in ("int", "str"):
            choices = [("value_chars", None, ("pair", s.kind[2], "str"), lambda p: [pair(p[2], c) for c in p[1]])]
        if not choices:
            return None
        name, argument, kind, f = self.choose(choices)
        return {"op": "flatMap", "fn": named(name, argument)}, unary(s, kind, lambda rdd: rdd.each(f))

    def filter_of(self, s):
        choices = [("none_pass", None, lambda x: False)]
        if is_pair(s.kind):
            choices += 2 * PAIR_FILTERS.get(s.kind[2], [])
            if s.kind[1] == "str":
                choices += 2 * [("key_contains", "a", lambda p: "a" in p[1])]
        else:
            choices += 3 * FILTERS.get(s.kind, [])
        return self.choose(choices)

    def filter(self, s):
        name, argument, f = self.filter_of(s)
        return ({"op": "filter", "fn": named(name, argument)},
                unary(s, s.kind, lambda rdd: rdd.each(lambda x: [x] if f(x) else [], rdd.hashed)))

    def map_partitions(self, s):
        if s.kind == "int":
            name, kind, f = "sum_partition", "int", lambda part: [sum(part)]
        elif s.kind == "str":
            name, kind, f = "concat_upper", "str", lambda part: ["".join(part).upper()]
        elif is_pair(s.kind) and s.kind[2] in ("int", "str"):
            name, kind, f = "swap_all", ("pair", s.kind[2], s.kind[1]), lambda part: [pair(p[2], p[1]) for p in part]
        else:
            return None
        return {"op": "mapPartitions", "fn": name}, self.if_exact(s, kind, lambda rdd: rdd.each_part(f), name == "swap_all")

    def if_exact(self, s, kind, f, always=False):
        """Only where it is known what lies in which partition."""
        if not always and not self.exact.get(id(s), False):
            return None
        return unary(s, kind, f)

    def glom(self, s):
        made = self.if_exact(s, "open" if is_open(s.kind) else "any",
                             lambda rdd: rdd.each_part(lambda part: [("list", tuple(part))]))
        return {"op": "glom"}, made

    def map_values(self, s):
        if not is_pair(s.kind) or s.kind[2] not in MAPS:
            return None
        name, argument, kind, f = self.choose([m for m in MAPS[s.kind[2]] if not is_pair(m[2])])
        return ({"op": "mapValues", "fn": named(name, argument)},
                unary(s, ("pair", s.kind[1], kind), lambda rdd: rdd.each(lambda p: [pair(p[1], f(p[2]))], rdd.hashed)))

    def flat_map_values(self, s):
        if not is_pair(s.kind) or s.kind[2] not in FLAT_MAPS:
            return None
        name, argument, kind, f = self.choose([m for m in FLAT_MAPS[s.kind[2]] if not is_pair(m[2])])
        return ({"op": "flatMapValues", "fn": named(name, argument)},
                unary(s, ("pair", s.kind[1], kind),
                      lambda rdd: rdd.each(lambda p: [pair(p[1], v) for v in f(p[2])], rdd.hashed)))

    def repartition(self, s):
        n = self.chance.randint(1, 5)
        return ({"op": "repartition", "numPartitions": n},
                transformed([s], s.kind, lambda t, rdd: shuffled(rdd.all(), n, by_key=False)))

    def persist(self, s):
        if s is self.mapped:  # snapshots come right after what they are of
            return None
        return {"op": "persist"}, s

    def durations(self, s, op, needs_slide=False):
        """Adds them to an operator."""
        length, slide = s.slide * self.chance.randint(1, 4), s.slide * self.choose([1, 1, 2, 3])
        if self.chance.random() < 0.03:
            length += self.batch_ms // 2
        op["window_ms"] = length
        if needs_slide or slide != s.slide or self.chance.random() < 0.5:
            op["slide_ms"] = slide
        return length, slide

    def window(self, s):
        op = {"op": "window"}
        length, slide = self.durations(s, op)
        return op, window(s, length, slide)

    def reduce_by_window(self, s):
        if s.kind != "int":
            return None
        name, f, inverse = self.choose([("sum", sum, None), ("max", max, None), ("sum", sum, "sub")])
        op = {"op": "reduceByWindow", "fn": name}
        length, slide = self.durations(s, op, needs_slide=True)
        return self.of_one_key(s, op, f, length, slide, inverse, lambda x: [pair(0, x)])

    def count_by_window(self, s):
        op = {"op": "countByWindow"}
        length, slide = self.durations(s, op, needs_slide=True)
        return self.of_one_key(s, op, sum, length, slide, "sub", lambda x: [pair(0, 1)])

    def of_one_key(self, s, op, f, length, slide, inverse, to_pair):
        """A window of one key, without the key."""
        self.keeps_windows = True
        pairs = unary(s, ("pair", "int", "int"), lambda rdd: rdd.each(to_pair))
        if inverse is not None:
            op.update({"inv_fn": inverse} if op["op"] == "reduceByWindow" else {})
            made = updated_window(pairs, length, slide, 1, lambda p: True)
        else:
            made = reduced_window(pairs, length, slide, f, 1)
        return op, unary(made, "int", lambda rdd: rdd.each(lambda p: [p[2]]))

    def reduce_by_key_and_window(self, s):
        if not is_pair(s.kind) or s.kind[2] != "int":
            return None
        self.keeps_windows = True
        name, f, inverse = self.choose([("sum", sum, None), ("max", max, None), ("sum", sum, "sub")])
        op, n = self.with_partitions({"op": "reduceByKeyAndWindow", "fn": name})
        length, slide = self.durations(s, op)
        if inverse is None:
            return op, reduced_window(s, length, slide, f, n)
        op["inv_fn"], keeps = inverse, lambda p: True
        if self.chance.random() < 0.4:
            filter_name, argument, keeps = self.choose(PAIR_FILTERS["int"])
            op["filter"] = named(filter_name, argument)
        return op, updated_window(s, length, slide, n, keeps)

    def count_by_value_and_window(self, s):
        if is_open(s.kind):
            return None
        self.keeps_windows = True
        op, n = self.with_partitions({"op": "countByValueAndWindow"})
        length, slide = self.durations(s, op, needs_slide=True)
        pairs = unary(s, ("pair", s.kind if s.kind in ("int", "str") else "any", "int"),
                      lambda rdd: rdd.each(lambda x: [pair(x, 1)]))
        return op, updated_window(pairs, length, slide, n, lambda p: p[2] != 0)

    def group_by_key_and_window(self, s):
        if not is_pair(s.kind):
            return None
        op, n = self.with_partitions({"op": "groupByKeyAndWindow"})
        length, slide = self.durations(s, op)
        inner = window(s, length, slide)
        return op, Stream(slide, ("pair", s.kind[1], "open"), lambda t: shuffled(
            [pair(k, ("bag", tuple(values))) for k, values in self.groups(inner.compute(t)).items()], n))

    def checkpoint(self, s):
        if s is self.mapped:
            return None  # that would be the interval at which keys time out
        return {"op": "checkpoint", "interval_ms": s.slide * self.chance.randint(1, 12)}, s

    def reduce(self, s):
        if s.kind != "int":
            return None
        name, f = self.choose([("sum", sum), ("max", max)])
        return ({"op": "reduce", "fn": name},
                unary(s, "int", lambda rdd: Rdd([[f(rdd.all())] if rdd.all() else []])))

    def count(self, s):
        return {"op": "count"}, transformed([s], "int", lambda t, rdd: shuffled([len(rdd.all())], self.parallelism, False))

    def with_partitions(self, op):
        if self.chance.random() < 0.6:
            op["numPartitions"] = self.chance.randint(1, 5)
        return op, op.get("numPartitions", self.parallelism)

    def count_by_value(self, s):
        if is_open(s.kind):
            return None
        op, n = self.with_partitions({"op": "countByValue"})

        def f(rdd):
            counts = {}
            for x in rdd.all():
                counts[x] = counts.get(x, 0) + 1
            return shuffled([pair(x, count) for x, count in counts.items()], n)
        return op, unary(s, ("pair", s.kind if s.kind in ("int", "str") else "any", "int"), f)

    @staticmethod
    def groups(rdd):
        groups = {}
        for p in rdd.all():
            groups.setdefault(p[1], []).append(p[2])
        return groups

    def group_by_key(self, s):
        if not is_pair(s.kind):
            return None
        op, n = self.with_partitions({"op": "groupByKey"})
        return op, unary(s, ("pair", s.kind[1], "open"), lambda rdd: shuffled(
            [pair(k, ("bag", tuple(values))) for k, values in self.groups(rdd).items()], n))

    def reduce_by_key(self, s):
        if not is_pair(s.kind) or s.kind[2] != "int":
            return None
        name, f = self.choose([("sum", sum), ("max", max)])
        op, n = self.with_partitions({"op": "reduceByKey", "fn": name})
        return op, unary(s, s.kind, lambda rdd: shuffled([pair(k, f(v)) for k, v in self.groups(rdd).items()], n))

    def combine_by_key(self, s):
        if not is_pair(s.kind) or s.kind[2] != "int":
            return None
        name, f = self.choose([("sum", sum), ("max", max)])
        op, n = self.with_partitions({"op": "combineByKey", "create": "identity", "merge_value": name,
                                      "merge_combiners": name})
        return op, unary(s, s.kind, lambda rdd: shuffled([pair(k, f(v)) for k, v in self.groups(rdd).items()], n))

    def join(self, s):
        if not is_pair(s.kind):
            return None
        side, other = self.sub_chain(lambda kind: is_pair(kind))
        name = self.choose(["join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin", "cogroup"])
        op, n = self.with_partitions({"op": name, "other": side})
        is_open_now = name == "cogroup" or is_open(s.kind) or is_open(other.kind)
        kind = ("pair", "any" if s.kind[1] != other.kind[1] else s.kind[1], "open" if is_open_now else "other")
        return op, transformed([s, other], kind, lambda t, left, right: shuffled(self.joined(name, left, right), n))

    def joined(self, name, left, right):
        left, right = self.groups(left), self.groups(right)
        result = []
        for k in {**left, **right}:
            vs, ws = left.get(k, []), right.get(k, [])
            if name == "cogroup":
                result.append(pair(k, pair(("bag", tuple(vs)), ("bag", tuple(ws)))))
                continue
            may_lack_left, may_lack_right = name in ("rightOuterJoin", "fullOuterJoin"), name in ("leftOuterJoin", "fullOuterJoin")
            vs = [("some", v) for v in vs] or [("none",)] if may_lack_left else vs
            ws = [("some", w) for w in ws] or [("none",)] if may_lack_right else ws
            result += [pair(k, pair(v, w)) for v in vs for w in ws]
        return result

    def united_kind(self, streams):
        kinds = {s.kind for s in streams}
        if len(kinds) == 1:
            return streams[0].kind
        return "open" if any(is_open(kind) for kind in kinds) else "any"

    @staticmethod
    def united(streams):
        """Union of their datasets. The driver maps pairs among other values, which forgets where their keys lie."""
        is_mixed = len({is_pair(s.kind) for s in streams}) > 1

        def unite(*rdds):
            made = union(rdds)
            return joined_somehow(made.all()) if is_mixed and made.hashed is not None else made
        return unite

    def union(self, s):
        sides = [self.sub_chain() for _ in range(self.choose([1, 1, 2]))]
        name = self.choose(["union", "contextUnion"])
        op = {"op": name, "others": [side for side, _ in sides]}
        streams = [s] + [stream for _, stream in sides]
        if name == "contextUnion":
            unite = self.united(streams)
            return op, transformed(streams, self.united_kind(streams), lambda t, *rdds: unite(*rdds))
        for i in range(1, len(streams)):
            kind, unite = self.united_kind(streams[:i + 1]), self.united([s, streams[i]])
            s = transformed([s, streams[i]], kind, lambda t, *rdds, unite=unite: unite(*rdds))
        return op, s

    def transform(self, s):
        steps, functions, kind = [], [], s.kind
        for _ in range(self.chance.randint(0, 3)):
            probe = Stream(s.slide, kind, None)
            step = self.choose(["map", "filter", "filter", "add", "cartesian", "sort"])
            if self.chance.random() < 0.01:
                functions.append(self.null_transform)
                steps.append({"op": "return_null"})
                break
            if step == "filter":
                name, argument, f = self.filter_of(probe)
                functions.append(lambda t, rdd, f=f: rdd.each(lambda x: [x] if f(x) else [], rdd.hashed))
                steps.append({"op": "filter", "fn": named(name, argument)})
            elif step == "add" and kind == "int":
                functions.append(lambda t, rdd: rdd.each(lambda x: [x + t]))
                steps.append({"op": "map", "fn": "add_batch_time_ms"})
            elif step == "map" and not is_pair(kind) and kind in MAPS:
                name, argument, kind, f = self.choose(MAPS[kind])
                functions.append(lambda t, rdd, f=f: rdd.each(lambda x: [f(x)]))
                steps.append({"op": "map", "fn": named(name, argument)})
            elif step == "cartesian" and not is_open(kind) and len(steps) == 0:
                k = kind if kind in ("int", "str") else "other"
                kind = ("pair", k if k != "other" else "any", k)
                functions.append(lambda t, rdd: Rdd([[pair(x, y) for x in a for y in b] for a in rdd.parts
                                                     for b in rdd.parts], None, rdd.is_exact,
                                                    is_counted=rdd.is_counted))
                steps.append({"op": "cartesian_self"})
            elif step == "sort" and is_pair(kind) and kind[1] in ("int", "str"):
                functions.append(lambda t, rdd: sort_by_key(rdd))
                steps.append({"op": "sortByKey"})

        def run(t, rdd):
            for f in functions:
                rdd = f(t, rdd)
            return rdd
        return {"op": "transform", "rdd_op": steps}, transformed([s], kind, run)

    @staticmethod
    def null_transform(t, rdd):
        raise BadBatch("transform returned null")

    def transform_with(self, s):
        if is_pair(s.kind) and self.chance.random() < 0.5:
            side, other = self.sub_chain(is_pair)
            name = self.choose(["join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin", "cogroup"])
            kind = ("pair", "any" if s.kind[1] != other.kind[1] else s.kind[1], "open")
            return ({"op": "transformWith", "other": side, "rdd_fn": name},
                    transformed([s, other], kind, lambda t, left, right: joined_somehow(self.joined(name, left, right))))
        side, other = self.sub_chain()
        unite = self.united([s, other])
        return ({"op": "transformWith", "other": side, "rdd_fn": "union_all"},
                transformed([s, other], self.united_kind([s, other]), lambda t, *rdds: unite(*rdds)))

    def self_joined(self, s):
        """Of three: the first two, their elements as keys, joined with the third."""
        if is_open(s.kind):
            return None
        side, other = self.sub_chain(lambda kind: not is_open(kind))
        pairs, third = self.sub_chain(is_pair)

        def run(t, a, b, c):
            both = Rdd([[pair(x, x) for x in a.all() + b.all()]])
            return joined_somehow(self.joined("join", both, c))
        return ({"op": "contextTransform", "others": [side, pairs], "rdd_fn": "union_first_two_pair_self_join_third"},
                transformed([s, other, third], ("pair", "any", "open"), run))

    def context_transform(self, s):
        if self.chance.random() < 0.3:
            return self.self_joined(s)
        sides = [self.sub_chain() for _ in range(self.choose([0, 1, 2, 2]))]
        streams = [s] + [stream for _, stream in sides]
        name = "union_2_3_1" if len(streams) == 3 and self.chance.random() < 0.5 else "union_all"
        order = [1, 2, 0] if name == "union_2_3_1" else range(len(streams))
        unite = self.united(streams)
        return ({"op": "contextTransform", "others": [side for side, _ in sides], "rdd_fn": name},
                transformed(streams, self.united_kind(streams), lambda t, *rdds: unite(*[rdds[i] for i in order])))

    # state: what a batch makes follows from the batch before

    def initial_of(self, s, op, kind):
        """States to begin with, each key once; or none."""
        if s.kind[1] not in ("int", "str") or self.chance.random() < 0.6:
            return {}
        made = {self.element(s.kind[1]): self.element(kind) for _ in range(self.chance.randint(1, 3))}
        op["initial"] = [["pair", k, v] for k, v in made.items()]
        return made

    def update_state(self, s):
        if not is_pair(s.kind) or is_open(s.kind):
            return None
        choices = [("append_list", "open"), ("time_sum_if_values", "int")]
        if s.kind[2] == "int":
            choices += [("running_sum", "int")] * 3 + [("drop_when_idle", "int")] * 2 + [("expire_after_two_idle", "other")]
        name, kind = self.choose(choices)
        op, n = self.with_partitions({"op": "updateStateByKey", "fn": name})
        initial = self.initial_of(s, op, "int") if kind == "int" else {}
        if self.chance.random() < 0.2:
            op["remember_partitioner"] = self.choose([True, False])
        by_key = op.get("remember_partitioner", True)
        states = {}

        def compute(t):
            before, rdd = made.at(t - s.slide), s.at(t)
            if before is None and rdd is None:
                return None
            old = initial if before is None else states[t - s.slide]
            groups = self.groups(rdd) if rdd is not None else {}
            new = {k: UPDATES[name](t, groups.get(k, []), old.get(k)) for k in {**old, **groups}}
            states[t] = {k: state for k, state in new.items() if state is not None}
            return shuffled([pair(k, state) for k, state in states[t].items()], n, by_key)
        made = Stream(s.slide, ("pair", s.kind[1], kind), compute)
        self.has_state = True
        return op, made

    def map_with_state(self, s):
        if not is_pair(s.kind) or is_open(s.kind):
            return None
        is_exact = self.exact.get(id(s), False)  # else the order of a key's records is not known
        choices = [("emit_key_on_timeout", s.kind[1], "int")] * 2
        if s.kind[2] == "int":
            choices += [("emit_nothing", "int", "int")] * 2
        if s.kind[2] == "int" and is_exact:
            choices += [("emit_sum", "int", "int"), ("emit_pair", ("pair", s.kind[1], "int"), "int")] * 2
            choices += [("emit_key_twice", "str", "int")] if s.kind[1] == "str" else []
        if is_exact:
            choices += [("toggle_emit_removed", s.kind[1], s.kind[2]), ("set_once_emit_key_on_timeout", s.kind[1], s.kind[2])]
        name, kind, state_kind = self.choose(choices)
        op, n = self.with_partitions({"op": "mapWithState", "fn": name})
        initial = self.initial_of(s, op, state_kind) if state_kind in ("int", "str") else {}
        timeout = None
        if "timeout" in name:
            timeout = op["timeout_ms"] = s.slide * self.choose([1, 2, 3])
        sweep = 10 * s.slide
        if self.chance.random() < 0.8:
            sweep = op["checkpoint_ms"] = s.slide * self.choose([1, 1, 2, 3])
        states, known = {}, {}

        def step(t):
            if t in known:
                return
            if t - s.slide > 0:
                step(t - s.slide)
                now = dict(states[t - s.slide])
            else:
                now = {k: (state, t) for k, state in initial.items()}
            rdd, out = s.at(t), []
            for _, k, value in rdd.all() if rdd is not None else []:
                emitted, state = MAPS_WITH_STATE[name](k, value, now.get(k, (None,))[0])
                out += emitted
                if state is None:
                    now.pop(k, None)
                else:
                    now[k] = (state, t)
            if timeout is not None and t % sweep == 0:
                for k in [k for k, (_, touched) in now.items() if touched < t - timeout]:
                    out.append(k)
                    del now[k]
            states[t], known[t] = now, out

        def compute(t):
            step(t)
            return shuffled(known[t], n, by_key=False)

        def snapshot(t):
            step(t)
            return shuffled([pair(k, state) for k, (state, _) in states[t].items()], n, by_key=False)
        self.has_state = True
        made, self.snapshots = Stream(s.slide, kind, compute), Stream(s.slide, ("pair", s.kind[1], state_kind), snapshot)
        self.mapped = made
        return op, made

    def state_snapshots(self, s):
        if s is not self.mapped:
            return None
        return {"op": "stateSnapshots"}, self.snapshots

    # chains

    OPERATORS = ([map] * 6 + [flat_map] * 3 + [filter] * 3 + [map_partitions] * 2 + [glom] + [map_values] * 4 +
                 [flat_map_values] * 3 + [repartition] * 2 + [persist] + [window] * 4 + [reduce] * 2 + [count] * 2 +
                 [count_by_value] * 2 + [group_by_key] * 2 + [reduce_by_key] * 4 + [combine_by_key] * 2 + [join] * 6 +
                 [union] * 4 + [transform] * 3 + [transform_with] * 2 + [context_transform] * 2 + [update_state] * 4 +
                 [map_with_state] * 4 + [state_snapshots] * 8 + [reduce_by_window] * 2 + [count_by_window] * 2 +
                 [reduce_by_key_and_window] * 6 + [count_by_value_and_window] * 2 + [group_by_key_and_window] * 2 +
                 [checkpoint])
    KEEP_EXACT = {"map", "flatMap", "filter", "mapPartitions", "glom", "mapValues", "flatMapValues", "persist", "window",
                  "checkpoint"}

    def chain(self, stream, length):
        ops = []
        while len(ops) < length:
            made = self.choose(self.OPERATORS)(self, stream)
            if made is None or made[1] is None:
                continue
            was_exact = self.exact.get(id(stream), False)
            op, stream = made
            self.kept.append(stream)  # so that ids are not used again
            self.exact[id(stream)] = was_exact and op["op"] in self.KEEP_EXACT or op["op"] == "reduce"
            ops.append(op)
        return ops, stream

    def sub_chain(self, fits=lambda kind: True):
        before = len(mistakes)
        for _ in range(50):
            del mistakes[before:]
            name = self.choose(self.inputs)
            self.depth += 1
            ops, stream = self.chain(self.inputs[name][1], self.chance.randint(0, 3) if self.depth < 4 else 0)
            self.depth -= 1
            if fits(stream.kind):
                return {"from": name, "op": ops} if ops or self.chance.random() < 0.3 else {"from": name}, stream
        raise Retry

    def case(self, name):
        self.exact, self.kept, self.depth = {}, [], 0
        self.has_state, self.mapped, self.snapshots, self.keeps_windows = False, None, None, False
        for input_name in ["input", "input2", "input3"][:self.choose([1, 2, 3])]:
            self.add_input(input_name)
            self.exact[id(self.inputs[input_name][1])] = True
        case = {"name": name, "family": "random", "batch_ms": self.batch_ms, "partitions_per_batch": self.partitions,
                "default_parallelism": self.parallelism}
        case.update({key: plain(batches) for key, (batches, _) in self.inputs.items()})
        if self.chance.random() < 0.12:
            self.queue(case)
        length = self.chance.randint(1, 6)
        run_batches = self.batches + self.chance.randint(0, 3)
        mistakes.clear()
        ops, stream = self.chain(self.inputs["input"][1], length)
        if mistakes:
            case.update(op=ops, run_batches=run_batches, unordered=True,
                        expect_error={"phase": "define", "about": mistakes[0]})
            return case
        if case["family"] == "random" and self.chance.random() < 0.1:
            return self.slices(case, ops, stream)
        case.update(op=ops, run_batches=run_batches, expect=[], expect_times_ms=[], expect_partitions=[])
        is_ordered = is_counted = True
        for k in range(1, run_batches + 1):
            self.now = k
            try:
                rdd = stream.at(k * self.batch_ms)
            except BadBatch as failure:
                case["expect_error"] = {"phase": "run", "batch": k, "about": str(failure), "at_ms": k * self.batch_ms}
                break
            if rdd is None:
                continue
            if len(rdd.all()) > 400:
                raise Retry
            is_ordered &= rdd.is_ordered
            is_counted &= rdd.is_counted
            case["expect"].append(plain(rdd.all()))
            case["expect_times_ms"].append(k * self.batch_ms)
            case["expect_partitions"].append(len(rdd.parts))
            if ops[-1:] and ops[-1]["op"] == "mapWithState":
                case.setdefault("expect_snapshots", []).append(plain(self.snapshots.at(k * self.batch_ms).all()))
        case["unordered"] = not (is_ordered and not is_open(stream.kind))
        if not is_counted:
            del case["expect_partitions"]
        return case

    def queue(self, case):
        """The first input is a queue instead, which is asked only when somebody needs it."""
        kind = self.inputs["input"][1].kind
        some = lambda: [self.element(kind) for _ in range(self.chance.randint(0, 4))]
        pushed = [[some() for _ in range(self.choose([0, 1, 1, 2]))] for _ in range(self.batches)]
        one_at_a_time, default = self.chance.random() < 0.5, self.choose(["empty_rdd", "none", some()])
        waiting, taken = [], [0]

        def rdd_of(batch):
            n, p = len(batch), self.partitions
            return Rdd([batch[i * n // p:(i + 1) * n // p] for i in range(p)])

        def compute(t):
            while taken[0] < min(self.now, len(pushed)):
                waiting.extend(pushed[taken[0]])
                taken[0] += 1
            if not waiting:
                return Rdd([]) if isinstance(default, str) else rdd_of(default)
            now, waiting[:] = (waiting[:1], waiting[1:]) if one_at_a_time else (waiting[:], [])
            return Rdd([part for batch in now for part in rdd_of(batch).parts])
        stream = Stream(self.batch_ms, kind, compute)
        self.kept.append(self.inputs["input"][1])
        self.inputs["input"] = (None, stream)
        self.exact[id(stream)] = True
        del case["input"]
        case.update(family="queueStream", enqueue_before_batch=plain(pushed), one_at_a_time=one_at_a_time,
                    default_rdd=plain(default))

    def slices(self, case, ops, stream):
        """Asks for the datasets between two times instead, of the past and of the future."""
        # States of the past go when they are not remembered, and windows leave theirs behind.
        run_batches = 0 if self.keeps_windows else self.chance.randint(0, 1 if self.has_state else 2)
        case.update(family="slice", op=ops, run_batches=run_batches, unordered=True, slice_queries=[])
        for _ in range(3):
            start = self.chance.randint(-1, self.batches * self.batch_ms)
            end = start + self.chance.randint(-1, 4 * stream.slide)
            first, last = start // stream.slide * stream.slide, end // stream.slide * stream.slide
            rdds = [stream.at(t) for t in range(first, last + 1, stream.slide)]
            case["slice_queries"].append({"from_ms": start, "to_ms": end, "expect": plain(
                [x for rdd in rdds if rdd is not None for x in rdd.all()])})
        for k in range(1, case["run_batches"] + 1):
            stream.at(k * self.batch_ms)  # no failure while it runs
        return case


class Retry(Exception):
    pass


def plain(value):
    """Tuples as the lists of JSON."""
    if isinstance(value, tuple) and value[0] in ("list", "bag"):
        return [value[0], [plain(x) for x in value[1]]]
    if isinstance(value, (tuple, list)):
        return [plain(x) for x in value]
    return value


def cases(seed, count):
    made = []
    while len(made) < count:
        try:
            made.append(Generator(seed).case(f"model_{seed}"))
        except (Retry, BadBatch):
            pass
        seed += 1
    return {"format": "dstream-conformance-1", "cases": made}


def main():
    if sys.argv[1] == "--print":
        json.dump(cases(int(sys.argv[2]), int(sys.argv[3])), sys.stdout, indent=1)
        return 0
    driver, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(cases(seed, count), out)
        return subprocess.run([driver, *sys.argv[4:], path]).returncode


if __name__ == "__main__":
    sys.exit(main())
