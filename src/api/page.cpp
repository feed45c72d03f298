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
a { color: inherit; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary code { font-weight: 600; }
label { display: block; margin: .5rem 0; }
pre { overflow: auto; padding: .5rem; background: color-mix(in srgb, currentColor 8%, transparent); }
fieldset { border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .4rem; }
.deprecated code { text-decoration: line-through; }
</style>
</head>
<body data-document=")html";

constexpr std::string_view rest = R"html(">
<main>
<h1></h1>
<p id="about"></p>
<p><a id="source">OpenAPI document</a></p>
<fieldset id="credentials" hidden><legend>Credentials</legend></fieldset>
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
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const any = schema.oneOf || schema.anyOf;
  if (any) return example(any[0], all, depth + 1);
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

const typeOf = (schema) => (Array.isArray(schema.type) ? schema.type[0] : schema.type);

const field = (parameter) => {
  const schema = parameter.schema;
  const items = schema.items || schema;
  const input = make('input', {required: !!parameter.required, autocomplete: 'off'});
  if (items.contentMediaType) input.type = 'file';
  if (items.contentMediaType && schema.items) input.multiple = true;
  if (schema.default !== undefined) input.placeholder = String(schema.default);
  const about = parameter.description ? ': ' + parameter.description : '';
  return {parameter, input, label: make('label', {}, `${parameter.name} (${parameter.in})${about}`, input)};
};

// The fields of a form, as if they were parameters.
const formFields = (schema) =>
  Object.entries(schema.properties).map(([name, member]) =>
    field({name, in: 'form', schema: member, required: (schema.required || []).includes(name), description: member.description}));

const valuesOf = ({parameter, input}) => {
  if (input.type === 'file') return [...input.files];
  if (input.value === '') return [];
  return typeOf(parameter.schema) === 'array' ? input.value.split(',').map((item) => item.trim()) : [input.value];
};

const addCredentials = (operation, schemes, headers, query) => {
  for (const name of Object.keys((operation.security || [])[0] || {})) {
    const {scheme, inputs} = schemes[name];
    const [first, second] = inputs.map((input) => input.value);
    if (first === '') continue;
    if (scheme.type === 'apiKey' && scheme.in === 'header') headers[scheme.name] = first;
    else if (scheme.type === 'apiKey' && scheme.in === 'query') query.append(scheme.name, first);
    else if (scheme.type === 'apiKey') document.cookie = `${scheme.name}=${first}; path=/; samesite=strict`;
    else if (scheme.scheme === 'basic') headers.Authorization = 'Basic ' + btoa(String.fromCharCode(...new TextEncoder().encode(`${first}:${second}`)));
    else headers.Authorization = 'Bearer ' + first;
  }
};

// JSON on several lines; as it is if it was cut off, or has numbers that JavaScript would round.
const pretty = (text) => {
  if (/[0-9]{16}/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

// The text as it arrives: a stream may have no end.
const showText = async (response, output) => {
  const most = 100000;
  const isJson = (response.headers.get('Content-Type') || '').endsWith('json') && !(response.headers.get('Content-Type') || '').includes('ndjson');
  const head = `${response.status} ${response.statusText}\n`;
  const decoder = new TextDecoder();
  let text = '';
  if (response.body) {
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done && text.length < most; part = await reader.read()) {
      text += decoder.decode(part.value, {stream: true});
      output.textContent = head + text;
    }
    if (text.length >= most) reader.cancel();
  }
  output.textContent = head + (isJson ? pretty(text) : text);
};

const send = async (page, method, path, operation, fields, body, output) => {
  const query = new URLSearchParams();
  const headers = {};
  const options = {method: method.toUpperCase(), headers};
  const isMultipart = body.fields.some((f) => f.input.type === 'file');
  const form = isMultipart ? new FormData() : new URLSearchParams();
  for (const f of [...fields, ...body.fields]) {
    const {name} = f.parameter;
    const place = f.parameter.in;
    if (place === 'path') path = path.replace(`{${name}}`, encodeURIComponent(f.input.value));
    for (const value of valuesOf(f)) {
      if (place === 'query') query.append(name, value);
      if (place === 'header') headers[name] = value;
      if (place === 'cookie') document.cookie = `${name}=${value}; path=/; samesite=strict`;
      if (place === 'form') form.append(name, value);
    }
  }
  addCredentials(operation, page.schemes, headers, query);
  if (body.fields.length) options.body = form;
  if (body.text && body.text.value !== '') {
    headers['Content-Type'] = 'application/json';
    options.body = body.text.value;
  }
  const search = query.toString();
  output.textContent = 'Sending';
  try {
    await showText(await fetch(page.base + path + (search ? '?' + search : ''), options), output);
  } catch (error) {
    output.textContent = String(error);
  }
};

const makeBody = (operation, all) => {
  const body = {text: null, fields: [], labels: []};
  if (!operation.requestBody) return body;
  const content = operation.requestBody.content;
  if (content['application/json']) {
    const value = JSON.stringify(example(content['application/json'].schema, all), null, 2);
    body.text = make('textarea', {rows: 8, spellcheck: false, value});
    body.labels.push(make('label', {}, 'body (JSON)', body.text));
  } else {
    body.fields = formFields(content['multipart/form-data'].schema);
    body.labels = body.fields.map((f) => f.label);
  }
  return body;
};

const show = (page, method, path, operation) => {
  const fields = (operation.parameters || []).map(field);
  const body = makeBody(operation, page.all);
  const form = make('form', {}, ...fields.map((f) => f.label), ...body.labels);
  const output = make('pre', {tabIndex: 0, hidden: true});
  output.setAttribute('role', 'status');
  output.setAttribute('aria-label', 'Response');
  form.append(make('button', {}, 'Send'), output);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    output.hidden = false;
    send(page, method, path, operation, fields, body, output);
  });
  const title = make('summary', {}, make('code', {}, `${method.toUpperCase()} ${path}`), ' ', operation.summary || '');
  if (operation.deprecated) title.className = 'deprecated';
  const box = make('details', {}, title);
  if (operation.description) box.append(make('p', {}, operation.description));
  box.append(form);
  box.dataset.text = [method, path, operation.summary, operation.operationId, ...(operation.tags || [])].join(' ').toLowerCase();
  return box;
};

// What says who asks: for all operations, until the page is left.
const showSchemes = (schemes) => {
  const list = document.getElementById('credentials');
  const known = {};
  for (const [name, scheme] of Object.entries(schemes)) {
    const parts = scheme.scheme === 'basic' ? ['name', 'password'] : [scheme.type === 'apiKey' ? 'key' : 'token'];
    const inputs = parts.map((part) => make('input', {autocomplete: 'off', type: part === 'name' ? 'text' : 'password'}));
    inputs.forEach((input, i) => list.append(make('label', {}, `${name}: ${parts[i]}`, input)));
    known[name] = {scheme, inputs};
  }
  list.hidden = !list.querySelector('input');
  return known;
};

const load = async () => {
  const api = await (await fetch(source)).json();
  const components = api.components || {};
  const page = {base: api.servers ? api.servers[0].url : '', all: components.schemas || {}};
  page.schemes = showSchemes(components.securitySchemes || {});
  document.querySelector('h1').textContent = `${api.info.title} ${api.info.version}`;
  document.getElementById('about').textContent = api.info.description || '';
  const list = document.getElementById('operations');
  for (const [path, item] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(item)) list.append(show(page, method, path, operation));
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
