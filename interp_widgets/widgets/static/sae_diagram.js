function L(i,t=2){if(i===null||Number.isNaN(i))return"–";let e=Math.abs(i).toFixed(t);return i<0&&Number(e)!==0?`−${e}`:e}function l(i,t={},...e){let r=document.createElement(i);return q(r,t),r.append(...e.filter(n=>n!=null)),r}function h(i,t={},...e){let r=document.createElementNS("http://www.w3.org/2000/svg",i);return q(r,t),r.append(...e.filter(n=>n!=null)),r}function q(i,t){for(let[e,r]of Object.entries(t))r==null||r===!1||i.setAttribute(e,r===!0?"":String(r))}function O(i,...t){let e=t.filter(n=>n!=null),r=i.childNodes;e.length===r.length&&e.every((n,o)=>n===r[o])||i.replaceChildren(...e)}var j=0;function W(i){return j+=1,`iw-${i}-${Math.random().toString(36).slice(2,8)}-${j}`}var X=(i,t,e)=>Math.min(Math.max(i,t),e);var St={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},Et=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function E(i){if(i==="")return"∅";let t="";for(let e of i){let r=St[e];r!==void 0?t+=r:Et.test(e)?t+=`‹${e.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:t+=e}return t}function Mt(i){let t=i.length>1&&i.startsWith(" ")&&i[1]!==" ";return{lead:t,body:E(t?i.slice(1):i)}}function Y(i){let{lead:t,body:e}=Mt(i);return l("span",{class:"iw-token"},t?l("i",{},"·"):null,e)}var Z=["token","picked","scene"];function b(i){let t=Math.abs(i);return L(i,t>0?Math.min(Math.max(2-Math.floor(Math.log10(t)),0),6):0)}var x=(i,t)=>i.latents.flatMap((e,r)=>i.shine[t][r]===2?[r]:[]),P=(i,t,e)=>i.families[e].shine[t]===2;function J(i,t,e){let{id:r,name:n}=i.latents[e],o=i.codes[t][e],a=["silent",`faint, ${b(o)}`,b(o)][i.shine[t][e]];return`Latent ${r}${n&&` (${n})`}: ${a}`}function Q(i,t){let e=i.families.filter((n,o)=>P(i,t,o)).map(({name:n})=>n),r=`${E(i.tokens[t])} (${t+1} of ${i.tokens.length}): ${i.l0[t]} of ${i.d_sae} latents fire, L1 ${b(i.l1[t])}, squared error ${b(i.mse[t])}`;return e.length?`${r}; lit: ${e.join(", ")}.`:`${r}.`}var M=(i,t)=>(e,r,n)=>Array.from({length:i},(o,a)=>[e+n*Math.sin(t+2*Math.PI*a/i),r-n*Math.cos(t+2*Math.PI*a/i)]),tt=i=>(t,e,r)=>[[-.35,-1],[.35,-1],[.35,-.35],[1,-.35],[1,.35],[.35,.35],[.35,1],[-.35,1],[-.35,.35],[-1,.35],[-1,-.35],[-.35,-.35]].map(([o,a])=>[t+r*(o*Math.cos(i)-a*Math.sin(i)),e+r*(o*Math.sin(i)+a*Math.cos(i))]),v=[M(14,0),M(4,Math.PI/4),M(3,0),M(4,0),tt(0),tt(Math.PI/4),M(5,0)];var Tt={light:["#0b5d92","#b8560b","#0b7a5c","#a2487c","#6b5d00","#4a4fb0","#8b2f2f","#4d5560"],dark:["#6cb9e8","#f0a35c","#4fcfa3","#e59cc6","#e2d25a","#a3a8f5","#f08a85","#b9c2cd"],contrast:["CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText","CanvasText"]},et=["","6 3","2 3","9 3 2 3","1 4","12 4","4 2 1 2 1 2","7 2 2 2"];function it(i,t){let e=i%et.length;return{color:Tt[t][e],dash:et[e]}}function rt(i,t){let e=l("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),r=l("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return e.addEventListener("click",()=>i.act({do:"undo"}),{signal:t}),r.addEventListener("click",()=>i.act({do:"redo"}),{signal:t}),i.watch(["depth"],()=>{let[n,o]=i.read("depth");e.setAttribute("aria-disabled",String(n===0)),r.setAttribute("aria-disabled",String(o===0))}),l("span",{class:"iw-pair"},e,r)}function nt(i,t,e,r){let n=l("details",{class:"iw-menu"},l("summary",{},"Save")),o=l("div",{class:"iw-entries"});for(let[a,p]of Object.entries(t)){let s=l("button",{type:"button"},a);s.addEventListener("click",async()=>{n.open=!1;try{Lt(await p(),`${i}.${a.toLowerCase()}`)}catch(d){e(`Could not save ${a}: ${String(d)}`)}},{signal:r}),o.append(s)}return n.append(o),n.addEventListener("keydown",a=>{a.key!=="Escape"||!n.open||(n.open=!1,n.querySelector("summary")?.focus())},{signal:r}),document.addEventListener("pointerdown",a=>{a.composedPath().includes(n)||(n.open=!1)},{signal:r}),n}function Lt(i,t){let e=l("a",{href:URL.createObjectURL(i),download:t});document.body.append(e),e.click(),e.remove(),setTimeout(()=>URL.revokeObjectURL(e.href),1e4)}function ot(i){return i.map(t=>/[",\r\n]/.test(String(t))?`"${String(t).replaceAll('"','""')}"`:String(t)).join(",")}function D(i){return i.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(i)],{type:"image/svg+xml"})}async function at(i){let[t,e]=[Number(i.getAttribute("width")),Number(i.getAttribute("height"))],r=new Image,n=await D(i).text();r.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(n)}`,await r.decode();let o=Math.min(2,16e3/Math.max(t,e)),a=l("canvas",{width:Math.round(t*o),height:Math.round(e*o)});return a.getContext("2d").drawImage(r,0,0,a.width,a.height),new Promise((p,s)=>a.toBlob(d=>d?p(d):s(new Error("no picture")),"image/png"))}function A(i,t){let e=()=>i.getRootNode().activeElement,r=e(),n=r!==null&&i.contains(r);t();let o=e();if(!n||o!==null&&i.contains(o)&&st(o))return;let a=r.dataset.key,p=a===void 0?null:i.querySelector(`[data-key="${CSS.escape(a)}"]`);(p!==null&&st(p)?p:i.querySelector("[data-home]"))?.focus({preventScroll:!0})}function st(i){return i.getClientRects().length>0}function lt(i,t,e){i.addEventListener("keydown",r=>{let n=r.ctrlKey||r.metaKey,o=r.key.toLowerCase();n&&!r.altKey&&(o==="z"||o==="y")?(t.act({do:o==="y"||r.shiftKey?"redo":"undo"}),r.preventDefault(),r.stopPropagation()):!n&&!r.altKey&&r.stopPropagation()},{signal:e})}var $=class{constructor(t,e){this.list=t;let r=()=>l("div",{role:"option",id:W("option"),"aria-selected":"false"},e);this.options=[r(),r()],this.element=l("div",{class:"iw-sr"},...this.options)}list;element;options;turn=0;say(t,e){let r=this.options[this.turn=1-this.turn];r.textContent=t,r.setAttribute("aria-selected",String(e)),this.list().setAttribute("aria-activedescendant",r.id)}quiet(){this.list().removeAttribute("aria-activedescendant")}};var At=Symbol.for("interp_widgets.sheets");function $t(i){let t=globalThis,e=t[At]??=new Map,r=e.get(i);return r||(r=new CSSStyleSheet,r.replaceSync(i),e.set(i,r)),r}function C(i,t){let e=$t(t),r=()=>{let o=i.getRootNode(),a=o instanceof ShadowRoot?o:document;a.adoptedStyleSheets.includes(e)||(a.adoptedStyleSheets=[...a.adoptedStyleSheets,e])};if(r(),i.isConnected)return;let n=new ResizeObserver(()=>{n.disconnect(),r()});n.observe(i)}var Ct=400;function dt(i,t){let e=l("span",{class:"iw-busy"},"computing"),r=l("button",{type:"button"},"Stop"),n=l("span",{class:"iw-work iw-unseen"},e,r);r.addEventListener("click",()=>i.work(i.read("stopped")?"resume":"stop"),{signal:t.signal});let o=l("div",{class:"iw-error",role:"alert",hidden:!0}),a=l("p",{class:"iw-summary"}),p="",s=0,d=()=>{let c=i.read("error")||p;o.hidden=c==="",o.textContent!==c&&(o.textContent=c),clearTimeout(s);let u=i.read("busy")&&!i.dead,m=i.read("stopped")&&!i.dead;e.hidden=m&&!u,r.textContent=m?"Stopped: go on":"Stop",N(r,!1),N(n,!u&&!m),!u&&!m&&i.pending&&!i.dead&&(s=setTimeout(()=>{N(r,!0),N(n,!i.pending)},Ct))};return i.watch(["error","busy","stopped","answered"],d),i.watch(["summary"],()=>{a.textContent=i.read("summary"),t.announce(i.read("summary"))}),t.signal.addEventListener("abort",()=>clearTimeout(s)),{busy:n,error:o,summary:a,fail(c){p=c,d()}}}function N(i,t){i.classList.toggle("iw-unseen",t)}var[H,G,y]=[590,62,18],[R,g,z,f]=[68,266,518,26],V=({latents:i})=>G+y*i.length+16,B=i=>G+y*(i+.5),F=i=>String(i).replace(/\d/g,t=>"⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(t)]),T=(i,t)=>{let e=Math.min(46,y*i.latents.length/i.dims.length);return G+y*i.latents.length/2+(t-(i.dims.length-1)/2)*e},K=class{constructor(t,e,r,n){this.scene=t;this.token=e;this.only=r;this.ink=n;let o=V(t);this.element=h("svg",{width:H,height:o,viewBox:`0 0 ${H} ${o}`,"font-family":"system-ui, sans-serif","font-size":11,fill:n.text,"aria-hidden":"true"}),this.frame=h("rect",{x:g-13,width:168,height:18,rx:5,fill:"none",stroke:n.text,"stroke-width":2,visibility:"hidden"}),Nt(this.element,t,n),this.element.append(this.wires),pt(this.element,t,t.x[e],R,n.input,"start",n),pt(this.element,t,t.out[e],z,n.output,"end",n),t.latents.forEach((a,p)=>Rt(this.element,t,e,p,r===p,n)),this.element.append(this.frame),this.point(-1)}scene;token;only;ink;element;wires=h("g",{class:"iw-sae-diagram-wires"});frame;point(t){let{frame:e,only:r,scene:n}=this,o=r>=0?[r]:t>=0?[t]:x(n,this.token);this.wires.replaceChildren(...o.flatMap(a=>Ht(n,a,this.ink))),e.setAttribute("visibility",t<0?"hidden":"visible"),t>=0&&e.setAttribute("y",String(B(t)-9))}};function Nt(i,{d_in:t,d_sae:e,dims:r,latents:n},o){let a=(d,c,u,m={})=>{i.append(h("text",{x:d,y:c,"text-anchor":"middle",...m},u))},p=(d,c)=>d<c?`${d} of ${c} drawn`:`all ${c}`,s={"font-weight":700,"font-size":13};for(let[d,c,u,m]of[[R,`x in ℝ${F(t)}`,r.length,t],[g+10,`f in ℝ${F(e)}`,n.length,e],[z,`x̂ in ℝ${F(t)}`,r.length,t]])a(d,18,c,s),a(d,35,p(u,m),{fill:o.faint});for(let[d,c,u]of[[R+56,g-46,"W_enc"],[g+66,z-56,"W_dec"]])i.append(h("path",{d:`M${d} 15H${c}m-6 -4l6 4l-6 4`,fill:"none",stroke:o.text,"stroke-width":1.3})),a((d+c)/2,31,u,{"font-weight":600})}function Ht(i,t,e){let r=ct(i,t,e),n=(s,d,c,u,m)=>h("line",{x1:s,y1:d,x2:c,y2:u,stroke:r,"stroke-width":(.4+3*Math.abs(m)).toFixed(2),opacity:(.2+.55*Math.abs(m)).toFixed(2),"stroke-dasharray":m<0?"4 3":null}),[o,a]=[i.encoder.map(s=>s[t]),i.decoder[t]],p=s=>Math.max(...s.map(Math.abs),1e-12);return[...o.map((s,d)=>n(R+f/2,T(i,d),g-6,B(t),s/p(o))),...a.map((s,d)=>n(g+6,B(t),z-f/2,T(i,d),s/p(a)))]}var ct=(i,t,e)=>i.latents[t].family<0?e.plain:e.family(i.latents[t].family);function pt(i,t,e,r,n,o,a){let p=Math.max(...t.x.flat().map(Math.abs),...t.out.flat().map(Math.abs),1e-12),[s,d]=[Math.min(f,Math.abs(T(t,1)-T(t,0))-2||f),o==="start"?-f/2-6:f/2+6];e.forEach((c,u)=>{let m=T(t,u);i.append(h("rect",{x:r-f/2,y:m-s/2,width:f,height:s,rx:4,fill:a.ground,stroke:a.faint}),h("rect",{x:r-f/2,y:m-s/2,width:f,height:s,rx:4,fill:n,opacity:Math.abs(c)/p}),h("text",{x:r+d,y:m-1,"text-anchor":o==="start"?"end":"start","font-weight":600},L(c)),h("text",{x:r+d,y:m+11,"text-anchor":o==="start"?"end":"start",fill:a.faint,"font-size":10},`dim ${t.dims[u]}`))})}function Rt(i,t,e,r,n,o){let{id:a,name:p,family:s}=t.latents[r],[d,c]=[t.codes[e][r],t.shine[e][r]],u=Math.max(...t.codes.map(S=>S[r]),1e-12),[m,w,_]=[c===2,B(r),ct(t,r,o)],bt=v[(s+1)%v.length],xt=m?4+3.5*(d/u):c?4:3,vt=bt(g,w,xt).map(S=>S.map(kt=>kt.toFixed(1)).join()).join(" "),k=h("g",{"data-latent":r,"data-lit":String(m)});k.append(h("polygon",{points:vt,fill:m?_:o.ground,stroke:c?_:o.faint,"stroke-width":1.3})),n&&k.append(h("circle",{cx:g,cy:w,r:10,fill:"none",stroke:o.accent,"stroke-width":2.2}));let yt=[a,p,c?b(d):""].filter(S=>S!=="").join(" ");k.append(h("text",{x:g+14,y:w+4,stroke:o.ground,"stroke-width":3.5,"paint-order":"stroke","stroke-linejoin":"round","font-weight":m?700:400,fill:m?o.text:o.faint},yt)),k.append(h("rect",{x:g-12,y:w-y/2,width:160,height:y,fill:"transparent"})),i.append(k)}var mt=`.iw-sae-diagram .iw-sae-diagram-step { display: flex; gap: 10px; align-items: center; color: var(--iw-faint); margin: 0 0 8px; }
.iw-sae-diagram .iw-sae-diagram-step input { flex: 1; max-width: 420px; accent-color: var(--iw-accent); }
.iw-sae-diagram .iw-sae-diagram-text { display: flex; flex-wrap: wrap; gap: 2px; margin: 0 0 8px; max-height: 8em; overflow-y: auto; }
.iw-sae-diagram .iw-sae-diagram-text > span { padding: 1px 4px; border: 2px solid transparent; border-radius: 5px; cursor: pointer; }
.iw-sae-diagram .iw-sae-diagram-text > span:hover { background: var(--iw-soft); }
.iw-sae-diagram .iw-sae-diagram-text > [data-now="true"] { border-color: var(--iw-accent); font-weight: 700; }
.iw-sae-diagram .iw-token i { opacity: 0.7; }
.iw-sae-diagram .iw-sae-diagram-families { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 8px; }
.iw-sae-diagram .iw-sae-diagram-families button { display: inline-flex; gap: 5px; align-items: center; padding: 2px 9px; }
.iw-sae-diagram .iw-sae-diagram-families [data-lit="true"] { font-weight: 700; border-color: var(--iw-text); }
.iw-sae-diagram .iw-sae-diagram-body { display: flex; flex-wrap: wrap; gap: 10px 20px; align-items: flex-start; }
.iw-sae-diagram .iw-sae-diagram-plot { flex: 1 1 440px; min-width: 0; max-width: 640px; border-radius: 4px; overflow-x: auto; }
.iw-sae-diagram .iw-sae-diagram-plot:focus-visible { outline: 2px solid var(--iw-link); outline-offset: 2px; }
.iw-sae-diagram svg { display: block; max-width: 100%; height: auto; forced-color-adjust: none; }
.iw-sae-diagram .iw-sae-diagram-plot svg { min-width: 400px; } /* its words stay legible; a narrow page scrolls */
.iw-sae-diagram [data-latent] { cursor: pointer; }
.iw-sae-diagram .iw-sae-diagram-box { flex: 1 1 190px; max-width: 300px; padding: 9px 12px; border: 1px solid var(--iw-line); border-left: 3px solid var(--iw-accent); border-radius: 6px; font-size: 12px; }
.iw-sae-diagram .iw-sae-diagram-box p { margin: 6px 0 0; color: var(--iw-faint); }
.iw-sae-diagram .iw-sae-diagram-loss { border-collapse: collapse; width: 100%; margin: 4px 0 0; font-size: 12px; font-variant-numeric: tabular-nums; color: inherit; background: transparent; }
.iw-sae-diagram .iw-sae-diagram-loss tr { background: transparent; }
.iw-sae-diagram .iw-sae-diagram-loss :is(th, td) { padding: 2px 4px; border: 0; text-align: right; font-weight: 400; background: transparent; }
.iw-sae-diagram .iw-sae-diagram-loss th:first-child { text-align: left; color: var(--iw-faint); }
.iw-sae-diagram .iw-sae-diagram-loss tbody td:nth-child(2) { font-weight: 700; }
`;var Bt="A box is as full as its value is large. A filled sign is a lit latent; a hollow one with a number fires faintly, below half of its own largest value here. Dashed lines are negative weights. Click a token, or move the slider with the arrow keys. Up and down arrows go through the latents; click or Enter holds one and draws its weights alone.",I=class{constructor(t,e){this.link=t;this.frame=e;let{signal:r}=e;this.status=dt(t,e),this.slider.addEventListener("input",()=>this.go(Number(this.slider.value),"slide"),{signal:r}),this.text.addEventListener("click",p=>{let s=p.target.closest("[data-at]")?.dataset.at;s!==void 0&&this.go(Number(s))},{signal:r}),this.families.addEventListener("click",p=>{let s=Number(p.target.closest("[data-at]")?.dataset.at??-1);s>=0&&this.go(s)},{signal:r}),this.listen();let n=l("div",{class:"iw-acts"},rt(t,r),this.menu()),o=l("div",{class:"iw-top"},l("label",{class:"iw-sae-diagram-step"},"Token ",this.slider),n),a=l("div",{class:"iw-sae-diagram-box"},l("b",{},"Loss of this token"),this.loss,l("p",{},"A penalty on L1, or a fixed number of latents, is what keeps f sparse; the squared error is what keeps it faithful. Both count all latents, drawn or not."));C(e.root,mt),e.root.append(o,this.status.error,this.text,this.families,l("div",{class:"iw-sae-diagram-body"},this.plot,a),l("p",{class:"iw-hint"},Bt),this.status.summary),e.onTheme(()=>this.draw()),t.watch(["scene","token","picked"],()=>A(e.root,()=>this.draw()))}link;frame;status;slider=l("input",{type:"range",min:0,step:1,"aria-label":"Token","data-key":"token"});text=l("div",{class:"iw-sae-diagram-text","aria-hidden":"true"});families=l("div",{class:"iw-sae-diagram-families",role:"group","aria-label":"Families: go to the token that lights one most"});paper=l("div",{});readout=new $(()=>this.plot,"no latent");plot=l("div",{class:"iw-sae-diagram-plot",role:"listbox",tabindex:0,"data-home":!0,"data-key":"plot"},this.paper,this.readout.element);loss=l("table",{class:"iw-sae-diagram-loss"});diagram=null;cursor=-1;listen(){let{plot:t,frame:{signal:e}}=this,r=n=>Number(n.target.closest("[data-latent]")?.dataset.latent??-1);t.addEventListener("pointermove",n=>this.to(r(n)),{signal:e}),t.addEventListener("pointerleave",()=>this.to(-1),{signal:e}),t.addEventListener("click",n=>r(n)>=0&&this.pick(r(n)),{signal:e}),t.addEventListener("focus",()=>t.matches(":focus-visible")&&this.to(this.home()),{signal:e}),t.addEventListener("blur",()=>this.to(-1),{signal:e}),t.addEventListener("keydown",n=>{if(n.ctrlKey||n.metaKey||n.altKey)return;let o=this.link.read("scene").latents.length-1,a=this.cursor<0?this.home():this.cursor,p={ArrowDown:a+1,ArrowUp:a-1,Home:0,End:o}[n.key];if(p!==void 0)this.to(X(p,0,o));else if(n.key==="Enter"||n.key===" ")this.pick(a);else if(n.key==="Escape")this.to(-1);else return;n.preventDefault()},{signal:e})}home(){let t=this.link.read("scene"),e=t.latents.findIndex(({id:r})=>r===this.link.read("picked"));return e>=0?e:x(t,this.link.read("token"))[0]??0}go(t,e){let r={do:"token",to:t,...e?{burst:e}:{}};this.link.act(r,{token:t,summary:Q(this.link.read("scene"),t)})}pick(t){let e=this.link.read("scene").latents[t].id;this.link.act({do:"pick",latent:e},{picked:this.link.read("picked")===e?-1:e})}to(t){t!==this.cursor&&(this.cursor=t,this.diagram?.point(t),this.read())}read(){if(this.cursor<0)return this.readout.quiet();let t=this.link.read("scene");this.readout.say(J(t,this.link.read("token"),this.cursor),t.latents[this.cursor].id===this.link.read("picked"))}ink(){let t=getComputedStyle(this.frame.root),e=o=>t.getPropertyValue(o).trim(),r=this.frame.root.dataset.theme??"light",n=o=>it(o,r).color;return{text:t.color,faint:e("--iw-faint"),line:e("--iw-line"),ground:e("--iw-ground"),accent:e("--iw-accent"),input:n(0),output:n(2),plain:n(7),family:o=>n([1,3,5,4,6,0,2][o%7])}}draw(){let{link:t}=this,[e,r]=[t.read("scene"),t.read("token")];this.slider.max=String(e.tokens.length-1),this.slider.value=String(r),this.slider.setAttribute("aria-valuetext",`${E(e.tokens[r])}, ${r+1} of ${e.tokens.length}`),O(this.text,...e.tokens.map((o,a)=>l("span",{"data-at":a,"data-now":String(a===r)},Y(o))));let{family:n}=this.ink();this.families.hidden=e.families.length===0,O(this.families,...e.families.map(({name:o,at:a,shine:p},s)=>{let[d,c]=[P(e,r,s),p[r]===1],u=v[(s+1)%v.length](7,7,5.5).map(w=>w.join()).join(" "),m=h("svg",{width:14,height:14,viewBox:"0 0 14 14","aria-hidden":"true"},h("polygon",{points:u,fill:d?n(s):"none",stroke:n(s),"stroke-width":1.3}));return l("button",{type:"button","data-at":a,"data-key":`family${s}`,"data-lit":String(d),"aria-disabled":String(a<0)},m,` ${o}: ${d?"lit":a<0?"never lit here":c?"faint":"dark"}`)})),this.numbers(e,r),this.paint(),this.plot.setAttribute("aria-label",`${e.latents.length} latents, ${x(e,r).length} of them lit. Up and down arrows go through them; Enter holds one.`)}drawn(){let t=this.link.read("scene");return new K(t,this.link.read("token"),t.latents.findIndex(({id:e})=>e===this.link.read("picked")),this.ink())}paint(){let{link:t}=this,e=t.read("scene");this.diagram=this.drawn(),this.diagram.point(this.cursor),this.paper.replaceChildren(this.diagram.element),this.plot.dataset.lit=x(e,t.read("token")).map(r=>e.latents[r].id).join()}numbers(t,e){let r=p=>p.reduce((s,d)=>s+d,0)/p.length,n=(p,s,d,c=b)=>l("tr",{"data-part":p},l("th",{scope:"row"},s),l("td",{},c(d[e])),l("td",{},b(r(d)))),o=t.mse.map((p,s)=>t.size[s]>0?p/t.size[s]:NaN),a=l("tr",{},l("td",{}),l("th",{scope:"col"},"here"),l("th",{scope:"col"},"mean"));this.loss.replaceChildren(l("thead",{},a),l("tbody",{},n("mse","squared error",t.mse),n("left","its share of x²",o),n("l1","L1: sum of f",t.l1),n("l0","L0: latents that fire",t.l0,String)))}menu(){let{link:t}=this,e=()=>{let o=this.drawn().element;return o.prepend(h("rect",{width:H,height:V(t.read("scene")),fill:this.ink().ground})),o};return nt("sae_diagram",{PNG:()=>at(e()),SVG:()=>D(e()),CSV:()=>{let{tokens:o,mse:a,l1:p,l0:s,latents:d,codes:c}=t.read("scene"),u=[["token","mse","l1","l0",...d.map(({id:m,name:w})=>w?`${m} ${w}`:String(m))],...o.map((m,w)=>[m,a[w],p[w],s[w],...c[w]])];return new Blob([`${u.map(ot).join(`\r
`)}\r
`],{type:"text/csv"})},JSON:()=>new Blob([JSON.stringify({...t.read("scene"),token:t.read("token"),picked:t.read("picked")},null,1)],{type:"application/json"})},o=>this.status.fail(o),this.frame.signal)}};var ut=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var ht="(forced-colors: active)",wt="(prefers-color-scheme: dark)";function It(i){if(matchMedia(ht).matches)return"contrast";let{body:t,documentElement:e}=document,r=t.dataset.jpThemeLight;if(r!==void 0)return r==="true"?"light":"dark";let n=t.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let o=e.getAttribute("theme")??e.dataset.theme??t.dataset.theme;return o==="dark"||o==="light"?o:e.classList.contains("dark")||t.classList.contains("dark")?"dark":Ot(i)??(matchMedia(wt).matches?"dark":"light")}function Ot(i){for(let t=i.parentElement;t;t=t.parentElement){let[e,r,n,o]=(getComputedStyle(t).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(e===void 0||r===void 0||n===void 0||o===0))return .299*e+.587*r+.114*n<128?"dark":"light"}return null}function ft(i,t,e){let r=()=>{let o=It(i);i.dataset.theme!==o&&(i.dataset.theme=o,e(),setTimeout(()=>!t.aborted&&e(),400))};r();let n=new MutationObserver(r);for(let o of[document.documentElement,document.body])n.observe(o,{attributes:!0});t.addEventListener("abort",()=>n.disconnect());for(let o of[ht,wt])matchMedia(o).addEventListener("change",r,{signal:t})}var Pt=["busy","stopped","error","summary","depth","answered","plain"],Dt="The kernel was restarted: run the notebook again, down to this cell.",U=class{constructor(t,e,r,n){this.host=t;this.signal=r;this.root=n;for(let o of[...e,...Pt])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(t){return t==="error"&&this.dead?Dt:t in this.overlay?this.overlay[t]:this.host.get(t)}act(t,e={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...e},this.waiting=performance.now(),this.host.send({action:t,echo:e,view:this.view,n:this.sent}),this.note([...Object.keys(e),"answered"]))}work(t){this.dead||this.host.send({work:t})}get pending(){return this.waiting>0}watch(t,e){this.watchers.push({names:t,run:e}),e()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(t,e){this.host.on(t,e),this.signal.addEventListener("abort",()=>this.host.off(t,e))}settle(){let[t,e]=this.read("answered");if(t!==this.view||e!==this.sent)return;let r=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...r,"answered"])}note(t){t.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let e of t)this.changed.add(e)}flush(){let t=this.changed;this.changed=new Set,!this.signal.aborted&&A(this.root,()=>{for(let e of this.watchers)e.names.some(r=>t.has(r))&&e.run()})}};function gt(i,t,e){return{render({model:r,el:n}){let o=new AbortController,a=[],p=l("div",{class:"iw-sr",role:"status","aria-live":"polite"}),s=l("section",{class:`iw iw-${t}`},p);n.append(s),C(s,ut),ft(s,o.signal,()=>a.forEach(c=>c()));let d=new U(r,i,o.signal,s);return lt(s,d,o.signal),e(d,{root:s,signal:o.signal,announce:c=>p.textContent=c,onTheme:c=>a.push(c)}),()=>{o.abort(),s.remove()}}}}var Ie=gt(Z,"sae-diagram",(i,t)=>{new I(i,t)});export{Ie as default};
