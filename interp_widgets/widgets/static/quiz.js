var S=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
.iw .iw-busy::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 6px; border: 2px solid var(--iw-line); border-top-color: var(--iw-link); border-radius: 50%; vertical-align: -1px; animation: iw-turn 0.9s linear infinite; }
.iw .iw-work { display: inline-flex; gap: 8px; align-items: center; }
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
`;function a(r,t={},...i){let e=document.createElement(r);return F(e,t),e.append(...i.filter(n=>n!=null)),e}function F(r,t){for(let[i,e]of Object.entries(t))e==null||e===!1||r.setAttribute(i,e===!0?"":String(e))}function h(r,...t){let i=t.filter(n=>n!=null),e=r.childNodes;i.length===e.length&&i.every((n,o)=>n===e[o])||r.replaceChildren(...i)}var T=0;function u(r){return T+=1,`iw-${r}-${Math.random().toString(36).slice(2,8)}-${T}`}var v=(r,t,i)=>Math.min(Math.max(r,t),i);function L(r,t){let i=()=>r.getRootNode().activeElement,e=i(),n=e!==null&&r.contains(e);t();let o=i();if(!n||o!==null&&r.contains(o)&&E(o))return;let d=e.dataset.key,s=d===void 0?null:r.querySelector(`[data-key="${CSS.escape(d)}"]`);(s!==null&&E(s)?s:r.querySelector("[data-home]"))?.focus({preventScroll:!0})}function E(r){return r.getClientRects().length>0}function z(r,t,i){r.addEventListener("keydown",e=>{let n=e.ctrlKey||e.metaKey,o=e.key.toLowerCase();n&&!e.altKey&&(o==="z"||o==="y")?(t.act({do:o==="y"||e.shiftKey?"redo":"undo"}),e.preventDefault(),e.stopPropagation()):!n&&!e.altKey&&e.stopPropagation()},{signal:i})}var M="(forced-colors: active)",C="(prefers-color-scheme: dark)";function P(r){if(matchMedia(M).matches)return"contrast";let{body:t,documentElement:i}=document,e=t.dataset.jpThemeLight;if(e!==void 0)return e==="true"?"light":"dark";let n=t.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let o=i.getAttribute("theme")??i.dataset.theme??t.dataset.theme;return o==="dark"||o==="light"?o:i.classList.contains("dark")||t.classList.contains("dark")?"dark":R(r)??(matchMedia(C).matches?"dark":"light")}function R(r){for(let t=r.parentElement;t;t=t.parentElement){let[i,e,n,o]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(i===void 0||e===void 0||n===void 0||o===0))return .299*i+.587*e+.114*n<128?"dark":"light"}return null}function A(r,t,i){let e=()=>{let o=P(r);r.dataset.theme!==o&&(r.dataset.theme=o,i(),setTimeout(()=>!t.aborted&&i(),400))};e();let n=new MutationObserver(e);for(let o of[document.documentElement,document.body])n.observe(o,{attributes:!0});t.addEventListener("abort",()=>n.disconnect());for(let o of[M,C])matchMedia(o).addEventListener("change",e,{signal:t})}var O=["busy","stopped","error","summary","depth","answered","plain"],_="The kernel was restarted: run the notebook again, down to this cell.",k=class{constructor(t,i,e,n){this.host=t;this.signal=e;this.root=n;for(let o of[...i,...O])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?_:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,i={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...i},this.waiting=performance.now(),this.host.send({action:t,echo:i,view:this.view,n:this.sent}),this.note([...Object.keys(i),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,i){this.watchers.push({names:t,run:i}),i()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,i){this.host.on(t,i),this.signal.addEventListener("abort",()=>this.host.off(t,i))}settle(){let[t,i]=this.read("answered");if(t!==this.view||i!==this.sent)return;let e=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...e,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let i of t)this.changed.add(i)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&L(this.root,()=>{for(let i of this.watchers)i.names.some(e=>t.has(e))&&i.run()})}};function H(r,t,i){return{render({model:e,el:n}){let o=new AbortController,d=[],s=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=a("section",{class:`iw iw-${t}`},a("style",{},S),s);n.append(l),A(l,o.signal,()=>d.forEach(w=>w()));let p=new k(e,r,o.signal,l);return z(l,p,o.signal),i(p,{root:l,signal:o.signal,announce:w=>s.textContent=w,onTheme:w=>d.push(w)}),()=>{o.abort(),l.remove()}}}}var $=["title","at","chosen","tried","revealed","round","questions","feedback","score","terms","key"],m=r=>r.read("key").length>0;function g(r,t){let i=r.read("feedback")[t],e=r.read("key")[t];if(i.settled||!e||!r.read("revealed").includes(t))return i;let n=r.read("chosen")[t],o=n<0||n===e.right?[]:[n],d=e.hints[n]??[];return{settled:!0,wrong:o,hint:d,right:e.right,found:n===e.right,why:e.why,notes:e.notes}}function N(r){return r.settled&&r.first?{mark:"✓",words:"right at the first try"}:r.settled?{mark:"•",words:r.found?"right":"answer shown"}:r.wrong.length>0?{mark:"✗",words:"not right yet"}:{mark:"",words:"open"}}var q=`/* What quizzes and the glossary add to style.css. */
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
`;function K(r,t){let i=a("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),e=a("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return i.addEventListener("click",()=>r.act({do:"undo"}),{signal:t}),e.addEventListener("click",()=>r.act({do:"redo"}),{signal:t}),r.watch(["depth"],()=>{let[n,o]=r.read("depth");i.setAttribute("aria-disabled",String(n===0)),e.setAttribute("aria-disabled",String(o===0))}),a("span",{class:"iw-pair"},i,e)}var f=class{element=a("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(t,i,...e){let n=this.element;h(n,...e),n.classList.add("iw-on"),this.open||n.showPopover?.();let{width:o,height:d}=n.getBoundingClientRect(),s=t.right+12,l=t.left-o-12,p=s+o<=i.right||l<i.left?s:l;n.style.left=`${v(p,4,Math.max(window.innerWidth-o-4,4))}px`,n.style.top=`${v(t.top-10,4,Math.max(window.innerHeight-d-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var x=class{constructor(t,i,e){this.root=t;this.define=i;this.signal=e;t.append(this.tip.element),document.addEventListener("scroll",()=>this.place?.(),{capture:!0,passive:!0,signal:e})}root;define;signal;tip=new f;place=null;nodes(t){return t.map(i=>typeof i=="string"?document.createTextNode(i):"code"in i?a("code",{},i.code):this.term(i.term,i.shown))}term(t,i){let e=this.define(t);if(e===void 0)return document.createTextNode(i);let n=u("term"),o=a("button",{type:"button",class:"iw-term","aria-describedby":n},i),d=()=>{let p=a("p",{},a("b",{},t),` ${e}`);this.tip.show(o.getBoundingClientRect(),this.root.getBoundingClientRect(),p)},s=()=>{this.place=d,d()},l=()=>{this.place=null,this.tip.hide()};for(let p of["pointerenter","focus","click"])o.addEventListener(p,s,{signal:this.signal});for(let p of["pointerleave","blur"])o.addEventListener(p,l,{signal:this.signal});return o.addEventListener("keydown",p=>{p.key==="Escape"&&l(),(p.key==="Enter"||p.key===" ")&&p.stopPropagation()},{signal:this.signal}),a("span",{},o,a("span",{id:n,hidden:!0},e))}};var D=400;function j(r,t){let i=a("span",{class:"iw-busy",hidden:!0},"computing"),e=a("button",{type:"button"}),n=a("span",{class:"iw-work",hidden:!0},i,e);e.addEventListener("click",()=>r.work(r.read("stopped")?"resume":"stop"),{signal:t.signal});let o=a("div",{class:"iw-error",role:"alert",hidden:!0}),d=a("p",{class:"iw-summary"}),s="",l=0,p=()=>{let w=r.read("error")||s;o.hidden=w==="",o.textContent!==w&&(o.textContent=w),clearTimeout(l);let c=r.read("busy")&&!r.dead,y=r.read("stopped")&&!r.dead;i.hidden=!c,e.hidden=!c&&!y,e.textContent=y?"Stopped: go on":"Stop",n.hidden=e.hidden,!c&&r.pending&&!r.dead&&(l=setTimeout(()=>i.hidden=n.hidden=!r.pending,D))};return r.watch(["error","busy","stopped","answered"],p),r.watch(["summary"],()=>{d.textContent=r.read("summary"),t.announce(r.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(l)),{busy:n,error:o,summary:d,fail(w){s=w,p()}}}var I="The first answer counts, also when you take it back.",b=class{constructor(t,i){this.link=t;this.frame=i;let{signal:e,root:n}=i,{busy:o,error:d,summary:s}=j(t,i);this.rich=new x(n,c=>t.read("terms")[c],e);let l=a("span",{class:"iw-quiz-title"});t.watch(["title"],()=>l.textContent=t.read("title"));let p=a("div",{class:"iw-quiz-head"},l,o,a("span",{class:"iw-push"},K(t,e))),w=a("div",{class:"iw-go"},this.main,this.reveal,this.again,this.score);n.append(a("style",{},q),p,this.steps,d,this.kind,this.ask,this.prompt,this.options,this.told,w,this.unkept,s),this.main.addEventListener("click",c=>c.detail>1||this.forward(),{signal:e}),this.reveal.addEventListener("click",()=>this.showAnswer(),{signal:e}),this.again.addEventListener("click",()=>this.startAgain(),{signal:e}),n.addEventListener("keydown",c=>this.key(c),{signal:e}),t.watch(["at","chosen","tried","revealed","round","questions","feedback","score","key","answered"],()=>this.draw())}link;frame;rich;steps=a("ol",{class:"iw-steps","aria-label":"Questions"});ask=a("p",{class:"iw-ask",id:u("ask")});kind=a("p",{class:"iw-kind"});prompt=a("p",{class:"iw-said-prompt"});options=a("div",{class:"iw-options",role:"radiogroup","aria-labelledby":this.ask.id,tabindex:-1,"data-home":!0});told=a("div",{class:"iw-told",hidden:!0});main=a("button",{type:"button",class:"iw-main","data-key":"main"});reveal=a("button",{type:"button","data-key":"reveal"},"Show the answer");again=a("button",{type:"button","data-key":"again"},"Start again");score=a("span",{class:"iw-score"});unkept=a("p",{class:"iw-hint",role:"status",hidden:!0});rows=[];shown="";asked="";said="";get at(){return this.link.read("at")}get chosen(){return this.link.read("chosen")[this.at]}get told_(){return g(this.link,this.at)}draw(){let t=this.link.read("questions")[this.at],i=this.link.read("questions").length,e=`${this.at}/${this.link.read("round")}`;e!==this.shown&&this.build(),this.shown=e;let n=t.kind==="predict"?" · Predict, then look: one go":"";this.kind.textContent=`Question ${this.at+1} of ${i}${n}`,this.paintSteps(),this.paintOptions(),this.paintTold(),this.paintGo()}build(){let t=this.link.read("questions")[this.at];h(this.ask,...this.rich.nodes(t.ask)),this.prompt.hidden=t.prompt==="",this.prompt.textContent=`${t.prompt} …`;let i=u("option");this.rows=t.options.map((e,n)=>{let o=a("input",{type:"radio",name:i,value:n,"data-key":`option-${n}`}),d=a("span",{class:"iw-mark"}),s=a("span",{},...this.rich.nodes(e)),l=a("label",{class:"iw-option"},o,a("kbd",{"aria-hidden":"true"},String(n+1)),s,d);return o.addEventListener("change",()=>this.choose(n),{signal:this.frame.signal}),{box:l,input:o,mark:d}}),h(this.options,...this.rows.map(e=>e.box)),this.said=""}paintSteps(){let t=this.link.read("questions");this.steps.childElementCount!==t.length&&h(this.steps,...t.map((i,e)=>{let n=a("button",{type:"button","data-key":`step-${e}`});return n.addEventListener("click",()=>this.go(e),{signal:this.frame.signal}),a("li",{},n)})),[...this.steps.querySelectorAll("button")].forEach((i,e)=>{let{mark:n,words:o}=N(g(this.link,e));i.textContent=n?`${e+1} ${n}`:String(e+1),i.setAttribute("aria-label",`Question ${e+1}, ${o}`),e===this.at?i.setAttribute("aria-current","step"):i.removeAttribute("aria-current")})}paintOptions(){let t=this.told_;this.options.dataset.settled=String(t.settled),this.options.setAttribute("aria-disabled",String(t.settled)),this.rows.forEach(({box:i,input:e,mark:n},o)=>{e.checked=this.chosen===o;let d=t.settled&&t.right===o?"right":t.wrong.includes(o)?"wrong":"";i.dataset.mark=d;let s=t.notes?.[o]??"",l={right:"✓ right",wrong:"✗ not this one","":""}[d];n.textContent=[s,l].filter(Boolean).join(" · ")})}paintTold(){let t=this.told_,i=t.hint??[],e=t.settled||t.wrong.length>0;if(this.told.hidden=!e,!e){this.said="";return}let n=t.settled?t.found?"Right.":t.wrong.length>0?"Not quite.":"The answer.":"Not this one.",o=JSON.stringify([this.at,n,t]);if(o===this.said)return;this.said=o,this.told.dataset.mark=t.found?"right":t.wrong.length>0?"wrong":"";let d=a("span",{},...this.rich.nodes(i),i.length>0&&t.why?" ":"",...this.rich.nodes(t.why??[]));h(this.told,a("b",{},n),d),this.frame.announce(`${n} ${G([...i," ",...t.why??[]])}`)}paintGo(){let{settled:t,wrong:i}=this.told_,e=this.link.read("questions").length,n=this.next()===null,o=m(this.link);this.main.textContent=t||o?n?"Finished":"Next question":"Check";let d=t||o?!n:this.chosen>=0&&!i.includes(this.chosen);this.main.setAttribute("aria-disabled",String(!d||this.link.dead)),this.reveal.hidden=t;let s=this.link.read("score");this.again.hidden=o?this.link.read("revealed").length===0:s.settled===0;let l=s.passed?"Passed. ":`To pass: ${s.needed}. `,p=s.best>s.right?`Best so far ${s.best}. `:"";this.score.textContent=o?"This page has no kernel: it shows answers on request and scores nothing.":`${s.right} of ${e} right at the first try. ${p}${s.best>0||s.given>0?l:""}`,this.score.title=I,this.unkept.hidden=s.unkept==="",this.unkept.textContent=s.unkept}key(t){if(t.ctrlKey||t.metaKey||t.altKey)return;let i=Number(t.key);if(t.key>="1"&&t.key<="9"&&this.rows[i-1])this.rows[i-1].input.focus(),this.choose(i-1);else if(t.key==="Enter"&&!t.shiftKey&&!(t.target instanceof HTMLButtonElement))t.repeat||this.forward();else return;t.preventDefault()}choose(t){if(this.told_.settled||this.link.dead){this.paintOptions();return}if(t===this.chosen)return;let i=this.link.read("chosen").map((e,n)=>n===this.at?t:e);this.link.act({do:"choose",question:this.at,option:t,burst:`choose-${this.at}`},{chosen:i})}forward(){if(this.main.getAttribute("aria-disabled")==="true")return;let t=this.next();if(!this.told_.settled&&!m(this.link)){let i={do:"answer",question:this.at,option:this.chosen},e=JSON.stringify([this.link.read("round"),i]);if(this.link.pending&&e===this.asked)return;this.asked=e,this.link.act(i)}else t!==null&&this.go(t)}next(){let t=this.link.read("questions").length;for(let i=1;i<t;i+=1){let e=(this.at+i)%t;if(!g(this.link,e).settled)return e}return null}go(t){t!==this.at&&this.link.act({do:"go",to:t},{at:t})}showAnswer(){this.main.focus();let t=[...new Set([...this.link.read("revealed"),this.at])].sort((i,e)=>i-e);this.link.act({do:"reveal",question:this.at},m(this.link)?{revealed:t}:{})}startAgain(){this.main.focus();let t=this.link.read("questions").length,i={at:0,chosen:Array(t).fill(-1),revealed:[],round:this.link.read("round")+1};this.link.act({do:"again"},m(this.link)?i:{})}},G=r=>r.map(t=>typeof t=="string"?t:"code"in t?t.code:t.shown).join("");var St=H($,"quiz",(r,t)=>{new b(r,t)});export{St as default};
