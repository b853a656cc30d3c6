var E=([t,e])=>`L${t}.z.${e}`;function f(t,e=2){if(t===null||Number.isNaN(t))return"–";let i=Math.abs(t).toFixed(e);return t<0&&Number(i)!==0?`−${i}`:i}var K=["heads","replace","control","order","shown","live"],H={zero:"zero",mean:"their mean"},V={before:"before",after:"after",name:"name"},G=t=>t.map(E).join(", "),x=(t,e,i)=>t.some(([r,o])=>r===e&&o===i);function m(t){if(t===null)return"…";let e=100*t,i=Math.abs(e)>=9.95?Math.abs(e).toFixed(0):Math.abs(e).toFixed(1);return`${Number(i)===0?"":e<0?"−":"+"}${i} %`}var O=t=>t.reduce((e,i)=>e+Math.abs(i),0)/t.length,R=({loss_before:t,loss_after:e})=>t.map((i,r)=>i===null||e[r]==null?null:e[r]/i-1);function F(t){let e=O(t.before),[i,r]=t.words.map(n=>`“${n.trim()}”`),o=`On average the model leans to ${i} or ${r} by ${f(e)} (1 would be always)`;return t.heads.length===0?`${o}. Choose heads to take out.`:`${o}; with ${G(t.heads)} at ${H[t.replace]}, by ${f(O(t.after))}: ${m(t.fall===null?null:-t.fall)}.`}function P(t){if(t.heads.length===0)return"";if(t.rise===null)return"Loss on other texts: being measured.";let e=R(t).map((a,s)=>({change:a??0,name:t.families[s]})),i=e.filter(({change:a})=>a>.01),r=e.reduce((a,s)=>s.change>a.change?s:a),o=e.reduce((a,s)=>s.change<a.change?s:a),n=i.length?` But ${i.length} of ${e.length} families get worse by more than 1 %, most of all ${r.name} (${m(r.change)})${o.change<-.01?`, while ${o.name} changes by ${m(o.change)}`:""}.`:" No family gets worse by more than 1 %.",l=t.answer_before===null||t.answer_after===null?"":` Of answers alone the loss goes from ${f(t.answer_before)} to ${f(t.answer_after)} nats.`;return`Loss on other texts, mean over families: ${m(t.rise)}.${n}${l}`}function I(t){return t.control_heads.length===0?"":`Control, as many random heads (${G(t.control_heads)}): bias ${m(t.control_fall===null?null:-t.control_fall)}, loss ${m(t.control_rise)}.`}function d(t,e={},...i){let r=document.createElement(t);return U(r,e),r.append(...i.filter(o=>o!=null)),r}function u(t,e={},...i){let r=document.createElementNS("http://www.w3.org/2000/svg",t);return U(r,e),r.append(...i.filter(o=>o!=null)),r}function U(t,e){for(let[i,r]of Object.entries(e))r==null||r===!1||t.setAttribute(i,r===!0?"":String(r))}function T(t,...e){let i=e.filter(o=>o!=null),r=t.childNodes;i.length===r.length&&i.every((o,n)=>o===r[n])||t.replaceChildren(...i)}var D=0;function q(t){return D+=1,`iw-${t}-${Math.random().toString(36).slice(2,8)}-${D}`}function A(t,e,i,r){let o=q("choice"),n=Object.keys(e).map(a=>d("input",{type:"radio",name:o,value:a})),l=d("fieldset",{class:"iw-choice"},d("legend",{},t),...n.map(a=>d("label",{},a,d("span",{},e[a.value]))));return l.addEventListener("change",a=>i(a.target.value),{signal:r}),{element:l,set:a=>n.forEach(s=>s.checked=s.value===a)}}function W(t,e){let i=d("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),r=d("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return i.addEventListener("click",()=>t.act({do:"undo"}),{signal:e}),r.addEventListener("click",()=>t.act({do:"redo"}),{signal:e}),t.watch(["depth"],()=>{let[o,n]=t.read("depth");i.setAttribute("aria-disabled",String(o===0)),r.setAttribute("aria-disabled",String(n===0))}),d("span",{class:"iw-pair"},i,r)}function J(t,e,i,r){let o=d("details",{class:"iw-menu"},d("summary",{},"Save")),n=d("div",{class:"iw-entries"});for(let[l,a]of Object.entries(e)){let s=d("button",{type:"button"},l);s.addEventListener("click",async()=>{o.open=!1;try{he(await a(),`${t}.${l.toLowerCase()}`)}catch(p){i(`Could not save ${l}: ${String(p)}`)}},{signal:r}),n.append(s)}return o.append(n),o.addEventListener("keydown",l=>{l.key!=="Escape"||!o.open||(o.open=!1,o.querySelector("summary")?.focus())},{signal:r}),document.addEventListener("pointerdown",l=>{l.composedPath().includes(o)||(o.open=!1)},{signal:r}),o}function he(t,e){let i=d("a",{href:URL.createObjectURL(t),download:e});document.body.append(i),i.click(),i.remove(),setTimeout(()=>URL.revokeObjectURL(i.href),1e4)}function Z(t){return t.map(e=>/[",\r\n]/.test(String(e))?`"${String(e).replaceAll('"','""')}"`:String(e)).join(",")}function B(t){return t.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(t)],{type:"image/svg+xml"})}async function X(t){let[e,i]=[Number(t.getAttribute("width")),Number(t.getAttribute("height"))],r=new Image,o=await B(t).text();r.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(o)}`,await r.decode();let n=Math.min(2,16e3/Math.max(e,i)),l=d("canvas",{width:Math.round(e*n),height:Math.round(i*n)});return l.getContext("2d").drawImage(r,0,0,l.width,l.height),new Promise((a,s)=>l.toBlob(p=>p?a(p):s(new Error("no picture")),"image/png"))}function v(t,e){let i=()=>t.getRootNode().activeElement,r=i(),o=r!==null&&t.contains(r);e();let n=i();if(!o||n!==null&&t.contains(n)&&Y(n))return;let l=r.dataset.key,a=l===void 0?null:t.querySelector(`[data-key="${CSS.escape(l)}"]`);(a!==null&&Y(a)?a:t.querySelector("[data-home]"))?.focus({preventScroll:!0})}function Y(t){return t.getClientRects().length>0}function Q(t,e,i){t.addEventListener("keydown",r=>{let o=r.ctrlKey||r.metaKey,n=r.key.toLowerCase();o&&!r.altKey&&(n==="z"||n==="y")?(e.act({do:n==="y"||r.shiftKey?"redo":"undo"}),r.preventDefault(),r.stopPropagation()):!o&&!r.altKey&&r.stopPropagation()},{signal:i})}var ue=Symbol.for("interp_widgets.sheets");function me(t){let e=globalThis,i=e[ue]??=new Map,r=i.get(t);return r||(r=new CSSStyleSheet,r.replaceSync(t),i.set(t,r)),r}function L(t,e){let i=me(e),r=()=>{let n=t.getRootNode(),l=n instanceof ShadowRoot?n:document;l.adoptedStyleSheets.includes(i)||(l.adoptedStyleSheets=[...l.adoptedStyleSheets,i])};if(r(),t.isConnected)return;let o=new ResizeObserver(()=>{o.disconnect(),r()});o.observe(t)}var fe=400;function ee(t,e){let i=d("span",{class:"iw-busy"},"computing"),r=d("button",{type:"button"},"Stop"),o=d("span",{class:"iw-work iw-unseen"},i,r);r.addEventListener("click",()=>t.work(t.read("stopped")?"resume":"stop"),{signal:e.signal});let n=d("div",{class:"iw-error",role:"alert",hidden:!0}),l=d("p",{class:"iw-summary"}),a="",s=0,p=()=>{let c=t.read("error")||a;n.hidden=c==="",n.textContent!==c&&(n.textContent=c),clearTimeout(s);let w=t.read("busy")&&!t.dead,h=t.read("stopped")&&!t.dead;i.hidden=h&&!w,r.textContent=h?"Stopped: go on":"Stop",M(r,!1),M(o,!w&&!h),!w&&!h&&t.pending&&!t.dead&&(s=setTimeout(()=>{M(r,!0),M(o,!t.pending)},fe))};return t.watch(["error","busy","stopped","answered"],p),t.watch(["summary"],()=>{l.textContent=t.read("summary"),e.announce(t.read("summary"))}),e.signal.addEventListener("abort",()=>clearTimeout(s)),{busy:o,error:n,summary:l,fail(c){a=c,p()}}}function M(t,e){t.classList.toggle("iw-unseen",e)}var ie={before:"var(--iw-faint)",after:"var(--iw-link)",cost:"var(--iw-accent)",text:"var(--iw-text)",faint:"var(--iw-faint)",line:"var(--iw-line)"},[g,re,y,ge]=[98,46,6,34],te=16,$=19;function ne(t,e,i,r){let o=y+e*$+ge;return u("svg",{viewBox:`0 0 ${i} ${o}`,width:i,height:o,role:"group","aria-label":t,"font-family":"system-ui, sans-serif","font-size":11,fill:r.text})}function oe(t,e,i,r,o,n){let l=y+i*$;for(let[a,s]of e)t.append(u("line",{x1:a,x2:a,y1:y,y2:l,stroke:n.line}),u("text",{x:a,y:l+13,"text-anchor":"middle",fill:n.faint},s));t.append(u("text",{x:o,y:l+28,"text-anchor":"middle",fill:n.faint},r))}var ae=t=>t.length>te?`${t.slice(0,te-1)}…`:t,j=(t,e,i,r,o,n={})=>u("rect",{x:Math.min(t,e),y:i,width:Math.max(Math.abs(e-t),1),height:r,rx:1,fill:o,...n});function N(t,e,i,r=ie){let o=(c,w)=>e==="name"?t.subjects[c].localeCompare(t.subjects[w]):t[e][w]-t[e][c],n=t.before.map((c,w)=>w).sort(o),l=ne("Bias of every subject, before and after",n.length,i,r),a=c=>g+(c+1)/2*(i-g-re-8),[s,p]=t.words.map(c=>c.trim());return oe(l,[[a(-1),"−1"],[a(0),"0"],[a(1),"1"]],n.length,`always “${p}” ← bias → always “${s}”`,a(0),r),n.forEach((c,w)=>{let h=y+w*$,[k,b]=[t.before[c],t.after[c]],S=u("g",{"data-subject":t.subjects[c],role:"img","aria-label":`${t.subjects[c]}: bias ${f(k)} before, ${f(b)} after`});S.append(u("text",{x:g-6,y:h+13,"text-anchor":"end"},ae(t.subjects[c]))),S.append(j(a(0),a(k),h+2,14,"none",{stroke:r.before,"stroke-width":"1.2"}),j(a(0),a(b),h+5,8,r.after)),S.append(u("text",{x:i-2,y:h+13,"text-anchor":"end",fill:r.faint},f(b))),l.append(S)}),l}function _(t,e,i=ie){let r=R(t),o=r.filter(s=>s!==null),n=Math.max(.05,...o.map(Math.abs)),l=ne("Change of loss on other texts",r.length,e,i),a=s=>g+8+(s+n)/(2*n)*(e-g-re-16);return oe(l,[[a(-n),m(-n)],[a(0),"0"],[a(n),m(n)]],r.length,"better ← loss on other texts → worse",a(0),i),r.forEach((s,p)=>{let c=y+p*$,w=u("g",{"data-family":t.families[p],role:"img","aria-label":`${t.families[p]}: loss ${m(s)}`});w.append(u("text",{x:g-6,y:c+13,"text-anchor":"end"},ae(t.families[p]))),s!==null&&w.append(j(a(0),a(s),c+4,10,i.cost)),w.append(u("text",{x:e-2,y:c+13,"text-anchor":"end",fill:i.faint},m(s))),l.append(w)}),l}var se=`.iw-bias .iw-bias-top { display: flex; flex-wrap: wrap; gap: 10px 24px; align-items: flex-start; }
.iw-bias .iw-bias-top .iw-hint { margin: 0 0 3px; }
.iw-bias .iw-bias-grid { display: grid; gap: 2px; align-items: center; text-align: center; }
.iw-bias .iw-bias-grid .iw-hint { margin: 0; }
.iw-bias .iw-bias-grid button { padding: 1px 0; border-radius: 4px; font-size: 11.5px; color: var(--iw-faint); }
.iw-bias .iw-bias-grid button[aria-pressed="true"] { background: var(--iw-text); color: var(--iw-ground); border-color: var(--iw-text); box-shadow: none; font-weight: 700; }
.iw-bias .iw-bias-grid button[data-random] { border-style: dashed; border-color: var(--iw-text); color: var(--iw-text); }
.iw-bias .iw-bias-grid button[aria-disabled="true"] { opacity: 1; }
.iw-bias .iw-bias-tools { display: grid; gap: 8px; justify-items: start; padding-top: 18px; }
.iw-bias .iw-bias-charts { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: flex-start; }
.iw-bias .iw-bias-charts[data-stale="true"], .iw-bias .iw-bias-words[data-stale="true"] { opacity: 0.45; }
.iw-bias figure { margin: 0; min-width: 0; }
.iw-bias svg { display: block; max-width: 100%; height: auto; forced-color-adjust: none; }
.iw-bias .iw-bias-words { border-left: 3px solid var(--iw-accent); background: var(--iw-soft); padding: 7px 11px; margin: 10px 0; }
.iw-bias .iw-bias-words p { margin: 0 0 4px; max-width: 95ch; }
.iw-bias .iw-bias-words p:first-child { font-weight: 600; }
.iw-bias .iw-bias-words p:last-child { margin: 0; }
`;var xe="Click a head (Enter, Space) to take it out or put it back; arrow keys move between heads. Hollow bars are before the edit, filled ones after.",[ve,ye]=[470,18],C=class{constructor(e,i){this.link=e;this.frame=i;let{signal:r}=i;this.signal=r,this.status=ee(e,i);let o=A("in their place",H,s=>this.act({do:"replace",by:s},{replace:s}),r);e.watch(["replace","live"],()=>{o.set(e.read("replace")),o.element.querySelectorAll("input").forEach(s=>s.disabled=!e.read("live"))});let n=A("Sort by",V,s=>e.act({do:"order",by:s},{order:s}),r);e.watch(["order"],()=>n.set(e.read("order")));let l=d("div",{class:"iw-bias-tools"},o.element,d("label",{},this.random," control: random heads"),this.clear,this.status.busy),a=d("div",{class:"iw-top"},d("div",{class:"iw-bias-top"},d("div",{},d("p",{class:"iw-hint"},"Heads taken out"),this.grid),l),d("div",{class:"iw-acts"},W(e,r),this.menu()));L(i.root,se),i.root.append(a,this.status.error,this.words,d("div",{class:"iw-bar"},n.element),this.charts,d("p",{class:"iw-hint"},xe),this.status.summary),this.listen(),e.watch(["heads","replace","control","order","shown","live"],()=>v(i.root,()=>this.draw()))}link;frame;status;signal;grid=d("div",{class:"iw-bias-grid",role:"group","aria-label":"Heads that are taken out"});clear=d("button",{type:"button"},"None");random=d("input",{type:"checkbox"});charts=d("div",{class:"iw-bias-charts"});words=d("div",{class:"iw-bias-words"});home=[0,0];act(e,i){this.status.fail(""),this.link.read("live")&&this.link.act(e,i)}choose(e){let i=[...e].sort(([r,o],[n,l])=>r-n||o-l);this.act({do:"heads",heads:i},{heads:i})}listen(){let{charts:e,grid:i,link:r,signal:o}=this;i.addEventListener("click",a=>{let s=a.target.closest("[data-head]");if(!s)return;let[p,c]=[Number(s.dataset.layer),Number(s.dataset.head)];this.home=[p,c];let w=r.read("heads"),h=w.filter(([k,b])=>k!==p||b!==c);this.choose(h.length<w.length?h:[...h,[p,c]])},{signal:o}),i.addEventListener("keydown",a=>{let s={ArrowLeft:[0,-1],ArrowRight:[0,1],ArrowUp:[1,0],ArrowDown:[-1,0]}[a.key];if(!s||a.ctrlKey||a.metaKey||a.altKey)return;a.preventDefault();let[p,c]=[this.home[0]+s[0],this.home[1]+s[1]],w=i.querySelector(`[data-layer="${p}"][data-head="${c}"]`);w&&(this.home=[p,c],i.querySelectorAll("[data-head]").forEach(h=>h.tabIndex=h===w?0:-1),w.focus())},{signal:o}),this.clear.addEventListener("click",()=>r.read("heads").length>0&&this.choose([]),{signal:o}),this.random.addEventListener("change",()=>this.act({do:"control",on:this.random.checked},{control:this.random.checked}),{signal:o});let n=0,l=new ResizeObserver(()=>{e.clientWidth!==n&&(n=e.clientWidth,v(this.frame.root,()=>this.draw()))});l.observe(e),o.addEventListener("abort",()=>l.disconnect())}draw(){let{link:e}=this,i=e.read("shown"),r=e.read("live");this.heads(i,r),this.random.checked=e.read("control"),this.random.disabled=!r,this.clear.setAttribute("aria-disabled",String(!r||e.read("heads").length===0));let o=this.width();T(this.charts,d("figure",{},N(i,e.read("order"),o)),d("figure",{},_(i,o))),T(this.words,...[F(i),P(i),I(i)].filter(Boolean).map(n=>d("p",{},n))),this.charts.dataset.stale=this.words.dataset.stale=String(this.stale(i))}width(){let e=this.charts.clientWidth||800;return Math.min(e>620?Math.floor((e-ye)/2):e,ve)}stale(e){let i=this.link.read("heads");return e.replace!==this.link.read("replace")||i.length!==e.heads.length||i.some(([r,o])=>!x(e.heads,r,o))}heads(e,i){let r=this.link.read("heads");this.grid.style.gridTemplateColumns=`2.2em repeat(${e.heads_a_layer}, minmax(24px, 34px))`;let o=[];for(let n=e.layers-1;n>=0;n--){o.push(d("span",{class:"iw-hint"},`L${n}`));for(let l=0;l<e.heads_a_layer;l++){let a=x(r,n,l),s=n===this.home[0]&&l===this.home[1];o.push(d("button",{type:"button","data-layer":n,"data-head":l,"data-key":`head${n}.${l}`,"data-random":x(e.control_heads,n,l),tabindex:s?0:-1,"aria-pressed":String(a),"aria-disabled":i?null:"true","aria-label":`head ${E([n,l])}${a?", taken out":""}`},a?"✕":x(e.control_heads,n,l)?"?":String(l)))}}T(this.grid,...o)}menu(){let e=()=>{let o=getComputedStyle(this.frame.root),n=w=>o.getPropertyValue(w),l={before:n("--iw-faint"),after:n("--iw-link"),cost:n("--iw-accent"),text:o.color,faint:n("--iw-faint"),line:n("--iw-line")},a=this.link.read("shown"),[s,p]=[N(a,this.link.read("order"),430,l),_(a,430,l)],c=Math.max(Number(s.getAttribute("height")),Number(p.getAttribute("height")));return s.setAttribute("width","880"),s.setAttribute("height",String(c)),s.setAttribute("viewBox",`0 0 880 ${c}`),p.setAttribute("x","450"),s.append(p),s.style.background=o.backgroundColor,s};return J("gender",{PNG:()=>X(e()),SVG:()=>B(e()),CSV:()=>{let{subjects:o,before:n,after:l,families:a,loss_before:s,loss_after:p}=this.link.read("shown"),c=[["kind","name","before","after"],...o.map((w,h)=>["bias",w,n[h],l[h]]),...a.map((w,h)=>["loss",w,s[h]??"",p[h]??""])];return new Blob([`${c.map(Z).join(`\r
`)}\r
`],{type:"text/csv"})},JSON:()=>new Blob([JSON.stringify(this.link.read("shown"),null,1)],{type:"application/json"})},o=>this.status.fail(o),this.signal)}};var le=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var de="(forced-colors: active)",ce="(prefers-color-scheme: dark)";function Se(t){if(matchMedia(de).matches)return"contrast";let{body:e,documentElement:i}=document,r=e.dataset.jpThemeLight;if(r!==void 0)return r==="true"?"light":"dark";let o=e.dataset.vscodeThemeKind??"";if(o)return o.includes("light")?"light":"dark";let n=i.getAttribute("theme")??i.dataset.theme??e.dataset.theme;return n==="dark"||n==="light"?n:i.classList.contains("dark")||e.classList.contains("dark")?"dark":Ee(t)??(matchMedia(ce).matches?"dark":"light")}function Ee(t){for(let e=t.parentElement;e;e=e.parentElement){let[i,r,o,n]=(getComputedStyle(e).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(i===void 0||r===void 0||o===void 0||n===0))return .299*i+.587*r+.114*o<128?"dark":"light"}return null}function pe(t,e,i){let r=()=>{let n=Se(t);t.dataset.theme!==n&&(t.dataset.theme=n,i(),setTimeout(()=>!e.aborted&&i(),400))};r();let o=new MutationObserver(r);for(let n of[document.documentElement,document.body])o.observe(n,{attributes:!0});e.addEventListener("abort",()=>o.disconnect());for(let n of[de,ce])matchMedia(n).addEventListener("change",r,{signal:e})}var Te=["busy","stopped","error","summary","depth","answered","plain"],Le="The kernel was restarted: run the notebook again, down to this cell.",z=class{constructor(e,i,r,o){this.host=e;this.signal=r;this.root=o;for(let n of[...i,...Te])this.listen(`change:${n}`,()=>this.note([n]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(e){return e==="error"&&this.dead?Le:e in this.overlay?this.overlay[e]:this.host.get(e)}act(e,i={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...i},this.waiting=performance.now(),this.host.send({action:e,echo:i,view:this.view,n:this.sent}),this.note([...Object.keys(i),"answered"]))}work(e){this.dead||this.host.send({work:e})}get pending(){return this.waiting>0}watch(e,i){this.watchers.push({names:e,run:i}),i()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(e,i){this.host.on(e,i),this.signal.addEventListener("abort",()=>this.host.off(e,i))}settle(){let[e,i]=this.read("answered");if(e!==this.view||i!==this.sent)return;let r=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...r,"answered"])}note(e){e.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let i of e)this.changed.add(i)}flush(){let e=this.changed;this.changed=new Set,!this.signal.aborted&&v(this.root,()=>{for(let i of this.watchers)i.names.some(r=>e.has(r))&&i.run()})}};function we(t,e,i){return{render({model:r,el:o}){let n=new AbortController,l=[],a=d("div",{class:"iw-sr",role:"status","aria-live":"polite"}),s=d("section",{class:`iw iw-${e}`},a);o.append(s),L(s,le),pe(s,n.signal,()=>l.forEach(c=>c()));let p=new z(r,t,n.signal,s);return Q(s,p,n.signal),i(p,{root:s,signal:n.signal,announce:c=>a.textContent=c,onTheme:c=>l.push(c)}),()=>{n.abort(),s.remove()}}}}var gt=we(K,"bias",(t,e)=>{new C(t,e)});export{gt as default};
