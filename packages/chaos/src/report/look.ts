// Owns: how the page looks, light and dark, and the little that its script does: folding and zooming.

export const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--box:#f6f8fa;--good:#116329;--bad:#b3001b;--open:#7a4b00;--rate:#8c959f}
@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--fg:#e6edf3;--dim:#9aa5b1;--line:#343b44;--box:#171c23;--good:#56d364;--bad:#ff7b72;--open:#e3b341;--rate:#6e7681}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:1.2rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
h1{margin:.1rem 0;font-size:1.8rem}h2{font-size:1.2rem;margin:1.8rem 0 .5rem}
.kicker,small,.time{color:var(--dim)}.kicker{margin:0}
header{border-left:.5rem solid var(--open);padding:.4rem 1rem;background:var(--box)}
header.pass{border-color:var(--good)}header.fail{border-color:var(--bad)}
.outcome{font-size:1.25rem}.pass .outcome,.says.pass{color:var(--good)}.fail .outcome,.says.fail{color:var(--bad)}.unknown .outcome,.says.unknown{color:var(--open)}
.says{font-weight:600}
@media (min-width:900px){.says+small{white-space:nowrap}}
.bad h2{color:var(--bad)}
.table,.picture{overflow:auto;border:1px solid var(--line);border-radius:4px;margin:.4rem 0}
.picture{max-height:85vh}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
thead th{background:var(--box)}th[scope=row]{font-weight:600;white-space:nowrap}
code,pre{font:13px/1.45 ui-monospace,monospace}code{overflow-wrap:anywhere}
pre{overflow:auto;max-height:60vh;margin:.4rem 0;padding:.6rem;background:var(--box);border:1px solid var(--line);border-radius:4px}
details{margin:.5rem 0}summary{cursor:pointer;font-weight:600}
button{font:inherit;padding:.15rem .7rem;color:inherit;background:var(--box);border:1px solid var(--line);border-radius:4px;cursor:pointer}
:focus-visible{outline:3px solid #4493f8;outline-offset:1px}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0}
.picture svg{display:block;width:100%;min-width:720px;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--fg)}svg text.time{fill:var(--dim)}svg text.name{font-weight:600}
.grid{stroke:var(--line);stroke-width:.6}
.band .bar{fill:var(--hue);fill-opacity:.35;stroke:var(--hue)}.band .shade{fill:var(--hue);fill-opacity:.1;stroke:var(--hue);stroke-opacity:.35;stroke-dasharray:2 3}
.many .band .shade{fill-opacity:.03;stroke:none}
.band{--hue:#6e7781}.class-process{--hue:#cf222e}.class-network{--hue:#0969da}.class-message{--hue:#1b7c83}.class-clock{--hue:#8250df}.class-disk{--hue:#bc4c00}.class-byzantine{--hue:#bf3989}.class-load{--hue:#4d7c0f}.class-operator{--hue:#9a6700}
.curve{fill:none;stroke:var(--hue);stroke-width:1.8}
.hue-0{--hue:#0969da}.hue-1{--hue:#bc4c00}.hue-2{--hue:#1a7f37}.hue-3{--hue:#8250df}.hue-4{--hue:#cf222e}.hue-5{--hue:#1b7c83}.hue-6{--hue:#bf3989}.hue-7{--hue:#9a6700}
@media (prefers-color-scheme:dark){.hue-0,.class-network{--hue:#58a6ff}.hue-1,.class-disk{--hue:#f0883e}.hue-2,.class-load{--hue:#56d364}.hue-3,.class-clock{--hue:#bc8cff}.hue-4,.class-process{--hue:#ff7b72}.hue-5,.class-message{--hue:#39c5cf}.hue-6,.class-byzantine{--hue:#f778ba}.hue-7,.class-operator{--hue:#e3b341}}
.dash-1{stroke-dasharray:7 3}.dash-2{stroke-dasharray:2 3}.dash-3{stroke-dasharray:9 3 2 3}.dash-4{stroke-dasharray:14 4}
.rate{fill:var(--rate)}
.moment line{stroke:var(--dim);stroke-dasharray:1 2}.moment.violation line{stroke:var(--bad);stroke-width:2;stroke-dasharray:none}.moment.violation text{fill:var(--bad);font-weight:600}
.lane text{font-weight:600}.lane line{stroke:var(--dim);stroke-width:1.2}.lane .down{stroke-dasharray:2 5}
.row line{stroke:var(--fg);stroke-width:1.1}.row circle,.row .mark{fill:var(--fg);stroke:var(--fg)}marker path{fill:var(--fg)}
.row.prevote line{stroke-dasharray:3 2}.row.precommit line{stroke-width:1.9}.row.proposal line{stroke-width:2.6}.row.certificate line{stroke-dasharray:9 2 2 2}
.row.commit .mark{fill:var(--good);stroke:var(--good)}.row.crash .mark{stroke:var(--bad);stroke-width:3}.row.trouble .mark{fill:var(--bad);stroke:var(--bad)}
.row.trouble .whole{stroke:var(--bad);stroke-width:2}.row.undo .mark{fill:var(--bg)}.row.phase .whole{stroke-dasharray:1 2}
.row:hover text{font-weight:600}
@media print{.picture,pre{max-height:none;overflow:visible}button{display:none}}
`;

export const SCRIPT = `
'use strict';
for (const picture of document.querySelectorAll('[data-zoomable]')) {
  const drawing = picture.querySelector('svg');
  let zoom = 1;
  const bar = document.createElement('p');
  const add = (label, act) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.addEventListener('click', () => {
      zoom = Math.min(16, Math.max(1, act()));
      drawing.style.width = zoom * 100 + '%';
    });
    bar.append(button, ' ');
  };
  add('Larger', () => zoom * 1.5);
  add('Smaller', () => zoom / 1.5);
  add('Whole', () => 1);
  picture.before(bar);
}
const foldAll = (open) => {
  for (const each of document.querySelectorAll('details')) each.open = open;
};
for (const [label, open] of [['Unfold everything', true], ['Fold everything', false]]) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', () => foldAll(open));
  document.querySelector('#folding').append(button, ' ');
}
`;
