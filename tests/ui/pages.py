#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pages.py PROGRAM: the pages of the running word count in a headless Chromium: they show what REST tells, bring
themselves up to date, and work by keyboard and on a narrow screen. Skipped where there is no Chromium."""

import re
import sys
import threading
import time

import browser as chromium

if not chromium.is_there():
    print("SKIPPED: no chromium with its chromedriver here (Debian: chromium, chromium-driver; Ubuntu has it as a snap)")
    sys.exit(chromium.SKIPPED)

import sandbox
from cases import expect, expect_equal, expect_in, run, wait_until
from http_client import Site
from peers import LineServer
from program import Program

URL = "http://127.0.0.1:4040"
TAB = "\ue004"
ENTER = "\ue007"


class Running:
    """The word count, fed all the time, and a browser."""

    def __init__(self, width=1280, height=900, settings=None):
        self.server = LineServer()
        self.program = Program([sys.argv[1], "127.0.0.1", str(self.server.port)],
                               settings={"spark.ui.enabled": "true", **(settings or {})})
        self.browser = chromium.Browser(width, height)
        self.site = Site()

    def __enter__(self):
        connection = self.server.accept()
        threading.Thread(target=self._feed, args=(connection,), daemon=True).start()
        self.site.wait_until_served()
        wait_until(lambda: self.site.of_app("streaming/statistics")["numTotalCompletedBatches"] >= 3, "three batches are done")
        return self

    def __exit__(self, *problem):
        self.browser.__exit__(*problem)
        self.program.__exit__(*problem)
        self.server.close()

    def _feed(self, connection):
        try:
            while True:
                connection.sendall(b"to be or not to be\n" * 50)
                time.sleep(0.1)
        except OSError:
            return


def values_on_the_page_are_those_of_rest():
    with Running() as running:
        page, site = running.browser, running.site
        page.open(URL)
        page.wait("return location.pathname === '/streaming/'", "the root leads to the streaming page")
        expect_equal(page.text("h1"), "Streaming Statistics")
        rows = page.table("#completedBatches-table")
        expect(len(rows) >= 3, f"batches are shown: {rows}")
        ids = page.run("return [...document.querySelectorAll('#completedBatches-table tbody tr')].map(r => r.id)")
        for name, cells in zip(ids[:3], rows):
            batch = site.of_app(f"streaming/batches/{name.removeprefix('batch-')}")
            expect_equal(int(cells[1]), batch["inputSize"], "records")
            for cell, key in zip(cells[2:5], ("schedulingDelay", "processingTime", "totalDelay")):
                expect_equal(cell, f"{batch[key]} ms" if batch[key] < 100 else f"{batch[key] / 1000:.1f} s", key)
            expect_equal(cells[5], f"{batch['numCompletedOutputOps']}/{batch['numTotalOutputOps']}")
        jobs = site.of_app("jobs")
        page.open(URL + "/jobs/")
        shown = {row[0]: row for row in page.table("#jobs-table")}
        job = jobs[len(jobs) // 2]
        expect_in(job["description"], shown[str(job["jobId"])][1])
        expect_equal(shown[str(job["jobId"])][5], f"{job['numCompletedTasks']}/{job['numTasks']}")
        stage = next(each for each in site.of_app("stages?status=complete") if each.get("inputRecords", 0) > 0)
        page.open(f"{URL}/stages/stage/?id={stage['stageId']}")
        tasks = site.of_app(f"stages/{stage['stageId']}/0/taskList?length=100")
        expect_equal([row[:4] + row[6:8] for row in page.table("#tasks-table")],
                     [[str(task["index"]), str(task["partitionId"]), str(task["attempt"]), "succeeded",
                       str(task["taskMetrics"]["inputMetrics"]["recordsRead"]),
                       str(task["taskMetrics"]["outputMetrics"]["recordsWritten"])] for task in reversed(tasks)])
        expect_equal(sum(task["taskMetrics"]["inputMetrics"]["recordsRead"] for task in tasks), stage["inputRecords"])
        [executor] = site.of_app("executors")
        page.open(URL + "/executors/")
        expect_equal(page.table("#executors-table")[0][2], str(executor["totalCores"]))
        page.open(URL + "/environment/")
        settings = {row[0]: row[1] for row in page.table("#settings-table")}
        expect_equal(settings, {name: value or "" for name, value in site.of_app("environment")["sparkProperties"]})
        expect_equal(page.mistakes(), [], "the browser's console")
        running.program.stop()


def pages_bring_themselves_up_to_date():
    with Running() as running:
        page = running.browser
        page.open(URL + "/streaming/")
        page.run("window.stays = true")
        first = page.run("return document.querySelector('#completedBatches-table tbody tr').id")
        page.wait("return document.querySelector('#completedBatches-table tbody tr').id !== arguments[0]",
                  "a further batch is shown", first)
        expect(page.run("return window.stays === true"), "the page was loaded anew")
        charts = page.run("return document.querySelectorAll('.chart canvas').length")
        expect(charts in (0, 4), f"{charts} charts are drawn")
        running.program.stop()
        page.wait("return document.querySelector('.lost') !== null", "the page says that the program is gone")


def links_lead_from_a_batch_to_its_stages():
    with Running() as running:
        page = running.browser
        page.open(URL + "/streaming/")
        page.open(page.run("return document.querySelector('#completedBatches-table a[href*=batch]').href"))
        expect_in("Details of batch at", page.text("h1"))
        [[_, description, _, status, jobs, _]] = page.table("#batch-job-table")
        expect_in("print at", description)
        expect_equal(status, "Succeeded")
        page.open(page.run("return document.querySelector('#batch-job-table a').href"))
        expect_in(f"#job-{jobs.split()[0]}", page.run("return location.href"))
        page.open(page.run("return document.querySelector(location.hash + ' a[href*=stage]').href"))
        boxes = page.run("return [...document.querySelectorAll('svg.graph title')].map(t => t.textContent)")
        expect(any("reduce_by_key" in box for box in boxes), f"the operators are drawn: {boxes}")
        running.program.stop()


def the_keyboard_is_enough():
    with Running() as running:
        page = running.browser
        page.open(URL + "/executors/")
        page.press(TAB)
        expect_equal(page.run("return document.activeElement.className"), "skip")
        page.press(TAB, TAB)
        expect_equal(page.run("return document.activeElement.textContent"), "Jobs")
        page.press(ENTER)
        page.wait("return location.pathname === '/jobs/'", "the link was followed")
        running.program.stop()


def a_narrow_screen_is_wide_enough():
    with Running(width=500, height=900) as running:
        page = running.browser
        for path in ("streaming", "jobs", "stages", "storage", "state", "environment", "executors"):
            page.open(f"{URL}/{path}/")
            over = page.run("return document.documentElement.scrollWidth - innerWidth")
            expect(over <= 0, f"/{path}/ is {over} pixels too wide")
        running.program.stop()


def nothing_comes_from_elsewhere():
    with Running() as running:
        loads = re.findall(r'(?:src|href)="(?!/|data:|\?|#)[^"]*"', running.site.text("/streaming/"))
        expect_equal(loads, [], "what is loaded from elsewhere")
        running.program.stop()


sandbox.enter()
run(values_on_the_page_are_those_of_rest, pages_bring_themselves_up_to_date, links_lead_from_a_batch_to_its_stages,
    the_keyboard_is_enough, a_narrow_screen_is_wide_enough, nothing_comes_from_elsewhere)
