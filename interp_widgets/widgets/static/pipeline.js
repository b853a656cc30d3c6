function v(i,e=2){if(i===null||Number.isNaN(i))return"–";let t=Math.abs(i).toFixed(e);return i<0&&Number(t)!==0?`−${t}`:t}var Z=["prompts","offers","live","site","layer","pos","head","direction","step","answer","distractor","shown"],X={resid_pre:"stream in",resid_post:"stream out",attn_out:"attention",mlp_out:"MLP",z:"one head"},Q={denoise:"clean → corrupt",noise:"corrupt → clean"},y=["clean","corrupt","patched"],k=({direction:i})=>i==="denoise"?[0,1]:[1,0],Y=({layer:i,pos:e},t)=>t.layer>i&&t.pos>=e,J=i=>i<0?`(${v(i)})`:v(i);function A(i){let[e,t]=k(i),[r,n,o]=[i.runs[t].value,i.runs[e].value,i.runs[2].value],s=`recovery = (patched − ${y[t]}) ÷ (${y[e]} − ${y[t]})`,l=`(${v(o)} − ${J(r)}) ÷ (${v(n)} − ${J(r)})`;return`${s} = ${l}${i.recovery===null?": nothing to divide by":` = ${v(i.recovery)}`}`}function a(i,e={},...t){let r=document.createElement(i);return te(r,e),r.append(...t.filter(n=>n!=null)),r}function m(i,e={},...t){let r=document.createElementNS("http://www.w3.org/2000/svg",i);return te(r,e),r.append(...t.filter(n=>n!=null)),r}function te(i,e){for(let[t,r]of Object.entries(e))r==null||r===!1||i.setAttribute(t,r===!0?"":String(r))}function x(i,...e){let t=e.filter(n=>n!=null),r=i.childNodes;t.length===r.length&&t.every((n,o)=>n===r[o])||i.replaceChildren(...t)}var ee=0;function L(i){return ee+=1,`iw-${i}-${Math.random().toString(36).slice(2,8)}-${ee}`}var T=(i,e,t)=>Math.min(Math.max(i,e),t);function ie(i,e,t,r){let n=L("choice"),o=Object.keys(e).map(l=>a("input",{type:"radio",name:n,value:l})),s=a("fieldset",{class:"iw-choice"},a("legend",{},i),...o.map(l=>a("label",{},l,a("span",{},e[l.value]))));return s.addEventListener("change",l=>t(l.target.value),{signal:r}),{element:s,set:l=>o.forEach(p=>p.checked=p.value===l)}}var re="interp-widgets:cursor",ne=new WeakMap;function oe(i){let e=ne.get(i);return e===void 0&&ne.set(i,e=JSON.stringify(i)),e}var R=class{self=L("view");told=!1;elsewhere=null;constructor(e,t){let r=n=>{let o=n.detail;if(o.from===this.self)return;let s=this.elsewhere;this.elsewhere=o.key===null?null:o,(s?.key!==this.elsewhere?.key||s?.pos!==this.elsewhere?.pos)&&t()};document.addEventListener(re,r,{signal:e}),e.addEventListener("abort",()=>this.point(null))}point(e,t=-1){let r=e&&t>=0&&t<e.length?oe(e):null;r===null&&!this.told||(this.told=r!==null,this.elsewhere=null,document.dispatchEvent(new CustomEvent(re,{detail:{from:this.self,key:r,pos:t}})))}column(e){let t=this.elsewhere;return t&&t.key===oe(e)?t.pos:null}};function ae(i,e){let t=a("button",{type:"button",class:"iw-icon","aria-label":"Undo",title:"Undo (Ctrl+Z)"},"↶"),r=a("button",{type:"button",class:"iw-icon","aria-label":"Redo",title:"Redo (Ctrl+Shift+Z)"},"↷");return t.addEventListener("click",()=>i.act({do:"undo"}),{signal:e}),r.addEventListener("click",()=>i.act({do:"redo"}),{signal:e}),i.watch(["depth"],()=>{let[n,o]=i.read("depth");t.setAttribute("aria-disabled",String(n===0)),r.setAttribute("aria-disabled",String(o===0))}),a("span",{class:"iw-pair"},t,r)}function se(i,e,t,r){let n=a("details",{class:"iw-menu"},a("summary",{},"Save")),o=a("div",{class:"iw-entries"});for(let[s,l]of Object.entries(e)){let p=a("button",{type:"button"},s);p.addEventListener("click",async()=>{n.open=!1;try{He(await l(),`${i}.${s.toLowerCase()}`)}catch(d){t(`Could not save ${s}: ${String(d)}`)}},{signal:r}),o.append(p)}return n.append(o),n.addEventListener("keydown",s=>{s.key!=="Escape"||!n.open||(n.open=!1,n.querySelector("summary")?.focus())},{signal:r}),document.addEventListener("pointerdown",s=>{s.composedPath().includes(n)||(n.open=!1)},{signal:r}),n}function He(i,e){let t=a("a",{href:URL.createObjectURL(i),download:e});document.body.append(t),t.click(),t.remove(),setTimeout(()=>URL.revokeObjectURL(t.href),1e4)}function le(i){return i.map(e=>/[",\r\n]/.test(String(e))?`"${String(e).replaceAll('"','""')}"`:String(e)).join(",")}function F(i){return i.setAttribute("xmlns","http://www.w3.org/2000/svg"),new Blob([new XMLSerializer().serializeToString(i)],{type:"image/svg+xml"})}async function pe(i){let[e,t]=[Number(i.getAttribute("width")),Number(i.getAttribute("height"))],r=new Image,n=await F(i).text();r.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(n)}`,await r.decode();let o=Math.min(2,16e3/Math.max(e,t)),s=a("canvas",{width:Math.round(e*o),height:Math.round(t*o)});return s.getContext("2d").drawImage(r,0,0,s.width,s.height),new Promise((l,p)=>s.toBlob(d=>d?l(d):p(new Error("no picture")),"image/png"))}function M(i,e){let t=()=>i.getRootNode().activeElement,r=t(),n=r!==null&&i.contains(r);e();let o=t();if(!n||o!==null&&i.contains(o)&&de(o))return;let s=r.dataset.key,l=s===void 0?null:i.querySelector(`[data-key="${CSS.escape(s)}"]`);(l!==null&&de(l)?l:i.querySelector("[data-home]"))?.focus({preventScroll:!0})}function de(i){return i.getClientRects().length>0}function ce(i,e,t){i.addEventListener("keydown",r=>{let n=r.ctrlKey||r.metaKey,o=r.key.toLowerCase();n&&!r.altKey&&(o==="z"||o==="y")?(e.act({do:o==="y"||r.shiftKey?"redo":"undo"}),r.preventDefault(),r.stopPropagation()):!n&&!r.altKey&&r.stopPropagation()},{signal:t})}var Be=1200,ze=140,N=class{constructor(e,t,r){this.typed=t;let n=this.unknown.id;this.area=a("textarea",{id:this.id,rows:1,spellcheck:"false",autocomplete:"off","aria-describedby":n});let o=a("div",{class:"iw-typed"},this.under,this.area);this.element=a("div",{class:"iw-prompt"},a("label",{for:this.id},e),o,this.offers,this.unknown),this.listen(r)}typed;element;id=L("prompt");area;under=a("div",{class:"iw-under","aria-hidden":"true"});unknown=a("span",{class:"iw-unknown",id:L("unknown")});offers=a("select",{class:"iw-offers","aria-label":"Prompts this model speaks"});offered="";burst=0;typedAt=0;width=0;show(e,t){this.area.value!==e&&(this.area.value=e,this.forget(),this.fit()),this.offers.hidden=t.length===0;let r=t.join(`
`);r===this.offered&&this.offers.options.length>0||(this.offered=r,x(this.offers,a("option",{},"Try a prompt…"),...t.map(n=>a("option",{value:n},n))))}underline(e,t){if(e!==this.area.value)return;let r=[],n=0;for(let[s,l]of t)r.push(e.slice(n,s),a("u",{},e.slice(s,l))),n=l;x(this.under,...r,e.slice(n));let o=[...new Set(t.map(([s,l])=>e.slice(s,l)))];this.unknown.textContent=o.length?`Not in this model’s vocabulary, read in crumbs: ${o.join(", ")}`:""}listen(e){this.area.addEventListener("input",()=>{this.fit(),this.forget(),this.say(this.area.value)},{signal:e}),this.area.addEventListener("keydown",r=>{r.key!=="Enter"||r.shiftKey||r.isComposing||(r.preventDefault(),this.typedAt=0)},{signal:e}),this.area.addEventListener("blur",()=>this.typedAt=0,{signal:e}),this.area.addEventListener("scroll",()=>this.under.scrollTop=this.area.scrollTop,{signal:e}),this.offers.addEventListener("change",()=>{this.typedAt=0,this.offers.selectedIndex>0&&this.say(this.offers.value),this.offers.selectedIndex=0},{signal:e});let t=new ResizeObserver(()=>{this.area.clientWidth!==this.width&&(this.width=this.area.clientWidth,this.fit())});t.observe(this.area),e.addEventListener("abort",()=>t.disconnect())}fit(){this.area.style.height="auto";let e=this.area.scrollHeight;this.area.style.height=e?`${Math.min(e+2,ze)}px`:""}forget(){x(this.under),this.unknown.textContent=""}say(e){let t=Date.now();t-this.typedAt>Be&&(this.burst=t),this.typedAt=t,this.typed(e,`${this.id}-${this.burst}`)}};var we=(i,e)=>e>1?["First prompt","Second prompt"][i]:"Prompt";function he(i,e,t,r,n){let o=a("div"),s=[],l=(p,d)=>new N(we(p,d),(c,h)=>{let w=i.read("prompts").map((g,S)=>S===p?c:g);r(),i.act({do:"prompt",side:p,text:c,burst:h},{prompts:w})},n);return i.watch(["prompts","offers","live",...e],()=>{let p=i.read("prompts");if(o.dataset.two=String(p.length>1),!i.read("live")){x(o,...p.map((c,h)=>je(we(h,p.length),c)));return}for(;s.length<p.length;)s.push(l(s.length,p.length));x(o,...s.map(c=>c.element));let d=t();s.forEach((c,h)=>{c.show(p[h]??"",i.read("offers"));let w=d[h];w&&c.underline(w.prompt,w.unknown)})}),o}function je(i,e){return a("div",{class:"iw-prompt"},a("span",{class:"iw-name"},i),a("div",{class:"iw-said",tabindex:e.length>400?0:null},e))}var Oe=400;function ue(i,e){let t=a("span",{class:"iw-busy"},"computing"),r=a("button",{type:"button"},"Stop"),n=a("span",{class:"iw-work iw-unseen"},t,r);r.addEventListener("click",()=>i.work(i.read("stopped")?"resume":"stop"),{signal:e.signal});let o=a("div",{class:"iw-error",role:"alert",hidden:!0}),s=a("p",{class:"iw-summary"}),l="",p=0,d=()=>{let c=i.read("error")||l;o.hidden=c==="",o.textContent!==c&&(o.textContent=c),clearTimeout(p);let h=i.read("busy")&&!i.dead,w=i.read("stopped")&&!i.dead;t.hidden=w&&!h,r.textContent=w?"Stopped: go on":"Stop",P(r,!1),P(n,!h&&!w),!h&&!w&&i.pending&&!i.dead&&(p=setTimeout(()=>{P(r,!0),P(n,!i.pending)},Oe))};return i.watch(["error","busy","stopped","answered"],d),i.watch(["summary"],()=>{s.textContent=i.read("summary"),e.announce(i.read("summary"))}),e.signal.addEventListener("abort",()=>clearTimeout(p)),{busy:n,error:o,summary:s,fail(c){l=c,d()}}}function P(i,e){i.classList.toggle("iw-unseen",e)}var Ke={"\n":"↵","	":"⇥","\r":"␍"," ":"·"," ":"⍽"},Ie=/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;function b(i){if(i==="")return"∅";let e="";for(let t of i){let r=Ke[t];r!==void 0?e+=r:Ie.test(t)?e+=`‹${t.codePointAt(0).toString(16).toUpperCase().padStart(4,"0")}›`:e+=t}return e}function De(i){let e=i.length>1&&i.startsWith(" ")&&i[1]!==" ";return{lead:e,body:b(e?i.slice(1):i)}}function me(i){let{lead:e,body:t}=De(i);return a("span",{class:"iw-token"},e?a("i",{},"·"):null,t)}function fe(i){let e=/^(["'`])(.+)\1$/u.exec(i.trim());if(e)return e[2];let t=i.replace(/^[␣·]/u," ");return t.trim()===""?"":/^[\p{L}\p{N}]/u.test(t)?` ${t.trimEnd()}`:t.trimEnd()}function ge(i){return i.startsWith(" ")?`·${i.slice(1)}`:/^[\p{L}\p{N}]/u.test(i)?`"${i}"`:i}function H(i){return Number.isNaN(i)?"?":i>=.995?i>=.9995?"100%":`${(100*i).toFixed(1)}%`:i>=.1?`${Math.round(100*i)}%`:i>=.001?`${(100*i).toFixed(1)}%`:i===0?"0%":"<0.1%"}var Fe='A word gets its leading space; "las" in quotes has none';function V(i,e,t,r,n){let o=a("input",{type:"text",title:Fe,spellcheck:"false",autocomplete:"off","aria-label":t}),s=a("select",{"aria-label":`${t}: likeliest next tokens`,title:"Likeliest next tokens"}),l=d=>{r(),i.act({do:e,text:d})};o.addEventListener("change",()=>l(fe(o.value)),{signal:n}),s.addEventListener("change",()=>{s.selectedIndex>0&&l(s.value),s.selectedIndex=0},{signal:n}),i.watch([e,"live"],()=>{o.value=ge(i.read(e)),o.readOnly=!i.read("live")});let p="";return i.watch(["shown"],()=>{let d=i.read("shown").likeliest;s.hidden=d.length===0,d.join(`
`)!==p&&(p=d.join(`
`),x(s,a("option",{},"▾"),...d.map(c=>a("option",{value:c},b(c)))))}),a("span",{class:"iw-token-box"},a("span",{"aria-hidden":"true"},t),o,s)}var[_,Ve,G]=[26,74,4],xe=7,_e={place:"var(--iw-accent)",reach:"var(--iw-link)",cell:"color-mix(in srgb, var(--iw-text) 9%, var(--iw-ground))",text:"var(--iw-text)",faint:"var(--iw-faint)"},U=i=>G+i*be(i)+Ve;function be(i){return Math.max(Math.min(17,150/i),3)}function B(i,e=_e){let{tokens:t,layers:r,place:n,role:o,width:s}=i,l=be(r),p=Math.min((s-_-2)/t.length,40),d=U(r),c=u=>_+u*p,h=u=>G+(r-1-u)*l,w=m("svg",{viewBox:`0 0 ${s} ${d}`,width:s,height:d,role:"group","aria-label":i.label,"font-family":"system-ui, sans-serif","font-size":10,fill:e.faint}),g=Math.min(p,l)>6?1:.25;for(let u=0;u<r;u++)for(let f=0;f<t.length;f++){if(u===n.layer&&f===n.pos)continue;let E=o==="target"&&Y(n,{layer:u,pos:f});w.append(m("rect",{"data-layer":u,"data-pos":f,"data-reached":E||null,x:c(f)+g,y:h(u)+g,width:p-2*g,height:l-2*g,rx:Math.min(2,l/4),fill:E?e.reach:e.cell,"fill-opacity":E?.45:1,stroke:E?e.reach:"none","stroke-width":.75}))}let S=Math.ceil(10/l);for(let u=0;u<r;u++){let f=u===n.layer;!f&&(u%S!==0||Math.abs(u-n.layer)<S/2)||w.append(m("text",{x:_-4,y:h(u)+l/2+3.5,"text-anchor":"end",fill:f?e.text:e.faint,"font-weight":f?700:400},`L${u}`))}let C=G+r*l+5;return t.forEach((u,f)=>{let E=f===n.pos||f===i.lit;if(!E&&p<11)return;let D=[...b(u)],Pe=D.length>xe+3?`${D.slice(0,xe+2).join("")}…`:D.join(""),W=c(f)+p/2+3.5;w.append(m("text",{"data-name":f,"data-lit":f===i.lit?f:null,x:W,y:C,transform:`rotate(-90 ${W} ${C})`,"text-anchor":"end",fill:E?e.text:e.faint,"font-weight":E?700:400},Pe))}),w.append(Ge(i,{x:c(n.pos),y:h(n.layer),wide:p,high:l},e)),w}function Ge({tokens:i,place:e,role:t,movable:r},n,o){let s=t!=="hole",l={x:n.x-1,y:n.y-1,width:n.wide+2,height:n.high+2},p=m("rect",{...l,rx:3,fill:s?o.place:"transparent",stroke:o.text,"stroke-width":2,"stroke-dasharray":s?null:"3 2"}),d=`layer ${e.layer}, position ${e.pos} (${b(i[e.pos]??"")})`,c=t==="source"&&r?{role:"button",tabindex:0,"data-key":"place","data-home":!0,"aria-label":`Place that is copied: ${d}. Arrow keys move it.`}:{role:"img","aria-label":`${{source:"copied from",hole:"to be replaced",target:"replaced"}[t]}: ${d}`};return m("g",{class:"iw-pipe-spot","data-role":t,"data-layer":e.layer,"data-pos":e.pos,...c},p)}var ve=["Clean run","Corrupt run","Patched run"];function Ue(i,e){let[t,r]=k(i);return e===2?`The ${y[r]} run again, with the place from the ${y[t]} run in it.`:e===t?"The place is copied from here.":"The place that will be replaced is dashed."}var z=class{constructor(e){this.run=e;let t=a("p",{class:"iw-pipe-title"},`${e+1} ${ve[e]}`);this.element=a("div",{class:"iw-pipe-run",role:"group","data-run":y[e],"aria-label":ve[e]},t,this.words,this.hidden,this.map,this.body)}run;element;map=a("div",{class:"iw-pipe-map"});body=a("div",{class:"iw-pipe-body"});hidden=a("p",{class:"iw-hint"},"Not run yet: press Next.");words=a("p",{class:"iw-pipe-words"});draw(e,t,r,n){if(this.element.dataset.open=String(t),this.hidden.hidden=t,this.map.hidden=!t,this.body.hidden=!t,this.words.textContent=t?Ue(e,this.run):"",!t)return;x(this.map,B({...r,width:n}));let{value:o,top:s}=e.runs[this.run],l=s.length?a("ol",{},...s.map(p=>this.row(e,p))):a("p",{class:"iw-hint"},"Next tokens need a model: PatchingPipeline(record, model=model).");x(this.body,a("p",{class:"iw-pipe-next"},"Next token"),l,a("p",{class:"iw-pipe-metric"},this.metric(e),a("b",{"data-value":this.run},v(o))))}metric({metric:e,answer:t,distractor:r}){return e==="logit_diff"?`logit ${b(t)} − ${b(r)} = `:`log-probability of ${b(t)} = `}row({answer:e,distractor:t},[r,n]){let o=r===e?"answer":r===t?"distractor":null,s=a("i",{"data-as":o});return s.style.width=`${Math.round(n*100)}%`,a("li",{"data-as":o},me(r),a("span",{class:"iw-pipe-track"},s),a("span",{},H(n)),o===null?null:a("em",{},o))}};var $=290;function ye(i,e,t){let r=U(i.layers)+40,n=r+150,[o,s]=k(i),l=m("svg",{viewBox:`0 0 ${3*$} ${n}`,width:3*$,height:n,"font-family":"system-ui, sans-serif","font-size":12,fill:e.text});return l.append(m("rect",{width:3*$,height:n,fill:t})),y.forEach((p,d)=>{let c=d*$+10,h=d===2?"target":d===o?"source":"hole",w=i.tokens[d===2?s:d],g=B({tokens:w,layers:i.layers,place:i,role:h,lit:null,width:$-20,label:p,movable:!1},e);g.setAttribute("x",String(c)),g.setAttribute("y","26"),l.append(m("text",{x:c,y:16,"font-weight":700},`${d+1} ${p} run: ${i.metric} ${v(i.runs[d].value)}`),g),i.runs[d].top.forEach(([S,C],u)=>l.append(m("text",{x:c,y:r+u*17},`${H(C)}  ${b(S)}`)))}),l.append(m("text",{x:10,y:n-36,"font-weight":700},A(i)),m("text",{x:10,y:n-14,fill:e.faint},i.meaning)),l}function ke(i){let e=y.flatMap((t,r)=>i.runs[r].top.map(([n,o])=>[t,i.metric,i.runs[r].value,n,o]));return`${[["run","metric","value","token","probability"],...e].map(le).join(`\r
`)}\r
`}var Se=`.iw-pipe [data-two="true"] > .iw-prompt > label { min-width: 7.8em; }
.iw-pipe .iw-error { white-space: pre-wrap; font-family: var(--jp-code-font-family, ui-monospace, monospace); overflow-x: auto; }
.iw-pipe .iw-pipe-asked { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 0 0 10px; }
.iw-pipe .iw-pipe-steps { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 10px; }
.iw-pipe .iw-pipe-steps [data-done="false"] { border-style: dashed; color: var(--iw-faint); }
.iw-pipe .iw-pipe-runs { position: relative; display: grid; gap: 12px; grid-template-columns: minmax(0, 1fr); margin: 0 0 10px; }
@container (max-width: 699.9px) { .iw-pipe .iw-pipe-way { opacity: 0.4; } } /* one under the other, it crosses numbers */
@container (min-width: 700px) { .iw-pipe .iw-pipe-runs { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
.iw-pipe .iw-pipe-run { min-width: 0; border: 1px solid var(--iw-line); border-radius: 8px; background: var(--iw-raised); padding: 8px 10px; }
.iw-pipe .iw-pipe-run[data-open="false"] { border-style: dashed; background: transparent; }
.iw-pipe .iw-pipe-title { margin: 0 0 2px; font-weight: 700; }
.iw-pipe .iw-pipe-words { margin: 0 0 8px; min-height: 2.9em; color: var(--iw-faint); font-size: 12px; }
.iw-pipe .iw-pipe-map svg { display: block; max-width: 100%; height: auto; forced-color-adjust: none; }
.iw-pipe [data-run]:has([data-role="source"]) .iw-pipe-map rect { cursor: pointer; }
.iw-pipe .iw-pipe-spot { outline: none; }
.iw-pipe .iw-pipe-spot:focus-visible rect { stroke: var(--iw-link); stroke-width: 3.5; }
.iw-pipe .iw-pipe-runs[data-stale="true"] .iw-pipe-body, .iw-pipe .iw-pipe-result[data-stale="true"] { opacity: 0.45; }
.iw-pipe .iw-pipe-next { margin: 8px 0 2px; color: var(--iw-faint); font-size: 12px; }
.iw-pipe .iw-pipe-body ol { list-style: none; margin: 0; padding: 0; }
.iw-pipe .iw-pipe-body li { display: grid; grid-template-columns: minmax(0, 6.4em) minmax(30px, 1fr) 3.8em 4.3em; gap: 5px; align-items: center; font-variant-numeric: tabular-nums; }
.iw-pipe .iw-pipe-body li .iw-token { overflow: hidden; text-overflow: ellipsis; }
.iw-pipe .iw-pipe-body li[data-as] .iw-token { font-weight: 700; }
.iw-pipe .iw-pipe-body li > span:nth-child(3) { text-align: right; }
.iw-pipe .iw-pipe-body em { font-size: 11px; color: var(--iw-faint); }
.iw-pipe .iw-pipe-track { height: 8px; border-radius: 2px; background: var(--iw-soft); }
.iw-pipe .iw-pipe-track i { display: block; height: 100%; min-width: 1px; border-radius: 2px; background: var(--iw-faint); forced-color-adjust: none; }
.iw-pipe .iw-pipe-track i[data-as="answer"] { background: var(--iw-link); }
.iw-pipe .iw-pipe-track i[data-as="distractor"] { background: var(--iw-accent); }
.iw-pipe .iw-pipe-metric { margin: 8px 0 0; padding: 5px 0 0; border-top: 1px solid var(--iw-line); font-variant-numeric: tabular-nums; white-space: pre-wrap; }
.iw-pipe .iw-pipe-metric b { font-size: 15px; }
.iw-pipe .iw-pipe-result { border-left: 3px solid var(--iw-accent); background: var(--iw-soft); padding: 7px 11px; margin: 0 0 8px; }
.iw-pipe .iw-pipe-result p { margin: 0; max-width: 85ch; }
.iw-pipe .iw-pipe-result .iw-pipe-formula { font-weight: 600; font-variant-numeric: tabular-nums; margin: 0 0 3px; }
.iw-pipe .iw-pipe-way { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; overflow: visible; }
.iw-pipe .iw-pipe-halo { stroke: var(--iw-ground); stroke-width: 5; opacity: 0.8; }
.iw-pipe .iw-pipe-line { stroke: var(--iw-accent); stroke-width: 2; stroke-dasharray: 6 4; }
.iw-pipe .iw-pipe-tip { fill: var(--iw-accent); stroke: var(--iw-ground); stroke-width: 1; }
.iw-pipe .iw-pipe-chip { position: absolute; left: 0; top: 0; width: 16px; height: 16px; border-radius: 4px; background: var(--iw-accent); border: 2px solid var(--iw-text); pointer-events: none; }
`;var Ee="(forced-colors: active)",Le="(prefers-color-scheme: dark)";function We(i){if(matchMedia(Ee).matches)return"contrast";let{body:e,documentElement:t}=document,r=e.dataset.jpThemeLight;if(r!==void 0)return r==="true"?"light":"dark";let n=e.dataset.vscodeThemeKind??"";if(n)return n.includes("light")?"light":"dark";let o=t.getAttribute("theme")??t.dataset.theme??e.dataset.theme;return o==="dark"||o==="light"?o:t.classList.contains("dark")||e.classList.contains("dark")?"dark":Je(i)??(matchMedia(Le).matches?"dark":"light")}function Je(i){for(let e=i.parentElement;e;e=e.parentElement){let[t,r,n,o]=(getComputedStyle(e).backgroundColor.match(/[\d.]+/g)??[]).map(Number);if(!(t===void 0||r===void 0||n===void 0||o===0))return .299*t+.587*r+.114*n<128?"dark":"light"}return null}function Te(i,e,t){let r=()=>{let o=We(i);i.dataset.theme!==o&&(i.dataset.theme=o,t(),setTimeout(()=>!e.aborted&&t(),400))};r();let n=new MutationObserver(r);for(let o of[document.documentElement,document.body])n.observe(o,{attributes:!0});e.addEventListener("abort",()=>n.disconnect());for(let o of[Ee,Le])matchMedia(o).addEventListener("change",r,{signal:e})}var Me=()=>matchMedia("(prefers-reduced-motion: reduce)").matches;var Ze=700,Xe=7;function $e(i,e){let t=i.getBoundingClientRect();return{x:t.left+t.width/2-e.left,y:t.top+t.height/2-e.top}}var j=class{constructor(e){this.room=e;e.append(this.element,this.chip)}room;element=m("svg",{class:"iw-pipe-way","aria-hidden":"true"});chip=a("div",{class:"iw-pipe-chip","aria-hidden":"true",hidden:!0});hide(){this.element.replaceChildren()}draw(e){let[t,r]=["source","target"].map(c=>this.room.querySelector(`.iw-pipe-spot[data-role="${c}"]`));if(this.hide(),!t||!r)return;let n=this.room.getBoundingClientRect(),[o,s]=[$e(t,n),$e(r,n)],l=t.ownerSVGElement.getBoundingClientRect().top-n.top-Xe,p=Math.abs(s.x-o.x)>60?{x:(o.x+s.x)/2,y:2*l-(o.y+s.y)/2}:{x:Math.max(o.x,s.x)+60,y:(o.y+s.y)/2},d=`M${o.x} ${o.y}Q${p.x} ${p.y} ${s.x} ${s.y}`;this.element.append(m("path",{class:"iw-pipe-halo",d,fill:"none"}),m("path",{class:"iw-pipe-line",d,fill:"none"}),Qe(p,s)),e&&!Me()&&this.run([o,p,s])}run([e,t,r]){let n=l=>({x:(1-l)**2*e.x+2*l*(1-l)*t.x+l*l*r.x,y:(1-l)**2*e.y+2*l*(1-l)*t.y+l*l*r.y}),o=Array.from({length:13},(l,p)=>n(p/12)).map(({x:l,y:p})=>({transform:`translate(${l-8}px, ${p-8}px)`}));this.chip.hidden=!1,this.chip.getAnimations().forEach(l=>l.cancel());let s=this.chip.animate(o,{duration:Ze,easing:"ease-in-out"});s.onfinish=()=>this.chip.hidden=!0}};function Qe(i,e){let t=Math.atan2(e.y-i.y,e.x-i.x),r={x:e.x-9*Math.cos(t),y:e.y-9*Math.sin(t)},n=o=>`${r.x-9*Math.cos(t+o)} ${r.y-9*Math.sin(t+o)}`;return m("path",{class:"iw-pipe-tip",d:`M${r.x} ${r.y}L${n(.45)}L${n(-.45)}Z`})}var Ye="Next and Back step through the runs (arrow keys, too). Click a cell of the run that is copied from, or move its place with the arrow keys.",et=["Clean prompt","Corrupt prompt"],K=["Clean run","Corrupt run","Patched run"],O=K.length-1,Ce=.001,Ae=["site","direction","answer","distractor","layer"],I=class{constructor(e,t){this.link=e;this.frame=t;let{signal:r}=t;this.signal=r,this.status=ue(e,t),this.shared=new R(r,()=>this.draw());let n=()=>this.status.fail(""),s=he(e,["shown"],()=>{let{prompts:h,unknown:w}=e.read("shown");return w.map((g,S)=>({prompt:h[S],unknown:g}))},n,r);e.watch(["prompts","live"],()=>s.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((h,w)=>h.textContent=et[w]));let l=a("div",{class:"iw-top"},s,a("div",{class:"iw-acts"},ae(e,r),this.menu())),p=a("div",{class:"iw-pipe-asked"},V(e,"answer","Answer",n,r),V(e,"distractor","Distractor",n,r),this.status.busy),d=a("div",{class:"iw-bar"},this.pick("site","Copy",X),this.heads,this.pick("direction","Direction",Q),this.light),c=a("div",{class:"iw-pipe-steps",role:"group","aria-label":"Steps of patching"},this.back,...this.steps,this.next);t.root.append(a("style",{},Se),l,p,this.status.error,d,c,this.room,this.result,a("p",{class:"iw-hint"},Ye),this.status.summary),this.listen(c),e.watch([...Ae,"pos","head","shown","step","prompts","live"],()=>M(t.root,()=>this.draw()))}link;frame;status;signal;shared;heads=a("select",{"aria-label":"Head that is copied"});light=a("span",{class:"iw-light"});steps=K.map((e,t)=>a("button",{type:"button","data-step":t},a("b",{},String(t+1)),` ${e}`));back=a("button",{type:"button","data-key":"back"},"◀ Back");next=a("button",{type:"button","data-key":"next"},"Next ▶");columns=K.map((e,t)=>new z(t));room=a("div",{class:"iw-pipe-runs"},...this.columns.map(e=>e.element));travel=new j(this.room);formula=a("p",{class:"iw-pipe-formula"});meaning=a("p",{});result=a("div",{class:"iw-pipe-result"},this.formula,this.meaning);travelled=null;pick(e,t,r){let n=ie(t,r,o=>{this.status.fail(""),this.link.act({do:e,by:o},{[e]:o})},this.signal);return this.link.watch([e,"live"],()=>{n.set(this.link.read(e)),n.element.querySelectorAll("input").forEach(o=>o.disabled=!this.link.read("live"))}),n.element}listen(e){let{heads:t,link:r,room:n,signal:o}=this;this.back.addEventListener("click",()=>this.go(r.read("step")-1),{signal:o}),this.next.addEventListener("click",()=>this.go(r.read("step")+1),{signal:o}),this.steps.forEach((p,d)=>p.addEventListener("click",()=>this.go(d),{signal:o})),e.addEventListener("keydown",p=>{let d={ArrowLeft:-1,ArrowRight:1}[p.key];d===void 0||p.ctrlKey||p.metaKey||p.altKey||(p.preventDefault(),this.go(r.read("step")+d))},{signal:o}),t.addEventListener("change",()=>r.act({do:"head",head:Number(t.value)},{head:Number(t.value)}),{signal:o}),n.addEventListener("click",p=>{let d=p.target.closest("[data-layer]");d&&this.source().contains(d)&&this.place(Number(d.dataset.layer),Number(d.dataset.pos))},{signal:o}),n.addEventListener("keydown",p=>this.move(p),{signal:o}),n.addEventListener("pointerover",p=>{let d=p.target.closest("[data-pos]"),c=this.columns.findIndex(({map:h})=>d!==null&&h.contains(d));this.shared.point(c<0?null:this.tokens(c),Number(d?.dataset.pos??-1))},{signal:o}),n.addEventListener("pointerleave",()=>this.shared.point(null),{signal:o});let s=0,l=new ResizeObserver(()=>{n.clientWidth!==s&&(s=n.clientWidth,M(this.frame.root,()=>this.draw()))});l.observe(n),o.addEventListener("abort",()=>l.disconnect())}tokens(e){let t=this.link.read("shown");return t.tokens[e===2?k(t)[1]:e]}source(){return this.columns[k(this.link.read("shown"))[0]].map}go(e){let t=T(e,0,O);t!==this.link.read("step")&&this.link.act({do:"step",to:t},{step:t})}place(e,t,r){this.link.read("live")&&(this.status.fail(""),this.link.act({do:"place",layer:e,pos:t,burst:r},{layer:e,pos:t}))}move(e){let t={ArrowLeft:[0,-1],ArrowRight:[0,1],ArrowUp:[1,0],ArrowDown:[-1,0]}[e.key];if(t===void 0||e.ctrlKey||e.metaKey||e.altKey||!e.target.closest("[data-role=source]"))return;e.preventDefault();let r=this.link.read("shown"),n=this.at(r);this.place(T(n.layer+t[0],0,r.layers-1),T(n.pos+t[1],0,r.tokens[0].length-1),"keys")}at(e){let t=this.link.read("pos"),r=e.tokens[0].length-1;return{layer:T(this.link.read("layer"),0,e.layers-1),pos:t<0?r:Math.min(t,r)}}draw(){let{link:e}=this,t=e.read("shown"),r=e.read("step"),[n,o]=k(t),s=this.at(t),l=d=>r>=d;this.columns.forEach((d,c)=>{let h=c===2?"target":c===n?"source":"hole",w=t.tokens[c===2?o:c],g=`${K[c]}: ${t.layers} layers by ${w.length} tokens`;d.draw(t,l(c),{tokens:w,layers:t.layers,place:s,role:h,lit:this.shared.column(w),label:g,movable:e.read("live")},Math.max(Math.floor(d.element.clientWidth-22),120))}),this.steps.forEach((d,c)=>{d.setAttribute("aria-pressed",String(c===r)),d.dataset.done=String(c<=r)}),this.back.setAttribute("aria-disabled",String(r===0)),this.next.setAttribute("aria-disabled",String(r===O)),this.result.hidden=r<O,this.formula.textContent=A(t),this.meaning.textContent=t.meaning,this.room.dataset.stale=this.result.dataset.stale=String(this.stale(t)),this.choices(t),this.check(t);let p=r<O?"":JSON.stringify([s,t.direction,e.read("site"),e.read("head")]);p===""?this.travel.hide():this.travel.draw(this.travelled!==null&&p!==this.travelled),this.travelled=p}stale(e){let t=this.at(e);return!(Ae.every(n=>e[n]===this.link.read(n))&&t.pos===e.pos&&(e.site!=="z"||e.head===this.link.read("head")))||this.link.read("prompts").some((n,o)=>n!==e.prompts[o])}choices(e){this.heads.hidden=this.link.read("site")!=="z",this.heads.options.length!==e.heads&&x(this.heads,...Array.from({length:e.heads},(t,r)=>a("option",{value:r},`head ${r}`))),this.heads.value=String(this.link.read("head")),this.heads.disabled=!this.link.read("live")}check({nothing:e,whole:t}){let r=e!==null&&e<=Ce&&(t===null||Math.abs(t-1)<=Ce);this.light.dataset.state=e===null?"open":r?"good":"bad",this.light.textContent=e===null?"check: not run":`${r?"✓":"▲"} run into itself: ${e.toFixed(3)}${t===null?"":` · whole stream: ${t.toFixed(3)}`}`,this.light.title="Patching a run into itself must change nothing (0); patching its whole stream must give the other run (1)."}menu(){let e=()=>{let n=getComputedStyle(this.frame.root),o=s=>n.getPropertyValue(s);return ye(this.link.read("shown"),{place:o("--iw-accent"),reach:o("--iw-link"),cell:o("--iw-line"),text:n.color,faint:o("--iw-faint")},n.backgroundColor)};return se("pipeline",{PNG:()=>pe(e()),SVG:()=>F(e()),CSV:()=>new Blob([ke(this.link.read("shown"))],{type:"text/csv"}),JSON:()=>new Blob([JSON.stringify(this.link.read("shown"),null,1)],{type:"application/json"})},n=>this.status.fail(n),this.signal)}};var Re=`/* Every rule starts at .iw: the style sheet of a widget reaches nothing else on the page. */
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
`;var it=["busy","stopped","error","summary","depth","answered","plain"],rt="The kernel was restarted: run the notebook again, down to this cell.",q=class{constructor(e,t,r,n){this.host=e;this.signal=r;this.root=n;for(let o of[...t,...it])this.listen(`change:${o}`,()=>this.note([o]));this.listen("change:answered",()=>this.settle()),this.listen("comm_live_update",()=>{this.dead=this.host.comm_live!==!0,this.note(["error"])})}host;signal;root;view=Math.random().toString(36).slice(2,10);sent=0;overlay={};changed=new Set;watchers=[];waiting=0;askedForText=!1;dead=!1;read(e){return e==="error"&&this.dead?rt:e in this.overlay?this.overlay[e]:this.host.get(e)}act(e,t={}){this.dead||(this.sent+=1,this.overlay={...this.overlay,...t},this.waiting=performance.now(),this.host.send({action:e,echo:t,view:this.view,n:this.sent}),this.note([...Object.keys(t),"answered"]))}work(e){this.dead||this.host.send({work:e})}get pending(){return this.waiting>0}watch(e,t){this.watchers.push({names:e,run:t}),t()}askForText(){this.askedForText||this.dead||(this.askedForText=!0,this.host.send({host:"no buffers"}))}listen(e,t){this.host.on(e,t),this.signal.addEventListener("abort",()=>this.host.off(e,t))}settle(){let[e,t]=this.read("answered");if(e!==this.view||t!==this.sent)return;let r=Object.keys(this.overlay);this.overlay={},this.waiting=0,this.note([...r,"answered"])}note(e){e.length>0&&this.changed.size===0&&queueMicrotask(()=>this.flush());for(let t of e)this.changed.add(t)}flush(){let e=this.changed;this.changed=new Set,!this.signal.aborted&&M(this.root,()=>{for(let t of this.watchers)t.names.some(r=>e.has(r))&&t.run()})}};function Ne(i,e,t){return{render({model:r,el:n}){let o=new AbortController,s=[],l=a("div",{class:"iw-sr",role:"status","aria-live":"polite"}),p=a("section",{class:`iw iw-${e}`},a("style",{},Re),l);n.append(p),Te(p,o.signal,()=>s.forEach(c=>c()));let d=new q(r,i,o.signal,p);return ce(p,d,o.signal),t(d,{root:p,signal:o.signal,announce:c=>l.textContent=c,onTheme:c=>s.push(c)}),()=>{o.abort(),p.remove()}}}}var yi=Ne(Z,"pipe",(i,e)=>{new I(i,e)});export{yi as default};
