// Has schemathesis, which is to be installed, draw calls from the API's description and hold the answers of a
// coordinator against it: statuses, types, headers, bodies, wrong methods, and no 5xx.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const command = process.env['SCHEMATHESIS'] ?? 'schemathesis';
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
];
// Not asked: the checks of keys, which take the three ways to give one for three that are needed, and 429 after many
// wrong ones for a hole; a test of ours has them. And whether a document that its schema allows is accepted: some rules
// involve several keys.

const { apiKey, startOwnCoordinator } = await import('../../dist/test/support/coordinator.js');
const coordinator = await startOwnCoordinator({ TANDEM_KEY_REQUESTS_PER_SECOND: '100000' });
try {
  const { url } = coordinator;
  const header = ['-H', `x-api-key: ${apiKey}`];
  const args = ['run', `${url}/docs-json`, '--url', url, ...header, '--checks', checks.join(','), '--workers', '1'];
  // A login has its key in its body. GET of /v1/runs/check asks for a run of this name, so it is answered with 404.
  const left = ['--exclude-path', '/session', '--exclude-path', '/v1/runs/check', ...process.argv.slice(2)];
  const child = spawn(command, [...args, ...left], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(
    error.code === 'ENOENT'
      ? `Expected the command ${command}: install schemathesis, or name it in SCHEMATHESIS.`
      : error,
  );
  process.exitCode = 1;
} finally {
  await coordinator.close();
}
