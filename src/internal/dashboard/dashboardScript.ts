/**
 * What the page of `RunDashboard` does, as the text that is sent to browsers. It has no data of its own:
 * one stream tells all runs, another the chosen one, and each is opened again when it breaks.
 *
 * @since 0.1.0
 */
import { listScript } from "./dashboardList.js"
import { streamScript } from "./dashboardStreams.js"

const runScript = `
// -- the chosen run -------------------------------------------------------------

/** The chosen run as its own stream tells it: the list has room for the latest only. */
let told
const chosenRun = () => runs.find(({ id }) => id === chosen) ?? (told?.id === chosen ? withEnding(told) : undefined)

const drawChosen = () => {
  const run = chosenRun()
  for (const id of ["top", "facts", "log", "logTitle"]) show(at(id), run !== undefined)
  show(at("nothing"), run === undefined)
  show(at("warning"), run !== undefined && isParked(run))
  show(at("progress"), run !== undefined && isActive(run) && run.progress?.total > 0)
  if (run === undefined) return
  say(at("title"), run.key === undefined ? run.name : run.name + " " + run.key)
  at("cancel").disabled = !isActive(run) || run.notStored !== undefined
  // Whoever is there with the keyboard is not sent back to the beginning of the page.
  if (!isActive(run) && document.activeElement === at("cancel")) at("log").focus()
  show(at("cancel"), isActive(run))
  if (isParked(run)) sayBoth(at("warning"), "Decided as " + run.notStored.status + ", not stored yet", run.notStored.why)
  if (run.progress?.total > 0) at("progress").value = run.progress.current / run.progress.total
  const [kind, words] = statusOf(run)
  // The browser's clock: there is no other in a page.
  const ended = run.finishedAt ?? (isActive(run) ? Date.now() : undefined)
  const facts = [
    ["Status", words, "status " + kind],
    ["Work", run.workOutcome],
    ["Why", run.failure && run.failure.reason + ": " + run.failure.message],
    ["Cancel", run.cancelRequestedAt && "asked for at " + clock(run.cancelRequestedAt) + (run.cancelReason ? ": " + run.cancelReason : "")],
    ["Result", run.id === given?.id && (given.problem ?? beginning(given.result)), "given"],
    ["Error", run.id === given?.id && beginning(given.error), "given"],
    ["Progress", isActive(run) && progressOf(run)],
    ["Started", new Date(run.createdAt).toLocaleString() + (ended === undefined ? "" : ", " + (run.finishedAt ? "took " + lasted(ended - run.createdAt) : lasted(ended - run.createdAt) + " so far"))],
    ["Id", run.id, "id"]
  ].filter(([, text]) => text)
  const list = at("facts")
  while (list.children.length > facts.length * 2) list.lastChild.remove()
  facts.forEach(([name, text, className], index) => {
    if (list.children[index * 2] === undefined) list.append(make("dt"), make("dd"))
    const value = list.children[index * 2 + 1]
    say(list.children[index * 2], name)
    if (value.firstChild === null || value.firstChild.className !== (className ?? "")) {
      value.replaceChildren(make(className === "id" || className === "given" ? "code" : "span", className ?? ""))
    }
    say(value.firstChild, text)
  })
}

/** What the chosen run gave; it is not in the list, since it may be long, and is asked for when it is stored. */
let given
const beginning = (part) => {
  if (part === undefined || part.text.length === part.length) return part?.text
  return part.text + "… (the first " + part.text.length.toLocaleString() + " of " + part.length.toLocaleString() + " characters)"
}
const askGiven = async (id) => {
  let answer
  try {
    const response = await fetch(base + "/live/" + encodeURIComponent(id) + "/ending")
    const body = await response.json()
    answer = response.ok ? body : { problem: body.message }
  } catch {
    answer = { problem: "The host could not be asked." }
  }
  if (id !== chosen) return
  given = { id, ...answer }
  drawChosen()
}

const addLine = (className, text) => {
  const log = at("log")
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24
  log.querySelector(".none")?.remove()
  log.append(make("div", className, text))
  while (log.children.length > linesMax) log.firstChild.remove()
  if (isAtEnd) log.scrollTop = log.scrollHeight
}
const tell = {
  logged: ({ level, message }) => addLine(level, message),
  dropped: ({ count }) => addLine("note", count + " lines were dropped: this page was too slow for them."),
  cancelRequested: ({ reason }) => addLine("note", "Cancel requested" + (reason ? ": " + reason : "")),
  parked: ({ status }) => addLine("note", "Decided as " + status + ", not stored yet."),
  superseded: () => addLine("note", "Another host owns the run now."),
  vanished: () => addLine("note", "The row of this run is gone."),
  settled: ({ status }) => addLine("status " + status, "Stored as " + status + ".")
}

/** What the chosen run was told last is true at once, before the rows are read again. */
let ending
const withEnding = (run) =>
  ending?.id === run.id && run.finishedAt === undefined
    ? { ...run, status: ending.status, workOutcome: ending.workOutcome, notStored: undefined, isOutdated: false }
    : run
const tellMore = (id, fields) => {
  if (told?.id === id) told = { ...told, ...fields }
  drawChosen()
}
const end = (id, { status, workOutcome }) => {
  ending = { id, status, workOutcome }
  runs = runs.map(withEnding)
  drawNotices(latest)
  drawList()
  drawChosen()
}

const choose = (id) => {
  if (id === chosen && chosenSource !== undefined) return
  chosen = id
  history.replaceState(null, "", "#" + id)
  show(at("said"), false)
  at("log").replaceChildren(make("div", "none", "No lines yet."))
  chosenSource?.()
  const tellings = Object.entries(tell).filter(([name]) => name !== "settled")
  chosenSource = listen("/live/" + encodeURIComponent(id), [
    ...tellings,
    ["settled", (data) => {
      tell.settled(data)
      end(id, data)
      askGiven(id)
    }],
    ["progressed", ({ progress }) => tellMore(id, { progress })],
    ["parked", ({ status, why }) => tellMore(id, { notStored: { status, parked: true, why } })],
    ["snapshot", ({ recent, run }) => {
      told = run
      at("log").replaceChildren(make("div", "none", "No lines yet."))
      for (const { event, ...data } of recent) tell[event]?.(data)
      drawChosen()
    }]
  ])
  drawList()
  drawChosen()
}

const ask = () => {
  const run = chosenRun()
  if (run === undefined || at("cancel").disabled || at("cancel").hidden) return
  say(at("askTitle"), "Cancel " + at("title").textContent + "?")
  at("reason").value = ""
  at("ask").dataset.run = run.id
  at("ask").showModal()
}
const answers = {
  200: ({ durable }) => (durable ? "The cancel is stored." : "The cancel is accepted, and not stored yet."),
  409: ({ status }) => "Too late: the run is " + status + "."
}
const cancel = async () => {
  const id = at("ask").dataset.run
  const reason = at("reason").value.trim()
  at("ask").close()
  const said = (text) => {
    if (id !== chosen) return
    show(at("said"), true)
    say(at("said"), text)
  }
  said("Asking…")
  try {
    const response = await fetch(base + "/live/" + encodeURIComponent(id) + "/cancel", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(reason === "" ? {} : { reason })
    })
    const body = await response.json()
    said(answers[response.status]?.(body) ?? body.message ?? "The host answered " + response.status + ".")
  } catch {
    said("The host could not be asked. Try again when it is back.")
  }
}

// -- what people do ------------------------------------------------------------

filters.forEach((_, index) => {
  const button = make("button")
  button.type = "button"
  button.addEventListener("click", () => {
    filter = index
    room = roomStep
    at("list").scrollTop = 0
    drawList()
  })
  at("filters").append(button)
})
at("list").addEventListener("scroll", ({ target }) => {
  if (items.size < room || target.scrollTop + 2 * target.clientHeight < target.scrollHeight) return
  room += roomStep
  drawList()
}, { passive: true })
at("cancel").addEventListener("click", ask)
at("keep").addEventListener("click", () => at("ask").close())
at("confirm").addEventListener("click", cancel)
at("reason").addEventListener("keydown", ({ key }) => {
  if (key === "Enter") cancel()
})
document.addEventListener("keydown", (event) => {
  if (at("ask").open || event.ctrlKey || event.metaKey || event.altKey) return
  const { activeElement } = document
  const isInList = activeElement.closest(".side") !== null
  const buttons = [...at("runs").querySelectorAll("button")]
  const now = buttons.findIndex((button) => button.getAttribute("aria-current") === "true")
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    // What is scrolled by these keys goes on being scrolled.
    if (!(isInList || activeElement === document.body) || buttons.length === 0) return
    event.preventDefault()
    const next = now === -1 ? 0 : Math.min(buttons.length - 1, Math.max(0, now + (event.key === "ArrowDown" ? 1 : -1)))
    buttons[next].focus()
    buttons[next].click()
  } else if (!isInList) {
    // Whoever speaks to the page, or hits a key by mistake, filters and cancels nothing.
    return
  } else if (event.key === "c") {
    // Else the letter would stand in the reason.
    event.preventDefault()
    ask()
  } else if (/^[1-6]$/.test(event.key)) {
    const button = at("filters").children[Number(event.key) - 1]
    // The run that had the focus may not be shown any more.
    button.focus()
    button.click()
  }
})
listen("/live", [["runs", (state) => {
  latest = state
  runs = state.runs.map(withEnding)
  drawNotices(state)
  drawList()
  if (chosen !== "" && chosenSource === undefined) choose(chosen)
  drawChosen()
}]], (isOn) => {
  at("link").classList.toggle("on", isOn)
  say(at("link"), isOn ? "live" : "reconnecting")
})
addEventListener("hashchange", () => choose(location.hash.slice(1)))
setInterval(drawChosen, 1000)
`

/** @internal */
export const script: string = listScript + streamScript + runScript
