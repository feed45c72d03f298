// The page of webhooks.
#pragma once

inline constexpr char page[] = R"page(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>webhooks</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; padding: 1rem; max-width: 48rem; }
  h1 { font-size: 1.2rem; }
  table { width: 100%; border-collapse: collapse; }
  td, th { text-align: left; padding: .2rem .5rem; border-bottom: 1px solid GrayText; }
  td:nth-child(4) { overflow-wrap: anywhere; }
  button { font: inherit; white-space: nowrap; }
  @media (max-width: 30rem) { body { padding: .5rem; } td, th { padding: .2rem; } button { white-space: normal; } }
</style>
<h1>webhooks</h1>
<p role="status">Since this page was opened: accepted <b id="accepted">0</b>, delivered <b id="delivered">0</b>, dead <b id="dead">0</b>.</p>
<table><thead><tr><th>what<th>event<th>to<th>detail<th></tr></thead><tbody id="log"></tbody></table>
<script>
const at = id => document.getElementById(id);
function show(n) {
  const row = at("log").insertRow(0);
  for (const text of [n.what, n.id, n.subscriber || "", n.detail]) row.insertCell().textContent = text;
  const last = row.insertCell();
  if (n.what === "dead") {
    const again = document.createElement("button");
    again.id = `again-${n.id}-${n.subscriber}`;
    again.textContent = "Send again";
    again.onclick = () => { fetch(`/dead/${n.id}/${n.subscriber}/replay`, {method: "POST"}); again.remove(); };
    last.append(again);
  }
  while (at("log").rows.length > 200) at("log").deleteRow(-1);
}
const live = new EventSource("/live");
live.onmessage = e => {
  const n = JSON.parse(e.data);
  at(n.what).textContent = Number(at(n.what).textContent) + 1;
  show(n);
};
// The dead letters of before.
live.addEventListener("open", async () => {
  const letters = await (await fetch("/dead")).json();
  for (const d of letters)
    if (!at(`again-${d.id}-${d.subscriber}`)) show({what: "dead", id: d.id, subscriber: d.subscriber, detail: d.error});
}, {once: true});
</script>
</html>
)page";
