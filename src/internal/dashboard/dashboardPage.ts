/**
 * The document of `RunDashboard`: what is there before anything is known of runs. Everything that comes
 * from a run is put in by the script, and as text.
 *
 * @since 0.1.0
 */
import { script } from "./dashboardScript.js"
import { style } from "./dashboardStyle.js"

export { script, style }

/** @internal */
export const document = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runs</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
  <h1>Runs</h1>
  <span id="link" class="link" role="status">connecting</span>
</header>
<div class="notice" role="alert">
  <div id="notStored" hidden></div>
  <div id="stale" hidden></div>
</div>
<main>
  <section class="side" aria-label="Runs">
    <div id="filters" class="filters" role="group" aria-label="Show"></div>
    <div id="list" class="card">
      <ul id="runs"></ul>
      <p id="note" class="empty" hidden></p>
    </div>
  </section>
  <section id="run" class="card" aria-label="Chosen run">
    <p id="nothing" class="empty">Choose a run to see its progress and its log.</p>
    <div id="top" class="top" hidden>
      <h2 id="title"></h2>
      <button id="cancel" class="cancel" type="button">Cancel…</button>
    </div>
    <div id="warning" class="warning" role="alert" hidden></div>
    <p id="said" role="status" hidden></p>
    <progress id="progress" max="1" value="0" aria-label="Progress" hidden></progress>
    <dl id="facts" hidden></dl>
    <h3 id="logTitle" hidden>Log</h3>
    <div id="log" role="log" tabindex="0" aria-labelledby="logTitle" hidden></div>
  </section>
</main>
<footer><kbd>↑</kbd> <kbd>↓</kbd> choose a run &ensp; in the list: <kbd>c</kbd> cancel it &ensp; <kbd>1</kbd>–<kbd>6</kbd> filter</footer>
<dialog id="ask" aria-labelledby="askTitle">
  <h2 id="askTitle"></h2>
  <p>Its work is interrupted. The run is cancelled when that is stored.</p>
  <label>Reason (optional)<input id="reason" maxlength="1000" autocomplete="off"></label>
  <div class="row">
    <button id="keep" type="button">Keep it running</button>
    <button id="confirm" class="cancel" type="button">Cancel the run</button>
  </div>
</dialog>
<noscript>This page needs JavaScript to show what happens live.</noscript>
<script>${script}</script>
</body>
</html>
`
