var T=class extends Error{};function Tt(i){if(i instanceof ArrayBuffer)return new Uint8Array(i);if(ArrayBuffer.isView(i))return new Uint8Array(i.buffer,i.byteOffset,i.byteLength);let t=i?.base64;if(typeof t=="string")return Uint8Array.from(atob(t),e=>e.charCodeAt(0));throw new T("a binary buffer did not arrive")}function z(i){let t=Mt(i);if(t instanceof Float32Array)return t;let e=new Float32Array(t.length);if(t instanceof Int32Array){for(let o=0;o<t.length;o++)e[o]=t[o]<0?NaN:t[o];return e}let r=2**Number(i.type.slice(1))-1,n=Lt(i,r-1),a=r<256?Float32Array.from({length:256},(o,d)=>d===r?NaN:n(d)):null;for(let o=0;o<t.length;o++){let d=t[o];e[o]=a?a[d]:d===r?NaN:n(d)}return e}function Lt({curve:i,top:t},e){switch(i){case null:return r=>r;case"linear":return r=>r/e*t;case"sqrt":return r=>(r/e)**2*t;case"log":{let r=Math.log1p(t);return n=>Math.round(Math.expm1(n/e*r))}}}function Mt(i){let t=Tt(i.bytes);if(i.type==="u8")return t;let e=t.slice().buffer;switch(i.type){case"u16":return new Uint16Array(e);case"u32":return new Uint32Array(e);case"i32":return new Int32Array(e);case"f32":return new Float32Array(e);case"f16":return Float32Array.from(new Uint16Array(e),Nt)}}function Nt(i){let t=i&32768?-1:1,e=i>>10&31,r=i&1023;return e===31?r?NaN:t*(1/0):e===0?t*r*2**-24:t*(1+r/1024)*2**(e-15)}function s(i,t={},...e){let r=document.createElement(i);return D(r,t),r.append(...e.filter(n=>n!=null)),r}function v(i,t={},...e){let r=document.createElementNS("http://www.w3.org/2000/svg",i);return D(r,t),r.append(...e.filter(n=>n!=null)),r}function D(i,t){for(let[e,r]of Object.entries(t))r==null||r===!1||i.setAttribute(e,r===!0?"":String(r))}function g(i,...t){let e=t.filter(n=>n!=null),r=i.childNodes;e.length===r.length&&e.every((n,a)=>n===r[a])||i.replaceChildren(...e)}var K=0;function S(i){return K+=1,`iw-${i}-${Math.random().toString(36).slice(2,8)}-${K}`}var At={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},$t=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function k(i){if(i==="")return"∅";let t="";for(let e of i){let r=At[e];r!==void 0?t+=r:$t.test(e)?t+=`‹${e.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:t+=e}return t}function Ct(i){let t=i.length>1&&i.startsWith(" ")&&i[1]!==" ";return{lead:t,body:k(t?i.slice(1):i)}}function L(i){let{lead:t,body:e}=Ct(i);return s("span",{class:"iw-token"},t?s("i",{},"·"):null,e)}function U(i){let t=/^(["'`])(.+)\1$/u.exec(i.trim());if(t)return t[2];let e=i.replace(/^[␣·]/u," ");return e.trim()===""?"":/^[\p{L}\p{N}]/u.test(e)?` ${e.trimEnd()}`:e.trimEnd()}function G(i){return i.startsWith(" ")?`·${i.slice(1)}`:/^[\p{L}\p{N}]/u.test(i)?`"${i}"`:i}function V(i){return Number.isNaN(i)?"?":i>=.995?i>=.9995?"100%":`${(100*i).toFixed(1)}%`:i>=.1?`${Math.round(100*i)}%`:i>=.001?`${(100*i).toFixed(1)}%`:i===0?"0%":"<0.1%"}var _=["prompts","offers","live","mode","direction","pos","head","opened","answer","distractor","shown","note"],q={all:"all positions",position:"one position",attention:"attention",mlp:"MLP",head:"one head"},W={denoise:"clean → corrupt",noise:"corrupt → clean"},J=({exact:i,estimate:t})=>Number.isNaN(i)?t:i,M=i=>i.planes[0].shape[1];function Z(i,t,e){let r=M(i)-1;return i.mode==="position"?t<0?r:Math.min(t,r):i.mode==="head"?Math.min(e,r):0}function X(i,t){let[e,r]=["exact","estimate"].map(a=>z(i.planes.find(o=>o.name===a))),n=M(i);return Array.from({length:e.length/n},(a,o)=>({layer:o,exact:e[o*n+t],estimate:r[o*n+t]}))}function b(i,t=2){let e=Math.abs(i).toFixed(t);return i<0&&Number(e)!==0?`−${e}`:e}function Rt(i,t){let e=i.tokens[i.direction==="denoise"?1:0];return{all:"the stream at all positions",position:`the stream at position ${t} (${k(e[t]??"")})`,attention:"what its attention writes, at all positions",mlp:"what its MLP writes, at all positions",head:`what head ${t} writes, at all positions`}[i.mode]}function Y(i,{layer:t,exact:e,estimate:r},n){let a=Number.isNaN(e)?r:e;if(Number.isNaN(a))return"Not known yet, or the two runs do not differ in the metric.";let[o,d]=i.direction==="denoise"?["clean","corrupt"]:["corrupt","clean"],p=`Giving the ${d} run ${Rt(i,n)} of the ${o} run, at layer ${t},`;if(i.mode==="all")return`${p} hands it everything that later layers read. So it becomes the ${o} run, and the bar is 1.0 for any model: this says nothing about layer ${t}.`;let l=`${b(100*a,0)} % of the way to the ${o} run`;if(a>1.1)return`${p} overshoots: ${l}. Other places hold back what this one pushes.`;if(a<-.1)return`${p} moves it the other way: ${l}. This place works against the ${o} run's answer.`;if(a<.1)return`${p} changes next to nothing: ${l}. What tells the answers apart is not here, or has copies elsewhere.`;let h=i.direction==="denoise"?"This place is enough to bring that much back.":"The answer needs this place that much.";return`${p} moves it ${l}. ${h}`}function Q(i,t,e,r){let n=S("choice"),a=Object.keys(t).map(d=>s("input",{type:"radio",name:n,value:d})),o=s("fieldset",{class:"iw-choice"},s("legend",{},i),...a.map(d=>s("label",{},d,s("span",{},t[d.value]))));return o.addEventListener("change",d=>e(d.target.value),{signal:r}),{element:o,set:d=>a.forEach(p=>p.checked=p.value===d)}}var tt="interp-widgets:cursor",et=new WeakMap;function it(i){let t=et.get(i);return t===void 0&&et.set(i,t=JSON.stringify(i)),t}var R=class{self=S("view");told=!1;elsewhere=null;constructor(t,e){let r=n=>{let a=n.detail;if(a.from===this.self)return;let o=this.elsewhere;this.elsewhere=a.key===null?null:a,(o?.key!==this.elsewhere?.key||o?.pos!==this.elsewhere?.pos)&&e()};document.addEventListener(tt,r,{signal:t}),t.addEventListener("abort",()=>this.point(null))}point(t,e=-1){let r=t&&e>=0&&e<t.length?it(t):null;r===null&&!this.told||(this.told=r!==null,this.elsewhere=null,document.dispatchEvent(new CustomEvent(tt,{detail:{from:this.self,key:r,pos:e}})))}column(t){let e=this.elsewhere;return e&&e.key===it(t)?e.pos:null}};function rt(i,t){let e=s("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),r=s("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>i.act({do:"undo"}),{signal:t}),r.addEventListener("click",()=>i.act({do:"redo"}),{signal:t}),i.watch(["depth"],()=>{let[n,a]=i.read("depth");e.setAttribute("aria-disabled",String(n===0)),r.setAttribute("aria-disabled",String(a===0))}),s("span",{class:"iw-pair"},e,r)}function nt(i,t,e,r){let n=s("details",{class:"iw-menu"},s("summary",{},"Save")),a=s("div",{class:"iw-entries"});for(let[o,d]of Object.entries(t)){let p=s("button",{type:"button"},o);p.addEventListener("click",async()=>{n.open=!1;try{Bt(await d(),`${i}.${o.toLowerCase()}`)}catch(l){e(`Could not save ${o}: ${String(l)}`)}},{signal:r}),a.append(p)}return n.append(a),n.addEventListener("keydown",o=>{o.key!=="Escape"||!n.open||(n.open=!1,n.querySelector("summary")?.focus())},{signal:r}),document.addEventListener("pointerdown",o=>{o.composedPath().includes(n)||(n.open=!1)},{signal:r}),n}function Bt(i,t){let e=s("a",{href:URL.createObjectURL(i),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function at(i){return i.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function H(i){return i.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(i)],{type:"image/svg+xml"})}async function ot(i){let[t,e]=[Number(i.getAttribute("width")),Number(i.getAttribute("height"))],r=new Image,n=await H(i).text();r.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(n)}`,await r.decode();let a=Math.min(2,16e3/Math.max(t,e)),o=s("canvas",{width:Math.round(t*a),height:Math.round(e*a)});return o.getContext("2d").drawImage(r,0,0,o.width,o.height),new Promise((d,p)=>o.toBlob(l=>l?d(l):p(new Error("no picture")),"image/png"))}function N(i,t){let e=()=>i.getRootNode().activeElement,r=e(),n=r!==null&&i.contains(r);t();let a=e();if(!n||a!==null&&i.contains(a)&&st(a))return;let o=r.dataset.key,d=o===void 0?null:i.querySelector(`[data-key="${CSS.escape(o)}"]`);(d!==null&&st(d)?d:i.querySelector("[data-home]"))?.focus({preventScroll:!0})}function st(i){return i.getClientRects().length>0}function lt(i,t,e){i.addEventListener("keydown",r=>{let n=r.ctrlKey||r.metaKey,a=r.key.toLowerCase();n&&!r.altKey&&(a==="z"||a==="y")?(t.act({do:a==="y"||r.shiftKey?"redo":"undo"}),r.preventDefault(),r.stopPropagation()):!n&&!r.altKey&&r.stopPropagation()},{signal:e})}var Pt=1200,Ht=140,B=class{constructor(t,e,r){this.typed=e;let n=this.unknown.id;this.area=s("textarea",{id:this.id,rows:1,spellcheck:"false",autocomplete:"off","aria-describedby":n});let a=s("div",{class:"iw-typed"},this.under,this.area);this.element=s("div",{class:"iw-prompt"},s("label",{for:this.id},t),a,this.offers,this.unknown),this.listen(r)}typed;element;id=S("prompt");area;under=s("div",{class:"iw-under","aria-hidden":"true"});unknown=s("span",{class:"iw-unknown",id:S("unknown")});offers=s("select",{class:"iw-offers","aria-label":"Prompts this model speaks"});offered="";burst=0;typedAt=0;width=0;show(t,e){this.area.value!==t&&(this.area.value=t,this.forget(),this.fit()),this.offers.hidden=e.length===0;let r=e.join(`
`);r===this.offered&&this.offers.options.length>0||(this.offered=r,g(this.offers,s("option",{},"Try a prompt…"),...e.map(n=>s("option",{value:n},n))))}underline(t,e){if(t!==this.area.value)return;let r=[],n=0;for(let[o,d]of e)r.push(t.slice(n,o),s("u",{},t.slice(o,d))),n=d;g(this.under,...r,t.slice(n));let a=e.map(([o,d])=>t.slice(o,d));this.unknown.textContent=a.length?`Not in this model’s vocabulary, read in crumbs: ${a.join(", ")}`:""}listen(t){this.area.addEventListener("input",()=>{this.fit(),this.forget(),this.say(this.area.value)},{signal:t}),this.area.addEventListener("blur",()=>this.typedAt=0,{signal:t}),this.area.addEventListener("scroll",()=>this.under.scrollTop=this.area.scrollTop,{signal:t}),this.offers.addEventListener("change",()=>{this.typedAt=0,this.offers.selectedIndex>0&&this.say(this.offers.value),this.offers.selectedIndex=0},{signal:t});let e=new ResizeObserver(()=>{this.area.clientWidth!==this.width&&(this.width=this.area.clientWidth,this.fit())});e.observe(this.area),t.addEventListener("abort",()=>e.disconnect())}fit(){this.area.style.height="auto";let t=this.area.scrollHeight;this.area.style.height=t?`${Math.min(t+2,Ht)}px`:""}forget(){g(this.under),this.unknown.textContent=""}say(t){let e=Date.now();e-this.typedAt>Pt&&(this.burst=e),this.typedAt=e,this.typed(t,`${this.id}-${this.burst}`)}};var dt=(i,t)=>t>1?["First prompt","Second prompt"][i]:"Prompt";function pt(i,t,e,r,n){let a=s("div"),o=[],d=(p,l)=>new B(dt(p,l),(h,w)=>{let c=i.read("prompts").map((u,f)=>f===p?h:u);r(),i.act({do:"prompt",side:p,text:h,burst:w},{prompts:c})},n);return i.watch(["prompts","offers","live",...t],()=>{let p=i.read("prompts");if(a.dataset.two=String(p.length>1),!i.read("live")){g(a,...p.map((h,w)=>Ot(dt(w,p.length),h)));return}for(;o.length<p.length;)o.push(d(o.length,p.length));g(a,...o.map(h=>h.element));let l=e();o.forEach((h,w)=>{h.show(p[w]??"",i.read("offers"));let c=l[w];c&&h.underline(c.prompt,c.unknown)})}),a}function Ot(i,t){return s("div",{class:"iw-prompt"},s("span",{class:"iw-name"},i),s("div",{class:"iw-said",tabindex:t.length>400?0:null},t))}var Ft=400;function ct(i,t){let e=s("span",{class:"iw-busy",hidden:!0},"computing"),r=s("div",{class:"iw-error",role:"alert",hidden:!0}),n=s("p",{class:"iw-summary"}),a="",o=0,d=()=>{let p=i.read("error")||a;r.hidden=p==="",r.textContent!==p&&(r.textContent=p),clearTimeout(o);let l=i.read("busy")&&!i.dead;e.hidden=!l,!l&&i.pending&&!i.dead&&(o=setTimeout(()=>e.hidden=!i.pending,Ft))};return i.watch(["error","busy","answered"],d),i.watch(["summary"],()=>{n.textContent=i.read("summary"),t.announce(i.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(o)),{busy:e,error:r,summary:n,fail(p){a=p,d()}}}var jt='A word gets its leading space; "las" in quotes has none';function O(i,t,e,r,n){let a=s("input",{type:"text",title:jt,spellcheck:"false",autocomplete:"off","aria-label":e}),o=s("select",{"aria-label":`${e}: likeliest next tokens`,title:"Likeliest next tokens"}),d=l=>{r(),i.act({do:t,text:l})};a.addEventListener("change",()=>d(U(a.value)),{signal:n}),o.addEventListener("change",()=>{o.selectedIndex>0&&d(o.value),o.selectedIndex=0},{signal:n}),i.watch([t,"live"],()=>{a.value=G(i.read(t)),a.readOnly=!i.read("live")});let p="";return i.watch(["shown"],()=>{let l=i.read("shown").likeliest;o.hidden=l.length===0,l.join(`
`)!==p&&(p=l.join(`
`),g(o,s("option",{},"▾"),...l.map(h=>s("option",{value:h},k(h)))))}),s("span",{class:"iw-token-box"},s("span",{"aria-hidden":"true"},e),a,o)}var A=224,[$,ht,wt,It]=[74,4,20,46],C=860,zt={bar:"var(--iw-link)",text:"var(--iw-text)",faint:"var(--iw-faint)",line:"var(--iw-line)"};function Kt(i){let t=i.flatMap(({exact:n,estimate:a})=>[n,a]).filter(n=>Number.isFinite(n)),[e,r]=[Math.min(0,...t),Math.max(1,...t)];return[Math.max(e,-2)-.05,Math.min(r,3)+.05]}function F(i,t,e,r,n=C,a=zt){let o=v("svg",{viewBox:`0 0 ${n} ${A}`,width:n,height:A,role:"group","aria-label":"Recovery by layer","font-family":"system-ui, sans-serif","font-size":11,fill:a.text}),[d,p]=Kt(i),l=c=>wt+(p-Math.min(Math.max(c,d),p))/(p-d)*(A-wt-It),h=(c,u,f,m,x={})=>v("line",{x1:c,y1:u,x2:f,y2:m,stroke:a.text,...x});for(let[c,u]of[[0,r[0]],[1,r[1]]])o.append(h($,l(c),n-ht,l(c),{stroke:c?a.faint:a.text,"stroke-dasharray":c?"3 3":"none"})),o.append(v("text",{x:$-6,y:l(c)+4,"text-anchor":"end"},`${u} ${c}`));let w=(n-$-ht)/i.length;for(let c of i){let[u,f,m]=[$+(c.layer+.18)*w,w*.64,J(c)],x=!Number.isNaN(c.exact),Et=Number.isNaN(m)?"not known":`recovery ${b(m)}${x?"":", estimated"}${x&&!Number.isNaN(c.estimate)?`, estimate ${b(c.estimate)}`:""}`,E=v("g",{"data-layer":c.layer,"data-key":`bar${c.layer}`,"data-known":Number.isNaN(m)?"no":x?"exact":"estimate",role:"button",tabindex:c.layer===e?0:-1,"data-home":c.layer===e,"aria-expanded":String(c.layer===t),"aria-label":`layer ${c.layer}: ${Et}`});if(E.append(v("rect",{class:"iw-patch-hit",x:$+c.layer*w+1,y:2,width:Math.max(w-2,1),height:A-4,rx:4,fill:"transparent",stroke:c.layer===t?a.text:"none","stroke-width":1.5})),!Number.isNaN(m)){let[y,I]=[Math.min(l(0),l(m)),Math.max(l(0),l(m))];E.append(v("rect",{class:"iw-patch-bar",x:u,y,width:f,height:Math.max(I-y,1),rx:1.5,fill:x?a.bar:"none",stroke:a.bar,"stroke-width":1.2,"stroke-dasharray":x?"none":"4 3"})),f>26&&E.append(v("text",{x:u+f/2,y:m<0?I+12:y-5,"text-anchor":"middle"},b(m)))}if(x&&!Number.isNaN(c.estimate)){let y=u+f*.86;E.append(h(y,l(c.exact),y,l(c.estimate)),h(y-5,l(c.estimate),y+5,l(c.estimate),{"stroke-width":2}))}E.append(v("text",{x:u+f/2,y:A-16,"text-anchor":"middle",fill:a.faint},w<26&&c.layer%4?"":`L${c.layer}`)),o.append(E)}return o}function mt(i,t,e,r){let{exact:n,estimate:a,layer:o}=t,d=!Number.isNaN(n),[p,l]=i.values,[h,w]=i.direction==="denoise"?[l,p]:[p,l],c=d?n:a,u=[`recovery ${b(c,3)}${d?"":" (estimate)"}`,d&&!Number.isNaN(a)?`estimate ${b(a,3)}, off by ${b(a-n,3)}`:"",`${i.metric}: clean ${b(p)}, corrupt ${b(l)}, patched ${b(h+c*(w-h))}`],f=i.card.length===2&&i.card[0]===o&&i.card[1]===e,m=r?"Next tokens before and after appear once the model has run; an exported page has those of recorded cards.":"Next tokens before and after need a model: record.widget(model=model).";return[s("h4",{},`Layer ${o}`),s("p",{},u.filter(Boolean).join(" · ")),s("p",{},Y(i,t,e)),f?s("div",{class:"iw-patch-tables"},ut("Next token before",i.before),ut("after the patch",i.after)):s("p",{class:"iw-hint"},m)]}function ut(i,t){let e=([r,n])=>{let a=s("i");return a.style.width=`${Math.round(n*80)}px`,s("li",{},L(r),a,s("span",{},V(n)))};return s("div",{},s("b",{},i),s("ol",{},...t.map(e)))}function ft(i,t,e){let[r,n]=i.tokens;return r.map((a,o)=>{let d=n[o]??"",p=a===d,l=s("button",{type:"button","data-key":`pos${o}`,"data-pos":o,"aria-pressed":String(o===t),"aria-label":`position ${o}: ${k(a)}${p?"":`, corrupt ${k(d)}`}`},L(a),p?null:s("span",{class:"iw-patch-other"},L(d)));return l.addEventListener("click",()=>e(o)),l})}var gt=`.iw-patch [data-two="true"] > .iw-prompt > label { min-width: 7.8em; }
.iw-patch .iw-error { white-space: pre-wrap; font-family: var(--jp-code-font-family, ui-monospace, monospace); overflow-x: auto; }
.iw-patch .iw-patch-asked { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 0 0 10px; }
.iw-patch .iw-patch-places { display: flex; flex-wrap: wrap; gap: 4px; align-items: flex-end; margin: 0 0 8px; max-height: 120px; overflow: auto; }
.iw-patch .iw-patch-places button { padding: 2px 6px; }
.iw-patch .iw-patch-places button[data-lit] { outline: 2px solid var(--iw-text); }
.iw-patch .iw-patch-other { display: block; border-top: 1px dashed var(--iw-faint); color: var(--iw-accent); font-style: italic; }
.iw-patch .iw-patch-note { margin: 0 0 8px; padding: 6px 10px; border-left: 3px solid var(--iw-accent); background: var(--iw-soft); }
.iw-patch .iw-patch-bars svg { display: block; max-width: 100%; height: auto; forced-color-adjust: none; }
.iw-patch .iw-patch-bars[data-stale="true"] { opacity: 0.45; }
.iw-patch .iw-patch-bars g[data-layer] { cursor: pointer; outline: none; }
.iw-patch .iw-patch-bars g[data-layer]:hover .iw-patch-hit { fill: color-mix(in srgb, var(--iw-text) 6%, transparent); }
.iw-patch .iw-patch-bars g[data-layer]:focus-visible .iw-patch-hit { stroke: var(--iw-link); stroke-width: 2.5; }
.iw-patch .iw-patch-legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--iw-faint); font-size: 12px; margin: 2px 0 8px; }
.iw-patch .iw-patch-legend i { display: inline-block; width: 14px; height: 10px; margin-right: 6px; background: var(--iw-link); border: 1.5px solid var(--iw-link); forced-color-adjust: none; }
.iw-patch .iw-patch-legend i[data-as="estimate"] { background: transparent; border-style: dashed; }
.iw-patch .iw-patch-legend i[data-as="error"] { background: linear-gradient(var(--iw-text), var(--iw-text)) center / 1.5px 100% no-repeat; border: 0; border-top: 2px solid var(--iw-text); }
.iw-patch .iw-patch-card { border: 1px solid var(--iw-line); border-radius: 8px; background: var(--iw-raised); padding: 10px 12px; margin: 0 0 8px; }
.iw-patch .iw-patch-card h4 { margin: 0 0 4px; font-size: 13px; }
.iw-patch .iw-patch-card p { margin: 0 0 8px; max-width: 75ch; }
.iw-patch .iw-patch-tables { display: flex; flex-wrap: wrap; gap: 8px 36px; }
.iw-patch .iw-patch-tables ol { list-style: none; margin: 2px 0 0; padding: 0; }
.iw-patch .iw-patch-tables li { display: grid; grid-template-columns: 110px 80px 3.4em; gap: 8px; align-items: center; font-variant-numeric: tabular-nums; }
.iw-patch .iw-patch-tables li > i { height: 8px; background: var(--iw-link); border-radius: 2px; min-width: 1px; forced-color-adjust: none; }
.iw-patch .iw-patch-tables li > span:last-child { text-align: right; }
`;var Ut="Click a bar (Enter, Space) to open its card; left and right arrows move between layers.",Gt=["Clean prompt","Corrupt prompt"],bt=.001,P=class{constructor(t,e){this.link=t;this.frame=e;let{signal:r}=e;this.signal=r,this.status=ct(t,e),this.shared=new R(r,()=>this.mark());let n=()=>this.status.fail(""),o=pt(t,["shown"],()=>{let{prompts:c,unknown:u}=t.read("shown");return u.map((f,m)=>({prompt:c[m],unknown:f}))},n,r);t.watch(["prompts","live"],()=>o.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((c,u)=>c.textContent=Gt[u]));let d=s("div",{class:"iw-top"},o,s("div",{class:"iw-acts"},rt(t,r),this.menu())),p=s("div",{class:"iw-patch-asked"},O(t,"answer","Answer",n,r),O(t,"distractor","Distractor",n,r),this.status.busy),l=(c,u,f)=>{let m=Q(u,f,x=>{n(),t.act({do:c,by:x},{[c]:x})},r);return t.watch([c],()=>m.set(t.read(c))),m.element},h=s("div",{class:"iw-bar"},l("mode","Patch",q),this.heads,l("direction","Direction",W),this.light),w=s("div",{class:"iw-patch-legend"},...["exact","estimate","error"].map(c=>s("span",{},s("i",{"data-as":c}),{exact:"measured by a run",estimate:"estimated by a gradient, not measured yet",error:"tick: the estimate; line: its error"}[c])));e.root.append(s("style",{},gt),d,p,this.status.error,h,this.places,this.note,this.chart,w,this.card,s("p",{class:"iw-hint"},Ut),this.status.summary),this.listen(),t.watch(["shown","mode","direction","pos","head","opened","note","prompts","answer","distractor","live"],()=>N(e.root,()=>this.draw()))}link;frame;status;signal;places=s("div",{class:"iw-patch-places",role:"group","aria-label":"Position that is patched"});heads=s("select",{"aria-label":"Head that is patched"});note=s("p",{class:"iw-patch-note"});light=s("span",{class:"iw-light"});chart=s("div",{class:"iw-patch-bars"});card=s("div",{class:"iw-patch-card",role:"region","aria-label":"Card of the open layer"});shared;bars=[];home=0;listen(){let{chart:t,heads:e,places:r,signal:n}=this,a=l=>Number(l.target.closest("[data-layer]")?.getAttribute("data-layer")??-1);t.addEventListener("click",l=>this.open(a(l)),{signal:n}),t.addEventListener("keydown",l=>{if(l.ctrlKey||l.metaKey||l.altKey)return;let h=this.bars.length-1,w={ArrowLeft:this.home-1,ArrowRight:this.home+1,Home:0,End:h}[l.key];if(w!==void 0)this.focus(Math.min(Math.max(w,0),h));else if(l.key==="Enter"||l.key===" ")this.open(a(l));else if(l.key==="Escape"&&this.link.read("opened")>=0)this.open(this.link.read("opened"));else return;l.preventDefault()},{signal:n});let o=0,d=new ResizeObserver(()=>{this.width()!==o&&(o=this.width(),N(this.frame.root,()=>this.draw()))});d.observe(t),n.addEventListener("abort",()=>d.disconnect()),e.addEventListener("change",()=>this.link.act({do:"head",head:Number(e.value)},{head:Number(e.value)}),{signal:n});let p=l=>{let h=l.target.closest("[data-pos]")?.dataset.pos;this.shared.point(h===void 0?null:this.base(),h===void 0?void 0:Number(h))};for(let l of["pointerover","focusin"])r.addEventListener(l,p,{signal:n});for(let l of["pointerleave","focusout"])r.addEventListener(l,()=>this.shared.point(null),{signal:n})}base(){let{tokens:t,direction:e}=this.link.read("shown");return t[e==="denoise"?1:0]}open(t){if(t<0)return;this.home=t;let e=this.link.read("opened");this.link.act({do:"open",layer:t},{opened:t===e?-1:t})}focus(t){this.home=t,this.draw(),this.chart.querySelector(`[data-layer="${t}"]`)?.focus()}draw(){let{link:t}=this,e=t.read("shown"),r=Z(e,t.read("pos"),t.read("head"));try{this.bars=X(e,r)}catch(a){if(!(a instanceof T))throw a;t.askForText();return}this.home=Math.min(this.home,this.bars.length-1);let n=Math.min(t.read("opened"),this.bars.length-1);this.chart.replaceChildren(F(this.bars,n,this.home,this.ends(e),this.width())),this.chart.dataset.stale=String(this.stale(e)),this.choices(e,r),this.note.textContent=t.read("note"),this.note.hidden=t.read("note")==="",this.card.hidden=n<0,g(this.card,...n<0?[]:mt(e,this.bars[n],r,t.read("live"))),this.check(e),this.mark()}width(){return Math.min(this.chart.clientWidth||C,C)}ends({direction:t}){let e=["corrupt","clean"];return t==="denoise"?e:[e[1],e[0]]}stale(t){return!["mode","direction","answer","distractor"].every(r=>t[r]===this.link.read(r))||this.link.read("prompts").some((r,n)=>r!==t.prompts[n])}choices(t,e){this.places.hidden=t.mode!=="position",t.mode==="position"&&g(this.places,...ft(t,e,r=>this.link.act({do:"position",pos:r},{pos:r}))),this.heads.hidden=t.mode!=="head",t.mode==="head"&&(this.heads.options.length!==M(t)&&g(this.heads,...Array.from({length:M(t)},(r,n)=>s("option",{value:n},`head ${n}`))),this.heads.value=String(e))}check({nothing:t,whole:e}){let r=t!==null&&e!==null,n=r&&Math.abs(t)<=bt&&Math.abs(e-1)<=bt;this.light.dataset.state=r?n?"good":"bad":"open",this.light.textContent=r?`${n?"✓":"▲"} run into itself: ${t.toFixed(3)} · whole stream: ${e.toFixed(3)}`:"check: not run yet",this.light.title="Patching a run into itself must change nothing (0); patching its whole stream must give the other run (1)."}mark(){let t=this.shared.column(this.base());for(let e of this.places.querySelectorAll("[data-pos]"))e.dataset.pos===String(t)?e.dataset.lit=String(t):delete e.dataset.lit}menu(){let t=()=>{let n=getComputedStyle(this.frame.root),a=d=>n.getPropertyValue(d),o=F(this.bars,-1,0,this.ends(this.link.read("shown")),C,{bar:a("--iw-link"),text:n.color,faint:a("--iw-faint"),line:n.color});return o.style.background=n.backgroundColor,o};return nt("patching",{PNG:()=>ot(t()),SVG:()=>H(t()),CSV:()=>new Blob([`${[["layer","recovery","estimate"],...this.bars.map(({layer:n,exact:a,estimate:o})=>[n,a,o])].map(at).join(`\r
`)}\r
`],{type:"text/csv"}),JSON:()=>{let{planes:n,...a}=this.link.read("shown");return new Blob([JSON.stringify({...a,pos:this.link.read("pos"),head:this.link.read("head"),bars:this.bars},null,1)],{type:"application/json"})}},n=>this.status.fail(n),this.signal)}};var xt=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
.iw .iw-token-box { display: inline-flex; gap: 6px; align-items: center; color: var(--iw-faint); }
.iw .iw-token-box input { width: 125px; color: var(--iw-text); }
.iw .iw-token-box select { width: 34px; }
`;var vt="(forced-colors: active)",yt="(prefers-color-scheme: dark)";function _t(i){if(matchMedia(vt).matches)return"contrast";let{body:t,documentElement:e}=document,r=t.dataset.jpThemeLight;if(r!==void 0)return r==="true"?"light":"dark";let n=t.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let a=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return a==="dark"||a==="light"?a:e.classList.contains("dark")||t.classList.contains("dark")?"dark":qt(i)??(matchMedia(yt).matches?"dark":"light")}function qt(i){for(let t=i.parentElement;t;t=t.parentElement){let[e,r,n,a]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||r===void 0||n===void 0||a===0))return .299*e+.587*r+.114*n<128?"dark":"light"}return null}function kt(i,t,e){let r=()=>{let a=_t(i);i.dataset.theme!==a&&(i.dataset.theme=a,e(),setTimeout(()=>!t.aborted&&e(),400))};r();let n=new MutationObserver(r);for(let a of[document.documentElement,document.body])n.observe(a,{attributes:!0});t.addEventListener("abort",()=>n.disconnect());for(let a of[vt,yt])matchMedia(a).addEventListener("change",r,{signal:t})}var Wt=["busy","error","summary","depth","answered","plain"],Jt="The kernel was restarted: run the notebook again, down to this cell.",j=class{constructor(t,e,r,n){this.host=t;this.signal=r;this.root=n;for(let a of[...e,...Wt])this.listen(`change:${a}`,()=>this.note([a]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Jt:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let r=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...r,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&N(this.root,()=>{for(let e of this.watchers)e.names.some(r=>t.has(r))&&e.run()})}};function St(i,t,e){return{render({model:r,el:n}){let a=new AbortController,o=[],d=s("div",{class:"iw-sr",role:"status","aria-live":"polite"}),p=s("section",{class:`iw iw-${t}`},s("style",{},xt),d);n.append(p),kt(p,a.signal,()=>o.forEach(h=>h()));let l=new j(r,i,a.signal,p);return lt(p,l,a.signal),e(l,{root:p,signal:a.signal,announce:h=>d.textContent=h,onTheme:h=>o.push(h)}),()=>{a.abort(),p.remove()}}}}var ai=St(_,"patch",(i,t)=>{new P(i,t)});export{ai as default};
