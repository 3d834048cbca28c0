/**
 * How the page of `RunDashboard` looks: light and dark, wide and narrow, with the system's own fonts.
 *
 * @since 0.1.0
 */

/** @internal */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --line: #dfe3e8; --text: #1b2430; --quiet: #5d6979;
  --accent: #2f5fd0; --accent-soft: #e8eefb; --good: #1d7a46; --bad: #b3261e; --warn: #8a5a00;
  --warn-card: #fff5dc; --warn-line: #e3b341; --shade: #eef1f4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1a2029; --line: #2d3642; --text: #e6ebf1; --quiet: #97a3b3;
    --accent: #7ea6ff; --accent-soft: #22304a; --good: #62c48c; --bad: #ff8f85; --warn: #f0c65c;
    --warn-card: #33290f; --warn-line: #8a6b1c; --shade: #222a35;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: flex; flex-direction: column; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
[hidden] { display: none !important; }
/* Names, keys and errors may be of any length. */
h2 { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
header, .notice, main, footer { width: 100%; max-width: 1240px; margin: 0 auto; padding: 0 20px; }
header { display: flex; align-items: center; gap: 12px; padding-top: 18px; padding-bottom: 12px; }
h1 { font-size: 18px; font-weight: 650; margin: 0; letter-spacing: -0.01em; }
.link { margin-left: auto; display: inline-flex; align-items: center; gap: 7px; color: var(--quiet); font-size: 13px; }
.link::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--warn-line); }
.link.on::before { background: var(--good); }
.notice > div {
  background: var(--warn-card); border: 1px solid var(--warn-line); border-radius: 8px;
  padding: 10px 14px; margin-bottom: 12px; color: var(--text);
}
.notice strong { color: var(--warn); }
.filters { display: flex; flex-wrap: wrap; gap: 5px; margin-bottom: 10px; }
button, input { font: inherit; color: inherit; }
button {
  border: 1px solid var(--line); background: var(--card); border-radius: 7px; padding: 6px 12px; cursor: pointer;
}
button:hover:not(:disabled) { border-color: var(--quiet); }
button:disabled { opacity: 0.5; cursor: default; }
.filters button { padding: 3px 7px; font-size: 12.5px; color: var(--quiet); border-radius: 999px; }
.filters button[aria-pressed="true"] {
  background: var(--accent-soft); border-color: var(--accent); color: var(--accent); font-weight: 600;
}
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(320px, 1fr) 1.25fr; gap: 16px; }
.side { min-height: 0; display: flex; flex-direction: column; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
#list { overflow-y: auto; flex: 1; min-height: 0; }
#runs { list-style: none; margin: 0; padding: 6px; }
#runs:empty { display: none; }
#runs button {
  display: grid; grid-template-columns: 1fr auto; gap: 2px 10px; width: 100%; text-align: left;
  border: 0; background: none; padding: 9px 10px; border-radius: 7px;
}
#runs button:hover { background: var(--shade); }
#runs button[aria-current="true"] { background: var(--accent-soft); }
#runs .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#runs .key { color: var(--quiet); font-weight: 400; }
#runs .detail { color: var(--quiet); font-size: 12.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
#runs .when { color: var(--quiet); font-size: 12.5px; text-align: right; white-space: nowrap; }
.empty { color: var(--quiet); padding: 28px 16px; text-align: center; margin: 0; }
.status { font-size: 12.5px; font-weight: 600; white-space: nowrap; color: var(--quiet); }
.status::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px; background: currentColor; }
#runs .status { justify-self: end; }
.status.running { color: var(--accent); }
.status.completed { color: var(--good); }
.status.failed { color: var(--bad); }
.status.warn { color: var(--warn); }
.status.warn::before { background: none; border: 2px solid currentColor; width: 5px; height: 5px; }
#run { min-height: 0; display: flex; flex-direction: column; padding: 18px 20px; gap: 12px; overflow-y: auto; }
#run > * { flex: none; }
#run .top { display: flex; align-items: baseline; gap: 12px; }
#run h2 { font-size: 17px; margin: 0; overflow-wrap: anywhere; flex: 1; }
#run dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; font-size: 13.5px; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; max-height: 12em; overflow-y: auto; }
.given { white-space: pre-wrap; }
code, #log { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
progress { width: 100%; height: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--shade); appearance: none; display: block; }
progress::-webkit-progress-bar { background: var(--shade); }
progress::-webkit-progress-value { background: var(--accent); border-radius: 3px; }
progress::-moz-progress-bar { background: var(--accent); }
.warning { background: var(--warn-card); border: 1px solid var(--warn-line); border-radius: 8px; padding: 10px 14px; overflow-wrap: anywhere; }
.warning strong { display: block; color: var(--warn); }
.cancel { color: var(--bad); border-color: var(--line); flex: none; }
.cancel:hover:not(:disabled) { border-color: var(--bad); }
#said { font-size: 13.5px; color: var(--quiet); margin: 0; }
h3 { font-size: 12.5px; font-weight: 600; color: var(--quiet); margin: 4px 0 -4px; }
#run > #log {
  flex: 1 0 120px; overflow-y: auto; margin: 0; padding: 10px 12px; background: var(--shade);
  border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere;
}
#log .WARN, #log .note { color: var(--warn); }
#log .ERROR, #log .FATAL { color: var(--bad); }
#log .none { color: var(--quiet); }
dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--card); color: var(--text); padding: 20px; width: min(420px, 90vw); }
dialog::backdrop { background: rgb(0 0 0 / 0.35); }
dialog h2 { font-size: 16px; margin: 0 0 6px; overflow-wrap: anywhere; }
dialog p { margin: 0 0 12px; color: var(--quiet); font-size: 13.5px; }
dialog label { display: block; font-size: 13px; color: var(--quiet); }
dialog input { width: 100%; margin-top: 4px; padding: 7px 10px; border: 1px solid var(--line); border-radius: 7px; background: var(--page); }
dialog .row { display: flex; justify-content: flex-end; gap: 8px; margin-top: 16px; }
dialog .row .cancel { border-color: var(--bad); font-weight: 600; }
footer { color: var(--quiet); font-size: 12.5px; padding-top: 10px; padding-bottom: 14px; }
kbd { font: inherit; border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; background: var(--card); }
@media (max-width: 820px) {
  html, body { height: auto; }
  main { display: flex; flex-direction: column; }
  #list { max-height: 46vh; }
  #run { overflow: visible; }
  #run > #log { flex: none; min-height: 120px; max-height: 50vh; }
  footer { display: none; }
}
`
