import type { TabletRow } from './session/ports.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const htmlText = (text: string) => text.replace(/[&<>"]/g, (c) => escapes[c] ?? c);

/** The gate's plain page: what it listens on, whom it knows, how they are. */
export function statusPage(facts: { readonly mysql: string; readonly clients: number; readonly topology: readonly string[]; readonly tablets: readonly TabletRow[] }): string {
  const rows = facts.tablets.map((tablet) => `<tr><td>${[tablet.keyspace, tablet.shard, tablet.tabletType, tablet.alias, tablet.hostname, tablet.serving ? 'serving' : 'not serving', tablet.error].map(htmlText).join('</td><td>')}</td></tr>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>vtrewind gate</title>
<style>body{font:14px sans-serif;margin:2em}td,th{padding:.2em 1em .2em 0;text-align:left}</style>
<h1>vtrewind gate</h1>
<p>MySQL clients: ${htmlText(facts.mysql)}, ${facts.clients} connected. Topology: ${facts.topology.map(htmlText).join('; ')}.</p>
<table><tr><th>keyspace<th>shard<th>type<th>tablet<th>host<th>state<th>error</tr>${rows.join('\n')}</table>
<p><a href="/healthz">/healthz</a> <a href="/metrics">/metrics</a> <a href="/debug/vars">/debug/vars</a> <a href="/debug/health">/debug/health</a></p></html>
`;
}
