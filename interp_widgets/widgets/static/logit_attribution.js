var T=class extends Error{};function Lt(i){if(i instanceof ArrayBuffer)return new Uint8Array(i);if(ArrayBuffer.isView(i))return new Uint8Array(i.buffer,i.byteOffset,i.byteLength);let t=i?.base64;if(typeof t=="string")return Uint8Array.from(atob(t),e=>e.charCodeAt(0));throw new T("a binary buffer did not arrive")}function K(i){let t=Mt(i);if(t instanceof Float32Array)return t;let e=new Float32Array(t.length);if(t instanceof Int32Array){for(let s=0;s<t.length;s++)e[s]=t[s]<0?NaN:t[s];return e}let n=2**Number(i.type.slice(1))-1,r=Tt(i,n-1),o=n<256?Float32Array.from({length:256},(s,a)=>a===n?NaN:r(a)):null;for(let s=0;s<t.length;s++){let a=t[s];e[s]=o?o[a]:a===n?NaN:r(a)}return e}function Tt({curve:i,top:t},e){switch(i){case null:return n=>n;case"linear":return n=>n/e*t;case"sqrt":return n=>(n/e)**2*t;case"log":{let n=Math.log1p(t);return r=>Math.round(Math.expm1(r/e*n))}}}function Mt(i){let t=Lt(i.bytes);if(i.type==="u8")return t;let e=t.slice().buffer;switch(i.type){case"u16":return new Uint16Array(e);case"u32":return new Uint32Array(e);case"i32":return new Int32Array(e);case"f32":return new Float32Array(e);case"f16":return Float32Array.from(new Uint16Array(e),At)}}function At(i){let t=i&32768?-1:1,e=i>>10&31,n=i&1023;return e===31?n?NaN:t*(1/0):e===0?t*n*2**-24:t*(1+n/1024)*2**(e-15)}var I=["prompts","offers","live","removed","opened","ran","answer","distractor","shown","effect"];function U(i){let[t,e]=["shares","norms"].map(r=>K(i.planes.find(o=>o.name===r))),n=i.blocks.flatMap(([r,o])=>Array(o).fill(r));return i.names.map((r,o)=>({name:r,block:n[o],share:t[o],norm:e[o]}))}var f=(i,t=2)=>`${i<0?"−":"+"}${Math.abs(i).toFixed(t)}`,_=i=>"parts"in i,D=(i,t)=>[...new Set(i)].sort().join()===[...new Set(t)].sort().join();function V(i,{name:t,block:e},n){return i.includes(t)?i.filter(r=>r!==t):[...i.filter(r=>e!==t||!n.includes(r)),t]}function z(i,t,e){let n=new Set(t),r=[],o=0;for(let s=0,a=0;s<i.length;s=a){let{block:d}=i[s];for(;i[a]?.block===d;)a+=1;let p=Number(/^L(\d+)\.attn_out$/.exec(d)?.[1]??-1),c=d==="embed"&&a-s>1,w=p>=0&&e.includes(p),u=o,m=i.slice(s,a).map(g=>{let b=n.has(g.name)||n.has(d),B=o;return o+=b?0:g.share,{...g,parts:1,left:b?0:1,within:!c,layer:-1,open:!1,gone:b,before:B,after:o}});if((w||c)&&r.push(...m),c)continue;let x=m.filter(g=>!g.gone);r.push({name:d,block:d,share:(x.length>0?x:m).reduce((g,b)=>g+b.share,0),norm:m.length===1?m[0].norm:null,parts:m.length,left:x.length,within:!1,layer:p,open:w,gone:x.length===0,before:w?o:u,after:o})}return r}function S(i){let{left:t,parts:e}=i;return t>0&&t<e?`${W(i)}, ${t} of ${e}`:W(i)}function W({name:i,parts:t,within:e}){let[,n,r]=/^L(\d+)\.(.+)$/.exec(i)??[];return n===void 0?{embed:"embedding","embed.token":"token embedding","embed.position":"position embedding",bias:"bias"}[i]??i:r==="attn_out"?`L${n} attention`:r==="mlp_out"?`L${n} MLP`:r==="attn_bias"?e||t===1?`L${n} attention bias`:i:`L${n} head ${r.slice(2)}`}function l(i,t={},...e){let n=document.createElement(i);return q(n,t),n.append(...e.filter(r=>r!=null)),n}function y(i,t={},...e){let n=document.createElementNS("http://www.w3.org/2000/svg",i);return q(n,t),n.append(...e.filter(r=>r!=null)),n}function q(i,t){for(let[e,n]of Object.entries(t))n==null||n===!1||i.setAttribute(e,n===!0?"":String(n))}function h(i,...t){let e=t.filter(r=>r!=null),n=i.childNodes;e.length===n.length&&e.every((r,o)=>r===n[o])||i.replaceChildren(...e)}var G=0;function M(i){return G+=1,`iw-${i}-${Math.random().toString(36).slice(2,8)}-${G}`}var j=(i,t,e)=>Math.min(Math.max(i,t),e);var J="interp-widgets:cursor",Z=new WeakMap;function X(i){let t=Z.get(i);return t===void 0&&Z.set(i,t=JSON.stringify(i)),t}var A=class{self=M("view");told=!1;elsewhere=null;constructor(t,e){let n=r=>{let o=r.detail;if(o.from===this.self)return;let s=this.elsewhere;this.elsewhere=o.key===null?null:o,(s?.key!==this.elsewhere?.key||s?.pos!==this.elsewhere?.pos)&&e()};document.addEventListener(J,n,{signal:t}),t.addEventListener("abort",()=>this.point(null))}point(t,e=-1){let n=t&&e>=0&&e<t.length?X(t):null;n===null&&!this.told||(this.told=n!==null,this.elsewhere=null,document.dispatchEvent(new CustomEvent(J,{detail:{from:this.self,key:n,pos:e}})))}column(t){let e=this.elsewhere;return e&&e.key===X(t)?e.pos:null}};function Y(i,t){let e=l("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),n=l("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>i.act({do:"undo"}),{signal:t}),n.addEventListener("click",()=>i.act({do:"redo"}),{signal:t}),i.watch(["depth"],()=>{let[r,o]=i.read("depth");e.setAttribute("aria-disabled",String(r===0)),n.setAttribute("aria-disabled",String(o===0))}),l("span",{class:"iw-pair"},e,n)}function Q(i,t,e,n){let r=l("details",{class:"iw-menu"},l("summary",{},"Save")),o=l("div",{class:"iw-entries"});for(let[s,a]of Object.entries(t)){let d=l("button",{type:"button"},s);d.addEventListener("click",async()=>{r.open=!1;try{$t(await a(),`${i}.${s.toLowerCase()}`)}catch(p){e(`Could not save ${s}: ${String(p)}`)}},{signal:n}),o.append(d)}return r.append(o),r.addEventListener("keydown",s=>{s.key!=="Escape"||!r.open||(r.open=!1,r.querySelector("summary")?.focus())},{signal:n}),document.addEventListener("pointerdown",s=>{s.composedPath().includes(r)||(r.open=!1)},{signal:n}),r}function $t(i,t){let e=l("a",{href:URL.createObjectURL(i),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function tt(i){return i.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function O(i){return i.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(i)],{type:"image/svg+xml"})}async function et(i){let[t,e]=[Number(i.getAttribute("width")),Number(i.getAttribute("height"))],n=new Image,r=await O(i).text();n.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(r)}`,await n.decode();let o=Math.min(2,16e3/Math.max(t,e)),s=l("canvas",{width:Math.round(t*o),height:Math.round(e*o)});return s.getContext("2d").drawImage(n,0,0,s.width,s.height),new Promise((a,d)=>s.toBlob(p=>p?a(p):d(new Error("no picture")),"image/png"))}var Rt=1200,Ct=140,$=class{constructor(t,e,n){this.typed=e;let r=this.unknown.id;this.area=l("textarea",{id:this.id,rows:1,spellcheck:"false",autocomplete:"off","aria-describedby":r});let o=l("div",{class:"iw-typed"},this.under,this.area);this.element=l("div",{class:"iw-prompt"},l("label",{for:this.id},t),o,this.offers,this.unknown),this.listen(n)}typed;element;id=M("prompt");area;under=l("div",{class:"iw-under","aria-hidden":"true"});unknown=l("span",{class:"iw-unknown",id:M("unknown")});offers=l("select",{class:"iw-offers","aria-label":"Prompts this model speaks"});offered="";burst=0;typedAt=0;width=0;show(t,e){this.area.value!==t&&(this.area.value=t,this.forget(),this.fit()),this.offers.hidden=e.length===0;let n=e.join(`
`);n===this.offered&&this.offers.options.length>0||(this.offered=n,h(this.offers,l("option",{},"Try a prompt…"),...e.map(r=>l("option",{value:r},r))))}underline(t,e){if(t!==this.area.value)return;let n=[],r=0;for(let[s,a]of e)n.push(t.slice(r,s),l("u",{},t.slice(s,a))),r=a;h(this.under,...n,t.slice(r));let o=[...new Set(e.map(([s,a])=>t.slice(s,a)))];this.unknown.textContent=o.length?`Not in this model’s vocabulary, read in crumbs: ${o.join(", ")}`:""}listen(t){this.area.addEventListener("input",()=>{this.fit(),this.forget(),this.say(this.area.value)},{signal:t}),this.area.addEventListener("keydown",n=>{n.key!=="Enter"||n.shiftKey||n.isComposing||(n.preventDefault(),this.typedAt=0)},{signal:t}),this.area.addEventListener("blur",()=>this.typedAt=0,{signal:t}),this.area.addEventListener("scroll",()=>this.under.scrollTop=this.area.scrollTop,{signal:t}),this.offers.addEventListener("change",()=>{this.typedAt=0,this.offers.selectedIndex>0&&this.say(this.offers.value),this.offers.selectedIndex=0},{signal:t});let e=new ResizeObserver(()=>{this.area.clientWidth!==this.width&&(this.width=this.area.clientWidth,this.fit())});e.observe(this.area),t.addEventListener("abort",()=>e.disconnect())}fit(){this.area.style.height="auto";let t=this.area.scrollHeight;this.area.style.height=t?`${Math.min(t+2,Ct)}px`:""}forget(){h(this.under),this.unknown.textContent=""}say(t){let e=Date.now();e-this.typedAt>Rt&&(this.burst=e),this.typedAt=e,this.typed(t,`${this.id}-${this.burst}`)}};var it=(i,t)=>t>1?["First prompt","Second prompt"][i]:"Prompt";function nt(i,t,e,n,r){let o=l("div"),s=[],a=(d,p)=>new $(it(d,p),(c,w)=>{let u=i.read("prompts").map((m,x)=>x===d?c:m);n(),i.act({do:"prompt",side:d,text:c,burst:w},{prompts:u})},r);return i.watch(["prompts","offers","live",...t],()=>{let d=i.read("prompts");if(o.dataset.two=String(d.length>1),!i.read("live")){h(o,...d.map((c,w)=>Nt(it(w,d.length),c)));return}for(;s.length<d.length;)s.push(a(s.length,d.length));h(o,...s.map(c=>c.element));let p=e();s.forEach((c,w)=>{c.show(d[w]??"",i.read("offers"));let u=p[w];u&&c.underline(u.prompt,u.unknown)})}),o}function Nt(i,t){return l("div",{class:"iw-prompt"},l("span",{class:"iw-name"},i),l("div",{class:"iw-said",tabindex:t.length>400?0:null},t))}var Pt=Symbol.for("interp_widgets.sheets");function Ht(i){let t=globalThis,e=t[Pt]??=new Map,n=e.get(i);return n||(n=new CSSStyleSheet,n.replaceSync(i),e.set(i,n)),n}function R(i,t){let e=Ht(t),n=()=>{let o=i.getRootNode(),s=o instanceof ShadowRoot?o:document;s.adoptedStyleSheets.includes(e)||(s.adoptedStyleSheets=[...s.adoptedStyleSheets,e])};if(n(),i.isConnected)return;let r=new ResizeObserver(()=>{r.disconnect(),n()});r.observe(i)}var Bt=400;function rt(i,t){let e=l("span",{class:"iw-busy"},"computing"),n=l("button",{type:"button"},"Stop"),r=l("span",{class:"iw-work iw-unseen"},e,n);n.addEventListener("click",()=>i.work(i.read("stopped")?"resume":"stop"),{signal:t.signal});let o=l("div",{class:"iw-error",role:"alert",hidden:!0}),s=l("p",{class:"iw-summary"}),a="",d=0,p=()=>{let c=i.read("error")||a;o.hidden=c==="",o.textContent!==c&&(o.textContent=c),clearTimeout(d);let w=i.read("busy")&&!i.dead,u=i.read("stopped")&&!i.dead;e.hidden=u&&!w,n.textContent=u?"Stopped: go on":"Stop",C(n,!1),C(r,!w&&!u),!w&&!u&&i.pending&&!i.dead&&(d=setTimeout(()=>{C(n,!0),C(r,!i.pending)},Bt))};return i.watch(["error","busy","stopped","answered"],p),i.watch(["summary"],()=>{s.textContent=i.read("summary"),t.announce(i.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(d)),{busy:r,error:o,summary:s,fail(c){a=c,p()}}}function C(i,t){i.classList.toggle("iw-unseen",t)}var zt={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},jt=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function k(i){if(i==="")return"∅";let t="";for(let e of i){let n=zt[e];n!==void 0?t+=n:jt.test(e)?t+=`‹${e.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:t+=e}return t}function ot(i){let t=/^(["'`])(.+)\1$/u.exec(i.trim());if(t)return t[2];let e=i.replace(/^[␣·]/u," ");return e.trim()===""?"":/^[\p{L}\p{N}]/u.test(e)?` ${e.trimEnd()}`:e.trimEnd()}function st(i){return i.startsWith(" ")?`·${i.slice(1)}`:/^[\p{L}\p{N}]/u.test(i)?`"${i}"`:i}var Ot='A word gets its leading space; "las" in quotes has none';function at(i,t,e,n,r){let o=l("input",{type:"text",title:Ot,spellcheck:"false",autocomplete:"off","aria-label":e}),s=l("select",{"aria-label":`${e}: likeliest next tokens`,title:"Likeliest next tokens"}),a=p=>{n(),i.act({do:t,text:p})};o.addEventListener("change",()=>a(ot(o.value)),{signal:r}),s.addEventListener("change",()=>{s.selectedIndex>0&&a(s.value),s.selectedIndex=0},{signal:r}),i.watch([t,"live"],()=>{o.value=st(i.read(t)),o.readOnly=!i.read("live")});let d="";return i.watch(["shown"],()=>{let p=i.read("shown").likeliest;s.hidden=p.length===0,p.join(`
`)!==d&&(d=p.join(`
`),h(s,l("option",{},"▾"),...p.map(c=>l("option",{value:c},k(c)))))}),l("span",{class:"iw-token-box"},l("span",{"aria-hidden":"true"},e),o,s)}var N=class{element=l("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(t,e,...n){let r=this.element;h(r,...n),r.classList.add("iw-on"),this.open||r.showPopover?.();let{width:o,height:s}=r.getBoundingClientRect(),a=t.right+12,d=t.left-o-12,p=a+o<=e.right||d<e.left?a:d;r.style.left=`${j(p,4,Math.max(window.innerWidth-o-4,4))}px`,r.style.top=`${j(t.top-10,4,Math.max(window.innerHeight-s-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var[lt,v,E,L,dt]=[58,19,180,240,240],pt=60;function ct({raw:i,said:t,rows:e,scales:n,asked:r,colors:o}){let[s,a]=[E+L+dt+90,lt+e.length*v+16],d=y("svg",{width:s,height:a,viewBox:`0 0 ${s} ${a}`,"font-family":"system-ui, sans-serif","font-size":11,fill:o.text});d.append(y("rect",{width:"100%",height:"100%",fill:o.ground})),d.append(y("text",{x:12,y:16,"font-weight":600},`${r} · ${i.model} · ${Ft(i.prompt)}`)),d.append(y("text",{x:12,y:36},t));let p=(c,w,u,m,x,g=1)=>y("line",{x1:c,y1:w,x2:u,y2:m,stroke:x,"stroke-width":g});return[...e].reverse().forEach((c,w)=>{let[u,m]=[lt+w*v,E+n.share(0)/100*L],x=E+n.share(c.share)/100*L;d.append(y("text",{x:c.within?26:12,y:u+13,opacity:c.gone?.6:1},S(c)));let g=c.share<0?o.minus:o.plus;d.append(y("rect",{x:Math.min(m,x),y:u+4,width:Math.max(Math.abs(x-m),1),height:v-8,fill:c.gone?"none":g,stroke:g})),c.gone&&d.append(p(12,u+v/2,E+L+48,u+v/2,o.text)),d.append(y("text",{x:E+L+48,y:u+13,"text-anchor":"end"},f(c.share)));let b=B=>E+L+70+n.sum(B)/100*dt;d.append(p(b(c.before),u+v,b(c.before),u+v/2,o.text,2),p(b(c.before),u+v/2,b(c.after),u+v/2,o.text,2),p(b(c.after),u+v/2,b(c.after),u,o.text,2)),d.append(p(m,u,m,u+v,o.text,.5))}),d}function Ft(i){let t=[...i];return(t.length>pt?`…${t.slice(-pt).join("")}`:i).split(" ").map(n=>n&&k(n)).join(" ")}function ut({parts:i},t){let e=new Set(t),n=i.map(({name:o,block:s,share:a,norm:d})=>[o,s,a,d,String(e.has(o)||e.has(s))]),r=[["part","block","contribution","norm","removed"],...n].map(tt);return new Blob([`${r.join(`\r
`)}\r
`],{type:"text/csv"})}function wt({raw:i,parts:t,total:e},n){let{model:r,prompt:o,tokens:s,pieces:a,check:d,softcap:p}=i;return new Blob([JSON.stringify({model:r,prompt:o,tokens:s,pieces:a,check:d,softcap:p,total:i.total,total_left:e,parts:t,state:n},null,1)],{type:"application/json"})}function mt(i,t){let e=Math.max(...i.map(s=>Math.abs(s.share)),1e-9),[n,r]=[Math.min(0,...t),Math.max(0,...t)],o=Math.max(r-n,1e-9);return{share:s=>50+s/e*48,sum:s=>2+(s-n)/o*96}}var P=class{button=l("button",{type:"button",class:"iw-bus-writer",tabindex:-1});element;toggle=l("button",{type:"button",class:"iw-bus-open",tabindex:-1});name=l("span",{class:"iw-bus-name"});bar=l("span",{class:"iw-bus-bar"});value=l("span",{class:"iw-bus-value"});steps=["in","over","out"].map(t=>l("i",{class:`iw-bus-${t}`}));origin=l("i",{class:"iw-bus-origin"});writer;constructor(t,e,n){this.button.dataset.key=`bus/${t}`,this.button.append(this.name,l("span",{class:"iw-bus-track"},this.bar),this.value,l("span",{class:"iw-bus-sum"},this.origin,...this.steps)),this.element=l("div",{class:"iw-bus-row"},this.toggle,this.button),this.button.addEventListener("click",()=>e.remove(this),{signal:n}),this.toggle.addEventListener("click",()=>e.open(this),{signal:n})}show(t,e){this.writer=t;let{share:n,gone:r,before:o,after:s}=t,a=S(t);this.element.dataset.part=t.name,this.element.dataset.within=String(t.within),this.element.dataset.gone=String(r),this.toggle.style.visibility=t.layer<0?"hidden":"",this.toggle.textContent=t.open?"▾":"▸",this.toggle.setAttribute("aria-expanded",String(t.open)),this.toggle.setAttribute("aria-label",`Heads of ${a}`),this.button.setAttribute("aria-pressed",String(r)),this.button.setAttribute("aria-label",`Remove ${a}, share ${f(n)}, sum so far ${f(s)}`),h(this.name,a),h(this.value,r?l("s",{},f(n)):f(n)),this.bar.dataset.sign=n<0?"minus":"plus",ht(this.bar,e.share(0),e.share(n));let[d,p]=[e.sum(o),e.sum(s)];this.origin.style.left=`${e.sum(0)}%`,this.steps[0].style.left=`${d}%`,ht(this.steps[1],d,p),this.steps[2].style.left=`${p}%`}};function ht(i,t,e){i.style.left=`${Math.min(t,e)}%`,i.style.width=`${Math.abs(t-e)}%`}var ft=`.iw-bus .iw-bus-asked { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 0 0 10px; }
.iw-bus .iw-bus-stream { max-height: 520px; overflow: auto; scrollbar-width: thin; border: 1px solid var(--iw-line); border-radius: 8px; padding: 2px 4px; }
.iw-bus .iw-bus-row { display: grid; grid-template-columns: 24px minmax(0, 1fr); align-items: stretch; content-visibility: auto; contain-intrinsic-size: auto 23px; }
.iw-bus .iw-bus-row > button { border: 0; background: transparent; box-shadow: none; border-radius: 4px; }
.iw-bus .iw-bus-open { padding: 0; color: var(--iw-faint); }
.iw-bus .iw-bus-writer, .iw-bus .iw-bus-titles { display: grid; grid-template-columns: minmax(110px, 190px) minmax(80px, 1fr) 4.6em minmax(80px, 1fr); gap: 0 10px; align-items: stretch; text-align: left; min-width: 0; }
.iw-bus button.iw-bus-writer { padding: 0 6px; height: 23px; }
.iw-bus .iw-bus-row > button:hover { background: var(--iw-soft); }
.iw-bus .iw-bus-row > button:focus-visible { outline-offset: -2px; }
.iw-bus .iw-bus-titles span:nth-child(3) { text-align: right; }
.iw-bus .iw-bus-titles { padding: 4px 10px 4px 34px; color: var(--iw-faint); font-size: 12px; }
.iw-bus :is(.iw-bus-name, .iw-bus-value) { align-self: center; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.iw-bus .iw-bus-row[data-within="true"] .iw-bus-name { padding-left: 16px; color: var(--iw-faint); }
.iw-bus .iw-bus-value { text-align: right; font-variant-numeric: tabular-nums; }
.iw-bus :is(.iw-bus-track, .iw-bus-sum) { position: relative; overflow: hidden; }
.iw-bus .iw-bus-track { background: linear-gradient(var(--iw-line), var(--iw-line)) center / 1px 100% no-repeat; }
.iw-bus .iw-bus-bar { position: absolute; top: 5px; bottom: 5px; min-width: 1px; border-radius: 2px; background: var(--iw-link); forced-color-adjust: none; }
.iw-bus .iw-bus-bar[data-sign="minus"] { background: var(--iw-accent); }
.iw-bus .iw-bus-row[data-within="true"] .iw-bus-bar { top: 8px; bottom: 8px; }
.iw-bus .iw-bus-row[data-gone="true"] .iw-bus-bar { background: transparent; border: 1px dashed var(--iw-faint); }
.iw-bus .iw-bus-row[data-gone="true"] .iw-bus-name { text-decoration: line-through; }
.iw-bus .iw-bus-row[data-gone="true"] .iw-bus-track::after { content: ""; position: absolute; left: 0; right: 0; top: 50%; border-top: 1px solid var(--iw-text); }
.iw-bus .iw-bus-sum i { position: absolute; background: var(--iw-text); }
.iw-bus .iw-bus-sum .iw-bus-origin { top: 0; bottom: 0; width: 1px; background: var(--iw-line); }
.iw-bus .iw-bus-in { top: 50%; bottom: 0; width: 2px; margin-left: -1px; }
.iw-bus .iw-bus-out { top: 0; bottom: 50%; width: 2px; margin-left: -1px; }
.iw-bus .iw-bus-over { top: calc(50% - 1px); height: 2px; }
.iw-bus .iw-bus-total { font-size: 14px; font-weight: 600; font-variant-numeric: tabular-nums; }
.iw-bus .iw-bus-last { border-radius: 3px; padding: 0 2px; margin: 0 1px 0 -2px; }
.iw-bus .iw-bus-last[data-lit] { outline: 2px solid var(--iw-text); }
.iw-bus .iw-bus-effect { margin: 8px 0 0; font-variant-numeric: tabular-nums; }
.iw-bus .iw-bus-tip { display: grid; grid-template-columns: auto auto; gap: 0 12px; margin: 0; }
/* JupyterLab lays out every list of definitions in its own way. */
.iw-bus .iw-bus-tip :is(dt, dd) { float: none; width: auto; margin: 0; padding: 0; font-weight: inherit; white-space: nowrap; }
.iw-bus .iw-bus-tip dd { text-align: right; font-variant-numeric: tabular-nums; }
@container (max-width: 560px) {
  .iw-bus .iw-bus-writer, .iw-bus .iw-bus-titles { grid-template-columns: 96px minmax(40px, 1fr) 4em minmax(40px, 1fr); gap: 0 6px; }
}
`;var Wt="Read upwards. Click a writer (Enter, Space) to remove it or to put it back; arrows move along the stream, O opens an attention. Shares are read with the final norm frozen as it was in this run; what no part writes has the row “bias”. So they add up.",It="Zero ablation: the model runs again with their writes at the last token set to zero. Earlier tokens keep theirs.",Ut=.01,H=class{constructor(t,e){this.link=t;this.frame=e;let{signal:n}=e;this.signal=n,this.status=rt(t,e),this.shared=new A(n,()=>this.showLit()),this.restore=this.button("Restore all",()=>t.act({do:"restore_all"},{removed:[],ran:[]})),this.run=this.button("Run without them",()=>this.runWithout()),this.run.title=It;let r=nt(t,["shown"],()=>[t.read("shown")],()=>this.status.fail(""),n),o=l("div",{class:"iw-top"},r,l("div",{class:"iw-acts"},Y(t,n),this.menu())),s=l("div",{class:"iw-bus-asked"},...["answer","distractor"].map(p=>at(t,p,p==="answer"?"Answer":"Distractor",()=>this.status.fail(""),n)),this.status.busy),a=l("div",{class:"iw-bar"},this.total,this.restore,this.run,this.light),d=l("div",{class:"iw-bus-titles"},...["writer","share: − left, + right","logits","running total"].map(p=>l("span",{},p)));R(e.root,ft),e.root.append(o,s,this.status.error,a,d,this.stream,this.effect,l("p",{class:"iw-hint"},Wt),this.status.summary,this.tip.element),this.listen(),t.watch(["shown","removed","opened","ran","effect","busy"],()=>this.draw())}link;frame;status;signal;stream=l("div",{class:"iw-bus-stream",role:"group","aria-label":"Writers, the last one first"});total=l("span",{class:"iw-bus-total"});last=l("span",{class:"iw-bus-last"});shared;light=l("span",{class:"iw-light"});effect=l("div",{class:"iw-bus-effect"});restore;run;tip=new N;rows=new Map;order=[];raw=null;parts=[];scales;home="";button(t,e){let n=l("button",{type:"button"},t);return n.addEventListener("click",e,{signal:this.signal}),n}listen(){let{stream:t,signal:e}=this,n=s=>this.rows.get(s.target.closest("[data-part]")?.dataset.part??""),r=s=>{let a=n(s);a&&this.tell(a)},{last:o}=this;o.addEventListener("pointerenter",()=>this.pointAtLast(),{signal:e}),o.addEventListener("pointerleave",()=>this.shared.point(null),{signal:e}),t.addEventListener("pointerover",r,{signal:e}),t.addEventListener("focusin",r,{signal:e});for(let s of["pointerleave","focusout","scroll"])t.addEventListener(s,()=>this.tip.hide(),{signal:e});t.addEventListener("keydown",s=>{let a=n(s);if(!a||s.ctrlKey||s.metaKey||s.altKey)return;let d=this.order.findIndex(({name:c})=>c===a.writer.name),p={ArrowUp:d+1,ArrowDown:d-1,Home:0,End:this.order.length-1}[s.key];if(p!==void 0)this.focus(Math.min(Math.max(p,0),this.order.length-1));else if(s.key.toLowerCase()==="o")this.open(a);else return;s.preventDefault()},{signal:e})}menu(){let t=()=>ct(this.kept()),e=()=>Object.fromEntries(["prompts","answer","distractor","removed","opened","ran"].map(r=>[r,this.link.read(r)]));return Q("logit_attribution",{PNG:()=>et(t()),SVG:()=>O(t()),CSV:()=>ut(this.kept(),this.link.read("removed")),JSON:()=>wt(this.kept(),e())},r=>this.status.fail(r),this.signal)}kept(){let t=getComputedStyle(this.frame.root),e={ground:t.backgroundColor,text:t.color,plus:t.getPropertyValue("--iw-link"),minus:t.getPropertyValue("--iw-accent")};return{raw:this.link.read("shown"),parts:this.parts,said:this.total.textContent,rows:this.order,scales:this.scales,total:this.left(),asked:this.asked(),colors:e}}asked(){return this.link.read("shown").pieces.map(k).join(" − ")}left(){return this.order.at(-1).after}draw(){let{link:t}=this,[e,n,r]=[t.read("shown"),t.read("removed"),t.read("opened")];if(e!==this.raw){try{this.parts=U(e)}catch(a){if(!(a instanceof T))throw a;t.askForText();return}this.raw=e}let o=z(this.parts,[],r);this.order=z(this.parts,n,r),this.scales=mt(o,[...o,...this.order].flatMap(({before:a,after:d})=>[a,d]));let s=this.order.map(a=>{let d=this.rows.get(a.name)??new P(a.name,{remove:p=>this.remove(p),open:p=>this.open(p)},this.signal);return this.rows.set(a.name,d),d.show(a,this.scales),d});h(this.stream,...s.map(a=>a.element).reverse()),this.order.some(({name:a})=>a===this.home)||(this.home=this.order.at(-1).name),this.mark(),this.sums(n)}sums(t){let e=this.link.read("shown"),n=e.softcap===null?"":", before the soft-cap",r=t.length?` (whole: ${f(e.total)})`:"",o=e.pieces.length>1?"difference":"logit";h(this.last,k(e.tokens.at(-1))),this.total.replaceChildren(`${this.asked()} after `,this.last,`: ${f(this.left())} logits${n}${r}`),this.showLit();let s=e.check<=Ut;this.light.dataset.state=s?"good":"bad";let a=e.check===0?"0":e.check.toExponential(0);this.light.textContent=s?`✓ whole sum is the model’s own ${o} (±${a})`:`▲ whole sum misses the model’s own ${o} by ${a}`;for(let c of[this.restore,this.run])c.setAttribute("aria-disabled",String(t.length===0));let d=this.link.read("effect"),p=t.length>0&&_(d)&&D(d.parts,t);h(this.effect,...p?_t(d):[])}showLit(){let t=this.raw?.tokens??[],e=t.length-1;e>=0&&this.shared.column(t)===e?this.last.dataset.lit=String(e):delete this.last.dataset.lit}pointAtLast(){let{tokens:t}=this.link.read("shown");this.shared.point(t,t.length-1)}remove({writer:t}){this.home=t.name;let e=this.link.read("removed"),r=t.name!==t.block&&e.includes(t.block)?{...t,name:t.block}:t,o=this.parts.filter(({block:s})=>s===r.block).map(({name:s})=>s);this.status.fail(""),this.link.act({do:"remove",part:r.name},{removed:V(e,r,o),ran:[]})}open({writer:t}){let e=t.within?Number(/^L(\d+)/.exec(t.block)?.[1]??-1):t.layer;if(e<0)return;this.home=t.block;let n=this.link.read("opened"),r=n.includes(e)?n.filter(o=>o!==e):[...n,e].sort((o,s)=>o-s);this.link.act({do:"open",layer:e},{opened:r})}runWithout(){let t=[...this.link.read("removed")].sort();t.length>0&&this.link.act({do:"run",parts:t})}mark(){for(let[t,{button:e}]of this.rows)e.tabIndex=t===this.home?0:-1,e.toggleAttribute("data-home",t===this.home)}focus(t){this.home=this.order[t].name,this.mark(),this.rows.get(this.home).button.focus()}tell(t){let{writer:e}=t,n=e.norm===null?["parts left",`${e.left} of ${e.parts}`]:["length of the write",e.norm.toFixed(3)],r=[["share",`${f(e.share,5)} logits`],n,["running total",f(e.after,5)]],o=l("dl",{class:"iw-bus-tip"},...r.flatMap(([s,a])=>[l("dt",{},s),l("dd",{},a)]));this.tip.show(t.button.getBoundingClientRect(),this.frame.root.getBoundingClientRect(),l("h4",{},`${S(e)} · ${e.name}${e.gone?" (removed)":""}`),o)}};function _t({frozen:i,live:t,forward:e}){return[[e,"model run again with their writes at the last token set to zero (zero ablation)"],[t,"their writes taken off the last stream, the final norm made anew, later blocks as they were"],[i,"sum of the shares left, final norm frozen"]].map(([r,o])=>l("div",{},l("b",{},f(r)),` ${o}`))}var gt=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;function xt(i,t){let e=()=>i.getRootNode().activeElement,n=e(),r=n!==null&&i.contains(n);t();let o=e();if(!r||o!==null&&i.contains(o)&&bt(o))return;let s=n.dataset.key,a=s===void 0?null:i.querySelector(`[data-key="${CSS.escape(s)}"]`);(a!==null&&bt(a)?a:i.querySelector("[data-home]"))?.focus({preventScroll:!0})}function bt(i){return i.getClientRects().length>0}function vt(i,t,e){i.addEventListener("keydown",n=>{let r=n.ctrlKey||n.metaKey,o=n.key.toLowerCase();r&&!n.altKey&&(o==="z"||o==="y")?(t.act({do:o==="y"||n.shiftKey?"redo":"undo"}),n.preventDefault(),n.stopPropagation()):!r&&!n.altKey&&n.stopPropagation()},{signal:e})}var yt="(forced-colors: active)",kt="(prefers-color-scheme: dark)";function Vt(i){if(matchMedia(yt).matches)return"contrast";let{body:t,documentElement:e}=document,n=t.dataset.jpThemeLight;if(n!==void 0)return n==="true"?"light":"dark";let r=t.dataset.vscodeThemeKind??"";if(r)return r.includes("light")?"light":"dark";let o=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return o==="dark"||o==="light"?o:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Gt(i)??(matchMedia(kt).matches?"dark":"light")}function Gt(i){for(let t=i.parentElement;t;t=t.parentElement){let[e,n,r,o]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||n===void 0||r===void 0||o===0))return .299*e+.587*n+.114*r<128?"dark":"light"}return null}function St(i,t,e){let n=()=>{let o=Vt(i);i.dataset.theme!==o&&(i.dataset.theme=o,e(),setTimeout(()=>!t.aborted&&e(),400))};n();let r=new MutationObserver(n);for(let o of[document.documentElement,document.body])r.observe(o,{attributes:!0});t.addEventListener("abort",()=>r.disconnect());for(let o of[yt,kt])matchMedia(o).addEventListener("change",n,{signal:t})}var qt=["busy","stopped","error","summary","depth","answered","plain"],Jt="The kernel was restarted: run the notebook again, down to this cell.",F=class{constructor(t,e,n,r){this.host=t;this.signal=n;this.root=r;for(let o of[...e,...qt])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Jt:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let n=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...n,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&xt(this.root,()=>{for(let e of this.watchers)e.names.some(n=>t.has(n))&&e.run()})}};function Et(i,t,e){return{render({model:n,el:r}){let o=new AbortController,s=[],a=l("div",{class:"iw-sr",role:"status","aria-live":"polite"}),d=l("section",{class:`iw iw-${t}`},a);r.append(d),R(d,gt),St(d,o.signal,()=>s.forEach(c=>c()));let p=new F(n,i,o.signal,d);return vt(d,p,o.signal),e(p,{root:d,signal:o.signal,announce:c=>a.textContent=c,onTheme:c=>s.push(c)}),()=>{o.abort(),d.remove()}}}}var ri=Et(I,"bus",(i,t)=>{new H(i,t)});export{ri as default};
