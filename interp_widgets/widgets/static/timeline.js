var W=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;function d(i,e={},...t){let r=document.createElement(i);return J(r,e),r.append(...t.filter(n=>n!=null)),r}function x(i,e={},...t){let r=document.createElementNS("http://www.w3.org/2000/svg",i);return J(r,e),r.append(...t.filter(n=>n!=null)),r}function J(i,e){for(let[t,r]of Object.entries(e))r==null||r===!1||i.setAttribute(t,r===!0?"":String(r))}function L(i,...e){let t=e.filter(n=>n!=null),r=i.childNodes;t.length===r.length&&t.every((n,o)=>n===r[o])||i.replaceChildren(...t)}var X=0;function Z(i){return X+=1,`iw-${i}-${Math.random().toString(36).slice(2,8)}-${X}`}var Y=(i,e,t)=>Math.min(Math.max(i,e),t);function R(i,e){let t=()=>i.getRootNode().activeElement,r=t(),n=r!==null&&i.contains(r);e();let o=t();if(!n||o!==null&&i.contains(o)&&Q(o))return;let a=r.dataset.key,s=a===void 0?null:i.querySelector(`[data-key="${CSS.escape(a)}"]`);(s!==null&&Q(s)?s:i.querySelector("[data-home]"))?.focus({preventScroll:!0})}function Q(i){return i.getClientRects().length>0}function ee(i,e,t){i.addEventListener("keydown",r=>{let n=r.ctrlKey||r.metaKey,o=r.key.toLowerCase();n&&!r.altKey&&(o==="z"||o==="y")?(e.act({do:o==="y"||r.shiftKey?"redo":"undo"}),r.preventDefault(),r.stopPropagation()):!n&&!r.altKey&&r.stopPropagation()},{signal:t})}var ye=Symbol.for("interp_widgets.sheets");function ke(i){let e=globalThis,t=e[ye]??=new Map,r=t.get(i);return r||(r=new CSSStyleSheet,r.replaceSync(i),t.set(i,r)),r}function $(i,e){let t=ke(e),r=()=>{let o=i.getRootNode(),a=o instanceof ShadowRoot?o:document;a.adoptedStyleSheets.includes(t)||(a.adoptedStyleSheets=[...a.adoptedStyleSheets,t])};if(r(),i.isConnected)return;let n=new ResizeObserver(()=>{n.disconnect(),r()});n.observe(i)}var te="(forced-colors: active)",ie="(prefers-color-scheme: dark)";function Se(i){if(matchMedia(te).matches)return"contrast";let{body:e,documentElement:t}=document,r=e.dataset.jpThemeLight;if(r!==void 0)return r==="true"?"light":"dark";let n=e.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let o=t.getAttribute("theme")??t.dataset.theme??e.dataset.theme;return o==="dark"||o==="light"?o:t.classList.contains("dark")||e.classList.contains("dark")?"dark":Te(i)??(matchMedia(ie).matches?"dark":"light")}function Te(i){for(let e=i.parentElement;e;e=e.parentElement){let[t,r,n,o]=(getComputedStyle(e).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(t===void 0||r===void 0||n===void 0||o===0))return .299*t+.587*r+.114*n<128?"dark":"light"}return null}function re(i,e,t){let r=()=>{let o=Se(i);i.dataset.theme!==o&&(i.dataset.theme=o,t(),setTimeout(()=>!e.aborted&&t(),400))};r();let n=new MutationObserver(r);for(let o of[document.documentElement,document.body])n.observe(o,{attributes:!0});e.addEventListener("abort",()=>n.disconnect());for(let o of[te,ie])matchMedia(o).addEventListener("change",r,{signal:e})}var F=()=>matchMedia("(prefers-reduced-motion: reduce)").matches;var Ee=["busy","stopped","error","summary","depth","answered","plain"],Le="The kernel was restarted: run the notebook again, down to this cell.",P=class{constructor(e,t,r,n){this.host=e;this.signal=r;this.root=n;for(let o of[...t,...Ee])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(e){return e==="error"&&this.dead?Le:e in this.overlay?this.overlay[e]:this.host.get(e)}act(e,t={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...t},this.waiting=performance.now(),this.host.send({action:e,echo:t,view:this.view,n:this.sent}),this.note([...Object.keys(t),"answered"]))}work(e){this.dead||this.host.send({work:e})}get pending(){return this.waiting>0}watch(e,t){this.watchers.push({names:e,run:t}),t()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(e,t){this.host.on(e,t),this.signal.addEventListener("abort",()=>this.host.off(e,t))}settle(){let[e,t]=this.read("answered");if(e!==this.view||t!==this.sent)return;let r=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...r,"answered"])}note(e){e.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let t of e)this.changed.add(t)}flush(){let e=this.changed;this.changed=new Set,!this.signal.aborted&&R(this.root,()=>{for(let t of this.watchers)t.names.some(r=>e.has(r))&&t.run()})}};function ne(i,e,t){return{render({model:r,el:n}){let o=new AbortController,a=[],s=d("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=d("section",{class:`iw iw-${e}`},s);n.append(l),$(l,W),re(l,o.signal,()=>a.forEach(p=>p()));let c=new P(r,i,o.signal,l);return ee(l,c,o.signal),t(c,{root:l,signal:o.signal,announce:p=>s.textContent=p,onTheme:p=>a.push(p)}),()=>{o.abort(),l.remove()}}}}var H=class extends Error{};function Me(i){if(i instanceof ArrayBuffer)return new Uint8Array(i);if(ArrayBuffer.isView(i))return new Uint8Array(i.buffer,i.byteOffset,i.byteLength);let e=i?.base64;if(typeof e=="string")return Uint8Array.from(atob(e),t=>t.charCodeAt(0));throw new H("a binary buffer did not arrive")}function N(i){let e=Ce(i);if(e instanceof Float32Array)return e;let t=new Float32Array(e.length);if(e instanceof Int32Array){for(let a=0;a<e.length;a++)t[a]=e[a]<0?NaN:e[a];return t}let r=2**Number(i.type.slice(1))-1,n=Ae(i,r-1),o=r<256?Float32Array.from({length:256},(a,s)=>s===r?NaN:n(s)):null;for(let a=0;a<e.length;a++){let s=e[a];t[a]=o?o[s]:s===r?NaN:n(s)}return t}function Ae({curve:i,top:e},t){switch(i){case null:return r=>r;case"linear":return r=>r/t*e;case"sqrt":return r=>(r/t)**2*e;case"log":{let r=Math.log1p(e);return n=>Math.round(Math.expm1(n/t*r))}}}function Ce(i){let e=Me(i.bytes);if(i.type==="u8")return e;let t=e.slice().buffer;switch(i.type){case"u16":return new Uint16Array(t);case"u32":return new Uint32Array(t);case"i32":return new Int32Array(t);case"f32":return new Float32Array(t);case"f16":return Float32Array.from(new Uint16Array(t),Re)}}function Re(i){let e=i&32768?-1:1,t=i>>10&31,r=i&1023;return t===31?r?NaN:e*(1/0):t===0?e*r*2**-24:e*(1+r/1024)*2**(t-15)}var oe=["step","measure","head","recorded","live"],_={induction:"induction",previous_token:"previous token"};function M(i,e){let t=N(i.planes[0]),r=i.measures.indexOf(e)*i.steps.length;return t.subarray(r,r+i.steps.length)}function I(i,e){let t=i.planes.find(({name:r})=>r===e);return{values:N(t),heads:t.shape[1]}}var ae=i=>N(i.planes.find(({name:e})=>e==="loss"));function se(i,[e,t]){let r=i.planes.find(({name:s})=>s==="patterns"),[,n,o]=r.shape;return N(r).subarray((e*n+t)*o,(e*n+t+1)*o)}function U(i,e,t){if(t.length===2)return t;let{values:r,heads:n}=I(i,e),o=r.reduce((a,s,l)=>s>r[a]?l:a,0);return[Math.floor(o/n),o%n]}var de=(i,e)=>i.reduce((t,r)=>Math.abs(r-e)<Math.abs(t-e)?r:t);function le(i,e,t,r){let n=Z("choice"),o=Object.keys(e).map(s=>d("input",{type:"radio",name:n,value:s})),a=d("fieldset",{class:"iw-choice"},d("legend",{},i),...o.map(s=>d("label",{},s,d("span",{},e[s.value]))));return a.addEventListener("change",s=>t(s.target.value),{signal:r}),{element:a,set:s=>o.forEach(l=>l.checked=l.value===s)}}var He={light:{probability:["#f4f6f9","#cfe2ee","#8fc3d9","#4395bb","#1b638f","#0b3357"],entropy:["#f8f6f2","#f2dfbe","#e5b873","#c78a36","#935a1d","#55300f"],kl:["#f7f5f9","#e2d4eb","#c2a3d4","#9a70b6","#6f4593","#402260"],rank:["#f4f7f4","#cde6d4","#8bc8a0","#459f70","#1f6e4d","#0b4231"],signed:["#7a3806","#bd6413","#e5a860","#f3dcc0","#f6f5f7","#d9d3e8","#ab9fce","#7663a8","#432a72"]},dark:{probability:["#1a2029","#1b3b52","#1f6285","#3c93b6","#86c6da","#e9f7fb"],entropy:["#211e1a","#4a3318","#7c531c","#b27f33","#dfb56e","#fbf0d8"],kl:["#1f1c25","#3a2a50","#5e4281","#8d66b1","#bf9dd6","#f4eafb"],rank:["#1a211e","#1b4233","#23694d","#47986f","#8fc9a5","#e8f8ec"],signed:["#ffe3c2","#f0aa55","#b06e1d","#593a17","#1d1c21","#3d3459","#6b5b9e","#a796da","#ece5ff"]}};function K(i,e){let r=(e==="contrast"?Ne(i==="signed"):He[e][i]).map(a=>Be(_e(a))),n=new Uint8Array(256*3),o=[];for(let a=0;a<256;a++){let s=a/255*(r.length-1),l=Math.min(Math.floor(s),r.length-2),c=Oe(Fe(r[l],r[l+1],s-l));n.set(c,a*3),o.push(ze(c)>.179?"#000":"#fff")}return{rgb:n,ink:o}}function Ne(i){let e=document.createElement("span");document.body.append(e);let t=["Canvas","CanvasText"].map(r=>{e.style.color=r;let[n,o,a]=(getComputedStyle(e).color.match(/[\d.]+/g)??["0","0","0"]).map(Number);return`#${[n,o,a].map(s=>(s??0).toString(16).padStart(2,"0")).join("")}`});return e.remove(),i?[t[1],...t]:t}var $e={light:["#0b5d92","#b8560b","#0b7a5c","#a2487c","#6b5d00","#4a4fb0","#8b2f2f","#4d5560"],dark:["#6cb9e8","#f0a35c","#4fcfa3","#e59cc6","#e2d25a","#a3a8f5","#f08a85","#b9c2cd"],contrast:["CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText"]},ce=["","6 3","2 3","9 3 2 3","1 4","12 4","4 2 1 2 1 2","7 2 2 2"];function D(i,e){let t=i%ce.length;return{color:$e[e][t],dash:ce[t]}}function _e(i){let e=parseInt(i.slice(1),16);return[e>>16&255,e>>8&255,e&255]}var A=i=>i<=.04045?i/12.92:((i+.055)/1.055)**2.4,je=i=>i<=.0031308?i*12.92:1.055*i**(1/2.4)-.055;function ze([i,e,t]){return .2126*A(i/255)+.7152*A(e/255)+.0722*A(t/255)}function Be([i,e,t]){let[r,n,o]=[A(i/255),A(e/255),A(t/255)],a=Math.cbrt(.4122214708*r+.5363325363*n+.0514459929*o),s=Math.cbrt(.2119034982*r+.6806995451*n+.1073969566*o),l=Math.cbrt(.0883024619*r+.2817188376*n+.6299787005*o);return[.2104542553*a+.793617785*s-.0040720468*l,1.9779984951*a-2.428592205*s+.4505937099*l,.0259040371*a+.7827717662*s-.808675766*l]}function Oe([i,e,t]){let r=(i+.3963377774*e+.2158037573*t)**3,n=(i-.1055613458*e-.0638541728*t)**3,o=(i-.0894841775*e-1.291485548*t)**3,a=s=>Math.round(255*je(Math.min(Math.max(s,0),1)));return[a(4.0767416621*r-3.3077115913*n+.2309699292*o),a(-1.2684380046*r+2.6097574011*n-.3413193965*o),a(-.0041960863*r-.7034186147*n+1.707614701*o)]}var Fe=(i,e,t)=>[i[0]+(e[0]-i[0])*t,i[1]+(e[1]-i[1])*t,i[2]+(e[2]-i[2])*t];function pe(i,e){let t=d("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),r=d("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return t.addEventListener("click",()=>i.act({do:"undo"}),{signal:e}),r.addEventListener("click",()=>i.act({do:"redo"}),{signal:e}),i.watch(["depth"],()=>{let[n,o]=i.read("depth");t.setAttribute("aria-disabled",String(n===0)),r.setAttribute("aria-disabled",String(o===0))}),d("span",{class:"iw-pair"},t,r)}function we(i,e,t,r){let n=d("details",{class:"iw-menu"},d("summary",{},"Save")),o=d("div",{class:"iw-entries"});for(let[a,s]of Object.entries(e)){let l=d("button",{type:"button"},a);l.addEventListener("click",async()=>{n.open=!1;try{Pe(await s(),`${i}.${a.toLowerCase()}`)}catch(c){t(`Could not save ${a}: ${String(c)}`)}},{signal:r}),o.append(l)}return n.append(o),n.addEventListener("keydown",a=>{a.key!=="Escape"||!n.open||(n.open=!1,n.querySelector("summary")?.focus())},{signal:r}),document.addEventListener("pointerdown",a=>{a.composedPath().includes(n)||(n.open=!1)},{signal:r}),n}function Pe(i,e){let t=d("a",{href:URL.createObjectURL(i),download:e});document.body.append(t),t.click(),t.remove(),setTimeout(()=>URL.revokeObjectURL(t.href),1e4)}function ue(i){return i.map(e=>/[",\r\n]/.test(String(e))?`"${String(e).replaceAll('"','""')}"`:String(e)).join(",")}function G(i){return i.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(i)],{type:"image/svg+xml"})}async function me(i){let[e,t]=[Number(i.getAttribute("width")),Number(i.getAttribute("height"))],r=new Image,n=await G(i).text();r.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(n)}`,await r.decode();let o=Math.min(2,16e3/Math.max(e,t)),a=d("canvas",{width:Math.round(e*o),height:Math.round(t*o)});return a.getContext("2d").drawImage(r,0,0,a.width,a.height),new Promise((s,l)=>a.toBlob(c=>c?s(c):l(new Error("no picture")),"image/png"))}function V(i,e=2){if(i===null||Number.isNaN(i))return"–";let t=Math.abs(i).toFixed(e);return i<0&&Number(t)!==0?`−${t}`:t}var Ie=400;function he(i,e){let t=d("span",{class:"iw-busy"},"computing"),r=d("button",{type:"button"},"Stop"),n=d("span",{class:"iw-work iw-unseen"},t,r);r.addEventListener("click",()=>i.work(i.read("stopped")?"resume":"stop"),{signal:e.signal});let o=d("div",{class:"iw-error",role:"alert",hidden:!0}),a=d("p",{class:"iw-summary"}),s="",l=0,c=()=>{let p=i.read("error")||s;o.hidden=p==="",o.textContent!==p&&(o.textContent=p),clearTimeout(l);let u=i.read("busy")&&!i.dead,w=i.read("stopped")&&!i.dead;t.hidden=w&&!u,r.textContent=w?"Stopped: go on":"Stop",j(r,!1),j(n,!u&&!w),!u&&!w&&i.pending&&!i.dead&&(l=setTimeout(()=>{j(r,!0),j(n,!i.pending)},Ie))};return i.watch(["error","busy","stopped","answered"],c),i.watch(["summary"],()=>{a.textContent=i.read("summary"),e.announce(i.read("summary"))}),e.signal.addEventListener("abort",()=>clearTimeout(l)),{busy:n,error:o,summary:a,fail(p){s=p,c()}}}function j(i,e){i.classList.toggle("iw-unseen",e)}var Ue=126,[y,z,C]=[34,18,34],[Ke,De]=[5.8,16];function B(i){let{x:e,curves:t,top:r,width:n,colors:o}=i,a=Ge(t,n),s=(a.at(-1)?.y??0)+20,l=s+Ue+C,[c,p]=[e[0],e.at(-1)],u=m=>y+(m-c)/(p-c)*(n-y-z),w=m=>s+(1-Math.min(m,r)/r)*(l-s-C),h=x("svg",{viewBox:`0 0 ${n} ${l}`,width:n,height:l,role:"img","aria-label":`${i.title}, ${i.unit}`,"font-family":"system-ui, sans-serif","font-size":11,fill:o.faint});for(let m of[0,.5,1]){let f=m*r;h.append(x("line",{x1:y,x2:n-z,y1:w(f),y2:w(f),stroke:o.line}),x("text",{x:y-5,y:w(f)+4,"text-anchor":"end"},String(Number(f.toPrecision(2)))))}for(let m of Ve(c,p))h.append(x("text",{x:u(m),y:l-C+15,"text-anchor":"middle"},String(m)));if(h.append(x("text",{x:(y+n-z)/2,y:l-4,"text-anchor":"middle"},i.xName)),i.part){let m=u(i.part.at);h.append(x("line",{x1:m,x2:m,y1:s,y2:l-C,stroke:o.faint,"stroke-dasharray":"2 3"})),h.append(x("text",{x:m-5,y:l-C-5,"text-anchor":"end"},i.part.names[0]),x("text",{x:m+5,y:s+9},i.part.names[1]))}for(let[m,{name:f,values:b,color:v,dash:g}]of t.entries()){let k=e.map((T,q)=>`${q?"L":"M"}${u(T).toFixed(1)} ${w(b[q]).toFixed(1)}`).join("");h.append(x("path",{d:k,fill:"none",stroke:v,"stroke-width":2,"stroke-dasharray":g||null,"stroke-linejoin":"round"}));for(let T of i.dots)h.append(x("circle",{cx:u(T),cy:w(b[e.indexOf(T)]),r:3.5,fill:v}));let S=a[m];h.append(x("line",{x1:S.x,x2:S.x+20,y1:S.y,y2:S.y,stroke:v,"stroke-width":2,"stroke-dasharray":g||null}),x("text",{x:S.x+25,y:S.y+4,fill:o.text},f))}if(i.cursor!==null){let m=u(i.cursor);h.append(x("line",{"data-cursor":i.cursor,x1:m,x2:m,y1:s-6,y2:l-C+4,stroke:o.text,"stroke-width":1.5}));let f=e.indexOf(i.cursor);for(let{values:b,color:v}of t)h.append(x("circle",{cx:m,cy:w(b[f]),r:5,fill:v,stroke:o.text,"stroke-width":1.5}))}return{element:h,at(m){let f=h.getBoundingClientRect();return c+((m-f.left)/f.width*n-y)/(n-y-z)*(p-c)}}}function Ge(i,e){let[t,r]=[y,10];return i.map(({name:n})=>{let o=33+n.length*Ke;t>y&&t+o>e&&([t,r]=[y,r+De]);let a={x:t,y:r};return t+=o,a})}function Ve(i,e){let t=[1,5,10,250,500,1e3,5e3].find(n=>(e-i)/n<=6)??e-i,r=[];for(let n=Math.ceil(i/t)*t;n<=e;n+=t)r.push(n);return r}var fe="probability",E=5;function ge(i,e,t,r){let{values:n,heads:o}=I(i,e),[a,s]=U(i,e,t),l=K(fe,r),c=d("div",{class:"iw-time-grid",role:"group","aria-label":`${_[e]} score of every head`});c.style.gridTemplateColumns=`2.2em repeat(${o}, minmax(30px, 56px))`;for(let p=n.length/o-1;p>=0;p--){c.append(d("span",{class:"iw-hint"},`L${p}`));for(let u=0;u<o;u++){let w=n[p*o+u],h=Math.round(Math.min(Math.max(w,0),1)*255),m=p===a&&u===s,f=d("button",{type:"button","data-layer":p,"data-head":u,"data-key":`head${p}.${u}`,tabindex:m?0:-1,"aria-pressed":String(m),"aria-label":`head L${p}.z.${u}: ${w.toFixed(2)}`},w.toFixed(2).replace(/^0/,""));f.style.background=`rgb(${l.rgb.slice(h*3,h*3+3).join(",")})`,f.style.color=l.ink[h],c.append(f)}}return c.append(d("span"),...Array.from({length:o},(p,u)=>d("span",{class:"iw-hint"},`h${u}`))),c}function be(i,e,t,r){let n=U(i,e,t),o=se(i,n),a=i.tokens.length,s=K(fe,r),l=d("canvas",{width:a,height:a}),c=new ImageData(a,a);for(let g=0;g<a;g++)for(let k=0;k<a;k++){let S=k>g?0:o[g*(g+1)/2+k],T=Math.round(Math.sqrt(S)*255);c.data.set([...s.rgb.subarray(T*3,T*3+3),k>g?0:255],(g*a+k)*4)}l.getContext("2d").putImageData(c,0,0);let p=e==="induction"?i.length-1:1,u=e==="induction"?i.length+1:1,w=0;for(let g=u;g<a;g++)w+=o[g*(g+1)/2+g-p]/(a-u);let h=e==="induction"?"the word after its first copy":"the word before",m=`Head L${n[0]}.z.${n[1]} on one list: from ${e==="induction"?"the second copy":"everywhere"} ${w.toFixed(2)} of its weight lies on ${h}.`,f=d("canvas",{width:a*E,height:a*E,role:"img","aria-label":m}),b=f.getContext("2d");b.imageSmoothingEnabled=!1,b.drawImage(l,0,0,a*E,a*E),b.strokeStyle=qe(r),b.setLineDash([2,3]);let v=(i.length+1)*E;return b.beginPath(),b.moveTo(0,v),b.lineTo(a*E,v),b.moveTo(v,v),b.lineTo(v,a*E),b.stroke(),d("figure",{class:"iw-time-pattern"},f,d("figcaption",{},m," Rows look, columns are looked at; dashes: the second copy begins."))}var qe=i=>i==="dark"?"#e7eaef":"#1c1f24";var xe=`.iw-time .iw-time-bar { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: center; }
.iw-time .iw-time-bar input { flex: 1; min-width: 160px; accent-color: var(--iw-accent); }
.iw-time .iw-time-step { font-variant-numeric: tabular-nums; min-width: 15em; }
.iw-time .iw-time-ship { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; margin: 8px 0; color: var(--iw-faint); font-size: 12px; }
.iw-time .iw-time-jumps { display: inline-flex; flex-wrap: wrap; gap: 4px; }
.iw-time .iw-time-charts { display: flex; flex-wrap: wrap; gap: 8px 14px; }
.iw-time figure { margin: 0; min-width: 0; }
.iw-time figcaption { color: var(--iw-faint); font-size: 12px; margin: 0 0 3px; }
.iw-time svg { display: block; max-width: 100%; height: auto; forced-color-adjust: none; }
.iw-time .iw-time-charts svg { cursor: ew-resize; touch-action: pan-y; }
.iw-time .iw-time-table { overflow-x: auto; margin: 6px 0 10px; }
.iw-time table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 12px; }
.iw-time :is(th, td) { text-align: right; padding: 2px 12px 2px 0; border-bottom: 1px solid var(--iw-line); font-weight: 400; }
.iw-time th:first-child { text-align: left; }
.iw-time thead th { color: var(--iw-faint); }
.iw-time thead th:first-child { color: var(--iw-text); font-weight: 700; }
.iw-time .iw-time-live { display: flex; flex-wrap: wrap; gap: 12px 18px; align-items: flex-start; }
.iw-time .iw-time-grid { display: grid; gap: 2px; align-items: center; text-align: center; }
.iw-time .iw-time-grid .iw-hint { margin: 0; }
.iw-time .iw-time-grid button { padding: 2px 0; border-color: transparent; border-radius: 3px; font-size: 11.5px; font-variant-numeric: tabular-nums; forced-color-adjust: none; }
.iw-time .iw-time-grid button[aria-pressed="true"] { border-color: var(--iw-text); box-shadow: inset 0 0 0 1px var(--iw-ground), 0 0 0 1px var(--iw-text); font-weight: 700; }
.iw-time .iw-time-pattern canvas { display: block; width: 230px; max-width: 100%; image-rendering: pixelated; box-shadow: 0 0 0 1px var(--iw-line); forced-color-adjust: none; }
.iw-time .iw-time-pattern { max-width: 240px; }
.iw-time .iw-time-pattern figcaption { margin: 5px 0 0; }
.iw-time .iw-time-none { margin: 6px 0; padding: 6px 10px; border-left: 3px solid var(--iw-line); background: var(--iw-soft); }
`;var Xe=160,Je=.05,Ze="Drag the slider, use its arrow keys, or click a curve. Dots are steps whose weights ship: there the model is loaded and run. Click a head (Enter) for its pattern.",Ye={induction_loss_first_copy:"first copy",induction_loss_second_copy:"second copy"},Qe={induction_accuracy:"second copy right",best_induction_head:"best induction head",best_previous_head:"previous-token head"},O=class{constructor(e,t){this.link=e;this.frame=t;let{signal:r}=t;this.signal=r,this.status=he(e,t);let n=le("Heads by",_,a=>e.act({do:"measure",by:a},{measure:a}),r);e.watch(["measure"],()=>n.set(e.read("measure"))),this.measure=d("div",{class:"iw-bar"},n.element,this.light);let o=d("div",{class:"iw-top"},d("div",{class:"iw-time-bar"},this.play,this.slider,this.where),d("div",{class:"iw-acts"},pe(e,r),this.menu()));$(t.root,xe),t.root.append(o,d("div",{class:"iw-time-ship"},d("span",{},"Weights ship at"),this.jumps,this.status.busy),this.status.error,this.charts,this.table,this.measure,this.live,d("p",{class:"iw-hint"},Ze),this.status.summary),this.listen(),t.onTheme(()=>this.draw()),e.watch(["step","measure","head","recorded","live"],()=>R(t.root,()=>this.draw()))}link;frame;status;signal;slider=d("input",{type:"range",min:0,step:1,"aria-label":"Training step","data-key":"slider","data-home":!0});play=d("button",{type:"button"});where=d("b",{class:"iw-time-step"});jumps=d("span",{class:"iw-time-jumps",role:"group","aria-label":"Steps whose weights ship"});charts=d("div",{class:"iw-time-charts"});table=d("div",{class:"iw-time-table"});live=d("div",{class:"iw-time-live"});light=d("span",{class:"iw-light"});measure;drawn=[];timer=0;listen(){let{charts:e,link:t,live:r,signal:n,slider:o}=this;o.addEventListener("input",()=>{this.pause(),this.go(t.read("recorded").steps[Number(o.value)],"slide")},{signal:n}),this.play.addEventListener("click",()=>this.toggle(),{signal:n}),this.jumps.addEventListener("click",c=>{let p=c.target.closest("[data-step]")?.dataset.step;p!==void 0&&(this.pause(),this.go(Number(p)))},{signal:n}),r.addEventListener("click",c=>this.open(c.target.closest("[data-head]")),{signal:n}),r.addEventListener("keydown",c=>this.key(c),{signal:n});let a=c=>{let p=this.drawn.find(({element:u})=>u.contains(c.target));!p||(c.buttons&1)===0||(this.pause(),this.go(de(t.read("recorded").steps,p.at(c.clientX)),"slide"))};for(let c of["pointerdown","pointermove"])e.addEventListener(c,a,{signal:n});let s=0,l=new ResizeObserver(()=>{e.clientWidth!==s&&(s=e.clientWidth,R(this.frame.root,()=>this.draw()))});l.observe(e),n.addEventListener("abort",()=>{l.disconnect(),this.pause()})}go(e,t){this.status.fail(""),e!==this.link.read("step")&&this.link.act({do:"step",to:e,burst:t},{step:e})}open(e){if(!e)return;let[t,r]=[Number(e.dataset.layer),Number(e.dataset.head)],[n,o]=this.link.read("head");this.link.act({do:"head",layer:t,head:r},{head:n===t&&o===r?[]:[t,r]})}key(e){let t={ArrowLeft:[0,-1],ArrowRight:[0,1],ArrowUp:[1,0],ArrowDown:[-1,0]}[e.key],r=e.target.closest("[data-head]");if(!t||!r||e.ctrlKey||e.metaKey||e.altKey)return;e.preventDefault();let n=`[data-layer="${Number(r.dataset.layer)+t[0]}"][data-head="${Number(r.dataset.head)+t[1]}"]`;this.live.querySelector(n)?.focus()}toggle(){let{steps:e,loadable:t}=this.link.read("recorded"),r=this.link.read("step");if(F()){this.go(t.find(o=>o>r)??t[0]);return}if(this.timer){this.pause();return}let n=`play${Date.now()}`;r===e.at(-1)&&this.go(e[0],n),this.timer=setInterval(()=>{let o=e.indexOf(this.link.read("step"));o>=e.length-1?this.pause():this.go(e[o+1],n)},Xe),this.name()}pause(){clearInterval(this.timer),this.timer=0,this.name()}name(){this.play.textContent=F()?"Next checkpoint ▶":this.timer?"❚❚ Pause":"▶ Play"}draw(){let{link:e}=this,{steps:t,tokens:r,loadable:n}=e.read("recorded"),o=e.read("step"),a=t.indexOf(o);this.name(),this.slider.max=String(t.length-1),this.slider.value=String(a),this.slider.setAttribute("aria-valuetext",`step ${o}`),this.where.textContent=`step ${o} · ${(r[a]/1e6).toFixed(1)} M tokens`,L(this.jumps,...n.map(s=>d("button",{type:"button","data-step":s,"data-key":`ship${s}`,"aria-pressed":String(s===o)},String(s))));try{this.recorded(o),this.model(o)}catch(s){if(!(s instanceof H))throw s;e.askForText()}}get theme(){return this.frame.root.dataset.theme??"light"}room(e){let t=this.charts.clientWidth||800;return t>640?Math.floor((t-14*(e-1))/e):t}curves(e,t){return Object.entries(e).map(([r,n],o)=>({name:n,values:M(this.link.read("recorded"),r),...D(t+o,this.theme)}))}base(){let e=getComputedStyle(this.frame.root),t=r=>e.getPropertyValue(r).trim();return{colors:{text:e.color,faint:t("--iw-faint"),line:t("--iw-line")},dots:[],part:null}}drawings(e,t){let{steps:r,loadable:n}=this.link.read("recorded"),o={...this.base(),x:r,xName:"training step",cursor:e,dots:n,width:t},a=this.curves(Ye,0),s=Math.ceil(Math.max(...a.flatMap(({values:l})=>Array.from(l))));return[B({...o,title:"Loss on words written twice",unit:"nats a token",curves:a,top:s}),B({...o,title:"How far induction is",unit:"0 to 1",curves:this.curves(Qe,2),top:1})]}recorded(e){let t=this.link.read("recorded"),r=this.drawings(e,this.room(2)),n=["Loss on words written twice (nats a token)","How far induction is (0 to 1)"];this.drawn=r,L(this.charts,...r.map(({element:w},h)=>d("figure",{},d("figcaption",{},n[h]),w)));let o=t.steps.indexOf(e),a=this.link.read("live")[e],s=a?{induction_accuracy:a.accuracy,induction_loss_first_copy:a.first,induction_loss_second_copy:a.second,in_context_score:a.second-a.first}:{},l={induction_accuracy:"second copy right",induction_loss_first_copy:"loss, first copy",induction_loss_second_copy:"loss, second copy",in_context_score:"in-context score (second − first)"},c=w=>d("tr",{},d("th",{scope:"row"},l[w]),d("td",{"data-recorded":w},V(M(t,w)[o])),d("td",{"data-now":w},w in s?V(s[w]):"–"));L(this.table,d("table",{},d("thead",{},d("tr",{},d("th",{scope:"col"},`Step ${e}`),d("th",{scope:"col"},"recorded in training"),d("th",{scope:"col"},"measured now"))),d("tbody",{},...Object.keys(l).map(c))));let p=Math.max(...Object.keys(s).map(w=>Math.abs(s[w]-M(t,w)[o]))),u=p<=Je;this.light.dataset.state=a?u?"good":"bad":"open",this.light.textContent=a?`${u?"✓":"▲"} measured again: off by at most ${p.toFixed(3)}`:"check: no weights at this step",this.light.title="The recorded numbers, measured once more on the same lists with the weights that ship."}model(e){let{loadable:t}=this.link.read("recorded"),r=this.link.read("live")[e];if(this.measure.dataset.live=String(r!==void 0),!r){let a=t.includes(e);L(this.live,d("p",{class:"iw-time-none"},a?"The model of this step is being loaded and run.":`No weights of step ${e} ship: above are the numbers that training recorded. Heads and patterns are there at steps ${t.join(", ")}.`));return}let[n,o]=[this.link.read("measure"),this.link.read("head")];L(this.live,ge(r,n,o,this.theme),be(r,n,o,this.theme),this.positions(r))}positions(e){let t=ae(e),r=Math.ceil(Math.max(...t)),n=Y(this.room(3),230,340),{element:o}=B({...this.base(),title:"Loss at every position",unit:"nats",x:Array.from(t,(a,s)=>s+1),xName:"position",curves:[{name:"loss, nats",values:t,...D(0,this.theme)}],top:r,cursor:null,part:{at:e.length+1,names:["first","second copy"]},width:n});return d("figure",{},d("figcaption",{},"Loss at every position, mean of 64 lists"),o)}menu(){let e=()=>{let[n,o]=this.drawings(this.link.read("step"),430).map(({element:a})=>a);return n.setAttribute("width","870"),n.setAttribute("viewBox",`0 0 870 ${n.getAttribute("height")}`),o.setAttribute("x","440"),n.append(o),n.style.background=getComputedStyle(this.frame.root).backgroundColor,n};return we("timeline",{PNG:()=>me(e()),SVG:()=>G(e()),CSV:()=>{let{steps:n,tokens:o,measures:a}=this.link.read("recorded"),s=a.map(c=>M(this.link.read("recorded"),c)),l=[["step","tokens",...a],...n.map((c,p)=>[c,o[p],...s.map(u=>u[p])])];return new Blob([`${l.map(ue).join(`\r
`)}\r
`],{type:"text/csv"})},JSON:()=>{let{planes:n,...o}=this.link.read("recorded"),a=Object.fromEntries(o.measures.map(s=>[s,Array.from(M(this.link.read("recorded"),s))]));return new Blob([JSON.stringify({...o,...a,step:this.link.read("step")},null,1)],{type:"application/json"})}},n=>this.status.fail(n),this.signal)}};var Jt=ne(oe,"time",(i,e)=>{new O(i,e)});export{Jt as default};
