function v(r,t=2){if(r===null||Number.isNaN(r))return"–";let e=Math.abs(r).toFixed(t);return r<0&&Number(e)!==0?`−${e}`:e}var U=["x","y","x_scale","y_scale","hidden","width","pinned","added","scene"],ft=["l0","seconds","width"],q=r=>ft.includes(r)?"log":"linear",b=class{constructor(t){this.state=t;let{scene:e,hidden:i,width:o}=t;this.x=e.measures.find(({key:a})=>a===t.x),this.y=e.measures.find(({key:a})=>a===t.y),this.variants=[...new Set(e.points.map(({variant:a})=>a))];let n=e.points.map(a=>a.width).filter(a=>a>0);this.widths=[...new Set(n)].sort((a,c)=>a-c);let s=a=>n.filter(c=>c===a).length;this.main=[...this.widths].sort((a,c)=>s(c)-s(a))[0]??0,this.shown=e.points.flatMap((a,c)=>i.includes(a.variant)||o&&o!==a.width?[]:[c]);let l=this.shown.filter(a=>D(this.value(a,this.x),t.x_scale)&&D(this.value(a,this.y),t.y_scale));this.across=[...l].sort((a,c)=>this.value(a,this.x)-this.value(c,this.x)||a-c),this.down=[...l].sort((a,c)=>this.value(c,this.y)-this.value(a,this.y)||a-c),this.front=this.frontOf(this.shown),this.pinned=t.pinned.filter(a=>a<e.points.length)}state;x;y;variants;widths;main;shown;across;down;front;pinned;get all(){return this.state.scene.points}value(t,e){return this.all[t].values[this.state.scene.measures.indexOf(e)]??NaN}text(t,e){return v(this.value(t,e),e.digits)}frontOf(t){let e=t.filter(s=>!Number.isNaN(this.value(s,this.x)+this.value(s,this.y))),[i,o]=[s=>y(this.x,this.value(s,this.x)),s=>y(this.y,this.value(s,this.y))],n=[];for(let s of e.sort((l,a)=>i(a)-i(l)||o(a)-o(l)))(!n.length||o(s)>o(n.at(-1)))&&n.push(s);return n}of(t){return this.shown.filter(e=>this.all[e].variant===t)}words(t){let e=this.front.includes(t)?", on the front":"";return`${this.all[t].name}: ${this.x.label} ${this.text(t,this.x)}, ${this.y.label} ${this.text(t,this.y)}${e}`}get sentence(){let{shown:t,front:e,x:i,y:o}=this,n=`${t.length} ${t.length===1?"dictionary":"dictionaries"}${this.state.scene.title}, ${i.label} against ${o.label}`;if(!e.length)return`${n}: of none are both known.`;let s=l=>`${this.all[l].name} (${i.label} ${this.text(l,i)}, ${o.label} ${this.text(l,o)})`;return e.length===1?`${n}: ${s(e[0])} beats all others or is their equal.`:`${n}: ${e.length} are beaten by none, from ${s(e[0])} to ${s(e.at(-1))}.`}},y=({better:r},t)=>r?r*t:-Math.abs(t-1),D=(r,t)=>t==="log"?r>0:!Number.isNaN(r);function d(r,t={},...e){let i=document.createElement(r);return X(i,t),i.append(...e.filter(o=>o!=null)),i}function m(r,t={},...e){let i=document.createElementNS("http://www.w3.org/2000/svg",r);return X(i,t),i.append(...e.filter(o=>o!=null)),i}function X(r,t){for(let[e,i]of Object.entries(t))i==null||i===!1||r.setAttribute(e,i===!0?"":String(i))}function k(r,...t){let e=t.filter(o=>o!=null),i=r.childNodes;e.length===i.length&&e.every((o,n)=>o===i[n])||r.replaceChildren(...e)}var W=0;function E(r){return W+=1,`iw-${r}-${Math.random().toString(36).slice(2,8)}-${W}`}var _=(r,t,e)=>Math.min(Math.max(r,t),e);function Y(r,t,e,i){let o=E("choice"),n=Object.keys(t).map(l=>d("input",{type:"radio",name:o,value:l})),s=d("fieldset",{class:"iw-choice"},d("legend",{},r),...n.map(l=>d("label",{},l,d("span",{},t[l.value]))));return s.addEventListener("change",l=>e(l.target.value),{signal:i}),{element:s,set:l=>n.forEach(a=>a.checked=a.value===l)}}var bt={light:["#0b5d92","#b8560b","#0b7a5c","#a2487c","#6b5d00","#4a4fb0","#8b2f2f","#4d5560"],dark:["#6cb9e8","#f0a35c","#4fcfa3","#e59cc6","#e2d25a","#a3a8f5","#f08a85","#b9c2cd"],contrast:["CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText"]},J=["","6 3","2 3","9 3 2 3","1 4","12 4","4 2 1 2 1 2","7 2 2 2"];function Z(r,t){let e=r%J.length;return{color:bt[t][e],dash:J[e]}}function Q(r,t){let e=d("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),i=d("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>r.act({do:"undo"}),{signal:t}),i.addEventListener("click",()=>r.act({do:"redo"}),{signal:t}),r.watch(["depth"],()=>{let[o,n]=r.read("depth");e.setAttribute("aria-disabled",String(o===0)),i.setAttribute("aria-disabled",String(n===0))}),d("span",{class:"iw-pair"},e,i)}function tt(r,t,e,i){let o=d("details",{class:"iw-menu"},d("summary",{},"Save")),n=d("div",{class:"iw-entries"});for(let[s,l]of Object.entries(t)){let a=d("button",{type:"button"},s);a.addEventListener("click",async()=>{o.open=!1;try{gt(await l(),`${r}.${s.toLowerCase()}`)}catch(c){e(`Could not save ${s}: ${String(c)}`)}},{signal:i}),n.append(a)}return o.append(n),o.addEventListener("keydown",s=>{s.key!=="Escape"||!o.open||(o.open=!1,o.querySelector("summary")?.focus())},{signal:i}),document.addEventListener("pointerdown",s=>{s.composedPath().includes(o)||(o.open=!1)},{signal:i}),o}function gt(r,t){let e=d("a",{href:URL.createObjectURL(r),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function et(r){return r.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function j(r){return r.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(r)],{type:"image/svg+xml"})}async function it(r){let[t,e]=[Number(r.getAttribute("width")),Number(r.getAttribute("height"))],i=new Image,o=await j(r).text();i.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(o)}`,await i.decode();let n=Math.min(2,16e3/Math.max(t,e)),s=d("canvas",{width:Math.round(t*n),height:Math.round(e*n)});return s.getContext("2d").drawImage(i,0,0,s.width,s.height),new Promise((l,a)=>s.toBlob(c=>c?l(c):a(new Error("no picture")),"image/png"))}function T(r,t){let e=()=>r.getRootNode().activeElement,i=e(),o=i!==null&&r.contains(i);t();let n=e();if(!o||n!==null&&r.contains(n)&&nt(n))return;let s=i.dataset.key,l=s===void 0?null:r.querySelector(`[data-key="${CSS.escape(s)}"]`);(l!==null&&nt(l)?l:r.querySelector("[data-home]"))?.focus({preventScroll:!0})}function nt(r){return r.getClientRects().length>0}function rt(r,t,e){r.addEventListener("keydown",i=>{let o=i.ctrlKey||i.metaKey,n=i.key.toLowerCase();o&&!i.altKey&&(n==="z"||n==="y")?(t.act({do:n==="y"||i.shiftKey?"redo":"undo"}),i.preventDefault(),i.stopPropagation()):!o&&!i.altKey&&i.stopPropagation()},{signal:e})}var xt=Symbol.for("interp_widgets.sheets");function vt(r){let t=globalThis,e=t[xt]??=new Map,i=e.get(r);return i||(i=new CSSStyleSheet,i.replaceSync(r),e.set(r,i)),i}function L(r,t){let e=vt(t),i=()=>{let n=r.getRootNode(),s=n instanceof ShadowRoot?n:document;s.adoptedStyleSheets.includes(e)||(s.adoptedStyleSheets=[...s.adoptedStyleSheets,e])};if(i(),r.isConnected)return;let o=new ResizeObserver(()=>{o.disconnect(),i()});o.observe(r)}var yt=400;function ot(r,t){let e=d("span",{class:"iw-busy"},"computing"),i=d("button",{type:"button"},"Stop"),o=d("span",{class:"iw-work iw-unseen"},e,i);i.addEventListener("click",()=>r.work(r.read("stopped")?"resume":"stop"),{signal:t.signal});let n=d("div",{class:"iw-error",role:"alert",hidden:!0}),s=d("p",{class:"iw-summary"}),l="",a=0,c=()=>{let p=r.read("error")||l;n.hidden=p==="",n.textContent!==p&&(n.textContent=p),clearTimeout(a);let h=r.read("busy")&&!r.dead,u=r.read("stopped")&&!r.dead;e.hidden=u&&!h,i.textContent=u?"Stopped: go on":"Stop",N(i,!1),N(o,!h&&!u),!h&&!u&&r.pending&&!r.dead&&(a=setTimeout(()=>{N(i,!0),N(o,!r.pending)},yt))};return r.watch(["error","busy","stopped","answered"],c),r.watch(["summary"],()=>{s.textContent=r.read("summary"),t.announce(r.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(a)),{busy:o,error:n,summary:s,fail(p){l=p,c()}}}function N(r,t){r.classList.toggle("iw-unseen",t)}var C=class{element=d("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(t,e,...i){let o=this.element;k(o,...i),o.classList.add("iw-on"),this.open||o.showPopover?.();let{width:n,height:s}=o.getBoundingClientRect(),l=t.right+12,a=t.left-n-12,c=l+n<=e.right||a<e.left?l:a;o.style.left=`${_(c,4,Math.max(window.innerWidth-n-4,4))}px`,o.style.top=`${_(t.top-10,4,Math.max(window.innerHeight-s-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var S=(r,t)=>(e,i,o)=>Array.from({length:r},(n,s)=>[e+o*Math.sin(t+2*Math.PI*s/r),i-o*Math.cos(t+2*Math.PI*s/r)]),at=r=>(t,e,i)=>[[-.35,-1],[.35,-1],[.35,-.35],[1,-.35],[1,.35],[.35,.35],[.35,1],[-.35,1],[-.35,.35],[-1,.35],[-1,-.35],[-.35,-.35]].map(([n,s])=>[t+i*(n*Math.cos(r)-s*Math.sin(r)),e+i*(n*Math.sin(r)+s*Math.cos(r))]),I=[S(14,0),S(4,Math.PI/4),S(3,0),S(4,0),at(0),at(Math.PI/4),S(5,0)];var M={left:62,right:16,top:14,bottom:42},$=class{constructor(t,e,i,o,n){this.name=e;this.from=i;this.to=o;let s=t.map(h=>this.onto(h)),[l,a]=s.length?[Math.min(...s),Math.max(...s)]:[0,1],c=(a-l||Math.abs(a)||1)*.06;[this.low,this.high]=[l-c,a+c];let p=Math.max(2,Math.floor(Math.abs(o-i)/n));this.ticks=e==="log"?kt(this.low,this.high,p):z(this.low,this.high,p)}name;from;to;ticks;low;high;at(t){return this.from+(this.onto(t)-this.low)/(this.high-this.low)*(this.to-this.from)}onto(t){return this.name==="log"?Math.log2(t):t}};function z(r,t,e){let i=(t-r)/e,o=10**Math.floor(Math.log10(i)),n=[1,2,5,10].map(l=>l*o).find(l=>l>=i),s=Math.ceil(r/n);return Array.from({length:Math.floor(t/n)-s+1},(l,a)=>(s+a)*n)}function kt(r,t,e){if(t-r<1)return z(2**r,2**t,e).filter(a=>a>0);if(r>-1)return z(r,t,e).filter(Number.isInteger).map(a=>2**a);let[i,o]=[Math.floor(r*Math.log10(2)),Math.ceil(t*Math.log10(2))],n=Array.from({length:o-i+1},(a,c)=>10**(i+c)),s=a=>a.filter(c=>Math.log2(c)>=r&&Math.log2(c)<=t),l=s(n.flatMap(a=>[a,2*a,5*a]));return l.length<=e+2?l:s(n)}var st=r=>String(Number(r.toPrecision(4))).replace("-","−"),A=class{constructor(t,e,i){this.points=t;this.width=e;this.height=i;let o=n=>t.across.map(s=>t.value(s,n));this.x=new $(o(t.x),t.state.x_scale,M.left,e-M.right,64),this.y=new $(o(t.y),t.state.y_scale,i-M.bottom,M.top,46)}points;width;height;x;y;of(t){return[this.x.at(this.points.value(t,this.points.x)),this.y.at(this.points.value(t,this.points.y))]}},St=r=>I[r%I.length],lt=r=>r.map(t=>t.map(e=>e.toFixed(1)).join()).join(" ");function K(r,t,e,i,o,n=!1){let{color:s}=o.variant(r);return m("polygon",{points:lt(St(r)(t,e,i)),fill:n?o.ground:s,stroke:s,"stroke-width":n?1.8:1,"stroke-linejoin":"round"})}function G(r,t){let{points:e,width:i,height:o}=r,n=m("svg",{width:i,height:o,viewBox:`0 0 ${i} ${o}`,"aria-hidden":"true","font-family":"system-ui, sans-serif","font-size":11,fill:t.text});Mt(n,r,t);let s=new Set(e.across),l=(a,c)=>{let p=a.filter(h=>s.has(h)).map(h=>r.of(h));p.length>1&&n.append(m("polyline",{points:lt(p),fill:"none","stroke-linejoin":"round","stroke-linecap":"round",...c}))};l(e.front,{stroke:t.text,opacity:.16,"stroke-width":11,class:"iw-pareto-front"}),e.variants.forEach((a,c)=>{let{color:p,dash:h}=t.variant(c);l(e.frontOf(e.of(a)),{stroke:p,"stroke-width":1.5,"stroke-dasharray":h})});for(let a of e.across){let{variant:c,width:p,own:h}=e.all[a],[u,f]=r.of(a);e.front.includes(a)&&n.append(m("circle",{cx:u,cy:f,r:8,fill:"none",stroke:t.text,"stroke-width":1.2,opacity:.75}));let g=K(e.variants.indexOf(c),u,f,h?6.5:4.6,t,p!==e.main);g.dataset.point=String(a),n.append(g)}return Et(n,r,t),n}function Mt(r,t,e){let{points:i,width:o,height:n,x:s,y:l}=t,{left:a,right:c,top:p,bottom:h}=M,u=(w,x,B)=>{r.append(m("text",{x:w[0],y:w[1],...B},x))},f=(w,x,B,mt)=>{r.append(m("line",{x1:w,y1:x,x2:B,y2:mt,stroke:e.line,opacity:e.grid}))};for(let w of s.ticks)f(s.at(w),p,s.at(w),n-h),u([s.at(w),n-h+15],st(w),{"text-anchor":"middle",fill:e.faint});for(let w of l.ticks)f(a,l.at(w),o-c,l.at(w)),u([a-7,l.at(w)+4],st(w),{"text-anchor":"end",fill:e.faint});let g=(w,x)=>w?` (${x[w>0?1:0]} better)`:"";u([(a+o-c)/2,n-8],i.x.label+g(i.x.better,"←→"),{"text-anchor":"middle"});let O=(p+n-h)/2;u([13,O],i.y.label+g(i.y.better,"←→"),{"text-anchor":"middle",transform:`rotate(-90 13 ${O})`}),i.across.length||u([(a+o-c)/2,O],"no point has a place here",{"text-anchor":"middle",fill:e.faint})}function Et(r,t,e){let{points:i,width:o}=t;for(let n of i.across){let{name:s,own:l}=i.all[n],a=i.pinned.indexOf(n);if(!l&&a<0)continue;let[c,p]=t.of(n),h=c>o*.62;a>=0&&r.append(m("circle",{cx:c,cy:p,r:10,fill:"none",stroke:e.accent,"stroke-width":2.2}));let u=(a>=0?`${"AB"[a]} `:"")+(l?s:""),f={x:c+(h?-13:13),y:p+(l?-8:16),"text-anchor":h?"end":"start","font-weight":700,stroke:e.ground,"stroke-width":3,"paint-order":"stroke","stroke-linejoin":"round"};r.append(m("text",f,u.trim()))}}var V=class{constructor(t,e){this.list=t;let i=()=>d("div",{role:"option",id:E("option"),"aria-selected":"false"},e);this.options=[i(),i()],this.element=d("div",{class:"iw-sr"},...this.options)}list;element;options;turn=0;say(t,e){let i=this.options[this.turn=1-this.turn];i.textContent=t,i.setAttribute("aria-selected",String(e)),this.list().setAttribute("aria-activedescendant",i.id)}quiet(){this.list().removeAttribute("aria-activedescendant")}},P=class{constructor(t,e,i,o,n,s){this.paper=e;this.near=o;this.events=n;this.readout=new V(()=>this.element,i),this.element=d("div",{class:t,role:"listbox",tabindex:0,"data-home":!0,"data-key":"plot"},e,this.readout.element);let l=(c,p)=>this.element.addEventListener(c,p,{signal:s});l("pointermove",c=>!this.rests(c)&&this.to(this.hit(c),!1)),l("pointerleave",c=>!this.rests(c)&&this.to(-1,!1)),l("click",c=>{let p=this.hit(c);p>=0&&this.events.pick(p,!1)}),l("keydown",c=>this.key(c)),l("focus",()=>this.element.matches(":focus-visible")&&this.to(this.home(),!0)),l("blur",()=>this.to(-1,!1));let a=new ResizeObserver(()=>this.element.clientWidth!==this.width&&this.layout());a.observe(this.element),s.addEventListener("abort",()=>a.disconnect())}paper;near;events;element;cursor=-1;width=0;readout;byKey=!1;pointer=[NaN,NaN];boxOf(t,e){let i=this.paper.getBoundingClientRect(),[o,n]=this.place(t);return new DOMRect(i.left+o-e,i.top+n-e,2*e,2*e)}read(){this.cursor<0?this.readout.quiet():this.readout.say(this.words(this.cursor),this.picked(this.cursor))}hit(t){let e=this.paper.getBoundingClientRect(),[i,o]=[-1,this.near**2];for(let n of this.points()){let[s,l]=this.place(n),a=(s-t.clientX+e.left)**2+(l-t.clientY+e.top)**2;a<o&&([i,o]=[n,a])}return i}rests(t){let[e,i]=this.pointer;return this.pointer=[t.screenX,t.screenY],this.byKey&&e===t.screenX&&i===t.screenY}to(t,e){this.byKey=e,t!==this.cursor&&(this.cursor=t,this.read(),this.draw(),this.events.hover(t,e))}key(t){if(t.ctrlKey||t.metaKey||t.altKey)return;let{across:e,down:i,ends:o}=this.order(),n=this.cursor<0?this.home():this.cursor,s=(c,p)=>c[Math.min(Math.max(c.indexOf(n)+p,0),c.length-1)]??-1,a={ArrowRight:()=>s(e,1),ArrowLeft:()=>s(e,-1),ArrowDown:()=>s(i,1),ArrowUp:()=>s(i,-1),Home:()=>o[0]??-1,End:()=>o.at(-1)??-1}[t.key];if(a)this.to(a(),!0);else if((t.key==="Enter"||t.key===" ")&&n>=0)this.events.pick(n,!0);else if(t.key==="Escape")this.to(-1,!0);else return;t.preventDefault()}};var Tt=620,Lt=16,H=class extends P{places=null;shown=null;ink=null;ring=m("circle",{r:12,fill:"none","stroke-width":2});constructor(t,e){super("iw-pareto-plot",d("div",{}),"no point",Lt,t,e)}show(t,e){this.shown=t,this.ink=e,this.element.setAttribute("aria-label",`${t.across.length} dictionaries: ${t.x.label} across, ${t.y.label} up. Left and right arrows go across, up and down arrows by ${t.y.label}; Enter holds a point.`),t.across.includes(this.cursor)||(this.cursor=-1),this.layout(),this.read()}box(t){return this.boxOf(t,6)}drawing(){return G(this.places,this.ink)}place(t){return this.places.of(t)}points(){return this.places?.points.across??[]}order(){let[t,e]=[this.shown?.across??[],this.shown?.down??[]];return{across:t,down:e,ends:t}}home(){let{shown:t}=this;return t?.across.find(e=>t.pinned.includes(e))??t?.front.find(e=>t.across.includes(e))??t?.across[0]??-1}words(t){return this.shown.words(t)}picked(t){return this.shown.pinned.includes(t)}layout(){if(this.width=this.element.clientWidth,!this.shown||!this.ink||this.width===0)return;let t=Math.min(this.width,Tt);this.places=new A(this.shown,t,Math.round(Math.max(t*.66,240))),this.ring.setAttribute("stroke",this.ink.text);let e=G(this.places,this.ink);e.append(this.ring),this.paper.replaceChildren(e),this.element.dataset.drawn=String(this.places.points.across.length),this.element.dataset.front=this.places.points.front.join(),this.draw()}draw(){let[t,e]=this.cursor>=0&&this.places?this.places.of(this.cursor):[0,0];this.ring.setAttribute("transform",`translate(${t} ${e})`),this.ring.setAttribute("visibility",this.cursor>=0?"visible":"hidden")}};var dt=`.iw-pareto .iw-pareto-axis { display: inline-flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
.iw-pareto :is(.iw-pareto-axis > label, .iw-pareto-width) { color: var(--iw-faint); }
.iw-pareto :is(.iw-pareto-axis, .iw-pareto-width) select { color: var(--iw-text); max-width: 13.5em; }
.iw-pareto .iw-pareto-variants { display: flex; flex-wrap: wrap; gap: 5px; margin: 0 0 8px; }
.iw-pareto .iw-pareto-variants button { display: inline-flex; gap: 5px; align-items: center; padding: 2px 9px; }
.iw-pareto .iw-pareto-variants button[aria-pressed="false"] { color: var(--iw-faint); text-decoration: line-through; }
.iw-pareto .iw-pareto-variants button[aria-pressed="false"] svg { opacity: 0.35; }
.iw-pareto .iw-pareto-body { display: flex; flex-direction: column; gap: 10px 18px; }
.iw-pareto .iw-pareto-plot { min-width: 0; cursor: crosshair; border-radius: 4px; }
.iw-pareto .iw-pareto-plot:focus-visible { outline: 2px solid var(--iw-link); outline-offset: 2px; }
.iw-pareto svg { display: block; forced-color-adjust: none; }
.iw-pareto .iw-pareto-side { min-width: 0; overflow-x: auto; }
@container (min-width: 900px) {
  .iw-pareto .iw-pareto-body { flex-direction: row; align-items: flex-start; }
  .iw-pareto .iw-pareto-plot { flex: 1 1 58%; }
  .iw-pareto .iw-pareto-side { flex: 1 1 42%; }
}
.iw-pareto :is(.iw-pareto-numbers, .iw-pareto-tip) { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; color: inherit; background: transparent; margin: 4px 0 8px; }
.iw-pareto .iw-pareto-numbers { width: 100%; }
.iw-pareto :is(.iw-pareto-numbers, .iw-pareto-tip) tr { background: transparent; }
.iw-pareto :is(.iw-pareto-numbers, .iw-pareto-tip) :is(th, td) { padding: 2px 6px; border: 0; text-align: right; font-weight: 400; background: transparent; vertical-align: bottom; }
.iw-pareto :is(.iw-pareto-numbers, .iw-pareto-tip) th:first-child { text-align: left; color: var(--iw-faint); }
.iw-pareto .iw-pareto-numbers thead th { border-bottom: 1px solid var(--iw-line); color: var(--iw-text); }
.iw-pareto .iw-pareto-numbers tr[data-chosen="true"] :is(th, td) { font-weight: 700; color: var(--iw-text); }
.iw-pareto .iw-pareto-numbers td { white-space: nowrap; }
.iw-pareto .iw-pareto-numbers small { font-size: inherit; font-weight: 400; color: var(--iw-faint); }
.iw-pareto .iw-pareto-missing { margin: 4px 0; color: var(--iw-faint); font-size: 12px; }
.iw-pareto .iw-pareto-missing:empty { display: none; }
.iw-pareto .iw-pareto-axis .iw-choice { position: relative; }
.iw-pareto .iw-pareto-axis .iw-choice legend { left: 0; width: 1px; padding: 0; }
`;var Ct="Ringed points are on the front: no other is better in one measure and as good in the other. A line joins the best of a variant. Arrows go from point to point; click or Enter holds one, two are compared. Hollow signs: another width than most.",R=class{constructor(t,e){this.link=t;this.frame=e;let{signal:i}=e;this.status=ot(t,e),this.plot=new H({hover:(l,a)=>this.hover(l,a),pick:(l,a)=>this.pin(l,a)},i),this.variants.addEventListener("click",l=>{let a=l.target.closest("[data-variant]")?.dataset.variant;a!==void 0&&this.toggle(a)},{signal:i}),this.width.addEventListener("change",()=>this.act({do:"width",of:Number(this.width.value)},{width:Number(this.width.value)}),{signal:i});let o=d("div",{class:"iw-acts"},Q(t,i),this.menu()),n=d("div",{class:"iw-top"},d("div",{class:"iw-bar"},this.axis("x","Across"),this.axis("y","Up"),this.widths),o),s=d("div",{class:"iw-pareto-side"},this.empty,this.numbers,this.missing);L(e.root,dt),e.root.append(n,this.status.error,this.variants,d("div",{class:"iw-pareto-body"},this.plot.element,s),this.tip.element,d("p",{class:"iw-hint"},Ct),this.status.summary),e.onTheme(()=>this.draw()),t.watch(["scene","x","y","x_scale","y_scale","hidden","width","pinned"],()=>T(e.root,()=>this.draw()))}link;frame;status;plot;tip=new C;variants=d("div",{class:"iw-pareto-variants",role:"group","aria-label":"Variants shown"});width=d("select",{"aria-label":"Width","data-key":"width"});widths=d("label",{class:"iw-pareto-width"},"Width ",this.width);numbers=d("table",{class:"iw-pareto-numbers"});missing=d("p",{class:"iw-pareto-missing"});empty=d("p",{class:"iw-pareto-missing"},"Hold a point, or two, to read all of their numbers here.");choices(t={}){let{link:e}=this;return{...{x:e.read("x"),y:e.read("y"),x_scale:e.read("x_scale"),y_scale:e.read("y_scale"),hidden:e.read("hidden"),width:e.read("width"),pinned:e.read("pinned"),scene:e.read("scene")},...t}}act(t,e){this.link.act(t,{...e,summary:new b(this.choices(e)).sentence})}axis(t,e){let{link:i,frame:o}=this,n=i.read("scene").measures.map(({key:a,label:c})=>d("option",{value:a},c)),s=d("select",{"aria-label":`${e}: measure`,"data-key":t},...n);s.addEventListener("change",()=>this.measure(t,s.value),{signal:o.signal});let l=Y(`${e}: scale`,{log:"log",linear:"linear"},a=>this.act({do:"scale",axis:t,by:a},{[`${t}_scale`]:a}),o.signal);return l.element.querySelector("legend").className="iw-sr",i.watch([t,`${t}_scale`],()=>{s.value=i.read(t),l.set(i.read(`${t}_scale`))}),d("div",{class:"iw-pareto-axis"},d("label",{},`${e} `,s),l.element)}measure(t,e){let i=this.choices(),o=t==="x"?"y":"x",[n,s]=[`${t}_scale`,`${o}_scale`],a=i[o]===e&&i[t]!==e?{[t]:e,[n]:i[s],[o]:i[t],[s]:i[n]}:{[t]:e,[n]:q(e)};this.act({do:"axis",axis:t,by:e},a)}toggle(t){let e=this.link.read("hidden");this.act({do:"variant",name:t},{hidden:e.includes(t)?e.filter(i=>i!==t):[...e,t]})}pin(t,e){e||this.tip.hide();let i=this.link.read("pinned").filter(n=>n!==t),o=i.length<this.link.read("pinned").length;this.act({do:"pin",point:t},{pinned:o?i:[...i.slice(-1),t]})}hover(t,e){if(t<0)return this.tip.hide();let i=new b(this.choices()),o=i.state.scene.measures.filter(l=>!Number.isNaN(i.value(t,l))).map(l=>d("tr",{},d("th",{scope:"row"},l.label),d("td",{},i.text(t,l)))),n=i.front.includes(t)?d("p",{},"On the front: none beats it."):null,s=[d("b",{},i.all[t].name),d("table",{class:"iw-pareto-tip"},...o),n,e?d("p",{},"Enter holds it"):null];this.tip.show(this.plot.box(t),this.frame.root.getBoundingClientRect(),...s.filter(l=>l!==null))}ink(){let t=getComputedStyle(this.frame.root),e=o=>t.getPropertyValue(o).trim(),i=this.frame.root.dataset.theme??"light";return{text:t.color,faint:e("--iw-faint"),line:e("--iw-line"),grid:i==="contrast"?.3:1,ground:e("--iw-ground"),accent:e("--iw-accent"),variant:o=>Z(o,i)}}draw(){let t=new b(this.choices()),e=this.ink();this.plot.show(t,e),k(this.variants,...t.variants.map((n,s)=>{let l=m("svg",{width:30,height:12,viewBox:"0 0 30 12","aria-hidden":"true"},m("line",{x1:0,x2:30,y1:6,y2:6,stroke:e.variant(s).color,"stroke-width":1.5,"stroke-dasharray":e.variant(s).dash}),K(s,15,6,4.5,e));return d("button",{type:"button","data-variant":n,"data-key":`variant-${n}`,"aria-pressed":String(!t.state.hidden.includes(n))},l,` ${n}`)})),this.widths.hidden=t.widths.length<2,k(this.width,d("option",{value:0,selected:t.state.width===0},"all"),...t.widths.map(n=>d("option",{value:n,selected:n===t.state.width},String(n))));let i=t.shown.length-t.across.length,o=[t.state.x_scale,t.state.y_scale].includes("log");this.missing.textContent=i?`${i} of ${t.shown.length} have no place here: ${o?"a logarithmic scale has none for 0 and below, or ":""}a measure is not known.`:"",this.compare(t)}compare(t){let{pinned:e}=t;this.numbers.hidden=e.length===0,this.empty.hidden=e.length>0;let i=e.map((s,l)=>d("th",{scope:"col"},d("b",{},"AB"[l]),` ${t.all[s].name}`)),o=d("tr",{},d("th",{scope:"col"},"measure"),...i,e.length===2?d("th",{scope:"col"},"B − A"):null),n=s=>{let l=e.map(p=>t.value(p,s)),a=s===t.x||s===t.y,c=l.map(p=>d("td",{},v(p,s.digits)));return d("tr",{"data-measure":s.key,"data-chosen":String(a)},d("th",{scope:"row"},s.label),...c,e.length===2?d("td",{},...$t(s,l[0],l[1])):null)};this.numbers.replaceChildren(d("thead",{},o),d("tbody",{},...t.state.scene.measures.map(n)))}menu(){let t=()=>new b(this.choices()),e=()=>{let n=this.plot.drawing(),{ground:s}=this.ink();return n.prepend(m("rect",{width:n.getAttribute("width"),height:n.getAttribute("height"),fill:s})),n};return tt("pareto",{PNG:()=>it(e()),SVG:()=>j(e()),CSV:()=>{let n=t(),{measures:s}=n.state.scene,l=[["name","variant",...s.map(({key:a})=>a),"front"],...n.shown.map(a=>[n.all[a].name,n.all[a].variant,...s.map(c=>n.all[a].values[s.indexOf(c)]??""),String(n.front.includes(a))])];return new Blob([`${l.map(et).join(`\r
`)}\r
`],{type:"text/csv"})},JSON:()=>{let n=t();return new Blob([JSON.stringify({...n.state,front:n.front},null,1)],{type:"application/json"})}},n=>this.status.fail(n),this.frame.signal)}};function $t(r,t,e){let i=v(e-t,r.digits);if(Number.isNaN(e-t))return[i];let o=y(r,e)-y(r,t),n=e>t&&Number(i)!==0?`+${i}`:i;return o===0||Number(i.replace("−","-"))===0?[n]:[`${n} `,d("small",{},o>0?"better":"worse")]}var ct=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var pt="(forced-colors: active)",ht="(prefers-color-scheme: dark)";function Pt(r){if(matchMedia(pt).matches)return"contrast";let{body:t,documentElement:e}=document,i=t.dataset.jpThemeLight;if(i!==void 0)return i==="true"?"light":"dark";let o=t.dataset.vscodeThemeKind??"";if(o)return o.includes("light")?"light":"dark";let n=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return n==="dark"||n==="light"?n:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Ht(r)??(matchMedia(ht).matches?"dark":"light")}function Ht(r){for(let t=r.parentElement;t;t=t.parentElement){let[e,i,o,n]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||i===void 0||o===void 0||n===0))return .299*e+.587*i+.114*o<128?"dark":"light"}return null}function wt(r,t,e){let i=()=>{let n=Pt(r);r.dataset.theme!==n&&(r.dataset.theme=n,e(),setTimeout(()=>!t.aborted&&e(),400))};i();let o=new MutationObserver(i);for(let n of[document.documentElement,document.body])o.observe(n,{attributes:!0});t.addEventListener("abort",()=>o.disconnect());for(let n of[pt,ht])matchMedia(n).addEventListener("change",i,{signal:t})}var Rt=["busy","stopped","error","summary","depth","answered","plain"],Ot="The kernel was restarted: run the notebook again, down to this cell.",F=class{constructor(t,e,i,o){this.host=t;this.signal=i;this.root=o;for(let n of[...e,...Rt])this.listen(`change:${n}`,()=>this.note([n]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Ot:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let i=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...i,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&T(this.root,()=>{for(let e of this.watchers)e.names.some(i=>t.has(i))&&e.run()})}};function ut(r,t,e){return{render({model:i,el:o}){let n=new AbortController,s=[],l=d("div",{class:"iw-sr",role:"status","aria-live":"polite"}),a=d("section",{class:`iw iw-${t}`},l);o.append(a),L(a,ct),wt(a,n.signal,()=>s.forEach(p=>p()));let c=new F(i,r,n.signal,a);return rt(a,c,n.signal),e(c,{root:a,signal:n.signal,announce:p=>l.textContent=p,onTheme:p=>s.push(p)}),()=>{n.abort(),a.remove()}}}}var Be=ut(U,"pareto",(r,t)=>{new R(r,t)});export{Be as default};
