// Generates a client in Python from docs/openapi.json with openapi-python-client, which is to be installed, and has it
// submit a run to a coordinator and follow it to its end. A warning of the generator is a failure: it leaves calls out.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const python = process.env['PYTHON'] ?? 'python3';
const run = promisify(execFile);
const description = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));

const version = await run(python, ['-m', 'openapi_python_client', '--version']).catch(() => undefined);
if (!version) {
  console.error(`${python} has no openapi-python-client. Install it, or name another Python in PYTHON.`);
  process.exit(1);
}
const { apiKey, runDocument, startOwnCoordinator } = await import('../../dist/test/support/coordinator.js');
const folder = await mkdtemp(join(tmpdir(), 'tandem-api-clients-'));
const coordinator = await startOwnCoordinator();
try {
  console.log(version.stdout.trim());
  const settings = join(folder, 'config.yaml');
  // No hooks: they only format what is generated. Of pictures the generator knows no type: they are files.
  const pictures = ['image/webp', 'image/svg+xml'].map((type) => `  ${type}: application/octet-stream\n`).join('');
  const names = 'package_name_override: tandem_client\nproject_name_override: client\npost_hooks: []\n';
  await writeFile(settings, `${names}content_type_overrides:\n${pictures}`);
  const generate = ['generate', '--path', description, '--config', settings, '--fail-on-warning'];
  const output = ['--output-path', join(folder, 'client')];
  await run(python, ['-m', 'openapi_python_client', ...generate, ...output]);
  const program = fileURLToPath(new URL('follow_run.py', import.meta.url));
  const child = spawn(python, [program, coordinator.url, apiKey], {
    env: { ...process.env, PYTHONPATH: join(folder, 'client') },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(JSON.stringify(runDocument()));
  const ended = once(child, 'exit');
  const training = await Promise.race([coordinator.trainer.next(), ended]);
  if ('prepare' in training) {
    training.prepare();
    for (const step of [1, 2, 3]) training.step(step);
    training.complete();
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`The client in Python ended with ${code}.`);
} catch (error) {
  console.error(error.stdout || error.stderr || error.message);
  process.exitCode = 1;
} finally {
  await coordinator.close();
  await rm(folder, { recursive: true, force: true });
}
