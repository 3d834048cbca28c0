/**
 * The script of the report: the overview of all runs, and the list with its filter. It reads the data from
 * the page, puts text in as text and never as HTML, and draws only the rows that can be seen.
 *
 * @since 0.1.0
 */

/** @internal */
export const reportScript: string = String.raw`
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const runs = data.runs;
  const rowHeight = 26;
  const byId = (id) => document.getElementById(id);
  const list = byId("list"), overview = byId("overview"), search = byId("search"), stateChoice = byId("state");
  const onlyOdd = byId("odd"), shownCount = byId("shown"), detail = byId("detail"), whole = byId("whole");
  const signs = { fault: "×", retry: "·", parked: "P", cancel: "C", stop: "S", moved: "→", lost: "!", settled: "|" };
  const full = { from: 0, to: Math.max(1, data.to) };
  let view = full, fitting = runs, shown = runs, chosen = -1, order = { by: "began", isDown: false }, selecting;

  for (const run of runs) {
    run.text = [run.id, run.name, run.key, run.state, run.reason, run.outcome].filter(Boolean).join(" ").toLowerCase();
    run.end = run.settled ?? (run.state === "active" ? data.to : Math.max(run.last, run.ended ?? 0));
    run.isOdd = run.violations > 0 || run.marks.some((mark) => mark[1] !== "settled");
  }

  const duration = (millis) => millis === undefined ? "" : millis < 1000 ? Math.round(millis) + " ms"
    : millis < 120000 ? (millis / 1000).toFixed(1) + " s" : millis < 7200000 ? (millis / 60000).toFixed(1) + " min" : (millis / 3600000).toFixed(1) + " h";
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const columns = {
    id: (run) => run.id, name: (run) => run.name, key: (run) => run.key ?? "", state: (run) => run.state,
    work: (run) => run.ended === undefined ? -1 : run.ended - run.began,
    store: (run) => run.settled === undefined || run.ended === undefined ? -1 : run.settled - run.ended,
    attempts: (run) => run.attempts ?? -1, began: (run) => run.began
  };

  const choose = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const state = stateChoice.value;
    // The overview shows what fits the words; the list, of these, what lies in the chosen time.
    fitting = runs.filter((run) => (state === "" || run.state === state) && (!onlyOdd.checked || run.isOdd) && words.every((word) => run.text.includes(word)));
    const column = columns[order.by], sign = order.isDown ? -1 : 1;
    shown = fitting.filter((run) => run.began <= view.to && run.end >= view.from);
    shown.sort((a, b) => { const x = column(a), y = column(b); return x < y ? -sign : x > y ? sign : a.began - b.began; });
    chosen = -1;
    shownCount.textContent = shown.length.toLocaleString("en-US") + " of " + runs.length.toLocaleString("en-US");
    byId("table").setAttribute("aria-rowcount", String(shown.length));
    byId("space").style.height = shown.length * rowHeight + "px";
    list.scrollTop = 0;
    describe();
    drawAll();
  };

  const cell = (className, text, title) => {
    const element = make("span", className, text);
    element.setAttribute("role", "cell");
    if (title) element.title = title;
    return element;
  };

  const percent = (at) => 100 * (at - view.from) / (view.to - view.from);
  const laneOf = (run) => {
    const lane = cell("lane " + run.state);
    const bar = (from, to, className) => {
      if (to < view.from || from > view.to) return;
      const left = Math.max(0, percent(from)), right = Math.min(100, percent(to));
      const piece = make("i", className);
      piece.style.left = left + "%";
      piece.style.width = Math.max(0, right - left) + "%";
      lane.append(piece);
    };
    bar(run.began, run.ended ?? run.end);
    if (run.ended !== undefined) bar(run.ended, run.end, "wait");
    for (const [at, kind, text] of run.marks) {
      if (at < view.from || at > view.to) continue;
      const mark = make("b", kind, signs[kind]);
      mark.style.left = percent(at) + "%";
      mark.title = text;
      lane.append(mark);
    }
    return lane;
  };

  const rowOf = (run, index) => {
    const row = make("div", "row" + (index % 2 ? " odd" : "") + (index === chosen ? " chosen" : ""));
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", String(index + 1));
    if (index === chosen) row.setAttribute("aria-current", "true");
    row.style.top = index * rowHeight + "px";
    row.dataset.index = String(index);
    const state = (run.violations ? "⚠ " : "") + run.state + (run.reason ? " (" + run.reason + ")" : "");
    row.append(cell("", run.name, run.name), cell("wide", run.key ?? "", run.key), cell("mono wide", run.id.slice(-8), run.id),
      cell(run.state, state, state), cell("number", run.ended === undefined ? "" : duration(run.ended - run.began)),
      cell("number wide", run.settled === undefined || run.ended === undefined ? "" : duration(run.settled - run.ended)),
      cell("number wide", run.attempts ?? ""), laneOf(run));
    return row;
  };

  let isAsked = false;
  const ask = () => { if (!isAsked) { isAsked = true; requestAnimationFrame(() => { isAsked = false; drawRows(); }); } };
  const drawRows = () => {
    const first = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 4);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / rowHeight) + 4);
    const rows = [];
    for (let index = first; index < last; index++) rows.push(rowOf(shown[index], index));
    byId("rows").replaceChildren(...rows);
  };

  // A run goes into the first lane that is free when it begins; where there is no room for another lane, it shares one.
  const lanesMax = 140;
  const packed = (some) => {
    const freeAt = [];
    const lanes = some.slice().sort((a, b) => a.began - b.began).map((run, index) => {
      let lane = freeAt.findIndex((at) => at <= run.began);
      if (lane === -1) lane = freeAt.length < lanesMax ? freeAt.length : index % lanesMax;
      freeAt[lane] = Math.max(freeAt[lane] ?? 0, run.end + data.to / 400);
      return [run, lane];
    });
    return { lanes, laneCount: freeAt.length };
  };

  const drawOverview = () => {
    const ratio = window.devicePixelRatio || 1, width = overview.clientWidth, height = overview.clientHeight;
    overview.width = width * ratio;
    overview.height = height * ratio;
    const pen = overview.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue("--" + name).trim();
    const colours = { completed: colour("good"), failed: colour("bad"), lost: colour("bad"), vanished: colour("bad"), cancelled: colour("off"),
      active: colour("busy"), parked: colour("warn"), ended: colour("warn"), superseded: colour("odd"), refused: colour("odd") };
    const placed = packed(fitting), pad = 6, step = (height - 2 * pad) / Math.max(1, placed.laneCount), thick = Math.max(1, Math.min(12, step * 0.8));
    const x = (at) => pad + (width - 2 * pad) * (at - full.from) / (full.to - full.from);
    // Those that went well are drawn first and do not hide the others.
    const rank = (run) => run.state === "completed" ? 0 : 1;
    const places = placed.lanes.map(([run, lane]) => [run, pad + lane * step]).sort((a, b) => rank(a[0]) - rank(b[0]));
    for (const [run, y] of places) {
      pen.globalAlpha = run.state === "completed" ? 0.55 : 0.9;
      pen.fillStyle = colours[run.state];
      pen.fillRect(x(run.began), y, Math.max(1, x(run.end) - x(run.began)), thick);
    }
    pen.globalAlpha = 1;
    const drawn = { fault: colours.failed, parked: colours.parked, lost: colours.lost, moved: colours.superseded };
    for (const [run, y] of places) for (const [at, kind] of run.marks) {
      if (drawn[kind] === undefined) continue;
      pen.fillStyle = drawn[kind];
      const size = kind === "fault" ? 2 : 4;
      pen.fillRect(x(at) - size / 2, y + thick / 2 - size / 2, size, size);
    }
    const box = selecting ?? (view === full ? undefined : view);
    if (box) {
      pen.fillStyle = colour("accent");
      pen.globalAlpha = 0.14;
      pen.fillRect(x(box.from), 0, x(box.to) - x(box.from), height);
      pen.globalAlpha = 1;
      pen.fillRect(x(box.from), 0, 1, height);
      pen.fillRect(x(box.to), 0, 1, height);
    }
    whole.hidden = view === full;
    byId("axis").replaceChildren(...[0, 0.25, 0.5, 0.75, 1].map((share) => make("span", "", "+" + duration(full.to * share))));
    byId("window").textContent = view === full ? "" : "from +" + duration(view.from) + " to +" + duration(view.to);
  };
  const drawAll = () => { drawOverview(); drawRows(); };

  const describe = () => {
    const run = shown[chosen];
    if (run === undefined) { detail.replaceChildren(make("p", "quiet", "Choose a run to see what happened to it: click on it, or go with the arrow keys in the list.")); return; }
    const rows = [["run", run.id], ["name", run.name], ["key", run.key], ["host", run.host], ["state", run.state], ["reason", run.reason], ["work", run.outcome],
      ["began", new Date(data.from + run.began).toISOString()]].filter((row) => row[1] !== undefined);
    for (const [at, kind, text] of run.marks) rows.push([signs[kind] + " +" + duration(at - run.began), text]);
    if (run.left > 0) rows.push(["", run.left + " more, which there was no room for"]);
    const table = make("table", "mono");
    for (const [name, value] of rows) {
      const row = make("tr");
      row.append(make("td", "quiet", name), make("td", "", value));
      table.append(row);
    }
    detail.replaceChildren(table);
  };

  const pick = (index) => {
    if (shown.length === 0) return;
    chosen = Math.max(0, Math.min(shown.length - 1, index));
    const top = chosen * rowHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight - list.clientHeight;
    describe();
    drawRows();
  };

  list.addEventListener("scroll", ask, { passive: true });
  list.addEventListener("click", (event) => { const row = event.target.closest(".row"); if (row) pick(Number(row.dataset.index)); });
  list.addEventListener("keydown", (event) => {
    const page = Math.floor(list.clientHeight / rowHeight) - 1;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -shown.length, End: shown.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    pick(chosen === -1 && step > 0 && event.key === "ArrowDown" ? 0 : chosen + step);
  });
  for (const button of document.querySelectorAll("[data-by]")) button.addEventListener("click", () => {
    const by = button.dataset.by;
    order = { by, isDown: order.by === by ? !order.isDown : false };
    for (const head of document.querySelectorAll("[aria-sort]")) head.removeAttribute("aria-sort");
    button.parentElement.setAttribute("aria-sort", order.isDown ? "descending" : "ascending");
    choose();
  });
  search.addEventListener("input", choose);
  stateChoice.addEventListener("change", choose);
  onlyOdd.addEventListener("change", choose);

  const timeAt = (event) => {
    const box = overview.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left - 6) / (box.width - 12)));
    return full.from + share * (full.to - full.from);
  };
  let start;
  overview.addEventListener("pointerdown", (event) => { start = timeAt(event); overview.setPointerCapture(event.pointerId); });
  overview.addEventListener("pointermove", (event) => {
    if (start === undefined) return;
    const now = timeAt(event);
    selecting = { from: Math.min(start, now), to: Math.max(start, now) };
    drawOverview();
  });
  overview.addEventListener("pointerup", () => {
    if (selecting && selecting.to - selecting.from > (full.to - full.from) / 2000) view = selecting;
    start = selecting = undefined;
    choose();
  });
  whole.addEventListener("click", () => { view = full; choose(); });
  window.addEventListener("resize", drawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

  for (const state of new Set(runs.map((run) => run.state))) stateChoice.append(new Option(state, state));
  byId("runs").hidden = false;
  choose();
})();
`
