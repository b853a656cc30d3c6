function p(r,t={},...e){let i=document.createElement(r);return G(i,t),i.append(...e.filter(n=>n!=null)),i}function u(r,t={},...e){let i=document.createElementNS("http://www.w3.org/2000/svg",r);return G(i,t),i.append(...e.filter(n=>n!=null)),i}function G(r,t){for(let[e,i]of Object.entries(t))i==null||i===!1||r.setAttribute(e,i===!0?"":String(i))}function M(r,...t){let e=t.filter(n=>n!=null),i=r.childNodes;e.length===i.length&&e.every((n,o)=>n===i[o])||r.replaceChildren(...e)}var j=0;function I(r){return j+=1,`iw-${r}-${Math.random().toString(36).slice(2,8)}-${j}`}var A=(r,t,e)=>Math.min(Math.max(r,t),e);function K(r,t,e,i){let n=I("choice"),o=Object.keys(t).map(s=>p("input",{type:"radio",name:n,value:s})),a=p("fieldset",{class:"iw-choice"},p("legend",{},r),...o.map(s=>p("label",{},s,p("span",{},t[s.value]))));return a.addEventListener("change",s=>e(s.target.value),{signal:i}),{element:a,set:s=>o.forEach(l=>l.checked=l.value===s)}}var ge={light:["#0b5d92","#b8560b","#0b7a5c","#a2487c","#6b5d00","#4a4fb0","#8b2f2f","#4d5560"],dark:["#6cb9e8","#f0a35c","#4fcfa3","#e59cc6","#e2d25a","#a3a8f5","#f08a85","#b9c2cd"],contrast:["CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText"]},F=["","6 3","2 3","9 3 2 3","1 4","12 4","4 2 1 2 1 2","7 2 2 2"];function P(r,t){let e=r%F.length;return{color:ge[t][e],dash:F[e]}}function D(r,t){let e=p("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),i=p("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>r.act({do:"undo"}),{signal:t}),i.addEventListener("click",()=>r.act({do:"redo"}),{signal:t}),r.watch(["depth"],()=>{let[n,o]=r.read("depth");e.setAttribute("aria-disabled",String(n===0)),i.setAttribute("aria-disabled",String(o===0))}),p("span",{class:"iw-pair"},e,i)}function U(r,t,e,i){let n=p("details",{class:"iw-menu"},p("summary",{},"Save")),o=p("div",{class:"iw-entries"});for(let[a,s]of Object.entries(t)){let l=p("button",{type:"button"},a);l.addEventListener("click",async()=>{n.open=!1;try{be(await s(),`${r}.${a.toLowerCase()}`)}catch(d){e(`Could not save ${a}: ${String(d)}`)}},{signal:i}),o.append(l)}return n.append(o),n.addEventListener("keydown",a=>{a.key!=="Escape"||!n.open||(n.open=!1,n.querySelector("summary")?.focus())},{signal:i}),document.addEventListener("pointerdown",a=>{a.composedPath().includes(n)||(n.open=!1)},{signal:i}),n}function be(r,t){let e=p("a",{href:URL.createObjectURL(r),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function W(r){return r.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function N(r){return r.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(r)],{type:"image/svg+xml"})}async function _(r){let[t,e]=[Number(r.getAttribute("width")),Number(r.getAttribute("height"))],i=new Image,n=await N(r).text();i.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(n)}`,await i.decode();let o=Math.min(2,16e3/Math.max(t,e)),a=p("canvas",{width:Math.round(t*o),height:Math.round(e*o)});return a.getContext("2d").drawImage(i,0,0,a.width,a.height),new Promise((s,l)=>a.toBlob(d=>d?s(d):l(new Error("no picture")),"image/png"))}function y(r,t){let e=()=>r.getRootNode().activeElement,i=e(),n=i!==null&&r.contains(i);t();let o=e();if(!n||o!==null&&r.contains(o)&&q(o))return;let a=i.dataset.key,s=a===void 0?null:r.querySelector(`[data-key="${CSS.escape(a)}"]`);(s!==null&&q(s)?s:r.querySelector("[data-home]"))?.focus({preventScroll:!0})}function q(r){return r.getClientRects().length>0}function Z(r,t,e){r.addEventListener("keydown",i=>{let n=i.ctrlKey||i.metaKey,o=i.key.toLowerCase();n&&!i.altKey&&(o==="z"||o==="y")?(t.act({do:o==="y"||i.shiftKey?"redo":"undo"}),i.preventDefault(),i.stopPropagation()):!n&&!i.altKey&&i.stopPropagation()},{signal:e})}function f(r,t=2){if(r===null||Number.isNaN(r))return"–";let e=Math.abs(r).toFixed(t);return r<0&&Number(e)!==0?`−${e}`:e}var xe=Symbol.for("interp_widgets.sheets");function ve(r){let t=globalThis,e=t[xe]??=new Map,i=e.get(r);return i||(i=new CSSStyleSheet,i.replaceSync(r),e.set(r,i)),i}function E(r,t){let e=ve(t),i=()=>{let o=r.getRootNode(),a=o instanceof ShadowRoot?o:document;a.adoptedStyleSheets.includes(e)||(a.adoptedStyleSheets=[...a.adoptedStyleSheets,e])};if(i(),r.isConnected)return;let n=new ResizeObserver(()=>{n.disconnect(),i()});n.observe(r)}var ye=400;function J(r,t){let e=p("span",{class:"iw-busy"},"computing"),i=p("button",{type:"button"},"Stop"),n=p("span",{class:"iw-work iw-unseen"},e,i);i.addEventListener("click",()=>r.work(r.read("stopped")?"resume":"stop"),{signal:t.signal});let o=p("div",{class:"iw-error",role:"alert",hidden:!0}),a=p("p",{class:"iw-summary"}),s="",l=0,d=()=>{let c=r.read("error")||s;o.hidden=c==="",o.textContent!==c&&(o.textContent=c),clearTimeout(l);let w=r.read("busy")&&!r.dead,h=r.read("stopped")&&!r.dead;e.hidden=h&&!w,i.textContent=h?"Stopped: go on":"Stop",T(i,!1),T(n,!w&&!h),!w&&!h&&r.pending&&!r.dead&&(l=setTimeout(()=>{T(i,!0),T(n,!r.pending)},ye))};return r.watch(["error","busy","stopped","answered"],d),r.watch(["summary"],()=>{a.textContent=r.read("summary"),t.announce(r.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(l)),{busy:n,error:o,summary:a,fail(c){s=c,d()}}}function T(r,t){r.classList.toggle("iw-unseen",t)}var[L,ke,H,X]=[400,92,4,20];function Y(r,t){let e=r.names.length>8?16:34,i=Math.min(120,16+6.6*Math.max(...r.names.map(c=>c.length))),n=H+e*r.names.length+X,o=[...r.strengths,...r.readings],[a,s]=[Math.min(0,...o),Math.max(1,...o)],l=c=>i+(c-a)/(s-a)*(L-i-ke),d=u("svg",{viewBox:`0 0 ${L} ${n}`,width:L,height:n,role:"group","aria-label":"Strength and reading of every feature","font-family":"system-ui, sans-serif","font-size":11,fill:t.text});return d.append(u("line",{x1:l(0),x2:l(0),y1:H,y2:n-X,stroke:t.faint})),r.names.forEach((c,w)=>{let[h,b]=[r.strengths[w],r.readings[w]],m=H+w*e,g=r.pair.indexOf(w),x=g<0?t.faint:t.arrows[g].color,v=u("g",{"data-feature":w,role:"img","aria-label":`${c}: on with ${f(h)}, reads ${f(b)}`}),k=(V,ue,he,fe)=>u("rect",{x:Math.min(l(0),l(V)),width:Math.max(Math.abs(l(V)-l(0)),.5),y:ue,height:he,fill:fe,stroke:x,"stroke-width":1.2});v.append(u("text",{x:i-8,y:m+e/2+4,"text-anchor":"end","font-weight":g<0?400:700},c)),v.append(k(h,m+.14*e,.72*e,"none"),k(b,m+.32*e,.36*e,x)),v.append(u("text",{x:L-4,y:m+e/2+4,"text-anchor":"end",fill:t.text},`${f(h)} → ${f(b)}`)),d.append(v)}),d.append(u("text",{x:i,y:n-5,fill:t.faint},"hollow: how strongly it is on · filled: what is read of it")),d}var B=340,re=15;function R({tips:r,mixture:t}){let e=Math.max(1,...[...r,t].flat().map(Math.abs));return[1.4,2,2.8,4,5.6,8,12].find(i=>i>=e*1.12)??e*1.2}function Q([r,t],e,i,n){let o=Math.hypot(r,t);if(o<1e-9)return[];let a=Math.min(11*e,o/2),[s,l]=[r/o,t/o],[d,c]=[r-s*a,t-l*a],w=a*.5;return[u("path",{d:`M0 0L${d} ${c}`,stroke:i.color,"stroke-width":n*e,"stroke-dasharray":i.dash?i.dash.split(" ").map(h=>Number(h)*e).join(" "):null}),u("path",{d:`M${r} ${t}L${d-l*w} ${c+s*w}L${d+l*w} ${c-s*w}Z`,fill:i.color})]}function ne(r,t,e){let i=2*t/B,n=u("svg",{viewBox:`${-t} ${-t} ${2*t} ${2*t}`,width:B,height:B,role:"group","aria-label":"Two directions in their plane","font-family":"system-ui, sans-serif","font-size":12*i,fill:e.text});n.append(u("circle",{r:1,fill:"none",stroke:e.line,"stroke-width":i}),u("path",{d:`M${-t} 0H${t}M0 ${-t}V${t}`,stroke:e.line,"stroke-width":i}));for(let[s,l]of r.others)n.append(u("path",{d:`M0 0L${s} ${-l}`,stroke:e.faint,"stroke-width":i,opacity:.35}));let o=[r.mixture[0],-r.mixture[1]];n.append(...Se(r,o,i,e),...Q(o,i,e.mixture,2.5));let a=[];return r.tips.forEach(([s,l],d)=>a.push(te(ee(r.names[r.pair[d]],[s,-l],t,i,700),a,i))),n.append(ie(te(ee("mixture",o,t,i,400),a,i),i,e)),r.tips.forEach(([s,l],d)=>{let c=-l,w=r.names[r.pair[d]],h=Math.round(Math.atan2(l,s)*180/Math.PI),b=`length ${f(Math.hypot(s,c))}, angle ${h}°`,m=u("g",{class:"iw-overlap-arrow","data-arrow":d,"data-key":`arrow${d}`,tabindex:0,role:"slider","aria-label":`Direction of ${w}`,"aria-valuemin":-180,"aria-valuemax":180,"aria-valuenow":h,"aria-valuetext":b});m.append(...Q([s,c],i,e.arrows[d],3.2),u("circle",{cx:s,cy:c,r:5.5*i,fill:e.ground,stroke:e.arrows[d].color,"stroke-width":2.5*i}),ie(a[d],i,e)),m.append(u("circle",{cx:s,cy:c,r:16*i,fill:"transparent"}),u("path",{d:`M0 0L${s} ${c}`,stroke:"transparent","stroke-width":12*i})),n.append(m)}),n}function Se(r,[t,e],i,n){return r.tips.flatMap(([o,a],s)=>{let l=Math.hypot(o,a),d=(t*o-e*a)/l,c=[d*o/l,-d*a/l],w=n.arrows[s].color;return[u("path",{d:`M0 0L${c[0]} ${c[1]}`,stroke:w,"stroke-width":i,opacity:.7}),u("path",{d:`M${t} ${e}L${c[0]} ${c[1]}`,stroke:w,"stroke-width":1.4*i,"stroke-dasharray":`${2*i} ${3*i}`}),u("circle",{cx:c[0],cy:c[1],r:3.5*i,fill:w})]})}function ee(r,[t,e],i,n,o){let a=Math.hypot(t,e)||1,s=Math.abs(t)+r.length*7.5*n>i-14*n,l=s?{x:t,y:e+(e>0?22:-14)*n}:{x:t+t/a*12*n,y:e+e/a*14*n+(e>0?8:0)*n},d=Math.abs(t)>.3*a?Math.sign(t):0;return{text:r,...l,anchor:d===0?"middle":d>0!==s?"start":"end",weight:o}}function Me(r,t,e){let i=({text:c,x:w,y:h,anchor:b})=>{let m=c.length*7*e,g={start:w,middle:w-m/2,end:w-m}[b];return[g,g+m,h]},[[n,o,a],[s,l,d]]=[i(r),i(t)];return n<l&&s<o&&Math.abs(a-d)<re*e}function te(r,t,e){return[0,1,-1,2,-2].map(n=>({...r,y:r.y+n*re*e})).find(n=>!t.some(o=>Me(n,o,e)))??r}function ie({text:r,x:t,y:e,anchor:i,weight:n},o,a){return u("text",{x:t,y:e,"text-anchor":i,"font-weight":n,fill:a.text,stroke:a.ground,"stroke-width":3*o,"paint-order":"stroke","pointer-events":"none"},r)}var oe=["preset","pair","moved","strengths","scene"];var S=(r,t)=>r.reduce((e,i,n)=>e+i*t[n],0),z=r=>Math.sqrt(S(r,r));function ae(r,t,e,i){let n=i.length?i:r.strengths,[o,a]=r.axes,s=m=>[S(m,o),S(m,a)],l=e.length?e:t.map(m=>s(r.directions[m])),d=r.directions.map((m,g)=>{let x=t.indexOf(g);return x<0||!e.length?m:o.map((v,k)=>l[x][0]*v+l[x][1]*a[k])}),c=o.map((m,g)=>d.reduce((x,v,k)=>x+n[k]*v[g],0)),w=d.map(m=>S(m,c)/z(m)),[h,b]=[d[t[0]],d[t[1]]];return{names:r.names,pair:t,strengths:n,readings:w,cosine:S(h,b)/(z(h)*z(b)),tips:l,mixture:s(c),others:d.flatMap((m,g)=>t.includes(g)?[]:[s(m)])}}var se=`.iw-overlap .iw-overlap-charts { display: flex; flex-wrap: wrap; gap: 10px 24px; align-items: flex-start; }
.iw-overlap figure { margin: 0; min-width: 0; max-width: 100%; }
.iw-overlap svg { display: block; max-width: 100%; height: auto; forced-color-adjust: none; }
.iw-overlap .iw-overlap-plane { touch-action: none; }
.iw-overlap .iw-overlap-arrow { cursor: grab; outline: none; }
.iw-overlap .iw-overlap-arrow:focus-visible circle:first-of-type { stroke: var(--iw-accent); stroke-width: 4px; vector-effect: non-scaling-stroke; }
.iw-overlap .iw-overlap-plane:active .iw-overlap-arrow { cursor: grabbing; }
.iw-overlap .iw-overlap-words { border-left: 3px solid var(--iw-accent); background: var(--iw-soft); padding: 7px 11px; margin: 0 0 10px; font-weight: 600; font-variant-numeric: tabular-nums; }
.iw-overlap .iw-overlap-on { display: grid; gap: 4px; margin: 0 0 8px; max-width: 400px; }
.iw-overlap .iw-overlap-on label { display: grid; grid-template-columns: 1fr auto; gap: 0 8px; }
.iw-overlap .iw-overlap-on span { color: var(--iw-faint); }
.iw-overlap .iw-overlap-on b { font-variant-numeric: tabular-nums; font-weight: 600; }
.iw-overlap .iw-overlap-on input { grid-column: 1 / -1; width: 100%; margin: 2px 0; accent-color: var(--iw-accent); }
`;var Te={credential:"credential, urgency","right angles":"at right angles",coats:"20 coats, 5 hooks","":"yours"},Le="Drag the tip of an arrow; or choose it with Tab, turn it with ← and → (Shift: in large steps), make it longer or shorter with ↑ and ↓. Thin dotted lines show where the mixture falls on each direction: that far out is the reading.",le=.1,C=class{constructor(t,e){this.link=t;this.frame=e;let{signal:i}=e;this.signal=i,this.status=J(t,e);let n=K("Example",Object.fromEntries(t.read("scene").presets.map(s=>[s,Te[s]??s])),s=>t.act({do:"preset",name:s}),i);t.watch(["preset"],()=>n.set(t.read("preset"))),this.inputs.forEach((s,l)=>this.strengths.append(p("label",{},this.labels[l],this.said[l],s)));let o=p("div",{class:"iw-acts"},D(t,i),this.menu()),a=p("div",{class:"iw-top"},p("div",{class:"iw-bar"},n.element,this.pairs),o);E(e.root,se),e.root.append(a,this.status.error,this.words,p("div",{class:"iw-overlap-charts"},this.plane,p("div",{},this.strengths,this.bars)),p("p",{class:"iw-hint"},Le),this.status.summary),this.listen(),e.onTheme(()=>this.draw()),t.watch(["scene","pair","moved","strengths"],()=>y(e.root,()=>this.draw()))}link;frame;status;signal;plane=p("figure",{class:"iw-overlap-plane"});bars=p("figure",{});words=p("p",{class:"iw-overlap-words"});strengths=p("div",{class:"iw-overlap-on"});selects=[p("select",{"aria-label":"First direction","data-key":"pair0"}),p("select",{"aria-label":"Second direction","data-key":"pair1"})];pairs=p("span",{class:"iw-overlap-pair"},"Directions ",this.selects[0]," and ",this.selects[1]);inputs=[0,1].map(t=>p("input",{type:"range",min:-3,max:3,step:.05,"data-strength":t,"data-key":`strength${t}`}));said=[p("b",{}),p("b",{})];labels=[p("span",{}),p("span",{})];held=null;moving={};listen(){let{link:t,plane:e,signal:i}=this;e.addEventListener("pointerdown",n=>{let o=n.target.closest("[data-arrow]");!o||n.button!==0||(n.preventDefault(),e.setPointerCapture(n.pointerId),this.held={arrow:Number(o.dataset.arrow),reach:R(this.now())},e.querySelector(`[data-arrow="${this.held.arrow}"]`)?.focus())},{signal:i}),e.addEventListener("pointermove",n=>this.held&&this.drag(n),{signal:i});for(let n of["pointerup","pointercancel"])e.addEventListener(n,()=>{this.held=null;let{moved:o}=this.moving;this.moving={},o?this.tell({do:"move",to:o},{moved:o}):y(this.frame.root,()=>this.draw())},{signal:i});e.addEventListener("keydown",n=>this.key(n),{signal:i}),this.inputs.forEach((n,o)=>{let a=()=>this.now().strengths.map((s,l)=>l===t.read("pair")[o]?Number(n.value):s);n.addEventListener("input",()=>{this.moving={strengths:a()},y(this.frame.root,()=>this.draw())},{signal:i}),n.addEventListener("change",()=>{let s=a();this.moving={},this.tell({do:"strength",to:s},{strengths:s})},{signal:i})}),this.selects.forEach((n,o)=>n.addEventListener("change",()=>{let a=[...t.read("pair")];a[o]=Number(n.value),t.act({do:"pair",pair:a})},{signal:i}))}now({moved:t,strengths:e}=this.moving){let{link:i}=this;return ae(i.read("scene"),i.read("pair"),t??i.read("moved"),e??i.read("strengths"))}tell(t,e){this.link.act(t,{...e,summary:this.sentence(e)})}sentence(t=this.moving){let e=this.now(t),i=e.pair.map((n,o)=>{let a=e.strengths[n]*Math.hypot(...e.tips[o]),s=e.readings[n]-a;return`${e.names[n]} reads ${f(e.readings[n])} = ${f(a)} its own ${s<0?"−":"+"} ${f(Math.abs(s))} of others`});return`Cosine ${f(e.cosine)}. ${i.join("; ")}.`}drag(t){let{arrow:e,reach:i}=this.held,n=this.plane.querySelector("svg").getBoundingClientRect(),o=a=>(2*a-1)*i;this.moving={moved:this.tips(e,[o((t.clientX-n.left)/n.width),-o((t.clientY-n.top)/n.height)])},y(this.frame.root,()=>this.draw())}tips(t,[e,i]){let n=Math.hypot(e,i)||1,o=A(n,le,3)/n,a=this.now().tips.map(s=>[...s]);return a[t]=[e*o,i*o].map(s=>Math.round(s*1e3)/1e3),a}key(t){let e=t.target.closest("[data-arrow]")?.dataset.arrow,i={ArrowLeft:[1,0],ArrowRight:[-1,0],ArrowUp:[0,.05],ArrowDown:[0,-.05]}[t.key];if(e===void 0||!i||t.ctrlKey||t.metaKey||t.altKey)return;t.preventDefault();let[n,o]=this.now().tips[Number(e)],a=Math.atan2(o,n)+i[0]*(t.shiftKey?15:1)*Math.PI/180,s=A(Math.hypot(n,o)+i[1],le,3),l=this.tips(Number(e),[s*Math.cos(a),s*Math.sin(a)]);this.tell({do:"move",to:l,burst:`key${e}`},{moved:l})}ink(){let t=getComputedStyle(this.frame.root),e=o=>t.getPropertyValue(o).trim(),i=this.frame.root.dataset.theme??"light",n=o=>({...P(o,i),dash:""});return{text:t.color,faint:e("--iw-faint"),line:e("--iw-line"),ground:e("--iw-ground"),arrows:[n(0),n(1)],mixture:{...P(2,i),dash:"7 4"}}}draw(){let{link:t}=this,e=this.now(),i=this.ink();M(this.plane,ne(e,this.held?.reach??R(e),i)),M(this.bars,Y(e,i)),this.words.textContent=this.sentence(),this.inputs.forEach((n,o)=>{let a=e.pair[o];n.value=String(e.strengths[a]),this.labels[o].textContent=`${e.names[a]} is on with`,n.setAttribute("aria-label",`${e.names[a]} is on with`),this.said[o].textContent=f(e.strengths[a])}),this.pairs.hidden=e.names.length<3,this.selects.forEach((n,o)=>{let a=e.pair[1-o];M(n,...e.names.map((s,l)=>p("option",{value:l,selected:l===e.pair[o],disabled:l===a},s)))}),this.frame.root.dataset.preset=t.read("preset")}menu(){let t=()=>{let[n,o]=[this.plane,this.bars].map(w=>w.querySelector("svg").cloneNode(!0)),[a,s]=[Number(n.getAttribute("width")),Number(o.getAttribute("height"))],[l,d]=[a+20+Number(o.getAttribute("width")),Math.max(Number(n.getAttribute("height")),s)];o.setAttribute("x",String(a+20));let c=u("svg",{width:l,height:d,viewBox:`0 0 ${l} ${d}`},n,o);return c.style.background=getComputedStyle(this.frame.root).backgroundColor,c};return U("overlap",{PNG:()=>_(t()),SVG:()=>N(t()),CSV:()=>{let{names:n,strengths:o,readings:a}=this.now(),s=[["feature","strength","reading"],...n.map((l,d)=>[l,o[d],a[d]])];return new Blob([`${s.map(W).join(`\r
`)}\r
`],{type:"text/csv"})},JSON:()=>new Blob([JSON.stringify({...this.link.read("scene"),...this.now()},null,1)],{type:"application/json"})},n=>this.status.fail(n),this.signal)}};var de=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var pe="(forced-colors: active)",ce="(prefers-color-scheme: dark)";function Ce(r){if(matchMedia(pe).matches)return"contrast";let{body:t,documentElement:e}=document,i=t.dataset.jpThemeLight;if(i!==void 0)return i==="true"?"light":"dark";let n=t.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let o=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return o==="dark"||o==="light"?o:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Ae(r)??(matchMedia(ce).matches?"dark":"light")}function Ae(r){for(let t=r.parentElement;t;t=t.parentElement){let[e,i,n,o]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||i===void 0||n===void 0||o===0))return .299*e+.587*i+.114*n<128?"dark":"light"}return null}function we(r,t,e){let i=()=>{let o=Ce(r);r.dataset.theme!==o&&(r.dataset.theme=o,e(),setTimeout(()=>!t.aborted&&e(),400))};i();let n=new MutationObserver(i);for(let o of[document.documentElement,document.body])n.observe(o,{attributes:!0});t.addEventListener("abort",()=>n.disconnect());for(let o of[pe,ce])matchMedia(o).addEventListener("change",i,{signal:t})}var Pe=["busy","stopped","error","summary","depth","answered","plain"],Ne="The kernel was restarted: run the notebook again, down to this cell.",O=class{constructor(t,e,i,n){this.host=t;this.signal=i;this.root=n;for(let o of[...e,...Pe])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Ne:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let i=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...i,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&y(this.root,()=>{for(let e of this.watchers)e.names.some(i=>t.has(i))&&e.run()})}};function me(r,t,e){return{render({model:i,el:n}){let o=new AbortController,a=[],s=p("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=p("section",{class:`iw iw-${t}`},s);n.append(l),E(l,de),we(l,o.signal,()=>a.forEach(c=>c()));let d=new O(i,r,o.signal,l);return Z(l,d,o.signal),e(d,{root:l,signal:o.signal,announce:c=>s.textContent=c,onTheme:c=>a.push(c)}),()=>{o.abort(),l.remove()}}}}var Et=me(oe,"overlap",(r,t)=>{new C(r,t)});export{Et as default};
