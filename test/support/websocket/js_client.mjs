// js_client.mjs ws|node URL [deflate]: talks to an echo server with the npm package ws, or with the WebSocket
// that Node has itself; prints "ok" and the close code.
import { createRequire } from 'node:module';

const [kind, url, deflate] = process.argv.slice(2);
let socket;
if (kind === 'ws') {
  const require = createRequire(new URL('../../npm/package.json', import.meta.url));
  const { WebSocket } = require('ws');
  socket = new WebSocket(url, ['v1'], {
    perMessageDeflate: deflate === 'deflate' && { threshold: 0 },
    maxPayload: 1 << 26,
  });
} else {
  if (typeof WebSocket === 'undefined') {
    console.log('none');
    process.exit(0);
  }
  socket = new WebSocket(url, ['v1']);
}
socket.binaryType = 'arraybuffer';

const messages = ['', 'hello', 'gr\u00fc\u00df\ud83d\ude00', 'x'.repeat(70000), 'abc '.repeat(300000)];
const bytes = new Uint8Array(100000).map((_, i) => (i * 7919) & 255);
let next = 0;
const fail = (why) => {
  console.log(`failed: ${why}`);
  process.exit(1);
};
const step = () => {
  if (next < messages.length) socket.send(messages[next]);
  else if (next === messages.length) socket.send(bytes);
  else socket.send('close 4321 enough');
};
socket.onopen = () => {
  if (socket.protocol !== 'v1') fail(`protocol ${socket.protocol}`);
  step();
};
socket.onmessage = ({ data }) => {
  if (next < messages.length && data !== messages[next]) fail(`message ${next}`);
  if (next === messages.length && Buffer.compare(Buffer.from(data), Buffer.from(bytes)) !== 0) fail('bytes');
  next += 1;
  step();
};
socket.onerror = (event) => fail(event.message);
socket.onclose = ({ code, reason, wasClean }) => console.log(`ok ${next} ${code} ${reason} ${wasClean}`);
