// ws_server.mjs PORT [deflate]: echoes with the npm package ws; "close 4000 why" closes.
import { createRequire } from 'node:module';
const require = createRequire(new URL('../../npm/package.json', import.meta.url));
const { WebSocketServer } = require('ws');

const deflate = process.argv[3] === 'deflate' && { threshold: 0 };
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: deflate,
  maxPayload: 1 << 26,
  handleProtocols: (offered) => (offered.has('v1') ? 'v1' : false),
});
server.on('connection', (socket) => {
  socket.on('error', (error) => console.log(`error ${error.message}`));
  socket.on('message', (data, binary) => {
    const [word, code, reason] = binary ? [] : data.toString().slice(0, 200).split(' ');
    if (word === 'close') socket.close(Number(code), reason);
    else if (word === 'terminate') socket.terminate();
    else socket.send(data, { binary });
  });
});
