/** The look of a report: that of the workbench, for paper too. Needs no font and no file. */
export const reportStyle = `
:root{color-scheme:light dark;--ink:#1c1e22;--soft:#5c626b;--line:#d5d8dc;--ground:#fff;--band:#f3f4f6;--accent:#4a48c4;--forget:#b03a00;--retain:#005f9e;
--s0:#4a48c4;--s1:#b03a00;--s2:#00785a;--s3:#8f4a7c;--s4:#7a5c00;--s5:#005f9e;--c:#72777f}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#a2a8b1;--line:#3a3e45;--ground:#17181b;--band:#202226;--accent:#a5a4ff;--forget:#ff8f5c;--retain:#63b9f2;
--s0:#a5a4ff;--s1:#ff8f5c;--s2:#4fd0ab;--s3:#dd9cca;--s4:#e3c04f;--s5:#63b9f2;--c:#9aa0a9}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:24px;background:var(--ground);color:var(--ink);font:13px/1.5 Inter,system-ui,sans-serif;overflow-wrap:break-word}
h1{font-size:20px;margin:0 0 8px}h2{font-size:15px;margin:32px 0 8px;padding-top:8px;border-top:1px solid var(--line)}h3{font-size:13px;margin:20px 0 4px}h4{font-size:12px;font-weight:600;margin:12px 0 4px}
p{margin:4px 0 8px;max-width:80ch}.soft{color:var(--soft)}
code,.mono{font-family:'JetBrains Mono',ui-monospace,monospace;font-size:12px}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:12px;margin:4px 0 12px;font-variant-numeric:tabular-nums;min-width:50%}
caption{text-align:left;color:var(--soft);padding:4px 0}
th,td{padding:4px 12px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);font-weight:400}
thead th{color:var(--soft)}.hash{overflow-wrap:anywhere}.id{white-space:nowrap}td.n,th.n{text-align:right}td.n{white-space:nowrap}thead th{vertical-align:bottom}td,tbody th{min-width:48px}td:has(.hash){min-width:160px}
.interval{color:var(--soft);margin-left:6px}
.forget{color:var(--forget)}.retain{color:var(--retain)}
figure{margin:8px 0}figure>svg{width:100%;max-width:720px;height:auto;display:block}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}.tick{fill:var(--soft);font-size:11px}
.line{fill:none;stroke-width:1.75}.band{stroke:none;fill-opacity:.09}.dot{stroke:none}
${['0', '1', '2', '3', '4', '5'].map((s) => `.line.s${s}{stroke:var(--s${s})}.band.s${s},.dot.s${s}{fill:var(--s${s})}`).join('')}
.line.sc{stroke:var(--c)}.band.sc,.dot.sc{fill:var(--c)}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:4px 0;font-size:12px}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:10pt}h2,h3,caption{break-after:avoid}tr,figure{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}}
`
