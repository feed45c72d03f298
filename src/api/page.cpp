#include "api/page.hpp"

#include <utility>

namespace bight::api::detail {
namespace {

constexpr std::string_view head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>)html";

constexpr std::string_view style = R"html(</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
input, textarea, button { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; }
button { width: auto; padding: .4rem 1.2rem; }
details { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .4rem; margin: .5rem 0; padding: .5rem 1rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary code { font-weight: 600; }
label { display: block; margin: .5rem 0; }
pre { overflow: auto; padding: .5rem; background: color-mix(in srgb, currentColor 8%, transparent); }
.deprecated code { text-decoration: line-through; }
</style>
</head>
<body data-document=")html";

constexpr std::string_view rest = R"html(">
<main>
<h1></h1>
<p id="about"></p>
<p><a id="source">OpenAPI document</a></p>
<label>Search <input id="search" type="search" autocomplete="off"></label>
<div id="operations"></div>
<p id="state" role="status">Loading</p>
</main>
<script>
'use strict';
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const source = document.body.dataset.document;
document.getElementById('source').href = source;

const example = (schema, all, depth = 0) => {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return example(all[schema.$ref.split('/').pop()], all, depth + 1);
  if (schema.examples) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') {
    const out = {};
    for (const [name, member] of Object.entries(schema.properties || {})) out[name] = example(member, all, depth + 1);
    return out;
  }
  if (type === 'array') return [];
  if (type === 'string') return '';
  if (type === 'boolean') return false;
  if (type === 'integer' || type === 'number') return schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1;
  return null;
};

const field = (parameter) => {
  const input = make('input', {required: !!parameter.required, autocomplete: 'off'});
  if (parameter.schema.default !== undefined) input.placeholder = String(parameter.schema.default);
  const about = parameter.description ? ': ' + parameter.description : '';
  return {parameter, input, label: make('label', {}, `${parameter.name} (${parameter.in})${about}`, input)};
};

const send = async (method, path, base, fields, body, output) => {
  const query = new URLSearchParams();
  const headers = {};
  for (const {parameter, input} of fields) {
    if (parameter.in === 'path') path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    if (input.value === '') continue;
    if (parameter.in === 'query' && parameter.schema.type === 'array')
      input.value.split(',').forEach((item) => query.append(parameter.name, item.trim()));
    else if (parameter.in === 'query') query.append(parameter.name, input.value);
    if (parameter.in === 'header') headers[parameter.name] = input.value;
    if (parameter.in === 'cookie') document.cookie = `${parameter.name}=${input.value}; path=/; samesite=strict`;
  }
  const options = {method: method.toUpperCase(), headers};
  if (body && body.value !== '') {
    headers['Content-Type'] = 'application/json';
    options.body = body.value;
  }
  const search = query.toString();
  output.textContent = 'Sending';
  try {
    const response = await fetch(base + path + (search ? '?' + search : ''), options);
    let text = await response.text();
    if ((response.headers.get('Content-Type') || '').includes('json')) text = JSON.stringify(JSON.parse(text), null, 2);
    output.textContent = `${response.status} ${response.statusText}\n${text}`;
  } catch (error) {
    output.textContent = String(error);
  }
};

const show = (method, path, operation, base, all) => {
  const fields = (operation.parameters || []).map(field);
  const form = make('form', {}, ...fields.map((f) => f.label));
  let body = null;
  if (operation.requestBody) {
    const schema = operation.requestBody.content['application/json'].schema;
    body = make('textarea', {rows: 8, spellcheck: false, value: JSON.stringify(example(schema, all), null, 2)});
    form.append(make('label', {}, 'body (JSON)', body));
  }
  const output = make('pre', {tabIndex: 0, hidden: true});
  output.setAttribute('role', 'status');
  output.setAttribute('aria-label', 'Response');
  form.append(make('button', {}, 'Send'), output);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    output.hidden = false;
    send(method, path, base, fields, body, output);
  });
  const title = make('summary', {}, make('code', {}, `${method.toUpperCase()} ${path}`), ' ', operation.summary || '');
  if (operation.deprecated) title.className = 'deprecated';
  const box = make('details', {}, title);
  if (operation.description) box.append(make('p', {}, operation.description));
  box.append(form);
  box.dataset.text = [method, path, operation.summary, operation.operationId, ...(operation.tags || [])].join(' ').toLowerCase();
  return box;
};

const load = async () => {
  const api = await (await fetch(source)).json();
  const base = api.servers ? api.servers[0].url : '';
  const all = (api.components || {}).schemas || {};
  document.querySelector('h1').textContent = `${api.info.title} ${api.info.version}`;
  document.getElementById('about').textContent = api.info.description || '';
  const list = document.getElementById('operations');
  for (const [path, item] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(item)) list.append(show(method, path, operation, base, all));
  const search = document.getElementById('search');
  const state = document.getElementById('state');
  const filter = () => {
    const words = search.value.toLowerCase().split(' ');
    let shown = 0;
    for (const box of list.children) {
      box.hidden = !words.every((word) => box.dataset.text.includes(word));
      if (!box.hidden) ++shown;
    }
    state.textContent = `${shown} of ${list.children.length} operations`;
  };
  search.addEventListener('input', filter);
  filter();
};
load().catch((error) => { document.getElementById('state').textContent = String(error); });
</script>
</body>
</html>
)html";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

}  // namespace

http::server_response page_response(std::string_view title, std::string_view document) {
  std::string text{head};
  text.append(escaped(title)).append(style).append(escaped(document)).append(rest);
  http::server_response r{200, std::move(text)};
  r.headers().set("Content-Type", "text/html; charset=utf-8");
  r.headers().set(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  return r;
}

}  // namespace bight::api::detail
