function d(n,t={},...e){let i=document.createElement(n);return G(i,t),i.append(...e.filter(r=>r!=null)),i}function u(n,t={},...e){let i=document.createElementNS("http://www.w3.org/2000/svg",n);return G(i,t),i.append(...e.filter(r=>r!=null)),i}function G(n,t){for(let[e,i]of Object.entries(t))i==null||i===!1||n.setAttribute(e,i===!0?"":String(i))}function M(n,...t){let e=t.filter(r=>r!=null),i=n.childNodes;e.length===i.length&&e.every((r,o)=>r===i[o])||n.replaceChildren(...e)}var j=0;function O(n){return j+=1,`iw-${n}-${Math.random().toString(36).slice(2,8)}-${j}`}var C=(n,t,e)=>Math.min(Math.max(n,t),e);function I(n,t,e,i){let r=O("choice"),o=Object.keys(t).map(s=>d("input",{type:"radio",name:r,value:s})),a=d("fieldset",{class:"iw-choice"},d("legend",{},n),...o.map(s=>d("label",{},s,d("span",{},t[s.value]))));return a.addEventListener("change",s=>e(s.target.value),{signal:i}),{element:a,set:s=>o.forEach(l=>l.checked=l.value===s)}}var fe={light:["#0b5d92","#b8560b","#0b7a5c","#a2487c","#6b5d00","#4a4fb0","#8b2f2f","#4d5560"],dark:["#6cb9e8","#f0a35c","#4fcfa3","#e59cc6","#e2d25a","#a3a8f5","#f08a85","#b9c2cd"],contrast:["CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText"]},K=["","6 3","2 3","9 3 2 3","1 4","12 4","4 2 1 2 1 2","7 2 2 2"];function A(n,t){let e=n%K.length;return{color:fe[t][e],dash:K[e]}}function F(n,t){let e=d("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),i=d("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>n.act({do:"undo"}),{signal:t}),i.addEventListener("click",()=>n.act({do:"redo"}),{signal:t}),n.watch(["depth"],()=>{let[r,o]=n.read("depth");e.setAttribute("aria-disabled",String(r===0)),i.setAttribute("aria-disabled",String(o===0))}),d("span",{class:"iw-pair"},e,i)}function D(n,t,e,i){let r=d("details",{class:"iw-menu"},d("summary",{},"Save")),o=d("div",{class:"iw-entries"});for(let[a,s]of Object.entries(t)){let l=d("button",{type:"button"},a);l.addEventListener("click",async()=>{r.open=!1;try{ge(await s(),`${n}.${a.toLowerCase()}`)}catch(p){e(`Could not save ${a}: ${String(p)}`)}},{signal:i}),o.append(l)}return r.append(o),r.addEventListener("keydown",a=>{a.key!=="Escape"||!r.open||(r.open=!1,r.querySelector("summary")?.focus())},{signal:i}),document.addEventListener("pointerdown",a=>{a.composedPath().includes(r)||(r.open=!1)},{signal:i}),r}function ge(n,t){let e=d("a",{href:URL.createObjectURL(n),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function U(n){return n.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function P(n){return n.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(n)],{type:"image/svg+xml"})}async function W(n){let[t,e]=[Number(n.getAttribute("width")),Number(n.getAttribute("height"))],i=new Image,r=await P(n).text();i.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(r)}`,await i.decode();let o=Math.min(2,16e3/Math.max(t,e)),a=d("canvas",{width:Math.round(t*o),height:Math.round(e*o)});return a.getContext("2d").drawImage(i,0,0,a.width,a.height),new Promise((s,l)=>a.toBlob(p=>p?s(p):l(new Error("no picture")),"image/png"))}function y(n,t){let e=()=>n.getRootNode().activeElement,i=e(),r=i!==null&&n.contains(i);t();let o=e();if(!r||o!==null&&n.contains(o)&&q(o))return;let a=i.dataset.key,s=a===void 0?null:n.querySelector(`[data-key="${CSS.escape(a)}"]`);(s!==null&&q(s)?s:n.querySelector("[data-home]"))?.focus({preventScroll:!0})}function q(n){return n.getClientRects().length>0}function _(n,t,e){n.addEventListener("keydown",i=>{let r=i.ctrlKey||i.metaKey,o=i.key.toLowerCase();r&&!i.altKey&&(o==="z"||o==="y")?(t.act({do:o==="y"||i.shiftKey?"redo":"undo"}),i.preventDefault(),i.stopPropagation()):!r&&!i.altKey&&i.stopPropagation()},{signal:e})}function f(n,t=2){if(n===null||Number.isNaN(n))return"–";let e=Math.abs(n).toFixed(t);return n<0&&Number(e)!==0?`−${e}`:e}var be=400;function Z(n,t){let e=d("span",{class:"iw-busy"},"computing"),i=d("button",{type:"button"},"Stop"),r=d("span",{class:"iw-work iw-unseen"},e,i);i.addEventListener("click",()=>n.work(n.read("stopped")?"resume":"stop"),{signal:t.signal});let o=d("div",{class:"iw-error",role:"alert",hidden:!0}),a=d("p",{class:"iw-summary"}),s="",l=0,p=()=>{let c=n.read("error")||s;o.hidden=c==="",o.textContent!==c&&(o.textContent=c),clearTimeout(l);let w=n.read("busy")&&!n.dead,h=n.read("stopped")&&!n.dead;e.hidden=h&&!w,i.textContent=h?"Stopped: go on":"Stop",E(i,!1),E(r,!w&&!h),!w&&!h&&n.pending&&!n.dead&&(l=setTimeout(()=>{E(i,!0),E(r,!n.pending)},be))};return n.watch(["error","busy","stopped","answered"],p),n.watch(["summary"],()=>{a.textContent=n.read("summary"),t.announce(n.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(l)),{busy:r,error:o,summary:a,fail(c){s=c,p()}}}function E(n,t){n.classList.toggle("iw-unseen",t)}var[T,xe,N,J]=[400,92,4,20];function X(n,t){let e=n.names.length>8?16:34,i=Math.min(120,16+6.6*Math.max(...n.names.map(c=>c.length))),r=N+e*n.names.length+J,o=[...n.strengths,...n.readings],[a,s]=[Math.min(0,...o),Math.max(1,...o)],l=c=>i+(c-a)/(s-a)*(T-i-xe),p=u("svg",{viewBox:`0 0 ${T} ${r}`,width:T,height:r,role:"group","aria-label":"Strength and reading of every feature","font-family":"system-ui, sans-serif","font-size":11,fill:t.text});return p.append(u("line",{x1:l(0),x2:l(0),y1:N,y2:r-J,stroke:t.faint})),n.names.forEach((c,w)=>{let[h,b]=[n.strengths[w],n.readings[w]],m=N+w*e,g=n.pair.indexOf(w),x=g<0?t.faint:t.arrows[g].color,v=u("g",{"data-feature":w,role:"img","aria-label":`${c}: on with ${f(h)}, reads ${f(b)}`}),k=(V,me,ue,he)=>u("rect",{x:Math.min(l(0),l(V)),width:Math.max(Math.abs(l(V)-l(0)),.5),y:me,height:ue,fill:he,stroke:x,"stroke-width":1.2});v.append(u("text",{x:i-8,y:m+e/2+4,"text-anchor":"end","font-weight":g<0?400:700},c)),v.append(k(h,m+.14*e,.72*e,"none"),k(b,m+.32*e,.36*e,x)),v.append(u("text",{x:T-4,y:m+e/2+4,"text-anchor":"end",fill:t.text},`${f(h)} → ${f(b)}`)),p.append(v)}),p.append(u("text",{x:i,y:r-5,fill:t.faint},"hollow: how strongly it is on · filled: what is read of it")),p}var B=340,ie=15;function H({tips:n,mixture:t}){let e=Math.max(1,...[...n,t].flat().map(Math.abs));return[1.4,2,2.8,4,5.6,8,12].find(i=>i>=e*1.12)??e*1.2}function Y([n,t],e,i,r){let o=Math.hypot(n,t);if(o<1e-9)return[];let a=Math.min(11*e,o/2),[s,l]=[n/o,t/o],[p,c]=[n-s*a,t-l*a],w=a*.5;return[u("path",{d:`M0 0L${p} ${c}`,stroke:i.color,"stroke-width":r*e,"stroke-dasharray":i.dash?i.dash.split(" ").map(h=>Number(h)*e).join(" "):null}),u("path",{d:`M${n} ${t}L${p-l*w} ${c+s*w}L${p+l*w} ${c-s*w}Z`,fill:i.color})]}function re(n,t,e){let i=2*t/B,r=u("svg",{viewBox:`${-t} ${-t} ${2*t} ${2*t}`,width:B,height:B,role:"group","aria-label":"Two directions in their plane","font-family":"system-ui, sans-serif","font-size":12*i,fill:e.text});r.append(u("circle",{r:1,fill:"none",stroke:e.line,"stroke-width":i}),u("path",{d:`M${-t} 0H${t}M0 ${-t}V${t}`,stroke:e.line,"stroke-width":i}));for(let[s,l]of n.others)r.append(u("path",{d:`M0 0L${s} ${-l}`,stroke:e.faint,"stroke-width":i,opacity:.35}));let o=[n.mixture[0],-n.mixture[1]];r.append(...ve(n,o,i,e),...Y(o,i,e.mixture,2.5));let a=[];return n.tips.forEach(([s,l],p)=>a.push(ee(Q(n.names[n.pair[p]],[s,-l],t,i,700),a,i))),r.append(te(ee(Q("mixture",o,t,i,400),a,i),i,e)),n.tips.forEach(([s,l],p)=>{let c=-l,w=n.names[n.pair[p]],h=Math.round(Math.atan2(l,s)*180/Math.PI),b=`length ${f(Math.hypot(s,c))}, angle ${h}°`,m=u("g",{class:"iw-overlap-arrow","data-arrow":p,"data-key":`arrow${p}`,tabindex:0,role:"slider","aria-label":`Direction of ${w}`,"aria-valuemin":-180,"aria-valuemax":180,"aria-valuenow":h,"aria-valuetext":b});m.append(...Y([s,c],i,e.arrows[p],3.2),u("circle",{cx:s,cy:c,r:5.5*i,fill:e.ground,stroke:e.arrows[p].color,"stroke-width":2.5*i}),te(a[p],i,e)),m.append(u("circle",{cx:s,cy:c,r:16*i,fill:"transparent"}),u("path",{d:`M0 0L${s} ${c}`,stroke:"transparent","stroke-width":12*i})),r.append(m)}),r}function ve(n,[t,e],i,r){return n.tips.flatMap(([o,a],s)=>{let l=Math.hypot(o,a),p=(t*o-e*a)/l,c=[p*o/l,-p*a/l],w=r.arrows[s].color;return[u("path",{d:`M0 0L${c[0]} ${c[1]}`,stroke:w,"stroke-width":i,opacity:.7}),u("path",{d:`M${t} ${e}L${c[0]} ${c[1]}`,stroke:w,"stroke-width":1.4*i,"stroke-dasharray":`${2*i} ${3*i}`}),u("circle",{cx:c[0],cy:c[1],r:3.5*i,fill:w})]})}function Q(n,[t,e],i,r,o){let a=Math.hypot(t,e)||1,s=Math.abs(t)+n.length*7.5*r>i-14*r,l=s?{x:t,y:e+(e>0?22:-14)*r}:{x:t+t/a*12*r,y:e+e/a*14*r+(e>0?8:0)*r},p=Math.abs(t)>.3*a?Math.sign(t):0;return{text:n,...l,anchor:p===0?"middle":p>0!==s?"start":"end",weight:o}}function ye(n,t,e){let i=({text:c,x:w,y:h,anchor:b})=>{let m=c.length*7*e,g={start:w,middle:w-m/2,end:w-m}[b];return[g,g+m,h]},[[r,o,a],[s,l,p]]=[i(n),i(t)];return r<l&&s<o&&Math.abs(a-p)<ie*e}function ee(n,t,e){return[0,1,-1,2,-2].map(r=>({...n,y:n.y+r*ie*e})).find(r=>!t.some(o=>ye(r,o,e)))??n}function te({text:n,x:t,y:e,anchor:i,weight:r},o,a){return u("text",{x:t,y:e,"text-anchor":i,"font-weight":r,fill:a.text,stroke:a.ground,"stroke-width":3*o,"paint-order":"stroke","pointer-events":"none"},n)}var ne=["preset","pair","moved","strengths","scene"];var S=(n,t)=>n.reduce((e,i,r)=>e+i*t[r],0),z=n=>Math.sqrt(S(n,n));function oe(n,t,e,i){let r=i.length?i:n.strengths,[o,a]=n.axes,s=m=>[S(m,o),S(m,a)],l=e.length?e:t.map(m=>s(n.directions[m])),p=n.directions.map((m,g)=>{let x=t.indexOf(g);return x<0||!e.length?m:o.map((v,k)=>l[x][0]*v+l[x][1]*a[k])}),c=o.map((m,g)=>p.reduce((x,v,k)=>x+r[k]*v[g],0)),w=p.map(m=>S(m,c)/z(m)),[h,b]=[p[t[0]],p[t[1]]];return{names:n.names,pair:t,strengths:r,readings:w,cosine:S(h,b)/(z(h)*z(b)),tips:l,mixture:s(c),others:p.flatMap((m,g)=>t.includes(g)?[]:[s(m)])}}var ae=`.iw-overlap .iw-overlap-charts { display: flex; flex-wrap: wrap; gap: 10px 24px; align-items: flex-start; }
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
`;var Se={credential:"credential, urgency","right angles":"at right angles",coats:"20 coats, 5 hooks","":"yours"},Me="Drag the tip of an arrow; or choose it with Tab, turn it with ← and → (Shift: in large steps), make it longer or shorter with ↑ and ↓. Thin dotted lines show where the mixture falls on each direction: that far out is the reading.",se=.1,$=class{constructor(t,e){this.link=t;this.frame=e;let{signal:i}=e;this.signal=i,this.status=Z(t,e);let r=I("Example",Object.fromEntries(t.read("scene").presets.map(s=>[s,Se[s]??s])),s=>t.act({do:"preset",name:s}),i);t.watch(["preset"],()=>r.set(t.read("preset"))),this.inputs.forEach((s,l)=>this.strengths.append(d("label",{},this.labels[l],this.said[l],s)));let o=d("div",{class:"iw-acts"},F(t,i),this.menu()),a=d("div",{class:"iw-top"},d("div",{class:"iw-bar"},r.element,this.pairs),o);e.root.append(d("style",{},ae),a,this.status.error,this.words,d("div",{class:"iw-overlap-charts"},this.plane,d("div",{},this.strengths,this.bars)),d("p",{class:"iw-hint"},Me),this.status.summary),this.listen(),e.onTheme(()=>this.draw()),t.watch(["scene","pair","moved","strengths"],()=>y(e.root,()=>this.draw()))}link;frame;status;signal;plane=d("figure",{class:"iw-overlap-plane"});bars=d("figure",{});words=d("p",{class:"iw-overlap-words"});strengths=d("div",{class:"iw-overlap-on"});selects=[d("select",{"aria-label":"First direction","data-key":"pair0"}),d("select",{"aria-label":"Second direction","data-key":"pair1"})];pairs=d("span",{class:"iw-overlap-pair"},"Directions ",this.selects[0]," and ",this.selects[1]);inputs=[0,1].map(t=>d("input",{type:"range",min:-3,max:3,step:.05,"data-strength":t,"data-key":`strength${t}`}));said=[d("b",{}),d("b",{})];labels=[d("span",{}),d("span",{})];held=null;moving={};listen(){let{link:t,plane:e,signal:i}=this;e.addEventListener("pointerdown",r=>{let o=r.target.closest("[data-arrow]");!o||r.button!==0||(r.preventDefault(),e.setPointerCapture(r.pointerId),this.held={arrow:Number(o.dataset.arrow),reach:H(this.now())},e.querySelector(`[data-arrow="${this.held.arrow}"]`)?.focus())},{signal:i}),e.addEventListener("pointermove",r=>this.held&&this.drag(r),{signal:i});for(let r of["pointerup","pointercancel"])e.addEventListener(r,()=>{this.held=null;let{moved:o}=this.moving;this.moving={},o?this.tell({do:"move",to:o},{moved:o}):y(this.frame.root,()=>this.draw())},{signal:i});e.addEventListener("keydown",r=>this.key(r),{signal:i}),this.inputs.forEach((r,o)=>{let a=()=>this.now().strengths.map((s,l)=>l===t.read("pair")[o]?Number(r.value):s);r.addEventListener("input",()=>{this.moving={strengths:a()},y(this.frame.root,()=>this.draw())},{signal:i}),r.addEventListener("change",()=>{let s=a();this.moving={},this.tell({do:"strength",to:s},{strengths:s})},{signal:i})}),this.selects.forEach((r,o)=>r.addEventListener("change",()=>{let a=[...t.read("pair")];a[o]=Number(r.value),t.act({do:"pair",pair:a})},{signal:i}))}now({moved:t,strengths:e}=this.moving){let{link:i}=this;return oe(i.read("scene"),i.read("pair"),t??i.read("moved"),e??i.read("strengths"))}tell(t,e){this.link.act(t,{...e,summary:this.sentence(e)})}sentence(t=this.moving){let e=this.now(t),i=e.pair.map((r,o)=>{let a=e.strengths[r]*Math.hypot(...e.tips[o]),s=e.readings[r]-a;return`${e.names[r]} reads ${f(e.readings[r])} = ${f(a)} its own ${s<0?"−":"+"} ${f(Math.abs(s))} of others`});return`Cosine ${f(e.cosine)}. ${i.join("; ")}.`}drag(t){let{arrow:e,reach:i}=this.held,r=this.plane.querySelector("svg").getBoundingClientRect(),o=a=>(2*a-1)*i;this.moving={moved:this.tips(e,[o((t.clientX-r.left)/r.width),-o((t.clientY-r.top)/r.height)])},y(this.frame.root,()=>this.draw())}tips(t,[e,i]){let r=Math.hypot(e,i)||1,o=C(r,se,3)/r,a=this.now().tips.map(s=>[...s]);return a[t]=[e*o,i*o].map(s=>Math.round(s*1e3)/1e3),a}key(t){let e=t.target.closest("[data-arrow]")?.dataset.arrow,i={ArrowLeft:[1,0],ArrowRight:[-1,0],ArrowUp:[0,.05],ArrowDown:[0,-.05]}[t.key];if(e===void 0||!i||t.ctrlKey||t.metaKey||t.altKey)return;t.preventDefault();let[r,o]=this.now().tips[Number(e)],a=Math.atan2(o,r)+i[0]*(t.shiftKey?15:1)*Math.PI/180,s=C(Math.hypot(r,o)+i[1],se,3),l=this.tips(Number(e),[s*Math.cos(a),s*Math.sin(a)]);this.tell({do:"move",to:l,burst:`key${e}`},{moved:l})}ink(){let t=getComputedStyle(this.frame.root),e=o=>t.getPropertyValue(o).trim(),i=this.frame.root.dataset.theme??"light",r=o=>({...A(o,i),dash:""});return{text:t.color,faint:e("--iw-faint"),line:e("--iw-line"),ground:e("--iw-ground"),arrows:[r(0),r(1)],mixture:{...A(2,i),dash:"7 4"}}}draw(){let{link:t}=this,e=this.now(),i=this.ink();M(this.plane,re(e,this.held?.reach??H(e),i)),M(this.bars,X(e,i)),this.words.textContent=this.sentence(),this.inputs.forEach((r,o)=>{let a=e.pair[o];r.value=String(e.strengths[a]),this.labels[o].textContent=`${e.names[a]} is on with`,r.setAttribute("aria-label",`${e.names[a]} is on with`),this.said[o].textContent=f(e.strengths[a])}),this.pairs.hidden=e.names.length<3,this.selects.forEach((r,o)=>{let a=e.pair[1-o];M(r,...e.names.map((s,l)=>d("option",{value:l,selected:l===e.pair[o],disabled:l===a},s)))}),this.frame.root.dataset.preset=t.read("preset")}menu(){let t=()=>{let[r,o]=[this.plane,this.bars].map(w=>w.querySelector("svg").cloneNode(!0)),[a,s]=[Number(r.getAttribute("width")),Number(o.getAttribute("height"))],[l,p]=[a+20+Number(o.getAttribute("width")),Math.max(Number(r.getAttribute("height")),s)];o.setAttribute("x",String(a+20));let c=u("svg",{width:l,height:p,viewBox:`0 0 ${l} ${p}`},r,o);return c.style.background=getComputedStyle(this.frame.root).backgroundColor,c};return D("overlap",{PNG:()=>W(t()),SVG:()=>P(t()),CSV:()=>{let{names:r,strengths:o,readings:a}=this.now(),s=[["feature","strength","reading"],...r.map((l,p)=>[l,o[p],a[p]])];return new Blob([`${s.map(U).join(`\r
`)}\r
`],{type:"text/csv"})},JSON:()=>new Blob([JSON.stringify({...this.link.read("scene"),...this.now()},null,1)],{type:"application/json"})},r=>this.status.fail(r),this.signal)}};var le=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var de="(forced-colors: active)",pe="(prefers-color-scheme: dark)";function Te(n){if(matchMedia(de).matches)return"contrast";let{body:t,documentElement:e}=document,i=t.dataset.jpThemeLight;if(i!==void 0)return i==="true"?"light":"dark";let r=t.dataset.vscodeThemeKind??"";if(r)return r.includes("light")?"light":"dark";let o=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return o==="dark"||o==="light"?o:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Le(n)??(matchMedia(pe).matches?"dark":"light")}function Le(n){for(let t=n.parentElement;t;t=t.parentElement){let[e,i,r,o]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||i===void 0||r===void 0||o===0))return .299*e+.587*i+.114*r<128?"dark":"light"}return null}function ce(n,t,e){let i=()=>{let o=Te(n);n.dataset.theme!==o&&(n.dataset.theme=o,e(),setTimeout(()=>!t.aborted&&e(),400))};i();let r=new MutationObserver(i);for(let o of[document.documentElement,document.body])r.observe(o,{attributes:!0});t.addEventListener("abort",()=>r.disconnect());for(let o of[de,pe])matchMedia(o).addEventListener("change",i,{signal:t})}var $e=["busy","stopped","error","summary","depth","answered","plain"],Ce="The kernel was restarted: run the notebook again, down to this cell.",R=class{constructor(t,e,i,r){this.host=t;this.signal=i;this.root=r;for(let o of[...e,...$e])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Ce:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let i=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...i,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&y(this.root,()=>{for(let e of this.watchers)e.names.some(i=>t.has(i))&&e.run()})}};function we(n,t,e){return{render({model:i,el:r}){let o=new AbortController,a=[],s=d("div",{class:"iw-sr",role:"status","aria-live":"polite"}),l=d("section",{class:`iw iw-${t}`},d("style",{},le),s);r.append(l),ce(l,o.signal,()=>a.forEach(c=>c()));let p=new R(i,n,o.signal,l);return _(l,p,o.signal),e(p,{root:l,signal:o.signal,announce:c=>s.textContent=c,onTheme:c=>a.push(c)}),()=>{o.abort(),l.remove()}}}}var xt=we(ne,"overlap",(n,t)=>{new $(n,t)});export{xt as default};
