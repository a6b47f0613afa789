// Goal: `tandem models` prints what scripts and people need. Method: the command as a process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startCommand, type RunningCommand } from '../support/command.js';

const commands: RunningCommand[] = [];
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
});

async function models(
  ...args: readonly string[]
): Promise<{ readonly code: number | NodeJS.Signals; readonly stdout: string; readonly output: string }> {
  const command = await startCommand(['models', ...args]);
  commands.push(command);
  return { code: await command.exit, stdout: command.stdout(), output: command.output() };
}

describe('tandem models', () => {
  it('--json prints the content of the table, and the configs', async () => {
    const { code, stdout } = await models('--json');
    expect(code).toBe(0);
    const { models: all } = JSON.parse(stdout) as { readonly models: readonly { readonly name: string }[] };
    expect(all.find(({ name }) => name === 'RN50x64')).toMatchObject({
      parameters: { total: 623_258_305, image: 420_380_352, text: 202_877_952 },
      gigaflops: { image: 529.11, imageOnePoolQuery: 520.25, text: 23.55 },
      imageSize: 448,
      contextLength: 77,
      config: { embed_dim: 1024, vision_cfg: { layers: [3, 15, 36, 10] } },
    });
  });

  it('show accepts any spelling of a name, and lists every layer', async () => {
    const { code, stdout } = await models('show', 'vit-b/32', '--json');
    expect(code).toBe(0);
    const { name, layers } = JSON.parse(stdout) as {
      readonly name: string;
      readonly layers: readonly { readonly parameters: number }[];
    };
    expect([name, layers.length, layers.reduce((sum, { parameters }) => sum + parameters, 0)]).toEqual([
      'ViT-B-32',
      302,
      151_277_313,
    ]);
    expect((await models('show', 'ViT-B-32')).stdout).toMatch(
      /^ViT-B-32\n[^]*\nvisual\.transformer\.resblocks\.0 … 11 +12 times +85,054,464\n/,
    );
  });

  it('a wrong name is answered with the nearest names', async () => {
    expect(await models('show', 'ViT-B32')).toMatchObject({
      code: 2,
      output: expect.stringContaining('got "ViT-B32"; the nearest names are ViT-B-32, ') as string,
    });
  });

  it('a reader that closes the pipe early, such as `head`, is no error', async () => {
    const program = fileURLToPath(new URL('../../apps/cli/src/main.js', import.meta.url));
    const child = spawn(process.execPath, [program, 'models'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (text: Buffer) => void (said += text.toString()));
    await once(child, 'close');
    expect(said).not.toContain('EPIPE');
  });
});
