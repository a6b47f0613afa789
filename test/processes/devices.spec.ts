// Goal: `tandem devices` tells which devices work and what to do about the others. Method: the command without a GPU,
// and with a Vulkan driver that needs none; and a worker that is told to use a device it does not have.
import { afterEach, describe, expect, it } from 'vitest';
import { startCommand, type RunningCommand } from '../support/command.js';
import { startRedis } from '../support/servers/redis.js';
import { softwareVulkan } from '../support/servers/software-vulkan.js';

const vulkan = await softwareVulkan();
const noDriver = { VK_DRIVER_FILES: '/nonexistent', LD_LIBRARY_PATH: '' };
const commands: RunningCommand[] = [];
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
});

interface Devices {
  readonly devices: readonly {
    readonly kind: string;
    readonly works: boolean;
    readonly flops?: number;
    readonly memoryBytes?: number;
    readonly problem?: string;
    readonly help?: string;
  }[];
  readonly auto: { readonly kind: string; readonly reason: string };
}

describe('tandem devices', () => {
  it('tries each device, and says what to do about those that do not work', async () => {
    const command = await ended(['devices'], noDriver);
    expect(command.output()).toMatch(/^cpu {5}works, [\d.,]+ GFLOP\/s in a matmul\n.*onnxruntime \d.*GiB\n/);
    expect(command.output()).toMatch(/webgpu {2}does not work\n.*No supported adapters\n.*Vulkan on Linux/);
    expect(command.output()).toMatch(/tfjs {4}works/);
    expect(command.output()).toMatch(/auto is cpu: /);
  });

  it.skipIf('reason' in vulkan)(
    'finds a Vulkan driver that runs on the CPU, and auto does not take it for a GPU',
    async () => {
      const { devices, auto } = await json<Devices>(['devices', '--json'], 'env' in vulkan ? vulkan.env : {});
      expect(devices.map(({ kind }) => kind)).toEqual(['cpu', 'webgpu', 'cuda', 'opencl', 'tfjs']);
      const [cpu, webgpu] = devices;
      for (const device of [cpu, webgpu]) expect(device).toMatchObject({ works: true, flops: expect.any(Number) });
      expect(cpu!.memoryBytes).toBeGreaterThan(2 ** 28);
      expect(auto.kind).not.toBe('webgpu');
    },
  );
});

it('a worker told to use a device that does not work says so, and what to do', async () => {
  const redis = await startRedis();
  const command = await ended(['worker', '--device', 'webgpu'], { ...noDriver, REDIS_URL: redis.url });
  await redis.stop();
  expect(await command.exit).not.toBe(0);
  expect(command.output()).toMatch(
    /Device webgpu: expected it to work here, got: [^]*adapter[^]*It needs a GPU and its driver/,
  );
});

async function ended(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<RunningCommand> {
  const command = await startCommand(args, environment);
  commands.push(command);
  await command.exit;
  return command;
}

async function json<Result>(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Result> {
  const command = await ended(args, environment);
  expect(await command.exit, command.output()).toBe(0);
  return JSON.parse(command.stdout()) as Result;
}
