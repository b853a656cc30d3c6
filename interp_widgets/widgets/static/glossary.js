var k=`/* What quizzes and the glossary add to style.css. */
.iw .iw-term { font: inherit; padding: 0; border: 0; border-bottom: 1px dotted var(--iw-link); border-radius: 0; background: transparent; color: inherit; cursor: help; }
.iw .iw-term:hover { background: transparent; color: var(--iw-link); }
.iw .iw-tip p { margin: 0; color: var(--iw-text); line-height: 1.45; }
.iw code { padding: 0 3px; border-radius: 3px; background: var(--iw-soft); font: 0.92em var(--jp-code-font-family, ui-monospace, monospace); }

.iw .iw-quiz-head { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin: 0 0 12px; }
.iw .iw-quiz-title { font-weight: 600; font-size: 14px; }
.iw .iw-steps { display: flex; flex-wrap: wrap; gap: 4px; margin: 0 0 14px; padding: 0; list-style: none; }
.iw .iw-steps button { min-width: 34px; padding: 3px 7px; font-variant-numeric: tabular-nums; }
.iw .iw-steps button[aria-current="step"] { box-shadow: inset 0 0 0 2px var(--iw-link); font-weight: 700; }
.iw .iw-ask { margin: 0 0 10px; font-size: 15px; line-height: 1.5; max-width: 620px; }
.iw .iw-kind { margin: 0 0 4px; color: var(--iw-faint); font-size: 12px; }
.iw .iw-said-prompt { margin: 0 0 10px; padding: 6px 10px; border-left: 3px solid var(--iw-link); background: var(--iw-soft); font-size: 14px; white-space: pre-wrap; overflow-wrap: anywhere; max-width: 620px; }
.iw .iw-options { display: grid; gap: 6px; margin: 0; padding: 0; border: 0; max-width: 620px; }
.iw .iw-option { display: grid; grid-template-columns: auto auto minmax(0, 1fr) auto; gap: 2px 10px; align-items: baseline; padding: 7px 11px; border: 1px solid var(--iw-line); border-radius: 8px; background: var(--iw-raised); font-size: 14px; cursor: pointer; }
.iw .iw-option:hover { background: var(--iw-soft); }
.iw .iw-option:has(input:checked) { border-color: var(--iw-link); box-shadow: inset 0 0 0 1px var(--iw-link); }
.iw .iw-option:has(input:focus-visible) { outline: 2px solid var(--iw-link); outline-offset: 2px; }
.iw .iw-option input { margin: 0; accent-color: var(--iw-link); }
.iw .iw-option kbd { color: var(--iw-faint); font: 12px var(--jp-ui-font-family, system-ui, sans-serif); }
.iw .iw-option .iw-mark { font-weight: 600; font-size: 13px; white-space: nowrap; }
.iw .iw-option[data-mark="right"] { border: 2px solid var(--iw-good); padding: 6px 10px; }
.iw .iw-option[data-mark="right"] .iw-mark { color: var(--iw-good); }
.iw .iw-option[data-mark="wrong"] { border-style: dashed; border-color: var(--iw-bad); }
.iw .iw-option[data-mark="wrong"] .iw-mark { color: var(--iw-bad); }
.iw .iw-options[data-settled="true"] .iw-option { cursor: default; }
.iw .iw-told { margin: 12px 0 0; padding: 9px 12px; border-left: 4px solid var(--iw-line); border-radius: 4px; background: var(--iw-soft); max-width: 620px; font-size: 14px; }
.iw .iw-told[data-mark="right"] { border-color: var(--iw-good); }
.iw .iw-told[data-mark="wrong"] { border-color: var(--iw-bad); }
.iw .iw-told b { display: block; }
.iw .iw-go { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 14px 0 0; }
.iw .iw-main { font-weight: 600; }
.iw .iw-go .iw-main { background: var(--iw-text); color: var(--iw-ground); border-color: var(--iw-text); }
.iw .iw-go .iw-main[aria-disabled="true"] { opacity: 0.55; }
.iw .iw-go .iw-score { margin-left: auto; color: var(--iw-faint); font-size: 12px; }
.iw[data-theme="contrast"] :is(.iw-option, .iw-told) { forced-color-adjust: auto; }

.iw .iw-terms { display: block; margin: 0; max-height: 26em; overflow: auto; }
.iw .iw-terms :is(dt, dd) { display: block; float: none; width: auto; }
.iw .iw-terms dd[hidden] { display: none; }
.iw .iw-terms dt { margin: 0; padding: 0; border-top: 1px solid var(--iw-line); }
.iw .iw-terms dt button { display: block; width: 100%; border: 0; border-radius: 0; background: transparent; text-align: left; padding: 6px 4px; font-weight: 600; }
.iw .iw-terms dd { margin: 0; padding: 0 4px 9px; max-width: 75ch; }
.iw .iw-search { display: flex; gap: 10px; align-items: center; margin: 0 0 10px; color: var(--iw-faint); }
.iw .iw-search input { flex: 1; max-width: 24em; color: var(--iw-text); }
.iw .iw-prose p { margin: 0 0 10px; font-size: 15px; line-height: 1.6; max-width: 620px; }
`;function a(o,i={},...e){let t=document.createElement(o);return N(t,i),t.append(...e.filter(n=>n!=null)),t}function N(o,i){for(let[e,t]of Object.entries(i))t==null||t===!1||o.setAttribute(e,t===!0?"":String(t))}function u(o,...i){let e=i.filter(n=>n!=null),t=o.childNodes;e.length===t.length&&e.every((n,r)=>n===t[r])||o.replaceChildren(...e)}var S=0;function m(o){return S+=1,`iw-${o}-${Math.random().toString(36).slice(2,8)}-${S}`}var b=(o,i,e)=>Math.min(Math.max(o,i),e);var h=class{element=a("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(i,e,...t){let n=this.element;u(n,...t),n.classList.add("iw-on"),this.open||n.showPopover?.();let{width:r,height:s}=n.getBoundingClientRect(),d=i.right+12,p=i.left-r-12,l=d+r<=e.right||p<e.left?d:p;n.style.left=`${b(l,4,Math.max(window.innerWidth-r-4,4))}px`,n.style.top=`${b(i.top-10,4,Math.max(window.innerHeight-s-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var g=class{constructor(i,e,t){this.root=i;this.define=e;this.signal=t;i.append(this.tip.element),document.addEventListener("scroll",()=>this.place?.(),{capture:!0,passive:!0,signal:t})}root;define;signal;tip=new h;place=null;nodes(i){return i.map(e=>typeof e=="string"?document.createTextNode(e):"code"in e?a("code",{},e.code):this.term(e.term,e.shown))}term(i,e){let t=this.define(i);if(t===void 0)return document.createTextNode(e);let n=m("term"),r=a("button",{type:"button",class:"iw-term","aria-describedby":n},e),s=()=>{let l=a("p",{},a("b",{},i),` ${t}`);this.tip.show(r.getBoundingClientRect(),this.root.getBoundingClientRect(),l)},d=()=>{this.place=s,s()},p=()=>{this.place=null,this.tip.hide()};for(let l of["pointerenter","focus","click"])r.addEventListener(l,d,{signal:this.signal});for(let l of["pointerleave","blur"])r.addEventListener(l,p,{signal:this.signal});return r.addEventListener("keydown",l=>{l.key==="Escape"&&p(),(l.key==="Enter"||l.key===" ")&&l.stopPropagation()},{signal:this.signal}),a("span",{},r,a("span",{id:n,hidden:!0},t))}};var T=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
.iw {
  --iw-ground: var(--jp-layout-color0, #fff);
  --iw-raised: var(--jp-layout-color1, #fff);
  --iw-soft: color-mix(in srgb, var(--iw-text) 6%, var(--iw-ground));
  --iw-line: color-mix(in srgb, var(--iw-text) 16%, var(--iw-ground));
  --iw-text: var(--jp-ui-font-color0, #1c1f24);
  --iw-faint: #5d6672;
  --iw-accent: #b3470b;
  --iw-link: #0b5d92;
  --iw-good: #0a6b4b;
  --iw-bad: #a5262a;
  position: relative; box-sizing: border-box; container-type: inline-size;
  margin: 2px 0; padding: 12px 14px 10px;
  color: var(--iw-text); background: var(--iw-ground);
  border: 1px solid var(--iw-line); border-radius: 10px;
  font: 13px/1.45 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", sans-serif);
}
.iw[data-theme="dark"] {
  --iw-ground: var(--jp-layout-color0, #12151a);
  --iw-raised: var(--jp-layout-color1, #1b2028);
  --iw-text: var(--jp-ui-font-color0, #e7eaef);
  --iw-faint: #9aa4b1;
  --iw-accent: #f5a04c;
  --iw-link: #7cc0ee;
  --iw-good: #5fd0a2;
  --iw-bad: #ff9b94;
  color-scheme: dark;
}
.iw[data-theme="light"] { color-scheme: light; }
.iw[data-theme="contrast"] {
  --iw-ground: Canvas; --iw-raised: Canvas; --iw-soft: Canvas; --iw-line: CanvasText; --iw-text: CanvasText;
  --iw-faint: CanvasText; --iw-accent: Highlight; --iw-link: LinkText; --iw-good: CanvasText; --iw-bad: CanvasText;
}
.iw[data-theme="contrast"] .iw-choice input:checked + span { forced-color-adjust: none; background: Highlight; color: HighlightText; }
.iw *, .iw *::before { box-sizing: border-box; }
.iw [hidden] { display: none !important; }
.iw .iw-sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.iw :is(button, summary, select, textarea, input, .iw-grid, .iw-label):focus-visible { outline: 2px solid var(--iw-link); outline-offset: 2px; }
.iw button, .iw select, .iw summary, .iw input[type="text"] {
  font: inherit; color: inherit; background: var(--iw-raised); border: 1px solid var(--iw-line); border-radius: 6px; padding: 3px 9px; margin: 0; cursor: pointer;
}
.iw input[type="text"] { cursor: text; }
.iw button:hover, .iw summary:hover, .iw select:hover { background: var(--iw-soft); }
.iw button[aria-disabled="true"] { opacity: 0.4; cursor: default; }
.iw button[aria-pressed="true"] { border-color: var(--iw-accent); box-shadow: inset 0 0 0 1px var(--iw-accent); }
.iw .iw-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin: 0 0 10px; }
.iw .iw-push { margin-left: auto; }
.iw .iw-pair { display: inline-flex; }
.iw .iw-pair button:first-child { border-radius: 6px 0 0 6px; }
.iw .iw-pair button:last-child { border-radius: 0 6px 6px 0; border-left: 0; }
.iw .iw-icon { min-width: 30px; padding: 3px 6px; line-height: 1.35; }

.iw .iw-choice { display: inline-flex; align-items: center; gap: 0; border: 0; margin: 0; padding: 0; min-width: 0; }
.iw .iw-choice legend { float: left; padding: 0 8px 0 0; color: var(--iw-faint); }
.iw .iw-choice label { position: relative; }
.iw .iw-choice input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
.iw .iw-choice span { display: block; padding: 3px 10px; border: 1px solid var(--iw-line); border-left-width: 0; background: var(--iw-raised); }
.iw .iw-choice label:first-of-type span { border-left-width: 1px; border-radius: 6px 0 0 6px; }
.iw .iw-choice label:last-of-type span { border-radius: 0 6px 6px 0; }
.iw .iw-choice input:hover + span { background: var(--iw-soft); }
.iw .iw-choice input:checked + span { background: var(--iw-text); color: var(--iw-ground); border-color: var(--iw-text); }
.iw .iw-choice input:focus-visible + span { outline: 2px solid var(--iw-link); outline-offset: 2px; }

.iw .iw-top { display: flex; gap: 10px; align-items: flex-start; }
.iw .iw-top > :first-child { flex: 1; min-width: 0; }
.iw .iw-acts { display: flex; gap: 8px; padding-top: 2px; }
.iw .iw-prompt { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 4px 10px; align-items: center; margin: 0 0 10px; }
.iw .iw-prompt > label, .iw .iw-prompt > .iw-name { color: var(--iw-faint); }
.iw [data-two="true"] > .iw-prompt > label { min-width: 6.2em; }
.iw .iw-typed { position: relative; }
.iw .iw-prompt textarea, .iw .iw-under {
  display: block; width: 100%; margin: 0; padding: 6px 10px; border: 1px solid var(--iw-line); border-radius: 7px;
  font: 14px/1.45 var(--jp-content-font-family, system-ui, sans-serif); letter-spacing: normal; white-space: pre-wrap; overflow-wrap: break-word;
}
.iw .iw-prompt textarea { position: relative; resize: none; color: inherit; background: transparent; overflow-y: auto; }
.iw .iw-under { position: absolute; inset: 0; border-color: transparent; background: var(--iw-raised); color: transparent; overflow: hidden; pointer-events: none; }
.iw .iw-under u { text-decoration: underline wavy var(--iw-bad) 1.5px; text-underline-offset: 3px; text-decoration-skip-ink: none; }
.iw .iw-unknown { grid-column: 2 / -1; color: var(--iw-bad); font-size: 12px; }
.iw .iw-unknown:empty { display: none; }
.iw .iw-offers { max-width: 150px; }
.iw .iw-said { max-height: 7.5em; overflow: auto; padding: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px; }

.iw .iw-token i { font-style: normal; opacity: 0.45; }
.iw .iw-token { white-space: pre; }
.iw .iw-chips { display: inline-flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.iw .iw-chip { display: inline-flex; border: 1px solid var(--iw-line); border-radius: 99px; overflow: hidden; background: var(--iw-raised); }
.iw .iw-chip button { border: 0; box-shadow: none; border-radius: 0; background: transparent; padding: 2px 4px 2px 10px; }
.iw .iw-chip button + button { padding: 2px 9px 2px 4px; color: var(--iw-faint); }
.iw .iw-chip[data-chosen="true"] { border-color: var(--iw-accent); box-shadow: inset 0 0 0 1px var(--iw-accent); }
.iw .iw-track input { width: 108px; }

.iw .iw-sides { display: grid; gap: 14px; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 900px) { .iw .iw-sides[data-two="true"] { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
.iw .iw-side { min-width: 0; }
.iw .iw-head { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; margin: 0 0 5px; color: var(--iw-faint); font-size: 12px; }
.iw .iw-head b { color: var(--iw-text); font-weight: 600; }
.iw .iw-light { margin-left: auto; color: var(--iw-good); }
.iw .iw-light[data-state="bad"] { color: var(--iw-bad); font-weight: 600; }
.iw .iw-light[data-state="open"] { color: var(--iw-faint); }
.iw .iw-grid { position: relative; overflow: auto hidden; border-radius: 4px; outline-offset: 4px; cursor: crosshair; scrollbar-width: thin; }
.iw .iw-spacer { min-width: 100%; }
.iw .iw-grid canvas { position: sticky; left: 0; display: block; touch-action: pan-x pan-y; }
.iw .iw-overview { position: relative; height: 26px; margin: 4px 0 0; border-radius: 4px; overflow: hidden; cursor: ew-resize; touch-action: none; }
.iw .iw-overview canvas { display: block; image-rendering: pixelated; width: 100%; height: 100%; }
.iw .iw-pane { position: absolute; top: 0; bottom: 0; min-width: 6px; border: 2px solid var(--iw-accent); border-radius: 4px; background: color-mix(in srgb, var(--iw-accent) 14%, transparent); }
.iw .iw-tick-at { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1.5px; background: var(--iw-text); outline: 1px solid var(--iw-ground); }
.iw .iw-foot { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: center; margin: 8px 0 0; color: var(--iw-faint); font-size: 12px; }
.iw .iw-legend { display: inline-flex; align-items: center; gap: 7px; }
.iw .iw-legend canvas { width: 120px; height: 10px; border-radius: 3px; forced-color-adjust: none; box-shadow: 0 0 0 1px var(--iw-line); }
.iw .iw-stair { display: inline-block; width: 18px; height: 0; border-top: 2px solid var(--iw-accent); vertical-align: middle; margin-right: 6px; }

.iw .iw-tip {
  position: fixed; inset: auto; margin: 0; display: none; width: max-content; max-width: 300px; padding: 9px 11px; pointer-events: none; z-index: 1000;
  color: var(--iw-text); background: var(--iw-ground); border: 1px solid var(--iw-line); border-radius: 8px; box-shadow: 0 6px 24px rgb(0 0 0 / 0.22); font-size: 12px; overflow: hidden;
}
.iw .iw-tip.iw-on { display: block; }
.iw .iw-tip h4 { margin: 0 0 6px; font-size: 12px; font-weight: 600; }
.iw .iw-tip h4 small { font-weight: 400; color: var(--iw-faint); font-size: inherit; }
.iw .iw-tip ol { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: minmax(56px, auto) 76px auto; gap: 0 9px; line-height: 1.5; align-items: center; }
.iw .iw-tip li { display: contents; }
.iw .iw-tip li .iw-token { overflow: hidden; text-overflow: ellipsis; max-width: 130px; }
.iw .iw-tip meter, .iw .iw-tip .iw-bar-track { height: 7px; border-radius: 4px; background: var(--iw-soft); overflow: hidden; }
.iw .iw-tip .iw-bar-track span { display: block; height: 100%; background: var(--iw-link); border-radius: 4px; }
.iw .iw-tip .iw-num { text-align: right; font-variant-numeric: tabular-nums; }
.iw .iw-tip p { margin: 7px 0 0; color: var(--iw-faint); }

.iw .iw-trails { margin: 12px 0 0; border-top: 1px solid var(--iw-line); padding-top: 10px; }
.iw .iw-plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 360px), 1fr)); gap: 10px 18px; }
.iw .iw-plots figure { margin: 0; min-width: 0; }
.iw .iw-plots figcaption { display: flex; gap: 8px; align-items: baseline; font-size: 12px; color: var(--iw-faint); }
.iw .iw-plots figcaption b { color: var(--iw-text); font-weight: 600; }
.iw .iw-plots figcaption .iw-token { overflow: hidden; text-overflow: ellipsis; }
.iw .iw-plots figcaption .iw-which { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 40%; }
.iw .iw-plots figcaption button { margin-left: auto; border: 0; padding: 0 6px; background: transparent; color: var(--iw-faint); }
.iw .iw-lines { display: block; max-width: 100%; height: auto; font: 11px var(--jp-ui-font-family, system-ui, sans-serif); overflow: visible; }
.iw .iw-lines text { fill: var(--iw-text); }
.iw .iw-lines :is(.iw-tick, .iw-axis, .iw-value) { fill: var(--iw-faint); }
.iw .iw-lines .iw-lead { opacity: 0.45; }
.iw .iw-lines .iw-rule { stroke: var(--iw-line); stroke-width: 1; }
.iw .iw-lines .iw-curve { stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.iw .iw-lines .iw-mark { stroke: var(--iw-accent); stroke-width: 1.5; }
.iw .iw-lines .iw-mark-name { fill: var(--iw-accent); font-weight: 700; font-size: 10px; }
.iw .iw-lines .iw-cursor { stroke: var(--iw-text); stroke-width: 1; opacity: 0.6; }
.iw .iw-lines .iw-label { cursor: pointer; }
.iw .iw-lines .iw-label rect { fill: transparent; }
.iw .iw-lines .iw-label:hover rect { fill: var(--iw-soft); }
.iw .iw-hint { margin: 10px 0 0; color: var(--iw-faint); font-size: 12px; }

.iw .iw-menu { position: relative; }
.iw .iw-menu summary { list-style: none; }
.iw .iw-menu summary::-webkit-details-marker { display: none; }
.iw .iw-menu summary::after { content: " ▾"; color: var(--iw-faint); }
.iw .iw-entries { position: absolute; right: 0; z-index: 20; display: grid; margin-top: 4px; padding: 4px; min-width: 90px; background: var(--iw-ground); border: 1px solid var(--iw-line); border-radius: 8px; box-shadow: 0 6px 24px rgb(0 0 0 / 0.2); }
.iw .iw-entries button { border: 0; text-align: left; background: transparent; }
.iw .iw-entries button:hover { background: var(--iw-soft); }

.iw .iw-error { margin: 0 0 10px; padding: 7px 11px; border: 1px solid var(--iw-bad); border-left-width: 4px; border-radius: 6px; color: var(--iw-bad); white-space: pre-wrap; overflow-wrap: anywhere; }
.iw .iw-busy { color: var(--iw-faint); font-size: 12px; }
.iw .iw-busy::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 6px; border: 2px solid var(--iw-line); border-top-color: var(--iw-link); border-radius: 50%; vertical-align: -1px; animation: iw-turn 0.9s steps(8) infinite; }
.iw .iw-work { display: inline-flex; gap: 8px; align-items: center; }
.iw .iw-unseen { visibility: hidden; }
.iw .iw-work button { padding: 1px 9px; font-size: 12px; }
.iw .iw-summary { margin: 10px 0 0; color: var(--iw-faint); font-size: 12px; overflow-wrap: anywhere; }
@keyframes iw-turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .iw .iw-busy::before { animation: none; } }
@container (max-width: 560px) {
  .iw .iw-top { flex-direction: column-reverse; align-items: stretch; gap: 4px; }
  .iw .iw-acts { justify-content: flex-end; }
  .iw .iw-prompt { grid-template-columns: minmax(0, 1fr) auto; }
  .iw .iw-prompt > label, .iw .iw-typed, .iw .iw-unknown { grid-column: 1 / -1; }
  .iw .iw-choice { flex-wrap: wrap; }
  .iw .iw-choice legend { float: none; width: 100%; }
}
.iw .iw-token-box { display: inline-flex; gap: 6px; align-items: center; color: var(--iw-faint); }
.iw .iw-token-box input { width: 125px; color: var(--iw-text); }
.iw .iw-token-box select { width: 34px; }
`;function L(o,i){let e=()=>o.getRootNode().activeElement,t=e(),n=t!==null&&o.contains(t);i();let r=e();if(!n||r!==null&&o.contains(r)&&E(r))return;let s=t.dataset.key,d=s===void 0?null:o.querySelector(`[data-key="${CSS.escape(s)}"]`);(d!==null&&E(d)?d:o.querySelector("[data-home]"))?.focus({preventScroll:!0})}function E(o){return o.getClientRects().length>0}function M(o,i,e){o.addEventListener("keydown",t=>{let n=t.ctrlKey||t.metaKey,r=t.key.toLowerCase();n&&!t.altKey&&(r==="z"||r==="y")?(i.act({do:r==="y"||t.shiftKey?"redo":"undo"}),t.preventDefault(),t.stopPropagation()):!n&&!t.altKey&&t.stopPropagation()},{signal:e})}var q=Symbol.for("interp_widgets.sheets");function B(o){let i=globalThis,e=i[q]??=new Map,t=e.get(o);return t||(t=new CSSStyleSheet,t.replaceSync(o),e.set(o,t)),t}function x(o,i){let e=B(i),t=()=>{let r=o.getRootNode(),s=r instanceof ShadowRoot?r:document;s.adoptedStyleSheets.includes(e)||(s.adoptedStyleSheets=[...s.adoptedStyleSheets,e])};if(t(),o.isConnected)return;let n=new ResizeObserver(()=>{n.disconnect(),t()});n.observe(o)}var z="(forced-colors: active)",C="(prefers-color-scheme: dark)";function F(o){if(matchMedia(z).matches)return"contrast";let{body:i,documentElement:e}=document,t=i.dataset.jpThemeLight;if(t!==void 0)return t==="true"?"light":"dark";let n=i.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let r=e.getAttribute("theme")??e.dataset.theme??i.dataset.theme;return r==="dark"||r==="light"?r:e.classList.contains("dark")||i.classList.contains("dark")?"dark":P(o)??(matchMedia(C).matches?"dark":"light")}function P(o){for(let i=o.parentElement;i;i=i.parentElement){let[e,t,n,r]=(getComputedStyle(i).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||t===void 0||n===void 0||r===0))return .299*e+.587*t+.114*n<128?"dark":"light"}return null}function H(o,i,e){let t=()=>{let r=F(o);o.dataset.theme!==r&&(o.dataset.theme=r,e(),setTimeout(()=>!i.aborted&&e(),400))};t();let n=new MutationObserver(t);for(let r of[document.documentElement,document.body])n.observe(r,{attributes:!0});i.addEventListener("abort",()=>n.disconnect());for(let r of[z,C])matchMedia(r).addEventListener("change",t,{signal:i})}var _=["busy","stopped","error","summary","depth","answered","plain"],$="The kernel was restarted: run the notebook again, down to this cell.",y=class{constructor(i,e,t,n){this.host=i;this.signal=t;this.root=n;for(let r of[...e,..._])this.listen(`change:${r}`,()=>this.note([r]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(i){return i==="error"&&this.dead?$:i in this.overlay?this.overlay[i]:this.host.get(i)}act(i,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:i,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(i){this.dead||this.host.send({work:i})}get pending(){return this.waiting>0}watch(i,e){this.watchers.push({names:i,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(i,e){this.host.on(i,e),this.signal.addEventListener("abort",()=>this.host.off(i,e))}settle(){let[i,e]=this.read("answered");if(i!==this.view||e!==this.sent)return;let t=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...t,"answered"])}note(i){i.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of i)this.changed.add(e)}flush(){let i=this.changed;this.changed=new Set,!this.signal.aborted&&L(this.root,()=>{for(let e of this.watchers)e.names.some(t=>i.has(t))&&e.run()})}};function j(o,i,e){return{render({model:t,el:n}){let r=new AbortController,s=[],d=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),p=a("section",{class:`iw iw-${i}`},d);n.append(p),x(p,T),H(p,r.signal,()=>s.forEach(w=>w()));let l=new y(t,o,r.signal,p);return M(p,l,r.signal),e(l,{root:p,signal:r.signal,announce:w=>d.textContent=w,onTheme:w=>s.push(w)}),()=>{r.abort(),p.remove()}}}}var O=400;function A(o,i){let e=a("span",{class:"iw-busy"},"computing"),t=a("button",{type:"button"},"Stop"),n=a("span",{class:"iw-work iw-unseen"},e,t);t.addEventListener("click",()=>o.work(o.read("stopped")?"resume":"stop"),{signal:i.signal});let r=a("div",{class:"iw-error",role:"alert",hidden:!0}),s=a("p",{class:"iw-summary"}),d="",p=0,l=()=>{let w=o.read("error")||d;r.hidden=w==="",r.textContent!==w&&(r.textContent=w),clearTimeout(p);let v=o.read("busy")&&!o.dead,c=o.read("stopped")&&!o.dead;e.hidden=c&&!v,t.textContent=c?"Stopped: go on":"Stop",f(t,!1),f(n,!v&&!c),!v&&!c&&o.pending&&!o.dead&&(p=setTimeout(()=>{f(t,!0),f(n,!o.pending)},O))};return o.watch(["error","busy","stopped","answered"],l),o.watch(["summary"],()=>{s.textContent=o.read("summary"),i.announce(o.read("summary"))}),i.signal.addEventListener("abort",()=>clearTimeout(p)),{busy:n,error:r,summary:s,fail(w){d=w,l()}}}function f(o,i){o.classList.toggle("iw-unseen",i)}var G=["query","open_term","terms","text"];function D(o,i){let e=a("input",{type:"text","data-home":!0,"data-key":"search",placeholder:"a word"}),t=a("dl",{class:"iw-terms",tabindex:0,"aria-label":"Terms","data-key":"terms"});return e.addEventListener("input",()=>o.act({do:"search",text:e.value,burst:"search"},{query:e.value}),{signal:i}),o.watch(["query","open_term","terms"],()=>{let n=o.read("query");e.value!==n&&(e.value=n);let r=Object.entries(o.read("terms")).filter(([s,d])=>`${s} ${d}`.toLowerCase().includes(n.toLowerCase()));u(t,...r.flatMap(([s,d])=>I(o,s,d)))}),a("div",{},a("label",{class:"iw-search"},"Search",e),t)}function I(o,i,e){let t=o.read("open_term")===i,n=m("means"),r=a("button",{type:"button","aria-expanded":String(t),"aria-controls":n,"data-key":`term-${i}`},i);return r.addEventListener("click",()=>o.act({do:"open",term:i},{open_term:t?"":i})),[a("dt",{},r),a("dd",{id:n,hidden:!t},e)]}function V(o,i){let{error:e,summary:t}=A(o,i);if(x(i.root,k),i.root.append(e),o.read("text").length===0){i.root.append(D(o,i.signal),t);return}let n=new g(i.root,r=>o.read("terms")[r],i.signal);i.root.append(a("div",{class:"iw-prose"},...o.read("text").map(r=>a("p",{},...n.nodes(r)))))}var fi=j(G,"glossary",V);export{G as TRAITS,fi as default};
