import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gpusIn, parseNvidiaGpus } from './gpus.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-cards-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function card(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, name, 'device'), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, 'device', file), `${text}\n`);
}

it("nvidia-smi's lines are parsed; a GPU that shares the machine's memory gets no memory size", () => {
  expect(parseNvidiaGpus('NVIDIA H200, 143771, 570.86.15\nNVIDIA GB10, [N/A], 580.95\n')).toEqual([
    { name: 'NVIDIA H200', memoryBytes: 143_771 * 2 ** 20, driver: '570.86.15' },
    { name: 'NVIDIA GB10', driver: '580.95' },
  ]);
});

it("GPUs are those that Linux lists, without connectors and without a server's display controller", async () => {
  await card('card0', { vendor: '0x1a03', device: '0x2000' });
  await card('card1', { vendor: '0x1002', device: '0x744c', mem_info_vram_total: '25753026560' });
  await card('card1-DP-1', { vendor: '0x1002' });
  await card('renderD128', { vendor: '0x8086', device: '0x7d55' });
  expect(await gpusIn(folder)).toEqual([{ name: 'AMD 0x744c', memoryBytes: 25_753_026_560 }]);
  expect(await gpusIn(join(folder, 'nowhere'))).toEqual([]);
});
