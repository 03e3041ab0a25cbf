// SPDX-License-Identifier: Apache-2.0
// app.js: pages bring themselves up to date when the server says that something is new, and draw charts where
// the chart library is there. Without any of it they are whole pages.
"use strict";

const EVERY_MS = 1000; // at most one refresh in this time
const charts = [];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
function drawTimeline(at, chart, data) {
  const series = [{}, { stroke: colour("--accent"), width: 1.5, label: chart.unit,
                        points: { show: data.times.length < 60 } }];
  const values = [data.times, chart.values];
  if (chart.line !== undefined) {
    series.push({ stroke: colour("--bad"), width: 1, dash: [6, 4], label: "batch interval",
                  points: { show: false } });
    values.push(data.times.map(() => chart.line));
  }
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
  const most = Math.max(chart.top || 0, chart.line || 0) || 1;
  charts.push(new uPlot({ width: at.clientWidth, height: 150, legend: { show: false }, series,
                          cursor: { drag: { x: false } }, scales: { y: { range: [0, most * 1.05] } },
                          axes: [axis, { ...axis, size: 60 }] }, values, at));
}
function drawHistogram(at, chart) {
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
  charts.push(new uPlot({ width: at.clientWidth, height: 150, legend: { show: false },
                          series: [{}, { paths: uPlot.paths.bars({ size: [0.9] }), fill: colour("--accent"),
                                         points: { show: false } }],
                          cursor: { show: false }, scales: { x: { time: false, range: [0, 2 * chart.bounds[0] * chart.bounds.length] },
                                    y: { range: [0, chart.most || 1] } },
                          axes: [axis, { ...axis, size: 45 }] }, [chart.bounds, chart.counts], at));
}
function drawCharts() {
  while (charts.length > 0) charts.pop().destroy();
  const holder = document.getElementById("charts");
  if (holder === null) return;
  if (typeof uPlot === "undefined") {
    document.body.classList.add("no-charts");
    return;
  }
  const data = JSON.parse(holder.textContent);
  for (const [name, chart] of Object.entries(data.charts)) {
    const line = document.getElementById(`${name}-timeline`), bars = document.getElementById(`${name}-histogram`);
    if (line !== null) drawTimeline(line, chart, data);
    if (bars !== null) drawHistogram(bars, chart);
  }
}

// What the reader has opened, and where the focus is, stays.
function openParts() {
  return new Set([...document.querySelectorAll("details[open]")].map((each) => each.id));
}
function replaceMain(text) {
  const made = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  if (made === null) return;
  const open = openParts(), focused = document.activeElement ? document.activeElement.id : "";
  document.querySelector("main").replaceWith(made);
  for (const each of document.querySelectorAll("details")) each.open = open.has(each.id);
  if (focused !== "" && document.getElementById(focused) !== null)
    document.getElementById(focused).focus({ preventScroll: true });
  drawCharts();
}
function tellLost(isLost) {
  let sign = document.querySelector(".lost");
  if (!isLost && sign !== null) sign.remove();
  if (!isLost || sign !== null) return;
  sign = document.createElement("div");
  sign.className = "lost";
  sign.setAttribute("role", "status");
  sign.textContent = "The program does not answer";
  document.body.append(sign);
}

let isLoading = false, isDue = false, last = 0;
async function refresh() {
  if (isLoading || document.hidden) {
    isDue = true;
    return;
  }
  const wait = last + EVERY_MS - Date.now();
  if (wait > 0) {
    if (!isDue) setTimeout(() => { isDue = false; refresh(); }, wait);
    isDue = true;
    return;
  }
  isLoading = true;
  last = Date.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) replaceMain(await answer.text());
    tellLost(!answer.ok);
  } catch {
    tellLost(true);
  }
  isLoading = false;
}
if (document.body.dataset.live === "yes") {
  const events = new EventSource("/events");
  let isFirst = true;
  events.onmessage = () => {
    if (!isFirst) refresh();
    isFirst = false;
    tellLost(false);
  };
  events.onerror = () => tellLost(true);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden && isDue) { isDue = false; refresh(); } });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
let resizing;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(drawCharts, 150); });
drawCharts();
