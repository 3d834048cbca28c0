/**
 * How the report looks, in light and in dark. Colours are never the only sign: each state and each mark
 * is named or drawn as well.
 *
 * @since 0.1.0
 */

/** @internal */
export const reportStyle: string = `
:root { color-scheme: light dark; --ground: #fbfbfa; --raised: #ffffff; --text: #1d2125; --quiet: #626a73; --line: #d9dde1;
  --accent: #2458b8; --good: #23724a; --bad: #b3261e; --warn: #93600a; --off: #626a73; --odd: #7a3fa0; --busy: #2f6fd0; --band: #eef0f2; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --raised: #1c2024; --text: #e6e9ec; --quiet: #9aa3ac;
  --line: #33393f; --accent: #8ab4f8; --good: #5cc48d; --bad: #ff8a80; --warn: #e3b341; --off: #8b949e; --odd: #c99bea;
  --busy: #79aef5; --band: #23282d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1400px; margin: 0 auto; padding: 20px 24px 48px; }
h1 { font-size: 20px; margin: 0 0 4px; overflow-wrap: anywhere; } h2 { font-size: 15px; margin: 28px 0 10px; }
p { margin: 4px 0; } .quiet { color: var(--quiet); } code, pre, .mono { font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; }
.verdict { display: inline-block; margin: 10px 0 0; padding: 4px 12px; border: 1px solid; border-radius: 6px; font-weight: 600; }
.verdict.good { color: var(--good); } .verdict.bad { color: var(--bad); }
.cards { columns: 3 300px; column-gap: 14px; }
.card { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; overflow-x: auto; }
.cards .card { break-inside: avoid; margin: 0 0 14px; }
.card h3 { font-size: 13px; margin: 0 0 8px; } .card table { width: 100%; border-collapse: collapse; }
.card td, .card th { text-align: left; padding: 2px 8px 2px 0; font-weight: 400; vertical-align: top; }
.card td:last-child { text-align: right; padding-right: 0; font-variant-numeric: tabular-nums; }
.chart { width: 100%; height: auto; display: block; } .chart text { fill: var(--quiet); font-size: 9px; } .chart rect { fill: var(--accent); }
details { background: var(--raised); border: 1px solid var(--line); border-left: 3px solid var(--bad); border-radius: 6px; margin: 6px 0; padding: 6px 12px; }
summary { cursor: pointer; overflow-wrap: anywhere; } details pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 6px 0; }
.controls { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin: 0 0 8px; }
input[type=search], select, button { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 4px 10px; }
input[type=search] { width: 260px; } ::placeholder { color: var(--quiet); opacity: 1; } button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
#overview { display: block; width: 100%; height: 150px; background: var(--raised); border: 1px solid var(--line); border-radius: 8px 8px 0 0; cursor: crosshair; touch-action: none; }
#axis { display: flex; justify-content: space-between; padding: 3px 8px; color: var(--quiet); font-size: 11px; border: 1px solid var(--line); border-top: 0; border-radius: 0 0 8px 8px; margin-bottom: 10px; background: var(--raised); font-variant-numeric: tabular-nums; }
.row { display: grid; grid-template-columns: minmax(90px, 1.1fr) minmax(60px, .7fr) 92px minmax(140px, 1fr) 78px 78px 54px minmax(220px, 3.2fr); gap: 0 10px; align-items: center; padding: 0 10px; height: 26px; white-space: nowrap; }
.row > * { overflow: hidden; text-overflow: ellipsis; }
.head { border: 1px solid var(--line); border-radius: 8px 8px 0 0; background: var(--band); height: 32px; scrollbar-gutter: stable; overflow-y: hidden; }
.head button { border: 0; background: none; padding: 2px 0; text-align: left; font-weight: 600; font-size: 12px; border-radius: 3px; }
.head [aria-sort] button::after { content: " \\2191"; } .head [aria-sort=descending] button::after { content: " \\2193"; }
#list { max-height: 470px; min-height: 54px; overflow-y: auto; scrollbar-gutter: stable; position: relative; border: 1px solid var(--line); border-top: 0; border-radius: 0 0 8px 8px; background: var(--raised); }
#list .row { position: absolute; left: 0; right: 0; font-size: 12.5px; cursor: default; } #list .row:nth-child(even) { background: none; }
#list .row.odd { background: color-mix(in srgb, var(--band) 55%, transparent); } #list .row.chosen { outline: 2px solid var(--accent); outline-offset: -2px; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.row > .lane { position: relative; height: 26px; margin: 0 8px; overflow: visible; } .lane i { position: absolute; top: 8px; height: 10px; min-width: 2px; border-radius: 2px; background: currentColor; opacity: .75; }
.lane i.wait { opacity: .32; } .lane b { position: absolute; top: 4px; width: 16px; margin-left: -8px; text-align: center; font: 700 11px/18px ui-monospace, Menlo, Consolas, monospace; color: var(--text); }
.lane b.fault, .lane b.lost { color: var(--bad); } .lane b.parked, .lane b.stop { color: var(--warn); } .lane b.retry { color: var(--quiet); } .lane b.settled { color: var(--good); }
.completed { color: var(--good); } .failed, .lost, .vanished { color: var(--bad); } .cancelled { color: var(--off); } .active { color: var(--busy); }
.parked, .ended { color: var(--warn); } .superseded, .refused { color: var(--odd); }
#detail { min-height: 60px; margin-top: 10px; } #detail table { width: auto; } #detail td:last-child { text-align: left; } #detail td { padding: 1px 14px 1px 0; vertical-align: top; overflow-wrap: anywhere; }
.legend { font-size: 12px; color: var(--quiet); } .legend b { font: 700 11px ui-monospace, Menlo, Consolas, monospace; color: var(--text); }
@media (max-width: 900px) { main { padding: 14px; } .row { grid-template-columns: 1.2fr 88px 70px 2fr; } .row > .wide { display: none; } }
`
