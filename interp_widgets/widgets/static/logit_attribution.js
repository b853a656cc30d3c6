var j=["prompts","offers","live","removed","opened","ran","answer","distractor","shown","effect"],w=(n,t=2)=>`${n<0?"−":"+"}${Math.abs(n).toFixed(t)}`,P=n=>"parts"in n,K=(n,t)=>[...new Set(n)].sort().join()===[...new Set(t)].sort().join();function O(n,{name:t,block:e},i){return n.includes(t)?n.filter(o=>o!==t):[...n.filter(o=>e!==t||!i.includes(o)),t]}function A(n,t,e){let i=s=>t.includes(n.names[s])||t.includes(n.blocks[s]),o=[],r=0;for(let s of new Set(n.blocks)){let d=n.names.map((u,h)=>h).filter(u=>n.blocks[u]===s),l=/^L(\d+)\.attn_out$/.exec(s),p=l!==null&&e.includes(Number(l[1])),c=r,f=d.map(u=>{let h=r;return r+=i(u)?0:n.shares[u],{name:n.names[u],block:s,share:n.shares[u],norm:n.norms[u],parts:1,within:!0,layer:-1,open:!1,gone:i(u),before:h,after:r}});p&&o.push(...f),o.push({name:s,block:s,share:f.reduce((u,h)=>u+h.share,0),norm:d.length===1?n.norms[d[0]]:null,parts:d.length,within:!1,layer:l?Number(l[1]):-1,open:p,gone:d.every(i),before:p?r:c,after:r})}return o}function y({name:n,parts:t,within:e}){let[,i,o]=/^L(\d+)\.(.+)$/.exec(n)??[];return i===void 0?{embed:"embedding","embed.token":"token embedding","embed.position":"position embedding",bias:"bias"}[n]??n:o==="attn_out"?`L${i} attention`:o==="mlp_out"?`L${i} MLP`:o==="attn_bias"?e||t===1?`L${i} attention bias`:n:`L${i} head ${o.slice(2)}`}function a(n,t={},...e){let i=document.createElement(n);return F(i,t),i.append(...e.filter(o=>o!=null)),i}function g(n,t={},...e){let i=document.createElementNS("http://www.w3.org/2000/svg",n);return F(i,t),i.append(...e.filter(o=>o!=null)),i}function F(n,t){for(let[e,i]of Object.entries(t))i==null||i===!1||n.setAttribute(e,i===!0?"":String(i))}function m(n,...t){let e=t.filter(o=>o!=null),i=n.childNodes;e.length===i.length&&e.every((o,r)=>o===i[r])||n.replaceChildren(...e)}var W=0;function R(n){return W+=1,`iw-${n}-${Math.random().toString(36).slice(2,8)}-${W}`}var C=(n,t,e)=>Math.min(Math.max(n,t),e);function _(n,t){let e=a("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),i=a("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>n.act({do:"undo"}),{signal:t}),i.addEventListener("click",()=>n.act({do:"redo"}),{signal:t}),n.watch(["depth"],()=>{let[o,r]=n.read("depth");e.setAttribute("aria-disabled",String(o===0)),i.setAttribute("aria-disabled",String(r===0))}),a("span",{class:"iw-pair"},e,i)}function D(n,t,e,i){let o=a("details",{class:"iw-menu"},a("summary",{},"Save")),r=a("div",{class:"iw-entries"});for(let[s,d]of Object.entries(t)){let l=a("button",{type:"button"},s);l.addEventListener("click",async()=>{o.open=!1;try{ct(await d(),`${n}.${s.toLowerCase()}`)}catch(p){e(`Could not save ${s}: ${String(p)}`)}},{signal:i}),r.append(l)}return o.append(r),o.addEventListener("keydown",s=>{s.key!=="Escape"||!o.open||(o.open=!1,o.querySelector("summary")?.focus())},{signal:i}),document.addEventListener("pointerdown",s=>{s.composedPath().includes(o)||(o.open=!1)},{signal:i}),o}function ct(n,t){let e=a("a",{href:URL.createObjectURL(n),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function B(n){return n.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function H(n){return n.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(n)],{type:"image/svg+xml"})}async function I(n){let[t,e]=[Number(n.getAttribute("width")),Number(n.getAttribute("height"))],i=new Image,o=await H(n).text();i.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(o)}`,await i.decode();let r=Math.min(2,16e3/Math.max(t,e)),s=a("canvas",{width:Math.round(t*r),height:Math.round(e*r)});return s.getContext("2d").drawImage(i,0,0,s.width,s.height),new Promise((d,l)=>s.toBlob(p=>p?d(p):l(new Error("no picture")),"image/png"))}var ut=1200,wt=140,L=class{constructor(t,e,i){this.typed=e;let o=this.unknown.id;this.area=a("textarea",{id:this.id,rows:1,spellcheck:"false",autocomplete:"off","aria-describedby":o});let r=a("div",{class:"iw-typed"},this.under,this.area);this.element=a("div",{class:"iw-prompt"},a("label",{for:this.id},t),r,this.offers,this.unknown),this.listen(i)}typed;element;id=R("prompt");area;under=a("div",{class:"iw-under","aria-hidden":"true"});unknown=a("span",{class:"iw-unknown",id:R("unknown")});offers=a("select",{class:"iw-offers","aria-label":"Prompts this model speaks"});offered="";burst=0;typedAt=0;width=0;show(t,e){this.area.value!==t&&(this.area.value=t,this.forget(),this.fit()),this.offers.hidden=e.length===0;let i=e.join(`
`);i===this.offered&&this.offers.options.length>0||(this.offered=i,m(this.offers,a("option",{},"Try a prompt…"),...e.map(o=>a("option",{value:o},o))))}underline(t,e){if(t!==this.area.value)return;let i=[],o=0;for(let[s,d]of e)i.push(t.slice(o,s),a("u",{},t.slice(s,d))),o=d;m(this.under,...i,t.slice(o));let r=e.map(([s,d])=>t.slice(s,d));this.unknown.textContent=r.length?`Not in this model’s vocabulary, read in crumbs: ${r.join(", ")}`:""}listen(t){this.area.addEventListener("input",()=>{this.fit(),this.forget(),this.say(this.area.value)},{signal:t}),this.area.addEventListener("blur",()=>this.typedAt=0,{signal:t}),this.area.addEventListener("scroll",()=>this.under.scrollTop=this.area.scrollTop,{signal:t}),this.offers.addEventListener("change",()=>{this.typedAt=0,this.offers.selectedIndex>0&&this.say(this.offers.value),this.offers.selectedIndex=0},{signal:t});let e=new ResizeObserver(()=>{this.area.clientWidth!==this.width&&(this.width=this.area.clientWidth,this.fit())});e.observe(this.area),t.addEventListener("abort",()=>e.disconnect())}fit(){this.area.style.height="auto";let t=this.area.scrollHeight;this.area.style.height=t?`${Math.min(t+2,wt)}px`:""}forget(){m(this.under),this.unknown.textContent=""}say(t){let e=Date.now();e-this.typedAt>ut&&(this.burst=e),this.typedAt=e,this.typed(t,`${this.id}-${this.burst}`)}};var V=(n,t)=>t>1?["First prompt","Second prompt"][n]:"Prompt";function G(n,t,e,i,o){let r=a("div"),s=[],d=(l,p)=>new L(V(l,p),(c,f)=>{let u=n.read("prompts").map((h,x)=>x===l?c:h);i(),n.act({do:"prompt",side:l,text:c,burst:f},{prompts:u})},o);return n.watch(["prompts","offers","live",...t],()=>{let l=n.read("prompts");if(r.dataset.two=String(l.length>1),!n.read("live")){m(r,...l.map((c,f)=>ht(V(f,l.length),c)));return}for(;s.length<l.length;)s.push(d(s.length,l.length));m(r,...s.map(c=>c.element));let p=e();s.forEach((c,f)=>{c.show(l[f]??"",n.read("offers"));let u=p[f];u&&c.underline(u.prompt,u.unknown)})}),r}function ht(n,t){return a("div",{class:"iw-prompt"},a("span",{class:"iw-name"},n),a("div",{class:"iw-said",tabindex:t.length>400?0:null},t))}var mt=400;function U(n,t){let e=a("span",{class:"iw-busy",hidden:!0},"computing"),i=a("div",{class:"iw-error",role:"alert",hidden:!0}),o=a("p",{class:"iw-summary"}),r="",s=0,d=()=>{let l=n.read("error")||r;i.hidden=l==="",i.textContent!==l&&(i.textContent=l),clearTimeout(s);let p=n.read("busy")&&!n.dead;e.hidden=!p,!p&&n.pending&&!n.dead&&(s=setTimeout(()=>e.hidden=!n.pending,mt))};return n.watch(["error","busy","answered"],d),n.watch(["summary"],()=>{o.textContent=n.read("summary"),t.announce(n.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(s)),{busy:e,error:i,summary:o,fail(l){r=l,d()}}}var ft={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},bt=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function N(n){if(n==="")return"∅";let t="";for(let e of n){let i=ft[e];i!==void 0?t+=i:bt.test(e)?t+=`‹${e.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:t+=e}return t}var M=class{element=a("div",{class:"iw-tip",popover:"manual","aria-hidden":"true"});show(t,e,...i){let o=this.element;m(o,...i),o.classList.add("iw-on"),this.open||o.showPopover?.();let{width:r,height:s}=o.getBoundingClientRect(),d=t.right+12,l=t.left-r-12,p=d+r<=e.right||l<e.left?d:l;o.style.left=`${C(p,4,Math.max(window.innerWidth-r-4,4))}px`,o.style.top=`${C(t.top-10,4,Math.max(window.innerHeight-s-4,4))}px`}hide(){this.element.classList.remove("iw-on"),this.open&&this.element.hidePopover?.()}get open(){try{return this.element.matches(":popover-open")}catch{return!1}}};var[q,b,k,S,Z]=[58,19,150,240,240];function J({raw:n,rows:t,scales:e,total:i,asked:o,colors:r}){let[s,d]=[k+S+Z+90,q+t.length*b+16],l=g("svg",{width:s,height:d,viewBox:`0 0 ${s} ${d}`,"font-family":"system-ui, sans-serif","font-size":11,fill:r.text});l.append(g("rect",{width:"100%",height:"100%",fill:r.ground})),l.append(g("text",{x:12,y:16,"font-weight":600},`${o} · ${n.model} · ${n.prompt.slice(0,80)}`)),l.append(g("text",{x:12,y:36},`Sum of what is left: ${w(i)} logits`));let p=(c,f,u,h,x,E=1)=>g("line",{x1:c,y1:f,x2:u,y2:h,stroke:x,"stroke-width":E});return[...t].reverse().forEach((c,f)=>{let[u,h]=[q+f*b,k+e.share(0)/100*S],x=k+e.share(c.share)/100*S;l.append(g("text",{x:c.within?26:12,y:u+13,opacity:c.gone?.6:1},y(c)));let E=c.share<0?r.minus:r.plus;l.append(g("rect",{x:Math.min(h,x),y:u+4,width:Math.max(Math.abs(x-h),1),height:b-8,fill:c.gone?"none":E,stroke:E})),c.gone&&l.append(p(12,u+b/2,k+S+48,u+b/2,r.text)),l.append(g("text",{x:k+S+48,y:u+13,"text-anchor":"end"},w(c.share)));let v=pt=>k+S+70+e.sum(pt)/100*Z;l.append(p(v(c.before),u+b,v(c.before),u+b/2,r.text,2),p(v(c.before),u+b/2,v(c.after),u+b/2,r.text,2),p(v(c.after),u+b/2,v(c.after),u,r.text,2)),l.append(p(h,u,h,u+b,r.text,.5))}),l}function gt(n,t){return n.names.map((e,i)=>[e,n.blocks[i],n.shares[i],n.norms[i],String(t.includes(e)||t.includes(n.blocks[i]))])}function X({raw:n},t){let e=[B(["part","block","contribution","norm","removed"]),...gt(n,t).map(B)];return new Blob([`${e.join(`\r
`)}\r
`],{type:"text/csv"})}function Q({raw:n,total:t},e){return new Blob([JSON.stringify({...n,total_left:t,state:e},null,1)],{type:"application/json"})}function tt(n,t){let e=Math.max(...n.map(s=>Math.abs(s.share)),1e-9),[i,o]=[Math.min(0,...t),Math.max(0,...t)],r=Math.max(o-i,1e-9);return{share:s=>50+s/e*48,sum:s=>2+(s-i)/r*96}}var T=class{button=a("button",{type:"button",class:"iw-bus-writer",tabindex:-1});element;toggle=a("button",{type:"button",class:"iw-bus-open",tabindex:-1});name=a("span",{class:"iw-bus-name"});bar=a("span",{class:"iw-bus-bar"});value=a("span",{class:"iw-bus-value"});steps=["in","over","out"].map(t=>a("i",{class:`iw-bus-${t}`}));origin=a("i",{class:"iw-bus-origin"});writer;constructor(t,e,i){this.button.dataset.key=`bus/${t}`,this.button.append(this.name,a("span",{class:"iw-bus-track"},this.bar),this.value,a("span",{class:"iw-bus-sum"},this.origin,...this.steps)),this.element=a("div",{class:"iw-bus-row"},this.toggle,this.button),this.button.addEventListener("click",()=>e.remove(this),{signal:i}),this.toggle.addEventListener("click",()=>e.open(this),{signal:i})}show(t,e){this.writer=t;let{share:i,gone:o,before:r,after:s}=t,d=y(t);this.element.dataset.part=t.name,this.element.dataset.within=String(t.within),this.element.dataset.gone=String(o),this.toggle.style.visibility=t.layer<0?"hidden":"",this.toggle.textContent=t.open?"▾":"▸",this.toggle.setAttribute("aria-expanded",String(t.open)),this.toggle.setAttribute("aria-label",`Heads of ${d}`),this.button.setAttribute("aria-pressed",String(o)),this.button.setAttribute("aria-label",`Remove ${d}, share ${w(i)}, sum so far ${w(s)}`),m(this.name,d),m(this.value,o?a("s",{},w(i)):w(i)),this.bar.dataset.sign=i<0?"minus":"plus",Y(this.bar,e.share(0),e.share(i));let[l,p]=[e.sum(r),e.sum(s)];this.origin.style.left=`${e.sum(0)}%`,this.steps[0].style.left=`${l}%`,Y(this.steps[1],l,p),this.steps[2].style.left=`${p}%`}};function Y(n,t,e){n.style.left=`${Math.min(t,e)}%`,n.style.width=`${Math.abs(t-e)}%`}var et=`.iw-bus .iw-bus-asked { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 0 0 10px; }
.iw-bus .iw-bus-asked label { display: inline-flex; gap: 8px; align-items: center; color: var(--iw-faint); }
.iw-bus .iw-bus-asked input { width: 120px; color: var(--iw-text); }
.iw-bus .iw-bus-stream { max-height: 520px; overflow: auto; scrollbar-width: thin; border: 1px solid var(--iw-line); border-radius: 8px; padding: 2px 4px; }
.iw-bus .iw-bus-row { display: grid; grid-template-columns: 24px minmax(0, 1fr); align-items: stretch; }
.iw-bus .iw-bus-row > button { border: 0; background: transparent; box-shadow: none; border-radius: 4px; }
.iw-bus .iw-bus-open { padding: 0; color: var(--iw-faint); }
.iw-bus .iw-bus-writer, .iw-bus .iw-bus-titles { display: grid; grid-template-columns: minmax(90px, 150px) minmax(80px, 1fr) 4.6em minmax(80px, 1fr); gap: 0 10px; align-items: stretch; text-align: left; min-width: 0; }
.iw-bus button.iw-bus-writer { padding: 0 6px; height: 23px; }
.iw-bus .iw-bus-row > button:hover { background: var(--iw-soft); }
.iw-bus .iw-bus-row > button:focus-visible { outline-offset: -2px; }
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
.iw-bus .iw-bus-effect { margin: 8px 0 0; min-height: 1.5em; font-variant-numeric: tabular-nums; }
.iw-bus .iw-bus-tip { display: grid; grid-template-columns: auto auto; gap: 0 12px; margin: 0; }
.iw-bus .iw-bus-tip dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
@container (max-width: 560px) {
  .iw-bus .iw-bus-writer, .iw-bus .iw-bus-titles { grid-template-columns: 96px minmax(40px, 1fr) 4em minmax(40px, 1fr); gap: 0 6px; }
}
`;var vt="Read upwards. Click a writer (Enter, Space) to remove it or to put it back; arrows move along the stream, O opens an attention.",yt=.01,$=class{constructor(t,e){this.link=t;this.frame=e;let{signal:i}=e;this.signal=i,this.status=U(t,e),this.restore=this.button("Restore all",()=>t.act({do:"restore_all"},{removed:[],ran:[]})),this.run=this.button("Run without them",()=>this.runWithout());let o=G(t,["shown"],()=>[t.read("shown")],()=>this.status.fail(""),i),r=a("div",{class:"iw-top"},o,a("div",{class:"iw-acts"},_(t,i),this.menu())),s=a("div",{class:"iw-bus-asked"},this.box("answer","Answer"),this.box("distractor","Distractor"),this.status.busy),d=a("div",{class:"iw-bar"},this.total,this.restore,this.run,this.light),l=a("div",{class:"iw-bus-titles"},...["writer","share: − left, + right","logits","running total"].map(p=>a("span",{},p)));e.root.append(a("style",{},et),r,s,this.status.error,d,l,this.stream,this.effect,a("p",{class:"iw-hint"},vt),this.status.summary,this.tip.element),this.listen(),t.watch(["shown","removed","opened","ran","effect","busy"],()=>this.draw())}link;frame;status;signal;stream=a("div",{class:"iw-bus-stream",role:"group","aria-label":"Writers, the last one first"});total=a("span",{class:"iw-bus-total"});light=a("span",{class:"iw-light"});effect=a("p",{class:"iw-bus-effect"});restore;run;tip=new M;rows=new Map;order=[];scales;home="";button(t,e){let i=a("button",{type:"button"},t);return i.addEventListener("click",e,{signal:this.signal}),i}box(t,e){let i=a("input",{type:"text",spellcheck:"false",autocomplete:"off"});return i.addEventListener("change",()=>this.link.act({do:t,text:i.value}),{signal:this.signal}),this.link.watch([t,"live"],()=>{i.value=this.link.read(t),i.readOnly=!this.link.read("live")}),a("label",{},e,i)}listen(){let{stream:t,signal:e}=this,i=r=>[...this.rows.values()].find(s=>s.element.contains(r.target)),o=r=>{let s=i(r);s&&this.tell(s)};t.addEventListener("pointerover",o,{signal:e}),t.addEventListener("focusin",o,{signal:e});for(let r of["pointerleave","focusout","scroll"])t.addEventListener(r,()=>this.tip.hide(),{signal:e});t.addEventListener("keydown",r=>{let s=i(r);if(!s||r.ctrlKey||r.metaKey||r.altKey)return;let d=this.order.findIndex(({name:p})=>p===s.writer.name),l={ArrowUp:d+1,ArrowDown:d-1,Home:0,End:this.order.length-1}[r.key];if(l!==void 0)this.focus(Math.min(Math.max(l,0),this.order.length-1));else if(r.key.toLowerCase()==="o")this.open(s);else return;r.preventDefault()},{signal:e})}menu(){let t=()=>J(this.kept()),e=()=>Object.fromEntries(["prompts","answer","distractor","removed","opened","ran"].map(o=>[o,this.link.read(o)]));return D("logit_attribution",{PNG:()=>I(t()),SVG:()=>H(t()),CSV:()=>X(this.kept(),this.link.read("removed")),JSON:()=>Q(this.kept(),e())},o=>this.status.fail(o),this.signal)}kept(){let t=getComputedStyle(this.frame.root),e={ground:t.backgroundColor,text:t.color,plus:t.getPropertyValue("--iw-link"),minus:t.getPropertyValue("--iw-accent")};return{raw:this.link.read("shown"),rows:this.order,scales:this.scales,total:this.left(),asked:this.asked(),colors:e}}asked(){return this.link.read("shown").pieces.map(N).join(" − ")}left(){return this.order.at(-1).after}draw(){let{link:t}=this,[e,i,o]=[t.read("shown"),t.read("removed"),t.read("opened")],r=A(e,[],o);this.order=A(e,i,o),this.scales=tt(r,[...r,...this.order].flatMap(({before:d,after:l})=>[d,l]));let s=this.order.map(d=>{let l=this.rows.get(d.name)??new T(d.name,{remove:p=>this.remove(p),open:p=>this.open(p)},this.signal);return this.rows.set(d.name,l),l.show(d,this.scales),l});m(this.stream,...s.map(d=>d.element).reverse()),this.order.some(({name:d})=>d===this.home)||(this.home=this.order.at(-1).name);for(let[d,l]of this.rows)l.button.tabIndex=d===this.home?0:-1;this.sums(i)}sums(t){let e=this.link.read("shown"),i=e.softcap===null?"":", before the soft-cap",o=t.length?` (whole: ${w(e.total)})`:"";this.total.textContent=`${this.asked()} after ${N(e.last)}: ${w(this.left())} logits${i}${o}`;let r=e.check<=yt;this.light.dataset.state=r?"good":"bad",this.light.textContent=`${r?"✓":"▲"} sums to the model’s own difference (±${e.check===0?"0":e.check.toExponential(0)})`;for(let l of[this.restore,this.run])l.setAttribute("aria-disabled",String(t.length===0));let s=this.link.read("effect"),d=t.length>0&&P(s)&&K(s.parts,t);this.effect.textContent=d?`Without them: shares alone ${w(s.frozen)} (norm held still), model run again ${w(s.forward)}. Later blocks and the norm make up the difference.`:""}remove({writer:t}){this.home=t.name;let e=this.link.read("removed"),o=t.name!==t.block&&e.includes(t.block)?{...t,name:t.block}:t,{names:r,blocks:s}=this.link.read("shown"),d=r.filter((l,p)=>s[p]===o.block);this.status.fail(""),this.link.act({do:"remove",part:o.name},{removed:O(e,o,d),ran:[]})}open({writer:t}){let e=t.within?Number(/^L(\d+)/.exec(t.block)?.[1]??-1):t.layer;if(e<0)return;this.home=t.block;let i=this.link.read("opened"),o=i.includes(e)?i.filter(r=>r!==e):[...i,e].sort((r,s)=>r-s);this.link.act({do:"open",layer:e},{opened:o})}runWithout(){let t=[...this.link.read("removed")].sort();t.length>0&&this.link.act({do:"run",parts:t})}focus(t){this.home=this.order[t].name;for(let[e,i]of this.rows)i.button.tabIndex=e===this.home?0:-1;this.rows.get(this.home).button.focus()}tell(t){let{writer:e}=t,i=[["share",`${w(e.share,5)} logits`],["length of the write",e.norm===null?`${e.parts} parts`:e.norm.toFixed(3)],["running total",w(e.after,5)]],o=a("dl",{class:"iw-bus-tip"},...i.flatMap(([r,s])=>[a("dt",{},r),a("dd",{},s)]));this.tip.show(t.button.getBoundingClientRect(),this.frame.root.getBoundingClientRect(),a("h4",{},`${y(e)} · ${e.name}${e.gone?" (removed)":""}`),o)}};var it=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;function rt(n,t){let e=()=>n.getRootNode().activeElement,i=e(),o=i!==null&&n.contains(i);t();let r=e();if(!o||r!==null&&n.contains(r)&&nt(r))return;let s=i.dataset.key,d=s===void 0?null:n.querySelector(`[data-key="${CSS.escape(s)}"]`);(d!==null&&nt(d)?d:n.querySelector("[data-home]"))?.focus({preventScroll:!0})}function nt(n){return n.getClientRects().length>0}function ot(n,t,e){n.addEventListener("keydown",i=>{let o=i.ctrlKey||i.metaKey,r=i.key.toLowerCase();o&&!i.altKey&&(r==="z"||r==="y")?(t.act({do:r==="y"||i.shiftKey?"redo":"undo"}),i.preventDefault(),i.stopPropagation()):!o&&!i.altKey&&i.stopPropagation()},{signal:e})}var st="(forced-colors: active)",at="(prefers-color-scheme: dark)";function St(n){if(matchMedia(st).matches)return"contrast";let{body:t,documentElement:e}=document,i=t.dataset.jpThemeLight;if(i!==void 0)return i==="true"?"light":"dark";let o=t.dataset.vscodeThemeKind??"";if(o)return o.includes("light")?"light":"dark";let r=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return r==="dark"||r==="light"?r:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Et(n)??(matchMedia(at).matches?"dark":"light")}function Et(n){for(let t=n.parentElement;t;t=t.parentElement){let[e,i,o,r]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||i===void 0||o===void 0||r===0))return .299*e+.587*i+.114*o<128?"dark":"light"}return null}function lt(n,t,e){let i=()=>{let r=St(n);n.dataset.theme!==r&&(n.dataset.theme=r,e(),setTimeout(()=>!t.aborted&&e(),400))};i();let o=new MutationObserver(i);for(let r of[document.documentElement,document.body])o.observe(r,{attributes:!0});t.addEventListener("abort",()=>o.disconnect());for(let r of[st,at])matchMedia(r).addEventListener("change",i,{signal:t})}var Lt=["busy","error","summary","depth","answered","plain"],Mt="The kernel was restarted: run the notebook again, down to this cell.",z=class{constructor(t,e,i,o){this.host=t;this.signal=i;this.root=o;for(let r of[...e,...Lt])this.listen(`change:${r}`,()=>this.note([r]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Mt:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let i=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...i,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&rt(this.root,()=>{for(let e of this.watchers)e.names.some(i=>t.has(i))&&e.run()})}};function dt(n,t,e){return{render({model:i,el:o}){let r=new AbortController,s=[],d=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=a("section",{class:`iw iw-${t}`},a("style",{},it),d);o.append(l),lt(l,r.signal,()=>s.forEach(c=>c()));let p=new z(i,n,r.signal,l);return ot(l,p,r.signal),e(p,{root:l,signal:r.signal,announce:c=>d.textContent=c,onTheme:c=>s.push(c)}),()=>{r.abort(),l.remove()}}}}var ye=dt(j,"bus",(n,t)=>{new $(n,t)});export{ye as default};
