(function(){var u="@U@",d=document,l=location,r=d.referrer,s={},n={},k,S
try{S=@S@;s=JSON.parse(S.piste||"{}")}catch(e){}
new URLSearchParams(l.search).forEach(function(v,k){if(/^(utm_\w+|\w*cl(k?id)|[gw]braid|gad_source|li_fat_id|rdt_cid|epik|ScCid)$/.test(k))n[k]=v})
if(r&&r.split("/")[2]!=l.host)n.referrer=r.split(/[?#]/)[0]
if(!s.f){s.f=n;s.p=l.origin+l.pathname
navigator.sendBeacon&&navigator.sendBeacon(u+"/visits")}
for(k in n){s.n=n;break}
try{S.piste=JSON.stringify(s)}catch(e){}
addEventListener("formdata",function(e){var t=e.target,f=e.formData,a={_tz:Intl.DateTimeFormat().resolvedOptions().timeZone,landing_page:s.p},k
if((t.getAttribute("action")+t.getAttribute("hx-post")).indexOf(u.split("/")[2]+"/forms/")<0)return
for(k in s.n)a[k]=s.n[k]
for(k in s.f)/^(utm_(s|m|ca)|ref)/.test(k)&&(a["first_"+k]=s.f[k])
for(k in a)f.get(k)||f.set(k,a[k])})})()
