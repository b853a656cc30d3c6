var T=class extends Error{};function xt(i){if(i instanceof ArrayBuffer)return new Uint8Array(i);if(ArrayBuffer.isView(i))return new Uint8Array(i.buffer,i.byteOffset,i.byteLength);let t=i?.base64;if(typeof t=="string")return Uint8Array.from(atob(t),e=>e.charCodeAt(0));throw new T("a binary buffer did not arrive")}function j(i){let t=yt(i);if(t instanceof Float32Array)return t;let e=new Float32Array(t.length);if(t instanceof Int32Array){for(let s=0;s<t.length;s++)e[s]=t[s]<0?NaN:t[s];return e}let n=2**Number(i.type.slice(1))-1,o=vt(i,n-1),r=n<256?Float32Array.from({length:256},(s,d)=>d===n?NaN:o(d)):null;for(let s=0;s<t.length;s++){let d=t[s];e[s]=r?r[d]:d===n?NaN:o(d)}return e}function vt({curve:i,top:t},e){switch(i){case null:return n=>n;case"linear":return n=>n/e*t;case"sqrt":return n=>(n/e)**2*t;case"log":{let n=Math.log1p(t);return o=>Math.round(Math.expm1(o/e*n))}}}function yt(i){let t=xt(i.bytes);if(i.type==="u8")return t;let e=t.slice().buffer;switch(i.type){case"u16":return new Uint16Array(e);case"u32":return new Uint32Array(e);case"i32":return new Int32Array(e);case"f32":return new Float32Array(e);case"f16":return Float32Array.from(new Uint16Array(e),kt)}}function kt(i){let t=i&32768?-1:1,e=i>>10&31,n=i&1023;return e===31?n?NaN:t*(1/0):e===0?t*n*2**-24:t*(1+n/1024)*2**(e-15)}var O=["prompts","offers","live","removed","opened","ran","answer","distractor","shown","effect"];function K(i){let[t,e]=["shares","norms"].map(o=>j(i.planes.find(r=>r.name===o))),n=i.blocks.flatMap(([o,r])=>Array(r).fill(o));return i.names.map((o,r)=>({name:o,block:n[r],share:t[r],norm:e[r]}))}var f=(i,t=2)=>`${i<0?"−":"+"}${Math.abs(i).toFixed(t)}`,W=i=>"parts"in i,I=(i,t)=>[...new Set(i)].sort().join()===[...new Set(t)].sort().join();function U(i,{name:t,block:e},n){return i.includes(t)?i.filter(o=>o!==t):[...i.filter(o=>e!==t||!n.includes(o)),t]}function N(i,t,e){let n=new Set(t),o=[],r=0;for(let s=0,d=0;s<i.length;s=d){let{block:l}=i[s];for(;i[d]?.block===l;)d+=1;let p=Number(/^L(\d+)\.attn_out$/.exec(l)?.[1]??-1),c=l==="embed"&&d-s>1,m=p>=0&&e.includes(p),u=r,h=i.slice(s,d).map(b=>{let g=n.has(b.name)||n.has(l),B=r;return r+=g?0:b.share,{...b,parts:1,left:g?0:1,within:!c,layer:-1,open:!1,gone:g,before:B,after:r}});if((m||c)&&o.push(...h),c)continue;let x=h.filter(b=>!b.gone);o.push({name:l,block:l,share:(x.length>0?x:h).reduce((b,g)=>b+g.share,0),norm:h.length===1?h[0].norm:null,parts:h.length,left:x.length,within:!1,layer:p,open:m,gone:x.length===0,before:m?r:u,after:r})}return o}function S(i){let{left:t,parts:e}=i;return t>0&&t<e?`${F(i)}, ${t} of ${e}`:F(i)}function F({name:i,parts:t,within:e}){let[,n,o]=/^L(\d+)\.(.+)$/.exec(i)??[];return n===void 0?{embed:"embedding","embed.token":"token embedding","embed.position":"position embedding",bias:"bias"}[i]??i:o==="attn_out"?`L${n} attention`:o==="mlp_out"?`L${n} MLP`:o==="attn_bias"?e||t===1?`L${n} attention bias`:i:`L${n} head ${o.slice(2)}`}function a(i,t={},...e){let n=document.createElement(i);return V(n,t),n.append(...e.filter(o=>o!=null)),n}function y(i,t={},...e){let n=document.createElementNS("http://www.w3.org/2000/svg",i);return V(n,t),n.append(...e.filter(o=>o!=null)),n}function V(i,t){for(let[e,n]of Object.entries(t))n==null||n===!1||i.setAttribute(e,n===!0?"":String(n))}function w(i,...t){let e=t.filter(o=>o!=null),n=i.childNodes;e.length===n.length&&e.every((o,r)=>o===n[r])||i.replaceChildren(...e)}var _=0;function C(i){return _+=1,`iw-${i}-${Math.random().toString(36).slice(2,8)}-${_}`}var H=(i,t,e)=>Math.min(Math.max(i,t),e);function D(i,t){let e=a("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),n=a("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>i.act({do:"undo"}),{signal:t}),n.addEventListener("click",()=>i.act({do:"redo"}),{signal:t}),i.watch(["depth"],()=>{let[o,r]=i.read("depth");e.setAttribute("aria-disabled",String(o===0)),n.setAttribute("aria-disabled",String(r===0))}),a("span",{class:"iw-pair"},e,n)}function G(i,t,e,n){let o=a("details",{class:"iw-menu"},a("summary",{},"Save")),r=a("div",{class:"iw-entries"});for(let[s,d]of Object.entries(t)){let l=a("button",{type:"button"},s);l.addEventListener("click",async()=>{o.open=!1;try{St(await d(),`${i}.${s.toLowerCase()}`)}catch(p){e(`Could not save ${s}: ${String(p)}`)}},{signal:n}),r.append(l)}return o.append(r),o.addEventListener("keydown",s=>{s.key!=="Escape"||!o.open||(o.open=!1,o.querySelector("summary")?.focus())},{signal:n}),document.addEventListener("pointerdown",s=>{s.composedPath().includes(o)||(o.open=!1)},{signal:n}),o}function St(i,t){let e=a("a",{href:URL.createObjectURL(i),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function q(i){return i.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function P(i){return i.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(i)],{type:"image/svg+xml"})}async function Z(i){let[t,e]=[Number(i.getAttribute("width")),Number(i.getAttribute("height"))],n=new Image,o=await P(i).text();n.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(o)}`,await n.decode();let r=Math.min(2,16e3/Math.max(t,e)),s=a("canvas",{width:Math.round(t*r),height:Math.round(e*r)});return s.getContext("2d").drawImage(n,0,0,s.width,s.height),new Promise((d,l)=>s.toBlob(p=>p?d(p):l(new Error("no picture")),"image/png"))}var Et=1200,Lt=140,M=class{constructor(t,e,n){this.typed=e;let o=this.unknown.id;this.area=a("textarea",{id:this.id,rows:1,spellcheck:"false",autocomplete:"off","aria-describedby":o});let r=a("div",{class:"iw-typed"},this.under,this.area);this.element=a("div",{class:"iw-prompt"},a("label",{for:this.id},t),r,this.offers,this.unknown),this.listen(n)}typed;element;id=C("prompt");area;under=a("div",{class:"iw-under","aria-hidden":"true"});unknown=a("span",{class:"iw-unknown",id:C("unknown")});offers=a("select",{class:"iw-offers","aria-label":"Prompts this model speaks"});offered="";burst=0;typedAt=0;width=0;show(t,e){this.area.value!==t&&(this.area.value=t,this.forget(),this.fit()),this.offers.hidden=e.length===0;let n=e.join(`
`);n===this.offered&&this.offers.options.length>0||(this.offered=n,w(this.offers,a("option",{},"Try a prompt…"),...e.map(o=>a("option",{value:o},o))))}underline(t,e){if(t!==this.area.value)return;let n=[],o=0;for(let[s,d]of e)n.push(t.slice(o,s),a("u",{},t.slice(s,d))),o=d;w(this.under,...n,t.slice(o));let r=e.map(([s,d])=>t.slice(s,d));this.unknown.textContent=r.length?`Not in this model’s vocabulary, read in crumbs: ${r.join(", ")}`:""}listen(t){this.area.addEventListener("input",()=>{this.fit(),this.forget(),this.say(this.area.value)},{signal:t}),this.area.addEventListener("blur",()=>this.typedAt=0,{signal:t}),this.area.addEventListener("scroll",()=>this.under.scrollTop=this.area.scrollTop,{signal:t}),this.offers.addEventListener("change",()=>{this.typedAt=0,this.offers.selectedIndex>0&&this.say(this.offers.value),this.offers.selectedIndex=0},{signal:t});let e=new ResizeObserver(()=>{this.area.clientWidth!==this.width&&(this.width=this.area.clientWidth,this.fit())});e.observe(this.area),t.addEventListener("abort",()=>e.disconnect())}fit(){this.area.style.height="auto";let t=this.area.scrollHeight;this.area.style.height=t?`${Math.min(t+2,Lt)}px`:""}forget(){w(this.under),this.unknown.textContent=""}say(t){let e=Date.now();e-this.typedAt>Et&&(this.burst=e),this.typedAt=e,this.typed(t,`${this.id}-${this.burst}`)}};var J=(i,t)=>t>1?["First prompt","Second prompt"][i]:"Prompt";function X(i,t,e,n,o){let r=a("div"),s=[],d=(l,p)=>new M(J(l,p),(c,m)=>{let u=i.read("prompts").map((h,x)=>x===l?c:h);n(),i.act({do:"prompt",side:l,text:c,burst:m},{prompts:u})},o);return i.watch(["prompts","offers","live",...t],()=>{let l=i.read("prompts");if(r.dataset.two=String(l.length>1),!i.read("live")){w(r,...l.map((c,m)=>Tt(J(m,l.length),c)));return}for(;s.length<l.length;)s.push(d(s.length,l.length));w(r,...s.map(c=>c.element));let p=e();s.forEach((c,m)=>{c.show(l[m]??"",i.read("offers"));let u=p[m];u&&c.underline(u.prompt,u.unknown)})}),r}function Tt(i,t){return a("div",{class:"iw-prompt"},a("span",{class:"iw-name"},i),a("div",{class:"iw-said",tabindex:t.length>400?0:null},t))}var Mt=400;function Y(i,t){let e=a("span",{class:"iw-busy",hidden:!0},"computing"),n=a("div",{class:"iw-error",role:"alert",hidden:!0}),o=a("p",{class:"iw-summary"}),r="",s=0,d=()=>{let l=i.read("error")||r;n.hidden=l==="",n.textContent!==l&&(n.textContent=l),clearTimeout(s);let p=i.read("busy")&&!i.dead;e.hidden=!p,!p&&i.pending&&!i.dead&&(s=setTimeout(()=>e.hidden=!i.pending,Mt))};return i.watch(["error","busy","answered"],d),i.watch(["summary"],()=>{o.textContent=i.read("summary"),t.announce(i.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(s)),{busy:e,error:n,summary:o,fail(l){r=l,d()}}}var At={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},$t=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function k(i){if(i==="")return"∅";let t="";for(let e of i){let n=At[e];n!==void 0?t+=n:$t.test(e)?t+=`‹${e.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:t+=e}return t}function Q(i){let t=/^(["'`])(.+)\1$/u.exec(i.trim());if(t)return t[2];let e=i.replace(/^[␣·]/u," ");return e.trim()===""?"":/^[\p{L}\p{N}]/u.test(e)?` ${e.trimEnd()}`:e.trimEnd()}function tt(i){return i.startsWith(" ")?`·${i.slice(1)}`:/^[\p{L}\p{N}]/u.test(i)?`"${i}"`:i}var A=class{element=a("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(t,e,...n){let o=this.element;w(o,...n),o.classList.add("iw-on"),this.open||o.showPopover?.();let{width:r,height:s}=o.getBoundingClientRect(),d=t.right+12,l=t.left-r-12,p=d+r<=e.right||l<e.left?d:l;o.style.left=`${H(p,4,Math.max(window.innerWidth-r-4,4))}px`,o.style.top=`${H(t.top-10,4,Math.max(window.innerHeight-s-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var Rt='A word gets its leading space; "las" in quotes has none';function et(i,t,e,n,o){let r=a("input",{type:"text",title:Rt,spellcheck:"false",autocomplete:"off","aria-label":e}),s=a("select",{class:"iw-bus-likely","aria-label":`${e}: likeliest next tokens`,title:"Likeliest next tokens"}),d=p=>{n(),i.act({do:t,text:p})};r.addEventListener("change",()=>d(Q(r.value)),{signal:o}),s.addEventListener("change",()=>{s.selectedIndex>0&&d(s.value),s.selectedIndex=0},{signal:o}),i.watch([t,"live"],()=>{r.value=tt(i.read(t)),r.readOnly=!i.read("live")});let l="";return i.watch(["shown"],()=>{let p=i.read("shown").likeliest;s.hidden=p.length===0,p.join(`
`)!==l&&(l=p.join(`
`),w(s,a("option",{},"▾"),...p.map(c=>a("option",{value:c},k(c)))))}),a("span",{class:"iw-bus-token"},a("span",{"aria-hidden":"true"},e),r,s)}var[it,v,E,L,nt]=[58,19,180,240,240],rt=60;function ot({raw:i,said:t,rows:e,scales:n,asked:o,colors:r}){let[s,d]=[E+L+nt+90,it+e.length*v+16],l=y("svg",{width:s,height:d,viewBox:`0 0 ${s} ${d}`,"font-family":"system-ui, sans-serif","font-size":11,fill:r.text});l.append(y("rect",{width:"100%",height:"100%",fill:r.ground})),l.append(y("text",{x:12,y:16,"font-weight":600},`${o} · ${i.model} · ${Bt(i.prompt)}`)),l.append(y("text",{x:12,y:36},t));let p=(c,m,u,h,x,b=1)=>y("line",{x1:c,y1:m,x2:u,y2:h,stroke:x,"stroke-width":b});return[...e].reverse().forEach((c,m)=>{let[u,h]=[it+m*v,E+n.share(0)/100*L],x=E+n.share(c.share)/100*L;l.append(y("text",{x:c.within?26:12,y:u+13,opacity:c.gone?.6:1},S(c)));let b=c.share<0?r.minus:r.plus;l.append(y("rect",{x:Math.min(h,x),y:u+4,width:Math.max(Math.abs(x-h),1),height:v-8,fill:c.gone?"none":b,stroke:b})),c.gone&&l.append(p(12,u+v/2,E+L+48,u+v/2,r.text)),l.append(y("text",{x:E+L+48,y:u+13,"text-anchor":"end"},f(c.share)));let g=B=>E+L+70+n.sum(B)/100*nt;l.append(p(g(c.before),u+v,g(c.before),u+v/2,r.text,2),p(g(c.before),u+v/2,g(c.after),u+v/2,r.text,2),p(g(c.after),u+v/2,g(c.after),u,r.text,2)),l.append(p(h,u,h,u+v,r.text,.5))}),l}function Bt(i){let t=[...i];return(t.length>rt?`…${t.slice(-rt).join("")}`:i).split(" ").map(n=>n&&k(n)).join(" ")}function st({parts:i},t){let e=new Set(t),n=i.map(({name:r,block:s,share:d,norm:l})=>[r,s,d,l,String(e.has(r)||e.has(s))]),o=[["part","block","contribution","norm","removed"],...n].map(q);return new Blob([`${o.join(`\r
`)}\r
`],{type:"text/csv"})}function at({raw:i,parts:t,total:e},n){let{model:o,prompt:r,pieces:s,last:d,check:l,softcap:p}=i;return new Blob([JSON.stringify({model:o,prompt:r,pieces:s,last:d,check:l,softcap:p,total:i.total,total_left:e,parts:t,state:n},null,1)],{type:"application/json"})}function dt(i,t){let e=Math.max(...i.map(s=>Math.abs(s.share)),1e-9),[n,o]=[Math.min(0,...t),Math.max(0,...t)],r=Math.max(o-n,1e-9);return{share:s=>50+s/e*48,sum:s=>2+(s-n)/r*96}}var $=class{button=a("button",{type:"button",class:"iw-bus-writer",tabindex:-1});element;toggle=a("button",{type:"button",class:"iw-bus-open",tabindex:-1});name=a("span",{class:"iw-bus-name"});bar=a("span",{class:"iw-bus-bar"});value=a("span",{class:"iw-bus-value"});steps=["in","over","out"].map(t=>a("i",{class:`iw-bus-${t}`}));origin=a("i",{class:"iw-bus-origin"});writer;constructor(t,e,n){this.button.dataset.key=`bus/${t}`,this.button.append(this.name,a("span",{class:"iw-bus-track"},this.bar),this.value,a("span",{class:"iw-bus-sum"},this.origin,...this.steps)),this.element=a("div",{class:"iw-bus-row"},this.toggle,this.button),this.button.addEventListener("click",()=>e.remove(this),{signal:n}),this.toggle.addEventListener("click",()=>e.open(this),{signal:n})}show(t,e){this.writer=t;let{share:n,gone:o,before:r,after:s}=t,d=S(t);this.element.dataset.part=t.name,this.element.dataset.within=String(t.within),this.element.dataset.gone=String(o),this.toggle.style.visibility=t.layer<0?"hidden":"",this.toggle.textContent=t.open?"▾":"▸",this.toggle.setAttribute("aria-expanded",String(t.open)),this.toggle.setAttribute("aria-label",`Heads of ${d}`),this.button.setAttribute("aria-pressed",String(o)),this.button.setAttribute("aria-label",`Remove ${d}, share ${f(n)}, sum so far ${f(s)}`),w(this.name,d),w(this.value,o?a("s",{},f(n)):f(n)),this.bar.dataset.sign=n<0?"minus":"plus",lt(this.bar,e.share(0),e.share(n));let[l,p]=[e.sum(r),e.sum(s)];this.origin.style.left=`${e.sum(0)}%`,this.steps[0].style.left=`${l}%`,lt(this.steps[1],l,p),this.steps[2].style.left=`${p}%`}};function lt(i,t,e){i.style.left=`${Math.min(t,e)}%`,i.style.width=`${Math.abs(t-e)}%`}var pt=`.iw-bus .iw-bus-asked { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 0 0 10px; }
.iw-bus .iw-bus-token { display: inline-flex; gap: 6px; align-items: center; color: var(--iw-faint); }
.iw-bus .iw-bus-token input { width: 130px; color: var(--iw-text); }
.iw-bus .iw-bus-likely { width: 34px; }
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
.iw-bus .iw-bus-effect { margin: 8px 0 0; font-variant-numeric: tabular-nums; }
.iw-bus .iw-bus-tip { display: grid; grid-template-columns: auto auto; gap: 0 12px; margin: 0; }
/* JupyterLab lays out every list of definitions in its own way. */
.iw-bus .iw-bus-tip :is(dt, dd) { float: none; width: auto; margin: 0; padding: 0; font-weight: inherit; white-space: nowrap; }
.iw-bus .iw-bus-tip dd { text-align: right; font-variant-numeric: tabular-nums; }
@container (max-width: 560px) {
  .iw-bus .iw-bus-writer, .iw-bus .iw-bus-titles { grid-template-columns: 96px minmax(40px, 1fr) 4em minmax(40px, 1fr); gap: 0 6px; }
}
`;var Ct="Read upwards. Click a writer (Enter, Space) to remove it or to put it back; arrows move along the stream, O opens an attention. Shares are read with the final norm frozen as it was in this run; what no part writes has the row “bias”. So they add up.",Ht="Zero ablation: the model runs again with their writes at the last token set to zero. Earlier tokens keep theirs.",Pt=.01,R=class{constructor(t,e){this.link=t;this.frame=e;let{signal:n}=e;this.signal=n,this.status=Y(t,e),this.restore=this.button("Restore all",()=>t.act({do:"restore_all"},{removed:[],ran:[]})),this.run=this.button("Run without them",()=>this.runWithout()),this.run.title=Ht;let o=X(t,["shown"],()=>[t.read("shown")],()=>this.status.fail(""),n),r=a("div",{class:"iw-top"},o,a("div",{class:"iw-acts"},D(t,n),this.menu())),s=a("div",{class:"iw-bus-asked"},...["answer","distractor"].map(p=>et(t,p,p==="answer"?"Answer":"Distractor",()=>this.status.fail(""),n)),this.status.busy),d=a("div",{class:"iw-bar"},this.total,this.restore,this.run,this.light),l=a("div",{class:"iw-bus-titles"},...["writer","share: − left, + right","logits","running total"].map(p=>a("span",{},p)));e.root.append(a("style",{},pt),r,s,this.status.error,d,l,this.stream,this.effect,a("p",{class:"iw-hint"},Ct),this.status.summary,this.tip.element),this.listen(),t.watch(["shown","removed","opened","ran","effect","busy"],()=>this.draw())}link;frame;status;signal;stream=a("div",{class:"iw-bus-stream",role:"group","aria-label":"Writers, the last one first"});total=a("span",{class:"iw-bus-total"});light=a("span",{class:"iw-light"});effect=a("div",{class:"iw-bus-effect"});restore;run;tip=new A;rows=new Map;order=[];raw=null;parts=[];scales;home="";button(t,e){let n=a("button",{type:"button"},t);return n.addEventListener("click",e,{signal:this.signal}),n}listen(){let{stream:t,signal:e}=this,n=r=>this.rows.get(r.target.closest("[data-part]")?.dataset.part??""),o=r=>{let s=n(r);s&&this.tell(s)};t.addEventListener("pointerover",o,{signal:e}),t.addEventListener("focusin",o,{signal:e});for(let r of["pointerleave","focusout","scroll"])t.addEventListener(r,()=>this.tip.hide(),{signal:e});t.addEventListener("keydown",r=>{let s=n(r);if(!s||r.ctrlKey||r.metaKey||r.altKey)return;let d=this.order.findIndex(({name:p})=>p===s.writer.name),l={ArrowUp:d+1,ArrowDown:d-1,Home:0,End:this.order.length-1}[r.key];if(l!==void 0)this.focus(Math.min(Math.max(l,0),this.order.length-1));else if(r.key.toLowerCase()==="o")this.open(s);else return;r.preventDefault()},{signal:e})}menu(){let t=()=>ot(this.kept()),e=()=>Object.fromEntries(["prompts","answer","distractor","removed","opened","ran"].map(o=>[o,this.link.read(o)]));return G("logit_attribution",{PNG:()=>Z(t()),SVG:()=>P(t()),CSV:()=>st(this.kept(),this.link.read("removed")),JSON:()=>at(this.kept(),e())},o=>this.status.fail(o),this.signal)}kept(){let t=getComputedStyle(this.frame.root),e={ground:t.backgroundColor,text:t.color,plus:t.getPropertyValue("--iw-link"),minus:t.getPropertyValue("--iw-accent")};return{raw:this.link.read("shown"),parts:this.parts,said:this.total.textContent,rows:this.order,scales:this.scales,total:this.left(),asked:this.asked(),colors:e}}asked(){return this.link.read("shown").pieces.map(k).join(" − ")}left(){return this.order.at(-1).after}draw(){let{link:t}=this,[e,n,o]=[t.read("shown"),t.read("removed"),t.read("opened")];if(e!==this.raw){try{this.parts=K(e)}catch(d){if(!(d instanceof T))throw d;t.askForText();return}this.raw=e}let r=N(this.parts,[],o);this.order=N(this.parts,n,o),this.scales=dt(r,[...r,...this.order].flatMap(({before:d,after:l})=>[d,l]));let s=this.order.map(d=>{let l=this.rows.get(d.name)??new $(d.name,{remove:p=>this.remove(p),open:p=>this.open(p)},this.signal);return this.rows.set(d.name,l),l.show(d,this.scales),l});w(this.stream,...s.map(d=>d.element).reverse()),this.order.some(({name:d})=>d===this.home)||(this.home=this.order.at(-1).name),this.mark(),this.sums(n)}sums(t){let e=this.link.read("shown"),n=e.softcap===null?"":", before the soft-cap",o=t.length?` (whole: ${f(e.total)})`:"",r=e.pieces.length>1?"difference":"logit";this.total.textContent=`${this.asked()} after ${k(e.last)}: ${f(this.left())} logits${n}${o}`;let s=e.check<=Pt;this.light.dataset.state=s?"good":"bad";let d=e.check===0?"0":e.check.toExponential(0);this.light.textContent=s?`✓ whole sum is the model’s own ${r} (±${d})`:`▲ whole sum misses the model’s own ${r} by ${d}`;for(let c of[this.restore,this.run])c.setAttribute("aria-disabled",String(t.length===0));let l=this.link.read("effect"),p=t.length>0&&W(l)&&I(l.parts,t);w(this.effect,...p?zt(l):[])}remove({writer:t}){this.home=t.name;let e=this.link.read("removed"),o=t.name!==t.block&&e.includes(t.block)?{...t,name:t.block}:t,r=this.parts.filter(({block:s})=>s===o.block).map(({name:s})=>s);this.status.fail(""),this.link.act({do:"remove",part:o.name},{removed:U(e,o,r),ran:[]})}open({writer:t}){let e=t.within?Number(/^L(\d+)/.exec(t.block)?.[1]??-1):t.layer;if(e<0)return;this.home=t.block;let n=this.link.read("opened"),o=n.includes(e)?n.filter(r=>r!==e):[...n,e].sort((r,s)=>r-s);this.link.act({do:"open",layer:e},{opened:o})}runWithout(){let t=[...this.link.read("removed")].sort();t.length>0&&this.link.act({do:"run",parts:t})}mark(){for(let[t,{button:e}]of this.rows)e.tabIndex=t===this.home?0:-1,e.toggleAttribute("data-home",t===this.home)}focus(t){this.home=this.order[t].name,this.mark(),this.rows.get(this.home).button.focus()}tell(t){let{writer:e}=t,n=e.norm===null?["parts left",`${e.left} of ${e.parts}`]:["length of the write",e.norm.toFixed(3)],o=[["share",`${f(e.share,5)} logits`],n,["running total",f(e.after,5)]],r=a("dl",{class:"iw-bus-tip"},...o.flatMap(([s,d])=>[a("dt",{},s),a("dd",{},d)]));this.tip.show(t.button.getBoundingClientRect(),this.frame.root.getBoundingClientRect(),a("h4",{},`${S(e)} · ${e.name}${e.gone?" (removed)":""}`),r)}};function zt({frozen:i,live:t,forward:e}){return[[e,"model run again with their writes at the last token set to zero (zero ablation)"],[t,"their writes taken off the last stream, the final norm made anew, later blocks as they were"],[i,"sum of the shares left, final norm frozen"]].map(([o,r])=>a("div",{},a("b",{},f(o)),` ${r}`))}var ct=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;function wt(i,t){let e=()=>i.getRootNode().activeElement,n=e(),o=n!==null&&i.contains(n);t();let r=e();if(!o||r!==null&&i.contains(r)&&ut(r))return;let s=n.dataset.key,d=s===void 0?null:i.querySelector(`[data-key="${CSS.escape(s)}"]`);(d!==null&&ut(d)?d:i.querySelector("[data-home]"))?.focus({preventScroll:!0})}function ut(i){return i.getClientRects().length>0}function ht(i,t,e){i.addEventListener("keydown",n=>{let o=n.ctrlKey||n.metaKey,r=n.key.toLowerCase();o&&!n.altKey&&(r==="z"||r==="y")?(t.act({do:r==="y"||n.shiftKey?"redo":"undo"}),n.preventDefault(),n.stopPropagation()):!o&&!n.altKey&&n.stopPropagation()},{signal:e})}var mt="(forced-colors: active)",ft="(prefers-color-scheme: dark)";function Ft(i){if(matchMedia(mt).matches)return"contrast";let{body:t,documentElement:e}=document,n=t.dataset.jpThemeLight;if(n!==void 0)return n==="true"?"light":"dark";let o=t.dataset.vscodeThemeKind??"";if(o)return o.includes("light")?"light":"dark";let r=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return r==="dark"||r==="light"?r:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Ot(i)??(matchMedia(ft).matches?"dark":"light")}function Ot(i){for(let t=i.parentElement;t;t=t.parentElement){let[e,n,o,r]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||n===void 0||o===void 0||r===0))return .299*e+.587*n+.114*o<128?"dark":"light"}return null}function bt(i,t,e){let n=()=>{let r=Ft(i);i.dataset.theme!==r&&(i.dataset.theme=r,e(),setTimeout(()=>!t.aborted&&e(),400))};n();let o=new MutationObserver(n);for(let r of[document.documentElement,document.body])o.observe(r,{attributes:!0});t.addEventListener("abort",()=>o.disconnect());for(let r of[mt,ft])matchMedia(r).addEventListener("change",n,{signal:t})}var Kt=["busy","error","summary","depth","answered","plain"],Wt="The kernel was restarted: run the notebook again, down to this cell.",z=class{constructor(t,e,n,o){this.host=t;this.signal=n;this.root=o;for(let r of[...e,...Kt])this.listen(`change:${r}`,()=>this.note([r]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Wt:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let n=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...n,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&wt(this.root,()=>{for(let e of this.watchers)e.names.some(n=>t.has(n))&&e.run()})}};function gt(i,t,e){return{render({model:n,el:o}){let r=new AbortController,s=[],d=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=a("section",{class:`iw iw-${t}`},a("style",{},ct),d);o.append(l),bt(l,r.signal,()=>s.forEach(c=>c()));let p=new z(n,i,r.signal,l);return ht(l,p,r.signal),e(p,{root:l,signal:r.signal,announce:c=>d.textContent=c,onTheme:c=>s.push(c)}),()=>{r.abort(),l.remove()}}}}var _e=gt(O,"bus",(i,t)=>{new R(i,t)});export{_e as default};
