// What programs do with fetch in Node, against a peer_site. Usage: node fetch_client.mjs URL. Prints a line for each step.
import assert from "node:assert";

const url = process.argv[2];
setTimeout(() => { console.error("timed out"); process.exit(1); }, 20_000).unref();

let response = await fetch(url + "/hello");
assert.equal(await response.text(), "hello, world\n");
assert.equal(response.headers.get("server"), "bight");
response = await fetch(url + "/hello", { method: "HEAD" });
assert.equal(response.headers.get("content-length"), "13");
console.log("get");

response = await fetch(url + "/redirect");
assert.ok(response.redirected && response.url === url + "/hello");
console.log("redirect");

response = await fetch(url + "/echo", { method: "POST", body: JSON.stringify({ a: [1, 2] }) });
assert.equal(await response.text(), 'POST /echo\n{"a":[1,2]}');
console.log("json");

const form = new FormData();
form.set("title", "two words");
form.set("photo", new Blob(["x".repeat(70_000)], { type: "image/jpeg" }), "a.jpg");
response = await fetch(url + "/form", { method: "POST", body: form });
assert.equal(await response.text(), "title - text/plain 9\nphoto a.jpg image/jpeg 70000\n");
console.log("form");

const pieces = new ReadableStream({
  start(out) {
    for (let i = 0; i !== 100; ++i) out.enqueue(new Uint8Array(1000));
    out.close();
  },
});
response = await fetch(url + "/count", { method: "POST", body: pieces, duplex: "half" });
assert.equal(await response.text(), "100000 bytes\n");
console.log("chunked upload");

let text = "";
response = await fetch(url + "/stream?pieces=500");
const decoder = new TextDecoder();
for await (const piece of response.body) text += decoder.decode(piece, { stream: true });
assert.equal(text, Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join(""));
console.log("stream");

response = await fetch(url + "/text");
assert.ok(response.headers.get("content-encoding"));
assert.ok((await response.text()).endsWith("line 1999 of a long text\n"));
console.log("compressed");

const stop = new AbortController();
response = await fetch(url + "/stream?pieces=1000000", { signal: stop.signal });
stop.abort();
await assert.rejects(response.text());
console.log("abort");

const answers = await Promise.all(
  Array.from({ length: 200 }, (_, i) => fetch(url + "/echo", { method: "POST", body: String(i) })));
const texts = await Promise.all(answers.map((a) => a.text()));
assert.deepEqual(texts, Array.from({ length: 200 }, (_, i) => `POST /echo\n${i}`));
console.log("two hundred at once");
