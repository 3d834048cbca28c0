/**
 * How the page of `RunDashboard` shows the list of runs: the first part of its script, as the text that is
 * sent to browsers. Whatever a run says is put into text nodes and never read as HTML.
 *
 * @since 0.1.0
 */

/** @internal */
export const listScript = String.raw`
"use strict"
const base = location.pathname.replace(/\/+$/, "")
const at = (id) => document.getElementById(id)
const linesMax = 500
const filters = [
  ["All", () => true],
  ["Running", (run) => isActive(run) && !isParked(run)],
  ["Not stored", (run) => isParked(run)],
  ["Completed", (run) => run.status === "completed"],
  ["Failed", (run) => run.status === "failed"],
  ["Cancelled", (run) => run.status === "cancelled"]
]
let latest = {}
let runs = []
let filter = 0
let chosen = location.hash.slice(1)
let chosenSource
const items = new Map()

// -- what a run is shown as -----------------------------------------------------

const isParked = (run) => run.notStored !== undefined && run.notStored.parked
const isActive = (run) => (run.status === "running" || run.status === "pending") && !run.isOutdated
const statusOf = (run) => {
  if (run.isOutdated) return ["", "ended"]
  if (isParked(run)) return ["warn", run.notStored.status + ", not stored"]
  if (run.notStored !== undefined) return ["running", "writing"]
  if (isActive(run) && run.cancelRequestedAt !== undefined) return ["warn", "cancelling"]
  return [run.status, run.status]
}
const clock = (millis) => new Date(millis).toLocaleTimeString()
const when = (millis) => {
  const at = new Date(millis)
  if (at.toDateString() === new Date().toDateString()) return clock(millis)
  return at.toLocaleString(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" })
}
const lasted = (millis) => {
  if (millis < 1000) return Math.max(0, millis) + " ms"
  const seconds = Math.round(millis / 1000)
  if (seconds < 60) return seconds + " s"
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? minutes + " min " + (seconds % 60) + " s" : Math.floor(minutes / 60) + " h " + (minutes % 60) + " min"
}
const progressOf = ({ progress }) => {
  if (progress === undefined) return ""
  const share = progress.total === undefined ? String(progress.current) : progress.current + " of " + progress.total
  return progress.step === undefined ? share : share + " · " + progress.step
}
const detailOf = (run) => {
  if (run.failure !== undefined) return run.failure.reason + ": " + run.failure.message
  if (run.cancelReason !== undefined) return run.cancelReason
  if (run.finishedAt !== undefined) return "took " + lasted(run.finishedAt - run.createdAt)
  return progressOf(run)
}
const make = (tag, className, text) => {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  return element
}
/** Only what differs is touched, so that the focus and a selection stay, and nothing is read aloud twice. */
const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}
const sayBoth = (element, strong, text) => {
  if (element.textContent !== strong + text) element.replaceChildren(make("strong", "", strong), text)
}
const show = (element, isShown) => {
  if (element.hidden === isShown) element.hidden = !isShown
}

// -- the list -------------------------------------------------------------------

const itemOf = (id) => {
  const there = items.get(id)
  if (there !== undefined) return there
  const button = make("button")
  button.type = "button"
  const parts = { name: make("span", "name"), status: make("span"), detail: make("span", "detail"), when: make("span", "when") }
  parts.title = make("span")
  parts.key = make("span", "key")
  parts.name.append(parts.title, parts.key)
  button.append(parts.name, parts.status, parts.detail, parts.when)
  button.addEventListener("click", () => {
    // Some browsers give no focus to what is clicked, and the keys work where the focus is.
    button.focus()
    choose(id)
  })
  const item = make("li")
  item.append(button)
  const made = { item, button, parts }
  items.set(id, made)
  return made
}

/** How many are drawn. There is room for more when somebody comes to the end of them. */
const roomStep = 200
let room = roomStep
const drawList = () => {
  const list = at("runs")
  const fitting = runs.filter(filters[filter][1])
  const shown = fitting.slice(0, room)
  const ids = new Set(shown.map(({ id }) => id))
  for (const [id, { item }] of items) {
    if (ids.has(id)) continue
    item.remove()
    items.delete(id)
  }
  // The list is one stop for the tab key, the arrows go on from there: else hundreds stood before what follows it.
  const stop = ids.has(chosen) ? chosen : shown[0]?.id
  let place = list.firstElementChild
  for (const run of shown) {
    const { button, item, parts } = itemOf(run.id)
    const [kind, words] = statusOf(run)
    say(parts.title, run.name)
    say(parts.key, run.key === undefined ? "" : " " + run.key)
    if (parts.status.className !== "status " + kind) parts.status.className = "status " + kind
    say(parts.status, words)
    say(parts.detail, detailOf(run))
    say(parts.when, when(run.createdAt))
    if (run.id === chosen) button.setAttribute("aria-current", "true")
    else button.removeAttribute("aria-current")
    button.tabIndex = run.id === stop ? 0 : -1
    if (place === item) place = place.nextElementSibling
    else list.insertBefore(item, place)
  }
  const nothing = runs.length === 0 ? "No runs yet." : "No runs here."
  say(at("note"), shown.length === 0 ? nothing : "Only the latest " + runs.length + " runs are shown.")
  show(at("note"), shown.length === 0 || (latest.isMore === true && shown.length === fitting.length))
  filters.forEach(([name, matches], index) => {
    const button = at("filters").children[index]
    const count = runs.filter(matches).length
    say(button, count === 0 ? name : name + " " + count)
    button.setAttribute("aria-pressed", String(index === filter))
  })
}

const drawNotices = ({ failure, readAt }) => {
  const parked = runs.filter(isParked)
  show(at("notStored"), parked.length > 0)
  if (parked.length > 0) {
    const [many, kept] = parked.length === 1
      ? ["1 run has ended and is not stored yet.", " Its verdict is kept, and written when the database takes it."]
      : [parked.length + " runs have ended and are not stored yet.", " Their verdicts are kept, and written when the database takes them."]
    sayBoth(at("notStored"), many, kept)
  }
  show(at("stale"), failure !== undefined)
  if (failure === undefined) return
  const when = readAt === undefined ? "Shown is what this host has in memory." : "Rows are as of " + clock(readAt) + "; active runs are as this host knows them."
  sayBoth(at("stale"), "The database cannot be read.", " " + when)
}
`
