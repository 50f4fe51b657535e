/** How the report page looks; light and dark as the reader's system is. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--good:#16794c;--bad:#b3261e;--dim:#6b7280;--line:#8884}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif}
header,main{max-width:62rem;margin:0 auto;padding:1rem 1.5rem}
header{border-left:.5rem solid var(--good);margin-top:1.5rem}
header.bad{border-color:var(--bad)}
header p{margin:.2rem 0}
h1{margin:0;font-size:1.7rem}
h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
h2 span{color:var(--dim);font-weight:400;font-size:.9rem}
.verdict{font-size:1.1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;margin:.7rem 0}
dt{color:var(--dim)}dd{margin:0}
details{border-bottom:1px solid var(--line);padding:.3rem 0}
details[open]{padding-bottom:1rem}
summary{cursor:pointer}
summary i{font-style:normal;font-size:.75rem;padding:.1rem .45rem;border-radius:.6rem;border:1px solid currentColor}
.passed i{color:var(--good)}.failed i,.unexpected-pass i{color:var(--bad)}
.left-out i,.known-failure i{color:var(--dim)}
.label{color:var(--dim);font-size:.85rem;margin:.8rem 0 .2rem}
blockquote{margin:0;padding:.2rem 0 .2rem 1rem;border-left:3px solid var(--line);white-space:pre-line}
pre{margin:0;padding:.6rem;overflow-x:auto;border:1px solid var(--line);border-radius:.3rem;white-space:pre-wrap;overflow-wrap:anywhere}
code,pre{font:.85rem ui-monospace,monospace}
table{border-collapse:collapse;width:100%}
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
th:first-child{text-align:left;font-weight:400}
`.trim();
