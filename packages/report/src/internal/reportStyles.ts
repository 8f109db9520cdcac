/** How the page of a report looks: in a bright room, in a dark one, on paper. Every text has a contrast of 4.5 or more. */
export const styles = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f5f6f8, #0f1318);
  --card: light-dark(#ffffff, #171c23);
  --ground: light-dark(#f1f3f5, #1c222b);
  --line: light-dark(#d9dee4, #2c343f);
  --text: light-dark(#1b232d, #e4e8ed);
  --muted: light-dark(#56616e, #9ba7b4);
  --accent: light-dark(#1f57c3, #8fb6ff);
  --failed: light-dark(#b3261e, #ff8f86);
  --sent: light-dark(#8a5000, #ffba66);
  --skipped: light-dark(#6b5d00, #dcc964);
  --planned: light-dark(#56616e, #9ba7b4);
  --undone: light-dark(#6c3ea3, #c8a8ff);
  --confirmed: light-dark(#14693f, #72d3a0);
  --mean: light-dark(#4a7fe0, #5f8fe8);
  --peak: light-dark(#c6d8f8, #2b4373);
  --waiting: light-dark(#c9862b, #c08a3e);
  --active: light-dark(#e5eefc, #213252);
  font: 14px/1.45 system-ui, sans-serif;
}
:root[data-theme="bright"] { color-scheme: light }
:root[data-theme="dark"] { color-scheme: dark }
* { box-sizing: border-box }
[hidden] { display: none !important }
body { margin: 0 auto; padding: 20px 24px 32px; max-width: 1400px; background: var(--page); color: var(--text) }
h1, h2, h3, p, dl, dd, ol, ul, figure { margin: 0; padding: 0 }
h1 { font-size: 22px; line-height: 1.25; font-weight: 650; overflow-wrap: anywhere }
h2 { font-size: 15px; font-weight: 650; margin-bottom: 12px }
h3 { font-size: 13px; font-weight: 650; margin: 16px 0 6px }
code, kbd, .id { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: 12px }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.skip { position: absolute; left: 24px; top: -60px; padding: 8px 14px; background: var(--card); color: var(--accent); border: 1px solid var(--line); border-radius: 6px; z-index: 2 }
.skip:focus { top: 8px }
.note { color: var(--muted); font-size: 12.5px }
.number { text-align: right; font-variant-numeric: tabular-nums }
.hidden { padding: 0 3px; margin: 0 1px; border: 1px solid currentColor; border-radius: 3px; color: var(--sent); font: 11px ui-monospace, "DejaVu Sans Mono", monospace; white-space: nowrap; unicode-bidi: isolate; direction: ltr }

header { display: flex; gap: 24px; justify-content: space-between; align-items: flex-start; margin-bottom: 18px }
header > div { min-width: 0 }
.over { color: var(--muted); font-size: 12px; margin-bottom: 2px }
.facts { display: flex; flex-wrap: wrap; gap: 2px 18px; margin-top: 6px; color: var(--muted); font-size: 13px; overflow-wrap: anywhere }
button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 5px 11px; cursor: pointer; white-space: nowrap }
button:hover { border-color: var(--muted) }

section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px 18px; margin-bottom: 16px }
.share { display: block; border-radius: 4px; margin-bottom: 14px }
.share .ground, .ground { fill: var(--ground) }
.share .failed { fill: var(--failed) } .share .sent, .share .undoing { fill: var(--sent) } .share .skipped { fill: var(--skipped) }
.share .planned { fill: var(--line) } .share .undone { fill: var(--undone) } .share .confirmed { fill: var(--confirmed) }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1px; border: 1px solid var(--line); border-radius: 6px; overflow: hidden }
.tile { padding: 9px 12px 10px; box-shadow: 0 0 0 1px var(--line) }
.tile dt { font-size: 12.5px; color: var(--muted) }
.tile dd { font-size: 12px; color: var(--muted); line-height: 1.35 }
.tile b { display: block; font-size: 20px; font-weight: 600; white-space: nowrap; line-height: 1.3; color: var(--text); font-variant-numeric: tabular-nums }
.tile.failed b { color: var(--failed) } .tile.sent b, .tile.undoing b { color: var(--sent) } .tile.skipped b { color: var(--skipped) }
.tile.undone b { color: var(--undone) } .tile.confirmed b { color: var(--confirmed) }
.tile.none b { color: var(--muted); font-weight: 400 }

table { border-collapse: collapse; width: 100%; font-size: 13px }
th { text-align: left; font-weight: 600; font-size: 12px; color: var(--muted); padding: 0 12px 6px 0; border-bottom: 1px solid var(--line) }
td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
tbody tr:last-child td { border-bottom: 0 }
#reasons td:nth-child(1) { width: 80px; white-space: nowrap; font-weight: 600 }
#reasons td:nth-child(2) { width: 240px }
th.number, td.number { padding-right: 18px }
.tag { color: var(--failed) }
#reasons button { border: 0; padding: 0; background: none; color: var(--failed); font-weight: 700; text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 3px; white-space: normal; text-align: left; overflow-wrap: anywhere }
.status { color: var(--muted) }
.runs { padding-left: 24px; font-size: 13px; columns: 2 420px; column-gap: 32px }
.notice { border-left: 3px solid var(--sent); background: var(--ground); padding: 8px 12px; margin-bottom: 12px; border-radius: 0 6px 6px 0 }

.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 12.5px; color: var(--muted); margin-bottom: 8px }
.legend li::before { content: ""; display: inline-block; width: 12px; height: 10px; margin-right: 6px; border-radius: 2px; vertical-align: -1px }
.legend .mean::before { background: var(--mean) }
.legend .peak::before { background: var(--peak) }
.legend .limit::before { height: 0; border-top: 2px solid var(--text); border-radius: 0; vertical-align: 4px }
.legend .refused::before { width: 9px; height: 9px; border-radius: 50%; background: var(--failed) }
.legend .waiting::before { background: var(--waiting) }
.legend .gap::before { background: repeating-linear-gradient(45deg, var(--line) 0 2px, transparent 2px 5px); border: 1px solid var(--line) }
.plot { display: grid; grid-template-columns: 44px 1fr; margin-bottom: 4px }
#time { min-width: 0; border-radius: 4px; touch-action: pan-y }
#plot { display: block; overflow: visible }
.plot text { font: 11.5px system-ui, sans-serif; fill: var(--muted); font-variant-numeric: tabular-nums }
.axis text { text-anchor: end }
#plot .grid { stroke: var(--line); stroke-dasharray: 2 3 }
#plot .base, #plot .tick line { stroke: var(--muted) }
#plot .mean { fill: var(--mean) } #plot .peak { fill: var(--peak) } #plot .waiting { fill: var(--waiting) }
#plot .limit { fill: none; stroke: var(--text); stroke-width: 1.5px; vector-effect: non-scaling-stroke }
#plot .hatch { fill: var(--line) }
#plot .refused line { stroke: var(--failed); stroke-dasharray: 3 2 } #plot .refused circle { fill: var(--failed) }
#cursor { fill: var(--text); fill-opacity: .14; stroke: var(--text); stroke-width: 1px; visibility: hidden }
#time:hover #cursor, #time:focus #cursor { visibility: visible }
.js #readout { min-height: 1.45em }
#readout { color: var(--text); font-variant-numeric: tabular-nums; margin-bottom: 4px }
figcaption { margin-bottom: 10px; max-width: 150ch }
summary { cursor: pointer; color: var(--accent); width: fit-content; font-size: 13px }
#samples { margin-bottom: 14px }
.scroll { max-height: 320px; overflow: auto; margin-top: 8px; border: 1px solid var(--line); border-radius: 6px; padding: 0 10px }
.scroll th { position: sticky; top: 0; background: var(--card); padding-top: 8px }
.scroll td { padding: 4px 12px 4px 0; white-space: nowrap; font-variant-numeric: tabular-nums }

.live, .js .static { display: none }
.js .live { display: block }
.tools { display: flex; flex-wrap: wrap; gap: 10px 14px; align-items: center; margin-bottom: 12px }
.search { position: relative; flex: 1 1 260px; max-width: 420px }
.search kbd { position: absolute; right: 9px; top: 7px; pointer-events: none }
.search input:focus + kbd, .search input:not(:placeholder-shown) + kbd { display: none }
kbd { padding: 1px 5px; border: 1px solid var(--line); border-radius: 4px; background: var(--ground); color: var(--muted); font-size: 11.5px }
input { width: 100%; font: inherit; color: inherit; background: var(--page); border: 1px solid var(--muted); border-radius: 6px; padding: 6px 10px }
input::placeholder { color: var(--muted); opacity: 1 }
#states { display: flex; flex-wrap: wrap; gap: 6px }
#states button { padding: 4px 10px; font-size: 13px }
#states button b { font-variant-numeric: tabular-nums; font-weight: 600; margin-left: 3px; color: var(--text) }
#states button[aria-pressed="true"] { background: var(--active); border-color: var(--accent) }
#found { margin-left: auto; color: var(--muted); font-size: 13px; font-variant-numeric: tabular-nums }
.state { white-space: nowrap; font-weight: 550 }
.state.failed { color: var(--failed) } .state.sent, .state.undoing { color: var(--sent) } .state.skipped { color: var(--skipped) }
.state.planned { color: var(--planned) } .state.undone { color: var(--undone) } .state.confirmed { color: var(--confirmed) }

.table { position: relative }
#grid { position: relative; overflow: auto; border: 1px solid var(--line); border-radius: 6px; font-size: 13px; margin-bottom: 8px }
#grid:focus-visible { outline-offset: 1px }
#grid [role="row"] { display: grid; grid-template-columns: 66px 136px minmax(150px, 2fr) minmax(130px, 1.5fr) minmax(170px, 2.6fr) 56px 172px 84px; align-items: center; min-width: 980px }
.head { position: sticky; top: 0; z-index: 1; background: var(--ground); border-bottom: 1px solid var(--line); height: 34px; min-width: 980px }
.head button { width: 100%; height: 33px; padding: 0 10px; border: 0; border-radius: 0; background: none; text-align: left; font-weight: 600; font-size: 12px; color: var(--muted) }
.head button:hover { color: var(--text) }
.head button:focus-visible { outline-offset: -2px }
.head .number button { text-align: right }
.head [aria-sort="ascending"] button::after { content: " ↑"; color: var(--text) }
.head [aria-sort="descending"] button::after { content: " ↓"; color: var(--text) }
.body { position: relative; min-width: 980px }
.body [role="row"] { position: absolute; left: 0; right: 0; height: 34px; border-bottom: 1px solid var(--line); cursor: default }
.body [role="row"]:hover { background: var(--ground) }
.body [role="row"][aria-selected="true"] { background: var(--active) }
#grid:focus-visible .body [role="row"][aria-selected="true"] { outline: 2px solid var(--accent); outline-offset: -2px }
[role="gridcell"] { padding: 0 10px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0 }
[role="gridcell"].quiet, .quiet { color: var(--muted) }
::highlight(found) { background-color: #ffdf7e; color: #1b232d }
#empty { position: absolute; inset: 34px 0 auto; padding: 20px 16px; text-align: center; color: var(--muted); pointer-events: none }
#keys kbd:not(:first-child) { margin-left: 10px }
#keys kbd + kbd { margin-left: 2px !important }

dialog { width: min(560px, 100vw); max-width: none; height: 100vh; height: 100dvh; max-height: none; margin: 0 0 0 auto; padding: 18px 22px 28px; border: 0; border-left: 1px solid var(--line); background: var(--card); color: var(--text); overflow: auto }
dialog::backdrop { background: rgb(0 0 0 / .38) }
dialog h2 { font-size: 17px; margin: 4px 0 4px; overflow-wrap: anywhere }
dialog nav { display: flex; gap: 8px; margin-bottom: 14px }
dialog nav button:last-child { margin-left: auto }
dialog dl { display: grid; grid-template-columns: 118px 1fr; gap: 6px 12px; font-size: 13px; margin: 14px 0 }
dialog dt { color: var(--muted) }
dialog dd { overflow-wrap: anywhere }
dialog .fault { border-left: 3px solid var(--failed); background: var(--ground); border-radius: 0 6px 6px 0; padding: 10px 12px; margin: 12px 0; white-space: pre-line; overflow-wrap: anywhere }
dialog .fault p + p { margin-top: 6px }
dialog ol { list-style: none; font-size: 13px }
dialog li button { display: grid; grid-template-columns: 78px 136px 1fr; width: 100%; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; padding: 6px 8px; text-align: left }
dialog li button > :last-child { overflow: hidden; text-overflow: ellipsis; min-width: 0 }
dialog li button:hover { background: var(--ground) }
dialog li button[aria-current="true"] { background: var(--active) }
footer { padding: 0 2px }

@media (max-width: 720px) {
  body { padding: 14px 12px 24px }
  section { padding: 14px 12px }
  header { gap: 12px }
  #plot .odd { display: none }
  #found { margin-left: 0 }
  #reasons td:nth-child(1) { width: 50px }
  #reasons td:nth-child(2) { width: 34% }
}
@media (prefers-reduced-motion: no-preference) {
  button, input { transition: border-color .12s, background-color .12s }
}
@media (forced-colors: active) {
  #states button[aria-pressed="true"], .body [role="row"][aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px }
  #plot .mean, #plot .waiting { fill: Highlight }
}
@media print {
  :root { color-scheme: light !important; font-size: 11px }
  body { max-width: none; padding: 0; background: none }
  section { border: 0; padding: 0; margin-bottom: 18px; break-inside: auto }
  figure, .tiles, tr { break-inside: avoid }
  .skip, #theme, #samples, #readout, #cursor, .js .live, .js .static .note:last-child { display: none }
  .js .static { display: block }
}
`
