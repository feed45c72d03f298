// The page of chat.
#pragma once

inline constexpr char page[] = R"page(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>chat</title>
<link rel="icon" href="data:,">
<style>
  [hidden] { display: none !important; }
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --quiet: #666; }
  @media (prefers-color-scheme: dark) { :root { --quiet: #aaa; } }
  body { margin: 0 auto; padding: 1rem; max-width: 42rem; height: 100vh; box-sizing: border-box; display: flex; flex-direction: column; }
  h1 { font-size: 1.2rem; margin: 0 0 .5rem; }
  form { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0; }
  input { flex: 1 1 8rem; min-width: 0; font: inherit; padding: .4rem; }
  button { font: inherit; padding: .4rem 1rem; }
  #log { flex: 1; overflow-y: auto; border: 1px solid var(--quiet); padding: .5rem; margin: 0; list-style: none; overflow-wrap: anywhere; }
  #log .note { color: var(--quiet); font-style: italic; }
  #state { color: var(--quiet); margin: 0; }
</style>
<h1>chat</h1>
<form id="enter">
  <input id="name" aria-label="Your name" placeholder="Your name" required maxlength="32" pattern="[A-Za-z0-9_\-]+" autofocus>
  <input id="room" aria-label="Room" value="lobby" required maxlength="32" pattern="[A-Za-z0-9_\-]+">
  <button>Enter</button>
</form>
<ul id="log" aria-live="polite" tabindex="0" aria-label="Messages"></ul>
<p id="state" role="status">not connected</p>
<form id="say" hidden>
  <input id="text" aria-label="Message" placeholder="Message" maxlength="1000" autocomplete="off">
  <button>Send</button>
</form>
<script>
const at = id => document.getElementById(id);
let socket, seen = 0, delay = 500;
function show(text, note) {
  const item = document.createElement("li");
  item.textContent = text;
  if (note) item.className = "note";
  at("log").append(item);
  at("log").scrollTop = at("log").scrollHeight;
}
function connect() {
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const query = new URLSearchParams({name: at("name").value, room: at("room").value, seen});
  socket = new WebSocket(scheme + location.host + "/chat?" + query);
  socket.onopen = () => { delay = 500; at("state").textContent = "connected"; at("say").hidden = false; at("enter").hidden = true; at("text").focus(); };
  socket.onmessage = event => {
    const m = JSON.parse(event.data);
    seen = Math.max(seen, m.id);
    if (m.kind === "text") show(m.from + ": " + m.text);
    else show(m.from + " has " + (m.kind === "joined" ? "joined" : "left") + "; here: " + m.text, true);
  };
  socket.onclose = event => {
    at("say").hidden = true;
    if (event.code === 4009) { at("enter").hidden = false; at("state").textContent = event.reason; return; }
    at("state").textContent = "connection lost" + (event.reason ? " (" + event.reason + ")" : "") + "; trying again";
    setTimeout(connect, delay);
    delay = Math.min(2 * delay, 10000);
  };
}
at("enter").onsubmit = event => { event.preventDefault(); seen = 0; at("log").replaceChildren(); connect(); };
at("say").onsubmit = event => {
  event.preventDefault();
  if (at("text").value) socket.send(JSON.stringify({text: at("text").value}));
  at("text").value = "";
};
</script>
</html>
)page";
