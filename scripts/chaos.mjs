// Trains a tiny model on real processes while a seeded schedule kills, freezes, cuts off and confuses them, and
// compares the result with an undisturbed run. --seed N, --steps N, --store file|s3, --times N (each kind),
// --kinds A,B (only these), --keep (the logs), --json (one document on standard output). Exits with 0 if the run
// completed with the same bits and every kind has acted.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

// A disk that can be filled is a mount of its own. In a mount namespace it goes with the processes, however they end.
const namespaces = [['--mount'], ['--user', '--map-root-user', '--mount']];
const namespace = namespaces.find((flags) => spawnSync('unshare', [...flags, 'true']).status === 0);
const main = [process.execPath, fileURLToPath(new URL('../dist/test/chaos/main.js', import.meta.url))];
const [command, ...args] = namespace ? ['unshare', ...namespace, ...main] : main;
const child = spawn(command, [...args, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, CHAOS_MAY_MOUNT: namespace ? 'yes' : 'no' },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const [code, signal] = await once(child, 'exit');
process.exitCode = code ?? 128 + constants.signals[signal];
