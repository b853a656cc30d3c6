var E=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;function a(n,t={},...e){let i=document.createElement(n);return P(i,t),i.append(...e.filter(r=>r!=null)),i}function P(n,t){for(let[e,i]of Object.entries(t))i==null||i===!1||n.setAttribute(e,i===!0?"":String(i))}function h(n,...t){let e=t.filter(r=>r!=null),i=n.childNodes;e.length===i.length&&e.every((r,o)=>r===i[o])||n.replaceChildren(...e)}var L=0;function u(n){return L+=1,`iw-${n}-${Math.random().toString(36).slice(2,8)}-${L}`}var S=(n,t,e)=>Math.min(Math.max(n,t),e);function z(n,t){let e=()=>n.getRootNode().activeElement,i=e(),r=i!==null&&n.contains(i);t();let o=e();if(!r||o!==null&&n.contains(o)&&M(o))return;let d=i.dataset.key,s=d===void 0?null:n.querySelector(`[data-key="${CSS.escape(d)}"]`);(s!==null&&M(s)?s:n.querySelector("[data-home]"))?.focus({preventScroll:!0})}function M(n){return n.getClientRects().length>0}function C(n,t,e){n.addEventListener("keydown",i=>{let r=i.ctrlKey||i.metaKey,o=i.key.toLowerCase();r&&!i.altKey&&(o==="z"||o==="y")?(t.act({do:o==="y"||i.shiftKey?"redo":"undo"}),i.preventDefault(),i.stopPropagation()):!r&&!i.altKey&&i.stopPropagation()},{signal:e})}var O=Symbol.for("interp_widgets.sheets");function _(n){let t=globalThis,e=t[O]??=new Map,i=e.get(n);return i||(i=new CSSStyleSheet,i.replaceSync(n),e.set(n,i)),i}function f(n,t){let e=_(t),i=()=>{let o=n.getRootNode(),d=o instanceof ShadowRoot?o:document;d.adoptedStyleSheets.includes(e)||(d.adoptedStyleSheets=[...d.adoptedStyleSheets,e])};if(i(),n.isConnected)return;let r=new ResizeObserver(()=>{r.disconnect(),i()});r.observe(n)}var A="(forced-colors: active)",H="(prefers-color-scheme: dark)";function Q(n){if(matchMedia(A).matches)return"contrast";let{body:t,documentElement:e}=document,i=t.dataset.jpThemeLight;if(i!==void 0)return i==="true"?"light":"dark";let r=t.dataset.vscodeThemeKind??"";if(r)return r.includes("light")?"light":"dark";let o=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return o==="dark"||o==="light"?o:e.classList.contains("dark")||t.classList.contains("dark")?"dark":D(n)??(matchMedia(H).matches?"dark":"light")}function D(n){for(let t=n.parentElement;t;t=t.parentElement){let[e,i,r,o]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||i===void 0||r===void 0||o===0))return .299*e+.587*i+.114*r<128?"dark":"light"}return null}function $(n,t,e){let i=()=>{let o=Q(n);n.dataset.theme!==o&&(n.dataset.theme=o,e(),setTimeout(()=>!t.aborted&&e(),400))};i();let r=new MutationObserver(i);for(let o of[document.documentElement,document.body])r.observe(o,{attributes:!0});t.addEventListener("abort",()=>r.disconnect());for(let o of[A,H])matchMedia(o).addEventListener("change",i,{signal:t})}var I=["busy","stopped","error","summary","depth","answered","plain"],G="The kernel was restarted: run the notebook again, down to this cell.",T=class{constructor(t,e,i,r){this.host=t;this.signal=i;this.root=r;for(let o of[...e,...I])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?G:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let i=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...i,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&z(this.root,()=>{for(let e of this.watchers)e.names.some(i=>t.has(i))&&e.run()})}};function N(n,t,e){return{render({model:i,el:r}){let o=new AbortController,d=[],s=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=a("section",{class:`iw iw-${t}`},s);r.append(l),f(l,E),$(l,o.signal,()=>d.forEach(w=>w()));let p=new T(i,n,o.signal,l);return C(l,p,o.signal),e(p,{root:l,signal:o.signal,announce:w=>s.textContent=w,onTheme:w=>d.push(w)}),()=>{o.abort(),l.remove()}}}}var q=["title","at","chosen","tried","revealed","round","questions","feedback","score","terms","key"],m=n=>n.read("key").length>0;function x(n,t){let e=n.read("feedback")[t],i=n.read("key")[t];if(e.settled||!i||!n.read("revealed").includes(t))return e;let r=n.read("chosen")[t],o=r<0||r===i.right?[]:[r],d=i.hints[r]??[];return{settled:!0,wrong:o,hint:d,right:i.right,found:r===i.right,why:i.why,notes:i.notes}}function K(n){return n.settled&&n.first?{mark:"✓",words:"right at the first try"}:n.settled?{mark:"•",words:n.found?"right":"answer shown"}:n.wrong.length>0?{mark:"✗",words:"not right yet"}:{mark:"",words:"open"}}var j=`/* What quizzes and the glossary add to style.css. */
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
`;function R(n,t){let e=a("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),i=a("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>n.act({do:"undo"}),{signal:t}),i.addEventListener("click",()=>n.act({do:"redo"}),{signal:t}),n.watch(["depth"],()=>{let[r,o]=n.read("depth");e.setAttribute("aria-disabled",String(r===0)),i.setAttribute("aria-disabled",String(o===0))}),a("span",{class:"iw-pair"},e,i)}var b=class{element=a("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(t,e,...i){let r=this.element;h(r,...i),r.classList.add("iw-on"),this.open||r.showPopover?.();let{width:o,height:d}=r.getBoundingClientRect(),s=t.right+12,l=t.left-o-12,p=s+o<=e.right||l<e.left?s:l;r.style.left=`${S(p,4,Math.max(window.innerWidth-o-4,4))}px`,r.style.top=`${S(t.top-10,4,Math.max(window.innerHeight-d-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var v=class{constructor(t,e,i){this.root=t;this.define=e;this.signal=i;t.append(this.tip.element),document.addEventListener("scroll",()=>this.place?.(),{capture:!0,passive:!0,signal:i})}root;define;signal;tip=new b;place=null;nodes(t){return t.map(e=>typeof e=="string"?document.createTextNode(e):"code"in e?a("code",{},e.code):this.term(e.term,e.shown))}term(t,e){let i=this.define(t);if(i===void 0)return document.createTextNode(e);let r=u("term"),o=a("button",{type:"button",class:"iw-term","aria-describedby":r},e),d=()=>{let p=a("p",{},a("b",{},t),` ${i}`);this.tip.show(o.getBoundingClientRect(),this.root.getBoundingClientRect(),p)},s=()=>{this.place=d,d()},l=()=>{this.place=null,this.tip.hide()};for(let p of["pointerenter","focus","click"])o.addEventListener(p,s,{signal:this.signal});for(let p of["pointerleave","blur"])o.addEventListener(p,l,{signal:this.signal});return o.addEventListener("keydown",p=>{p.key==="Escape"&&l(),(p.key==="Enter"||p.key===" ")&&p.stopPropagation()},{signal:this.signal}),a("span",{},o,a("span",{id:r,hidden:!0},i))}};var J=400;function B(n,t){let e=a("span",{class:"iw-busy"},"computing"),i=a("button",{type:"button"},"Stop"),r=a("span",{class:"iw-work iw-unseen"},e,i);i.addEventListener("click",()=>n.work(n.read("stopped")?"resume":"stop"),{signal:t.signal});let o=a("div",{class:"iw-error",role:"alert",hidden:!0}),d=a("p",{class:"iw-summary"}),s="",l=0,p=()=>{let w=n.read("error")||s;o.hidden=w==="",o.textContent!==w&&(o.textContent=w),clearTimeout(l);let c=n.read("busy")&&!n.dead,g=n.read("stopped")&&!n.dead;e.hidden=g&&!c,i.textContent=g?"Stopped: go on":"Stop",y(i,!1),y(r,!c&&!g),!c&&!g&&n.pending&&!n.dead&&(l=setTimeout(()=>{y(i,!0),y(r,!n.pending)},J))};return n.watch(["error","busy","stopped","answered"],p),n.watch(["summary"],()=>{d.textContent=n.read("summary"),t.announce(n.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(l)),{busy:r,error:o,summary:d,fail(w){s=w,p()}}}function y(n,t){n.classList.toggle("iw-unseen",t)}var V="The first answer counts, also when you take it back.",k=class{constructor(t,e){this.link=t;this.frame=e;let{signal:i,root:r}=e,{busy:o,error:d,summary:s}=B(t,e);this.rich=new v(r,c=>t.read("terms")[c],i);let l=a("span",{class:"iw-quiz-title"});t.watch(["title"],()=>l.textContent=t.read("title"));let p=a("div",{class:"iw-quiz-head"},l,o,a("span",{class:"iw-push"},R(t,i))),w=a("div",{class:"iw-go"},this.main,this.reveal,this.again,this.score);f(r,j),r.append(p,this.steps,d,this.kind,this.ask,this.prompt,this.options,this.told,w,this.unkept,s),this.main.addEventListener("click",c=>c.detail>1||this.forward(),{signal:i}),this.reveal.addEventListener("click",()=>this.showAnswer(),{signal:i}),this.again.addEventListener("click",()=>this.startAgain(),{signal:i}),r.addEventListener("keydown",c=>this.key(c),{signal:i}),t.watch(["at","chosen","tried","revealed","round","questions","feedback","score","key","answered"],()=>this.draw())}link;frame;rich;steps=a("ol",{class:"iw-steps","aria-label":"Questions"});ask=a("p",{class:"iw-ask",id:u("ask")});kind=a("p",{class:"iw-kind"});prompt=a("p",{class:"iw-said-prompt"});options=a("div",{class:"iw-options",role:"radiogroup","aria-labelledby":this.ask.id,tabindex:-1,"data-home":!0});told=a("div",{class:"iw-told",hidden:!0});main=a("button",{type:"button",class:"iw-main","data-key":"main"});reveal=a("button",{type:"button","data-key":"reveal"},"Show the answer");again=a("button",{type:"button","data-key":"again"},"Start again");score=a("span",{class:"iw-score"});unkept=a("p",{class:"iw-hint",role:"status",hidden:!0});rows=[];shown="";asked="";said="";get at(){return this.link.read("at")}get chosen(){return this.link.read("chosen")[this.at]}get told_(){return x(this.link,this.at)}draw(){let t=this.link.read("questions")[this.at],e=this.link.read("questions").length,i=`${this.at}/${this.link.read("round")}`;i!==this.shown&&this.build(),this.shown=i;let r=t.kind==="predict"?" · Predict, then look: one go":"";this.kind.textContent=`Question ${this.at+1} of ${e}${r}`,this.paintSteps(),this.paintOptions(),this.paintTold(),this.paintGo()}build(){let t=this.link.read("questions")[this.at];h(this.ask,...this.rich.nodes(t.ask)),this.prompt.hidden=t.prompt==="",this.prompt.textContent=`${t.prompt} …`;let e=u("option");this.rows=t.options.map((i,r)=>{let o=a("input",{type:"radio",name:e,value:r,"data-key":`option-${r}`}),d=a("span",{class:"iw-mark"}),s=a("span",{},...this.rich.nodes(i)),l=a("label",{class:"iw-option"},o,a("kbd",{"aria-hidden":"true"},String(r+1)),s,d);return o.addEventListener("change",()=>this.choose(r),{signal:this.frame.signal}),{box:l,input:o,mark:d}}),h(this.options,...this.rows.map(i=>i.box)),this.said=""}paintSteps(){let t=this.link.read("questions");this.steps.childElementCount!==t.length&&h(this.steps,...t.map((e,i)=>{let r=a("button",{type:"button","data-key":`step-${i}`});return r.addEventListener("click",()=>this.go(i),{signal:this.frame.signal}),a("li",{},r)})),[...this.steps.querySelectorAll("button")].forEach((e,i)=>{let{mark:r,words:o}=K(x(this.link,i));e.textContent=r?`${i+1} ${r}`:String(i+1),e.setAttribute("aria-label",`Question ${i+1}, ${o}`),i===this.at?e.setAttribute("aria-current","step"):e.removeAttribute("aria-current")})}paintOptions(){let t=this.told_;this.options.dataset.settled=String(t.settled),this.options.setAttribute("aria-disabled",String(t.settled)),this.rows.forEach(({box:e,input:i,mark:r},o)=>{i.checked=this.chosen===o;let d=t.settled&&t.right===o?"right":t.wrong.includes(o)?"wrong":"";e.dataset.mark=d;let s=t.notes?.[o]??"",l={right:"✓ right",wrong:"✗ not this one","":""}[d];r.textContent=[s,l].filter(Boolean).join(" · ")})}paintTold(){let t=this.told_,e=t.hint??[],i=t.settled||t.wrong.length>0;if(this.told.hidden=!i,!i){this.said="";return}let r=t.settled?t.found?"Right.":t.wrong.length>0?"Not quite.":"The answer.":"Not this one.",o=JSON.stringify([this.at,r,t]);if(o===this.said)return;this.said=o,this.told.dataset.mark=t.found?"right":t.wrong.length>0?"wrong":"";let d=a("span",{},...this.rich.nodes(e),e.length>0&&t.why?" ":"",...this.rich.nodes(t.why??[]));h(this.told,a("b",{},r),d),this.frame.announce(`${r} ${W([...e," ",...t.why??[]])}`)}paintGo(){let{settled:t,wrong:e}=this.told_,i=this.link.read("questions").length,r=this.next()===null,o=m(this.link);this.main.textContent=t||o?r?"Finished":"Next question":"Check";let d=t||o?!r:this.chosen>=0&&!e.includes(this.chosen);this.main.setAttribute("aria-disabled",String(!d||this.link.dead)),this.reveal.hidden=t;let s=this.link.read("score");this.again.hidden=o?this.link.read("revealed").length===0:s.settled===0;let l=s.passed?"Passed. ":`To pass: ${s.needed}. `,p=s.best>s.right?`Best so far ${s.best}. `:"";this.score.textContent=o?"This page has no kernel: it shows answers on request and scores nothing.":`${s.right} of ${i} right at the first try. ${p}${s.best>0||s.given>0?l:""}`,this.score.title=V,this.unkept.hidden=s.unkept==="",this.unkept.textContent=s.unkept}key(t){if(t.ctrlKey||t.metaKey||t.altKey)return;let e=Number(t.key);if(t.key>="1"&&t.key<="9"&&this.rows[e-1])this.rows[e-1].input.focus(),this.choose(e-1);else if(t.key==="Enter"&&!t.shiftKey&&!(t.target instanceof HTMLButtonElement))t.repeat||this.forward();else return;t.preventDefault()}choose(t){if(this.told_.settled||this.link.dead){this.paintOptions();return}if(t===this.chosen)return;let e=this.link.read("chosen").map((i,r)=>r===this.at?t:i);this.link.act({do:"choose",question:this.at,option:t,burst:`choose-${this.at}`},{chosen:e})}forward(){if(this.main.getAttribute("aria-disabled")==="true")return;let t=this.next();if(!this.told_.settled&&!m(this.link)){let e={do:"answer",question:this.at,option:this.chosen},i=JSON.stringify([this.link.read("round"),e]);if(this.link.pending&&i===this.asked)return;this.asked=i,this.link.act(e)}else t!==null&&this.go(t)}next(){let t=this.link.read("questions").length;for(let e=1;e<t;e+=1){let i=(this.at+e)%t;if(!x(this.link,i).settled)return i}return null}go(t){t!==this.at&&this.link.act({do:"go",to:t},{at:t})}showAnswer(){this.main.focus();let t=[...new Set([...this.link.read("revealed"),this.at])].sort((e,i)=>e-i);this.link.act({do:"reveal",question:this.at},m(this.link)?{revealed:t}:{})}startAgain(){this.main.focus();let t=this.link.read("questions").length,e={at:0,chosen:Array(t).fill(-1),revealed:[],round:this.link.read("round")+1};this.link.act({do:"again"},m(this.link)?e:{})}},W=n=>n.map(t=>typeof t=="string"?t:"code"in t?t.code:t.shown).join("");var At=N(q,"quiz",(n,t)=>{new k(n,t)});export{At as default};
