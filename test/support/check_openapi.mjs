// Checks OpenAPI documents. Usage: check_openapi.mjs FILE... Prints what is wrong; the status is then 1.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';

const folder = new URL('../npm/', import.meta.url);
const require = createRequire(new URL('package.json', folder));
const {Validator} = await import(require.resolve('@seriousme/openapi-schema-validator'));
const redocly = join(dirname(require.resolve('@redocly/cli/package.json')), 'bin/cli.js');

let failed = false;
for (const file of process.argv.slice(2)) {
  const result = await new Validator().validate(JSON.parse(readFileSync(file, 'utf8')));
  if (!result.valid) {
    failed = true;
    console.log(file + ': ' + JSON.stringify(result.errors));
  }
}
const lint = spawnSync(process.execPath, [redocly, 'lint', '--extends=spec', '--format=stylish', ...process.argv.slice(2)],
  {encoding: 'utf8', env: {...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true'}});
if (lint.status !== 0) {
  failed = true;
  console.log(lint.stdout + lint.stderr);
}
process.exit(failed ? 1 : 0);
