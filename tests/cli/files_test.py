#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""files_test.py WADI TALLIES: what `wadi` does without a program that runs: its documents, errors, settings,
and what it reads of a checkpoint directory that a program has left."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.request

import cases
from cases import expect, expect_equal, expect_in
from program import Program, parse_batches

WADI, TALLIES = map(os.path.abspath, sys.argv[1:3])
WORK = tempfile.mkdtemp(prefix="wadi-cli-")
SAVED, EVENTS = os.path.join(WORK, "saved"), os.path.join(WORK, "events")
COMMANDS = ["run", "new", "status", "top", "stop", "log-level", "doctor", "checkpoint", "wal", "replay", "history", "completion", "version", "help"]


def wadi(*words, **environment):
    done = subprocess.run([WADI, *words], capture_output=True, text=True, cwd=WORK, check=False,
                          env=dict(os.environ, **environment), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def expect_told(result, status, *parts):
    """An error in its form, with this exit status, that says all of this."""
    expect_equal(result[0], status, result[2])
    expect(any(line.startswith("wadi: ") for line in result[2].splitlines()), f"this is not the form of errors: {result[2]!r}")
    for part in parts:
        expect_in(part, result[2])


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


# ---- Documents ----


def every_command_tells_about_itself():
    _, listed, _ = wadi()
    for command in COMMANDS:
        expect_in(f"  {command} ", listed)
        status, text, _ = wadi(command, "--help")
        expect_equal((status, text.startswith(f"wadi {command}")), (0, True), text)
        expect_equal(wadi("help", command)[1], text)


def the_command_line_is_looked_at():
    expect_told(wadi("rum"), 2, "no such command", "rum")
    expect_told(wadi("run"), 2, "wadi run [OPTIONS] PROGRAM", "wadi run --help")
    expect_told(wadi("wal", "ls"), 2)
    expect_told(wadi("wal", "eat", "x"), 2, "'eat'")
    expect_told(wadi("checkpoint", "ls", "x", "--at", "5"), 2, "go with show")
    expect_told(wadi("doctor", "--sson"), 2, "--sson")
    expect_equal(wadi("version")[1].split()[0], "wadi")


def completion_is_for_shells():
    for shell, check in {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "-n"]}.items():
        status, text, _ = wadi("completion", shell)
        expect_equal(status, 0)
        for command in COMMANDS:
            expect_in(command, text)
        if shutil.which(check[0]):
            done = subprocess.run(check, input=text, capture_output=True, text=True, check=False)
            expect_equal(done.returncode, 0, done.stderr)
    expect_told(wadi("completion", "csh"), 2, "csh")


def help_of(command):
    """The options that --help tells: {name: (letter or None, what it takes or None)}."""
    found = {}
    for line in wadi(command, "--help")[1].splitlines():
        at = re.match(r"\s+(?:-(\w), )?--([a-z-]+)(?:[ =]([A-Z=]+))?\s\s", line)
        if at and at[2] != "help":
            found[at[2]] = (at[1], at[3])
    return found


def fish_words(line):
    """A line of fish as its words: within single quotes only \\' and \\\\ mean something else."""
    words = re.findall(r"'(?:[^'\\]|\\.)*'|[^\s']+", line)
    expect_equal(" ".join(words), line)
    return [re.sub(r"\\(['\\])", r"\1", word[1:-1]) if word[0] == "'" else word for word in words]


def fish_is_told_of_every_option():
    lines = [fish_words(line) for line in wadi("completion", "fish")[1].splitlines()[1:]]
    for words in lines:
        expect_equal(words[:4], ["complete", "-c", "wadi", "-n"])
    for command in COMMANDS:
        own = [words[5:] for words in lines if words[4] == f"__fish_seen_subcommand_from {command}"]
        for name, (letter, takes) in help_of(command).items():
            [words] = [words for words in own if words[:2] == ["-l", name]]
            expect_equal(words[2:4] == ["-s", letter], letter is not None, words)
            expect_equal("-F" in words, takes in ("FILE", "DIR"), words)
            expect_equal("-x" in words, takes not in (None, "FILE", "DIR"), words)
        expect_equal(len([words for words in own if words[0] == "-l"]), len(help_of(command)))


def zsh_is_told_of_every_option():
    text = wadi("completion", "zsh")[1]
    parts = dict(re.findall(r"^    ([a-z-]+)\)\n(.*?)^        ;;$", text, re.DOTALL | re.MULTILINE))
    expect_equal(set(parts), set(COMMANDS))
    for command, part in parts.items():
        words = shlex.split(part.replace("\\\n", " "))
        for name, (letter, takes) in help_of(command).items():
            stem = f"--{name}{'=' if takes else ''}"
            [word] = [word for word in words if stem + "[" in word or stem + "}[" in word]
            expect_equal("{-" + letter + "," in word if letter else "{" not in word, True, word)
            tail = word.rsplit("]", 1)[1]
            expect_equal(tail, f":{takes}:{'_files' if takes in ('FILE', 'DIR') else ''}" if takes else "", word)
        expect("_arguments -S\n" not in part, f"{command}: _arguments has nothing to go by")


def shells_complete():
    """Where they are there."""
    for shell in ("zsh", "fish"):
        with open(os.path.join(WORK, "completion." + shell), "w", encoding="utf-8") as file:
            file.write(wadi("completion", shell)[1])
    if shutil.which("fish"):
        for line, expected in (("wadi ch", "checkpoint"), ("wadi checkpoint v", "verify"), ("wadi run --ma", "--master")):
            done = subprocess.run(["fish", "-N", "-c", f"source completion.fish; complete -C {shlex.quote(line)}"],
                                  capture_output=True, text=True, check=True, cwd=WORK)
            expect_in(expected, [each.split("\t")[0] for each in done.stdout.splitlines()])
    if shutil.which("zsh"):
        script = ("autoload -U compinit; compinit -u -D; _arguments() { print -rl -- \"$@\"; }; _describe() { print -rl -- $commands; }; "
                  "words=(wadi run ''); CURRENT=3; source ./completion.zsh; words=(wadi ''); CURRENT=2; source ./completion.zsh")
        done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=True, cwd=WORK)
        expect_in("--master=", done.stdout)
        expect_in("checkpoint:", done.stdout)


def bash_completes():
    script = wadi("completion", "bash")[1] + """
complete_it() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _wadi; echo "${COMPREPLY[*]}"; }
complete_it wadi ch
complete_it wadi checkpoint v
complete_it wadi run --ma
complete_it wadi top --ca ca.p
complete_it wadi top --delay ca.p
complete_it wadi history s
complete_it wadi top --ca
complete_it wadi ''
"""
    os.makedirs(os.path.join(WORK, "shells", "some"))
    for name in ("ca.pem", "some.txt"):
        with open(os.path.join(WORK, "shells", name), "w", encoding="utf-8"):
            pass
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, cwd=os.path.join(WORK, "shells"))
    expect_equal(done.stdout.splitlines(), ["checkpoint", "verify", "--master", "ca.pem", "", "some", "--ca", " ".join(COMMANDS)])


def man_pages_have_all_settings():
    status, text, _ = wadi("completion", "wadi.conf")
    expect_equal(status, 0)
    for setting in ("spark.streaming.blockInterval", "wadi.memory.max_bytes", "spark.master"):
        expect_in("\\fB" + setting.replace("-", "\\-") + "\\fR", text)
    for page in ("wadi", "libwadi"):
        expect_in(".SH NAME", wadi("completion", page)[1])
    for command in COMMANDS:
        expect_in(f".SS wadi {command}", wadi("completion", "wadi")[1])


# ---- run ----


def run_fills_settings():
    with open(os.path.join(WORK, "some.conf"), "w", encoding="utf-8") as file:
        file.write("# a comment\nspark.app.name from the file\nspark.default.parallelism: 7\n")
    show = ["sh", "-c", 'printf "%s|%s" "$WADI_CONF" "$WADI_MASTER"']
    status, text, _ = wadi("run", "--master", "local[3]", "-c", "spark.streaming.blockInterval=50ms", "--driver-memory",
                           "64m", "--properties-file", "some.conf", *show, WADI_CONF="spark.app.name=from outside")
    lines, master = text.split("|")
    expect_equal(status, 0)
    expect_equal(master, "local[3]")
    expect_equal(dict(line.split("=", 1) for line in lines.split("\n") if line), {
        "spark.app.name": "from outside", "spark.default.parallelism": "7", "spark.master": "local[3]",
        "spark.streaming.blockInterval": "50ms", "wadi.memory.max_bytes": "64m"})


def run_ends_as_its_program_does():
    expect_equal(wadi("run", "sh", "-c", "exit 7")[0], 7)
    expect_told(wadi("run", "./no_such_program"), 127, "./no_such_program", "No such file")
    with open(os.path.join(WORK, "plain"), "w", encoding="utf-8") as file:
        file.write("text")
    expect_told(wadi("run", "./plain"), 126, "Permission denied")


def run_tells_wrong_settings_before_it_starts():
    result = wadi("run", "-c", "spark.streaming.blokInterval=5", "-c", "spark.task.maxFailures=no", "sh", "-c", "echo no")
    expect_told(result, 2, "spark.streaming.blockInterval", "spark.task.maxFailures", "--conf")
    expect_equal(result[1], "")
    expect_told(wadi("run", "--properties-file", "none.conf", "true"), 2, "none.conf")


def run_shows_what_it_runs():
    status, _, told = wadi("run", "-v", "-c", "my.password=12345", "true", "and", "more")
    expect_equal(status, 0)
    expect_in("program: true and more", told)
    expect_in("my.password = *********(redacted)", told)
    expect("12345" not in told, "a secret is shown")


# ---- doctor ----


def doctor_finds_what_is_wrong():
    status, text, _ = wadi("doctor", "-c", "spark.local.dir=/no/such/place", "-c", "spark.task.maxFailures=0")
    expect_equal(status, 1)
    expect_in("/no/such/place", text)
    expect_in("to do:", text)
    expect_in("spark.task.maxFailures", text)
    status, text, _ = wadi("doctor", "--json", "--settings", "-c", "spark.local.dir=" + WORK, "-c", "a.secret=12345")
    expect_equal(status, 0, text)
    found = json_lines(text[:text.index("a.secret")].rstrip("\n"))
    expect({"cores", "memory", "files", "spill", "settings"} <= {one["what"] for one in found}, text)
    expect("12345" not in text, "a secret is shown")
    for settings, words in ((("wadi.ui.bind_address=0.0.0.0",), "whoever reaches 0.0.0.0 reads them"),
                            (("wadi.ui.bind_address=0.0.0.0", "wadi.ui.token=x"), "in the clear"),
                            (("wadi.ui.bind_address=127.0.0.2",), None)):
        text = wadi("doctor", *(part for setting in settings for part in ("-c", setting)))[1]
        expect(words in text if words else "  pages" not in text, text)


# ---- checkpoint and wal ----


def shown(*words):
    status, text, told = wadi("checkpoint", "show", SAVED, "--json", *words)
    expect_equal(status, 0, told)
    return json.loads(text)


def a_checkpoint_is_listed():
    status, text, _ = wadi("checkpoint", "ls", SAVED, "--json")
    expect_equal(status, 0)
    rows = json_lines(text)
    expect(rows and all(row["whole"] and row["streams"] >= 1 for row in rows), text)
    expect_equal([row["timeMs"] for row in rows], sorted(row["timeMs"] for row in rows))
    expect_equal(len(wadi("checkpoint", "ls", SAVED)[1].splitlines()), len(rows))


def a_checkpoint_is_shown():
    saved = shown()
    expect_equal((saved["format"], saved["batchMs"], saved["application"]), (1, 100, "tallies"))
    expect_equal(saved["settings"]["spark.app.name"], "tallies")
    expect(saved["accumulators"]["words seen"] is not None, saved)
    text = wadi("checkpoint", "show", SAVED)[1]
    for part in ("application  tallies", "accumulator  words seen = ", "stream       tallies: update_state_by_key"):
        expect_in(part, text)
    expect("12345" not in text, "a secret is shown")


def state_rows_are_shown():
    streams = {stream["name"]: stream for stream in shown("--state")["streams"]}
    rows = {row["word"]: row["count"] for row in streams["tallies"]["rows"]}
    expect_equal(sorted(rows), sorted(list("abcdefgh") + ['"i"', "a word of many bytes"]))
    expect(len(set(rows.values())) == 1 and rows["a"] > 0, rows)
    text = wadi("checkpoint", "show", SAVED, "--stream", "tallies")[1]
    expect_in(f"    (a word of many bytes,{rows['a']})\n", text)
    expect_told(wadi("checkpoint", "show", SAVED, "--stream", "tally"), 3, "no such stream")


def an_older_checkpoint_is_shown():
    oldest = json_lines(wadi("checkpoint", "ls", SAVED, "--json")[1])[0]["timeMs"]
    expect_equal(shown("--at", str(oldest))["timeMs"], oldest)
    expect_told(wadi("checkpoint", "show", SAVED, "--at", "5"), 3, "checkpoint-5")
    expect_told(wadi("checkpoint", "show", SAVED, "--at", "../x"), 3)


def damage_is_found():
    copy = os.path.join(WORK, "copy")
    shutil.copytree(SAVED, copy)
    expect_equal(wadi("checkpoint", "verify", copy)[0], 0)
    newest = sorted(name for name in os.listdir(copy) if name.startswith("checkpoint-"))[-1]
    with open(os.path.join(copy, newest), "r+b") as file:
        file.seek(60)
        file.write(b"\xff\xff\xff")
    expect_told(wadi("checkpoint", "verify", copy), 1, "not whole")
    expect_equal(wadi("checkpoint", "show", copy)[0], 0)  # the one before
    states = os.path.join(copy, "state", "tallies")
    for name in os.listdir(states):
        os.truncate(os.path.join(states, name), 100)
    expect_told(wadi("checkpoint", "verify", copy), 1, "are not whole", "begin anew")
    expect_told(wadi("checkpoint", "show", copy, "--state"), 1)
    shutil.rmtree(copy)


def logs_are_listed():
    status, text, _ = wadi("wal", "ls", SAVED, "--json")
    expect_equal(status, 0)
    rows = json_lines(text)
    expect_equal({row["log"] for row in rows}, {"receivedBlockMetadata", "words"})
    expect(all(row["whole"] and row["frames"] > 0 for row in rows), text)


def logs_are_printed():
    status, text, _ = wadi("wal", "cat", SAVED)
    expect_equal(status, 0)
    expect_in("block      words number ", text)
    expect_in("10 records", text)
    expect({"words", "blocks"} & set(wadi("wal", "cat", SAVED, "--json")[1].replace('"', " ").split()), text)
    status, text, _ = wadi("wal", "cat", SAVED, "--stream", "words")
    expect_equal(status, 0)
    expect_in("\na word of many bytes\n", text)
    rows = json_lines(wadi("wal", "cat", SAVED, "--stream", "words", "--json")[1])
    expect_equal(rows[:10], list("abcdefgh") + ['"i"', "a word of many bytes"])
    expect_told(wadi("wal", "cat", SAVED, "--stream", "word"), 3, "no such log")


# ---- history ----


def pages_of_the_past_are_served():
    with subprocess.Popen([WADI, "history", EVENTS, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        url = served.stdout.readline().strip()
        if not url:  # its module is not built
            expect_in("wadi-ui", served.stderr.read())
            return

        def get(path):
            with urllib.request.urlopen(url + "/api/v1/applications" + path, timeout=cases.PATIENCE_S) as answer:
                return json.load(answer)

        [program] = get("")
        expect_equal((program["name"], program["attempts"][0]["completed"]), ("tallies", True))
        [tally] = get(f"/{program['id']}/streaming/state")
        expect(tally["numKeys"] > 0 and "tallies.c:" in tally["name"], tally)
        stage = next(one for one in get(f"/{program['id']}/stages?status=complete") if one["numTasks"] > 1)
        expect_equal(len(get(f"/{program['id']}/stages/{stage['stageId']}/0/taskList?length=100")), stage["numTasks"])
        served.terminate()
        expect_equal(served.wait(cases.PATIENCE_S), 0)
    expect_told(wadi("history", "nowhere"), 3, "nowhere", "spark.eventLog.enabled")
    expect_told(wadi("history", EVENTS, "--port", "70000"), 2, "--port")


# ---- replay ----


def printed(text):
    """Lines of each batch, by its time."""
    return {batch.time_ms: sorted(batch.lines) for batch in parse_batches(text)}


def replayed(batch_ms, *words):
    return wadi("replay", SAVED, "--batch", str(batch_ms), *words, TALLIES, SAVED, WADI_MASTER="local[2]", TMPDIR=WORK)


def each_batch_that_is_held_is_run_again():
    before = printed(PRINTED)
    files = sorted(os.listdir(SAVED))
    times = sorted({row["timeMs"] for row in json_lines(wadi("checkpoint", "ls", SAVED, "--json")[1])} & set(before))
    expect(len(times) >= 3, times)
    for batch_ms in times:
        status, text, told = replayed(batch_ms)
        expect_equal((status, printed(text)), (0, {batch_ms: before[batch_ms]}), told)
    expect_equal(sorted(os.listdir(SAVED)), files)
    expect_equal([name for name in os.listdir(WORK) if name.startswith("wadi-replay-")], [])


def other_batches_say_which_are_held():
    newest = json_lines(wadi("checkpoint", "ls", SAVED, "--json")[1])[-1]["timeMs"]
    expect_told(replayed(newest + 100), 1, f"to {newest} ms")
    expect_told(wadi("replay", "--batch", "5", "nowhere", TALLIES), 3, "no whole checkpoint")
    expect_told(wadi("replay", "--batch", "soon", SAVED, TALLIES), 2, "--batch")
    expect_told(wadi("replay", "--batch", "5", SAVED), 2, "the program is missing")


def replay_ends_as_its_program_does():
    newest = json_lines(wadi("checkpoint", "ls", SAVED, "--json")[1])[-1]["timeMs"]
    words = ["replay", "--batch", str(newest), SAVED]
    expect_equal(wadi(*words, "sh", "-c", "exit 7")[0], 7)
    expect_equal(wadi(*words, "sh", "-c", "kill -9 $$")[0], 137)
    expect_told(wadi(*words, "./no_such_program"), 127, "No such file")
    status, text, told = wadi(words[0], "--keep", *words[1:], "sh", "-c", 'ls "$WADI_REPLAY_DIR"; echo "$WADI_REPLAY_BATCH"')
    expect_equal((status, text.splitlines()[-1]), (0, str(newest)))
    kept = told.split()[-1]
    expect_equal(len([name for name in os.listdir(kept) if name.startswith("checkpoint-")]), 1)
    shutil.rmtree(kept)


def what_is_not_there_is_told():
    expect_told(wadi("checkpoint", "ls", "nowhere"), 3, "nowhere", "wadi_checkpoint()")
    expect_told(wadi("checkpoint", "show", "nowhere"), 3)
    expect_told(wadi("wal", "ls", "nowhere"), 3, "nowhere")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([WADI, "help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    expect_equal((done.returncode, "cannot be written" in done.stderr), (3, True))


def leave_a_checkpoint():
    """A program whose batches have all been saved, and whose state too."""
    os.mkdir(EVENTS)
    settings = f"spark.eventLog.enabled=true\nspark.eventLog.dir={EVENTS}\n"
    settings += "spark.streaming.receiver.writeAheadLog.enable=true\nmy.password=12345\nspark.app.name=tallies"
    with Program([WADI, "run", "--master", "local[2]", TALLIES, SAVED], env=dict(os.environ, WADI_CONF=settings)) as program:
        program.wait_for_batches(lambda batches: sum(bool(one.lines) for one in batches) >= 12, "its batches")
        program.stop()
        return program.stdout


PRINTED = leave_a_checkpoint()
try:
    cases.run(every_command_tells_about_itself, the_command_line_is_looked_at, completion_is_for_shells, bash_completes,
              fish_is_told_of_every_option, zsh_is_told_of_every_option, shells_complete,
              man_pages_have_all_settings, run_fills_settings, run_ends_as_its_program_does,
              run_tells_wrong_settings_before_it_starts, run_shows_what_it_runs, doctor_finds_what_is_wrong,
              a_checkpoint_is_listed, a_checkpoint_is_shown, state_rows_are_shown, an_older_checkpoint_is_shown,
              damage_is_found, logs_are_listed, logs_are_printed, each_batch_that_is_held_is_run_again,
              other_batches_say_which_are_held, replay_ends_as_its_program_does, pages_of_the_past_are_served, what_is_not_there_is_told)
finally:
    shutil.rmtree(WORK)
