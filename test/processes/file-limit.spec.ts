// Goal: where too few files may be open, command, coordinator and worker say so, and not that a package is missing.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from '../support/source-files.js';

const programs = {
  tandem: { script: 'scripts/tandem.mjs worker', min: 256 },
  'The coordinator': { script: 'dist/apps/coordinator/src/main.js', min: 1024 },
  'The worker': { script: 'dist/apps/worker/src/main.js', min: 256 },
} as const;
type Program = keyof typeof programs;
const names = Object.keys(programs) as Program[];

function started(program: Program, limit: number): SpawnSyncReturns<string> {
  const script = `ulimit -n ${limit}; exec "$0" ${programs[program].script} --help`;
  return spawnSync('sh', ['-c', script, process.execPath], { cwd: root, encoding: 'utf8' });
}

it
  .runIf(process.platform === 'linux')
  .each(names.flatMap((program) => [20, 100, programs[program].min - 1].map((limit) => ({ program, limit }))))(
  '$program with ulimit -n $limit',
  ({ program, limit }) => {
    const { status, stderr } = started(program, limit);
    const said = `${program}: expected room for ${programs[program].min} open files, got a limit of ${limit}\n`;
    expect(stderr).toContain(said);
    expect(stderr.slice(said.length)).toMatch(/^ {2}Raise it: ulimit -n 4096/);
    expect(status).toBe(2);
  },
);

it.runIf(process.platform === 'linux').each(names)('with room enough, %s runs', (program) => {
  const { status, stdout } = started(program, programs[program].min);
  expect(stdout).toContain('REDIS_URL');
  expect(status).toBe(0);
});
