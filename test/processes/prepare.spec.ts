// Goal: `tandem dataset prepare` and the recipe together lead to a run that is evaluated on pairs it never trains on;
// damage ends the command or is named, as asked. Method: the real commands on a folder and on tars made here.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startCommand } from '../support/command.js';
import { openOwnSource, tarOfMembers, type OwnSource } from '../support/models/own-source.js';
import { smallSample } from '../support/models/small-dataset.js';

let own: OwnSource;
beforeAll(async () => {
  own = await openOwnSource();
  for (let number = 0; number < 40; number++)
    await own.place({
      [`pictures/${['cats', 'dogs'][number % 2]}/animal-${number}.png`]: (await smallSample(number)).image,
    });
});
afterAll(() => own.close());

async function tandem(...args: string[]): Promise<{ code: unknown; output: string; json: () => unknown }> {
  const command = await startCommand(args);
  const code = await command.exit;
  const [output, stdout] = [command.output(), command.stdout()];
  await command.close();
  return { code, output, json: () => JSON.parse(stdout) as unknown };
}

const at = (...names: string[]): string => join(own.folder, ...names);
const prepare = (source: string, ...args: string[]): ReturnType<typeof tandem> =>
  tandem('dataset', 'prepare', at(source), ...args);

it('holds out a share, and the recipe evaluates on it', async () => {
  const options = ['--group-by-folder', '--caption-from', 'both', '--hold-out', '0.25'];
  const { code, output } = await prepare('pictures', at('pairs'), ...options);
  expect([code, output]).toEqual([
    0,
    expect.stringMatching(/^pairs: \d+ pairs, 2 groups in .*\nheld out by picture: /),
  ]);
  expect(output).toContain(`--recipe small --data ${at('pairs')}`);
  const [, kept, heldOut] = /: (\d+) pairs.*\n.*: (\d+) pairs/.exec(output)!;
  expect(Number(kept) + Number(heldOut)).toBe(40);

  expect(await tandem('train', '--recipe', 'small', '--config', at('run.yaml'))).toMatchObject({
    code: 0,
    output: expect.stringContaining('evaluated on pairs-held-out') as string,
  });
  const document = parse(await readFile(at('run.yaml'), 'utf8')) as object;
  expect(document).toMatchObject({
    data: { train: 'pairs' },
    evaluation: { zeroShot: [{ name: 'held-out', data: 'pairs-held-out' }] },
    checkpoint: { keepBest: 'held-out' },
  });
  const elsewhere = ['train', '--recipe', 'small', '--data', at('pairs'), '--config', at('pictures', 'run.yaml')];
  expect((await tandem(...elsewhere, '--json')).json()).toMatchObject({
    train: at('pairs'),
    heldOut: at('pairs-held-out'),
  });

  const again = await prepare('pictures', at('pairs'), '--group-by-folder', '--replace');
  expect(again.output).toMatch(/warning: There is a data set at .*pairs-held-out, held out earlier/);
});

it('holds out whole groups into a place of its own, and says what does not fit together', async () => {
  const options = ['--group-by-folder', '--hold-out', '0.5', '--hold-out-by', 'group', '--hold-out-target', at('test')];
  const outcomes = await Promise.all(
    ['1', '2', '3', '4', '5'].map((seed) =>
      prepare('pictures', at(`by-group-${seed}`), ...options.slice(0, -1), at(`test-${seed}`), '--hold-out-seed', seed),
    ),
  );
  const split = outcomes.filter(({ code }) => code === 0);
  expect(split.length).toBeGreaterThan(0);
  for (const { output } of split) expect(output).toMatch(/: 20 pairs, 1 group in .*\n.*: 20 pairs, 1 group in .*test-/);
  for (const { code, output } of outcomes.filter((one) => one.code !== 0))
    expect([code, output]).toEqual([2, expect.stringMatching(/got all 40 (to train on|held out)/)]);
  expect(await prepare('pictures', at('x'), '--hold-out', '1.5')).toMatchObject({
    code: 2,
    output: expect.stringContaining('Expected a share between 0 and 1') as string,
  });
  expect(await prepare('pictures', at('x'), '--hold-out-by', 'group')).toMatchObject({
    code: 2,
    output: expect.stringContaining('expected a share with --hold-out-by') as string,
  });
  expect(await prepare('pictures', at('x'), '--hold-out', '0.5', '--hold-out-target', at('x'))).toMatchObject({
    code: 2,
    output: expect.stringContaining('expected a place of its own') as string,
  });
  expect(await tandem('train', '--config', at('run.yaml'), '--data', at('pairs'))).toMatchObject({
    code: 2,
    output: expect.stringContaining('expected --data together with --recipe only') as string,
  });
});

it('a damaged tar ends the command, or is passed over by name', async () => {
  const { image } = await smallSample(1);
  const whole = await tarOfMembers(
    [...Array(9).keys()].flatMap((number): [string, string | Uint8Array][] => [
      [`${number}.png`, image],
      [`${number}.txt`, `picture ${number}`],
    ]),
  );
  await own.place({ 'tars/a.tar': whole, 'tars/empty.tar': '', 'tars/no.tar': 'x'.repeat(2048) });
  await writeFile(at('tars', 'cut.tar'), whole.subarray(0, whole.length >> 1));
  expect(await prepare('tars', at('from-tars'))).toMatchObject({
    code: 2,
    output: expect.stringMatching(/Expected a whole tar file at .*cut\.tar.*--pass-over-damaged/s) as string,
  });
  const { code, output } = await prepare('tars', at('from-tars'), '--pass-over-damaged', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    account: {
      leftOut: expect.arrayContaining([
        { what: expect.stringContaining('Expected a whole tar file'), count: 1, examples: [at('tars', 'cut.tar')] },
      ]) as unknown,
    },
  });
  expect(output).toContain(at('tars', 'no.tar'));
});
