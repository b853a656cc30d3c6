var L=["feature","work","prompt","how","card","steps","test","effect","suggested","live"];var f=class extends Error{};function J(t){if(t instanceof ArrayBuffer)return new Uint8Array(t);if(ArrayBuffer.isView(t))return new Uint8Array(t.buffer,t.byteOffset,t.byteLength);let e=t?.base64;if(typeof e=="string")return Uint8Array.from(atob(e),i=>i.charCodeAt(0));throw new f("a binary buffer did not arrive")}function M(t){let e=A(t);if(e instanceof Float32Array)return e;let i=new Float32Array(e.length);if(e instanceof Int32Array){for(let l=0;l<e.length;l++)i[l]=e[l]<0?NaN:e[l];return i}let r=2**Number(t.type.slice(1))-1,n=Y(t,r-1),o=r<256?Float32Array.from({length:256},(l,s)=>s===r?NaN:n(s)):null;for(let l=0;l<e.length;l++){let s=e[l];i[l]=o?o[s]:s===r?NaN:n(s)}return i}function T(t){let e=A(t),i=2**Number(t.type.slice(1))-1,r=new Int32Array(e.length);for(let n=0;n<e.length;n++)r[n]=e[n]===i?-1:e[n];return r}function Y({curve:t,top:e},i){switch(t){case null:return r=>r;case"linear":return r=>r/i*e;case"sqrt":return r=>(r/i)**2*e;case"log":{let r=Math.log1p(e);return n=>Math.round(Math.expm1(n/i*r))}}}function A(t){let e=J(t.bytes);if(t.type==="u8")return e;let i=e.slice().buffer;switch(t.type){case"u16":return new Uint16Array(i);case"u32":return new Uint32Array(i);case"i32":return new Int32Array(i);case"f32":return new Float32Array(i);case"f16":return Float32Array.from(new Uint16Array(i),X)}}function X(t){let e=t&32768?-1:1,i=t>>10&31,r=t&1023;return i===31?r?NaN:e*(1/0):i===0?e*r*2**-24:e*(1+r/1024)*2**(i-15)}function R(t){let[e,i,r,n,o,l,s,d]=t.planes.map(c=>c.name==="ids"||c.name==="places"?T(c):M(c)),p=new Float32Array(e.length);s.length===0&&d.length===p.length?p.set(d):s.forEach((c,m)=>p[c]=d[m]);let w=[],u=0;return i.forEach((c,m)=>{let V=Array.from(e.subarray(u,u+c),Z=>t.pieces[Z]);w.push({tokens:V,shares:p.subarray(u,u+c),peak:r[m],activation:n[m],quantile:o[m],top:(l[m]&1)>0,heldOut:(l[m]&2)>0}),u+=c}),w}function a(t,e={},...i){let r=document.createElement(t);return Q(r,e),r.append(...i.filter(n=>n!=null)),r}function Q(t,e){for(let[i,r]of Object.entries(e))r==null||r===!1||t.setAttribute(i,r===!0?"":String(r))}function b(t,...e){let i=e.filter(n=>n!=null),r=t.childNodes;i.length===r.length&&i.every((n,o)=>n===r[o])||t.replaceChildren(...i)}var N=0;function C(t){return N+=1,`iw-${t}-${Math.random().toString(36).slice(2,8)}-${N}`}function h(t,e=2){if(t===null||Number.isNaN(t))return"–";let i=Math.abs(t).toFixed(e);return t<0&&Number(i)!==0?`−${i}`:i}var ee={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},te=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function ie(t){if(t==="")return"∅";let e="";for(let i of t){let r=ee[i];r!==void 0?e+=r:te.test(i)?e+=`‹${i.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:e+=i}return e}function re(t){let e=t.length>1&&t.startsWith(" ")&&t[1]!==" ";return{lead:e,body:ie(e?t.slice(1):t)}}function x(t){let{lead:e,body:i}=re(t);return a("span",{class:"iw-token"},e?a("i",{},"·"):null,i)}var H=t=>/^(<\|[^|]*\|>|<\/?[a-z_]+>|\[[A-Z]+\])$/.test(t);function S(t){return Number.isNaN(t)?"?":t>=.995?t>=.9995?"100%":`${(100*t).toFixed(1)}%`:t>=.1?`${Math.round(100*t)}%`:t>=.001?`${(100*t).toFixed(1)}%`:t===0?"0%":"<0.1%"}function F(t,e,i,r){let n=t.flatMap((o,l)=>{let s=x(o),d=e[l];return d>0&&(s.style.setProperty("--act",`${Math.round(d*100)}%`),s.dataset.fires="true",s.title=`${h(d*i)}`),l===r&&(s.dataset.peak="true"),H(o)&&(s.dataset.dim="true"),/^\s/.test(o)?[a("wbr"),s]:[s]});return a("span",{class:"iw-feat-text"},...n)}function $(t,e,i,r){let n=C("choice"),o=Object.keys(e).map(s=>a("input",{type:"radio",name:n,value:s})),l=a("fieldset",{class:"iw-choice"},a("legend",{},t),...o.map(s=>a("label",{},s,a("span",{},e[s.value]))));return l.addEventListener("change",s=>i(s.target.value),{signal:r}),{element:l,set:s=>o.forEach(d=>d.checked=d.value===s)}}function B(t,e){let i=a("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),r=a("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return i.addEventListener("click",()=>t.act({do:"undo"}),{signal:e}),r.addEventListener("click",()=>t.act({do:"redo"}),{signal:e}),t.watch(["depth"],()=>{let[n,o]=t.read("depth");i.setAttribute("aria-disabled",String(n===0)),r.setAttribute("aria-disabled",String(o===0))}),a("span",{class:"iw-pair"},i,r)}function O(t,e,i,r){let n=a("details",{class:"iw-menu"},a("summary",{},"Save")),o=a("div",{class:"iw-entries"});for(let[l,s]of Object.entries(e)){let d=a("button",{type:"button"},l);d.addEventListener("click",async()=>{n.open=!1;try{ne(await s(),`${t}.${l.toLowerCase()}`)}catch(p){i(`Could not save ${l}: ${String(p)}`)}},{signal:r}),o.append(d)}return n.append(o),n.addEventListener("keydown",l=>{l.key!=="Escape"||!n.open||(n.open=!1,n.querySelector("summary")?.focus())},{signal:r}),document.addEventListener("pointerdown",l=>{l.composedPath().includes(n)||(n.open=!1)},{signal:r}),n}function ne(t,e){let i=a("a",{href:URL.createObjectURL(t),download:e});document.body.append(i),i.click(),i.remove(),setTimeout(()=>URL.revokeObjectURL(i.href),1e4)}function v(t,e){let i=()=>t.getRootNode().activeElement,r=i(),n=r!==null&&t.contains(r);e();let o=i();if(!n||o!==null&&t.contains(o)&&z(o))return;let l=r.dataset.key,s=l===void 0?null:t.querySelector(`[data-key="${CSS.escape(l)}"]`);(s!==null&&z(s)?s:t.querySelector("[data-home]"))?.focus({preventScroll:!0})}function z(t){return t.getClientRects().length>0}function P(t,e,i){t.addEventListener("keydown",r=>{let n=r.ctrlKey||r.metaKey,o=r.key.toLowerCase();n&&!r.altKey&&(o==="z"||o==="y")?(e.act({do:o==="y"||r.shiftKey?"redo":"undo"}),r.preventDefault(),r.stopPropagation()):!n&&!r.altKey&&r.stopPropagation()},{signal:i})}var oe=Symbol.for("interp_widgets.sheets");function ae(t){let e=globalThis,i=e[oe]??=new Map,r=i.get(t);return r||(r=new CSSStyleSheet,r.replaceSync(t),i.set(t,r)),r}function g(t,e){let i=ae(e),r=()=>{let o=t.getRootNode(),l=o instanceof ShadowRoot?o:document;l.adoptedStyleSheets.includes(i)||(l.adoptedStyleSheets=[...l.adoptedStyleSheets,i])};if(r(),t.isConnected)return;let n=new ResizeObserver(()=>{n.disconnect(),r()});n.observe(t)}var se=400;function j(t,e){let i=a("span",{class:"iw-busy"},"computing"),r=a("button",{type:"button"},"Stop"),n=a("span",{class:"iw-work iw-unseen"},i,r);r.addEventListener("click",()=>t.work(t.read("stopped")?"resume":"stop"),{signal:e.signal});let o=a("div",{class:"iw-error",role:"alert",hidden:!0}),l=a("p",{class:"iw-summary"}),s="",d=0,p=()=>{let w=t.read("error")||s;o.hidden=w==="",o.textContent!==w&&(o.textContent=w),clearTimeout(d);let u=t.read("busy")&&!t.dead,c=t.read("stopped")&&!t.dead;i.hidden=c&&!u,r.textContent=c?"Stopped: go on":"Stop",y(r,!1),y(n,!u&&!c),!u&&!c&&t.pending&&!t.dead&&(d=setTimeout(()=>{y(r,!0),y(n,!t.pending)},se))};return t.watch(["error","busy","stopped","answered"],p),t.watch(["summary"],()=>{l.textContent=t.read("summary"),e.announce(t.read("summary"))}),e.signal.addEventListener("abort",()=>clearTimeout(d)),{busy:n,error:o,summary:l,fail(w){s=w,p()}}}function y(t,e){t.classList.toggle("iw-unseen",e)}var I=`.iw-review input { font: inherit; color: inherit; background: var(--iw-raised); border: 1px solid var(--iw-line); border-radius: 6px; padding: 3px 9px; margin: 0; }
.iw-review .iw-bar input { width: 84px; }
.iw-review .iw-bar label, .iw-review .iw-review-facts { color: var(--iw-faint); }
.iw-review .iw-bar input { color: var(--iw-text); }
.iw-review .iw-review-steps { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; }
.iw-review .iw-review-steps > li { border-left: 3px solid var(--iw-line); padding: 2px 0 6px 12px; min-width: 0; }
.iw-review .iw-review-steps > li[data-state="done"] { border-left-color: var(--iw-good); }
.iw-review .iw-review-steps > li[data-state="failed"] { border-left-color: var(--iw-bad); }
.iw-review .iw-review-head { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: baseline; margin: 0 0 6px; }
.iw-review .iw-review-sign { width: 1.2em; text-align: center; }
.iw-review [data-state="done"] .iw-review-sign { color: var(--iw-good); }
.iw-review [data-state="failed"] .iw-review-sign { color: var(--iw-bad); }
.iw-review .iw-review-said { color: var(--iw-faint); overflow-wrap: anywhere; }
.iw-review .iw-review-groups { display: grid; gap: 6px; justify-items: start; }
.iw-review .iw-review-groups > * { margin: 0; }
.iw-review .iw-review-groups > p, .iw-review .iw-review-groups > div > span, .iw-review .iw-review-moved > div > span { color: var(--iw-faint); font-size: 12px; }
.iw-review ol ol, .iw-review .iw-review-moved ol { list-style: none; margin: 0; padding: 0; }
.iw-review .iw-review-groups li { display: grid; grid-template-columns: 3.2em minmax(0, 1fr); gap: 8px; align-items: baseline; padding: 1px 0; }
.iw-review .iw-review-groups li b { text-align: right; font-size: 12px; font-variant-numeric: tabular-nums; }
.iw-review .iw-review-steps > li > input { width: min(100%, 420px); font-weight: 600; }
.iw-review .iw-review-try { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; }
.iw-review .iw-review-try input[type="text"] { flex: 1 1 260px; }
.iw-review .iw-review-moved { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 6px 0 0; font-size: 12px; }
.iw-review .iw-review-moved:empty { display: none; }
.iw-review .iw-review-moved li { display: grid; grid-template-columns: minmax(90px, auto) auto; gap: 10px; }
.iw-review .iw-review-moved b { font-weight: 400; font-variant-numeric: tabular-nums; }
`;var U=`.iw .iw-feat-text { overflow-wrap: break-word; min-width: 0; line-height: 1.6; }
.iw .iw-feat-text .iw-token { white-space: pre-wrap; padding: 1px 0; }
.iw .iw-feat-text .iw-token[data-fires] { background: color-mix(in srgb, var(--iw-accent) calc(var(--act) * 0.4), transparent); text-decoration: underline dotted; text-underline-offset: 3px; }
.iw .iw-feat-text .iw-token[data-peak] { font-weight: 700; text-decoration: underline; text-underline-offset: 3px; }
.iw .iw-feat-text .iw-token[data-dim] { color: var(--iw-faint); }
`;var pe={open:["○","open"],done:["✓","done"],failed:["▲","did not hold"]},we={remove:"take it out",force:"force it to its maximum"},k=class{constructor(e,i){this.link=e;this.frame=i;let{signal:r}=i;this.status=j(e,i);let n=$("Way",we,p=>e.act({do:"how",by:p},{how:p}),r);e.watch(["how"],()=>n.set(e.read("how")));let o=[["Look at examples, strong and faint",[this.groups]],["Say what they have in common",[this.label]],["Test it where nobody looked",[this.test]],["See what it does",[a("div",{class:"iw-review-try"},this.prompt,n.element,this.run),this.moved]]];this.steps=o.map(([p,w])=>{let u=a("span",{class:"iw-review-sign"}),c=a("span",{class:"iw-review-said"});return{sign:u,said:c,item:a("li",{},a("div",{class:"iw-review-head"},u,a("b",{},p),c),...w)}});let l=()=>new Blob([JSON.stringify({feature:e.read("feature"),work:e.read("work"),steps:e.read("steps"),test:e.read("test"),effect:e.read("effect")},null,1)],{type:"application/json"}),s=a("div",{class:"iw-acts"},this.status.busy,B(e,r),O("review",{JSON:l},p=>this.status.fail(p),r)),d=a("div",{class:"iw-top"},a("div",{class:"iw-bar"},a("label",{},"Latent ",this.number),this.facts),s);g(i.root,I),g(i.root,U),i.root.append(d,this.status.error,a("ol",{class:"iw-review-steps"},...this.steps.map(({item:p})=>p)),this.status.summary),this.listen(),e.watch(["feature","work","prompt","card","steps","effect","suggested","live"],()=>this.guard(()=>v(i.root,()=>this.draw())))}link;frame;status;number=a("input",{type:"number",min:0,step:1,"aria-label":"Latent","data-key":"feature"});facts=a("span",{class:"iw-review-facts"});groups=a("div",{class:"iw-review-groups"});label=a("input",{type:"text",maxlength:512,placeholder:"what is it about?","aria-label":"Label","data-key":"label"});test=a("button",{type:"button","data-key":"test"},"Test it on windows that were held back");prompt=a("input",{type:"text","aria-label":"Prompt of the intervention","data-key":"prompt"});run=a("button",{type:"button","data-key":"run"},"Run the model");moved=a("div",{class:"iw-review-moved"});steps;get done(){return this.link.read("work")[this.link.read("feature")]??{}}listen(){let{link:e,label:i,number:r,prompt:n,run:o,test:l}=this,s={signal:this.frame.signal},d=p=>({work:{...e.read("work"),[e.read("feature")]:{...this.done,...p}}});r.addEventListener("change",()=>r.value!==""&&e.act({do:"pick",feature:Number(r.value)}),s),this.groups.addEventListener("click",p=>{let w=p.target.closest("[data-group]")?.dataset.group;if(w===void 0)return;let u=[...new Set([...this.done.looked??[],Number(w)])].sort();e.act({do:"look",group:Number(w)},d({looked:u}))},s),i.addEventListener("change",()=>e.act({do:"label",text:i.value},d({label:i.value.trim()})),s),l.addEventListener("click",()=>e.act({do:"test"}),s),n.addEventListener("change",()=>e.act({do:"prompt",text:n.value},{prompt:n.value}),s),o.addEventListener("click",()=>e.act({do:"intervene",on:n.value||e.read("suggested")}),s)}draw(){let{link:e}=this,i=e.read("feature"),r=e.read("card"),{looked:n=[],label:o=""}=this.done;(!this.number.matches(":focus")||this.number.value==="")&&(this.number.value=String(i)),this.facts.textContent=r.feature===i?`fires on ${S(r.density)} of tokens, at most ${h(r.max)}`:"",b(this.groups,...r.groups.map((s,d)=>{if(s.all===0)return a("p",{},`${s.name}: no window but held-out ones`);let p=R(s);return n.includes(d)?a("div",{},a("span",{},s.name),a("ol",{},...p.map(w=>a("li",{},a("b",{},h(w.activation)),F(w.tokens,w.shares,r.max,w.peak))))):a("button",{type:"button","data-group":d,"data-key":`group${d}`},`Look at the ${s.name}`)})),this.label.matches(":focus")||(this.label.value=o),this.test.setAttribute("aria-disabled",String(o==="")),this.prompt.matches(":focus")||(this.prompt.value=e.read("prompt")||this.done.intervened?.[0]||e.read("suggested")),this.run.setAttribute("aria-disabled",String(!e.read("live"))),this.run.title=e.read("live")?"":"Needs the model and the dictionary";let l=e.read("effect");b(this.moved,...l.feature===i?ce(l):[]),e.read("steps").forEach(({state:s,said:d},p)=>{let w=this.steps[p],[u,c]=pe[s];w.item.dataset.state=s,b(w.sign,a("span",{"aria-hidden":"true"},u),a("span",{class:"iw-sr"},c)),w.said.textContent=d})}guard(e){try{e()}catch(i){if(!(i instanceof f))throw i;this.link.askForText()}}},K=t=>t>=.1?`${(100*t).toFixed(1)}%`:S(t);function ce({rises:t,falls:e}){let i=([n,o,l])=>a("li",{},x(n),a("b",{},`${K(o)} → ${K(l)}`)),r=(n,o)=>a("div",{},a("span",{},n),a("ol",{},...o.map(i)));return[r("next token, rises",t),r("falls",e)]}var D=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var _="(forced-colors: active)",q="(prefers-color-scheme: dark)";function me(t){if(matchMedia(_).matches)return"contrast";let{body:e,documentElement:i}=document,r=e.dataset.jpThemeLight;if(r!==void 0)return r==="true"?"light":"dark";let n=e.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let o=i.getAttribute("theme")??i.dataset.theme??e.dataset.theme;return o==="dark"||o==="light"?o:i.classList.contains("dark")||e.classList.contains("dark")?"dark":fe(t)??(matchMedia(q).matches?"dark":"light")}function fe(t){for(let e=t.parentElement;e;e=e.parentElement){let[i,r,n,o]=(getComputedStyle(e).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(i===void 0||r===void 0||n===void 0||o===0))return .299*i+.587*r+.114*n<128?"dark":"light"}return null}function G(t,e,i){let r=()=>{let o=me(t);t.dataset.theme!==o&&(t.dataset.theme=o,i(),setTimeout(()=>!e.aborted&&i(),400))};r();let n=new MutationObserver(r);for(let o of[document.documentElement,document.body])n.observe(o,{attributes:!0});e.addEventListener("abort",()=>n.disconnect());for(let o of[_,q])matchMedia(o).addEventListener("change",r,{signal:e})}var he=["busy","stopped","error","summary","depth","answered","plain"],ge="The kernel was restarted: run the notebook again, down to this cell.",E=class{constructor(e,i,r,n){this.host=e;this.signal=r;this.root=n;for(let o of[...i,...he])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(e){return e==="error"&&this.dead?ge:e in this.overlay?this.overlay[e]:this.host.get(e)}act(e,i={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...i},this.waiting=performance.now(),this.host.send({action:e,echo:i,view:this.view,n:this.sent}),this.note([...Object.keys(i),"answered"]))}work(e){this.dead||this.host.send({work:e})}get pending(){return this.waiting>0}watch(e,i){this.watchers.push({names:e,run:i}),i()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(e,i){this.host.on(e,i),this.signal.addEventListener("abort",()=>this.host.off(e,i))}settle(){let[e,i]=this.read("answered");if(e!==this.view||i!==this.sent)return;let r=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...r,"answered"])}note(e){e.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let i of e)this.changed.add(i)}flush(){let e=this.changed;this.changed=new Set,!this.signal.aborted&&v(this.root,()=>{for(let i of this.watchers)i.names.some(r=>e.has(r))&&i.run()})}};function W(t,e,i){return{render({model:r,el:n}){let o=new AbortController,l=[],s=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),d=a("section",{class:`iw iw-${e}`},s);n.append(d),g(d,D),G(d,o.signal,()=>l.forEach(w=>w()));let p=new E(r,t,o.signal,d);return P(d,p,o.signal),i(p,{root:d,signal:o.signal,announce:w=>s.textContent=w,onTheme:w=>l.push(w)}),()=>{o.abort(),d.remove()}}}}var ft=W(L,"review",(t,e)=>{new k(t,e)});export{ft as default};
