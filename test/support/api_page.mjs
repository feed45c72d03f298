// The page of an API in Chromium, over the DevTools protocol. Usage: api_page.mjs CHROMIUM URL. Prints a line for
// each step; ends with status 1 if one fails.
import {spawn} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, readdirSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const require = createRequire(new URL('../npm/package.json', import.meta.url));
const WebSocket = require('ws');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [chromium, url] = process.argv.slice(2);
const profile = mkdtempSync(join(tmpdir(), 'bight-api-page-'));
const browser = spawn(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
  '--no-proxy-server', '--disable-sync', '--disable-component-update', '--disable-background-networking',
  '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
  {stdio: 'ignore', detached: true});  // the leader of a process group

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const until = async (what, condition) => {
  for (const end = Date.now() + 20000; Date.now() < end; await pause(20)) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error('not in 20 s: ' + what);
};
const check = (holds, what) => {
  if (!holds) throw new Error(what);
};

class Tab {
  constructor(socket) {
    this.socket = socket;
    this.waiting = new Map();
    this.last = 0;
    socket.on('message', (text) => {
      const {id, result, error} = JSON.parse(text);
      if (!id) return;
      const {resolve, reject} = this.waiting.get(id);
      this.waiting.delete(id);
      error ? reject(new Error(error.message)) : resolve(result);
    });
  }
  send(method, params = {}) {
    const id = ++this.last;
    this.socket.send(JSON.stringify({id, method, params}));
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
  }
  async run(expression) {
    const {result, exceptionDetails} = await this.send('Runtime.evaluate', {expression, awaitPromise: true, returnByValue: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return result.value;
  }
  async click(selector) {
    const {x, y} = await this.run(`(() => { const e = document.querySelector(${JSON.stringify(selector)});
      e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return {x: r.x + 20, y: r.y + r.height / 2}; })()`);
    for (const type of ['mousePressed', 'mouseReleased'])
      await this.send('Input.dispatchMouseEvent', {type, x, y, button: 'left', clickCount: 1});
  }
  async key(key, code, text) {
    await this.send('Input.dispatchKeyEvent', {type: 'keyDown', key, code: key, windowsVirtualKeyCode: code, text});
    await this.send('Input.dispatchKeyEvent', {type: 'keyUp', key, code: key, windowsVirtualKeyCode: code});
  }
  tab() { return this.key('Tab', 9); }
  enter() { return this.key('Enter', 13, '\r'); }
  type(text) { return this.send('Input.insertText', {text}); }
}

const connect = async () => {
  const file = join(profile, 'DevToolsActivePort');
  await until('Chromium starts', () => existsSync(file) && readFileSync(file, 'utf8').includes('\n'));
  const port = readFileSync(file, 'utf8').split('\n')[0];
  const pages = await until('a tab', async () => {
    const list = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    return list.find((one) => one.type === 'page');
  });
  const socket = new WebSocket(pages.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return new Tab(socket);
};

const open = async (tab) => {
  await tab.send('Page.navigate', {url});
  await until('the operations', () => tab.run(`document.readyState === 'complete' &&
    / of \\d+ operations/.test(document.getElementById('state')?.textContent || '')`));
};

const look = async (tab) => {
  for (const scheme of ['light', 'dark'])
    for (const width of [1280, 320]) {
      await tab.send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: scheme}]});
      await tab.send('Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: false});
      await open(tab);
      await tab.run(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`);
      const [inner, needed] = await tab.run('[innerWidth, document.documentElement.scrollWidth]');
      check(needed <= inner, `${scheme} ${width}: ${needed} pixels wide`);
      const dark = await tab.run(`matchMedia('(prefers-color-scheme: dark)').matches`);
      check(dark === (scheme === 'dark'), 'the color scheme');
      await tab.run(axe + '; 0');
      const found = await tab.run(`axe.run().then((r) => [r.passes.length, ...r.violations.filter((v) =>
        ['serious', 'critical'].includes(v.impact)).map((v) => v.id + ': ' + v.nodes[0].html)])`);
      check(found[0] > 10, 'axe looked at nothing');
      check(found.length === 1, `${scheme} ${width}: ${found.slice(1).join('; ')}`);
      console.log(`${scheme} ${width}: no serious violation`);
    }
  await tab.send('Emulation.clearDeviceMetricsOverride');
};

const response = (tab, n) => until('a response', () => tab.run(`(() => {
  const pre = document.querySelectorAll('details')[${n}].querySelector('pre');
  return /^\\d{3} /.test(pre.textContent) && pre.textContent; })()`));

const byClick = async (tab) => {
  await open(tab);
  await tab.click('details:nth-of-type(1) summary');
  await tab.click('details:nth-of-type(1) input');
  await tab.type('7');
  await tab.click('details:nth-of-type(1) button');
  console.log('click: ' + (await response(tab, 0)).split('\n')[0]);
};

const byKeyboard = async (tab) => {
  await open(tab);
  const focused = (test) => tab.run(`(() => { const e = document.activeElement; return ${test}; })()`);
  for (let i = 0; !(await focused(`e.tagName === 'SUMMARY'`)); ++i) {
    check(i < 20, 'Tab reaches no operation');
    await tab.tab();
  }
  await tab.enter();
  await tab.tab();
  check(await focused(`e.tagName === 'INPUT'`), 'Tab reaches no field');
  await tab.type('0');
  await tab.enter();
  const text = await response(tab, 0);
  console.log('keyboard: ' + text.split('\n')[0]);
  check(text.includes('must be at least 1'), text);
};

const withCredentials = async (tab) => {
  await open(tab);
  await tab.click('#credentials input');
  await tab.type('good');
  const at = await tab.run(`[...document.querySelectorAll('details')].findIndex((d) => d.querySelector('input[type=file]'))`);
  const box = `details:nth-of-type(${at + 1})`;
  await tab.click(`${box} summary`);
  await tab.click(`${box} label:nth-of-type(1) input`);
  await tab.type('7');
  await tab.click(`${box} label:nth-of-type(2) input`);
  await tab.type('Beach');
  await tab.run(`(() => { const files = new DataTransfer(); files.items.add(new File(['bytes'], 'a.jpg', {type: 'image/jpeg'}));
    document.querySelector(${JSON.stringify(box + ' input[type=file]')}).files = files.files; })()`);
  await tab.click(`${box} button`);
  console.log('credentials and a file: ' + (await response(tab, at)).replace(/\n/g, ' '));
};

const search = async (tab) => {
  await open(tab);
  await tab.click('#search');
  await tab.type('items');
  const text = await until('the search', () => tab.run(`document.getElementById('state').textContent`));
  console.log('search: ' + text);
};

let status = 0;
try {
  const tab = await connect();
  await look(tab);
  await byClick(tab);
  await byKeyboard(tab);
  await withCredentials(tab);
  await search(tab);
  tab.socket.close();
} catch (error) {
  console.error(error.stack);
  status = 1;
}
// Also the browser's own processes, which write to the profile for a moment longer than it lives.
const writes = (pid) => {
  try {
    const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return state !== 'Z' && Number(group) === browser.pid;
  } catch {
    return false;  // it has gone
  }
};
try {
  process.kill(-browser.pid, 'SIGKILL');
} catch {}  // all have gone
await until('the end of the browser', () => !readdirSync('/proc').some((name) => /^\d+$/.test(name) && writes(name)));
rmSync(profile, {recursive: true, force: true});
process.exit(status);
