import { darkPalette, declarations, lightPalette } from '../palette.js';

/** The page's style sheet. Colours are the palette's CSS variables, dark ones where the reader's theme is dark. */
export function pageStyle(): string {
  return `:root {
${declarations(lightPalette)}
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
${declarations(darkPalette)}
  }
}
${layout}`;
}

const layout = `
* { box-sizing: border-box }
body {
  margin: 0;
  background: var(--page);
  color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif;
}
main { max-width: 1160px; margin: 0 auto; padding: 56px 24px 72px }
h1 { font-size: 2.5rem; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 12px }
h2 { font-size: 1.25rem; line-height: 1.3; letter-spacing: -.01em; margin: 0 0 4px }
p { margin: 0 }
a { color: var(--accent); overflow-wrap: anywhere }
section { margin-top: 48px }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 12px; padding: 24px; margin: 0 }
.note, .summary, .chance, .state { color: var(--muted) }
.summary { font-size: 1.125rem; max-width: 46em }
.state { font-size: .8125rem; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; margin-bottom: 8px }
.state::before {
  content: "";
  display: inline-block;
  width: .6em;
  height: .6em;
  margin-right: .5em;
  border-radius: 50%;
  background: var(--muted);
}
.state.completed::before { background: var(--right) }
.state.failed::before, .state.cancelled::before { background: var(--wrong); border-radius: 0 }
.failure {
  margin-top: 16px;
  padding: 12px 16px;
  border-left: 4px solid var(--wrong);
  background: var(--card);
  white-space: pre-wrap;
}
.headline {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  gap: 16px;
  margin-top: 36px;
}
.headline h2 { font-size: 1.0625rem }
.scores { display: grid; grid-template-columns: 1fr 1fr; gap: 32px; margin: 16px 0 18px }
.score { display: flex; flex-direction: column }
.score .name { color: var(--muted); font-size: .875rem; font-weight: 600 }
.score .value {
  font-size: 3.25rem;
  line-height: 1.1;
  font-weight: 700;
  letter-spacing: -.03em;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}
.card:first-child .score:first-child .value { color: var(--accent) }
.gauge { height: 6px; border-radius: 3px; background: var(--grid); margin: 10px 0 8px; overflow: hidden }
.gauge span { display: block; height: 100%; min-width: 2px; background: var(--muted) }
.card:first-child .score:first-child .gauge span { background: var(--accent) }
.chance, .headline .note { font-size: .875rem }
.leading {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
  gap: 1px;
  margin: 16px 0 0;
  border: 1px solid var(--edge);
  border-radius: 12px;
  overflow: hidden;
  background: var(--card);
}
.leading div { padding: 14px 20px; box-shadow: 1px 1px 0 var(--edge) }
.leading dt { color: var(--muted); font-size: .8125rem }
.leading dd { margin: 0; font-size: 1.125rem; font-weight: 600; font-variant-numeric: tabular-nums }
.tiles {
  list-style: none;
  margin: 20px 0 0;
  padding: 0;
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr));
  gap: 12px;
}
.tile {
  display: grid;
  grid-template-columns: 104px minmax(0, 1fr);
  gap: 16px;
  padding: 12px;
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: 12px;
}
.tile.right { border-color: var(--right); box-shadow: inset 0 0 0 1px var(--right) }
.mat {
  background: var(--mat);
  border-radius: 8px;
  aspect-ratio: 1;
  display: grid;
  place-items: center;
  padding: 8px;
  align-self: start;
  overflow: hidden;
}
.mat img { max-width: 100%; max-height: 100%; min-width: 0; min-height: 0; display: block }
.lost { color: #666; font-size: .75rem }
.said { min-width: 0 }
.tile h3, .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.tile h3 { margin: 0; font-size: 1rem; line-height: 1.3 }
.verdict { font-size: .8125rem; font-weight: 600; margin-bottom: 6px }
.right .verdict { color: var(--right) }
.wrong .verdict { color: var(--wrong) }
.tile ol { list-style: none; margin: 0; padding: 0; font-size: .8125rem; line-height: 20px }
.tile ol li {
  display: flex;
  justify-content: space-between;
  gap: 8px;
  padding: 0 6px;
  margin-bottom: 2px;
  border-radius: 3px;
  background: linear-gradient(var(--bar), var(--bar)) 0/var(--share) 100% no-repeat;
}
.tile ol .share { color: var(--muted); font-variant-numeric: tabular-nums; white-space: nowrap }
.tile ol .hit .label { font-weight: 700; color: var(--right) }
.charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr));
  gap: 16px;
  margin-top: 20px;
}
.charts svg { display: block; width: 100%; height: auto; font-family: inherit }
.phases { display: flex; flex-direction: column; justify-content: center }
.phases:nth-child(odd) { grid-column: 1/-1 }
.phases figcaption span { color: var(--muted); margin-left: 8px }
.stack { display: flex; gap: 2px; height: 24px; border-radius: 6px; overflow: hidden; margin: 14px 0 12px }
.stack span { min-width: 1px }
.phases ul {
  list-style: none;
  display: flex;
  flex-wrap: wrap;
  gap: 6px 28px;
  margin: 0;
  padding: 0;
  font-size: .875rem;
  color: var(--muted);
}
.phases li { white-space: nowrap }
.phases b { color: var(--ink) }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 8px; vertical-align: -1px }
.encode { background: var(--accent) }
.loss { background: var(--right) }
.backprop { background: var(--second) }
.update { background: var(--muted) }
.other { background: var(--edge) }
.details { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 32px 56px }
.details h2 + * { margin-top: 12px }
.details h2:not(:first-child) { margin-top: 36px }
.facts { display: grid; grid-template-columns: minmax(8em, auto) minmax(0, 1fr); margin: 0; font-size: .9375rem }
.facts dt, .facts dd { margin: 0; padding: 7px 0; border-bottom: 1px solid var(--edge) }
.facts dt { color: var(--muted); padding-right: 24px }
.facts dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums }
.licences { margin: 0; padding: 0; list-style: none; font-size: .9375rem }
.licences li { padding: 7px 0; border-bottom: 1px solid var(--edge) }
details { margin-top: 12px }
summary { cursor: pointer; color: var(--muted) }
pre {
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: 12px;
  padding: 20px;
  overflow: auto;
  font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (max-width: 560px) {
  main { padding-top: 32px }
  h1 { font-size: 1.875rem }
  .score .value { font-size: 2.375rem }
  .scores { gap: 20px }
  .card { padding: 18px }
}
@media print {
  body { background: #fff }
  .card, .tile { break-inside: avoid }
}
`;
